"""run.cancel: an intent that has not ended is given up, by who submitted it or by an operator.

| it | what comes of it |
|---|---|
| waits for consent, or for its next attempt | ends at once |
| was left by a dead process, or by one whose time is over | ends at once |
| is in somebody's hand | a `cancellation`: it stops before its next step, or effect |
| the same, and `kill` is asked | ends at once, and its holder can record nothing any more |

It ends as a ghost; when it had begun, as a failed receipt, in doubt if something was done outside.
A kill stops no machine: a node goes on until it has its answer, its gas or its time, and what was
sent is sent. What it ends is that any of that counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import ContentId
from logos_graph.errors import Rejected
from logos_graph.identity import Did
from logos_graph.ledger import OPERATOR
from logos_graph.supervisor import bodies
from logos_graph.supervisor.commitments import or_again, with_escalation
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.hands import cancelled_error
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["cancel"]


def cancel(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_RUN_ENDED, E_NOT_YOURS, E_CANCELLED_ALREADY."""
    line = pending.signed.intent.logline
    target, kill = ContentId(text(pending, "intent")), line.this.get("kill") is True
    cancellation: Mutation = {
        "kind": "cancellation",
        "intent": target,
        "by": line.who,
        "reason": text(pending, "reason"),
    }

    def left_to_holder(view: View, now_ns: int) -> tuple[PendingIntent, bool]:
        found = _asked(view, line.who, target)
        return found, not kill and context.held(view, found, now_ns)

    def mutations(view: View, now_ns: int) -> tuple[Mutation, ...]:
        found, held = left_to_holder(view, now_ns)
        if held and found.cancelled is not None:
            raise Rejected(
                "E_CANCELLED_ALREADY",
                f"{target} is cancelled already, and stops before its next step",
                hint="`logos run kill` does not wait for that",
            )
        return (cancellation,) if held else ()

    def entries(view: View, now_ns: int) -> Sequence[Draft]:
        found, held = left_to_holder(view, now_ns)
        if held:
            return []
        return with_escalation(_ending(found, cancellation, view), now_ns)

    return Effect(result={"intent": target}, entries=entries, composed=mutations, resumes=target)


def _asked(view: View, by: Did, target: ContentId) -> PendingIntent:
    """The intent that is to end; it is open, and his who asks, or he is an operator."""
    found = view.pending.get(target)
    if found is None:
        raise Rejected(
            "E_RUN_ENDED",
            f"{target} is no intent, or has ended",
            hint="`logos run list --unfinished` shows what has not ended",
            intent=target,
        )
    if by != found.who and OPERATOR not in view.roles(by):
        raise Rejected(
            "E_NOT_YOURS",
            f"{target} was submitted by {found.who}",
            hint=f"they cancel it, or a principal of the role {OPERATOR!r}",
            who=found.who,
        )
    return found


def _ending(found: PendingIntent, cancellation: Mutation, view: View) -> Draft:
    """A ghost, or a failed receipt if it had begun: in doubt if something was done outside."""
    error = cancelled_error(cancellation)
    if found.effects or found.attempts:
        undone = bodies.undone(error.code, error.message, doubt=found.fresh_effects > 0)
        return bodies.receipt(found.signed, or_again(found, undone), view.policy.id)
    return bodies.ghost(found.signed, bodies.aborted(error), view.policy.id)
