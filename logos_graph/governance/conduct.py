"""Everybody's conduct, folded from the entries: what trajectories are computed from.

One step an entry, and a decision reads at most 90 days of one principal: nothing here scans
history. It is immutable and its maps are persistent, so a fork of a view shares it. Who begins anew
gives it what the graph keeps (`Conducts.of`), and comes to the same as who read all entries.

An act counts for `who` of its intent, by the risk and the amount that its verb had: those never
change once a verb is registered. An act that is allowed and has not ended has its amount reserved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rpds import HashTrieMap

from logos_graph.canon import Json
from logos_graph.errors import NotVerified, Rejected
from logos_graph.governance.amounts import amount_of
from logos_graph.governance.trajectory import Conduct, Day, Kind, Trajectory, trajectory_of
from logos_graph.governance.verbs import Risk
from logos_graph.ledger import Entry, EntryKind

__all__ = ["Conducts", "check_trajectory"]

_CAUSES = {
    "PolicyDeny": Kind.DENIED,
    "ConsentRefused": Kind.REFUSED,
    "ConsentTimeout": Kind.UNANSWERED,
    "AgentAbort": Kind.WITHDRAWN,
    "InvalidVerb": Kind.INVALID,
}
_CONSEQUENCES = {"if_ok": Kind.DONE, "if_not": Kind.FAILED, "if_doubt": Kind.IN_DOUBT}


@dataclass(frozen=True, slots=True)
class _Stake:
    """What a verb puts at stake. amount: where `this` has it."""

    risk: Risk
    amount: str | None


@dataclass(frozen=True, slots=True)
class _Open:
    """An intent that has not ended.

    risk: None for a verb that there is not. reached: whether it reached outside, so that its amount
    is spent however it ends.
    """

    who: str
    risk: Risk | None
    amount: int
    allowed: bool
    reached: bool = False


@dataclass(frozen=True, slots=True)
class Conducts:
    """As of one entry of a ledger; before genesis, empty."""

    _stakes: HashTrieMap[str, _Stake] = field(default_factory=HashTrieMap)
    _open: HashTrieMap[str, _Open] = field(default_factory=HashTrieMap)
    _reserved: HashTrieMap[str, int] = field(default_factory=HashTrieMap)
    _by: HashTrieMap[str, Conduct] = field(default_factory=HashTrieMap)

    @classmethod
    def of(
        cls,
        verbs: Iterable[Mapping[str, Json]],
        pending: Iterable[tuple[str, Mapping[str, Any], bool, bool]],
        days: Iterable[tuple[str, Day]],
    ) -> Conducts:
        """What a graph keeps of it.

        verbs: mutations. pending: intents that have not ended, each with its content id, its
        LogLine as JSON, whether it is allowed, and whether it reached outside. days: by DID, each
        principal's in their order.
        """
        conducts, by = cls()._with_verbs(verbs), dict[str, list[Day]]()
        for cid, line, allowed, reached in pending:
            conducts = conducts._begun(cid, line, allowed)
            conducts = conducts._reached(cid) if reached else conducts
        for who, day in days:
            by.setdefault(who, []).append(day)
        return replace(
            conducts, _by=HashTrieMap({who: Conduct.of(days) for who, days in by.items()})
        )

    def of_principal(self, who: str) -> Conduct:
        """The conduct of one principal; empty for one that has ended no act."""
        return self._by.get(who, Conduct())

    def who(self, cid: str) -> str | None:
        """Whose intent it is; None unless it is recorded and has not ended."""
        known = self._open.get(cid)
        return None if known is None else known.who

    def trajectory(self, who: str, now_ns: int, *, judged: str | None = None) -> Trajectory:
        """Of a principal, at a moment that is not before any entry that was counted.

        judged: the content id of an intent whose amount is left out, as it is what is judged.
        """
        reserved = self._reserved.get(who, 0)
        own = None if judged is None else self._open.get(judged)
        if own is not None and own.allowed and own.who == who:
            reserved -= own.amount
        return trajectory_of(self.of_principal(who), now_ns, reserved)

    def changed(self, entries: Iterable[Entry]) -> tuple[Conducts, dict[tuple[str, int], Day]]:
        """After these entries; and of each principal and day that they changed, how it is then."""
        conducts, days = self, dict[tuple[str, int], Day]()
        for entry in entries:
            ends = entry.kind in (EntryKind.RECEIPT, EntryKind.GHOST)
            ended = conducts._open.get(str(entry.body["intent"])) if ends else None
            conducts = conducts.after(entry)
            if ended is not None:
                day = conducts.of_principal(ended.who).days[-1]
                days[ended.who, day.number] = day
        return conducts, days

    def after(self, entry: Entry) -> Conducts:
        """After the next entry. What is no end of an open intent changes nobody's conduct."""
        body: Mapping[str, Any] = entry.body
        match entry.kind:
            case EntryKind.GENESIS:
                return self._with_verbs(body["verbs"])
            case EntryKind.INTENT:
                allowed = body["decision"]["outcome"] == "ALLOW"
                return self._begun(body["cid"], body["intent"]["logline"], allowed)
            case EntryKind.CONSENT:
                reached = body["decision"]
                if reached is not None and reached["outcome"] == "ALLOW":
                    return self._allowed(body["intent"])
                return self
            case EntryKind.EFFECT:
                return self._reached(body["intent"])
            case EntryKind.RECEIPT:
                ended = self._ended(entry, _CONSEQUENCES[body["consequence"]])
                return ended._with_verbs(_verbs(body["mutations"]))
            case EntryKind.GHOST:
                return self._ended(entry, _CAUSES[body["cause"]["type"]])
            case _:
                return self

    def _with_verbs(self, verbs: Iterable[Mapping[str, Any]]) -> Conducts:
        stakes = self._stakes
        for verb in verbs:
            stake = _Stake(Risk(verb["risk"]), verb.get("amount"))
            stakes = stakes.insert(str(verb["name"]), stake)
        return self if stakes is self._stakes else replace(self, _stakes=stakes)

    def _begun(self, cid: str, line: Mapping[str, Any], allowed: bool) -> Conducts:
        stake = self._stakes.get(line["did"])
        risk, amount = None if stake is None else stake.risk, 0
        if stake is not None:
            try:
                amount = amount_of(stake.amount, line["this"])
            except Rejected:
                amount = 0  # it has none, and is denied for that
        opened = _Open(line["who"], risk, amount, allowed=False)
        begun = replace(self, _open=self._open.insert(cid, opened))
        return begun._allowed(cid) if allowed else begun

    def _allowed(self, cid: str) -> Conducts:
        known = self._open.get(cid)
        if known is None or known.allowed:
            return self
        opened = self._open.insert(cid, replace(known, allowed=True))
        return replace(self, _open=opened, _reserved=self._kept(known.who, known.amount))

    def _reached(self, cid: str) -> Conducts:
        known = self._open.get(cid)
        if known is None or known.reached:
            return self
        return replace(self, _open=self._open.insert(cid, replace(known, reached=True)))

    def _kept(self, who: str, more: int) -> HashTrieMap[str, int]:
        """What is reserved, with so much more (or less) of one principal's."""
        kept = self._reserved.get(who, 0) + more
        if not kept:
            return self._reserved.discard(who) if who in self._reserved else self._reserved
        return self._reserved.insert(who, kept)

    def _ended(self, entry: Entry, kind: Kind) -> Conducts:
        cid = str(entry.body["intent"])
        ended = self._open.get(cid)
        if ended is None:  # such a ledger is not whole, which others say
            return self
        conduct = self.of_principal(ended.who).with_act(
            kind, ended.risk, ended.amount, entry.recorded_at, entry.index, reached=ended.reached
        )
        return replace(
            self,
            _open=self._open.remove(cid),
            _reserved=self._kept(ended.who, -ended.amount) if ended.allowed else self._reserved,
            _by=self._by.insert(ended.who, conduct),
        )


def check_trajectory(conducts: Conducts, entry: Entry) -> None:
    """What a decision says that it saw of its principal's acts is what there was of them.

    Only a denial may say nothing of them: those of the gate rest on no policy. That the revision is
    the entry before is for ledger/decisions.py.
    conducts: as of the entry before. Raises NotVerified E_TRAJECTORY.
    """
    body: Mapping[str, Any] = entry.body
    first = entry.kind is EntryKind.INTENT
    decision = body["decision"] if first or entry.kind is EntryKind.CONSENT else None
    if decision is None:
        return
    context = decision.get("context")
    told = context.get("trajectory") if isinstance(context, dict) else None
    if told is None and decision["outcome"] == "DENY":
        return
    cid = body["cid"] if first else body["intent"]
    who = body["intent"]["logline"]["who"] if first else conducts.who(cid)
    found = conducts.trajectory(str(who), entry.recorded_at, judged=cid).to_json()
    if found != told:
        raise NotVerified(
            "E_TRAJECTORY",
            f"entry {entry.index} says that its decision saw another trajectory than there was",
            index=entry.index,
            field="body.decision.context.trajectory",
            expected=found,
            found=told,
        )


def _verbs(mutations: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (each for each in mutations if each["kind"] == "verb")
