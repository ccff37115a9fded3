"""Status, commitments and moments."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import InvalidInput, Rejected
from logos_graph.logline import (
    MAX_NS,
    TRANSITIONS,
    Action,
    Commitment,
    Status,
    advance,
    format_when,
    parse_commitment,
    parse_when,
)

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,20}", fullmatch=True)
COMMITMENTS = st.one_of(
    st.builds(Commitment, st.just(Action.EMIT), NAMES, st.none() | NAMES),
    st.builds(Commitment, st.just(Action.ESCALATE), NAMES, st.none() | NAMES),
    st.builds(Commitment, st.just(Action.RETRY), st.integers(1, 99).map(str), st.none() | NAMES),
    st.builds(Commitment, st.just(Action.ABORT), st.none(), st.none() | NAMES),
)


# --- status ----------------------------------------------------------------------------------


def test_the_life_of_a_logline_has_these_moves_and_no_other() -> None:
    allowed = {
        (Status.DRAFT, Status.PENDING),
        (Status.PENDING, Status.COMMITTED),
        (Status.PENDING, Status.GHOST),
    }
    for current, target in itertools.product(Status, repeat=2):
        if (current, target) in allowed:
            assert advance(current, target) is target
        else:
            with pytest.raises(Rejected) as raised:
                advance(current, target)
            assert raised.value.code == "E_STATUS"
            assert raised.value.data == {"current": current.value, "target": target.value}


def test_every_status_is_in_the_table_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert set().union(*TRANSITIONS.values()) | {Status.DRAFT} == set(Status)


# --- commitments -----------------------------------------------------------------------------


@given(COMMITMENTS)
def test_a_commitment_s_text_parses_back(commitment: Commitment) -> None:
    assert parse_commitment(commitment.text) == commitment


@given(st.text(max_size=30) | st.from_regex(r"(emit|retry|abort|escalate):?[\w:@]{0,9}"))
def test_a_text_is_refused_or_is_the_commitment_s_own(text: str) -> None:
    try:
        commitment = parse_commitment(text)
    except InvalidInput:
        return
    assert commitment.text == text


@pytest.mark.parametrize(
    ("text", "action", "argument", "target"),
    [
        ("emit:transfer.completed", Action.EMIT, "transfer.completed", None),
        ("escalate:treasury.human", Action.ESCALATE, "treasury.human", None),
        ("retry:3", Action.RETRY, "3", None),
        ("abort", Action.ABORT, None, None),
        ("abort@did:key:z6Mk", Action.ABORT, None, "did:key:z6Mk"),
        ("emit:a@b", Action.EMIT, "a", "b"),
    ],
)
def test_the_paper_s_forms(
    text: str, action: Action, argument: str | None, target: str | None
) -> None:
    assert parse_commitment(text) == Commitment(action, argument, target)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "emit",
        "emit:",
        "emit: x",
        "emit:a b",
        "EMIT:a",
        "abort:",
        "abort:x",
        "retry",
        "retry:0",
        "retry:01",
        "retry:100",
        "retry:-1",
        "retry:x",
        "escalate",
        "emit:a@",
        "emit:a@b@c",
        "emit:é",
        "do:x",
        "emit:a\n",
        "emit:" + "a" * 129,
        None,
        3,
        {"action": "abort"},
    ],
)
def test_what_is_not_exactly_a_commitment_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_commitment(text)
    assert raised.value.code == "E_COMMITMENT"


# --- moments ---------------------------------------------------------------------------------


@given(st.integers(0, MAX_NS))
def test_a_moment_s_text_parses_back(ns: int) -> None:
    assert parse_when(format_when(ns)) == ns
    assert len(format_when(ns)) == 30


@given(st.integers(0, MAX_NS - 1))
def test_texts_are_in_the_order_of_time(ns: int) -> None:
    assert format_when(ns) < format_when(ns + 1)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00.000000000Z", 0),
        ("1970-01-01T00:00:01.000000001Z", 1_000_000_001),
        ("2000-02-29T23:59:59.999999999Z", 951_868_799_999_999_999),
        ("2262-04-11T23:47:16.854775807Z", MAX_NS),
    ],
)
def test_moments_known_from_elsewhere(text: str, ns: int) -> None:
    assert parse_when(text) == ns
    assert format_when(ns) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22T05:38:00Z",
        "2026-11-22T05:38:00.000Z",
        "2026-11-22T05:38:00.0000000000Z",
        "2026-11-22T05:38:00.000000000",
        "2026-11-22T05:38:00.000000000+00:00",
        "2026-11-22t05:38:00.000000000z",
        "2026-11-22 05:38:00.000000000Z",
        "2026-02-29T00:00:00.000000000Z",
        "2026-13-01T00:00:00.000000000Z",
        "2026-11-22T24:00:00.000000000Z",
        "2016-12-31T23:59:60.000000000Z",
        "1969-12-31T23:59:59.999999999Z",
        "2262-04-11T23:47:16.854775808Z",
        "9999-12-31T23:59:59.999999999Z",
        "0000-01-01T00:00:00.000000000Z",
        "2026-11-22T05:38:00.00000000\u0660Z",
        "2026-11-22T05:38:00.000000000Z\n",
        None,
        0,
    ],
)
def test_what_is_not_exactly_a_moment_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_when(text)
    assert raised.value.code == "E_WHEN"


@pytest.mark.parametrize("ns", [-1, MAX_NS + 1])
def test_a_moment_out_of_range_has_no_text(ns: int) -> None:
    with pytest.raises(InvalidInput):
        format_when(ns)
