"""The whole life of a LogLine, as one table.

    DRAFT ──signed, submitted──> PENDING ──its effect took place──> COMMITTED
                                    │
                                    └──denied, refused, expired, aborted──> GHOST

DRAFT      being written; nobody has signed it, the ledger does not know it
PENDING    signed; this form, and no other, is what the signature covers
COMMITTED  has a receipt in the ledger (also when the effect itself failed: that is its outcome)
GHOST      took no effect and never will; stays for ever, with its cause

COMMITTED and GHOST are final. Later states are ledger entries, never edits of the signed line.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from logos_graph.errors import Rejected

__all__ = ["TRANSITIONS", "Status", "advance"]


class Status(StrEnum):
    """Where a LogLine is in its life."""

    DRAFT = "DRAFT"
    PENDING = "PENDING"
    COMMITTED = "COMMITTED"
    GHOST = "GHOST"


TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.DRAFT: frozenset({Status.PENDING}),
        Status.PENDING: frozenset({Status.COMMITTED, Status.GHOST}),
        Status.COMMITTED: frozenset(),
        Status.GHOST: frozenset(),
    }
)
"""From each status, the ones it may move to. What is not here does not exist."""


def advance(current: Status, target: Status) -> Status:
    """The target, if the table has the move. Raises Rejected E_STATUS if it has not."""
    allowed = TRANSITIONS[current]
    if target not in allowed:
        ways = ", ".join(sorted(allowed)) or "nothing: it is final"
        raise Rejected(
            "E_STATUS",
            f"a LogLine does not move from {current} to {target}",
            hint=f"From {current} it may move to {ways}.",
            current=current.value,
            target=target.value,
        )
    return target
