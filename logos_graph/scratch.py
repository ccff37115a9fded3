"""A file for the time of one check: what a walk over a large ledger must know but not hold.

A SQLite database without a name in the folder for temporary files; the system deletes it however
the process ends. Nothing in it is kept, so nothing is synced.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from logos_graph.errors import EnvironmentFault

__all__ = ["Scratch", "ScratchTable", "scratch_file"]

_BATCH = 2000
"""Rows that are written at once."""
_BATCH_CHARACTERS = 4 * 1024 * 1024
"""Of the texts that wait; a single one may be larger."""

_CACHE_KIB = 8 * 1024
_SETTINGS = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
    f"PRAGMA cache_size = -{_CACHE_KIB}",
    "PRAGMA temp_store = FILE",
)

_MARKS = 1 << 25
"""Bits of a table (4 MiB) in which it is marked what may have been put."""

_TABLES = (
    "CREATE TABLE texts (name TEXT, kind TEXT, key TEXT, text TEXT, PRIMARY KEY (name, kind, key))"
    " WITHOUT ROWID"
)
_GET = "SELECT text FROM texts WHERE name = ? AND kind = ? AND key = ?"
_ITEMS = "SELECT key, text FROM texts WHERE name = ? AND kind = ? ORDER BY key"
_COUNT = "SELECT count(*) FROM texts WHERE name = ? AND kind = ?"
_PUT = "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?)"
_DROP = "DELETE FROM texts WHERE name = ? AND kind = ? AND key = ?"


class Scratch:
    """One such file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._keyed = blake2b(digest_size=16, key=os.urandom(32))
        self._tables: dict[str, ScratchTable] = {}
        connection.execute(_TABLES)

    def digest(self, data: bytes) -> bytes:
        """A hash that nobody outside of this check can foresee, so that 16 bytes of it do."""
        keyed = self._keyed.copy()
        keyed.update(data)
        return keyed.digest()

    def table(self, name: str) -> ScratchTable:
        """The table of this name."""
        return self._tables.setdefault(name, ScratchTable(self.connection, name))


@contextmanager
def scratch_file() -> Iterator[Scratch]:
    """The file, until the end of the block; EnvironmentFault E_SCRATCH, as for a full disk."""
    try:
        connection = sqlite3.connect("", isolation_level=None)
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
            yield Scratch(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise EnvironmentFault(
            "E_SCRATCH",
            f"the check cannot use its temporary file: {error}",
            hint="make room in the folder for temporary files, or name another in SQLITE_TMPDIR",
        ) from error


class ScratchTable:
    """Implements logos_graph.ledger.Table; the youngest rows wait in memory to be written."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection, self._name = connection, name
        self._waiting: dict[tuple[str, str], str | None] = {}
        self._marks = bytearray(_MARKS // 8)
        self._characters = 0

    def get(self, kind: str, key: str) -> str | None:
        """See Table."""
        place = hash((kind, key)) % _MARKS
        if not self._marks[place >> 3] & 1 << (place & 7):
            return None  # most that are asked for are new
        if (kind, key) in self._waiting:
            return self._waiting[kind, key]
        row = self._connection.execute(_GET, (self._name, kind, key)).fetchone()
        return None if row is None else str(row[0])

    def put(self, kind: str, key: str, text: str) -> None:
        """See Table."""
        self._wait(kind, key, text)

    def drop(self, kind: str, key: str) -> None:
        """See Table."""
        self._wait(kind, key, None)

    def items(self, kind: str) -> Iterator[tuple[str, str]]:
        """See Table; SQLite compares the bytes of UTF-8, which is the order of code points."""
        self._write()
        yield from self._connection.execute(_ITEMS, (self._name, kind))

    def count(self, kind: str) -> int:
        """See Table."""
        self._write()
        return int(self._connection.execute(_COUNT, (self._name, kind)).fetchone()[0])

    def _wait(self, kind: str, key: str, text: str | None) -> None:
        self._waiting[kind, key] = text
        place = hash((kind, key)) % _MARKS
        self._marks[place >> 3] |= 1 << (place & 7)
        self._characters += len(text or "")
        if len(self._waiting) >= _BATCH or self._characters >= _BATCH_CHARACTERS:
            self._write()

    def _write(self) -> None:
        if not self._waiting:
            return
        rows = [(self._name, *name, text) for name, text in self._waiting.items()]
        kept = [row for row in rows if row[-1] is not None]
        gone = [row[:-1] for row in rows if row[-1] is None]
        self._connection.execute("BEGIN")
        self._connection.executemany(_PUT, kept)
        self._connection.executemany(_DROP, gone)
        self._connection.execute("COMMIT")
        self._waiting.clear()
        self._characters = 0
