"""What the check of the invariants remembers of each intent while it walks the ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from logos_graph.canon import Json, encode_parsed
from logos_graph.identity import Did
from logos_graph.ledger.bodies import EntryKind, Verdict
from logos_graph.ledger.entry import Entry
from logos_graph.ledger.memory import Table
from logos_graph.ledger.proven import Told
from logos_graph.ledger.quorums import Consents, Quorum, Voice, counted, parse_quorum
from logos_graph.logline import parse_when

__all__ = ["Act", "Acts", "Announced", "Given", "Requirement", "act_of", "parse_requirement"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A decision: its verdict, and for a REQUIRE the quorums to be met, until when (ns).

    policy_hash, revision: what a consent to it is bound to.
    """

    verdict: Verdict
    quorums: tuple[Quorum, ...] = ()
    expires_at: int = 0
    policy_hash: str | None = None
    revision: int | None = None

    def is_met(self, consents: Consents, who: str) -> bool:
        """Whether these are enough for an act of `who`; never, where no consent was asked for."""
        return bool(self.quorums) and all(q.is_met(consents, Did(who)) for q in self.quorums)

    @property
    def text(self) -> str:
        """What it waits for, in words."""
        return ", and ".join(quorum.text for quorum in self.quorums)


def parse_requirement(decision: Json, policy_hash: str | None) -> Requirement:
    """The part of a DECISION object that the invariants are about; its form was checked before.

    policy_hash: that of the entry which holds the decision.
    """
    assert isinstance(decision, dict)
    verdict = Verdict(str(decision["outcome"]))
    if verdict is not Verdict.REQUIRE:
        return Requirement(verdict)
    revision, also = decision["revision"], decision.get("also", [])
    assert isinstance(revision, int)
    assert isinstance(also, list)
    told = [decision, *(each for each in also if isinstance(each, dict))]
    quorums = tuple(parse_quorum(each["quorum"], each["role"]) for each in told)
    expires_at = parse_when(decision["expires_at"])
    return Requirement(verdict, quorums, expires_at, policy_hash, revision)


@dataclass(frozen=True, slots=True)
class Given:
    """One recorded consent: who signed it, in whose place (`seat`: its own).

    index: of its entry. recorded_at: when it was given; expires_at: until when it counts (both ns
    since the epoch).
    roles: what the seat held at that index, and lent if it is another's; none if it was not
    registered, or the delegation did not hold. Once the act is allowed: at the index that says so.
    delegation: by which it was given in another's place; None if it is `by`'s own.
    """

    by: str
    recorded_at: int
    expires_at: int
    roles: frozenset[str]
    seat: str
    index: int
    delegation: str | None = None

    @property
    def voice(self) -> Voice:
        """Who signed it, and in whose place."""
        return Voice(Did(self.by), Did(self.seat))


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
    consents: all that were given; once it is allowed, those that held then (consenting.py).
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

    def voices(self) -> dict[Voice, frozenset[str]]:
        """The consents that count towards the REQUIRE, each with the roles for which it does.

        Each holds a role that is asked, consented before the question's expiry, and the consent's
        own expiry came after the decision that rests on it. Nobody takes part in two of them, by
        signing or by being spoken for, and the actor in none.
        """
        asked = self.required
        if asked is None or self.revoked:
            return {}
        good = {
            given.voice: given.roles
            for given in self.consents
            if any(quorum.asks(Did(given.seat), given.roles) for quorum in asked.quorums)
            and given.recorded_at < asked.expires_at
            and self.decided_at < given.expires_at
        }
        return {voice: good[voice] for voice in counted(good, Did(self.who))}

    def qualified(self) -> dict[Did, frozenset[str]]:
        """In whose places those were given, with the roles."""
        return {voice.seat: roles for voice, roles in self.voices().items()}

    def is_met(self) -> bool:
        """Whether they are enough."""
        return self.required is not None and self.required.is_met(self.qualified(), self.who)


def act_of(entry: Entry, cid: str, told: Told | None) -> Act:
    """The beginning of an intent's life. told: what its author signed, if that was checked."""
    decision: Requirement = parse_requirement(entry.body["decision"], entry.policy_hash)
    return Act(
        cid=cid,
        index=entry.index,
        who="" if told is None else told.who,
        verb="" if told is None else told.verb,
        this={} if told is None else told.this,
        commitments={} if told is None else told.commitments,
        first=decision.verdict,
        requirement=decision,
        decided_at=entry.recorded_at,
        required=decision if decision.verdict is Verdict.REQUIRE else None,
        pinned="flow" in entry.body,
        flow=None if entry.body.get("flow") is None else str(entry.body["flow"]),
    )


_TABLE = "act"
_BOUND = ("intent", "policy_hash", "revision", "expires_at", "delegation")
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
            [[each.role, each.json] for each in required.quorums], required.expires_at,
            required.policy_hash, required.revision,
        ],
        [
            [
                each.by, each.recorded_at, each.expires_at, sorted(each.roles), each.seat,
                each.index, each.delegation,
            ]
            for each in act.consents
        ],
    ]  # fmt: skip


def _read(cid: str, told: list[Any]) -> Act:
    index, who, verb, this, first, decided, refused, answered, end, verdict, asked, given = told
    required = None if asked is None else _required(*asked)
    return Act(
        cid=cid, index=index, who=who, verb=verb, this=this, commitments={},
        first=Verdict(first), decided_at=decided, required=required, refused_at=refused,
        requirement=required if verdict == Verdict.REQUIRE and required else Requirement(
            Verdict(verdict)
        ),
        consents=[
            Given(by, at, until, frozenset(roles), seat, index, delegation)
            for by, at, until, roles, seat, index, delegation in given
        ],
        answered_at=answered, end=(end[0], EntryKind(end[1])),
    )  # fmt: skip


def _required(
    quorums: list[Any], expires_at: int, policy: str | None, revision: int
) -> Requirement:
    asked = tuple(parse_quorum(quorum, role) for role, quorum in quorums)
    return Requirement(Verdict.REQUIRE, asked, expires_at, policy, revision)
