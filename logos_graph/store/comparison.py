"""I4 over the whole graph: every node, relationship and property beside what the ledger makes.

What should be there is put into the scratch file as the ledger is walked; then the graph goes by as
a stream, and each thing is looked up. Nothing that is there or is not there goes unseen: what is
found is counted by its name, and compared by a digest of all its labels and properties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from logos_graph.canon import Json
from logos_graph.ledger import Comparison, Finding
from logos_graph.store.elements import (
    Element,
    as_bytes,
    from_bytes,
    node_element,
    relationship_element,
)

if TYPE_CHECKING:
    from logos_graph.scratch import Scratch

__all__ = ["GraphComparison", "read_elements"]

MAX_FINDINGS = 100
"""Findings that are listed, unless more are asked for."""

_BATCH = 2000
_SCHEMA = (
    "CREATE TABLE expected (key BLOB PRIMARY KEY, digest BLOB, entry INTEGER, times INTEGER,"
    " kind TEXT, name TEXT, value BLOB)",
)
_FOUND = (
    "DROP TABLE IF EXISTS found",
    "DROP TABLE IF EXISTS odd",
    "DROP TABLE IF EXISTS seen",
    "CREATE TABLE found (number INTEGER PRIMARY KEY, key BLOB, digest BLOB)",
    "CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID",
    "CREATE TABLE odd (number INTEGER PRIMARY KEY, key BLOB, kind TEXT, name TEXT, value BLOB,"
    " told INTEGER DEFAULT 0, UNIQUE (key, number), UNIQUE (kind, name, number))",
)
_COUNT_FOUND = "INSERT INTO seen SELECT key, count(*) FROM found GROUP BY key"
_PUT = "INSERT OR REPLACE INTO expected VALUES (?, ?, ?, ?, ?, ?, ?)"
_ODD = """
SELECT found.number FROM found LEFT JOIN expected ON expected.key = found.key
WHERE found.number >= ? AND (expected.key IS NULL OR expected.digest <> found.digest)
"""
_WRONG = """
SELECT e.kind, e.name, e.value, e.entry, e.times,
  coalesce(seen.times, 0) AS seen,
  (SELECT min(number) FROM odd WHERE odd.key = e.key) AS odd
