"""Thresholds, against a reference that tries every value."""

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput, LogosError, Rejected
from logos_graph.graph.thresholds import Threshold, parse_threshold, prove_cover
from logos_graph.graph.types import parse_type
from logos_graph.graph.typetree import Integer

U8 = Integer(8, signed=False)
BOUNDS = st.integers(0, 255)
SIDES = st.fixed_dictionaries({}, optional={"at_least": BOUNDS, "below": BOUNDS})


def _takes(sides: dict[str, int]) -> set[int]:
    """The reference: every u8 that a threshold lets through, by trying."""
    return {
        value
        for value in range(256)
        if sides.get("at_least", 0) <= value and value < sides.get("below", 256)
    }


@given(SIDES)
def test_a_threshold_lets_through_exactly_what_it_says(sides: dict[str, int]) -> None:
    taken = _takes(sides)
    if not sides or not taken or len(taken) == 256:
        with pytest.raises(InvalidInput):
            parse_threshold(U8, sides)
        return
    threshold = parse_threshold(U8, sides)
    assert {value for value in range(256) if threshold.holds(value)} == taken
    assert parse_threshold(U8, threshold.json) == threshold


@given(st.lists(BOUNDS, max_size=5), st.lists(SIDES, max_size=2), st.data())
def test_a_cover_is_accepted_exactly_when_each_value_goes_one_way(
    cuts: list[int], others: list[dict[str, int]], data: st.DataObject
) -> None:
    # Parts between cuts make a cover; dropping one makes a gap, adding others makes overlaps.
    edges = [0, *sorted({cut for cut in cuts if cut}), 256]
    parts = [Threshold(U8, ((low, high),)) for low, high in pairwise(edges)]
    kept = [part for part in parts if data.draw(st.integers(0, 9))]
    for sides in others:
        taken = _takes(sides)
        if taken:
            kept.append(Threshold(U8, ((min(taken), max(taken) + 1),)))
    thresholds = data.draw(st.permutations(kept))
    ways = [sum(part.holds(value) for part in set(thresholds)) for value in range(256)]
    refused = _refusal(thresholds)
    if refused is None:
        assert not thresholds or set(ways) == {1}
    elif refused.code == "E_THRESHOLD_OVERLAP":
        assert max(ways) > 1
    else:
        assert refused.code == "E_THRESHOLD_GAP"
        uncovered = {value for gap in refused.data["uncovered"] for value in _takes(gap)}
        assert uncovered == {value for value in range(256) if ways[value] == 0} != set()


def _refusal(thresholds: list[Threshold]) -> Any:
    try:
        prove_cover(U8, thresholds)
    except Rejected as refused:
        return refused
    return None


def test_a_gap_names_the_uncovered_interval() -> None:
    score = [parse_threshold(U8, {"below": 30}), parse_threshold(U8, {"at_least": 70})]
    with pytest.raises(Rejected) as refused:
        prove_cover(U8, score, "score.total")
    assert refused.value.code == "E_THRESHOLD_GAP"
    assert refused.value.message == "score.total: no edge takes [30, 70)"
    assert refused.value.data["uncovered"] == [{"at_least": 30, "below": 70}]


def test_gaps_at_both_ends_are_named() -> None:
    amount = parse_type("decimal<2>")
    middle = parse_threshold(amount, {"at_least": "-0.05", "below": "47500.00"})
    with pytest.raises(Rejected) as refused:
        prove_cover(amount, [middle], "payment.amount")
    assert refused.value.message == (
        "payment.amount: no edge takes below -0.05, 47500.00 and above"
    )


def test_a_gap_among_cases_names_them() -> None:
    currency = parse_type("enum currency { eur, usd, gbp }")
    with pytest.raises(Rejected) as refused:
        prove_cover(currency, [parse_threshold(currency, {"is": "usd"})], "check.currency")
    assert refused.value.message == "check.currency: no edge takes eur, gbp"
    assert refused.value.data["uncovered"] == [["eur"], ["gbp"]]
    with pytest.raises(Rejected) as refused:
        prove_cover(parse_type("bool"), [parse_threshold(parse_type("bool"), {"is": True})])
    assert refused.value.message == "the port: no edge takes false"


