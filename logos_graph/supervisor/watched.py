"""Alarms, ghosts and rates, as a view has them: what patterns, breakers and rates are judged by.

Nothing in here is ever changed: each entry makes another one, with which it shares the rest. All of
it follows from the entries up to the view's head, so that every process has the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rpds import HashTrieMap, Queue

from logos_graph.canon import ContentId, Json
from logos_graph.identity import Did
from logos_graph.ledger import Entry
from logos_graph.ledger.patterns import (
    MAX_MARKS,
    PATTERNS,
    GhostMark,
    Pattern,
    ghost_mark,
    marks_within,
)
from logos_graph.ledger.rights import rate_id

__all__ = ["CountedAct", "OpenAlarm", "RateInForce", "Watched", "WatchedSnapshot"]

_SECOND_NS = 1_000_000_000
_LATEST = 64
"""How many ghosts, whosoever, are remembered as not looked at yet."""


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An alarm that was raised. raised_at: ns since the epoch. lifted: by a breaker.lift."""

    id: ContentId
    who: Did
    pattern: str
    severity: str
    window_s: int
    raised_at: int
    lifted: bool = False

    def is_open(self, now_ns: int) -> bool:
        """A high one until it is lifted, any other until its window has passed."""
        if self.severity == "high":
            return not self.lifted
        return now_ns < self.raised_at + self.window_s * _SECOND_NS


@dataclass(frozen=True, slots=True)
class RateInForce:
    """A rate, as the ledger's mutation; index: of the entry that set it. It counts from there."""

    mutation: dict[str, Json]
    index: int

    @property
    def count(self) -> int | None:
        """How many acts; None: it was taken away."""
        count = self.mutation["count"]
        return count if isinstance(count, int) else None

    @property
    def seconds(self) -> int:
        """Within how many seconds."""
        return int(str(self.mutation["seconds"]))


@dataclass(frozen=True, slots=True)
class CountedAct:
    """An act that was not denied. at: ns since the epoch; index: of its entry."""

    who: Did
    verb: str
    at: int
    index: int


