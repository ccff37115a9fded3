"""Trust is computed from the ledger, never set: how a principal's acts come to a score and a limit.

Pure, and in integers throughout. What counts are the acts of a principal that have ended, each on
the UTC day of its end (`recorded_at`), by the risk of its verb:

    weight      L0 0, L1 1, L2 2, L3 5, L4 10, L5 20      what an act put at stake
    good        the weights of the acts that were done (a receipt that ends in if_ok)
    bad         1 + the weight of each ghost that counts: denied, refused by a person, or of a verb
                that there is not, which has no weight
    acts        how many acts of L1 or more were done
    volume      0 below 50 acts; then good / 500, at most 1
    share       (good + 1) / (good + bad + 1)
    score       (0.1 + 0.9 * volume) * share ** 2         in parts per 10,000, rounded down
    limit       100 + 99,900 * score                      rounded down

Nothing else is good or bad: an act that failed or is in doubt (its receipt says so), one that was
withdrawn or could not be done (AgentAbort), and one that nobody answered (ConsentTimeout). They are
shown, and count for nothing. Looked back on are 90 days: that of the moment and the 89 before it.

A good act never lowers the score, and a ghost never raises it: ghosts are no history. Fifty trivial
acts (L1) come to a volume of a tenth; acts of L0 to none.

Beside it stands what was spent: the amounts (amounts.py) of acts that were done or are in doubt, by
the UTC hour of their end, in the hour of the moment and the 24 before it; so it covers 24 hours at
least, and is never too low.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from operator import add, mul, sub
from types import MappingProxyType
from typing import Final, NamedTuple

from logos_graph.canon import Json
from logos_graph.governance.verbs import Risk

__all__ = [
    "FULL_VOLUME",
    "HISTORY",
    "LOOK_BACK_DAYS",
    "WEIGHTS",
    "Conduct",
    "Day",
    "Kind",
    "Trajectory",
    "counted",
    "day_of",
    "trajectory_of",
]

WEIGHTS: Final[tuple[int, ...]] = (0, 1, 2, 5, 10, 20)
"""Of an act, by the level of its verb's risk."""
LOOK_BACK_DAYS: Final = 90
HISTORY: Final = 50
"""Acts of L1 or more that must have been done before volume counts."""
FULL_VOLUME: Final = 500
"""The weight of good acts that is all the volume there can be."""
BASE, MAXIMUM, WHOLE = 100, 100_000, 10_000
"""The limit at a score of 0 and of 1; a score of 1 in its parts."""

_HOUR_NS: Final = 3600 * 10**9
_DAY_HOURS: Final = 24
_LEVELS: Final = len(WEIGHTS)


class Kind(StrEnum):
    """How an act ended, as a trajectory counts it."""

    DONE = "done"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    DENIED = "denied"
    REFUSED = "refused"
    INVALID = "invalid"
    UNANSWERED = "unanswered"
    WITHDRAWN = "withdrawn"


_BAD: Final = (Kind.DENIED, Kind.REFUSED, Kind.INVALID)
_SPENT: Final = (Kind.DONE, Kind.IN_DOUBT)
_NONE: Final = (0,) * _LEVELS
_NOTHING: Final[Mapping[Kind, tuple[int, ...]]] = MappingProxyType({})


class Sums(NamedTuple):
    """What acts come to: weights of good and of bad ones; how many acts and ghosts count."""

    good: int = 0
    bad: int = 0
    acts: int = 0
    ghosts: int = 0

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(*map(add, self, other))

    def minus(self, other: Sums) -> Sums:
        """Without the other, which was part of it."""
        return Sums(*map(sub, self, other))


_NO_SUMS: Final = Sums()


@dataclass(frozen=True, slots=True)
class Day:
    """What a principal's acts that ended on one UTC day come to.

    number: days since the epoch. first, last: indexes of the first and the last entry counted.
    counts: by kind, how many of each level; kinds without any are left out. amounts: whole units,
    by hour of the day. sums: of the counts.
    """

    number: int
    first: int
    last: int
    counts: Mapping[Kind, tuple[int, ...]]
    amounts: tuple[int, ...] = (0,) * _DAY_HOURS
    sums: Sums = field(init=False)

    def __post_init__(self) -> None:
        done = self.counts.get(Kind.DONE, _NONE)
        bad = [self.counts[kind] for kind in _BAD if kind in self.counts]
        ghosts = sum(map(sum, bad))
        sums = Sums(_weighed(done), ghosts + sum(map(_weighed, bad)), sum(done[1:]), ghosts)
        object.__setattr__(self, "sums", sums)

    def with_act(
        self,
        kind: Kind,
        risk: Risk | None,
        amount: int,
        hour: int,
        index: int,
        *,
        reached: bool = False,
    ) -> Day:
        """The day with one more act.

        risk: None for a verb that there is not. reached: whether it reached outside; its amount is
        spent then, however it ended.
        """
        level = 0 if risk is None else risk.level
        counts = {**self.counts, kind: _plus(self.counts.get(kind, _NONE), level, 1)}
        spent = amount if kind in _SPENT or reached else 0
        amounts = _plus(self.amounts, hour, spent) if spent else self.amounts
        return Day(self.number, self.first, index, MappingProxyType(counts), amounts)


