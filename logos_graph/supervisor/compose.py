"""Entries before they have their place in the chain, and how they are composed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from logos_graph.canon import ContentId, Json
from logos_graph.ledger import EntryKind
from logos_graph.supervisor.view import View

__all__ = ["Compose", "Draft"]


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has its place in the chain."""

    kind: EntryKind
    body: dict[str, Json]
    policy_hash: ContentId | None


Compose = Callable[[View, int], Sequence[Draft]]
"""Drafts of entries, made on the view that they are committed against, at this instant (ns)."""
