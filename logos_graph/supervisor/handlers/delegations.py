"""consent.delegate and consent.undelegate: who may consent in whose place, and no longer.

A principal lends the voice of one role that it holds. What is checked here is checked again
whenever a consent is given by it: the role is still held, the time is not over, the verb is among
those. And it counts as long as the key that signed it is not revoked: so that key is in force when
it is made, and the index of the receipt tells which one it was.
"""

from __future__ import annotations

from typing import Final

from logos_graph.canon import ContentId
from logos_graph.errors import Rejected
from logos_graph.identity import Did
from logos_graph.logline import parse_when
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text, texts
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["MAX_DELEGATION_NS", "delegate", "undelegate"]

MAX_DELEGATION_NS: Final = 90 * 86_400 * 10**9
"""For how long a voice may be lent."""


def delegate(context: Context, pending: PendingIntent) -> Effect:  # noqa: ARG001
    """Rejected E_DELEGATION_SELF, E_DELEGATION_ROLE, E_DELEGATION_UNTIL, E_UNKNOWN_PRINCIPAL,
    E_UNKNOWN_VERB, E_KEY_ROTATED; on the view that it is committed against.
    """
    this = pending.signed.intent.logline.this
    mutation: Mutation = {
        "kind": "delegation",
        "id": pending.cid,
        "by": pending.who,
        **{name: this[name] for name in ("to", "role", "verbs", "until")},
        "ended": None,
    }

    def composed(view: View, now_ns: int) -> tuple[Mutation, ...]:
        _check(view, pending, now_ns)
        return (mutation,)

    return Effect(result={"delegation": pending.cid}, composed=composed)


def _check(view: View, pending: PendingIntent, now_ns: int) -> None:
    by, to, role = pending.who, Did(text(pending, "to")), text(pending, "role")
    if to == by:
        raise Rejected(
            "E_DELEGATION_SELF",
            f"{by} consents in its own place without a delegation",
            hint="name somebody else",
        )
    if to not in view.principals:
        raise Rejected(
            "E_UNKNOWN_PRINCIPAL", f"{to} is not registered in this ledger", hint="`logos key list`"
        )
    if role not in view.roles(by):
        raise Rejected(
            "E_DELEGATION_ROLE",
            f"{by} does not hold the role {role!r}, so has no voice of it to lend",
            hint="what was lent cannot be lent on; `logos key list` shows who holds what",
        )
    if view.principal_keys.current(by) != (pending.key or by):
        raise Rejected(
            "E_KEY_ROTATED",
            f"{by} took another key before it was carried out",
            hint="sign it again, with the new key",
            who=by,
        )
    until = parse_when(text(pending, "until"))
    if not now_ns < until <= now_ns + MAX_DELEGATION_NS:
        raise Rejected(
            "E_DELEGATION_UNTIL",
            "a delegation ends later than now, within 90 days",
            hint="`logos consent delegate --for` takes 90d at most",
        )
    if pending.signed.intent.logline.this["verbs"] is None:
        return
    for verb in texts(pending, "verbs"):
        if verb not in view.verbs:
            raise Rejected(
                "E_UNKNOWN_VERB", f"no verb {verb!r} is registered", hint="`logos verb list`"
            )


def undelegate(context: Context, pending: PendingIntent) -> Effect:  # noqa: ARG001
    """Rejected E_DELEGATION_UNKNOWN, E_NOT_YOURS; on the view that it is committed against."""
    identity = ContentId(text(pending, "delegation"))

    def composed(view: View, now_ns: int) -> tuple[Mutation, ...]:  # noqa: ARG001
        found = view.delegations.get(identity)
        if found is None:
            raise Rejected(
                "E_DELEGATION_UNKNOWN",
                f"{identity} is no delegation, or was ended",
                hint="`logos consent delegations`",
            )
        if pending.who not in found.voice.people:
            raise Rejected(
                "E_NOT_YOURS", f"{identity} is by {found.by} to {found.to}", hint="they end it"
            )
        return ({**found.mutation, "ended": pending.cid},)

    return Effect(result={"delegation": identity}, composed=composed)
