"""`logos ledger verify` by its parts, each with those before it. A program of the benchmarks.

    python -m tests.bench.chain read|chain|invariants     (LOGOS_HOME says which ledger)

| part | what is done, with the product's own functions |
|---|---|
| read | all entries come from the database |
| chain | form, hash, place, every signature, the tree; on all cores |
| invariants | I1 to I3 and I5; what remains of the command is I4, the graph |

Prints {"entries": N}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from logos_graph.cores import Prover
from logos_graph.identity import Did
from logos_graph.ledger import Head, Stored, SupervisorKeys, TreeWatch, Walk, verify_chain
from logos_graph.scratch import Scratch, scratch_file
from logos_graph.settings import Settings
from logos_graph.wiring import System, open_system


def main() -> None:
    """One pass over the ledger of this home."""
    with open_system(Settings.from_environment()) as system:
        head = system.reader.head()
        assert head is not None
        rows = _stored(system, head)
        part = sys.argv[1]
        with scratch_file() as scratch:
            done = rows if part == "read" else _verified(system, head, rows, scratch, part)
            print(json.dumps({"entries": sum(1 for _ in done)}))


def _verified(
    system: System, head: Head, rows: Iterator[Stored], scratch: Scratch, part: str
) -> Iterator[object]:
    keys, trusted = SupervisorKeys(), system.keys.load("supervisor").did

    def signer() -> Did:
        return keys.current if keys.dids else trusted

    prover = Prover(signer, head.index + 1)
    entries = prover.entries(rows)
    chain = verify_chain(entries, trusted, until=head, keys=keys, proven=prover)
    walk = Walk(trusted, scratch.table("walk"), prover)
    for entry in TreeWatch(()).watch(chain):
        if part == "invariants":
            walk.take(entry)
        yield entry


def _stored(system: System, head: Head) -> Iterator[Stored]:
    for row in system.reader.entries(head.ledger, 0, head.index + 1):
        yield Stored(row["text"], row["hash"], row["signature"])


if __name__ == "__main__":
    main()
