"""Other transactions stand in an append's way: it waits, is tried again, or says that it failed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from logos_graph.database import open_driver
from logos_graph.resources import statement
from logos_graph.wiring import System
from tests.faults.account import Account
from tests.faults.conftest import Ground
from tests.faults.points import is_append
from tests.faults.proxy import Fault, Message, Proxy
from tests.faults.writer import registration

if TYPE_CHECKING:
    from neo4j import Session

pytestmark = pytest.mark.usefixtures("verified")

OTHERS = """
SHOW TRANSACTIONS YIELD transactionId, currentQuery, status
WHERE currentQuery IS NULL OR NOT currentQuery CONTAINS 'SHOW TRANSACTIONS'
RETURN transactionId AS id, status
"""

DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"


@pytest.fixture
def system(ground: Ground, proxy: Proxy) -> Iterator[System]:
    """Opened through the proxy; it has written already."""
    with ground.opened(proxy) as system:
        signed = registration(system, system.keys.load("supervisor"), f"lock, {proxy.port}")
        system.supervisor.execute(signed)
        yield system


@pytest.fixture
def session(ground: Ground) -> Iterator[Session]:
    """Another session of the supervisor's database user."""
    with open_driver(ground.connection) as driver, driver.session() as session:
        yield session


@pytest.fixture
def watcher(ground: Ground) -> Iterator[Session]:
    """One more, to look at transactions and to end them."""
    with open_driver(ground.connection) as driver, driver.session() as session:
        yield session


@contextmanager
def submitted(system: System, account: Account, name: str) -> Iterator[None]:
    """An act of another thread; at the end it has been told how it stands."""
    signed = registration(system, system.keys.load("supervisor"), name)
    thread = threading.Thread(target=account.insist, args=(system.supervisor, signed))
    thread.start()
    try:
        yield
    finally:
        thread.join()


def until(there: Callable[[], bool]) -> None:
    """Asks until it is so; each question is a round trip to the server."""
    while not there():
        pass


def blocked(watcher: Session) -> list[str]:
    """The transactions that wait for a lock."""
    return [row["id"] for row in watcher.run(OTHERS) if row["status"].startswith("Blocked")]


def is_registration(message: Message) -> bool:
    """The second statement of a receipt's transaction: the first has the head's lock."""
    return message.kind == "RUN" and b"CREATE (principal:Principal" in message.body


def failures(proxy: Proxy) -> list[bytes]:
    """What the server answered to a statement that failed."""
    return [each.body for each in proxy.seen("answered") if each.kind == "FAILURE"]


def test_an_append_waits_for_the_head(
    ground: Ground, proxy: Proxy, system: System, session: Session, watcher: Session
) -> None:
    account = Account()
    with session.begin_transaction() as transaction:
        transaction.run(statement("ledger/lock_head")).consume()
        with submitted(system, account, "waited"):
            until(lambda: bool(blocked(watcher)))
            transaction.rollback()
    assert list(account.told.values()) == [["COMMITTED"]]
    ground.check(account)


def test_an_append_that_is_ended_while_it_waits_is_told_or_done_once(
    ground: Ground, proxy: Proxy, system: System, session: Session, watcher: Session
) -> None:
    account = Account()
    with session.begin_transaction() as transaction:
        transaction.run(statement("ledger/lock_head")).consume()
        proxy.clear()
        with submitted(system, account, "ended while it waited"):
            until(lambda: bool(blocked(watcher)))
            for name in blocked(watcher):
                watcher.run("TERMINATE TRANSACTIONS $id", id=name).consume()
            until(lambda: bool(failures(proxy)))
            transaction.rollback()
    assert b"LockClientStopped" in failures(proxy)[0]
    system.supervisor.recover()
    ground.check(account)


def test_an_append_that_is_ended_half_way_is_told_or_done_once(
    ground: Ground, proxy: Proxy, system: System, watcher: Session
) -> None:
    """It has written its entry, and is ended before the change that the entry tells of."""
    account = Account()
    fault = proxy.inject(Fault("asked", match=is_registration, held=True))
    with submitted(system, account, "ended half-way"):
        assert fault.reached.wait(60)
        (name,) = (row["id"] for row in watcher.run(OTHERS))
        watcher.run("TERMINATE TRANSACTIONS $id", id=name).consume()
        fault.release()
    assert b"Terminated" in failures(proxy)[0]
    system.supervisor.recover()
    ground.check(account)


def test_an_append_in_a_deadlock_is_done_once_whoever_loses(
    ground: Ground, proxy: Proxy, system: System, session: Session, watcher: Session
) -> None:
    """It has the head and waits for the name it registers; who has that, now asks for the head."""
    from neo4j.exceptions import TransientError

    account, lost = Account(), list[str | None]()
    with session.begin_transaction() as transaction:
        transaction.run("CREATE (:Principal {name: 'deadlock', did: 'did:x'})").consume()
        proxy.clear()
        with submitted(system, account, "deadlock"):
            until(lambda: bool(blocked(watcher)))
            try:
                transaction.run(statement("ledger/lock_head")).consume()
            except TransientError as error:
                lost.append(error.code)
            transaction.close()
    lost += [DEADLOCK for each in failures(proxy) if DEADLOCK.encode() in each]
    assert set(lost) == {DEADLOCK}
    assert list(account.told.values()) == [["COMMITTED"]]
    ground.check(account)


def test_a_writer_whom_others_always_forestall_is_told_so_and_nothing_is_written(
    ground: Ground, proxy: Proxy, system: System
) -> None:
    account, names = Account(), iter(range(10**6))
    with ground.opened() as other:
        operator = other.keys.load("supervisor")
        other.supervisor.catch_up()

        def forestall() -> None:
            signed = registration(other, operator, f"first {next(names)}")
            account.submit(other.supervisor, signed)

        proxy.inject(Fault("asked", match=is_append, work=forestall, often=True))
        signed = registration(system, operator, "always second")
        assert account.submit(system.supervisor, signed) == "E_BUSY"
        proxy.clear()
        assert system.store.intent(signed.intent.cid) is None
        assert account.insist(system.supervisor, signed) == ["E_BUSY", "COMMITTED"]
    assert next(names) > 1
    ground.check(account)
