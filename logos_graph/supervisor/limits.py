"""Limits of runs, as the ledger has them: how many at once, and how long a run and a step may take.

A limit is of a flow, of a principal, or of the whole ledger; each of its three numbers may be null.
Of several limits that concern a run each is kept, so the smallest time counts.

Running is what is allowed and has not ended: carried out, left by a dead process, or waiting for
its next attempt. What waits for consent is not running. They are counted on the view in which the
decision is recorded, so two processes cannot both be the last that fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Rejected
from logos_graph.identity import Did
from logos_graph.ledger.rights import limit_id
from logos_graph.supervisor.decide import Judged, denied
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.view import View

__all__ = [
    "DEFAULT_RUN_SECONDS",
    "DEFAULT_STEP_SECONDS",
    "Limits",
    "check_room",
    "run_seconds",
    "step_seconds",
    "within_limits",
]


class Limits(Protocol):
    """Those in force, by their ids."""

    def get(self, key: str, /) -> Mutation | None:
        """The limit of this id; None if there is none."""


DEFAULT_RUN_SECONDS = 600
DEFAULT_STEP_SECONDS = 60


def run_seconds(limits: Limits, who: Did, flow: ContentId | None) -> int:
    """How long a run of this flow by this principal may take."""
    return _least(limits, who, flow, "run_seconds", DEFAULT_RUN_SECONDS)


def step_seconds(limits: Limits, who: Did, flow: ContentId | None) -> int:
    """How long each of its steps may take."""
    return _least(limits, who, flow, "step_seconds", DEFAULT_STEP_SECONDS)


def within_limits(view: View, who: Did, flow: ContentId | None, judged: Judged) -> Judged:
    """The decision; a DENY in the place of an ALLOW for which there is no room."""
    full = _full(view, who, flow) if judged.outcome == "ALLOW" else None
    if full is None:
        return judged
    error = _no_room(full)
    cause: dict[str, Json] = {"limit": {**full}, "window": None, "code": error.code}
    return denied(view, "RateLimitExceeded", error, cause)


def check_room(view: View, pending: PendingIntent) -> None:
    """Raises Rejected E_RUN_LIMIT if it may not begin now, because too many others run."""
    full = _full(view, pending.who, pending.flow)
    if full is not None:
        raise _no_room(full)


def _no_room(full: Mutation) -> Rejected:
    return Rejected(
        "E_RUN_LIMIT",
        f"{full['concurrent']} run(s) at once are the limit of {full['id']}, and so many run now",
        hint="`logos run list --unfinished` shows them, `logos run limit` the limits",
        limit=full["id"],
        concurrent=full["concurrent"],
    )


def _full(view: View, who: Did, flow: ContentId | None) -> Mutation | None:
    """The limit that one more run would exceed."""
    if flow is None:
        return None
    for limit in _limits(view.limits, who, flow):
        most = limit["concurrent"]
        if isinstance(most, int) and _running(view, limit) >= most:
            return limit
    return None


def _running(view: View, limit: Mutation) -> int:
    scope, of = limit["scope"], limit["of"]
    return sum(
        each.flow is not None
        and each.decision["outcome"] == "ALLOW"
        and (scope == "ledger" or of == (each.flow if scope == "flow" else each.who))
        for each in view.pending.values()
    )


def _limits(limits: Limits, who: Did, flow: ContentId | None) -> Iterator[Mutation]:
    """Those that concern runs of this flow by this principal."""
    for scope, of in (("ledger", None), ("principal", who), ("flow", flow)):
        found = limits.get(limit_id(scope, of))
        if found is not None:
            yield found


def _least(limits: Limits, who: Did, flow: ContentId | None, name: str, default: int) -> int:
    found = [each[name] for each in _limits(limits, who, flow)]
    return min((seconds for seconds in found if isinstance(seconds, int)), default=default)
