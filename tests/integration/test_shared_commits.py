"""Submissions of one process share transactions; each has its own end, whatever the others'."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.ledger.merkle import Frontier, hash_leaf, leaf_data, nodes_of
from logos_graph.store import store as module
from logos_graph.store.projection import Projection, project
from logos_graph.store.statements import Statement
from logos_graph.supervisor.view import View
from tests.integration.gathering import Gathering, codes, gathering

if TYPE_CHECKING:
    from logos_graph.canon import Json
    from logos_graph.logline import SignedIntent
    from logos_graph.settings import Settings
    from tests.integration.conftest import Cast

Pay = Callable[[], "SignedIntent"]


@pytest.fixture
def pay(example: Cast, payment: Callable[[str], dict[str, Json]]) -> Pay:
    """Signs a transfer that the policy allows."""
    return lambda: example.sign(example.agent, "transfer", payment("ok"))


@pytest.fixture
def gate(example: Cast, settings: Settings) -> Iterator[Gathering]:
    with gathering(settings) as made:
        yield made


def recorded(example: Cast, signed: SignedIntent) -> list[str]:
    """The kinds of the entries about an intent, in a ledger that verifies."""
    cid = signed.intent.cid
    return [
        str(entry.kind)
        for entry in example.verified()
        if cid in (entry.body.get("cid"), entry.body.get("intent"))
    ]


def test_sixty_four_threads_share_transactions_and_each_has_its_own_result(
    example: Cast, gate: Gathering, pay: Pay
) -> None:
    first, *others = [pay() for _ in range(64)]
    ended: Any = gate.at_once(first, others)
    assert codes(ended) == ["COMMITTED"] * 64
    alone, shared, *_ = gate.store.transactions
    assert alone == 1
    assert shared >= 63  # all that waited; and the first one's receipt, if that was so quick
    assert sum(gate.store.transactions) == 128
    assert len(gate.store.transactions) < 128
    for signed, outcome in zip([first, *others], ended, strict=True):
        stored: Any = example.system.reader.run(outcome.result["run"])
        assert (outcome.intent, stored["intent"]) == (signed.intent.cid, signed.intent.cid)
    kinds = [str(entry.kind) for entry in example.verified()[-128:]]
    assert (kinds.count("intent"), kinds.count("receipt")) == (64, 64)


def test_an_intent_submitted_twice_at_once_is_recorded_once_and_nobody_else_notices(
    example: Cast, gate: Gathering, pay: Pay
) -> None:
    twice, others = pay(), [pay() for _ in range(16)]
    submitted = [*others[:5], twice, *others[5:9], twice, *others[9:]]
    ended: Any = gate.at_once(pay(), submitted, twins=1)
    assert codes(ended) == ["COMMITTED"] * 19
    assert [number for number, each in enumerate(ended) if each.repeated] in ([6], [11])
    assert ended[6].result == ended[11].result
    assert recorded(example, twice) == ["intent", "receipt"]


def test_what_the_guard_refuses_takes_none_of_the_others_with_it(
    example: Cast, gate: Gathering, pay: Pay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the entries comes with a change that the guard does not let pass."""
    culprit, others = pay(), [pay() for _ in range(16)]

    def with_a_trespass(entries: Any, blobs: Any, conducts: Any) -> Projection:
        out = project(entries, blobs, conducts)
        for entry in entries:
            if entry.body.get("cid") == culprit.intent.cid:
                value = {"id": "n/k", "namespace": "n", "key": "k", "value": ""}
                stolen = {"entry": entry.hash, "index": 0, "values": [value]}
                out.statements.append(Statement("graph/stored_values", stolen))
        return out

    monkeypatch.setattr(module, "project", with_a_trespass)
    ended = codes(gate.at_once(pay(), [*others[:7], culprit, *others[7:]]))
    assert ended == ["COMMITTED"] * 8 + ["E_GUARD"] + ["COMMITTED"] * 9
    assert recorded(example, culprit) == []
    assert example.system.store.values(["n/k"]) == {}


def test_another_process_that_was_first_makes_the_whole_batch_judged_again(
    example: Cast, gate: Gathering, pay: Pay
) -> None:
    others = [pay() for _ in range(16)]
    gate.meanwhile = lambda: example.system.supervisor.execute(pay())
    before = len(example.verified())
    assert codes(gate.at_once(pay(), others)) == ["COMMITTED"] * 17
    assert len(example.verified()) == before + 2 * 18


def test_what_is_denied_in_a_batch_becomes_its_own_ghost(
    example: Cast, gate: Gathering, pay: Pay
) -> None:
    stranger = example.sign(example.agent, "no.such.verb", {})
    assert codes(gate.at_once(pay(), [pay(), stranger, pay()])) == [
        "COMMITTED", "COMMITTED", "GHOST", "COMMITTED",
    ]  # fmt: skip
    assert recorded(example, stranger) == ["intent", "ghost"]


