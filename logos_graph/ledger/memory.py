"""Where a walk over a ledger puts what it must know again but not hold: texts by kind and key.

A walk holds what is still open. What has ended goes into a table, so that the memory of a check
does not grow with the ledger; the table may be a file (logos_graph.scratch).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

__all__ = ["MemoryTable", "Table"]


class Table(Protocol):
    """Texts by kind and key."""

    def get(self, kind: str, key: str) -> str | None:
        """The text last put there."""

    def put(self, kind: str, key: str, text: str) -> None:
        """Puts a text there, in the place of the one before."""

    def drop(self, kind: str, key: str) -> None:
        """Nothing is there from now on."""

    def items(self, kind: str) -> Iterator[tuple[str, str]]:
        """Keys and texts of a kind, in the order of the keys' code points."""

    def count(self, kind: str) -> int:
        """How many keys of a kind there are."""


class MemoryTable:
    """A table in memory, for ledgers that are small or already there."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, str]] = {}

    def get(self, kind: str, key: str) -> str | None:
        """See Table."""
        return self._texts.get(kind, {}).get(key)

    def put(self, kind: str, key: str, text: str) -> None:
        """See Table."""
        self._texts.setdefault(kind, {})[key] = text

    def drop(self, kind: str, key: str) -> None:
        """See Table."""
        self._texts.get(kind, {}).pop(key, None)

    def items(self, kind: str) -> Iterator[tuple[str, str]]:
        """See Table."""
        texts = self._texts.get(kind, {})
        for key in sorted(texts):
            yield key, texts[key]

    def count(self, kind: str) -> int:
        """See Table."""
        return len(self._texts.get(kind, {}))
