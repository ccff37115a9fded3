"""I2 for rates and limits of runs: what the gate had no room for is found, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.identity import Did, Signer
from logos_graph.ledger import Entry, InvariantReport, check_invariants
from logos_graph.ledger.rights import limit_id, rate_id
from tests.ledger.conftest import AGENT, ALICE, ALLOW, BOB, DENY, SUPERVISOR, Book

SECOND = 1_000_000_000
FLOW, OTHER_FLOW = (content_id(name) for name in (b"flow", b"another flow"))


def rate(
    book: Book, who: Did | None, verb: str | None, count: int | None, seconds: int = 60
) -> None:
    this = {"who": who, "verb": verb, "count": count, "seconds": seconds}
    cid = book.intent(SUPERVISOR, did="rate.limit", this=this)
    book.receipt(cid, {"kind": "rate", "id": rate_id(who, verb), **this})


def limit(book: Book, scope: str, of: str | None, concurrent: int | None) -> None:
    this = {
        "scope": scope, "of": of, "concurrent": concurrent, "run_seconds": None,
        "step_seconds": None,
    }  # fmt: skip
    cid = book.intent(SUPERVISOR, did="run.limit", this=this)
    book.receipt(cid, {"kind": "limit", "id": limit_id(scope, of), **this})


def transfer(book: Book, who: Signer = AGENT, decision: dict[str, Any] = ALLOW) -> Entry:
    """One that has ended; where it began."""
    cid = book.intent(who, decision)
    begun = book.entries[-1]
    if decision is ALLOW:
        book.receipt(cid)
    else:
        book.ghost(cid, amount=None)
    return begun


def run(
    book: Book, who: Signer = AGENT, flow: str = FLOW, decision: Any = ALLOW
) -> tuple[str, int]:
    """One that goes on; its content id, and where it began."""
    cid = book.intent(who, decision, flow=flow)
    return cid, len(book.entries) - 1


def check(book: Book) -> InvariantReport:
    return check_invariants(book.entries, None)


def holds(book: Book) -> bool:
    """All but what is not compared."""
    return all(each.ok for each in check(book).checks if each.name != "I4")


def found(book: Book) -> int | None:
    """Where I2 does not hold, and nothing else."""
    report = check(book)
    assert {each.name for each in report.checks if not each.ok} == {"I2", "I4"}
    assert report.I4.first_offender is None
    first = report.I2.first_offender
    assert first is not None
    assert first.field == "body.decision"
    return first.index


# rates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [AGENT.did, None])
@pytest.mark.parametrize("verb", ["transfer", None])
def test_one_more_than_the_rate_lets_in_is_found(book: Book, who: Any, verb: Any) -> None:
    rate(book, who, verb, 2)
    transfer(book)
    transfer(book)
    transfer(book, ALICE)
    assert holds(book)
    at = transfer(book).index
    assert found(book) == at


def test_a_rate_counts_what_was_not_denied_since_it_was_set_in_its_window(book: Book) -> None:
    transfer(book)
    rate(book, AGENT.did, "transfer", 2, seconds=60)
    for _ in range(3):
        transfer(book)
        transfer(book, decision=DENY)
        book.now += 31 * SECOND
    assert holds(book)
    book.now -= 20 * SECOND
    at = transfer(book).index
    assert found(book) == at


def test_what_waits_counts_and_is_held_back_as_well(book: Book) -> None:
    rate(book, None, None, 1)
    book.intent(AGENT, book.require(1))
    assert holds(book)
    book.intent(AGENT, book.require(1))
    assert found(book) == len(book.entries) - 1


def test_a_rate_of_none_lets_nothing_in_but_what_changes_it(book: Book) -> None:
    rate(book, None, None, 0)
    rate(book, None, None, 0, seconds=30)
    transfer(book, decision=DENY)
    assert holds(book)
    at = transfer(book).index
    assert found(book) == at


def test_a_rate_that_was_set_anew_or_taken_away_counts_anew_or_not(book: Book) -> None:
    rate(book, AGENT.did, None, 1)
    transfer(book)
    rate(book, AGENT.did, None, 1, seconds=3600)
    transfer(book)
    rate(book, AGENT.did, None, None)
    transfer(book)
    transfer(book)
    assert holds(book)


@pytest.mark.parametrize("count", [-1, 10**30, True, "2", [], {}])
def test_a_rate_that_is_none_is_an_offender_and_no_failure(book: Book, count: Any) -> None:
    this = {"who": None, "verb": None, "count": 2, "seconds": 60}
    cid = book.intent(SUPERVISOR, did="rate.limit", this=this)
    book.receipt(cid, {"kind": "rate", "id": rate_id(None, None), **this, "count": count})
    at = len(book.entries) - 1
    transfer(book)
    first = check(book).I2.first_offender
    assert first is not None
    assert (first.index, first.field) == (at, "body.mutations[0]")


# limits of runs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "of"), [("ledger", None), ("flow", FLOW), ("principal", AGENT.did)]
)
def test_one_run_more_than_the_limit_is_found(book: Book, scope: str, of: Any) -> None:
    limit(book, scope, of, 2)
    run(book)
    first, _ = run(book)
    book.receipt(first)
    run(book)
    transfer(book)
    assert holds(book)
    _, at = run(book)
    assert found(book) == at


def test_runs_of_others_do_not_count(book: Book) -> None:
    limit(book, "flow", FLOW, 1)
    limit(book, "principal", AGENT.did, 1)
    run(book)
    run(book, ALICE, OTHER_FLOW)
    run(book, ALICE, OTHER_FLOW)
    assert holds(book)


def test_what_waits_does_not_run_until_it_is_allowed(book: Book) -> None:
    limit(book, "ledger", None, 1)
    waiting, _ = run(book, decision=book.require(1))
    other, _ = run(book)
    assert holds(book)
    size = len(book.entries)
    at = book.consent(waiting, BOB, ALLOW).index
    assert found(book) == at
    del book.entries[size:]
    book.receipt(other)
    book.consent(waiting, ALICE, ALLOW)
    assert holds(book)


def test_a_part_of_a_ledger_has_not_all_acts_and_is_not_asked(book: Book) -> None:
    limit(book, "ledger", None, 0)
    run(book)
    assert found(book) == len(book.entries) - 1
    part = [book.entries[0], *book.entries[3:]]
    assert check_invariants(part, None).I2.ok