def test_two_principals_of_one_name_at_once_are_one_principal_and_one_ghost(
    example: Cast, gate: Gathering
) -> None:
    """Both receipts are in one batch; a constraint lets one of them in."""

    def registers(number: int) -> SignedIntent:
        from logos_graph.identity import Signer

        did = Signer.from_seed(f"twin {number}".encode().ljust(32)).did
        this: dict[str, Json] = {"did": did, "name": "twin", "type": "service", "roles": []}
        return example.sign(example.operator, "principal.register", this)

    ended = gate.at_once(registers(0), [registers(1), registers(2)])
    assert sorted(codes(ended)) == ["COMMITTED", "GHOST", "GHOST"]
    assert example.count("Principal", name="twin") == 1


def test_a_full_queue_refuses_an_intent_and_nothing_of_it_is_recorded(
    example: Cast, settings: Settings, pay: Pay
) -> None:
    refused, late = list[Any](), pay()
    with gathering(settings, queue=2) as gate:

        def one_more() -> None:
            thread = threading.Thread(target=lambda: refused.extend(submit(gate, late)))
            thread.start()
            thread.join()

        gate.meanwhile = one_more
        assert codes(gate.at_once(pay(), [pay(), pay()])) == ["COMMITTED"] * 3
        assert codes(refused) == ["E_QUEUE_FULL"]
        assert recorded(example, late) == []
        assert codes(submit(gate, late)) == ["COMMITTED"]


def submit(gate: Gathering, signed: SignedIntent) -> list[Any]:
    from logos_graph.errors import LogosError

    try:
        return [gate.system.supervisor.execute(signed)]
    except LogosError as error:
        return [error]


def test_an_intent_whose_turn_does_not_come_in_time_is_not_recorded(
    example: Cast, settings: Settings, pay: Pay
) -> None:
    waiting = pay()
    with gathering(settings, wait=1) as gate:

        def until_it_has_left() -> None:
            while gate.system.supervisor.waiting:
                os.sched_yield()

        gate.meanwhile = until_it_has_left
        assert codes(gate.at_once(pay(), [waiting])) == ["COMMITTED", "E_QUEUE_TIMEOUT"]
        assert recorded(example, waiting) == []


def test_an_append_that_the_database_holds_up_is_ended_and_leaves_nothing(
    example: Cast, settings: Settings, pay: Pay
) -> None:
    """Somebody who may write holds the head's lock and does not let go."""
    late = pay()
    with gathering(settings, append=5) as gate:
        system = gate.system
        _ = system.supervisor
        with system.driver.session(database=system.connection.database) as session:
            holding = session.begin_transaction()
            holding.run("MATCH (head:LedgerHead) SET head.lock = 0").consume()
            assert codes(submit(gate, late)) == ["E_QUEUE_TIMEOUT"]
            holding.rollback()
    assert recorded(example, late) == []
    assert codes([example.system.supervisor.execute(late)]) == ["COMMITTED"]


def test_a_clock_set_back_by_a_day_leaves_the_ledgers_time_growing(
    example: Cast, settings: Settings, payment: Callable[[str], dict[str, Json]]
) -> None:
    class Behind:
        def __init__(self, clock: Any) -> None:
            self.clock = clock

        def now_ns(self) -> int:
            return int(self.clock.now_ns()) - 24 * 60 * 60 * 1_000_000_000

        def fresh_id(self) -> str:
            return str(self.clock.fresh_id())

    with gathering(settings) as gate:
        behind: Any = Behind(gate.system.clock)
        gate.system.clock = behind
        signed = [
            gate.system.compose(
                example.agent, "transfer", payment("ok"),
                if_ok="abort", if_doubt="abort", if_not="abort",
            )
            for _ in range(3)
        ]  # fmt: skip
        assert codes(gate.at_once(signed[0], signed[1:])) == ["COMMITTED"] * 3
    entries = example.verified()[-7:]
    steps = [later.recorded_at - entry.recorded_at for entry, later in pairwise(entries)]
    assert steps == [1] * 6


# --- the tree that is kept with the entries -------------------------------------------------------


def test_the_tree_that_is_kept_is_the_tree_of_the_entries(
    example: Cast, gate: Gathering, pay: Pay
) -> None:
    gate.at_once(pay(), [pay() for _ in range(5)])
    entries = example.verified()
    nodes = nodes_of(hash_leaf(leaf_data(entry)) for entry in entries)
    assert example.system.store.tree_nodes(nodes) == nodes


def test_a_process_that_starts_has_the_tree_of_one_that_runs(
    example: Cast, gate: Gathering, pay: Pay
) -> None:
    gate.at_once(pay(), [pay()])
    frontier = Frontier()
    for entry in example.verified():
        frontier.append(hash_leaf(leaf_data(entry)))
    snapshot = example.system.store.snapshot()
    assert snapshot is not None
    example.system.supervisor.catch_up()
    for view in (View(snapshot), gate.system.supervisor.view, example.system.supervisor.view):
        assert (view.tree.size, view.tree.root()) == (frontier.size, frontier.root())
