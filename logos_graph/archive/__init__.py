"""An export of the ledger: a folder that needs no database, nobody's word, and no other copy.

    layout.py   which file holds what
    staging.py  writing files whole, durably, in one folder that one process has at a time
    writer.py   from a ledger to the folder: streaming, and going on where it was interrupted
    folder.py   reading a folder that somebody else wrote, bounded
    reader.py   entries, contents and checkpoint out of it
    verify.py   whether all of it is what it claims

The folder's hashes are tlog tiles (https://c2sp.org/tlog-tiles): what monitors and verifies other
transparency logs works on it.
"""

from logos_graph.archive.layout import FORMAT
from logos_graph.archive.reader import Archive
from logos_graph.archive.verify import ArchiveReport, entries_again, verify_archive
from logos_graph.archive.writer import Exported, Source, export_ledger

__all__ = [
    "FORMAT",
    "Archive",
    "ArchiveReport",
    "Exported",
    "Source",
    "entries_again",
    "export_ledger",
    "verify_archive",
]
