"""Trust is a sum over ended acts: what raises it, what lowers it, what time takes away."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.governance import (
    LOOK_BACK_DAYS,
    WEIGHTS,
    Conduct,
    Kind,
    Risk,
    counted,
    trajectory_of,
)

HOUR_NS = 3600 * 10**9
DAY_NS = 24 * HOUR_NS
MIDNIGHT = 20_000 * DAY_NS
GHOSTS = (Kind.DENIED, Kind.REFUSED, Kind.INVALID)
Act = tuple[Kind, Risk | None, int, int]

risks = st.sampled_from([*Risk])
acts = st.lists(
    st.tuples(
        st.sampled_from([*Kind]),
        risks,
        st.integers(0, 10**12),
        st.integers(0, 120 * DAY_NS),
    ),
    max_size=60,
).map(lambda found: sorted(found, key=lambda act: act[3]))


def conduct(found: list[Act]) -> Conduct:
    made = Conduct()
    for index, (kind, risk, amount, at) in enumerate(found):
        made = made.with_act(kind, risk, amount, MIDNIGHT + at, index)
    return made


def many(count: int, risk: Risk, kind: Kind = Kind.DONE) -> list[Act]:
    return [(kind, risk, 0, 0)] * count


def score(*parts: list[Act], at: int = 0) -> int:
    return trajectory_of(conduct([*chain.from_iterable(parts)]), MIDNIGHT + at).score


# --- the formula ----------------------------------------------------------------------------------


def test_who_has_done_nothing_yet_has_a_tenth() -> None:
    found = trajectory_of(Conduct(), MIDNIGHT)
    assert (found.score, found.limit, found.acts, found.spent) == (1000, 10_090, 0, 0)


def test_nothing_but_good_acts_of_weight_buy_full_trust() -> None:
    found = trajectory_of(conduct(many(100, Risk.L3)), MIDNIGHT)
    assert (found.score, found.limit, found.good, found.bad) == (10_000, 100_000, 500, 0)


def test_fifty_trivial_acts_do_not_buy_full_trust() -> None:
    assert score(many(50, Risk.L1)) == 1900
    assert score(many(50, Risk.L0)) == score([]) == 1000
    assert score(many(5000, Risk.L0)) == 1000
    assert score(many(49, Risk.L1)) == 1000


def test_forty_nine_great_acts_are_no_history() -> None:
    assert score(many(49, Risk.L5)) == 1000
    assert score(many(50, Risk.L5)) == 10_000


def test_ghosts_are_no_history() -> None:
    """Else the fiftieth act could be a ghost that raises the score."""
    assert score(many(49, Risk.L5), many(1, Risk.L0, Kind.DENIED)) < 1000


@pytest.mark.parametrize("kind", GHOSTS)
def test_a_ghost_costs_what_was_at_stake(kind: Kind) -> None:
    before = many(50, Risk.L3)
    scores = [score(before, many(1, risk, kind)) for risk in Risk]
    assert scores == sorted(scores, reverse=True)
    assert len({*scores}) == len(scores)
    assert scores[0] < score(before)


def test_forty_seven_ghosts_leave_nothing() -> None:
    assert score(many(47, Risk.L3, Kind.DENIED)) == 0


@pytest.mark.parametrize("kind", [Kind.FAILED, Kind.IN_DOUBT, Kind.UNANSWERED, Kind.WITHDRAWN])
def test_what_is_neither_good_nor_bad_counts_for_nothing(kind: Kind) -> None:
    assert score(many(60, Risk.L3), many(60, Risk.L5, kind)) == score(many(60, Risk.L3))


def test_an_invented_verb_weighs_one() -> None:
    found = trajectory_of(conduct([(Kind.INVALID, None, 0, 0)]), MIDNIGHT)
    assert (found.bad, found.ghosts, found.score) == (1, 1, 250)


@given(acts, st.integers(0, 130 * DAY_NS))
def test_the_score_is_the_formula_in_fractions(found: list[Act], later: int) -> None:
    now = MIDNIGHT + (found[-1][3] if found else 0) + later
    oldest = now // DAY_NS - LOOK_BACK_DAYS
    seen = [act for act in found if (MIDNIGHT + act[3]) // DAY_NS > oldest]
    weights = dict(zip(Risk, WEIGHTS, strict=True))
    done = [weights[risk] for kind, risk, _, _ in seen if kind is Kind.DONE and risk]
    bad = sum(1 + weights[risk] for kind, risk, _, _ in seen if kind in GHOSTS and risk)
    history = sum(1 for weight in done if weight)
    volume = min(Fraction(sum(done), 500), Fraction(1)) if history >= 50 else Fraction(0)
    share = Fraction(sum(done) + 1, sum(done) + bad + 1)
    exact = (Fraction(1, 10) + Fraction(9, 10) * volume) * share**2
    told = trajectory_of(conduct(found), now)
    assert told.score == int(exact * 10_000)
    assert told.limit == 100 + int(99_900 * Fraction(told.score, 10_000))
    assert (told.good, told.bad, told.acts) == (sum(done), bad, history)


# --- what raises and what lowers ------------------------------------------------------------------


@given(acts, risks, st.integers(0, 80))
def test_a_good_act_never_lowers_the_score(found: list[Act], risk: Risk, more: int) -> None:
    last = found[-1][3] if found else 0
    history: list[Act] = [*found, *[(Kind.DONE, Risk.L1, 0, last)] * more]
    better: list[Act] = [*history, (Kind.DONE, risk, 0, last)]
    assert score(better, at=last) >= score(history, at=last)


@given(acts, risks, st.sampled_from(GHOSTS), st.integers(0, 80))
def test_a_ghost_never_raises_the_score(
    found: list[Act], risk: Risk, kind: Kind, more: int
) -> None:
    last = found[-1][3] if found else 0
    history: list[Act] = [*found, *[(Kind.DONE, Risk.L3, 0, last)] * more]
    worse: list[Act] = [*history, (kind, risk, 0, last)]
    assert score(worse, at=last) <= score(history, at=last)


@given(acts, risks)
def test_an_act_of_more_risk_is_worth_no_less(found: list[Act], risk: Risk) -> None:
    last = found[-1][3] if found else 0
    scores = [score([*found, (Kind.DONE, each, 0, last)], at=last) for each in Risk]
    assert scores == sorted(scores)


@given(acts)
def test_it_is_a_pure_function_of_the_acts(found: list[Act]) -> None:
    """The same acts, the same sum: whenever it is computed, and whatever was computed before."""
    made, last = conduct(found), MIDNIGHT + (found[-1][3] if found else 0)
    before = trajectory_of(made, last)
    made.with_act(Kind.DENIED, Risk.L5, 0, last, 10**6)
    trajectory_of(made, last + 50 * DAY_NS)
    assert trajectory_of(made, last) == before == trajectory_of(conduct(found), last)


# --- time -----------------------------------------------------------------------------------------


def test_looked_back_on_are_ninety_utc_days() -> None:
    """The day of the moment and the 89 before it, each whole."""
    evening: list[Act] = [(Kind.DENIED, Risk.L5, 0, DAY_NS - 1)]
    assert score(evening, at=90 * DAY_NS - 1) < 1000
    assert score(evening, at=90 * DAY_NS) == 1000
    morning: list[Act] = [(Kind.DENIED, Risk.L5, 0, DAY_NS)]
    assert score(morning, at=90 * DAY_NS) < 1000
    assert score(morning, at=91 * DAY_NS) == 1000


def test_a_nanosecond_before_midnight_is_the_day_before() -> None:
    edge: list[Act] = [(Kind.DONE, Risk.L1, 0, DAY_NS - 1), (Kind.DONE, Risk.L1, 0, DAY_NS)]
    assert [day.number for day in conduct(edge).days] == [20_000, 20_001]


@given(acts, st.integers(0, 300))
def test_what_is_kept_is_never_more_than_the_days_looked_back_on(
    found: list[Act], later: int
) -> None:
    made = conduct(found)
    assert len(made.days) <= LOOK_BACK_DAYS
    last = MIDNIGHT + (found[-1][3] if found else 0) + later * DAY_NS
    after = made.with_act(Kind.DONE, Risk.L1, 0, last, 10**6)
    more = {kind: sum(levels) for kind, levels in counted(after.days, last).items()}
    rest = {kind: sum(levels) for kind, levels in counted(made.days, last).items()}
    assert more == {**rest, Kind.DONE: rest.get(Kind.DONE, 0) + 1}


# --- what was spent -------------------------------------------------------------------------------


def spent(found: list[Act], at: int) -> int:
    return trajectory_of(conduct(found), MIDNIGHT + at).spent


def test_an_amount_counts_for_a_day_and_the_rest_of_its_hour() -> None:
    paid: list[Act] = [(Kind.DONE, Risk.L1, 700, 5 * HOUR_NS + 1)]
    assert spent(paid, 5 * HOUR_NS + 1) == 700
    assert spent(paid, 29 * HOUR_NS + 1) == 700
    assert spent(paid, 30 * HOUR_NS - 1) == 700
    assert spent(paid, 30 * HOUR_NS) == 0


def test_what_took_no_effect_is_not_spent_and_what_is_in_doubt_is() -> None:
    for kind in Kind:
        paid: list[Act] = [(kind, Risk.L1, 700, 0)]
        assert spent(paid, 0) == (700 if kind in (Kind.DONE, Kind.IN_DOUBT) else 0)


@given(acts, st.integers(0, 30 * HOUR_NS))
def test_the_sum_of_a_day_is_never_too_low(found: list[Act], later: int) -> None:
    now = (found[-1][3] if found else 0) + later
    paid = [act for act in found if act[0] in (Kind.DONE, Kind.IN_DOUBT)]
    of_a_day = sum(amount for _, _, amount, at in paid if at >= now - DAY_NS)
    of_25_hours = sum(amount for _, _, amount, at in paid if at > now - 25 * HOUR_NS)
    assert of_a_day <= spent(found, now) <= of_25_hours
