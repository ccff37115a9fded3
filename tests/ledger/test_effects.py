"""What a run does outside, as the ledger must tell it: before, after, and in its record."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.errors import InvalidInput
from tests.ledger.checks import check, check_broken, fault
from tests.ledger.conftest import ANSWER, CALL, DOUBT, FAILED

OTHER = {"outcome": {"failed": "E_HTTP_TIMEOUT"}}


def test_an_effect_with_its_outcome_and_its_record_holds(book: Any) -> None:
    grant, cid = book.grant(), book.intent()
    for number, answer in ((1, ANSWER), (2, OTHER)):
        book.effect(cid, number, grant=grant)
        book.outcome(cid, number, answer=answer)
    book.receipt(cid, book.ran(ANSWER, OTHER))
    assert check(book).ok


def test_an_effect_that_is_under_way_is_no_fault(book: Any) -> None:
    book.effect(book.intent(), grant=book.grant())
    assert check(book).ok


def test_an_unknown_outcome_may_only_end_in_doubt(book: Any) -> None:
    grant, cid = book.grant(), book.intent()
    book.effect(cid, grant=grant)
    book.receipt(cid, book.ran(None), **DOUBT)
    assert check(book).ok
    cid = book.intent()
    book.effect(cid)
    entry = book.receipt(cid, **FAILED)
    assert fault(check(book), "I1") == (entry.index, "body.consequence")


def test_a_ghost_with_an_effect_is_found(book: Any) -> None:
    grant, cid = book.grant(), book.intent()
    book.effect(cid, grant=grant)
    book.outcome(cid)
    ghost = book.ghost(cid, "AgentAbort")
    assert fault(check(book), "I2") == (ghost.index, "body.intent")


@pytest.mark.parametrize("number", [1, 3])
def test_an_effect_out_of_turn_is_found(book: Any, number: int) -> None:
    cid = book.intent()
    book.effect(cid)
    book.outcome(cid)
    entry = book.effect(cid, number)
    assert fault(check(book), "I1") == (entry.index, "body.number")


def test_an_effect_before_the_outcome_of_the_last_is_found(book: Any) -> None:
    cid = book.intent()
    book.effect(cid)
    entry = book.effect(cid, 2)
    assert fault(check(book), "I1") == (entry.index, "body.number")


@pytest.mark.parametrize("number", [1, 2])
def test_an_outcome_without_its_effect_or_told_twice_is_found(book: Any, number: int) -> None:
    cid = book.intent()
    if number == 1:
        book.effect(cid)
        book.outcome(cid)
    entry = book.outcome(cid)
    assert fault(check(book), "I1") == (entry.index, "body.number")


@pytest.mark.parametrize("answers", [(ANSWER,), (OTHER,), (ANSWER, ANSWER)])
def test_a_record_with_an_answer_that_no_effect_announced_is_found(
    book: Any, answers: tuple[Any, ...]
) -> None:
    cid = book.intent()
    if answers != (ANSWER,):
        book.effect(cid)
        book.outcome(cid)
    entry = book.receipt(cid, book.ran(*answers))
    assert fault(check_broken(book), "I1") == (entry.index, "body.mutations")


def test_a_record_of_an_effect_at_another_step_is_found(book: Any) -> None:
    cid = book.intent()
    book.effect(cid, step="elsewhere")
    book.outcome(cid)
    entry = book.receipt(cid, book.ran(ANSWER))
    assert fault(check(book), "I1") == (entry.index, "body.mutations")


LOOK = {"operation": "clock.now", "arguments": {}, "answer": {"time": 7}}
KEY = {"operation": "kv.get", "arguments": {"key": "k"}, "answer": {"value": None}}


@pytest.mark.parametrize(
    ("recorded", "holds"),
    [
        ([LOOK, KEY, KEY], True),  # what a run knows it need not ask again
        ([KEY], False),
        ([{**LOOK, "answer": {"time": 8}}, KEY], False),
        ([KEY, LOOK], False),
    ],
    ids=["as told", "not recorded", "another answer", "another order"],
)
def test_what_an_effect_tells_of_the_answers_before_it_stands_in_the_record(
    book: Any, recorded: list[Any], holds: bool
) -> None:
    grant, cid = book.grant(), book.intent()
    told = [{**each, "step": "pay"} for each in (LOOK, KEY)]
    book.effect(cid, grant=grant, answers=told)
    book.outcome(cid)
    entry = book.receipt(cid, book.asked(*recorded, {**CALL, "answer": ANSWER}))
    report = check(book)
    assert report.ok is holds
    if not holds:
        assert fault(report, "I1") == (entry.index, "body.mutations")


@pytest.mark.parametrize("record", ["none", "silent", "of another run"])
def test_a_receipt_without_a_record_of_its_effect_is_found(book: Any, record: str) -> None:
    grant, cid = book.grant(), book.intent()
    book.effect(cid, grant=grant, run=content_id(b"this" if record == "of another run" else b"run"))
    book.outcome(cid)
    runs = {"none": [], "silent": [book.ran()], "of another run": [book.ran(ANSWER)]}[record]
    entry = book.receipt(cid, *runs)
    assert fault(check(book), "I1") == (entry.index, "body.mutations")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", 0),
        ("number", True),
        ("number", "1"),
        ("call", {"operation": 1, "arguments": {}}),
        ("call", {"operation": "http.request"}),
        ("answers", [{**CALL, "step": "pay"}]),
        ("answers", [{**CALL, "answer": {}}]),
        ("answers", [1]),
        ("step", None),
    ],
)
def test_the_body_of_an_effect_has_its_form(book: Any, field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        book.effect(book.intent(), **{field: value})
    assert refused.value.code == "E_ENTRY_BODY"
    assert str(refused.value.data["field"]).startswith(field)
