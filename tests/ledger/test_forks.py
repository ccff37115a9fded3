"""A fork, as the ledger must tell it: of a run before it, by its own intent, with no effect."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id, json_id
from tests.ledger.checks import check, fault
from tests.ledger.conftest import ANSWER, CALL, NODE

PARENT, FORK = content_id(b"run"), content_id(b"fork")
OTHER = {"outcome": {"failed": "E_HTTP_TIMEOUT"}}
FLOW, INPUTS = content_id(b"flow"), {"value": json_id(1)}


def paid(book: Any) -> None:
    """A run that had one answer from outside, and stored a value."""
    book.grant("kv", namespace="n", write=True)
    grant, cid = book.grant(), book.intent()
    book.effect(cid, grant=grant)
    book.outcome(cid)
    run = book.asked({**CALL, "answer": ANSWER}, book.put("k", "MQ=="))
    book.receipt(cid, {**run, "flow": FLOW, "inputs": INPUTS}, book.stored("k", "MQ=="))


def forked(book: Any, *calls: Any, did: str = "run.fork", **changes: Any) -> Any:
    """A fork that its intent asked for, but for the changes to its record."""
    this = {"run": PARENT, "at": "pay", "set": {"value": 7}}
    cid = book.intent(did=did, this=this)
    run = {
        **book.asked(*calls),
        "id": FORK, "flow": FLOW, "inputs": INPUTS,
        "forked_from": {"run": PARENT, "step": "pay"},
        "given": {"pay": {"value": json_id(7)}},
    }  # fmt: skip
    return book.receipt(cid, {**run, **changes})


def test_a_fork_with_its_parent_s_answers_that_stores_nothing_holds(book: Any) -> None:
    paid(book)
    forked(book, {**CALL, "answer": ANSWER}, book.put("k", "Mg=="))
    assert check(book).ok, check(book).json


def test_a_fork_of_a_fork_holds(book: Any) -> None:
    paid(book)
    forked(book, {**CALL, "answer": ANSWER})
    cid = book.intent(did="run.fork", this={"run": FORK, "at": "pay"})
    run = {**book.asked({**CALL, "answer": ANSWER}), "flow": FLOW, "inputs": INPUTS}
    point = {"run": FORK, "step": "pay"}
    book.receipt(cid, {**run, "id": content_id(b"again"), "forked_from": point})
    assert check(book).ok, check(book).json


@pytest.mark.parametrize("at", ["pay", "later"])
def test_a_fork_of_a_fork_has_what_was_given_before_it(book: Any, at: str) -> None:
    paid(book)
    forked(book)
    cid = book.intent(did="run.fork", this={"run": FORK, "at": at})
    run = {**book.asked(), "id": content_id(b"again"), "flow": FLOW, "inputs": INPUTS}
    run["steps"].append({"name": "later", "node": NODE})
    run["forked_from"] = {"run": FORK, "step": at}
    entry = book.receipt(cid, {**run, "given": {"pay": {"value": json_id(7)}}})
    if at == "later":
        assert check(book).ok, check(book).json
    else:
        assert fault(check(book), "I1") == (entry.index, "body.mutations")


@pytest.mark.parametrize(
    "lie",
    [
        {"flow": content_id(b"other")},
        {"inputs": {"value": json_id(2)}},
        {"forked_from": {"run": PARENT, "step": "other"}},
        {"forked_from": {"run": content_id(b"nobody"), "step": "pay"}},
        {"given": {"pay": {"value": json_id(8)}}},
        {"given": {}},
    ],
    ids=lambda lie: str(next(iter(lie))),
)
def test_a_fork_that_is_not_what_was_asked_for_is_found(book: Any, lie: dict[str, Any]) -> None:
    paid(book)
    entry = forked(book, **lie)
    assert fault(check(book), "I1") == (entry.index, "body.mutations")


def test_a_fork_of_no_run_is_found(book: Any) -> None:
    entry = forked(book)
    assert fault(check(book), "I1") == (entry.index, "body.mutations")


def test_a_run_cannot_pass_for_a_fork_to_hide_what_it_did(book: Any) -> None:
    paid(book)
    entry = forked(book, {**CALL, "answer": ANSWER}, book.put("k", "Mg=="), did="transfer")
    assert fault(check(book), "I1") == (entry.index, "body.mutations")


def test_an_answer_from_outside_that_the_parent_never_had_is_found(book: Any) -> None:
    paid(book)
    entry = forked(book, {**CALL, "answer": OTHER})
    assert fault(check(book), "I1") == (entry.index, "body.mutations")


def test_a_fork_that_stores_a_value_is_found(book: Any) -> None:
    paid(book)
    this = {"run": PARENT, "at": "pay"}
    cid = book.intent(did="run.fork", this=this)
    run = {**book.asked(book.put("k", "Mg==")), "id": FORK, "flow": FLOW, "inputs": INPUTS}
    point = {"run": PARENT, "step": "pay"}
    entry = book.receipt(cid, {**run, "forked_from": point}, book.stored("k", "Mg=="))
    report = check(book)
    assert fault(report, "I1") == (entry.index, "body.mutations")
    assert fault(report, "I2") == (entry.index, "body.mutations")


def test_a_run_without_a_parent_is_no_fork(book: Any) -> None:
    paid(book)
    cid = book.intent(did="run.fork", this={"run": PARENT, "at": "pay"})
    step = {"name": "pay", "node": NODE}
    run = {"kind": "run", "id": FORK, "flow": FLOW, "inputs": INPUTS, "steps": [step]}
    entry = book.receipt(cid, run)
    assert fault(check(book), "I1") == (entry.index, "body.mutations")
