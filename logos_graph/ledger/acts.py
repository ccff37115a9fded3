"""What the check of the invariants remembers of each intent while it walks the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field

from logos_graph.canon import Json
from logos_graph.ledger.bodies import EntryKind, Verdict
from logos_graph.logline import parse_when

__all__ = ["Act", "Given", "Requirement", "parse_requirement"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A decision: its verdict, and for a REQUIRE who must consent, how many, until when (ns)."""

    verdict: Verdict
    role: str = ""
    quorum: int = 0
    expires_at: int = 0


def parse_requirement(decision: Json) -> Requirement:
    """The part of a DECISION object that the invariants are about; its form was checked before."""
    assert isinstance(decision, dict)
    verdict = Verdict(str(decision["outcome"]))
    if verdict is not Verdict.REQUIRE:
        return Requirement(verdict)
    quorum = decision["quorum"]
    assert isinstance(quorum, int)
    return Requirement(verdict, str(decision["role"]), quorum, parse_when(decision["expires_at"]))


@dataclass(frozen=True, slots=True)
class Given:
    """One recorded consent. roles: what `by` held at that index; none if it was not registered."""

    index: int
    by: str
    recorded_at: int
    roles: frozenset[str]


@dataclass(slots=True)
class Act:
    """An intent's life so far.

    required: the youngest REQUIRE that was asked of it. requirement: the decision in force.
    """

    cid: str
    index: int
    who: str
    verb: str
    answers: str | None
    commitments: dict[str, str]
    first: Verdict
    requirement: Requirement
    required: Requirement | None
    consents: list[Given] = field(default_factory=list)
    refused_at: int | None = None
    answered_at: int | None = None
    effects: int = 0
    end: tuple[int, EntryKind] | None = None

    def qualified(self) -> set[str]:
        """The distinct principals whose consent counts towards the REQUIRE.

        Each holds the role, is not the actor itself, and consented before the expiry.
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
        }
