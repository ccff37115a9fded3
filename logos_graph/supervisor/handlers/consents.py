"""consent.give and consent.refuse: a principal's signed answer to a REQUIRE.

A consent binds the waiting intent's CID, the policy that asked for it, the graph revision that was
judged and the expiry; its own LogLine has the nonce. It counts once per principal, never for the
one who asked. What is given by a delegation is given in the place of the delegator, and whoever
took part in one consent takes part in no other. What the question rests on may have changed: then
it is stale, and no consent to it counts (`governance.consent`). Else each consent has the policy
judge the intent again, with the consents so far: the answer may be ALLOW (the quorum is reached),
still REQUIRE, or DENY (policy sees something else now). ALLOW is so only when those have consented
who were asked for in the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Rejected
from logos_graph.governance import (
    Consenter,
    Require,
    Waiting,
    check_consent,
    check_current,
    parse_consent,
    parse_decision,
    resolve_signers,
)
from logos_graph.identity import Did
from logos_graph.ledger import Voice
from logos_graph.logline import format_when
from logos_graph.supervisor import bodies
from logos_graph.supervisor.decide import decide, revoked
from logos_graph.supervisor.effects import Context, Draft, Effect
from logos_graph.supervisor.ghosts import ghost_entries
from logos_graph.supervisor.handlers.breakers import check_not_own_breaker
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.handlers.principals import check_same_key
from logos_graph.supervisor.limits import check_room
from logos_graph.supervisor.ports import GivenConsent, PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["give", "refuse"]

_HINT = "`logos consent list` shows what waits, for whom and until when"


def give(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_CONSENT_…, E_DELEGATION_…, E_RUN_LIMIT; on the view it is committed against."""
    line = pending.signed.intent.logline
    consent, by = parse_consent(line.this), line.who
    answer = GivenConsent(by, pending.cid, consent.expires_at, consent.delegation)

    def entries(view: View, now_ns: int) -> Sequence[Draft]:
        waiting, asked = _waiting(view, consent.intent)
        question = Waiting(consent.intent, waiting.who, asked)
        own = _consenter(view, waiting, answer, now_ns)
        check_consent(consent, question, own, now_ns)
        for did in Voice(by, own.seat).people:
            check_not_own_breaker(waiting, did)
        _check_fresh(context, view, waiting, asked, now_ns)
        check_same_key(view, pending)
        given = [*view.voices(waiting.consents, now_ns), Voice(by, own.seat)]
        _check_once(given, consent.intent)
        judged = revoked(view, waiting) or decide(
            view, waiting.signed, now_ns, context.runner, given, flow=waiting.flow
        )
        done = judged.outcome == "ALLOW" and _is_answered(view, waiting, asked, given, now_ns)
        if done:
            check_room(view, waiting)  # it waits on, and the consent is given again later
        reached = judged if done or judged.outcome == "DENY" else None
        drafts = [bodies.consent(consent.intent, answer, reached, context.writer)]
        if judged.cause is not None:
            drafts += ghost_entries(view, waiting.signed, judged.cause, now_ns)
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
        if not asked.asks(by, view.roles(by)):
            raise Rejected(
                "E_CONSENT_ROLE", f"{by} is not asked: it waits for {asked.text}", hint=_HINT
            )
        cause: dict[str, Json] = {
            "type": "ConsentRefused", "by": by, "reason": text(pending, "reason"),
        }  # fmt: skip
        return [
            bodies.refusal(target, pending.cid, by),
            *ghost_entries(view, waiting.signed, cause, now_ns),
        ]

    return Effect(result={"intent": target}, entries=entries, resumes=target)


def _waiting(view: View, cid: ContentId) -> tuple[PendingIntent, Require]:
    """The waiting intent and what it waits for."""
    waiting = view.pending.get(cid)
    decision = waiting and parse_decision(dict(waiting.decision), waiting.policy_hash)
    if waiting is None or not isinstance(decision, Require):
        raise Rejected("E_NOT_WAITING", f"{cid} does not wait for consent", hint=_HINT, intent=cid)
    return waiting, decision


def _consenter(view: View, waiting: PendingIntent, given: GivenConsent, now_ns: int) -> Consenter:
    """Who consents, in whose place, and the roles for which that counts."""
    by = given.by
    if given.delegation is None:
        return Consenter(by, view.roles(by), by)
    lent = view.delegation(given.delegation)
    if lent is None or lent.to != by:
        raise Rejected(
            "E_DELEGATION_UNKNOWN",
            f"{given.delegation} is no delegation to {by}, or was ended, or the key that signed it"
            " was revoked",
            hint="`logos consent delegations` shows who may consent in whose place",
        )
    verb = waiting.signed.intent.logline.did
    roles = lent.lent(view.roles(lent.by), verb, now_ns)
    if not roles:
        raise Rejected(
            "E_DELEGATION_SCOPE",
            f"the delegation of {lent.by} does not hold for {verb} now: it is of the role"
            f" {lent.role!r}, for {', '.join(lent.verbs or ('every verb',))},"
            f" until {format_when(lent.until)}, while they hold the role",
            hint="`logos consent delegations` shows who may consent in whose place",
        )
    return Consenter(by, roles, lent.by)


def _check_once(voices: Sequence[Voice], intent: ContentId) -> None:
    """The last of these takes nobody's voice a second time."""
    *before, last = voices
    people = last.people & frozenset[Did]().union(*(each.people for each in before))
    if people:
        raise Rejected(
            "E_CONSENT_TWICE",
            f"{' and '.join(sorted(people))} took part in a consent to {intent} already",
            hint="one person is counted once, whether it signs or is spoken for; " + _HINT,
        )


def _is_answered(
    view: View, waiting: PendingIntent, asked: Require, given: Sequence[Voice], now_ns: int
) -> bool:
    """Whether these consents are what was asked for.

    The policy may ask for nothing any more (an alarm is over, say); what was asked is asked still.
    """
    verb, who = waiting.signed.intent.logline.did, waiting.who
    consents = resolve_signers(
        given, view.people, who, lambda voice: view.lent(voice, verb, now_ns)
    )
    return asked.is_met(consents, who)


def _check_fresh(
    context: Context, view: View, waiting: PendingIntent, asked: Require, now_ns: int
) -> None:
    """The same would be asked now; what would be denied now is for the policy to say."""
    judged = decide(view, waiting.signed, now_ns, context.runner, flow=waiting.flow)
    now = parse_decision(judged.decision, judged.policy_hash)
    if asked.policy_hash != judged.policy_hash:
        check_current(asked, replace(asked, policy_hash=judged.policy_hash))
    if isinstance(now, Require):
        check_current(asked, now)