CASES = ("card", "cash", "check", "coin")
CASED = (
    "enum pay { card, cash, check, coin }",
    "variant pay { card: u8, cash, check: string, coin }",
)
SETS = st.sets(st.sampled_from(CASES), min_size=1, max_size=3)


@given(st.sampled_from(CASED), SETS, st.randoms(use_true_random=False))
def test_a_set_of_cases_has_one_form_and_lets_through_exactly_those(
    text: str, cases: set[str], turns: Random
) -> None:
    type_ = parse_type(text)
    written = sorted(cases)
    turns.shuffle(written)
    threshold = parse_threshold(type_, {"is": written})
    ordered = [case for case in CASES if case in cases]
    assert threshold.json == {"is": ordered[0] if len(ordered) == 1 else ordered}
    assert parse_threshold(type_, threshold.json) == threshold
    assert threshold.text == " or ".join(ordered)
    payload: dict[str, Json] = {"card": 1, "check": "x"}
    for case in CASES:
        value: Json = {case: payload.get(case)} if text.startswith("variant") else case
        assert threshold.holds(value) == (case in cases)


@given(st.sampled_from(CASED), st.lists(SETS, min_size=1, max_size=4))
def test_sets_of_cases_cover_exactly_when_each_case_goes_one_way(
    text: str, sets: list[set[str]]
) -> None:
    type_ = parse_type(text)
    thresholds = [parse_threshold(type_, {"is": [*each]}) for each in sets]
    distinct = {frozenset(each) for each in sets}
    ways = [sum(case in each for each in distinct) for case in CASES]
    if max(ways) > 1:
        expected, told = "E_THRESHOLD_OVERLAP", None
    elif min(ways) == 0:
        expected = "E_THRESHOLD_GAP"
        told = [case for case, count in zip(CASES, ways, strict=True) if not count]
    else:
        assert [part.json for part in prove_cover(type_, thresholds)] == [
            parse_threshold(type_, {"is": [*each]}).json
            for each in sorted(distinct, key=lambda each: min(map(CASES.index, each)))
        ]
        return
    with pytest.raises(Rejected) as refused:
        prove_cover(type_, thresholds)
    assert refused.value.code == expected
    if told:
        gaps: Any = refused.value.data["uncovered"]
        assert [case for gap in gaps for case in gap] == told


def test_an_overlap_of_cases_names_what_they_share() -> None:
    pay = parse_type(CASED[1])
    parts = [{"is": ["card", "coin"]}, {"is": ["cash", "coin", "check"]}]
    with pytest.raises(Rejected) as refused:
        prove_cover(pay, [parse_threshold(pay, part) for part in parts], "payment.by")
    assert refused.value.message == (
        "payment.by: coin is taken by two different thresholds, cash or check or coin"
        " and card or coin"
    )
    assert refused.value.data["overlap"] == ["coin"]


def test_an_overlap_names_both_thresholds_and_what_they_share() -> None:
    parts = [{"below": 31}, {"at_least": 30}]
    with pytest.raises(Rejected) as refused:
        prove_cover(U8, [parse_threshold(U8, part) for part in parts], "score.total")
    assert refused.value.code == "E_THRESHOLD_OVERLAP"
    assert refused.value.message == (
        "score.total: [30, 31) is taken by two different thresholds, below 31 and 30 and above"
    )


def test_equal_thresholds_are_one_part() -> None:
    low, high = parse_threshold(U8, {"below": 30}), parse_threshold(U8, {"at_least": 30})
    prove_cover(U8, [low, high, low, high])
    prove_cover(U8, [])


def test_a_bound_that_excludes_nothing_is_left_out() -> None:
    assert parse_threshold(U8, {"at_least": 0, "below": 30}).json == {"below": 30}


