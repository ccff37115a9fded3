"""consent.give and consent.refuse: a principal's signed answer to a REQUIRE.

A consent binds the waiting intent's CID, the policy that asked for it, the graph revision that was
judged and the expiry; its own LogLine has the nonce. It counts once per principal, never for the
one who asked. Each consent has the policy judge the intent again, with the consents so far: the
answer may be ALLOW (the quorum is reached), still REQUIRE, or DENY (the policy has changed).
"""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Rejected
from logos_graph.governance import (
    Consenter,
    Require,
    Waiting,
    check_consent,
    parse_consent,
    parse_decision,
)
from logos_graph.supervisor import bodies
from logos_graph.supervisor.commitments import with_escalation
from logos_graph.supervisor.decide import decide, revoked
from logos_graph.supervisor.effects import Context, Draft, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.handlers.principals import check_same_key
from logos_graph.supervisor.limits import check_room
from logos_graph.supervisor.ports import GivenConsent, PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["give", "refuse"]

_HINT = "`logos consent list` shows what waits, for whom and until when"


def give(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_CONSENT_…, E_RUN_LIMIT; checked on the view that it is committed against."""
    line = pending.signed.intent.logline
    consent, by = parse_consent(line.this), line.who

    def entries(view: View, now_ns: int) -> Sequence[Draft]:
        waiting, asked = _waiting(view, consent.intent)
        question = Waiting(consent.intent, waiting.signed.intent.logline.who, asked)
        check_consent(consent, question, Consenter(by, view.roles(by)), now_ns)
        _check_fresh(view, asked)
        check_same_key(view, pending)
        given = view.valid_consents(waiting, now_ns)
        if by in given:
            raise Rejected(
                "E_CONSENT_TWICE", f"{by} has consented to {consent.intent} already", hint=_HINT
            )
        judged = revoked(view, waiting) or decide(
            view, waiting.signed, now_ns, context.runner.check_inputs, [*given, by],
            flow=waiting.flow,
        )  # fmt: skip
        if judged.outcome == "ALLOW":
            check_room(view, waiting)  # it waits on, and the consent is given again later
        reached = None if judged.outcome == "REQUIRE" else judged
        answer = GivenConsent(by, pending.cid, consent.expires_at)
        drafts = [bodies.consent(consent.intent, answer, reached, context.writer)]
        if judged.cause is not None:
            ghost = bodies.ghost(waiting.signed, judged.cause, view.policy.id)
            drafts += with_escalation(ghost, now_ns)
        return drafts

    return Effect(result={"intent": consent.intent}, entries=entries, resumes=consent.intent)


def refuse(context: Context, pending: PendingIntent) -> Effect:  # noqa: ARG001
    """One refusal by somebody who could have consented ends the waiting intent as a ghost."""
    target, by = ContentId(text(pending, "intent")), pending.signed.intent.logline.who

    def entries(view: View, now_ns: int) -> Sequence[Draft]:
        waiting, asked = _waiting(view, target)
        if asked.expires_at <= now_ns:
            raise Rejected("E_CONSENT_LATE", f"{target} no longer waits", hint=_HINT)
        check_same_key(view, pending)
        if asked.role not in view.roles(by):
            raise Rejected(
                "E_CONSENT_ROLE", f"{by} does not hold the role {asked.role!r}", hint=_HINT
            )
        cause: dict[str, Json] = {
            "type": "ConsentRefused", "by": by, "reason": text(pending, "reason"),
        }  # fmt: skip
        return [
            bodies.refusal(target, pending.cid, by),
            *with_escalation(bodies.ghost(waiting.signed, cause, view.policy.id), now_ns),
        ]

    return Effect(result={"intent": target}, entries=entries, resumes=target)


def _waiting(view: View, cid: ContentId) -> tuple[PendingIntent, Require]:
    """The waiting intent and what it waits for."""
    waiting = view.pending.get(cid)
    decision = waiting and parse_decision(dict(waiting.decision), waiting.policy_hash)
    if waiting is None or not isinstance(decision, Require):
        raise Rejected("E_NOT_WAITING", f"{cid} does not wait for consent", hint=_HINT, intent=cid)
    return waiting, decision


def _check_fresh(view: View, asked: Require) -> None:
    if asked.policy_hash != view.policy.id:
        raise Rejected(
            "E_CONSENT_STALE",
            "the policy has changed since the intent was judged",
            hint="submit the intent again, so that the policy in force judges it",
            judged=asked.policy_hash,
            now=view.policy.id,
        )
