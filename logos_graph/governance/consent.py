"""What a consent is bound to, so that it can be used for nothing else.

A `consent.give` intent names the intent it consents to, the policy and the graph revision under
which that intent was judged, and an instant after which it no longer counts. Its nonce is its own
intent's. A consent given to one decision is therefore worth nothing for another intent, another
policy, or a question that was asked of another state of the graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Never

from logos_graph.canon import ContentId, Json, parse_content_id
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.governance.decision import Require
from logos_graph.identity import Did
from logos_graph.logline import format_when, parse_when

__all__ = ["Consent", "Consenter", "Waiting", "check_consent", "parse_consent"]


@dataclass(frozen=True, slots=True)
class Consent:
    """The payload of `consent.give`. expires_at: nanoseconds since the epoch."""

    intent: ContentId
    policy_hash: ContentId
    revision: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An intent that waits: its id, who wants the act, and the decision that asks for consent."""

    intent: ContentId
    who: Did
    decision: Require


@dataclass(frozen=True, slots=True)
class Consenter:
    """The principal who signed the consent, with the roles it holds now."""

    did: Did
    roles: frozenset[str]


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
        } if not rest and not isinstance(revision, bool):
            return Consent(
                parse_content_id(intent),
                parse_content_id(policy_hash),
                revision,
                parse_when(expires_at),
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
    if by.did == waiting.who:
        _refuse(
            "E_CONSENT_SELF",
            f"{by.did} cannot consent to its own act",
            "an approver signs with --as NAME",
        )
    if decision.role not in by.roles:
        _refuse(
            "E_CONSENT_ROLE",
            f"{by.did} does not hold the role {decision.role!r}, whose consent is asked",
        )


def _refuse(
    code: str,
    message: str,
    hint: str = "`logos consent list` shows what waits, for whom and until when",
) -> Never:
    raise Rejected(code, message, hint=hint)
