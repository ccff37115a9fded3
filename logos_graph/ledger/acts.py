"""What the check of the invariants remembers of each intent while it walks the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field

from logos_graph.canon import Json
from logos_graph.ledger.bodies import EntryKind, Verdict
from logos_graph.logline import parse_when

__all__ = ["Act", "Announced", "Given", "Requirement", "parse_requirement"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A decision: its verdict, and for a REQUIRE who must consent, how many, until when (ns).

    policy_hash, revision: what a consent to it is bound to.
    """

    verdict: Verdict
    role: str = ""
    quorum: int = 0
    expires_at: int = 0
    policy_hash: str | None = None
    revision: int | None = None


def parse_requirement(decision: Json, policy_hash: str | None) -> Requirement:
    """The part of a DECISION object that the invariants are about; its form was checked before.

    policy_hash: that of the entry which holds the decision.
    """
    assert isinstance(decision, dict)
    verdict = Verdict(str(decision["outcome"]))
    if verdict is not Verdict.REQUIRE:
        return Requirement(verdict)
    quorum, revision = decision["quorum"], decision["revision"]
    assert isinstance(quorum, int)
    assert isinstance(revision, int)
    expires_at = parse_when(decision["expires_at"])
    role = str(decision["role"])
    return Requirement(verdict, role, quorum, expires_at, policy_hash, revision)


@dataclass(frozen=True, slots=True)
class Given:
    """One recorded consent. roles: what `by` held at that index; none if it was not registered.

    recorded_at: when it was given; expires_at: until when it counts (both ns since the epoch).
    """

    by: str
    recorded_at: int
    expires_at: int
    roles: frozenset[str]


@dataclass(slots=True)
class Announced:
    """An effect that was announced before it was done.

    before: what its run had been answered since the one before, as the entry tells it. node: which
    one holds the grant; None if there is no such grant. outcome: its answer, once that is known.
    """

    run: str
    step: str
    call: dict[str, Json]
    before: list[Json]
    node: str | None
    outcome: Json = None


@dataclass(slots=True)
class Act:
    """An intent's life so far.

    this: what it says. requirement: the decision in force, recorded at decided_at (ns).
    required: the youngest REQUIRE that was asked of it. effects: what its run did outside.
    """

    cid: str
    index: int
    who: str
    verb: str
    this: dict[str, Json]
    commitments: dict[str, str]
    first: Verdict
    requirement: Requirement
    decided_at: int
    required: Requirement | None
    consents: list[Given] = field(default_factory=list)
    refused_at: int | None = None
    answered_at: int | None = None
    effects: list[Announced] = field(default_factory=list)
    end: tuple[int, EntryKind] | None = None

    def qualified(self) -> set[str]:
        """The distinct principals whose consent counts towards the REQUIRE.

        Each holds the role, is not the actor itself, consented before the question's expiry, and
        the consent's own expiry came after the decision that rests on it.
        """
        asked = self.required
        if asked is None:
            return set()
        return {
            given.by
            for given in self.consents
            if given.by != self.who
            and asked.role in given.roles
            and given.recorded_at < asked.expires_at
            and self.decided_at < given.expires_at
        }
