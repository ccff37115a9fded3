"""The three answers to an intent: allowed, allowed with consent, denied.

JSON form, as in the body of an intent entry (the entry itself carries the policy hash):

    {"outcome": "ALLOW",   "policies": [ids], "revision": n, "context"}
    {"outcome": "REQUIRE", "policies": [ids], "revision": n, "context", "role", "quorum",
     "expires_at"}
    {"outcome": "DENY",    "policies": [ids], "revision": n, "context", "reason", "detail"}

`context` is what policy saw of the ledger beside the intent itself (`Request.context`), by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Never

from logos_graph.canon import ContentId, Json
from logos_graph.errors import InvalidInput, LogosError
from logos_graph.governance.quorum import KOfN
from logos_graph.logline import format_when, parse_when

__all__ = ["Allow", "Decision", "Deny", "DenyReason", "Outcome", "Require", "parse_decision"]


class Outcome(StrEnum):
    """Which of the three a decision is."""

    ALLOW = "ALLOW"
    REQUIRE = "REQUIRE"
    DENY = "DENY"


class DenyReason(StrEnum):
    """Why an intent was denied (LogLine Paper I)."""

    POLICY_VIOLATION = "PolicyViolation"
    """Nothing permits the act, or a policy could not be evaluated for it."""
    EXPLICIT_DENY = "ExplicitDeny"
    """A policy forbids the act."""
    INSUFFICIENT_TRAJECTORY = "InsufficientTrajectory"
    CAPABILITY_MISSING = "CapabilityMissing"
    RATE_LIMIT_EXCEEDED = "RateLimitExceeded"
    CIRCUIT_BREAKER_OPEN = "CircuitBreakerOpen"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What every decision names: the rules that decided, the policy, the state it saw."""

    policies: tuple[str, ...]
    policy_hash: ContentId
    revision: int
    context: Mapping[str, Json] = field(default_factory=dict)

    def _common(self, outcome: Outcome) -> dict[str, Json]:
        return {
            "outcome": outcome.value,
            "policies": list(self.policies),
            "revision": self.revision,
            "context": dict(self.context),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow(_Judged):
    """The act may take effect."""

    def to_json(self) -> dict[str, Json]:
        """The form in the ledger."""
        return self._common(Outcome.ALLOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Require(_Judged):
    """The act waits for `quorum` consents of `role`, until `expires_at` (ns since the epoch)."""

    role: str
    quorum: int
    expires_at: int

    def to_json(self) -> dict[str, Json]:
        """The form in the ledger."""
        return {
            **self._common(Outcome.REQUIRE),
            "role": self.role,
            "quorum": self.quorum,
            "expires_at": format_when(self.expires_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny(_Judged):
    """The act never takes effect; its intent stays as a ghost."""

    reason: DenyReason
    detail: str

    def to_json(self) -> dict[str, Json]:
        """The form in the ledger."""
        return {
            **self._common(Outcome.DENY),
            "reason": self.reason.value,
            "detail": self.detail,
        }


Decision = Allow | Require | Deny

_COMMON: Final = frozenset({"outcome", "policies", "revision", "context"})
_FIELDS: Final = {
    Outcome.ALLOW: _COMMON,
    Outcome.REQUIRE: _COMMON | {"role", "quorum", "expires_at"},
    Outcome.DENY: _COMMON | {"reason", "detail"},
}


def parse_decision(value: Json, policy_hash: ContentId) -> Decision:
    """The inverse of `to_json`; `policy_hash` is the one of the entry that holds the decision.

    Raises:
        InvalidInput: E_DECISION, not exactly one of the three forms.
    """
    if not isinstance(value, dict) or value.get("outcome") not in tuple(Outcome):
        _refuse("it has no known outcome")
    outcome = Outcome(str(value["outcome"]))
    if set(value) != _FIELDS[outcome]:
        _refuse(f"{outcome} has exactly the fields {', '.join(sorted(_FIELDS[outcome]))}")
    policies = _texts(value["policies"])
    revision, context = _natural(value, "revision"), value["context"]
    if not isinstance(context, dict):
        _refuse("its context is not an object")
    match outcome:
        case Outcome.ALLOW:
            return Allow(
                policies=policies, policy_hash=policy_hash, revision=revision, context=context
            )
        case Outcome.REQUIRE:
            rule, expires_at = _requirement(value)
            return Require(
                policies=policies,
                policy_hash=policy_hash,
                revision=revision,
                context=context,
                role=rule.role,
                quorum=rule.k,
                expires_at=expires_at,
            )
        case Outcome.DENY:
            reason = _text(value, "reason")
            if reason not in tuple(DenyReason):
                _refuse("its reason is unknown")
            return Deny(
                policies=policies,
                policy_hash=policy_hash,
                revision=revision,
                context=context,
                reason=DenyReason(reason),
                detail=_text(value, "detail"),
            )


def _requirement(value: dict[str, Json]) -> tuple[KOfN, int]:
    try:
        rule = KOfN(_text(value, "role"), _natural(value, "quorum"))
        return rule, parse_when(_text(value, "expires_at"))
    except LogosError as error:
        _refuse(error.message)


def _texts(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        _refuse("its policies are not a list of ids")
    return tuple(str(item) for item in value)


def _text(value: dict[str, Json], name: str) -> str:
    text = value[name]
    return text if isinstance(text, str) else _refuse(f"{name} is not a text")


def _natural(value: dict[str, Json], name: str) -> int:
    number = value[name]
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        _refuse(f"{name} is not a natural number")
    return number


def _refuse(why: str) -> Never:
    raise InvalidInput("E_DECISION", f"this is not a decision: {why}")
