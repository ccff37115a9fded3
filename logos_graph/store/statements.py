"""A statement of cypher/ with what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Row", "Statement"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of cypher/ with its parameters.

    makes: what its row must count; the transaction is rolled back otherwise.
    """

    name: str
    parameters: Row
    makes: int = 1
