"""I1 over tries: what a supervisor may write holds, and every change of it is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos_graph.canon import content_id
from logos_graph.errors import InvalidInput
from logos_graph.ledger import check_invariants, effect_key
from tests.ledger.checks import check, check_broken, fault
from tests.ledger.conftest import CALL, DOUBT, Book

RUN, POLICY = content_id(b"run"), {"attempts": 3, "statuses": [429, 503]}
LIMITS: dict[str, Any] = {"allow": ["POST http://a.example"], "retry": POLICY}
OTHER_CALL = {"operation": "http.request", "arguments": {"request": {"url": "y"}}}
LASTING: dict[str, Any] = {"outcome": {"failed": "E_HTTP_CERTIFICATE: x"}}


def answered(status: int) -> dict[str, Any]:
    return {"outcome": {"answered": {"status": status, "headers": [], "body": ""}}}


WORTH_IT = [answered(503), answered(429), {"outcome": {"failed": "E_HTTP_CONNECT: x"}}]
FINAL = [answered(200), answered(404), {"outcome": {"failed": "E_HTTP_TIMEOUT: x"}}]


@dataclass
class Tale:
    """The entries of one intent's effects, as (kind, body), and the calls of its record."""

    entries: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    steps: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def tell(self, step: str, before: list[int], outcomes: list[Any]) -> None:
        """One call of a step, with so many tries; before it, looks at the clock."""
        calls = self.steps.setdefault(step, [])
        ordinal = 1 + sum(call["operation"] == "http.request" for call in calls)
        looks = [
            {"operation": "clock.now", "arguments": {}, "answer": {"time": time}} for time in before
        ]
        for attempt, outcome in enumerate(outcomes, start=1):
            number = 1 + len(self.entries) // 2
            body = {
                "run": RUN, "step": step, "number": number, "ordinal": ordinal,
                "attempt": attempt, "key": effect_key(RUN, step, ordinal), "call": CALL,
                "answers": [] if attempt > 1 else [{**look, "step": step} for look in looks],
            }  # fmt: skip
            self.entries.append(("effect", body))
            self.entries.append(("outcome", {"number": number, "answer": outcome}))
        calls += [*looks, {**CALL, "answer": outcomes[-1]}]


@st.composite
def tales(draw: st.DrawFn) -> Tale:
    """Two steps, one after the other, each with some calls, each with some tries."""
    tale = Tale()
    for step in ("first", "second"):
        for _ in range(draw(st.integers(0 if tale.steps else 1, 2))):
            before = draw(st.lists(st.integers(0, 9), max_size=2))
            outcomes = draw(st.lists(st.sampled_from(WORTH_IT), max_size=2))
            tale.tell(step, before, [*outcomes, draw(st.sampled_from([*FINAL, *WORTH_IT]))])
    return tale


def book_of(tale: Tale, **ending: Any) -> Book:
    """A ledger in which this is told, with the record of the run."""
    book = Book()
    grant, cid = book.grant(**LIMITS), book.intent()
    for kind, body in tale.entries:
        book.add(kind, {"intent": cid} | ({"grant": grant} if kind == "effect" else {}) | body)
    run = book.asked()
    node = run["steps"][0]["node"]
    run["steps"] = [
        {"name": name, "node": node, "calls": calls} for name, calls in tale.steps.items()
    ]
    book.receipt(cid, run, **ending)
    return book


@given(tales())
def test_what_a_supervisor_may_write_holds(tale: Tale) -> None:
    assert check(book_of(tale)).ok


Change = Callable[[Tale, int, dict[str, Any]], None]


def changed(name: str, value: Callable[[Any], Any]) -> Change:
    """Another value of one field; the key of an effect still fits its call."""

    def change(_tale: Tale, _at: int, body: dict[str, Any]) -> None:
        body[name] = value(body[name])
        if name in ("run", "step", "ordinal"):
            body["key"] = effect_key(body["run"], body["step"], body["ordinal"])

    return change


def dropped(tale: Tale, at: int, _body: dict[str, Any]) -> None:
    del tale.entries[at]


def doubled(tale: Tale, at: int, _body: dict[str, Any]) -> None:
    tale.entries.insert(at, deepcopy(tale.entries[at]))


def swapped(tale: Tale, at: int, _body: dict[str, Any]) -> None:
    other = at + 1 if at + 1 < len(tale.entries) else at - 1
    tale.entries[at], tale.entries[other] = tale.entries[other], tale.entries[at]


