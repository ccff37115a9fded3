"""Who has a key that was rotated out, and a database that nothing guards, convinces nobody.

What an entry's text says of its index decides whose signature it has to have; so what stands in
another place of the ledger than its text says is taken for nothing, however well it is signed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from logos_graph.canon import ContentId
from logos_graph.errors import NotVerified
from logos_graph.identity import Signer
from logos_graph.ledger import (
    Entry,
    EntryKind,
    Head,
    SupervisorKeys,
    accept_supervision,
    make_entry,
)
from logos_graph.ledger.merkle import Frontier
from logos_graph.logline import parse_signed_intent
from logos_graph.supervisor import Supervisor
from logos_graph.supervisor.ports import PendingIntent, Snapshot
from logos_graph.supervisor.told import read_told
from logos_graph.supervisor.view import View
from tests.ledger.conftest import ALLOW, POLICY, SUPERVISOR
from tests.ledger.test_rotation import Rotated
from tests.supervisor.paper import PERMIT, Ticking, act, leaf

RETIRED, IN_FORCE, THIEF = SUPERVISOR, *(Signer.from_seed(bytes([n]) * 32) for n in (71, 72))


class Rolled(Rotated):
    """A ledger that has changed hands; `turn` is the first index of the key in force."""

    def __init__(self) -> None:
        super().__init__()
        self.rotate(IN_FORCE)
        self.turn = len(self.entries)
        self.receipt(self.intent())
        self.receipt(self.intent())

    @property
    def keys(self) -> SupervisorKeys:
        return SupervisorKeys((RETIRED.did, IN_FORCE.did), (0, self.turn))

    def snapshot(self, head: Head, **changes: Any) -> Snapshot:
        tree = Frontier()
        for entry in self.entries:
            tree.append(leaf(entry))
        body: Any = self.entries[0].body
        principals = [{"kind": "principal", **each} for each in body["principals"]]
        snapshot = Snapshot(head, self.keys, tree.peaks, principals, [], PERMIT, [])
        return replace(snapshot, **changes)

    def forged(
        self, kind: str, body: dict[str, Any], *, index: int, signer: Signer = RETIRED
    ) -> Entry:
        """An entry that follows the last one, but for the index that its text says."""
        last = self.entries[-1].head
        return make_entry(
            replace(last, index=index - 1), EntryKind(kind), body,
            trace_id="0" * 26, now_ns=self.now + 1, policy_hash=ContentId(POLICY["id"]),
            signer=signer, ledger=last.ledger,
        )  # fmt: skip


@pytest.fixture
def ledger() -> Rolled:
    return Rolled()


def code(call: Any) -> str:
    with pytest.raises(NotVerified) as raised:
        call()
    return raised.value.code


def gate(ledger: Rolled, told: Snapshot) -> Supervisor:
    """A gate over what the database tells of this ledger."""

    class Store:
        def snapshot(self) -> Snapshot:
            return told

        def entry(self, index: int) -> Entry:
            return ledger.entries[index]

    class Writers:
        own = "w"

        def alive(self, _writer: str) -> bool:
            return False

    store: Any = Store()
    parts: Any = dict.fromkeys(("builder", "admission", "host", "outside"))
    return Supervisor(
        store=store, signers=lambda _did: IN_FORCE, clock=Ticking(), writers=Writers(), **parts
    )


def an_intent() -> dict[str, Any]:
    return {**act(1), "decision": ALLOW, "writer": "w"}


def test_an_old_index_in_the_place_of_the_next_entry_is_refused(ledger: Rolled) -> None:
    view = View(ledger.snapshot(ledger.entries[-1].head))
    before = view.head
    for index in (1, ledger.turn - 1, before.index):
        forged = ledger.forged("intent", an_intent(), index=index)
        assert code(lambda: view.catch_up([forged])) in ("E_CHAIN_INDEX", "E_CHAIN_SIGNATURE")  # noqa: B023
    genuine = ledger.forged("intent", an_intent(), index=before.index + 1, signer=IN_FORCE)
    assert code(
        lambda: view.catch_up([ledger.forged("intent", an_intent(), index=before.index + 1)])
    )
    assert (view.head, len(view.pending)) == (before, 0)
    view.catch_up([genuine])
    assert view.head == genuine.head


def test_time_that_stands_still_and_another_ledger_are_refused(ledger: Rolled) -> None:
    view = View(ledger.snapshot(ledger.entries[-1].head))
    genuine = ledger.forged("intent", an_intent(), index=view.head.index + 1, signer=IN_FORCE)
    for wrong, expected in (
        (replace(genuine, recorded_at=view.head.recorded_at), "E_CHAIN_TIME"),
        (replace(genuine, ledger="another"), "E_CHAIN_LEDGER"),
        (replace(genuine, prev_hash=genuine.hash), "E_CHAIN_PREV"),
    ):
        assert code(lambda: view.apply([wrong])) == expected  # noqa: B023


def test_a_rotation_out_of_its_stretch_is_refused(ledger: Rolled) -> None:
    this = {
        "did": THIEF.did, "previous": IN_FORCE.did,
        "signature": accept_supervision(ledger.ledger, IN_FORCE.did, THIEF),
    }  # fmt: skip
    genuine = ledger.entries[ledger.turn - 1].body
    body = {**genuine, "mutations": [{"kind": "supervisor", **this}]}
    forged = ledger.forged("receipt", body, index=ledger.turn - 1)
    keys = ledger.keys
    assert keys.signer_of(forged) == RETIRED.did  # it is signed as its index asks
    assert code(lambda: keys.apply(forged)) == "E_CHAIN_ROTATION"
    assert keys.current == IN_FORCE.did


def test_a_head_that_is_another_entry_than_it_says_keeps_the_gate_shut(ledger: Rolled) -> None:
    forged = ledger.forged("intent", an_intent(), index=ledger.turn - 1)
    ledger.entries.append(forged)
    head = replace(forged.head, index=len(ledger.entries) - 1)
    assert code(lambda: gate(ledger, ledger.snapshot(head))) == "E_CHAIN_HEAD"


def test_a_decision_in_the_place_of_another_entry_allows_nothing(ledger: Rolled) -> None:
    signed, index = an_intent(), ledger.turn
    forged = ledger.forged("intent", signed, index=ledger.turn - 1)
    waiting = PendingIntent(
        parse_signed_intent({"intent": signed["intent"], "signature": signed["signature"]}),
        ALLOW, ContentId(POLICY["id"]), index, "a-dead-writer",
    )  # fmt: skip
    opened = gate(ledger, ledger.snapshot(ledger.entries[-1].head, pending=[waiting]))
    ledger.entries[index] = forged
    (left,) = opened.recover()
    assert left.error is not None
    assert (left.status, left.error.code) == ("PENDING", "E_NOT_RECORDED")


def test_effects_from_before_the_decision_are_not_those_of_the_run(ledger: Rolled) -> None:
    signed = act(1)
    waiting = PendingIntent(
        parse_signed_intent({"intent": signed["intent"], "signature": signed["signature"]}),
        ALLOW, ContentId(POLICY["id"]), ledger.turn + 1, "w", effects=1,
    )  # fmt: skip
    run = ContentId("b3:" + "1" * 64)
    body = {
        "intent": waiting.cid, "run": run, "step": "s", "number": 1, "answers": [], "grant": run,
        "ordinal": 1, "attempt": 1, "key": run,
        "call": {"operation": "clock.now", "arguments": {}},
    }  # fmt: skip
    genuine = ledger.forged("effect", body, index=ledger.turn + 2, signer=IN_FORCE)
    assert len(read_told([genuine], waiting, run, ledger.keys)) == 1
    forged = ledger.forged("effect", body, index=ledger.turn - 1)
    assert code(lambda: read_told([forged], waiting, run, ledger.keys)) == "E_NOT_RECORDED"
