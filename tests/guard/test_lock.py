"""Setting the head's lock to what it is: takes the node's lock, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from neo4j import Driver, Session, Transaction

    from tests.guard.conftest import Chain

LOCK = "MATCH (head:LedgerHead) SET head.lock = 0 RETURN head.hash AS hash"
COMPARE = (
    "MATCH (head:LedgerHead {ledger: $ledger}) SET head.lock = 0"
    " WITH head WHERE head.hash = $hash RETURN head.index AS index"
)
# Reads, in the same statement, what it compares: the shape of an append that moves the head.
MOVE = (
    "MATCH (head:LedgerHead {ledger: $entry.ledger}) SET head.lock = 0"
    " WITH head WHERE head.hash = $entry.prev_hash"
    " SET head.index = $entry.index, head.hash = $entry.hash,"
    " head.recorded_at = $entry.recorded_at"
    " CREATE (entry:LedgerEntry) SET entry = $entry RETURN head.index AS index"
)


def wait_until_blocked(driver: Driver, statement: Future[object]) -> None:
    """Asks the server, again and again, until it says that a transaction waits for a lock."""
    with driver.session(database="neo4j") as session:
        while not statement.done():
            rows = session.run("SHOW TRANSACTIONS YIELD status RETURN status")
            if any(row["status"].startswith("Blocked") for row in rows):
                return
    pytest.fail(f"it did not wait: {statement.result()}")


def held(session: Session) -> Transaction:
    transaction = session.begin_transaction()
    transaction.run(LOCK).consume()
    return transaction


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_who_sets_the_lock_waits_for_whoever_holds_the_head(chain: Chain, end: str) -> None:
    with chain.driver.session(database="neo4j") as session, ThreadPoolExecutor() as pool:
        holder = held(session)
        waiting: Future[object] = pool.submit(chain.run, LOCK)
        try:
            wait_until_blocked(chain.driver, waiting)
        finally:
            getattr(holder, end)()
        assert [row["hash"] for row in waiting.result()] == [chain.hash]  # type: ignore[attr-defined]


def test_an_append_waits_for_who_holds_the_lock(chain: Chain) -> None:
    with chain.driver.session(database="neo4j") as session, ThreadPoolExecutor() as pool:
        holder = held(session)
        waiting: Future[object] = pool.submit(chain.run, MOVE, entry=chain.entry())
        try:
            wait_until_blocked(chain.driver, waiting)
            assert [row["hash"] for row in holder.run(LOCK)] == [chain.hash]
        finally:
            holder.commit()
        assert [row["index"] for row in waiting.result()] == [chain.index + 1]  # type: ignore[attr-defined]


@pytest.mark.parametrize("ask", ["compare", "append"])
def test_who_waited_compares_with_the_head_as_it_was_left(chain: Chain, ask: str) -> None:
    rival = chain.entry(signature="11" * 64)
    with chain.driver.session(database="neo4j") as session, ThreadPoolExecutor() as pool:
        holder = session.begin_transaction()
        assert holder.run(MOVE, entry=chain.entry()).single() is not None
        waiting: Future[object] = (
            pool.submit(chain.run, COMPARE, hash=chain.hash)
            if ask == "compare"
            else pool.submit(chain.run, MOVE, entry=rival)
        )
        try:
            wait_until_blocked(chain.driver, waiting)
        finally:
            holder.commit()
        assert waiting.result() == []  # the head has moved: nothing is appended to the old one


def autocommit(chain: Chain) -> None:
    chain.run(LOCK)


def commit(chain: Chain) -> None:
    with chain.driver.session(database="neo4j") as session:
        held(session).commit()


def rollback(chain: Chain) -> None:
    with chain.driver.session(database="neo4j") as session:
        held(session).rollback()


@pytest.mark.parametrize("take", [autocommit, commit, rollback])
def test_taking_the_lock_changes_nothing(chain: Chain, take: Callable[[Chain], None]) -> None:
    def last_transaction() -> frozenset[str]:
        """The bookmark of the last transaction that changed anything."""
        with chain.driver.session(database="neo4j") as session:
            session.run("RETURN 1").consume()
            return session.last_bookmarks().raw_values

    before = last_transaction()
    take(chain)  # the guard would refuse any change that comes without an entry
    assert last_transaction() == before
    chain.commit()
    assert last_transaction() != before
