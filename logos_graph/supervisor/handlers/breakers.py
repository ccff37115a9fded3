"""breaker.lift and rate.limit: others close a breaker; how often a principal may submit a verb."""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.identity import Did
from logos_graph.ledger.alarms import LIFT
from logos_graph.ledger.rights import rate_id
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["check_not_own_breaker", "lift", "limit_rate"]


def lift(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_UNKNOWN_PRINCIPAL, E_BREAKER_OWN, E_BREAKER_CLOSED.

    Lifts every alarm that holds the breaker open when it is recorded. Ghosts before that count for
    no later alarm.
    """
    who, note = Did(text(pending, "who")), text(pending, "note")
    _check_registered(context, who)
    if pending.who == who:
        raise _own(who)

    def check(view: View, _now_ns: int) -> Sequence[Draft]:
        if not view.watched.breaker(who):
            raise Rejected(
                "E_BREAKER_CLOSED",
                f"the breaker of {view.name(who)} is not open",
                hint="`logos breaker list` shows which are",
                who=who,
            )
        return ()

    def lifted(view: View, _now_ns: int) -> tuple[Mutation, ...]:
        alarms = sorted(each.id for each in view.watched.breaker(who))
        return tuple(
            {"kind": "lift", "alarm": each, "who": who, "by": pending.cid, "note": note}
            for each in alarms
        )

    return Effect(result={"who": who}, entries=check, composed=lifted)


def check_not_own_breaker(waiting: PendingIntent, by: Did) -> None:
    """Raises Rejected E_BREAKER_OWN: nobody consents to the lifting of its own breaker."""
    line = waiting.signed.intent.logline
    if line.did == LIFT and line.this.get("who") == by:
        raise _own(by)


def _own(who: Did) -> Rejected:
    return Rejected(
        "E_BREAKER_OWN",
        f"{who} neither lifts its own breaker nor consents to that",
        hint="others do: `logos breaker lift NAME`, and the consents that the policy asks for",
        who=who,
    )


def limit_rate(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_UNKNOWN_PRINCIPAL, E_UNKNOWN_VERB.

    A count of null takes the rate away. It counts what is submitted after it is set.
    """
    this = pending.signed.intent.logline.this
    who, verb = this["who"], this["verb"]
    if who is not None:
        _check_registered(context, Did(str(who)))
    if verb is not None and str(verb) not in context.view.verbs:
        raise Rejected(
            "E_UNKNOWN_VERB", f"no verb {verb!r} is registered", hint="`logos verb list`", verb=verb
        )
    identity = rate_id(who, verb)
    mutation: Mutation = {
        "kind": "rate",
        "id": identity,
        **{name: this[name] for name in ("who", "verb", "count", "seconds")},
    }
    result: dict[str, Json] = {"rate": identity}
    return Effect((mutation,), result)


def _check_registered(context: Context, who: Did) -> None:
    if who not in context.view.principals:
        raise Rejected(
            "E_UNKNOWN_PRINCIPAL",
            f"{who} is not registered in this ledger",
            hint="`logos key list` shows who is",
            who=who,
        )
