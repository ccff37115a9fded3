"""What a consent is bound to, so that it can be used for nothing else.

A `consent.give` intent names the intent it consents to, the policy and the graph revision under
which that intent was judged, and an instant after which it no longer counts. Its nonce is its own
intent's. A consent given to one decision is therefore worth nothing for another intent, another
policy, or a question that was asked of another state of the graph.

What the question rests on may change before it is answered: the policy, the verb, the actor's
roles, who there is to be asked. Then it is stale. Who consented to it did not see what would now
be done, so the consent is refused, with a code that names what has changed:

| code | what is no longer as it was |
|---|---|
| E_CONSENT_STALE_POLICY | the policy in force |
| E_CONSENT_STALE_VERB | the verb: its schema, its risk |
| E_CONSENT_STALE_ROLES | the roles of who wants the act |
| E_CONSENT_STALE_QUORUM | whose consents are asked for: who holds the role, or how many it takes |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Never

from logos_graph.canon import ContentId, Json, parse_content_id
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.governance.decision import Require
from logos_graph.identity import Did
from logos_graph.logline import format_when, parse_when

__all__ = ["Consent", "Consenter", "Waiting", "check_consent", "check_current", "parse_consent"]

_AGAIN: Final = (
    "the same act, submitted again, is judged as things are now; then consent to that:"
    " `logos consent list`"
)


@dataclass(frozen=True, slots=True)
class Consent:
    """The payload of `consent.give`. expires_at: nanoseconds since the epoch.

    delegation: by which it is given in another's place; None if it is one's own.
    """

    intent: ContentId
    policy_hash: ContentId
    revision: int
    expires_at: int
    delegation: ContentId | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An intent that waits: its id, who wants the act, and the decision that asks for consent."""

    intent: ContentId
    who: Did
    decision: Require


@dataclass(frozen=True, slots=True)
class Consenter:
    """Who signed the consent, in whose place (`seat`: its own), and the roles for which it does."""

    did: Did
    roles: frozenset[str]
    seat: Did


def parse_consent(this: Json) -> Consent:
    """The typed form of a payload that fits the schema of `consent.give`.

    Raises:
        InvalidInput: E_CONSENT_FORM, it does not; E_CONTENT_ID, E_WHEN from its parts.
    """
    match this:
        case {
            "intent": intent,
            "policy_hash": policy_hash,
            "revision": int(revision),
            "expires_at": str(expires_at),
            **rest,
        } if rest.keys() <= {"delegation"} and not isinstance(revision, bool):
            delegation = rest.get("delegation")
            return Consent(
                parse_content_id(intent),
                parse_content_id(policy_hash),
                revision,
                parse_when(expires_at),
                None if delegation is None else parse_content_id(delegation),
            )
    raise InvalidInput("E_CONSENT_FORM", "this is not the payload of consent.give")


def check_consent(consent: Consent, waiting: Waiting, by: Consenter, now_ns: int) -> None:
    """Checks that a consent answers the question that was asked, by one who is asked, in time.

    Raises:
        Rejected: E_CONSENT_INTENT, E_CONSENT_POLICY, E_CONSENT_REVISION (bound to something else);
            E_CONSENT_LATE (the question has lapsed), E_CONSENT_EXPIRED (the consent itself has);
            E_CONSENT_SELF, E_CONSENT_ROLE (not one who is asked).
    """
    decision = waiting.decision
    if consent.intent != waiting.intent:
        _refuse("E_CONSENT_INTENT", f"the consent is for {consent.intent}, not {waiting.intent}")
    if consent.policy_hash != decision.policy_hash:
        _refuse("E_CONSENT_POLICY", f"the consent names the policy {consent.policy_hash}")
    if consent.revision != decision.revision:
        _refuse("E_CONSENT_REVISION", f"the consent names the revision {consent.revision}")
    if now_ns >= decision.expires_at:
        lapsed = format_when(decision.expires_at)
        _refuse("E_CONSENT_LATE", f"consent to {waiting.intent} was waited for until {lapsed}")
    if now_ns >= consent.expires_at:
        _refuse("E_CONSENT_EXPIRED", f"the consent expired at {format_when(consent.expires_at)}")
    if waiting.who in (by.did, by.seat):
        place = "" if by.seat == by.did else f", nor anybody in the place of {by.seat}"
        _refuse(
            "E_CONSENT_SELF",
            f"{waiting.who} cannot consent to its own act{place}",
            "an approver signs with --as NAME",
        )
    if not decision.asks(by.seat, by.roles):
        roles = " or ".join(repr(role) for role in sorted({q.role for q in decision.quorums}))
        place = "" if by.seat == by.did else f" in the place of {by.seat}"
        _refuse(
            "E_CONSENT_ROLE",
            f"{by.did} is not asked{place}: the consent of who holds the role {roles} is",
        )


def check_current(asked: Require, now: Require) -> None:
    """Checks that a question would be asked today as it was asked.

    now: what the same act would be asked for, judged again without any consent.

    Raises:
        Rejected: E_CONSENT_STALE_POLICY, …_VERB, …_ROLES, …_QUORUM, with `data["judged"]` and
            `data["now"]`.
    """
    for code, what, then, today in (
        ("POLICY", "the policy in force", asked.policy_hash, now.policy_hash),
        ("VERB", "the verb", asked.basis.verb, now.basis.verb),
        ("ROLES", "the roles of who wants the act", asked.basis.roles, now.basis.roles),
    ):
        if then != today:
            _refuse_stale(code, what, _told(then), _told(today))
    if not asked.asks_as(now):
        then_asked, asked_now = ([each.text for each in one.quorums] for one in (asked, now))
        _refuse_stale("QUORUM", "whose consents are asked for", [*then_asked], [*asked_now])


def _refuse_stale(code: str, what: str, judged: Json, now: Json) -> Never:
    raise Rejected(
        f"E_CONSENT_STALE_{code}",
        f"the question is stale: {what} changed after it was asked",
        hint=_AGAIN,
        judged=judged,
        now=now,
    )


def _told(value: str | tuple[str, ...]) -> Json:
    return value if isinstance(value, str) else [*value]


def _refuse(
    code: str,
    message: str,
    hint: str = "`logos consent list` shows what waits, for whom and until when",
) -> Never:
    raise Rejected(code, message, hint=hint)
