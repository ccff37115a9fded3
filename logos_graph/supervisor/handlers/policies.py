"""policy.activate: the policy under which the next intent is judged."""

from __future__ import annotations

from collections.abc import Iterator

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.governance import (
    DEFAULT_REQUIREMENT,
    Policy,
    Request,
    new_holders,
    refuse_lockout,
    resolve_signers,
)
from logos_graph.identity import Did
from logos_graph.logline import format_when
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import PendingIntent

__all__ = ["activate"]


def activate(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_POLICY_…; E_POLICY_LOCKOUT for one under which its author could not mend it.

    E_POLICY_HOLDERS: those whom the new policy asks have not consented.
    """
    policy, line = Policy(text(pending, "text")), pending.signed.intent.logline
    request = _request(context, line.who, line.did, line.this)
    refuse_lockout(policy, request, _answers(context, policy, pending))
    _check_holders(context, pending, request)
    return Effect(
        ({"kind": "policy", "id": policy.id, "text": policy.text},), {"policy": policy.id}
    )


def _answers(context: Context, policy: Policy, pending: PendingIntent) -> Iterator[Request]:
    """What every principal would submit to consent to such an intent under the new policy."""
    this: dict[str, Json] = {
        "intent": pending.cid,
        "policy_hash": policy.id,
        "revision": context.view.head.index,
        "expires_at": format_when(context.now_ns + DEFAULT_REQUIREMENT.expiry_ns),
    }
    for did in context.view.principals:
        yield _request(context, did, "consent.give", this)


def _request(context: Context, who: Did, verb: str, this: dict[str, Json]) -> Request:
    view = context.view
    return Request(
        who=who,
        roles=view.roles(who),
        verb=view.verbs[verb],
        this=this,
        ledger=view.ledger,
        revision=view.head.index,
        now_ns=context.now_ns,
        people=view.people,
    )


def _check_holders(context: Context, pending: PendingIntent, request: Request) -> None:
    """Those whom the new policy asks have agreed, also where there came to be such only since."""
    further = new_holders(request)
    if further is None:
        return
    view, who, now_ns = context.view, request.who, context.now_ns
    voices = view.voices(pending.consents, now_ns)
    consents = resolve_signers(
        voices, view.people, who, lambda voice: view.lent(voice, request.verb.name, now_ns)
    )
    for quorum in further.quorums:
        if not quorum.is_met(consents, who):
            raise Rejected(
                "E_POLICY_HOLDERS",
                f"the new policy asks for {quorum.text}, of whom not enough consented",
                hint="submit it again: then they are asked",
            )
