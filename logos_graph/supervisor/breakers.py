"""Circuit breakers: what a principal may not do for a while, whatever the policy says.

A high alarm opens the breaker of its principal (ledger/patterns.py). While it is open, every act of
risk L1 or more is denied with CircuitBreakerOpen, before the policy is asked; a waiting intent is
not allowed by consents, and what was allowed and has not begun is not carried out. Left to policy:

| what | why |
|---|---|
| acts of risk L0 | they change nothing that counts |
| consent.give, consent.refuse, | others wait for the answer; a policy may forbid it, by |
| escalation.resolve | `context.breaker` |
| run.cancel; principal.revoke | to stop things is always safe, and to give up a stolen key; |
| of its own key | another's is not its to give up |
| acts of type `supervisor` | that key signs the ledger: a breaker would protect nothing from |
| | it, and it is the way back in |

Reading needs no intent, and is free.
"""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.governance import Verb
from logos_graph.identity import Did
from logos_graph.ledger.alarms import free_of_breaker
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["check_breaker", "held_back"]


def check_breaker(view: View, pending: PendingIntent) -> None:
    """Raises Rejected E_BREAKER_OPEN for what was allowed before the breaker opened."""
    verb = view.verbs.get(pending.signed.intent.logline.did)
    this = pending.signed.intent.logline.this
    error = None if verb is None else held_back(view, pending.who, verb, this)
    if error is not None:
        raise error


def held_back(view: View, who: Did, verb: Verb, this: Mapping[str, Json]) -> Rejected | None:
    """Why a principal may not do this now; None if no breaker holds it."""
    alarms = view.watched.breaker(who)
    kind = str(view.principals[who]["type"]) if who in view.principals else ""
    if not alarms or free_of_breaker(who, kind, verb.name, verb.risk.value, this):
        return None
    patterns = sorted({each.pattern for each in alarms})
    return Rejected(
        "E_BREAKER_OPEN",
        f"the circuit breaker of {view.name(who)} is open: {', '.join(patterns)}",
        hint="`logos alarm list` shows why; `logos breaker lift`, by others, closes it",
        who=who,
        alarms=[each.id for each in alarms],
    )
