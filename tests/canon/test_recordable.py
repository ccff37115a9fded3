"""Whatever text or value comes from outside can be recorded, and shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Json, encode, recordable, shown
from logos_graph.errors import InvalidInput
from logos_graph.logline import parse_commitment, parse_logline, parse_nonce, parse_when
from logos_graph.logline.logline import parse_verb_name

LONG = 10**5000


@given(st.text(st.characters(), max_size=60), st.integers(0, 40))
def test_any_text_becomes_one_that_the_ledger_can_hold(text: str, limit: int) -> None:
    found = recordable(text, limit)
    encode(found)
    assert len(found) <= limit
    assert recordable(found, limit) == found


def test_a_text_that_grows_when_it_is_normalised_stays_within_the_limit() -> None:
    assert len(recordable("\U0001d160" * 9, 9)) == 9


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert recordable("e\u0301\ud800!") == "é?!"


@given(st.text() | st.integers() | st.none() | st.lists(st.text()))
def test_any_value_is_shown_in_a_few_plain_characters(value: object) -> None:
    assert shown(value).isascii()
    assert len(shown(value)) <= 80


@pytest.mark.parametrize(
    "value", [LONG, [LONG], {"x": -LONG}], ids=["alone", "in a list", "in a map"]
)
def test_an_integer_too_long_to_write_is_shown_all_the_same(value: object) -> None:
    assert "too long" in shown(value)


@pytest.mark.parametrize("parse", [parse_when, parse_nonce, parse_verb_name, parse_commitment])
def test_an_integer_too_long_to_write_is_refused_where_a_text_belongs(parse: object) -> None:
    assert callable(parse)
    with pytest.raises(InvalidInput):
        parse(LONG)


def test_a_logline_of_integers_too_long_to_write_is_refused() -> None:
    fields = ("who", "did", "when", "if_ok", "if_doubt", "if_not", "status")
    line: dict[str, Json] = {**dict.fromkeys(fields, LONG), "this": {}, "confirmed_by": None}
    with pytest.raises(InvalidInput):
        parse_logline(line)
