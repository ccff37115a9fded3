"""The moments of an append at which a fault is set, named; each before it took hold, or after.

| point | the message there |
|---|---|
| append asked | an append that is one statement is on its way to the server |
| append answered | it has committed; the server's answer is on its way back |
| commit asked | the transaction of an append has written everything, and asks to commit |
| commit answered | it has committed; the server's answer is on its way back |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tests.faults.proxy import Fault, Message, Side

__all__ = ["POINTS", "fault_at", "is_append"]


def is_append(message: Message) -> bool:
    """Statement ledger/append on its way."""
    return message.kind == "RUN" and b"$expected_hash" in message.body


def _is_commit(message: Message) -> bool:
    return message.kind == "COMMIT"


def _has_committed_statement(message: Message) -> bool:
    """A statement that was a transaction of its own, and wrote."""
    return _has_committed(message) and b"nodes-created" in message.body


def _has_committed_transaction(message: Message) -> bool:
    return _has_committed(message) and b"t_last" not in message.body


def _has_committed(message: Message) -> bool:
    return message.kind == "SUCCESS" and b"bookmark" in message.body


_POINTS: dict[str, tuple[Side, Callable[[Message], bool], int]] = {
    "append asked": ("asked", is_append, 1),
    "append answered": ("answered", _has_committed_statement, 1),
    "commit asked": ("asked", _is_commit, 3),
    "commit answered": ("answered", _has_committed_transaction, 3),
}
POINTS = tuple(_POINTS)


def fault_at(
    point: str,
    *,
    number: int | None = None,
    held: bool = False,
    late: bool = False,
    refuse: bool = False,
    cut: Literal["before", "after"] | None = "before",
) -> Fault:
    """A fault at a point: by default the message is dropped, and the connection with it."""
    side, match, usual = _POINTS[point]
    return Fault(
        side, number or usual, match, cut=None if late else cut, held=held, late=late, refuse=refuse
    )
