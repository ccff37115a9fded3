"""escalation.resolve: somebody who may looks at an end that was escalated, and answers it.

Whoever holds the handler's role may, and whoever the commitment names as its target, by DID or by
name; never who asked for it. It is answered once, before its time.
"""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Rejected
from logos_graph.supervisor.answerable import may_answer
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import Mutation, OpenEscalation, PendingIntent, Store
from logos_graph.supervisor.recollection import is_escalated
from logos_graph.supervisor.view import View

__all__ = ["resolve"]

_HINT = "`logos escalation list --open` shows what is open, who may answer, and until when"


def resolve(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_ESCALATION_…; checked on the view that the answer is committed against."""
    line, store = pending.signed.intent.logline, context.store
    intent, by_intent = ContentId(text(pending, "intent")), line.this.get("by_intent")
    if by_intent is not None and store.intent(ContentId(str(by_intent))) is None:
        raise Rejected(
            "E_UNKNOWN_INTENT", f"no intent {by_intent} is recorded", intent=str(by_intent)
        )

    def check(view: View, now_ns: int) -> Sequence[Draft]:
        found = view.escalations.get(intent)
        if found is None or not is_escalated(store, view.keys, found):
            raise _not_open(store, intent)
        _check_answer(view, found, pending, now_ns)
        return ()

    mutation: Mutation = {
        "kind": "resolution",
        "intent": intent,
        "by": pending.cid,
        "answer": text(pending, "answer"),
        "note": str(line.this.get("note", "")),
        "by_intent": by_intent,
    }
    result: dict[str, Json] = {"intent": intent, "answer": mutation["answer"]}
    return Effect((mutation,), result, entries=check, asks_store=True)


def _check_answer(view: View, found: OpenEscalation, pending: PendingIntent, now_ns: int) -> None:
    who, intent = pending.signed.intent.logline.who, found.intent
    if found.expires_at <= now_ns:
        raise Rejected(
            "E_ESCALATION_CLOSED", f"the time to answer {intent} is over", hint=_HINT, intent=intent
        )
    if who == found.who:
        raise Rejected(
            "E_ESCALATION_OWN",
            f"{who} asked for {intent} itself, and may not answer for its end",
            hint=_HINT,
            intent=intent,
        )
    if not may_answer(view, who, found.handler, found.target):
        raise Rejected(
            "E_ESCALATION_ROLE",
            f"{who} does not hold the role {found.handler!r}",
            hint=_HINT,
            role=found.handler,
        )


def _not_open(store: Store, intent: ContentId) -> Rejected:
    status = store.escalation(intent)
    if status is None:
        return Rejected(
            "E_ESCALATION_UNKNOWN", f"the end of {intent} was not escalated", hint=_HINT
        )
    return Rejected(
        "E_ESCALATION_CLOSED",
        f"the escalation of {intent} is {status} already",
        hint="`logos escalation show` tells how it ended",
        intent=intent,
    )
