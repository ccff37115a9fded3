"""The statements of cypher/, by name; Python never builds Cypher from strings."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath

from logos_graph.resources import list_files, read_text

__all__ = ["Statements"]


class Statements:
    """Statement texts: `Statements.get("ledger/append")` is cypher/ledger/append.cypher."""

    @staticmethod
    @cache
    def get(name: str) -> str:
        """The text of one statement; files of the product are as trusted as its code."""
        return read_text(f"cypher/{name}.cypher")

    @staticmethod
    def names(group: str) -> list[str]:
        """The names of a group (`schema`, `audit`, `invariants`, …), sorted."""
        files = list_files(f"cypher/{group}", ".cypher")
        return [f"{group}/{PurePosixPath(file).stem}" for file in files]