@pytest.mark.parametrize(
    ("type_text", "when", "value", "holds"),
    [
        ("decimal<2>", {"below": "1.00"}, "0.99", True),
        ("decimal<2>", {"below": "1.00"}, "1.00", False),
        ("decimal<2>", {"below": "-1.00"}, "-1.01", True),
        ("s8", {"at_least": -1}, -1, True),
        ("s8", {"at_least": -1}, -2, False),
        ("bool", {"is": False}, False, True),
        ("bool", {"is": False}, True, False),
        ("enum e { a, b }", {"is": "b"}, "b", True),
        ("enum e { a, b }", {"is": "b"}, "a", False),
    ],
)
def test_values_travel_by_their_order_in_the_type(
    type_text: str, when: dict[str, Json], value: Json, holds: bool
) -> None:
    assert parse_threshold(parse_type(type_text), when).holds(value) is holds


@pytest.mark.parametrize(
    ("type_text", "when", "code"),
    [
        ("string", {"is": "a"}, "E_THRESHOLD_TYPE"),
        ("list<u8>", {"below": 1}, "E_THRESHOLD_TYPE"),
        ("u8", {}, "E_THRESHOLD_FORM"),
        ("u8", 30, "E_THRESHOLD_FORM"),
        ("u8", {"is": 3}, "E_THRESHOLD_FORM"),
        ("u8", {"below": 3, "above": 1}, "E_THRESHOLD_FORM"),
        ("bool", {"below": True}, "E_THRESHOLD_FORM"),
        ("u8", {"below": 256}, "E_THRESHOLD_VALUE"),
        ("u8", {"at_least": -1}, "E_THRESHOLD_VALUE"),
        ("u8", {"below": True}, "E_THRESHOLD_VALUE"),
        ("u8", {"below": 1.5}, "E_THRESHOLD_VALUE"),
        ("u8", {"below": "30"}, "E_THRESHOLD_VALUE"),
        ("u8", {"below": 10**2000}, "E_THRESHOLD_VALUE"),
        ("decimal<2>", {"below": 10**2000}, "E_THRESHOLD_VALUE"),
        ("decimal<2>", {"below": 30}, "E_THRESHOLD_VALUE"),
        ("decimal<2>", {"below": "30"}, "E_THRESHOLD_VALUE"),
        ("bool", {"is": 1}, "E_THRESHOLD_VALUE"),
        ("enum e { a }", {"is": "b"}, "E_THRESHOLD_VALUE"),
        ("enum e { a, b }", {"is": ["a", "c"]}, "E_THRESHOLD_VALUE"),
        ("enum e { a, b }", {"is": ["a", 1]}, "E_THRESHOLD_VALUE"),
        ("enum e { a, b }", {"is": ["a", "a"]}, "E_THRESHOLD_FORM"),
        ("enum e { a, b }", {"is": []}, "E_THRESHOLD_EMPTY"),
        ("enum e { a, b }", {"is": ["b", "a"]}, "E_THRESHOLD_WHOLE"),
        ("enum e { a }", {"is": ["a"]}, "E_THRESHOLD_WHOLE"),
        ("bool", {"is": [True]}, "E_THRESHOLD_FORM"),
        ("variant v { a: u8, b }", {"is": {"a": 1}}, "E_THRESHOLD_VALUE"),
        ("variant v { a: u8, b }", {"is": "c"}, "E_THRESHOLD_VALUE"),
        ("variant v { a: u8, b }", {"is": ["a", "b"]}, "E_THRESHOLD_WHOLE"),
        ("variant v { a: u8, b }", {"below": 1}, "E_THRESHOLD_FORM"),
        ("u8", {"at_least": 30, "below": 30}, "E_THRESHOLD_EMPTY"),
        ("u8", {"at_least": 70, "below": 30}, "E_THRESHOLD_EMPTY"),
        ("u8", {"below": 0}, "E_THRESHOLD_EMPTY"),
        ("u8", {"at_least": 0}, "E_THRESHOLD_WHOLE"),
        ("enum e { a }", {"is": "a"}, "E_THRESHOLD_WHOLE"),
    ],
)
def test_what_is_no_threshold_is_refused_by_its_own_code(
    type_text: str, when: object, code: str
) -> None:
    with pytest.raises(LogosError) as refused:
        parse_threshold(parse_type(type_text), when, "edges[0].when")
    assert refused.value.code == code
    assert refused.value.message.startswith("edges[0].when")
