"""What every run of a process has around it: the ledger, the stored values, the world outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from logos_graph.canon import ContentId
from logos_graph.supervisor.compose import Compose
from logos_graph.supervisor.ports import Outside, Store
from logos_graph.supervisor.view import View

__all__ = ["Surroundings"]

CheckAllowed = Callable[[View, ContentId, int], None]
"""Raises unless this intent is pending, and the policy in force (at this instant) allows it."""


class Commit(Protocol):
    """Composes entries and appends them; see Journal.commit."""

    def __call__(self, compose: Compose, *, asks_store: bool = False) -> None:
        """Returns when they are durable."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """As the gate's Carrier makes them.

    view: what is committed. watch: see Supervisor.
    """

    view: View
    store: Store
    outside: Outside
    commit: Commit
    check_allowed: CheckAllowed
    watch: Callable[[str, ContentId], None]
