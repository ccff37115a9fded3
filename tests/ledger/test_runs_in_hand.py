"""Claims, cancellations, limits and pinned flows: each thing tampered with is found."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.errors import InvalidInput
from logos_graph.ledger import check_invariants
from tests.ledger.checks import check, fault
from tests.ledger.conftest import AGENT, ALICE, DENY, SUPERVISOR
from tests.ledger.test_followups import attempt, bound

FLOW, OTHER_FLOW = content_id(b"flow"), content_id(b"other flow")


def claim(book: Any, cid: str, **changes: Any) -> None:
    book.add("claim", {"intent": cid, "writer": "v", **changes})


def cancel(book: Any, target: str, who: Any = AGENT, **changes: Any) -> dict[str, Any]:
    """The receipt's mutation, wrong in what changes say."""
    this = {"intent": target, "reason": "no"}
    cid = book.intent(who, did="run.cancel", this=this)
    made = {"kind": "cancellation", "by": who.did, **this, **changes}
    book.receipt(cid, made)
    return made


def aborted(book: Any, cid: str, by: str) -> None:
    cause = {"type": "AgentAbort", "code": "E_RUN_CANCELLED", "by": by, "reason": "no"}
    end = {"consequence": "if_not", "commitment": "emit:denied"}
    book.add("ghost", {"intent": cid, "cause": cause, **end})


# --- claims ---------------------------------------------------------------------------------------


def test_an_open_allowed_intent_is_claimed_as_often_as_its_holders_die(book: Any) -> None:
    cid = book.intent()
    claim(book, cid)
    claim(book, cid, writer="u")
    line = book.state().get("logline", cid)
    assert (line["writer"], line["claimed_index"]) == ("u", len(book.entries) - 1)
    book.receipt(cid)
    assert check(book).ok


def test_i1_a_claim_without_an_intent_is_found(book: Any) -> None:
    claim(book, content_id(b"nobody's"))
    assert fault(check_invariants(book.entries, None), "I1") == (1, "body.intent")


@pytest.mark.parametrize("end", ["receipt", "ghost"])
def test_i1_a_claim_after_the_end_is_found(book: Any, end: str) -> None:
    cid = book.intent()
    book.receipt(cid) if end == "receipt" else book.ghost(cid, "AgentAbort")
    claim(book, cid)
    assert fault(check_invariants(book.entries, None), "I1") == (3, "body.intent")


@pytest.mark.parametrize("verdict", ["deny", "require", "consented once"])
def test_i2_a_claim_of_what_is_not_allowed_is_found(book: Any, verdict: str) -> None:
    cid = book.intent(decision=DENY if verdict == "deny" else book.require())
    if verdict == "consented once":
        book.consent(cid, ALICE)
    claim(book, cid)
    report = check_invariants(book.entries, None)
    assert fault(report, "I2") == (len(book.entries) - 1, "body.intent")


@pytest.mark.parametrize(
    "body", [{"writer": "v"}, {"intent": "x"}, {"intent": "x", "writer": None}]
)
def test_a_claim_says_whose_and_of_what(book: Any, body: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        book.add("claim", body)


@pytest.mark.parametrize(("early", "holds"), [(0, True), (1_000_000_000, False)])
def test_i1_a_claim_before_the_next_attempt_is_due_is_found(
    book: Any, early: int, holds: bool
) -> None:
    cid = bound(book, if_not="retry:1")
    attempt(book, cid)
    book.now -= early
    claim(book, cid)
    report = check_invariants(book.entries, None)
    assert report.I1.ok is holds
    if not holds:
        assert fault(report, "I1") == (len(book.entries) - 1, "recorded_at")


# --- cancellations --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [AGENT, SUPERVISOR])
def test_who_submitted_it_or_an_operator_cancels_what_is_open(book: Any, who: Any) -> None:
    cid = book.intent()
    made = cancel(book, cid, who)
    assert book.state().get("logline", cid)["cancelled"] == made
    assert book.state().get("cancellation", cid) is None
    aborted(book, cid, who.did)
    assert check(book).ok


def test_i2_a_cancellation_by_a_stranger_is_found(book: Any) -> None:
    cid = book.intent()
    cancel(book, cid, ALICE)
    assert fault(check(book), "I2") == (3, "body")


def test_i2_a_ghost_cancelled_by_a_stranger_is_found(book: Any) -> None:
    aborted(book, book.intent(), ALICE.did)
    assert fault(check(book), "I2") == (2, "body")


@pytest.mark.parametrize("changes", [{"by": SUPERVISOR.did}, {"reason": "another"}, {"more": 1}])
def test_i2_a_cancellation_that_was_not_asked_for_is_found(
    book: Any, changes: dict[str, Any]
) -> None:
    cancel(book, book.intent(), **changes)
    assert fault(check(book), "I2") == (3, "body.mutations[0]")


def test_i2_another_verb_cancels_nothing(book: Any) -> None:
    cid = book.intent()
    this = {"intent": cid, "reason": "no"}
    book.receipt(book.intent(this=this), {"kind": "cancellation", "by": AGENT.did, **this})
    assert fault(check(book), "I2") == (3, "body.mutations[0]")


def test_i1_a_cancellation_of_what_has_ended_is_found(book: Any) -> None:
    cid = book.intent()
    book.receipt(cid)
    cancel(book, cid)
    assert fault(check_invariants(book.entries, None), "I1") == (4, "body.mutations")


# --- limits ---------------------------------------------------------------------------------------

LIMIT = {"scope": "flow", "of": FLOW, "concurrent": 2, "run_seconds": None, "step_seconds": 5}


def test_a_limit_is_what_its_intent_says_and_the_last_one_counts(book: Any) -> None:
    for concurrent in (2, None):
        this = {**LIMIT, "concurrent": concurrent}
        made = {"kind": "limit", "id": f"flow/{FLOW}", **this}
        book.receipt(book.intent(SUPERVISOR, did="run.limit", this=this), made)
        assert book.state().get("limit", f"flow/{FLOW}") == made
    assert check(book).ok


@pytest.mark.parametrize(
    "changes",
    [{"id": "ledger"}, {"concurrent": 3}, {"step_seconds": None}, {"of": OTHER_FLOW}],
)
def test_i2_a_limit_that_was_not_asked_for_is_found(book: Any, changes: dict[str, Any]) -> None:
    cid = book.intent(SUPERVISOR, did="run.limit", this=LIMIT)
    book.receipt(cid, {"kind": "limit", "id": f"flow/{FLOW}", **LIMIT, **changes})
    assert fault(check(book), "I2") == (2, "body.mutations[0]")


# --- the pinned flow ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pinned", "ran", "holds"),
    [({"flow": FLOW}, FLOW, True), ({"flow": FLOW}, OTHER_FLOW, False),
     ({"flow": None}, FLOW, False), ({}, FLOW, True)],
)  # fmt: skip
def test_i2_a_run_is_of_the_flow_that_was_recorded_with_its_intent(
    book: Any, pinned: dict[str, Any], ran: str, holds: bool
) -> None:
    """Entries of an earlier version tell no flow."""
    cid = book.intent(**pinned)
    run = {"kind": "run", "id": content_id(b"run"), "flow": ran, "steps": []}
    book.receipt(cid, run)
    report = check(book)
    assert report.I2.ok is holds
    if not holds:
        assert fault(report, "I2") == (2, "body.mutations[0]")


def test_a_pinned_flow_is_an_id_or_nothing(book: Any) -> None:
    with pytest.raises(InvalidInput):
        book.intent(flow=7)
