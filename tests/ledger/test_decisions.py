"""I2 for what a decision says of itself: a supervisor that decides wrongly says so, or is found."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.ledger import check_invariants
from tests.ledger.checks import check, fault, passed
from tests.ledger.conftest import AGENT, ALICE, ALLOW, BOB, DENY, SUPERVISOR, Book, alarm

OTHERS = ["I1", "I3", "I4", "I5"]


def verb(risk: str) -> dict[str, Any]:
    return {"name": "pay", "docs": "Pays.", "risk": risk, "schema": {"type": "object"}}


def registered(book: Book, risk: str) -> None:
    """The verb `pay`, of this risk."""
    whole = {"flow": None, "effect": "record", "idempotent": False}
    cid = book.intent(SUPERVISOR, did="verb.register", this=verb(risk))
    book.receipt(cid, {"kind": "verb", **verb(risk), **whole})


def activated(book: Book, text: str) -> str:
    """Another policy; its id."""
    cid = book.intent(SUPERVISOR, did="policy.activate", this={"text": text})
    policy = content_id(text.encode())
    book.receipt(cid, {"kind": "policy", "id": policy, "text": text})
    return policy


@pytest.mark.parametrize("revision", [0, 1, 3, True, None, "2"])
@pytest.mark.parametrize("outcome", ["ALLOW", "DENY"])
def test_a_decision_on_another_entry_than_the_one_before_is_found(
    book: Any, revision: Any, outcome: str
) -> None:
    book.receipt(book.intent())
    decision = ALLOW if outcome == "ALLOW" else DENY
    cid = book.intent(decision={**decision, "revision": revision})
    if outcome == "DENY":
        book.ghost(cid)
    report = check(book)
    assert fault(report, "I2") == (3, "body.decision.revision")
    assert passed(report) == OTHERS


def test_true_is_not_the_first_revision(book: Any) -> None:
    book.add("checkpoint", {})
    book.intent(decision={**ALLOW, "revision": True})
    assert fault(check(book), "I2") == (2, "body.decision.revision")


def test_a_question_on_another_entry_is_found(book: Any) -> None:
    book.receipt(book.intent())
    book.intent(decision={**book.require(), "revision": 1})
    assert fault(check(book), "I2") == (3, "body.decision.revision")


def test_a_consent_s_decision_on_another_entry_is_found(book: Any) -> None:
    asked = book.intent(decision=book.require(1))
    at = book.consent(asked, ALICE, {**ALLOW, "revision": 0}).index
    report = check(book)
    assert fault(report, "I2") == (at, "body.decision.revision")
    assert passed(report) == OTHERS


def test_each_decision_is_by_the_policy_in_force(book: Any) -> None:
    asked = book.intent(decision=book.require(1))
    activated(book, "forbid;")
    book.receipt(book.intent())
    book.consent(asked, ALICE, ALLOW)
    book.receipt(asked)
    assert check(book).ok


def test_a_part_of_a_ledger_does_not_say_which_policy_was_in_force(book: Any) -> None:
    activated(book, "permit; permit;")
    book.receipt(book.intent())
    part = [book.entries[0], *book.entries[3:]]
    assert check_invariants(book.entries, None).I2.ok
    assert check_invariants(part, None).I2.ok


@pytest.mark.parametrize("which", ["the one before", "one that was never in force"])
def test_a_decision_by_another_policy_is_found(book: Any, which: str) -> None:
    old = book.policy
    activated(book, "forbid;")
    book.policy = old if which == "the one before" else content_id(b"permit all;")
    book.intent()
    report = check(book)
    assert fault(report, "I2") == (3, "policy_hash")
    assert passed(report) == OTHERS


def test_a_consent_s_decision_by_another_policy_is_found(book: Any) -> None:
    asked = book.intent(decision=book.require(1))
    this = book.bound(asked)
    cid = book.intent(ALICE, did="consent.give", this=this)
    book.policy = content_id(b"permit all;")
    at = book.answer(asked, cid, ALICE, this["expires_at"], ALLOW).index
    assert fault(check(book), "I2") == (at, "policy_hash")


@pytest.mark.parametrize("risk", ["L0", "L1", "L2", "L3", "L4", "L5"])
def test_what_takes_consent_at_any_rate_is_not_allowed_at_once(book: Any, risk: str) -> None:
    registered(book, risk)
    book.receipt(book.intent(did="pay"))
    report = check(book)
    if risk < "L3":
        assert report.ok
    else:
        assert fault(report, "I2") == (3, "body.decision")
        assert passed(report) == OTHERS


@pytest.mark.parametrize("risk", ["L3", "L4", "L5"])
def test_it_is_allowed_once_others_have_consented_and_may_be_denied(book: Any, risk: str) -> None:
    registered(book, risk)
    asked = book.intent(decision=book.require(), did="pay")
    book.consent(asked, ALICE)
    book.consent(asked, BOB, ALLOW)
    book.receipt(asked)
    book.ghost(book.intent(decision=DENY, did="pay"))
    assert check(book).ok


def broken(book: Book, *before: str) -> None:
    """The agent's breaker is open; so many ghosts were there before."""
    ghosts = [*before]
    for _ in range(47):
        ghosts.append(book.intent(AGENT, DENY))
        book.ghost(ghosts[-1], amount=None)
    book.add("alarm", alarm(*ghosts, pattern="Burst"))


@pytest.mark.parametrize("seen", [0, 1, 2, True, "1", None])
@pytest.mark.parametrize("later_s", [0, 3598, 3601])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_decision_saw_as_many_alarms_as_there_were(
    book: Any, seen: Any, later_s: int, is_open: bool
) -> None:
    """A medium one counts for its window, a high one until it is lifted."""
    ghosts = []
    for _ in range(6):
        ghosts.append(book.intent(AGENT, DENY))
        book.ghost(ghosts[-1], amount=None)
    book.add("alarm", alarm(*ghosts))
    if is_open:
        broken(book, *ghosts)
    book.now += later_s * 1_000_000_000
    there = (later_s < 3600) + is_open
    book.intent(AGENT, {**ALLOW, "context": {"alarms": seen}}, did="run.cancel")
    report = check(book)
    if seen == there and seen is not True:
        assert report.ok
    else:
        assert fault(report, "I2") == (len(book.entries) - 1, "body.decision.context.alarms")


@pytest.mark.parametrize("seen", [True, False, 1, 0, None])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_decision_saw_the_breaker_as_it_was(book: Any, seen: Any, is_open: bool) -> None:
    if is_open:
        broken(book)
    book.intent(AGENT, {**ALLOW, "context": {"breaker": seen}}, did="run.cancel")
    report = check(book)
    if seen is is_open:
        assert report.ok
    else:
        assert fault(report, "I2") == (len(book.entries) - 1, "body.decision.context.breaker")
