"""What follows a failure or an end: counted, in time, as it was signed, by whoever may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import content_id
from logos_graph.identity import Signer
from logos_graph.ledger import (
    ESCALATION_NS,
    RETRY_CEILING_NS,
    RETRY_FIRST_NS,
    Entry,
    MemoryTable,
    State,
    retry_delay_ns,
)
from logos_graph.logline import format_when, parse_intent
from tests.ledger.checks import check, check_broken, fault, passed
from tests.ledger.conftest import AGENT, ALICE, ALLOW, BOB, DENY, SUPERVISOR, TREASURY, Book

FAILURE = {"step": "pay", "code": "E_NODE_FAILED", "reason": "not today"}
GHOST = {"consequence": "if_not", "commitment": f"escalate:{TREASURY}"}


def bound(book: Book, who: Signer = AGENT, decision: Any = ALLOW, **fields: Any) -> str:
    """An intent with these commitments."""
    signed = book.signed(who, "transfer", {"amount": 1}, **fields)
    cid = parse_intent(signed["intent"]).cid
    book.add("intent", {**signed, "cid": cid, "decision": decision, "writer": "w"})
    return cid


def attempt(book: Book, cid: str, number: int = 1, **changes: Any) -> Entry:
    body = {
        "intent": cid,
        "number": number,
        "failure": FAILURE,
        "consequence": "if_not",
        "next_at": format_when(book.now + 1_000_000 + retry_delay_ns(number)),
        "writer": "w",
    }
    entry = book.add("attempt", {**body, **changes})
    book.now += retry_delay_ns(number)
    return entry


def resolve(book: Book, cid: str, who: Signer = ALICE, **changes: Any) -> Entry:
    this = {"intent": cid, "answer": "accepted"}
    asked = book.intent(who, did="escalation.resolve", this=this)
    mutation = {"kind": "resolution", "by": asked, **this, "note": "", "by_intent": None}
    return book.receipt(asked, {**mutation, **changes})


def ended(book: Book, cid: str, retry: str = "retry:2") -> Entry:
    return book.receipt(cid, outcome="failed", consequence="if_not", commitment=retry)


# delays -------------------------------------------------------------------------------------------


def test_each_delay_is_twice_the_one_before_up_to_a_minute() -> None:
    seconds = [retry_delay_ns(number) // RETRY_FIRST_NS for number in range(1, 9)]
    assert seconds == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(1, 10**30))
def test_no_delay_is_longer_than_the_ceiling(number: int) -> None:
    assert RETRY_FIRST_NS <= retry_delay_ns(number) <= RETRY_CEILING_NS


# attempts -----------------------------------------------------------------------------------------


def test_attempts_as_they_were_signed_hold(book: Book) -> None:
    cid = bound(book, if_not="retry:2")
    attempt(book, cid)
    attempt(book, cid, 2)
    ended(book, cid)
    assert check(book).ok, check(book).json


def test_an_effect_of_an_attempt_that_failed_is_not_in_the_record_of_the_next(book: Book) -> None:
    http = book.grant()
    cid = bound(book, if_not="retry:1", if_ok="emit:done")
    book.effect(cid, grant=http)
    book.outcome(cid)
    attempt(book, cid)
    book.effect(cid, 2, ordinal=1, grant=http)
    book.outcome(cid, 2)
    book.receipt(cid, book.asked({**ended_call(), "answer": answer()}))
    assert check(book).ok, check(book).json


def ended_call() -> dict[str, Any]:
    return {"operation": "http.request", "arguments": {"request": {"url": "x"}}}


def answer() -> dict[str, Any]:
    return {"outcome": {"failed": "E_HTTP_CONNECT"}}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": 2}, "body.number"),
        ({"consequence": "if_doubt"}, "body.consequence"),
        ({"consequence": "if_ok"}, "body.consequence"),
        ({"next_at": "2026-11-22T05:38:00.000000000Z"}, "body.next_at"),
    ],
)
def test_an_attempt_that_says_something_else_is_found(
    book: Book, wrong: dict[str, Any], field: str
) -> None:
    cid = bound(book, if_not="retry:2", if_ok="retry:2")
    entry = attempt(book, cid, **wrong)
    assert fault(check_broken(book), "I1") == (entry.index, field)


def test_one_attempt_more_than_was_signed_is_found(book: Book) -> None:
    cid = bound(book, if_not="retry:1")
    attempt(book, cid)
    entry = attempt(book, cid, 2)
    assert fault(check_broken(book), "I1") == (entry.index, "body.consequence")


def test_an_attempt_before_its_time_is_found(book: Book) -> None:
    cid = bound(book, if_not="retry:2")
    before = book.now
    attempt(book, cid)
    book.now = before + 5_000_000
    entry = attempt(book, cid, 2)
    assert fault(check_broken(book), "I1") == (entry.index, "recorded_at")


def test_an_attempt_that_hides_an_unknown_outcome_is_found(book: Book) -> None:
    http = book.grant()
    cid = bound(book, if_not="retry:1", if_doubt="retry:1")
    book.effect(cid, grant=http)
    hidden = attempt(book, cid)
    assert fault(check_broken(book), "I1") == (hidden.index, "body.consequence")


def test_an_unknown_outcome_may_be_attempted_again_where_doubt_says_so(book: Book) -> None:
    http = book.grant()
    cid = bound(book, if_doubt="retry:1")
    book.effect(cid, grant=http)
    attempt(book, cid, consequence="if_doubt")
    book.receipt(cid)
    assert check(book).ok, check(book).json


def test_an_attempt_of_what_was_not_allowed_or_has_ended_is_found(book: Book) -> None:
    denied = bound(book, decision=DENY, if_not="retry:1")
    first = attempt(book, denied)
    assert fault(check_broken(book), "I2")[0] == first.index
    book.ghost(denied, commitment="retry:1")
    assert fault(check_broken(book), "I2")[0] == first.index


def test_an_attempt_after_the_end_is_found(book: Book) -> None:
    cid = bound(book, if_not="retry:1")
    ended(book, cid, "retry:1")
    late = attempt(book, cid)
    assert fault(check_broken(book), "I1") == (late.index, "body.intent")


# escalations --------------------------------------------------------------------------------------


def escalated(book: Book, who: Signer = AGENT) -> str:
    cid = bound(book, who, DENY, if_not=GHOST["commitment"])
    book.ghost(cid, **GHOST)
    return cid


def test_an_escalation_is_answered_once_or_expires(book: Book) -> None:
    resolve(book, escalated(book))
    left = escalated(book)
    book.now += ESCALATION_NS
    book.add("expiry", {"intent": left})
    escalated(book)
    report = check(book)
    assert report.ok, report.json
    state = book.state()
    assert (state.get("escalation", left) or {})["status"] == "expired"


def test_a_dropped_escalation_is_found_wherever_it_is(book: Book) -> None:
    cid = bound(book, decision=DENY, if_not=GHOST["commitment"])
    end = book.add("ghost", {"intent": cid, "cause": {"type": "PolicyDeny"}, **GHOST})
    assert fault(check_broken(book), "I1") == (end.index, "body.commitment")
    book.receipt(book.intent())
    assert fault(check_broken(book), "I1") == (end.index, "body.commitment")


def test_an_escalation_of_nothing_and_a_second_one_are_found(book: Book) -> None:
    cid = escalated(book)
    twice = book.escalation(cid, "if_not", TREASURY)
    assert fault(check_broken(book), "I1") == (twice.index, "kind")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"handler": "operator"}, "body.handler"),
        ({"target": "bob"}, "body.target"),
        ({"consequence": "if_doubt"}, "body.consequence"),
        ({"intent": content_id(b"another")}, "body.intent"),
        ({"expires_at": "2036-11-22T05:38:00.000000000Z"}, "body.expires_at"),
    ],
)
def test_an_escalation_that_says_something_else_is_found(
    book: Book, wrong: dict[str, Any], field: str
) -> None:
    cid = bound(book, decision=DENY, if_not=GHOST["commitment"])
    book.add("ghost", {"intent": cid, "cause": {"type": "PolicyDeny"}, **GHOST})
    entry = book.escalation(cid, "if_not", TREASURY, **wrong)
    assert fault(check_broken(book), "I1") == (entry.index, field)


def test_an_expiry_before_its_time_and_of_nothing_open_is_found(book: Book) -> None:
    cid = escalated(book)
    early = book.add("expiry", {"intent": cid})
    assert fault(check_broken(book), "I1") == (early.index, "recorded_at")
    other = Book()
    done = escalated(other)
    resolve(other, done)
    other.now += ESCALATION_NS
    late = other.add("expiry", {"intent": done})
    assert fault(check_broken(other), "I1") == (late.index, "body.intent")


@pytest.mark.parametrize("who", [AGENT, SUPERVISOR], ids=["its own", "without the role"])
def test_an_answer_by_one_who_may_not_is_found(book: Book, who: Signer) -> None:
    entry = resolve(book, escalated(book), who)
    assert fault(check_broken(book), "I2") == (entry.index, "body.mutations")
    assert "I1" in passed(check_broken(book))


def test_who_holds_the_role_may_not_answer_for_himself(book: Book) -> None:
    entry = resolve(book, escalated(book, ALICE), ALICE)
    assert fault(check_broken(book), "I2") == (entry.index, "body.mutations")


def test_the_target_may_answer_without_the_role(book: Book) -> None:
    text = "escalate:nobody@supervisor"
    cid = bound(book, decision=DENY, if_not=text)
    book.ghost(cid, consequence="if_not", commitment=text)
    resolve(book, cid, SUPERVISOR)
    assert check(book).ok, check(book).json


def test_a_second_answer_and_a_late_one_are_found(book: Book) -> None:
    cid = escalated(book)
    resolve(book, cid)
    again = resolve(book, cid, BOB)
    assert fault(check_broken(book), "I2") == (again.index, "body.mutations")
    other = Book()
    left = escalated(other)
    other.now += ESCALATION_NS
    late = resolve(other, left)
    assert fault(check_broken(other), "I2") == (late.index, "recorded_at")


@pytest.mark.parametrize(
    "wrong", [{"answer": "redone"}, {"note": "x"}, {"by": content_id(b"x")}, {"by_intent": "x"}]
)
def test_an_answer_that_is_not_what_was_signed_is_found(book: Book, wrong: Any) -> None:
    entry = resolve(book, escalated(book), **wrong)
    assert fault(check_broken(book), "I2") == (entry.index, "body.mutations")


def test_a_resolution_by_another_verb_is_found(book: Book) -> None:
    cid = escalated(book)
    asked = book.intent(ALICE)
    made = {"kind": "resolution", "intent": cid, "by": asked, "answer": "accepted", "note": ""}
    entry = book.receipt(asked, {**made, "by_intent": None})
    assert fault(check_broken(book), "I2")[0] == entry.index


# random stories -----------------------------------------------------------------------------------

acts = st.lists(
    st.tuples(
        st.sampled_from(["run", "ghost", "resolve", "expire", "plain"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=12,
)


def tell(book: Book, story: list[tuple[str, int, int]]) -> None:
    """An honest ledger of these acts."""
    open_: list[str] = []
    for act, times, more in story:
        if act == "run":
            cid = bound(book, if_not=f"retry:{times + 1}", if_ok=f"escalate:{TREASURY}")
            for number in range(1, min(times + 1, more) + 1):
                attempt(book, cid, number)
            if more % 2:
                book.receipt(cid, consequence="if_ok", commitment=f"escalate:{TREASURY}")
                open_.append(cid)
            else:
                ended(book, cid, f"retry:{times + 1}")
        elif act == "ghost":
            open_.append(escalated(book))
        elif act == "resolve" and open_:
            resolve(book, open_.pop(0))
        elif act == "expire" and open_:
            book.now += ESCALATION_NS
            for cid in open_:
                book.add("expiry", {"intent": cid})
            open_.clear()
        else:
            book.receipt(book.intent())


FOLLOWING = ("attempt", "escalation", "expiry")


@given(acts)
def test_an_honest_story_holds_whatever_happens_in_it(story: list[tuple[str, int, int]]) -> None:
    book = Book()
    tell(book, story)
    report = check(book)
    assert report.ok, report.json


@given(acts, st.data())
def test_whatever_follows_and_is_dropped_or_doubled_is_found(
    story: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    book = Book()
    tell(book, [*story, ("ghost", 0, 0)])
    places = [at for at, each in enumerate(book.entries) if each.kind.value in FOLLOWING]
    at = data.draw(st.sampled_from(places))
    kind = book.entries[at].kind.value
    twice = data.draw(st.booleans())
    told = book.entries[at:] if twice else book.entries[at + 1 :]
    forged = Book.continued(book.entries[: at + twice], told)
    last = kind == "attempt" and not twice and _is_last_attempt(book.entries, at)
    optional = kind == "expiry" or last
    if not twice and optional:
        return  # an expiry not written yet, and a last attempt that was the end, are honest too
    assert not check_broken(forged).ok, (kind, twice)


def _is_last_attempt(entries: list[Entry], at: int) -> bool:
    intent = entries[at].body["intent"]
    later = [e for e in entries[at + 1 :] if e.body.get("intent") == intent]
    return all(each.kind.value != "attempt" for each in later)


def test_the_state_that_is_folded_aside_is_the_same(
    book: Book, folded: Callable[[list[Entry]], State]
) -> None:
    tell(book, [("run", 2, 3), ("ghost", 0, 0), ("ghost", 0, 0), ("resolve", 0, 0)])
    aside = State(aside=MemoryTable())
    for entry in book.entries:
        aside.apply_entry(entry)
    assert aside.digest() == folded(book.entries).digest()
