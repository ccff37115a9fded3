"""Whether a graph is what the ledger makes, as a whole: yes or no, without a table of all of it.

Each thing has a hash of all that it says, which nobody outside of this check can foresee; what
there should be and what there is are the same things, each as often, when their hashes add up to
the same (modulo 2**128; for other things a chance of 2**-100 at most). What an entry alone makes is
added and forgotten; only what a later entry may change is kept, by the hash of its name.

Where the sums differ, GraphComparison says what does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from logos_graph.store.elements import Element, all_bytes

if TYPE_CHECKING:
    from logos_graph.scratch import Scratch

__all__ = ["GraphSum"]

_BATCH = 2000
_MODULUS = 1 << 128
_SCHEMA = "CREATE TABLE changeable (key BLOB PRIMARY KEY, hash BLOB, times INTEGER) WITHOUT ROWID"
_PUT = "INSERT OR REPLACE INTO changeable VALUES (?, ?, ?)"
_DROP = "DELETE FROM changeable WHERE key = ?"
_HAS = "SELECT 1 FROM changeable WHERE key = ?"


class GraphSum:
    """Implements Elements; `equals` says whether a graph is that, once the ledger was walked."""

    def __init__(self, scratch: Scratch) -> None:
        self._digest, self._connection = scratch.digest, scratch.connection
        self._waiting: dict[bytes, tuple[bytes, int] | None] = {}
        self._sum = self._added = 0
        self._connection.execute(_SCHEMA)

    def put(self, element: Element, _index: int, times: int = 1) -> None:
        """See Elements."""
        self._wait(self._key(element), (self._digest(all_bytes(element)), times))

    def add(self, element: Element, _index: int, times: int = 1) -> None:
        """See Elements."""
        self._sum += int.from_bytes(self._digest(all_bytes(element)), "big") * times
        self._added += times

    def drop(self, element: Element) -> None:
        """See Elements."""
        self._wait(self._key(element), None)

    def has(self, kind: str, name: str) -> bool:
        """See Elements."""
        key = self._key(Element(kind, name, "", {}))
        if key in self._waiting:
            return self._waiting[key] is not None
        return self._connection.execute(_HAS, (key,)).fetchone() is not None

    @property
    def count(self) -> int:
        """How many things there should be."""
        self._write()
        (row,) = self._connection.execute("SELECT coalesce(sum(times), 0) FROM changeable")
        return self._added + int(row[0])

    def equals(self, found: Iterable[Element]) -> bool:
        """Whether these things, in any order, are what was put. May be asked again."""
        digest, found_sum = self._digest, 0
        for element in found:
            found_sum += int.from_bytes(digest(all_bytes(element)), "big")
        self._write()
        expected = self._sum
        for value, times in self._connection.execute("SELECT hash, times FROM changeable"):
            expected += int.from_bytes(value, "big") * times
        return (expected - found_sum) % _MODULUS == 0

    def _key(self, element: Element) -> bytes:
        name = f"{element.kind}\0{element.name}\0{element.apart}"
        return self._digest(name.encode("utf-8", "surrogatepass"))

    def _wait(self, key: bytes, value: tuple[bytes, int] | None) -> None:
        self._waiting[key] = value
        if len(self._waiting) >= _BATCH:
            self._write()

    def _write(self) -> None:
        waiting = self._waiting.items()
        gone = [(key,) for key, value in waiting if value is None]
        self._connection.execute("BEGIN")
        self._connection.executemany(_PUT, [(key, *value) for key, value in waiting if value])
        self._connection.executemany(_DROP, gone)
        self._connection.execute("COMMIT")
        self._waiting.clear()
