"""The three answers to an intent: allowed, allowed with consent, denied.

JSON form, as in the body of an intent entry (the entry itself carries the policy hash):

    {"outcome": "ALLOW",   "policies": [ids], "revision": n, "context"}
    {"outcome": "REQUIRE", "policies": [ids], "revision": n, "context", "role", "quorum",
     "also": [{"role", "quorum"}], "basis": {"roles": [roles], "verb": id}, "expires_at"}
    {"outcome": "DENY",    "policies": [ids], "revision": n, "context", "reason", "detail"}

`context` is what policy saw of the ledger beside the intent itself (`Request.context`), by name.
`quorum` is as `logos_graph.ledger.quorums` has it; those in `also` have to be met too. `basis` is
what the question rests on besides: the roles that the actor held, and the content id of the verb.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Never

from logos_graph.canon import ContentId, Json, encode, parse_content_id
from logos_graph.errors import InvalidInput, LogosError
from logos_graph.identity import Did
from logos_graph.ledger import Consents, Quorum, parse_quorum
from logos_graph.logline import format_when, parse_when

__all__ = [
    "POLICY_REASONS",
    "Allow",
    "Basis",
    "Decision",
    "Deny",
    "DenyReason",
    "Outcome",
    "Require",
    "asked_in_order",
    "parse_decision",
    "same_decision",
]


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
    """A policy forbids it for what the actor has done so far, and says so by `@deny`."""
    CAPABILITY_MISSING = "CapabilityMissing"
    """A node of the flow asks for a capability of which it holds no grant."""
    RATE_LIMIT_EXCEEDED = "RateLimitExceeded"
    CIRCUIT_BREAKER_OPEN = "CircuitBreakerOpen"


POLICY_REASONS: Final = (
    DenyReason.POLICY_VIOLATION,
    DenyReason.EXPLICIT_DENY,
    DenyReason.INSUFFICIENT_TRAJECTORY,
)
"""The reasons for which a policy denies; the others are the gate's own."""


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


@dataclass(frozen=True, slots=True)
class Basis:
    """What a question rests on beside policy: the actor's roles, in order, and which verb it is.

    verb: content id of the verb as it is registered, its flow null: another schema or risk is
    another verb; which flow the intent runs is recorded with it.
    """

    roles: tuple[str, ...]
    verb: ContentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Require(_Judged):
    """The act waits for the consents of `quorum`, until `expires_at` (ns since the epoch).

    also: further quorums that have to be met; one principal may count in several.
    """

    quorum: Quorum
    also: tuple[Quorum, ...] = ()
    basis: Basis
    expires_at: int

    @property
    def role(self) -> str:
        """Whose consent it waits for first of all."""
        return self.quorum.role

    @property
    def quorums(self) -> tuple[Quorum, ...]:
        """All that have to be met."""
        return (self.quorum, *self.also)

    def asks_as(self, other: Require) -> bool:
        """Whether the other asks for the same consents, in whatever order."""
        return asked_in_order(self.to_json()) == asked_in_order(other.to_json())

    def asks(self, did: Did, roles: frozenset[str]) -> bool:
        """Whether the consent of this principal, who holds these roles, would count."""
        return any(quorum.asks(did, roles) for quorum in self.quorums)

    def is_met(self, consents: Consents, who: Did) -> bool:
        """Whether these are enough for an act of `who`."""
        return all(quorum.is_met(consents, who) for quorum in self.quorums)

    @property
    def text(self) -> str:
        """Whose consents it waits for, in words; what old and new holders are asked alike, once."""
        return ", and ".join(dict.fromkeys(quorum.text for quorum in self.quorums))

    def to_json(self) -> dict[str, Json]:
        """The form in the ledger."""
        return {
            **self._common(Outcome.REQUIRE),
            "role": self.role,
            "quorum": self.quorum.json,
            "also": [{"role": each.role, "quorum": each.json} for each in self.also],
            "basis": {"roles": list(self.basis.roles), "verb": self.basis.verb},
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
    Outcome.REQUIRE: _COMMON | {"role", "quorum", "also", "basis", "expires_at"},
    Outcome.DENY: _COMMON | {"reason", "detail"},
}


def same_decision(told: Mapping[str, Json], made: Mapping[str, Json]) -> bool:
    """Whether two decisions (JSON) say the same, but for words (`detail`) and until when.

    Of several quorums each has to be met: in which order they are told says nothing.
    """
    names = (told.keys() | made.keys()) - {"detail", "expires_at"}
    return all(name in told and name in made for name in names) and _said(told) == _said(made)


def _said(decision: Mapping[str, Json]) -> bytes:
    left_out = {"detail", "expires_at", "role", "quorum", "also"}
    said = {name: value for name, value in decision.items() if name not in left_out}
    return encode({**said, "asked": asked_in_order(decision)})


def asked_in_order(decision: Mapping[str, Json]) -> list[Json]:
    """The quorums of a decision (JSON), each with its role, in one order; none if it asks none."""
    first = {name: decision[name] for name in ("role", "quorum") if name in decision}
    also = decision.get("also")
    told = [*([first] if first else []), *(also if isinstance(also, list) else [])]
    return sorted(told, key=encode)


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
            quorum, *also = _quorums(value)
            return Require(
                policies=policies,
                policy_hash=policy_hash,
                revision=revision,
                context=context,
                quorum=quorum,
                also=tuple(also),
                basis=_basis(value["basis"]),
                expires_at=_moment(value["expires_at"]),
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


def _quorums(value: dict[str, Json]) -> list[Quorum]:
    also = value["also"]
    if not isinstance(also, list):
        _refuse("`also` is not a list")
    found = list[Quorum]()
    for told in ({name: value[name] for name in ("role", "quorum")}, *also):
        if not isinstance(told, dict) or set(told) != {"role", "quorum"}:
            _refuse("`also` holds more than roles and quorums")
        try:
            found.append(parse_quorum(told["quorum"], told["role"]))
        except LogosError as error:
            _refuse(error.message)
    return found


def _basis(value: Json) -> Basis:
    if not isinstance(value, dict) or set(value) != {"roles", "verb"}:
        _refuse("its basis is not the actor's roles and a verb")
    try:
        return Basis(_texts(value["roles"]), parse_content_id(value["verb"]))
    except LogosError as error:
        _refuse(error.message)


def _moment(value: Json) -> int:
    try:
        return parse_when(value)
    except LogosError as error:
        _refuse(error.message)


def _texts(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        _refuse("it has no list of texts where one belongs")
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