@dataclass(frozen=True, slots=True)
class Conduct:
    """The days of one principal on which acts ended, in order; none older than looked back on.

    Immutable, so that a view and its forks share it. sums: of all these days, so that a decision
    has only to take away what is too old by then.
    """

    days: tuple[Day, ...] = ()
    sums: Sums = _NO_SUMS

    @classmethod
    def of(cls, days: Iterable[Day]) -> Conduct:
        """These days, in their order."""
        held = tuple(days)
        return cls(held, reduce(Sums.plus, (day.sums for day in held), _NO_SUMS))

    def with_act(
        self,
        kind: Kind,
        risk: Risk | None,
        amount: int,
        recorded_at: int,
        index: int,
        *,
        reached: bool = False,
    ) -> Conduct:
        """The conduct with an act that ended now.

        risk: of its verb; None for a verb that there is not. amount: in whole units. recorded_at:
        of its end (ns), not before any act that is counted; index: of the entry that says so.
        reached: whether it reached outside; its amount is spent then, however it ended.
        """
        number, hour = divmod(recorded_at // _HOUR_NS, _DAY_HOURS)
        days, sums = self._since(number)
        day = Day(number, index, index, _NOTHING)
        if days and days[-1].number == number:
            days, day = days[:-1], days[-1]
        after = day.with_act(kind, risk, amount, hour, index, reached=reached)
        return Conduct((*days, after), sums.minus(day.sums).plus(after.sums))

    def sums_at(self, now_ns: int) -> Sums:
        """Of the days that are looked back on at a moment, which is not before the last act."""
        return self._since(day_of(now_ns))[1]

    def _since(self, today: int) -> tuple[tuple[Day, ...], Sums]:
        """The days that are looked back on today, and what they come to."""
        old, sums = 0, self.sums
        for day in self.days:
            if day.number > today - LOOK_BACK_DAYS:
                break
            old, sums = old + 1, sums.minus(day.sums)
        return self.days[old:], sums


@dataclass(frozen=True, slots=True)
class Trajectory:
    """What a principal's conduct comes to at one moment.

    score: parts per 10,000. limit, spent: whole units. acts, ghosts: of those that count, how many.
    good, bad: weights. volume: of FULL_VOLUME.
    """

    score: int
    limit: int
    acts: int
    ghosts: int
    spent: int
    good: int
    bad: int
    volume: int

    def to_json(self) -> dict[str, Json]:
        """What policy sees as `context.trajectory`."""
        return {
            "score": self.score,
            "limit": self.limit,
            "acts": self.acts,
            "ghosts": self.ghosts,
            "spent": self.spent,
        }


def day_of(now_ns: int) -> int:
    """The UTC day of a moment (ns since the epoch), in days since the epoch."""
    return now_ns // (_HOUR_NS * _DAY_HOURS)


def counted(days: Iterable[Day], now_ns: int) -> dict[Kind, tuple[int, ...]]:
    """How many acts of each kind and level there are in the days that are looked back on."""
    today, sums = day_of(now_ns), dict[Kind, Sequence[int]]()
    for day in days:
        if today - LOOK_BACK_DAYS < day.number <= today:
            for kind, counts in day.counts.items():
                sums[kind] = [*map(add, sums.get(kind, _NONE), counts)]
    return {kind: tuple(sums[kind]) for kind in Kind if kind in sums}


def trajectory_of(conduct: Conduct, now_ns: int, reserved: int = 0) -> Trajectory:
    """The score, the limit, and what they are made of, at a moment (ns since the epoch).

    now_ns: not before the last act of the conduct. reserved: amounts of acts that are allowed and
    have not ended: they count as spent.
    """
    good, bad, acts, ghosts = conduct.sums_at(now_ns)
    volume = min(good, FULL_VOLUME) if acts >= HISTORY else 0
    score = _score(volume, good, bad)
    limit = BASE + (MAXIMUM - BASE) * score // WHOLE
    spent = reserved + _spent(conduct.days, now_ns)
    return Trajectory(score, limit, acts, ghosts, spent, good, bad, volume)


def _score(volume: int, good: int, bad: int) -> int:
    """(1/10 + 9/10 * volume/500) * ((good+1)/(good+bad+1))**2 in parts per 10,000, rounded down."""
    trust = WHOLE * (FULL_VOLUME + 9 * volume)
    return trust * (good + 1) ** 2 // (10 * FULL_VOLUME * (good + bad + 1) ** 2)


def _spent(days: Sequence[Day], now_ns: int) -> int:
    """Amounts by hour, from the same hour of yesterday to this one."""
    today, hour = divmod(now_ns // _HOUR_NS, _DAY_HOURS)
    spent = 0
    for day in days[-2:]:
        if day.number == today:
            spent += sum(day.amounts[: hour + 1])
        elif day.number == today - 1:
            spent += sum(day.amounts[hour:])
    return spent


def _weighed(counts: Sequence[int]) -> int:
    return sum(map(mul, WEIGHTS, counts))


def _plus(numbers: tuple[int, ...], at: int, more: int) -> tuple[int, ...]:
    return (*numbers[:at], numbers[at] + more, *numbers[at + 1 :])
