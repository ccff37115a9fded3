"""Whom a command means: a principal by name or DID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["principal_did"]


def principal_did(system: System, who: str) -> str:
    """The DID of a principal, by name or DID; Rejected E_UNKNOWN_PRINCIPAL."""
    for principal in system.reader.principals():
        if who in (principal["name"], principal["did"]):
            return str(principal["did"])
    raise Rejected(
        "E_UNKNOWN_PRINCIPAL",
        f"no principal is named {who[:80]!r}",
        hint="`logos key list` shows who is registered",
        who=who,
    )
