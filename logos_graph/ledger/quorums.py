"""How many consents a decision waits for, and whose: what is recorded, and how it is counted.

| `quorum` of a REQUIRE | met by |
|---|---|
| {"kind": "KOfN", "k": n} | n principals who hold the role |
| {"kind": "All", "of": [DIDs]} | each of these |
| {"kind": "Majority", "of": [DIDs]} | more than half of these |
| {"kind": "Weighted", "threshold": n, "weights": {DID: n}} | such of these as weigh n together |

`of` and `weights` name who could consent when the question was asked: those who held the role then,
never the actor. So anybody counts again with the entry alone, and nobody is left out of a majority.

What is counted are people. A consent is given by one principal, in its own place or in that of who
delegated it; whoever took part in a consent, by either, is part of no second one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Never

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput
from logos_graph.identity import Did

__all__ = [
    "MAX_QUORUM",
    "MAX_WEIGHT",
    "Consents",
    "Quorum",
    "QuorumKind",
    "Voice",
    "counted",
    "parse_quorum",
]

MAX_QUORUM: Final = 100
"""More consents than this are a mistake in the policy, not a rule anybody could meet."""
MAX_WEIGHT: Final = 1_000_000
"""Of one consent, and of a threshold."""

Consents = Mapping[Did, frozenset[str]]
"""In whose place it was consented -> the roles for which that counts."""


class QuorumKind(StrEnum):
    """By which rule consents are counted (LogLine Paper I)."""

    ALL = "All"
    MAJORITY = "Majority"
    K_OF_N = "KOfN"
    WEIGHTED = "Weighted"


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many consents of a role, as one decision asks for them.

    needed: the sum of weights that meets it, at least 1. weights: what each one's consent weighs,
    nobody else's anything; None: 1 for whoever holds the role.
    """

    kind: QuorumKind
    role: str
    needed: int
    weights: Mapping[Did, int] | None = None

    def asks(self, did: Did, roles: frozenset[str]) -> bool:
        """Whether the consent of this principal, who holds these roles, weighs anything."""
        return self.role in roles and (self.weights is None or did in self.weights)

    def count(self, consents: Consents, who: Did) -> int:
        """What the consents weigh for an act of `who`, whose own is never counted."""
        return sum(
            1 if self.weights is None else self.weights[did]
            for did, roles in consents.items()
            if did != who and self.asks(did, roles)
        )

    def is_met(self, consents: Consents, who: Did) -> bool:
        """Whether they weigh enough."""
        return self.count(consents, who) >= self.needed

    @property
    def text(self) -> str:
        """It in words."""
        size = 0 if self.weights is None else len(self.weights)
        match self.kind:
            case QuorumKind.ALL:
                return f"all {size} of role {self.role}"
            case QuorumKind.MAJORITY:
                return f"a majority ({self.needed} of {size}) of role {self.role}"
            case QuorumKind.K_OF_N:
                return f"{self.needed} of role {self.role}"
            case QuorumKind.WEIGHTED:
                total = sum((self.weights or {}).values())
                return f"weight {self.needed} of {total} of role {self.role}"

    @property
    def json(self) -> dict[str, Json]:
        """The form in a decision, which has the role beside it."""
        weights = {} if self.weights is None else {**self.weights}
        match self.kind:
            case QuorumKind.K_OF_N:
                return {"kind": self.kind.value, "k": self.needed}
            case QuorumKind.WEIGHTED:
                told: dict[str, Json] = {did: weights[did] for did in sorted(weights)}
                return {"kind": self.kind.value, "threshold": self.needed, "weights": told}
            case _:
                return {"kind": self.kind.value, "of": [*sorted(weights)]}


@dataclass(frozen=True, slots=True)
class Voice:
    """One consent: who signed it, and in whose place (`seat`; `by` itself if in nobody else's)."""

    by: Did
    seat: Did

    @property
    def people(self) -> frozenset[Did]:
        """Who takes part in it."""
        return frozenset({self.by, self.seat})


def counted(voices: Iterable[Voice], who: Did) -> tuple[Voice, ...]:
    """The voices that count for an act of `who`: each person is part of one, the first.

    Neither of a voice's two is the actor itself.
    """
    taken, found = {who}, list[Voice]()
    for voice in voices:
        if not taken & voice.people:
            taken |= voice.people
            found.append(voice)
    return tuple(found)


def parse_quorum(value: Json, role: Json) -> Quorum:
    """The inverse of `json`.

    Raises InvalidInput E_QUORUM: another form; a quorum of nobody, or of zero; weights that are
    negative or zero, or that do not come to the threshold.
    """
    if not isinstance(role, str) or not role:
        _refuse(f"{role!r} is no role")
    match value:
        case {"kind": "KOfN", "k": k, **rest} if not rest:
            return Quorum(QuorumKind.K_OF_N, role, _whole("k", k, MAX_QUORUM))
        case {"kind": "All" | "Majority" as kind, "of": list(of), **rest} if not rest:
            names = [Did(each) for each in of if isinstance(each, str)]
            if not names or names != of or names != sorted(set(names)):
                _refuse("`of` names everybody once, in order, and at least one")
            needed = len(names) if kind == "All" else len(names) // 2 + 1
            return Quorum(QuorumKind(kind), role, needed, dict.fromkeys(names, 1))
        case {"kind": "Weighted", "threshold": threshold, "weights": dict(told), **rest} if (
            not rest
        ):
            weights = {Did(did): _whole("a weight", each, MAX_WEIGHT) for did, each in told.items()}
            needed = _whole("the threshold", threshold, MAX_WEIGHT)
            if sum(weights.values()) < needed:
                _refuse(f"the weights come to {sum(weights.values())}, and {needed} are needed")
            return Quorum(QuorumKind.WEIGHTED, role, needed, weights)
        case _:
            return _refuse("it is none of KOfN, All, Majority, Weighted")


def _whole(name: str, number: Json, most: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
        _refuse(f"{name} is a whole number from 1 to {most}")
    return number


def _refuse(why: str) -> Never:
    raise InvalidInput("E_QUORUM", f"this is not a quorum: {why}", field="quorum")
