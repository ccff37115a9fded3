"""A consent counts for the one question it was given to, and for no longer than it says."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.logline import format_when
from tests.ledger.checks import check, check_broken, fault


def test_i2_a_consent_that_expired_before_the_decision_does_not_count(
    book: Any, people: Any
) -> None:
    cid = book.intent(decision=book.require())
    soon = format_when(book.now + 60_000_000_000)
    first = book.intent(
        people["alice"], did="consent.give", this={**book.bound(cid), "expires_at": soon}
    )
    book.answer(cid, first, people["alice"], soon)
    book.receipt(first)
    book.now += 60_000_000_000
    at = book.consent(cid, people["bob"], {"outcome": "ALLOW"}).index
    book.receipt(cid)
    report = check(book)
    assert fault(report, "I2") == (at, "body.decision")
    assert report.I3.ok


def test_i2_a_consent_counts_for_the_decision_however_late_the_effect_is(
    book: Any, people: Any
) -> None:
    cid = book.intent(decision=book.require(1))
    book.consent(cid, people["alice"], {"outcome": "ALLOW"})
    book.now += 100 * 3_600_000_000_000
    book.receipt(cid)
    assert check(book).ok


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("policy_hash", content_id(b"another policy")),
        ("policy_hash", None),
        ("revision", 7),
        ("revision", False),
        ("revision", None),
    ],
)
def test_i3_a_consent_bound_to_another_question_is_found(
    book: Any, people: Any, field: str, value: Any
) -> None:
    cid = book.intent(decision=book.require())
    this = {**book.bound(cid), field: value}
    given = book.intent(people["alice"], did="consent.give", this=this)
    at = book.answer(cid, given, people["alice"], this["expires_at"]).index
    book.receipt(given)
    assert fault(check(book), "I3") == (at, f"this.{field}")


def test_i3_a_consent_to_what_nobody_asked_is_found(book: Any, people: Any) -> None:
    at = book.consent(book.intent(), people["alice"]).index
    assert fault(check(book), "I3") == (at, "this.policy_hash")


def test_i3_an_expiry_that_the_giver_did_not_sign_is_found(book: Any, people: Any) -> None:
    later = format_when(book.now + 10**15)
    cid = book.intent(decision=book.require())
    at = book.consent(cid, people["alice"], expires_at=later).index
    assert fault(check(book), "I3") == (at, "body.expires_at")


def test_i3_a_consent_recorded_after_its_own_expiry_is_found(book: Any, people: Any) -> None:
    cid = book.intent(decision=book.require())
    this = {**book.bound(cid), "expires_at": format_when(book.now + 2_000_000)}
    given = book.intent(people["alice"], did="consent.give", this=this)
    at = book.answer(cid, given, people["alice"], this["expires_at"]).index
    book.receipt(given)
    assert fault(check(book), "I3") == (at, "this.expires_at")


@pytest.mark.parametrize("verdict", ["DENY", "REQUIRE"])
def test_i3_an_answer_that_was_not_allowed_is_found(
    book: Any, people: Any, decisions: Any, verdict: str
) -> None:
    cid, alice = book.intent(decision=book.require()), people["alice"]
    decision = decisions["DENY"] if verdict == "DENY" else book.require()
    given = book.intent(alice, decision, did="consent.give", this=book.bound(cid))
    at = book.answer(cid, given, alice, book.bound(cid)["expires_at"]).index
    assert fault(check(book), "I3") == (at, "body.cid")
    refused = book.intent(alice, decision, did="consent.refuse", this={"intent": cid})
    at = book.add("refusal", {"intent": cid, "cid": refused, "by": alice.did}).index
    book.entries[2:4] = []
    assert fault(check_broken(book), "I3") == (at, "body.cid")


@pytest.mark.parametrize("first", ["ghost", "answer"])
def test_i3_an_answer_that_is_a_ghost_is_found(book: Any, people: Any, first: str) -> None:
    cid, alice = book.intent(decision=book.require()), people["alice"]
    this = book.bound(cid)
    given = book.intent(alice, did="consent.give", this=this)
    if first == "ghost":
        book.ghost(given, "AgentAbort")
    at = book.answer(cid, given, alice, this["expires_at"]).index
    if first == "answer":
        at = book.ghost(given, "AgentAbort").index
    field = "body.cid" if first == "ghost" else "body.intent"
    assert fault(check(book), "I3") == (at, field)