@dataclass(frozen=True, slots=True)
class WatchedSnapshot:
    """What a new process is told, as of one head.

    alarms: the open ones, and those of the longest window. lifted: of whom, by which entry last.
    ghosts: those of the longest window, in the ledger's order. acts: those that the rates count.
    """

    alarms: Sequence[OpenAlarm] = ()
    lifted: Mapping[Did, int] = field(default_factory=dict)
    ghosts: Sequence[tuple[Did, GhostMark]] = ()
    rates: Sequence[RateInForce] = ()
    acts: Sequence[CountedAct] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """See the head of this module.

    latest: the youngest ghosts, each with whose it was, for whoever looks for patterns.
    """

    alarms: HashTrieMap[Did, tuple[OpenAlarm, ...]] = field(default_factory=HashTrieMap)
    lifted: HashTrieMap[Did, int] = field(default_factory=HashTrieMap)
    ghosts: HashTrieMap[Did, tuple[GhostMark, ...]] = field(default_factory=HashTrieMap)
    rates: HashTrieMap[str, RateInForce] = field(default_factory=HashTrieMap)
    acts: HashTrieMap[str, HashTrieMap[Did, Queue[int]]] = field(default_factory=HashTrieMap)
    latest: tuple[tuple[int, Did], ...] = ()

    @classmethod
    def of(cls, snapshot: WatchedSnapshot) -> Watched:
        """As a new process has it."""
        made = cls(lifted=HashTrieMap(snapshot.lifted))
        for alarm in snapshot.alarms:
            made = made._with_alarm(alarm)
        for who, mark in snapshot.ghosts:
            made = made._with_mark(who, mark)
        for rate in snapshot.rates:
            made = made._with_rate(rate)
        for act in snapshot.acts:
            made = made._counted(act)
        return made

    # what is asked of it --------------------------------------------------------------------------

    def open_alarms(self, who: Did, now_ns: int) -> tuple[OpenAlarm, ...]:
        """Those about a principal that are open at this instant."""
        return tuple(each for each in self.alarms.get(who, ()) if each.is_open(now_ns))

    def breaker(self, who: Did) -> tuple[OpenAlarm, ...]:
        """The alarms that hold the breaker of a principal open; none: it is closed."""
        found = self.alarms.get(who, ())
        return tuple(each for each in found if each.severity == "high" and not each.lifted)

    def suspected(self, who: Did, now_ns: int) -> list[Pattern]:
        """Patterns that the remembered ghosts make, and of which no alarm is open."""
        marks = self.ghosts.get(who, ())
        if not marks:
            return []
        known = {each.pattern for each in self.open_alarms(who, now_ns)}
        after = self.lifted.get(who, -1)
        return [
            pattern
            for pattern in PATTERNS.values()
            if pattern.name not in known
            and pattern.found(marks_within(marks, pattern, now_ns, after))
        ]

    def exceeded(self, who: Did, verb: str, now_ns: int) -> RateInForce | None:
        """A rate that one more act of this principal would exceed; None if there is none."""
        if not self.rates:
            return None
        for rate in self._rates(who, verb):
            acts = self.acts.get(str(rate.mutation["id"]), _NO_ACTS).get(who, _NONE)
            if rate.count == 0:
                return rate
            full = len(acts) == rate.count
            if full and next(iter(acts)) > now_ns - rate.seconds * _SECOND_NS:
                return rate
        return None

    # what entries make of it ----------------------------------------------------------------------

    def with_ghost(self, who: Did, entry: Entry) -> Watched:
        """One more ghost."""
        mark = ghost_mark(entry)
        return self if mark is None else self._with_mark(who, mark)

    def with_alarm(self, entry: Entry) -> Watched:
        """One more alarm."""
        body = entry.body
        window_s = body["window_s"]
        assert isinstance(window_s, int)  # the entry's form was checked when it was read
        return self._with_alarm(
            OpenAlarm(
                ContentId(str(body["id"])), Did(str(body["who"])), str(body["pattern"]),
                str(body["severity"]), window_s, entry.recorded_at,
            )
        )  # fmt: skip

    def with_lift(self, mutation: Mapping[str, Json], index: int) -> Watched:
        """An alarm was lifted by the entry of this index; ghosts before it count no more."""
        who = Did(str(mutation["who"]))
        left = tuple(
            replace(each, lifted=True) if each.id == mutation["alarm"] else each
            for each in self.alarms.get(who, ())
        )
        return replace(
            self, alarms=self.alarms.insert(who, left), lifted=self.lifted.insert(who, index)
        )

    def with_rate(self, mutation: dict[str, Json], index: int) -> Watched:
        """A rate was set by the entry of this index."""
        return self._with_rate(RateInForce(mutation, index))

    def with_act(self, who: Did, verb: str, entry: Entry) -> Watched:
        """One more act that was not denied."""
        if not self.rates:
            return self
        return self._counted(CountedAct(who, verb, entry.recorded_at, entry.index))

    def _with_mark(self, who: Did, mark: GhostMark) -> Watched:
        marks = (*self.ghosts.get(who, ())[-MAX_MARKS + 1 :], mark)
        latest = (*self.latest[-_LATEST + 1 :], (mark.index, who))
        return replace(self, ghosts=self.ghosts.insert(who, marks), latest=latest)

    def _with_alarm(self, alarm: OpenAlarm) -> Watched:
        kept = [each for each in self.alarms.get(alarm.who, ()) if each.is_open(alarm.raised_at)]
        return replace(self, alarms=self.alarms.insert(alarm.who, (*kept, alarm)))

    def _with_rate(self, rate: RateInForce) -> Watched:
        name = str(rate.mutation["id"])
        return replace(self, rates=self.rates.insert(name, rate), acts=self.acts.discard(name))

    def _counted(self, act: CountedAct) -> Watched:
        acts = self.acts
        for rate in self._rates(act.who, act.verb):
            if act.index <= rate.index or not rate.count:
                continue
            name = str(rate.mutation["id"])
            by_whom = acts.get(name, _NO_ACTS)
            times = by_whom.get(act.who, _NONE).enqueue(act.at)
            if len(times) > rate.count:
                times = times.dequeue()  # type: ignore[call-arg]  # rpds's stub is wrong
            acts = acts.insert(name, by_whom.insert(act.who, times))
        return replace(self, acts=acts)

    def _rates(self, who: str, verb: str) -> Iterable[RateInForce]:
        """Those in force that count an act."""
        for whose in (who, None):
            for which in (verb, None):
                rate = self.rates.get(rate_id(whose, which))
                if rate is not None and rate.count is not None:
                    yield rate


_NONE: Queue[int] = Queue()
_NO_ACTS: HashTrieMap[Did, Queue[int]] = HashTrieMap()
