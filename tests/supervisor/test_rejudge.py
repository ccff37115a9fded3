"""Past intents judged by another policy: in parts, each on the ground of its moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from logos_graph.ledger import Stored, SupervisorKeys
from logos_graph.supervisor import parts
from logos_graph.supervisor.parts import cut
from logos_graph.supervisor.rejudge import Tally, judge_part
from tests.ledger.conftest import AGENT, STRANGER, SUPERVISOR, Book, principal

ALL = '@id("all") permit (principal, action, resource);'
ASK = '@id("ask") @require("guards") forbid (principal, action == Action::"move", resource);'
VERB: dict[str, Any] = {
    "name": "move", "docs": "Moves.", "risk": "L1", "flow": None,
    "schema": {"type": "object", "properties": {"n": {"type": "integer"}}},
}  # fmt: skip
ALLOWED: dict[str, Any] = {"outcome": "ALLOW", "policies": ["all"], "revision": 0, "context": {}}


@pytest.fixture(autouse=True, params=[1, 2, 3, 512], ids="parts of {}".format)
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many entries are looked at together: the answer does not depend on it."""
    monkeypatch.setattr(parts, "PART", request.param)


def judged(book: Book, text: str, since: int = 0) -> Tally:
    keys, tally = SupervisorKeys((SUPERVISOR.did,), (0,)), Tally(100)
    rows: Iterator[Stored] = (Stored(e.text, e.hash, e.signature) for e in book.entries)
    for part in cut(rows, keys, book.entries[-1].head):
        tally.take(judge_part(part, text, since))
    return tally


def registered(book: Book, *mutations: dict[str, Any]) -> None:
    """A receipt that changes the ground; of an intent that no policy decided."""
    by_gate: dict[str, Any] = {
        "outcome": "DENY", "policies": [], "revision": 0, "context": {},
        "reason": "CapabilityMissing", "detail": "-",
    }  # fmt: skip
    cid = book.intent(SUPERVISOR, by_gate, did="verb.register", this={"n": len(book.entries)})
    book.receipt(cid, *mutations)


def moved(book: Book, number: int, decision: dict[str, Any] = ALLOWED) -> str:
    return book.intent(AGENT, decision, "move", {"n": number})


@pytest.fixture
def book() -> Book:
    """The verb; a move; a principal who may guard; a move; one that is denied, by policy."""
    made = Book()
    registered(made, {"kind": "verb", **VERB})
    moved(made, 1)
    registered(made, {"kind": "principal", **principal(STRANGER, "guard", "guards")})
    moved(made, 2)
    return made


def test_roles_are_those_of_the_moment_whatever_the_parts(book: Book) -> None:
    tally = judged(book, f"{ALL}\n{ASK}")
    moves = [row for row in tally.rows if row.verb == "move"]
    assert [row.would["outcome"] for row in moves] == ["DENY", "REQUIRE"]
    assert tally.entries == len(book.entries)


def test_the_rules_that_decided_are_told_apart_from_the_decision(book: Book) -> None:
    other = judged(book, ALL.replace('"all"', '"everything"'))
    assert [row.verb for row in other.rows if row.verb == "move"] == []
    assert other.other_rules >= 2


def test_a_context_that_was_recorded_is_what_the_new_policy_sees(book: Book) -> None:
    calm = '@id("calm") forbid (principal, action == Action::"move", resource) when'
    for alarms in (0, 5):
        moved(book, 10 + alarms, {**ALLOWED, "context": {"alarms": alarms}})
    text = f"{ALL}\n{calm} {{ context has alarms && context.alarms > 3 }};"
    changed = [row for row in judged(book, text).rows if row.verb == "move"]
    assert [row.would["policies"] for row in changed] == [["calm"]]


def test_what_no_policy_decided_is_not_asked_of_another(book: Book) -> None:
    denied = {
        "outcome": "DENY", "policies": [], "revision": 0, "context": {},
        "reason": "PolicyViolation", "detail": "it does not fit",
    }  # fmt: skip
    before = judged(book, ALL)
    by_policy = moved(book, 20, denied)
    book.ghost(by_policy)
    by_gate = moved(book, 21, denied)
    told = {"type": "PolicyDeny", "reason": "x", "detail": "y", "code": "E_THIS_SCHEMA"}
    ends = {"consequence": "if_not", "commitment": "emit:denied"}
    book.add("ghost", {"intent": by_gate, "cause": told, **ends})
    after = judged(book, ALL)
    assert (after.undecided - before.undecided, after.judged - before.judged) == (1, 1)
    assert by_policy in [row.intent for row in after.rows]
    assert by_gate not in [row.intent for row in after.rows]


def test_since_only_says_what_is_judged_not_what_is_known(book: Book) -> None:
    last = book.entries[-1]
    tally = judged(book, f"{ALL}\n{ASK}", since=last.recorded_at)
    assert (tally.judged, [row.would["outcome"] for row in tally.rows]) == (1, ["REQUIRE"])


def test_only_so_many_rows_are_kept_and_all_are_counted(book: Book) -> None:
    for number in range(30, 40):
        moved(book, number)
    keys, tally = SupervisorKeys((SUPERVISOR.did,), (0,)), Tally(3)
    rows = (Stored(e.text, e.hash, e.signature) for e in book.entries)
    for part in cut(rows, keys, book.entries[-1].head):
        tally.take(judge_part(part, f"{ALL}\n{ASK}", 0))
    assert (len(tally.rows), tally.rows[-1].index) == (3, book.entries[-1].index)
    assert tally.changed >= 12
