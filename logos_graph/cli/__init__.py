"""The command line: click commands, thin, over wiring.System.

One file per group of commands: `node.py`, `flow.py`, …, with `_` after a name that means something
in Python already. What they share:

    program   runs a program; errors become exit statuses here and nowhere else
    lazy      groups whose commands are imported only when called
    session   an opened system
    submit    one intent through the gate: the only way in which a command changes anything
    output    tables, JSON documents, errors
    options   --json, --as, --limit
    files     bounded reading of files, stdin and JSON arguments
    texts     ids, moments, sizes and thresholds as people read and write them
"""
