"""Rates and alarms as a view has them: a sliding window, and the same for a process that begins."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import ContentId
from logos_graph.identity import Did
from logos_graph.supervisor.watched import (
    CountedAct,
    OpenAlarm,
    RateInForce,
    Watched,
    WatchedSnapshot,
)

S = 1_000_000_000
ANN, BEN = Did("did:key:zAnn"), Did("did:key:zBen")


def rate(who: Did | None, verb: str | None, count: int | None, seconds: int) -> RateInForce:
    mutation: dict[str, Any] = {
        "kind": "rate", "id": f"{who or '*'}/{verb or '*'}", "who": who, "verb": verb,
        "count": count, "seconds": seconds,
    }  # fmt: skip
    return RateInForce(mutation, 0)


RATES = st.builds(
    rate,
    st.sampled_from([ANN, None]),
    st.sampled_from(["pay", None]),
    st.sampled_from([None, 0, 1, 2, 3]),
    st.integers(1, 5),
)
ACTS = st.lists(
    st.tuples(st.sampled_from([ANN, BEN]), st.sampled_from(["pay", "run"]), st.integers(0, 2)),
    max_size=30,
)


def is_too_many(
    each: RateInForce, acts: list[CountedAct], who: Did, verb: str, now_ns: int
) -> bool:
    """By the words: so many acts within so many seconds, of a principal by itself."""
    whose, which = each.mutation["who"], each.mutation["verb"]
    if each.count is None or whose not in (None, who) or which not in (None, verb):
        return False
    found = [
        act
        for act in acts
        if act.who == who and which in (None, act.verb) and act.at > now_ns - each.seconds * S
    ]
    return len(found) >= each.count


@given(st.lists(RATES, max_size=4, unique_by=lambda each: str(each.mutation["id"])), ACTS)
def test_a_rate_is_exceeded_by_so_many_acts_in_so_many_seconds(
    rates: list[RateInForce], tried: list[tuple[Did, str, int]]
) -> None:
    watched, acts, now_ns = Watched.of(WatchedSnapshot(rates=rates)), list[CountedAct](), 100 * S
    for index, (who, verb, later) in enumerate(tried, 1):
        now_ns += later * S
        expected = any(is_too_many(each, acts, who, verb, now_ns) for each in rates)
        assert (watched.exceeded(who, verb, now_ns) is not None) == expected
        if not expected:
            acts.append(CountedAct(who, verb, now_ns, index))
            watched = Watched.of(WatchedSnapshot(rates=rates, acts=acts))


def test_a_rate_counts_from_the_entry_that_set_it() -> None:
    late = RateInForce(rate(ANN, "pay", 1, 60).mutation, 7)
    acts = [CountedAct(ANN, "pay", 100 * S, 6)]
    watched = Watched.of(WatchedSnapshot(rates=[late], acts=acts))
    assert watched.exceeded(ANN, "pay", 101 * S) is None
    watched = Watched.of(
        WatchedSnapshot(rates=[late], acts=[*acts, CountedAct(ANN, "pay", 101 * S, 8)])
    )
    assert watched.exceeded(ANN, "pay", 102 * S) == late
    assert watched.exceeded(BEN, "pay", 102 * S) is None
    assert watched.exceeded(ANN, "pay", 161 * S) is None


def test_a_high_alarm_is_open_until_it_is_lifted_and_a_medium_one_for_its_window() -> None:
    high = OpenAlarm(ContentId("b3:1"), ANN, "Burst", "high", 60, 100 * S)
    medium = OpenAlarm(ContentId("b3:2"), ANN, "RepeatedDenials", "medium", 60, 100 * S)
    watched = Watched.of(WatchedSnapshot(alarms=[high, medium]))
    assert watched.breaker(ANN) == (high,)
    assert watched.open_alarms(ANN, 159 * S) == (high, medium)
    assert watched.open_alarms(ANN, 160 * S) == (high,)
    lifted = watched.with_lift({"alarm": high.id, "who": ANN}, 9)
    assert (lifted.breaker(ANN), lifted.lifted[ANN]) == ((), 9)
    assert watched.breaker(ANN) == (high,)  # another view is as it was
