"""An append that fails before it took hold, or after: settled, never made twice, never lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.store import append as module
from tests.integration.gathering import Gathering, codes, gathering
from tests.integration.test_shared_commits import recorded, submit

if TYPE_CHECKING:
    from logos_graph.canon import Json
    from logos_graph.logline import SignedIntent
    from logos_graph.settings import Settings
    from tests.integration.conftest import Cast

Run = Callable[..., None]
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
NOT_A_LEADER = "Neo.ClientError.Cluster.NotALeader"
UNAVAILABLE = "Neo.TransientError.General.DatabaseUnavailable"
COMMIT_FAILED = "Neo.DatabaseError.Transaction.TransactionCommitFailed"
LOST = "the connection is lost"


@pytest.fixture
def gate(example: Cast, settings: Settings) -> Iterator[Gathering]:
    with gathering(settings) as made:
        yield made


@pytest.fixture
def pay(example: Cast, payment: Callable[[str], dict[str, Json]]) -> Callable[[], SignedIntent]:
    return lambda: example.sign(example.agent, "transfer", payment("ok"))


def failure(code: str) -> Exception:
    from neo4j.exceptions import Neo4jError, ServiceUnavailable

    if code == LOST:
        return ServiceUnavailable(LOST)
    return Neo4jError._hydrate_neo4j(code=code, message="injected")


class Faults:
    """Appends that fail, the numbered ones from 0: before they take hold, or after."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.before: dict[int, str] = {}
        self.after: dict[int, str] = {}
        self.late: list[Callable[[], None]] = []
        self.appends = 0
        real = module.Append.run

        def run(append: Any, session: Any, seconds: float) -> None:
            number, self.appends = self.appends, self.appends + 1
            while self.late:
                self.late.pop()()
            if number in self.before:
                raise failure(self.before[number])
            real(append, session, seconds)
            if number in self.after:
                raise failure(self.after[number])

        patch.setattr(module.Append, "run", run)
        self.real = real


@pytest.fixture
def faults(gate: Gathering, monkeypatch: pytest.MonkeyPatch) -> Faults:
    _ = gate.system.supervisor
    return Faults(monkeypatch)


@pytest.mark.parametrize("number", [0, 1], ids=["intent", "receipt"])
@pytest.mark.parametrize("code", [DEADLOCK, NOT_A_LEADER, UNAVAILABLE, LOST])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_passing_fault_on_either_side_of_an_append_is_settled(
    example: Cast, gate: Gathering, faults: Faults, pay: Any, side: str, code: str, number: int
) -> None:
    getattr(faults, side)[number] = code
    signed = pay()
    assert codes(submit(gate, signed)) == ["COMMITTED"]
    assert faults.appends == (3 if side == "before" else 2)
    assert recorded(example, signed) == ["intent", "receipt"]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_fault_of_a_shared_append_is_settled_for_everybody_in_it(
    example: Cast, gate: Gathering, faults: Faults, pay: Any, side: str
) -> None:
    getattr(faults, side)[1] = LOST
    signed = [pay() for _ in range(9)]
    assert codes(gate.at_once(signed[0], signed[1:])) == ["COMMITTED"] * 9
    for each in signed:
        assert recorded(example, each) == ["intent", "receipt"]


def test_an_intent_that_could_never_be_written_is_not_recorded(
    example: Cast, gate: Gathering, faults: Faults, pay: Any
) -> None:
    faults.before = dict.fromkeys(range(1000), DEADLOCK)
    signed = pay()
    assert codes(submit(gate, signed)) == ["E_NOT_WRITTEN"]
    assert 1 < faults.appends < 20
    faults.before = {}
    assert recorded(example, signed) == []
    assert codes(submit(gate, signed)) == ["COMMITTED"]


def test_a_receipt_that_could_not_be_written_leaves_the_intent_to_be_finished(
    example: Cast, gate: Gathering, faults: Faults, pay: Any
) -> None:
    faults.before = dict.fromkeys(range(1, 1000), DEADLOCK)
    signed = pay()
    (left,) = submit(gate, signed)
    assert (left.status, left.error.code) == ("PENDING", "E_NOT_WRITTEN")
    faults.before = {}
    (finished,) = gate.system.supervisor.recover()
    assert (finished.intent, finished.status) == (signed.intent.cid, "COMMITTED")
    assert recorded(example, signed) == ["intent", "claim", "receipt"]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_commit_that_failed_in_the_server_is_unknown_unless_it_is_there(
    example: Cast, gate: Gathering, faults: Faults, pay: Any, side: str
) -> None:
    """A full disk: what is not there now may be there when the server has recovered."""
    getattr(faults, side)[0] = COMMIT_FAILED
    signed = pay()
    assert codes(submit(gate, signed)) == ["E_UNKNOWN_OUTCOME" if side == "before" else "COMMITTED"]
    assert recorded(example, signed) == ([] if side == "before" else ["intent", "receipt"])


def test_an_append_that_arrives_after_it_was_looked_up_is_found_and_not_made_again(
    example: Cast,
    gate: Gathering,
    faults: Faults,
    pay: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its bytes were on their way when the connection was lost; the server got them later."""
    kept: list[Any] = []
    run = module.Append.run

    def delayed(append: Any, session: Any, seconds: float) -> None:
        if not kept:
            kept.append(append)
            raise failure(LOST)
        if len(kept) == 1:
            kept.append(append)
            with gate.system.driver.session(database=gate.system.connection.database) as other:
                run(kept[0], other, seconds)
        run(append, session, seconds)

    monkeypatch.setattr(module.Append, "run", delayed)
    signed = pay()
    assert codes(submit(gate, signed)) == ["COMMITTED"]
    assert recorded(example, signed) == ["intent", "receipt"]
