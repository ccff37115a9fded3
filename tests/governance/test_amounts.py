"""The amount of an act: where its verb points, in whole units, and never left out."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import Rejected
from logos_graph.governance import check_this, parse_verb
from logos_graph.governance.amounts import MOST, amount_of, check_pointer, told_amount


def verb(amount: Any) -> Any:
    return {
        "name": "pay", "docs": "Pay.", "risk": "L3", "amount": amount,
        "schema": {"type": "object", "additionalProperties": True},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (0, 0), (47_500, 47_500), (MOST, MOST), ("47500.00", 47_500), ("0.01", 1), ("0.00", 0),
        ("12.0001", 13), (str(MOST), MOST),
    ],
)  # fmt: skip
def test_an_amount_is_counted_in_whole_units_rounded_up(value: Any, amount: int) -> None:
    assert amount_of("/payment/amount", {"payment": {"amount": value}}) == amount


@pytest.mark.parametrize(
    "value", [-1, "-0.01", MOST + 1, f"{MOST}.01", True, None, [], {}, "1e3", "", "12,5", 10**40]
)
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(Rejected) as refused:
        amount_of("/amount", {"amount": value})
    assert refused.value.code == "E_THIS_AMOUNT"
    assert refused.value.data["path"] == "/amount"


def test_an_amount_that_is_left_out_is_refused() -> None:
    """Else the sum of a day would be kept low by leaving it out."""
    parsed = parse_verb(verb("/amount"))
    check_this(parsed, {"amount": 1})
    with pytest.raises(Rejected) as refused:
        check_this(parsed, {"Amount": 1})
    assert refused.value.code == "E_THIS_AMOUNT"


def test_a_verb_without_an_amount_has_none() -> None:
    assert amount_of(None, {"amount": 5}) == 0
    parsed = parse_verb(verb(None))
    assert parsed.amount is None
    assert "amount" not in parsed.to_json()


def test_a_verb_with_an_amount_survives_the_way_to_the_ledger_and_back() -> None:
    parsed = parse_verb(verb("/a~1b/0/~0"))
    assert parse_verb(parsed.to_json()) == parsed
    assert amount_of(parsed.amount, {"a/b": [{"~": 7}]}) == 7


@pytest.mark.parametrize("pointer", ["", "amount", "/a~2", "/a~", 5, ["/a"], "/" + "x" * 200, True])
def test_a_pointer_of_another_form_is_refused(pointer: Any) -> None:
    with pytest.raises(Rejected) as refused:
        parse_verb(verb(pointer))
    assert refused.value.code == "E_VERB_AMOUNT"


@given(st.text(max_size=30), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
))  # fmt: skip
def test_any_pointer_into_anything_is_an_amount_or_a_refusal(pointer: str, this: Any) -> None:
    found = None
    with suppress(Rejected):
        found = amount_of(check_pointer(pointer), {"x": this})
    assert found is None or 0 <= found <= MOST


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (12, 12), ("12", 12), ("12.00", 12), ("12.01", 13), ("0", 0), (0, 0), (-1, None),
        (10**12, 10**12), (10**12 + 1, None), (True, None), (None, None), ("", None),
        ("1e5", None), ("-1", None), ("1.", None), ("٣", None), ([1], None), ("9" * 19, None),
    ],
)  # fmt: skip
def test_an_amount_is_whole_units_rounded_up(value: Any, amount: int | None) -> None:
    assert told_amount("/amount", {"amount": value}) == amount
    assert told_amount("/payment/a~1b~0", {"payment": {"a/b~": value}}) == amount
    assert told_amount("/payment/amount", {"payment": value}) is None
