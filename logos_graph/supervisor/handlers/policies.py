"""policy.activate: the policy under which the next intent is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.governance import (
    DEFAULT_REQUIREMENT,
    Policy,
    Request,
    find_lockout,
    locked_out,
    new_holders,
    refuse_misfits,
    resolve_signers,
    way_back,
)
from logos_graph.logline import LogLine, format_when
from logos_graph.supervisor.context import context_of
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import PendingIntent

__all__ = ["activate"]


def activate(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_POLICY_…; E_POLICY_SCHEMA for one that speaks of what there is not;
    E_POLICY_LOCKOUT for one under which its author could not mend it, unless that is forced;
    E_POLICY_HOLDERS: those whom the new policy asks have not consented.
    """
    policy, line = Policy(text(pending, "text")), pending.signed.intent.logline
    refuse_misfits(policy, [context.view.verbs[name] for name in context.view.verbs])
    result: dict[str, Json] = {"policy": policy.id}
    answers = _answers(context, policy, pending)
    request = _request(context, pending, line)
    found = find_lockout(policy, request, answers)
    if found is not None:
        back = way_back(_others(context, policy, pending, answers))
        if line.this.get("force") is not True:
            raise locked_out(found, back)
        result["lockout"] = {"who": found.who, "detail": found.detail, "way_back": back}
    _check_holders(context, pending, request)
    return Effect(({"kind": "policy", "id": policy.id, "text": policy.text},), result)


def _others(
    context: Context, policy: Policy, pending: PendingIntent, answers: Sequence[Request]
) -> list[str]:
    """The names of those who could activate the next policy under this one."""
    view, line = context.view, pending.signed.intent.logline
    able = []
    for did in view.principals:
        request = _request(context, pending, replace(line, who=did))
        if did != line.who and find_lockout(policy, request, answers) is None:
            able.append(view.name(did) or did)
    return able


def _answers(context: Context, policy: Policy, pending: PendingIntent) -> list[Request]:
    """What every principal would submit to consent to such an intent under the new policy."""
    this: dict[str, Json] = {
        "intent": pending.cid,
        "policy_hash": policy.id,
        "revision": context.view.head.index,
        "expires_at": format_when(context.now_ns + DEFAULT_REQUIREMENT.expiry_ns),
    }
    line = replace(pending.signed.intent.logline, did="consent.give", this=this)
    who = context.view.principals
    return [_request(context, pending, replace(line, who=did)) for did in who]


def _request(context: Context, pending: PendingIntent, line: LogLine) -> Request:
    view = context.view
    return Request(
        who=line.who,
        roles=view.roles(line.who),
        verb=view.verbs[line.did],
        this=line.this,
        ledger=view.ledger,
        revision=view.head.index,
        now_ns=context.now_ns,
        context=context_of(view, line, context.now_ns, judged=pending.cid),
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