ASKED = {"operation": "clock.now", "arguments": {}, "answer": {"time": 10}, "step": "first"}
CHANGES: dict[str, tuple[str, Change]] = {
    "another number": ("effect", changed("number", lambda number: number + 1)),
    "a number before": ("effect", changed("number", lambda number: number - 1)),
    "another call of the step": ("effect", changed("ordinal", lambda ordinal: ordinal + 1)),
    "a later try": ("effect", changed("attempt", lambda attempt: attempt + 1)),
    "an earlier try": ("effect", changed("attempt", lambda attempt: attempt - 1)),
    "another key": ("effect", changed("key", lambda key: content_id(key.encode()))),
    "another run": ("effect", changed("run", lambda run: content_id(run.encode()))),
    "another step": ("effect", changed("step", lambda step: step + "s")),
    "another request": ("effect", changed("call", lambda _: OTHER_CALL)),
    "an answer that nobody had": ("effect", changed("answers", lambda told: [*told, ASKED])),
    "an outcome of another": ("outcome", changed("number", lambda number: number + 1)),
    "another outcome": ("outcome", changed("answer", lambda _: LASTING)),
    "an effect dropped": ("effect", dropped),
    "an outcome dropped": ("outcome", dropped),
    "an effect twice": ("effect", doubled),
    "an outcome twice": ("outcome", doubled),
    "another order": ("effect", swapped),
    "another order of outcomes": ("outcome", swapped),
}


@pytest.mark.parametrize("name", CHANGES)
@given(tale=tales(), data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_change_of_it_is_found(name: str, tale: Tale, data: st.DataObject) -> None:
    kind, change = CHANGES[name]
    places = [at for at, (found, _) in enumerate(tale.entries) if found == kind]
    at = data.draw(st.sampled_from(places))
    told = deepcopy(tale)
    change(told, at, told.entries[at][1])
    if any(0 in (body["number"], body.get("attempt")) for _, body in told.entries):
        with pytest.raises(InvalidInput):  # counted from 1, or it is no entry at all
            book_of(told)
    else:
        index, _ = fault(check_invariants(book_of(told).entries, None), "I1")
        assert index is not None


@given(tales(), st.data())
def test_a_try_more_than_the_grant_allows_is_found(tale: Tale, data: st.DataObject) -> None:
    tale.tell("third", [], data.draw(st.lists(st.sampled_from(WORTH_IT), min_size=4, max_size=6)))
    index, name = fault(check(book_of(tale)), "I1")
    book = book_of(tale)
    assert index is not None
    assert (name, book.entries[index].body["attempt"]) == ("body.attempt", 4)


@pytest.mark.parametrize("outcome", FINAL)
def test_a_try_after_an_outcome_that_was_not_worth_one_is_found(outcome: Any) -> None:
    tale = Tale()
    tale.tell("first", [], [outcome, answered(200)])
    assert fault(check(book_of(tale)), "I1")[1] == "body.attempt"


def test_a_try_between_which_something_was_asked_is_found() -> None:
    tale = Tale()
    tale.tell("first", [], [answered(503), answered(200)])
    tale.entries[2][1]["answers"] = [{**ASKED, "step": "first"}]
    tale.steps["first"].insert(0, {key: ASKED[key] for key in ("operation", "arguments", "answer")})
    assert fault(check(book_of(tale)), "I1")[1] == "body.answers"


@pytest.mark.parametrize("retry", [None, {"attempts": 2, "statuses": [429]}, {"attempts": 99}])
def test_a_try_without_a_policy_that_allows_it_is_found(book: Any, retry: Any) -> None:
    limits = {"allow": ["POST http://a.example"]} | ({} if retry is None else {"retry": retry})
    grant, cid = book.grant(**limits), book.intent()
    for attempt in (1, 2):
        entry = book.effect(cid, attempt, ordinal=1, attempt=attempt, grant=grant)
        book.outcome(cid, attempt, answer=answered(503))
    assert fault(check_broken(book), "I1") == (entry.index, "body.attempt")


def test_a_try_under_another_grant_than_the_one_before_is_found(book: Any) -> None:
    first, cid = book.grant(**LIMITS), book.intent()
    book.effect(cid, 1, grant=first)
    book.outcome(cid, 1, answer=answered(503))
    book.revoke(first)
    entry = book.effect(cid, 2, ordinal=1, attempt=2, grant=book.grant(**LIMITS))
    assert fault(check_broken(book), "I1") == (entry.index, "body.attempt")


def test_a_last_try_without_its_outcome_ends_in_doubt_only() -> None:
    tale = Tale()
    tale.tell("first", [], [answered(503), answered(200)])
    tale.entries.pop()
    tale.steps["first"][0]["answer"] = None
    assert check(book_of(tale, **DOUBT)).ok
    assert fault(check(book_of(tale)), "I1")[1] == "body.consequence"


def test_the_keys_of_calls_are_never_the_same() -> None:
    calls = [(run, step, n) for run in ("a", "ab") for step in ("b", "", "1") for n in (1, 11)]
    assert set(Counter(effect_key(*call) for call in calls).values()) == {1}
