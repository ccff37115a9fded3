"""What the check of the invariants remembers of each intent while it walks the ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from logos_graph.canon import Json, encode_parsed
from logos_graph.ledger.bodies import EntryKind, Verdict
from logos_graph.ledger.memory import Table
from logos_graph.logline import parse_when

__all__ = ["Act", "Acts", "Announced", "Given", "Requirement", "parse_requirement"]


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

    index: of its entry. recorded_at: when it was given; expires_at: until when it counts (both ns
    since the epoch).
    """

    by: str
    recorded_at: int
    expires_at: int
    roles: frozenset[str]
    index: int


@dataclass(slots=True)
class Announced:
    """An effect that was announced before it was done: one try of a call.

    ordinal: which of the step's calls outside it is. before: what its run had been answered since
    the effect before, as the entry tells it. node: which one holds the grant; None if there is no
    such grant. outcome: its answer, once that is known.
    """

    run: str
    step: str
    ordinal: int
    attempt: int
    key: str
    call: dict[str, Json]
    grant: str
    before: list[Json]
    node: str | None
    outcome: Json = None

    @property
    def same(self) -> list[Json]:
        """What all tries of one call have in common."""
        return [self.run, self.step, self.ordinal, self.key, self.call, self.grant]


@dataclass(slots=True)
class Act:
    """An intent's life so far.

    this: what it says. requirement: the decision in force, recorded at decided_at (ns).
    required: the youngest REQUIRE that was asked of it. effects: what its run did outside.
    flow: what it stays on, if its entry tells (pinned); None for what is no run.
    attempts: how many failed and were to be made again; past_effects: how many effects those had,
    which are no longer among `effects`; wake_at: before then (ns) there is no other.
    revoked: while it waited for consent, the key that signed it, or its principal, was revoked.
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
    pinned: bool = False
    flow: str | None = None
    attempts: int = 0
    past_effects: int = 0
    wake_at: int | None = None
    revoked: bool = False
    end: tuple[int, EntryKind] | None = None

    def qualified(self) -> set[str]:
        """The distinct principals whose consent counts towards the REQUIRE.

        Each holds the role, is not the actor itself, consented before the question's expiry, and
        the consent's own expiry came after the decision that rests on it.
        """
        asked = self.required
        if asked is None or self.revoked:
            return set()
        return {
            given.by
            for given in self.consents
            if given.by != self.who
            and asked.role in given.roles
            and given.recorded_at < asked.expires_at
            and self.decided_at < given.expires_at
        }


_TABLE = "act"
_BOUND = ("intent", "policy_hash", "revision", "expires_at")
"""What is asked of `this` of an intent that has ended."""


class Acts:
    """All intents by cid: open ones are held, those that have ended are put into a table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._open: dict[str, Act] = {}
        self.first: Counter[Verdict] = Counter()
        self.ends: Counter[EntryKind] = Counter()

    @property
    def open(self) -> Iterable[Act]:
        """Those that have not ended, in the ledger's order."""
        return self._open.values()

    def get(self, cid: str) -> Act | None:
        """The intent; of one that has ended, what can still be asked."""
        act = self._open.get(cid)
        if act is not None:
            return act
        text = self._table.get(_TABLE, cid)
        return None if text is None else _read(cid, json.loads(text))

    def add(self, act: Act) -> None:
        """One that is new."""
        self._open[act.cid] = act
        self.first[act.first] += 1

    def end(self, act: Act, index: int, kind: EntryKind) -> None:
        """It has ended; a second end is not counted."""
        if act.end is None:
            act.end = (index, kind)
            self.ends[kind] += 1
            self._open.pop(act.cid, None)
            self.keep(act)

    def keep(self, act: Act) -> None:
        """What became of it since it was got, if it has ended."""
        if act.end is not None:
            self._table.put(_TABLE, act.cid, encode_parsed(_written(act)))


def _written(act: Act) -> list[Any]:
    required = act.required
    return [
        act.index, act.who, act.verb, {name: act.this.get(name) for name in _BOUND},
        act.first, act.decided_at, act.refused_at, act.answered_at, act.end,
        act.requirement.verdict,
        required and [
            required.verdict, required.role, required.quorum, required.expires_at,
            required.policy_hash, required.revision,
        ],
        [
            [each.by, each.recorded_at, each.expires_at, sorted(each.roles), each.index]
            for each in act.consents
        ],
    ]  # fmt: skip


def _read(cid: str, told: list[Any]) -> Act:
    index, who, verb, this, first, decided, refused, answered, end, verdict, asked, given = told
    required = None if asked is None else Requirement(Verdict(asked[0]), *asked[1:])
    return Act(
        cid=cid, index=index, who=who, verb=verb, this=this, commitments={},
        first=Verdict(first), decided_at=decided, required=required, refused_at=refused,
        requirement=required if verdict == Verdict.REQUIRE and required else Requirement(
            Verdict(verdict)
        ),
        consents=[Given(by, at, until, frozenset(roles), n) for by, at, until, roles, n in given],
        answered_at=answered, end=(end[0], EntryKind(end[1])),
    )  # fmt: skip
