"""Who has to agree, and when enough of them have.

    KOfN(role, k)                       k principals who hold the role
    All(role)                           everybody else who holds it
    Majority(role)                      more than half of everybody else who holds it
    Weighted(role, threshold, weights)  such of them as weigh the threshold together

A rule is what a policy says. `ask` makes of it what one decision asks for (`ledger.Quorum`): of
those who hold the role at that moment, without the actor. Nobody is as good as one who refuses: a
rule that nobody could meet asks for more than there is, and is never met by nobody's consent.

A quorum counts *people*, not signatures: one signer that signs twice is one, so is one who signs in
two places, and the principal who wants the act is never counted. A signer that nobody registered is
an error rather than a stranger who is quietly left out: a count over a list that holds strangers is
a count over the wrong list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Never

from logos_graph.errors import Rejected
from logos_graph.identity import Did
from logos_graph.ledger import MAX_QUORUM, Consents, Quorum, QuorumKind, Voice, counted
from logos_graph.ledger.quorums import MAX_WEIGHT

__all__ = [
    "MAX_QUORUM",
    "All",
    "Consents",
    "KOfN",
    "Majority",
    "People",
    "Person",
    "QuorumRule",
    "Weighted",
    "joined",
    "parse_rule",
    "resolve_signers",
]

_COUNT: Final = re.compile(r"[0-9]{1,4}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_DID: Final = "did:"
"""What begins so is meant as a DID, whoever is called so."""
ROLE: Final = "role:"
"""Before a weight that everybody has who holds another role."""
_FORMS: Final = '"2", "all", "majority", "weighted:10;treasury-1=6,role:cfo=5"'


@dataclass(frozen=True, slots=True)
class Person:
    """A registered principal, as a quorum sees it: what it is called, and what it holds now."""

    name: str
    roles: frozenset[str]


People = Mapping[Did, Person]
"""Every registered principal."""


@dataclass(frozen=True, slots=True)
class KOfN:
    """At least `k` distinct principals that hold `role`, the actor not among them.

    Raises (when made): Rejected E_QUORUM, k is below 1 (such a quorum is met by nobody's consent)
    or above MAX_QUORUM, or the role is empty.
    """

    role: str
    k: int

    def __post_init__(self) -> None:
        if not self.role or not 1 <= self.k <= MAX_QUORUM:
            _refuse(
                f"{self.k} of role {self.role!r} is not a quorum",
                f"name a role and a count from 1 to {MAX_QUORUM}",
            )

    @property
    def text(self) -> str:
        """It in words."""
        return f"{self.k} of role {self.role}"

    def ask(self, people: People, who: Did) -> Quorum:  # noqa: ARG002 - whoever holds it then
        """What an act of `who` needs."""
        return Quorum(QuorumKind.K_OF_N, self.role, self.k)


@dataclass(frozen=True, slots=True)
class All:
    """Each of those who hold the role, but for the actor."""

    role: str

    @property
    def text(self) -> str:
        """It in words."""
        return f"all of role {self.role}"

    def ask(self, people: People, who: Did) -> Quorum:
        """What an act of `who` needs; one more than nobody, when nobody holds the role."""
        others = _holders(people, self.role, who)
        return Quorum(QuorumKind.ALL, self.role, max(len(others), 1), dict.fromkeys(others, 1))


@dataclass(frozen=True, slots=True)
class Majority:
    """More than half of those who hold the role, the actor not among them."""

    role: str

    @property
    def text(self) -> str:
        """It in words."""
        return f"a majority of role {self.role}"

    def ask(self, people: People, who: Did) -> Quorum:
        """What an act of `who` needs: of 4, 3; of 1, that one."""
        others = _holders(people, self.role, who)
        needed = len(others) // 2 + 1
        return Quorum(QuorumKind.MAJORITY, self.role, needed, dict.fromkeys(others, 1))


@dataclass(frozen=True, slots=True)
class Weighted:
    """Such holders of the role, the actor not among them, as weigh the threshold together.

    weights: by DID, by name, or by `role:ROLE` for everybody who holds that role, too. Who is
    named, by DID before name, has that weight and no other; else the largest of its roles': a
    person's weights are never added. Whoever has none weighs nothing.

    Raises (when made): Rejected E_QUORUM, a threshold or a weight is below 1 or above MAX_WEIGHT,
    one is given twice, or all that are named do not come to the threshold.
    """

    role: str
    threshold: int
    weights: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        keys = [key for key, _ in self.weights]
        if not self.role or not keys or "" in keys or ROLE in keys:
            _refuse("weights are of a role, and name principals, or role:ROLE", _FORMS)
        if len(set(keys)) < len(keys) or len(keys) > MAX_QUORUM:
            _refuse(f"a weight is given once, and there are at most {MAX_QUORUM}", _FORMS)
        for what, number in (("the threshold", self.threshold), *self.weights):
            if not 1 <= number <= MAX_WEIGHT:
                _refuse(
                    f"{what} is {number}; weights are from 1 to {MAX_WEIGHT}",
                    "who is to weigh nothing is left out",
                )
        total = sum(weight for _, weight in self.weights)
        if total < self.threshold and not any(key.startswith(ROLE) for key in keys):
            _refuse(
                f"the weights come to {total}, and never to the threshold of {self.threshold}",
                "lower the threshold, or let consents weigh more",
            )

    @property
    def text(self) -> str:
        """It in words."""
        told = ", ".join(f"{key}={weight}" for key, weight in self.weights)
        return f"weight {self.threshold} of role {self.role} ({told})"

    def ask(self, people: People, who: Did) -> Quorum:
        """What an act of `who` needs: a weight for each principal that has one."""
        told = dict(self.weights)
        found = {
            did: self._weight(told, did, people[did]) for did in _holders(people, self.role, who)
        }
        weights = {did: weight for did, weight in found.items() if weight}
        return Quorum(QuorumKind.WEIGHTED, self.role, self.threshold, weights)

    def _weight(self, told: Mapping[str, int], did: Did, person: Person) -> int:
        if did in told:
            return told[did]
        if person.name in told and not person.name.startswith((ROLE, _DID)):
            return told[person.name]
        return max((told.get(ROLE + role, 0) for role in person.roles), default=0)


QuorumRule = KOfN | All | Majority | Weighted


def parse_rule(role: str, text: str) -> QuorumRule:
    """The rule that `@quorum(text)` beside `@require(role)` says.

    Raises Rejected E_QUORUM: `text` is none of a count, `all`, `majority` and
    `weighted:THRESHOLD;WHO=WEIGHT,…`, or says what no quorum is.
    """
    if text == "all":
        return All(role)
    if text == "majority":
        return Majority(role)
    if _COUNT.fullmatch(text):
        return KOfN(role, int(text))
    kind, _, rest = text.partition(":")
    threshold, _, listed = rest.partition(";")
    if kind != "weighted" or not _NUMBER.fullmatch(threshold):
        _refuse(f"{text!r} is no quorum", f"one of {_FORMS}")
    weights = list[tuple[str, int]]()
    for part in listed.split(","):
        name, _, weight = part.strip().rpartition("=")
        if not _NUMBER.fullmatch(weight) or set(name) & {"=", ";"}:
            _refuse(f"{part!r} gives nobody a weight", f"one of {_FORMS}")
        weights.append((name, int(weight)))
    return Weighted(role, int(threshold), tuple(weights))


def joined(rules: Sequence[QuorumRule]) -> tuple[QuorumRule, ...]:
    """Fewer rules that ask for as much: of counts of one role the largest, and nothing twice."""
    counts = dict[str, KOfN]()
    others = list[QuorumRule]()
    for rule in rules:
        if isinstance(rule, KOfN):
            before = counts.get(rule.role, rule)
            counts[rule.role] = max(before, rule, key=lambda each: each.k)
        elif rule not in others:
            others.append(rule)
    return (*counts.values(), *others)


def resolve_signers(
    voices: Iterable[Voice],
    people: People,
    who: Did,
    lent: Callable[[Voice], frozenset[str]] = lambda _voice: frozenset(),
) -> dict[Did, frozenset[str]]:
    """Whose consents count for an act of `who`, each with the roles for which it does.

    voices: whose consents were verified, in the ledger's order, repeats allowed.
    lent: for which roles of its own the one in whose place it was consented lets that be.

    Raises:
        Rejected: E_CONSENT_UNKNOWN, a signer is not registered.
    """
    told = list(voices)
    for did in {did for voice in told for did in (voice.by, voice.seat)}:
        if did not in people:
            raise Rejected(
                "E_CONSENT_UNKNOWN",
                f"{did} consented but is not a registered principal",
                hint="register it with principal.register before it consents",
                did=did,
            )
    found = dict[Did, frozenset[str]]()
    for voice in counted((each for each in told if each.by == each.seat or lent(each)), who):
        held = people[voice.seat].roles
        found[voice.seat] = held if voice.by == voice.seat else held & lent(voice)
    return found


def _holders(people: People, role: str, who: Did) -> list[Did]:
    return sorted(did for did, person in people.items() if did != who and role in person.roles)


def _refuse(message: str, hint: str) -> Never:
    raise Rejected("E_QUORUM", message, hint=hint)
