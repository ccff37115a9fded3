"""What `logos ledger verify` does without the invariants and the graph; or only reads. A program.

    python -m tests.bench.chain read|verify     (LOGOS_HOME says which ledger)

read: all entries come from the database. verify: form, hash, chain, every signature and the tree,
on all cores, with the product's own functions. Prints {"entries": N}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator

from logos_graph.cores import Prover, Stored
from logos_graph.identity import Did
from logos_graph.ledger import Head, SupervisorKeys, TreeWatch, verify_chain
from logos_graph.settings import Settings
from logos_graph.wiring import System, open_system

_PAGE = 1000


def main() -> None:
    """One pass over the ledger of this home."""
    with open_system(Settings.from_environment()) as system:
        head = system.reader.head()
        assert head is not None
        rows = _stored(system, head)
        chain: Iterable[object] = rows if sys.argv[1] == "read" else _verified(system, head, rows)
        print(json.dumps({"entries": sum(1 for _ in chain)}))


def _verified(system: System, head: Head, rows: Iterator[Stored]) -> Iterable[object]:
    keys, trusted = SupervisorKeys(), system.keys.load("supervisor").did

    def signer() -> Did:
        return keys.current if keys.dids else trusted

    prover = Prover(signer, head.index + 1)
    entries = prover.entries(rows)
    chain = verify_chain(entries, trusted, until=head, keys=keys, proven=prover)
    return TreeWatch(()).watch(chain)


def _stored(system: System, head: Head) -> Iterator[Stored]:
    for start in range(0, head.index + 1, _PAGE):
        limit = min(_PAGE, head.index + 1 - start)
        for row in system.reader.rows(
            "ledger/entries", ledger=head.ledger, first=start, limit=limit
        ):
            yield Stored(row["text"], row["hash"], row["signature"])


if __name__ == "__main__":
    main()
