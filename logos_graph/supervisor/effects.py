"""Step 4 of the gate: what a verb's handler may do, and how it says so.

A handler is a small function from (context, intent) to an Effect. It changes nothing itself: the
gate commits what the Effect lists, together with the receipt, in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from logos_graph.canon import ContentId, Json
from logos_graph.ledger import EntryKind
from logos_graph.supervisor.ports import (
    Admission,
    Builder,
    Mutation,
    PendingIntent,
    Store,
)
from logos_graph.supervisor.runner import Runner
from logos_graph.supervisor.view import View

__all__ = ["Compose", "Context", "Draft", "Effect", "Handler"]


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has its place in the chain."""

    kind: EntryKind
    body: dict[str, Json]
    policy_hash: ContentId | None


Compose = Callable[[View, int], Sequence[Draft]]
"""Drafts of entries, made on the view that they are committed against, at this instant (ns)."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an allowed intent changes.

    mutations: changes to the graph, as the ledger records and the store applies them.
    result: what the caller and the ledger learn of it (ids, outputs).
    failed: it took effect, and the effect is a failure (a run that did not finish).
    blobs: contents that the ledger names only by content id.
    entries: further entries of the same transaction, composed when the receipt is.
    resumes: an intent that this one may have let through.
    """

    mutations: tuple[Mutation, ...] = ()
    result: dict[str, Json] = field(default_factory=dict)
    failed: bool = False
    blobs: Mapping[ContentId, bytes] = field(default_factory=dict)
    entries: Compose | None = None
    resumes: ContentId | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler may look at: the view, stored components, the toolchain, the host."""

    view: View
    store: Store
    builder: Builder
    admission: Admission
    runner: Runner
    now_ns: int
    writer: str


Handler = Callable[[Context, PendingIntent], Effect]
