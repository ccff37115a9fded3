"""Alarms and breakers in a ledger: what an auditor finds with the entries alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import ContentId
from logos_graph.ledger import InvariantReport, check_invariants
from logos_graph.ledger.patterns import MOST_OPEN_ESCALATIONS, PATTERNS, GhostMark, marks_within
from logos_graph.logline import format_when, parse_intent
from tests.ledger.checks import fault
from tests.ledger.conftest import (
    AGENT,
    ALICE,
    ALLOW,
    BOB,
    CAROL,
    DENY,
    HOUR,
    SUPERVISOR,
    Book,
    alarm,
)

BURST = PATTERNS["Burst"]


def report(book: Book) -> InvariantReport:
    return check_invariants(book.entries, book.state())


def denied(book: Book, times: int, who: Any = AGENT) -> list[str]:
    """So many intents of somebody that were denied, each a ghost."""
    found = []
    for _ in range(times):
        found.append(book.intent(who, DENY))
        book.ghost(found[-1], amount=None)
    return found


def broken(book: Book, who: Any = AGENT) -> dict[str, Any]:
    """Opens a breaker; the alarm that did it."""
    body = alarm(*denied(book, 47, who), pattern="Burst", who=who)
    book.add("alarm", body)
    return body


def lifted(
    book: Book, body: dict[str, Any], by: Sequence[Any] = (ALICE, BOB), changes: Any = None
) -> None:
    """Lifts it, with these consents."""
    this = {"who": body["who"], "note": "it was a test"}
    cid = book.intent(SUPERVISOR, book.require(len(by)), did="breaker.lift", this=this)
    for position, each in enumerate(by):
        book.consent(cid, each, ALLOW if position == len(by) - 1 else None)
    thing = {
        "kind": "lift", "alarm": body["id"], "who": body["who"], "by": cid, "note": this["note"],
    }  # fmt: skip
    book.receipt(cid, {**thing, **(changes or {})})


def test_an_alarm_on_ghosts_is_one_and_the_state_has_it(book: Book) -> None:
    body = broken(book)
    found = report(book)
    assert found.ok, found
    state = book.state().get("alarm", body["id"])
    assert state is not None
    assert (state["status"], state["raised_at"]) == ("open", book.entries[-1].recorded_at)
    lifted(book, body)
    found = report(book)
    assert found.ok, found
    after = book.state().get("alarm", body["id"])
    assert after is not None
    assert after["status"] == "lifted"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", 48), ("severity", "medium"), ("window_s", 60), ("threshold", 3),
        ("pattern", "Nothing"), ("id", "b3:" + "0" * 64), ("opened_by", "b3:" + "0" * 64),
        ("who", ALICE.did), ("intents", ["b3:" + "0" * 64]),
    ],
)  # fmt: skip
def test_an_alarm_that_is_not_what_the_ghosts_say_is_found(
    book: Book, field: str, value: Any
) -> None:
    body = alarm(*denied(book, 47), pattern="Burst")
    book.add("alarm", {**body, field: value})
    assert not report(book).I1.ok


def test_an_alarm_on_too_few_ghosts_is_found(book: Book) -> None:
    book.add("alarm", alarm(*denied(book, 46), pattern="Burst"))
    assert not report(book).I1.ok


def test_an_alarm_on_old_ghosts_is_found(book: Book) -> None:
    ghosts = denied(book, 20)
    book.now += BURST.window_ns
    book.add("alarm", alarm(*ghosts, *denied(book, 27), pattern="Burst"))
    assert not report(book).I1.ok


def test_what_is_allowed_of_a_broken_principal_is_found(book: Book) -> None:
    broken(book)
    book.receipt(book.intent(AGENT))
    assert not report(book).I2.ok


@pytest.mark.parametrize("verb", ["consent.give", "consent.refuse", "run.cancel"])
def test_a_broken_principal_may_answer_and_stop(book: Book, verb: str) -> None:
    broken(book, ALICE)
    book.intent(ALICE, did=verb)
    assert report(book).I2.ok


def test_what_waited_and_is_allowed_under_an_open_breaker_is_found(book: Book) -> None:
    waiting = book.intent(AGENT, book.require(1))
    broken(book)
    book.consent(waiting, ALICE, ALLOW)
    assert not report(book).I2.ok


def test_a_lifting_that_rests_on_the_consent_of_the_broken_is_found(book: Book) -> None:
    body = broken(book, ALICE)
    lifted(book, body, (ALICE, BOB))
    assert not report(book).I2.ok


@pytest.mark.parametrize("broken_one", [ALICE, CAROL], ids=["spoken for", "who signed"])
def test_a_lifting_that_rests_on_a_consent_in_the_place_of_another_is_found(
    book: Book, broken_one: Any
) -> None:
    """Carol consents for alice: neither may be the one whose breaker it is."""
    until = format_when(book.now + 10 * HOUR)
    this = {"to": CAROL.did, "role": "treasury", "verbs": None, "until": until}
    lent = book.intent(ALICE, did="consent.delegate", this=this)
    made = {"kind": "delegation", "id": lent, "by": ALICE.did, **this, "ended": None}
    book.receipt(lent, made)
    body = broken(book, broken_one)
    this = {"who": body["who"], "note": "it was a test"}
    cid = book.intent(SUPERVISOR, book.require(), did="breaker.lift", this=this)
    given = {**book.bound(cid), "delegation": lent}
    answer = book.intent(CAROL, did="consent.give", this=given)
    book.answer(cid, answer, CAROL, given["expires_at"], delegation=lent)
    book.receipt(answer)
    book.consent(cid, BOB, ALLOW)
    assert report(book).ok
    thing = {"kind": "lift", "alarm": body["id"], "who": body["who"], "by": cid}
    book.receipt(cid, {**thing, "note": this["note"]})
    assert fault(report(book), "I2") == (book.entries[-1].index, "body.mutations")


def test_a_lifting_of_nothing_is_found(book: Book) -> None:
    lifted(book, {**alarm("b3:" + "0" * 64), "who": CAROL.did})
    assert not report(book).I2.ok


@pytest.mark.parametrize(
    "change", [{"alarm": "b3:" + "0" * 64}, {"who": CAROL.did}, {"note": "another"}, {"by": "x"}]
)
def test_a_lifting_that_its_intent_does_not_say_is_found(book: Book, change: Any) -> None:
    lifted(book, broken(book), changes=change)
    assert not report(book).I2.ok


def test_an_alarm_is_lifted_by_no_other_verb(book: Book) -> None:
    body = broken(book)
    cid = book.intent(SUPERVISOR)
    thing = {"kind": "lift", "alarm": body["id"], "who": AGENT.did, "by": cid, "note": ""}
    book.receipt(cid, thing)
    assert not report(book).I2.ok


def test_ghosts_before_a_lifting_make_no_alarm(book: Book) -> None:
    body = broken(book)
    lifted(book, body)
    book.add("alarm", alarm(*body["intents"][-6:]))
    assert not report(book).I1.ok


def escalating(book: Book) -> str:
    """A denied intent whose author signed that its end escalates."""
    signed = book.signed(AGENT, "transfer", {"amount": 1}, if_not="escalate:treasury")
    cid = parse_intent(signed["intent"]).cid
    book.add("intent", {**signed, "cid": cid, "decision": DENY, "writer": "w"})
    return cid


@pytest.mark.parametrize("opened", [0, MOST_OPEN_ESCALATIONS - 1, MOST_OPEN_ESCALATIONS])
def test_a_ghost_does_not_escalate_only_where_twenty_are_open(book: Book, opened: int) -> None:
    for _ in range(opened):
        book.ghost(escalating(book), commitment="escalate:treasury")
    quiet = {"type": "PolicyDeny", "escalates": False}
    body = {"cause": quiet, "consequence": "if_not", "commitment": "escalate:treasury"}
    book.add("ghost", {"intent": escalating(book), **body})
    assert report(book).I1.ok == (opened == MOST_OPEN_ESCALATIONS)


def test_a_rate_is_what_its_intent_asked_for(book: Book) -> None:
    this = {"who": AGENT.did, "verb": None, "count": 3, "seconds": 60}
    cid = book.intent(SUPERVISOR, did="rate.limit", this=this)
    book.receipt(cid, {"kind": "rate", "id": f"{AGENT.did}/*", **this})
    assert report(book).ok
    again = book.intent(SUPERVISOR, did="rate.limit", this=this)
    book.receipt(again, {"kind": "rate", "id": f"{AGENT.did}/*", **this, "count": 4})
    assert not report(book).I2.ok


# patterns -----------------------------------------------------------------------


def mark(
    index: int, at: int = 0, *, amount: int | None = None, is_denied: bool = True
) -> GhostMark:
    return GhostMark(ContentId(f"c{index}"), index, at, is_denied, amount)


@given(st.lists(st.integers(0, 6), max_size=12))
def test_probes_escalate_when_the_last_five_amounts_rise(amounts: list[int]) -> None:
    found = PATTERNS["EscalatingProbes"].found([mark(i, amount=a) for i, a in enumerate(amounts)])
    last = amounts[-5:]
    rises = len(last) == 5 and all(last[i] < last[i + 1] for i in range(4))
    assert [each.index for each in found] == (
        list(range(len(amounts) - 5, len(amounts))) if rises else []
    )


@given(st.lists(st.booleans(), max_size=60))
def test_denials_are_counted_where_a_burst_counts_everything(kinds: list[bool]) -> None:
    marks = [mark(i, is_denied=kind) for i, kind in enumerate(kinds)]
    assert bool(PATTERNS["RepeatedDenials"].found(marks)) == (sum(kinds) > 5)
    assert bool(BURST.found(marks)) == (len(kinds) >= 47)


@given(st.lists(st.integers(0, 10**13), max_size=20), st.integers(0, 10**13), st.integers(-1, 20))
def test_the_window_ends_now_and_begins_after_the_lifting(
    times: list[int], now: int, after: int
) -> None:
    marks = [mark(index, at) for index, at in enumerate(sorted(times))]
    found = marks_within(marks, BURST, now, after)
    assert all(each.at > now - BURST.window_ns and each.index > after for each in found)
    assert len(found) == sum(m.at + BURST.window_ns > now and m.index > after for m in marks)
