"""Step 4 of the gate: what a verb's handler may do, and how it says so.

A handler is a small function from (context, intent) to an Effect. It changes nothing itself: the
gate commits what the Effect lists, together with the receipt, in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from logos_graph.canon import ContentId, Json
from logos_graph.errors import LogosError
from logos_graph.supervisor.building_ports import Admission, Builder
from logos_graph.supervisor.compose import Compose, Draft
from logos_graph.supervisor.ports import (
    Mutation,
    PendingIntent,
    Store,
)
from logos_graph.supervisor.runner import Runner
from logos_graph.supervisor.view import View
from logos_graph.supervisor.world import LiveWorld

__all__ = ["Attempt", "Compose", "Context", "Draft", "Effect", "Handler"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that failed, and that is to be followed by another.

    number: from 1; times: how many may fail so. consequence: the case, `if_doubt` or `if_not`.
    failure: step, code and reason.
    """

    number: int
    times: int
    consequence: str
    failure: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an allowed intent changes.

    mutations: changes to the graph, as the ledger records and the store applies them.
    result: what the caller and the ledger learn of it (ids, outputs).
    failed: it took effect, and the effect is a failure (a run that did not finish).
    doubt: it failed, and what it did outside is not known, or does not fit what it did here.
    blobs: contents that the ledger names only by content id.
    entries: further entries of the same transaction, composed when the receipt is.
    asks_store: `entries` or `check` asks the store; see Journal.commit.
    resumes: an intent that this one may have let through.
    check: raises Conflict on a view on which it does not hold; E_KV_CHANGED: it is to be made anew.
    composed: further mutations, made when the receipt is composed, on its view at its instant (ns).
    undone: what it is when it cannot be made anew, since it had effects outside.
    attempt: it is not the end: this is recorded of it, and nothing that it changes.
    """

    mutations: tuple[Mutation, ...] = ()
    result: dict[str, Json] = field(default_factory=dict)
    failed: bool = False
    doubt: bool = False
    blobs: Mapping[ContentId, bytes] = field(default_factory=dict)
    entries: Compose | None = None
    asks_store: bool = False
    resumes: ContentId | None = None
    check: Callable[[View], None] | None = None
    composed: Callable[[View, int], tuple[Mutation, ...]] | None = None
    undone: Callable[[LogosError], Effect] | None = None
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler may look at: the view, stored components, the toolchain, the host.

    world: what is around the run (by id) of an intent. held: whether somebody who lives carries an
    intent out, at this instant (ns).
    """

    view: View
    store: Store
    builder: Builder
    admission: Admission
    runner: Runner
    now_ns: int
    writer: str
    world: Callable[[PendingIntent, ContentId], LiveWorld]
    held: Callable[[View, PendingIntent, int], bool]


Handler = Callable[[Context, PendingIntent], Effect]
