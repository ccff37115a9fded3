"""An append whose outcome nobody told: it is settled, or the client is told that it is open."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from logos_graph.errors import EnvironmentFault
from logos_graph.logline import SignedIntent
from logos_graph.wiring import System
from tests.faults.account import Account
from tests.faults.conftest import Ground
from tests.faults.points import fault_at, is_append
from tests.faults.proxy import Fault, Proxy
from tests.faults.writer import registration

pytestmark = pytest.mark.usefixtures("verified")


@pytest.fixture
def system(ground: Ground, proxy: Proxy) -> Iterator[System]:
    """Opened through the proxy, with everything read that an act needs."""
    with ground.opened(proxy) as system:
        system.supervisor.execute(signed(system, f"before the fault on {proxy.port}"))
        yield system


def signed(system: System, name: str) -> SignedIntent:
    """A registration."""
    return registration(system, system.keys.load("supervisor"), name)


@pytest.mark.parametrize("point", ["append asked", "append answered"])
def test_an_outcome_that_cannot_be_looked_up_is_told_to_be_unknown(
    ground: Ground, proxy: Proxy, system: System, point: str
) -> None:
    """Nothing is guessed; the same intent, submitted again, settles it in either case."""
    intent, account = signed(system, f"unknown {point}"), Account()
    proxy.inject(fault_at(point, number=1, refuse=True))
    with pytest.raises(EnvironmentFault) as caught:
        system.supervisor.execute(intent)
    error = caught.value
    assert error.code == "E_UNKNOWN_OUTCOME"
    assert error.hint
    proxy.accept()
    took_hold = point == "append answered"
    found = system.reader.rows("ledger/find_entry", hash=error.data["hash"])
    assert [row["index"] for row in found] == ([error.data["index"]] if took_hold else [])
    account.told[intent.intent.cid].append(error.code)
    assert account.insist(system.supervisor, intent)[1:] == ["COMMITTED"]
    ground.check(account)


def test_a_receipt_of_unknown_outcome_leaves_its_intent_to_be_found_again(
    ground: Ground, proxy: Proxy, system: System
) -> None:
    for point in ("commit asked", "commit answered"):
        intent = signed(system, f"receipt {point}")
        proxy.inject(fault_at(point, number=1, refuse=True))
        outcome = system.supervisor.execute(intent)
        assert outcome.status == "PENDING"
        assert outcome.error is not None
        assert outcome.error.code == "E_UNKNOWN_OUTCOME"
        proxy.accept()
        system.supervisor.catch_up()
        system.supervisor.recover()
        assert system.supervisor.recorded(intent.intent.cid).status == "COMMITTED"
    ground.check(Account())


def test_what_was_told_not_to_be_written_is_not_written_later(
    ground: Ground, proxy: Proxy, system: System
) -> None:
    """The request is still on its way when the client asks how it went, and arrives afterwards."""
    intent, account = signed(system, "late request"), Account()
    fault = proxy.inject(fault_at("append asked", number=1, late=True))
    told = account.submit(system.supervisor, intent)
    assert fault.reached.is_set()
    answers = len(proxy.seen("answered"))
    fault.release()
    proxy.wait_for_more("answered", answers)
    assert (
        told == "COMMITTED"
    )  # the same entry was written again, so that the late one could not be
    ground.check(account)


def test_what_may_still_arrive_is_not_told_to_be_unwritten(
    ground: Ground, proxy: Proxy, system: System
) -> None:
    """Every attempt is late, so that nothing settles the first; then all of them arrive."""
    intent, account = signed(system, "all late"), Account()
    fault = proxy.inject(Fault("asked", match=is_append, late=True, often=True))
    told = account.submit(system.supervisor, intent)
    assert told == "E_UNKNOWN_OUTCOME"
    answers = len(proxy.seen("answered"))
    fault.release()
    proxy.wait_for_more("answered", answers)
    proxy.clear()
    assert account.insist(system.supervisor, intent)[1:] == ["COMMITTED"]
    ground.check(account)


def test_the_outcome_is_asked_for_behind_a_commit_that_is_under_way(
    ground: Ground, proxy: Proxy, system: System
) -> None:
    """The commit has the head's lock when its connection breaks: the answer comes after it."""
    intent, account = signed(system, "under way"), Account()
    fault = proxy.inject(fault_at("commit asked", number=1, late=True))
    submitted = threading.Thread(target=account.submit, args=(system.supervisor, intent))
    submitted.start()
    assert fault.reached.wait(60)
    proxy.wait_for("asked", "BEGIN", 2)  # the append's own, and the one that settles it
    fault.release()
    submitted.join()
    assert account.told[intent.intent.cid] == ["COMMITTED"]
    ground.check(account)