FROM expected e LEFT JOIN seen ON seen.key = e.key
WHERE coalesce(seen.times, 0) <> e.times OR EXISTS (SELECT 1 FROM odd WHERE odd.key = e.key)
ORDER BY e.entry, e.rowid
"""


class GraphComparison:
    """Implements Elements; `compare` it with the graph once the ledger has been walked."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch, self._connection = scratch, scratch.connection
        self._waiting: dict[bytes, tuple[Any, ...] | None] = {}
        for statement in _SCHEMA:
            self._connection.execute(statement)

    # --- what there should be -----------------------------------------------------------------

    def put(self, element: Element, index: int, times: int = 1) -> None:
        """See Elements."""
        key, value = self._key(element), as_bytes(element.value)
        digest = self._scratch.digest(value)
        self._waiting[key] = (key, digest, index, times, element.kind, element.name, value)
        if len(self._waiting) >= _BATCH:
            self._write()

    def add(self, element: Element, index: int, times: int = 1) -> None:
        """See Elements; what was put with the same name is replaced all the same."""
        self.put(element, index, times)

    def drop(self, element: Element) -> None:
        """See Elements."""
        self._waiting[self._key(element)] = None

    def has(self, kind: str, name: str) -> bool:
        """See Elements."""
        key = self._digest_of(kind, name, "")
        if key in self._waiting:
            return self._waiting[key] is not None
        found = self._connection.execute("SELECT 1 FROM expected WHERE key = ?", (key,))
        return found.fetchone() is not None

    def _key(self, element: Element) -> bytes:
        return self._digest_of(element.kind, element.name, element.apart)

    def _digest_of(self, kind: str, name: str, apart: str) -> bytes:
        return self._scratch.digest(f"{kind}\0{name}\0{apart}".encode("utf-8", "surrogatepass"))

    def _write(self) -> None:
        gone = [(key,) for key, row in self._waiting.items() if row is None]
        self._connection.execute("BEGIN")
        self._connection.executemany(_PUT, [row for row in self._waiting.values() if row])
        self._connection.executemany("DELETE FROM expected WHERE key = ?", gone)
        self._connection.execute("COMMIT")
        self._waiting.clear()

    @property
    def count(self) -> int:
        """How many things there should be."""
        self._write()
        row = self._connection.execute("SELECT coalesce(sum(times), 0) FROM expected").fetchone()
        return int(row[0])

    # --- what there is ------------------------------------------------------------------------

    def compare(self, found: Iterable[Element], *, limit: int = MAX_FINDINGS) -> Comparison:
        """The graph, thing by thing in any order, beside what was put. May be done again.

        limit: how many findings are listed; all are counted.
        """
        self._write()
        for statement in _FOUND:
            self._connection.execute(statement)
        stream, number = iter(found), 0
        while batch := list(islice(stream, _BATCH)):
            self._see(batch, number)
            number += len(batch)
        self._connection.execute(_COUNT_FOUND)
        findings, total = [], 0
        for finding in self._findings():
            total += 1
            if total <= limit:
                findings.append(finding)
        return Comparison(self.count, total, tuple(findings))

    def _see(self, batch: list[Element], first: int) -> None:
        values = [as_bytes(element.value) for element in batch]
        keys = [self._key(element) for element in batch]
        rows = [
            (first + at, key, self._scratch.digest(value))
            for at, (key, value) in enumerate(zip(keys, values, strict=True))
        ]
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO found VALUES (?, ?, ?)", rows)
        odd = [at - first for (at,) in self._connection.execute(_ODD, (first,))]
        self._connection.executemany(
            "INSERT INTO odd (number, key, kind, name, value) VALUES (?, ?, ?, ?, ?)",
            [(first + at, keys[at], batch[at].kind, batch[at].name, values[at]) for at in odd],
        )
        self._connection.execute("COMMIT")

    # --- what is wrong ------------------------------------------------------------------------

    def _findings(self) -> Iterator[Finding]:
        """First what an entry explains, by the entry's index; then what none does."""
        for kind, name, text, entry, times, seen, odd in self._connection.execute(_WRONG):
            expected, key = from_bytes(text), _key(kind, name)
            number = self._renamed(kind, name) if odd is None and not seen else odd
            if number is not None:
                found = self._told(number)
                yield from _changes(kind, key, expected, found, entry)
            elif seen < times:
                yield Finding("missing", kind, key, None, expected, None, entry)
            if seen > times:
                yield Finding("doubled", kind, key, None, times, seen, entry)
        rest = "SELECT kind, name, value FROM odd WHERE told = 0 ORDER BY number"
        for kind, name, text in self._connection.execute(rest):
            value = from_bytes(text)
            claimed = value["properties"].get("ledger_index")
            index = claimed if type(claimed) is int and claimed >= 0 else None
            yield Finding("foreign", kind, _key(kind, name), None, None, value, index)

    def _renamed(self, kind: str, name: str) -> int | None:
        """A relationship between the same ends that says of another entry that it made it."""
        row = self._connection.execute(
            "SELECT min(number) FROM odd WHERE kind = ? AND name = ? AND told = 0"
            " AND NOT EXISTS (SELECT 1 FROM expected WHERE expected.key = odd.key)",
            (kind, name),
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def _told(self, number: int) -> dict[str, Any]:
        """What an odd thing is; it, and what has its very key, is explained by this."""
        row = self._connection.execute("SELECT key, value FROM odd WHERE number = ?", (number,))
        key, text = row.fetchone()
        self._connection.execute("UPDATE odd SET told = 1 WHERE key = ?", (key,))
        return from_bytes(text)


class Streams(Protocol):
    """Something that answers the named statements of cypher/ row by row."""

    def stream(self, name: str, /, **parameters: object) -> Iterator[dict[str, Any]]:
        """The rows of a statement, as they come."""


def read_elements(reader: Streams) -> Iterator[Element]:
    """Every node and relationship of the graph, as a stream."""
    for row in reader.stream("read/all_nodes"):
        name, labels = row["key"], row["labels"]
        if name is None:
            name = f"{':'.join(sorted(labels))} {row['element']}"
            kind = min(labels, default="")
        else:
            kind = name.split(" ", 1)[0]
        yield node_element(kind, name, labels, row["properties"])
    for row in reader.stream("read/all_relationships"):
        source, target = (
            row[end] if row[end] is not None else row[f"{end}_element"]
            for end in ("source", "target")
        )
        yield relationship_element(row["type"], source, target, row["properties"])


def _key(kind: str, name: str) -> str:
    """The name without the label that is told beside it."""
    return name if " -> " in name else name.removeprefix(f"{kind} ")


def _changes(
    kind: str, name: str, expected: dict[str, Json], found: dict[str, Json], index: int
) -> Iterator[Finding]:
    """Every label set and property in which the two differ."""
    if expected.get("labels") != found.get("labels"):
        labels = expected.get("labels"), found.get("labels")
        yield Finding("changed", kind, name, "labels", *labels, index)
    one, other = expected["properties"], found["properties"]
    assert isinstance(one, dict)  # as they were made
    assert isinstance(other, dict)
    for field in sorted(one.keys() | other.keys()):
        before, after = one.get(field), other.get(field)
        if as_bytes(before) != as_bytes(after):
            yield Finding("changed", kind, name, field, before, after, index)
