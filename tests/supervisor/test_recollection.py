"""Who writes to a database that nothing guards tells nobody what the ledger does not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from logos_graph.canon import ContentId, content_id
from logos_graph.errors import NotVerified
from logos_graph.ledger import Entry, SupervisorKeys
from logos_graph.ledger.merkle import Frontier
from logos_graph.supervisor import Supervisor
from logos_graph.supervisor.ports import OpenEscalation, Snapshot
from logos_graph.supervisor.recollection import Recollection, is_escalated
from logos_graph.supervisor.view import View
from tests.ledger.conftest import AGENT, SUPERVISOR, Book
from tests.ledger.test_followups import GHOST, attempt, bound
from tests.ledger.test_runs_in_hand import cancel, claim
from tests.supervisor.paper import PERMIT, Ticking, leaf

KEYS = SupervisorKeys((SUPERVISOR.did,), (0,))


class Shelf:
    """The store: the entries as they were written."""

    def __init__(self, entries: list[Entry]) -> None:
        self.written, self.appended = entries, list[Any]()

    def entry(self, index: int) -> Entry | None:
        return self.written[index] if 0 <= index < len(self.written) else None

    def entries(self, first: int) -> Iterable[Entry]:
        return iter(self.written[first:])

    def append(self, *entries: Any) -> None:
        self.appended.append(entries)


def snapshot(entries: list[Entry], **told: Any) -> Snapshot:
    tree = Frontier()
    for entry in entries:
        tree.append(leaf(entry))
    body: Any = entries[0].body
    principals = [{"kind": "principal", **each} for each in body["principals"]]
    first = Snapshot(entries[-1].head, KEYS, tree.peaks, principals, [], PERMIT, [])
    return replace(first, **told)


def view_of(book: Book) -> View:
    """As the signed entries alone make it."""
    view = View(snapshot(book.entries[:1]))
    view.catch_up(book.entries[1:])
    return view


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def begun(book: Book) -> str:
    """An intent with everything that can happen to one that is open."""
    cid = bound(book, if_not="retry:2")
    book.effect(cid)
    book.outcome(cid)
    attempt(book, cid)
    claim(book, cid)
    book.effect(cid, 2)
    cancel(book, cid)
    claim(book, cid, writer="u")
    return cid


def test_what_the_entries_tell_is_believed(book: Book, begun: str) -> None:
    view, cid = view_of(book), ContentId(begun)
    found = view.pending[cid]
    assert (found.effects, found.past_effects, found.attempts) == (2, 1, 1)
    assert found.cancelled is not None
    store: Any = Shelf(book.entries)
    Recollection(store, [found]).check(view, cid)
    Recollection(store, [found]).check(view, ContentId(content_id(b"another")))


FORGED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "an effect is forgotten": lambda it: {"effects": it.effects - 1},
    "effects are of a past attempt": lambda it: {"past_effects": it.effects},
    "an attempt that none was": lambda it: {"attempts": 2, "attempt_index": it.claimed},
    "attempts are forgotten": lambda _: {"attempts": 0, "attempt_index": 0, "wake_at": None},
    "it waits for ever": lambda it: {"wake_at": it.wake_at + 10**18},
    "somebody else has it": lambda _: {"writer": "a-living-one"},
    "it was claimed another time": lambda it: {"claimed": it.claimed + 1},
    "its holder has all the time": lambda it: {"claimed_at": it.claimed_at + 10**18},
    "nobody cancelled it": lambda _: {"cancelled": None},
    "another cancelled it": lambda it: {"cancelled": {**it.cancelled, "by": SUPERVISOR.did}},
    "another policy judged it": lambda _: {"policy_hash": content_id(b"policy")},
    "it runs another flow": lambda _: {"flow": content_id(b"flow")},
}


@pytest.mark.parametrize("what", FORGED)
def test_what_the_entries_do_not_tell_is_not_believed(book: Book, begun: str, what: str) -> None:
    view, cid = view_of(book), ContentId(begun)
    forged = replace(view.pending[cid], **FORGED[what](view.pending[cid]))
    view.pending = view.pending.insert(cid, forged)
    store: Any = Shelf(book.entries)
    with pytest.raises(NotVerified) as raised:
        Recollection(store, [forged]).check(view, cid)
    assert raised.value.code == "E_NOT_RECORDED"


def test_entries_that_do_not_lead_to_the_head_tell_nothing(book: Book, begun: str) -> None:
    view, cid = view_of(book), ContentId(begun)
    *most, before, last = book.entries
    for entries, code in (([*most, before], "E_CHAIN_HEAD"), ([*most, last], "E_CHAIN_INDEX")):
        store: Any = Shelf(entries)
        with pytest.raises(NotVerified) as raised:
            Recollection(store, [view.pending[cid]]).check(view, cid)
        assert raised.value.code == code


def gate(shelf: Shelf, told: Snapshot) -> Supervisor:
    class Writers:
        own = "w"

        def alive(self, writer: str) -> bool:
            return writer == "a-living-one"

    store: Any = shelf
    store.snapshot = lambda: told
    parts: Any = dict.fromkeys(("builder", "admission", "host", "outside"))
    clock = Ticking(told.head.recorded_at + 1)
    return Supervisor(
        store=store, signers=lambda _did: SUPERVISOR, clock=clock, writers=Writers(), **parts
    )


@pytest.mark.parametrize("what", ["an effect is forgotten", "it waits for ever"])
def test_the_gate_names_what_is_not_believed_and_carries_nothing_out(
    book: Book, begun: str, what: str
) -> None:
    found = view_of(book).pending[ContentId(begun)]
    forged = replace(found, **FORGED[what](found))
    shelf = Shelf(book.entries)
    (left,) = gate(shelf, snapshot(book.entries, pending=[forged])).recover()
    assert left.error is not None
    assert (left.status, left.error.code, shelf.appended) == ("PENDING", "E_NOT_RECORDED", [])


@pytest.mark.parametrize(
    "decision", [{}, {"outcome": "REQUIRE"}, {"outcome": "REQUIRE", "expires_at": "x"}]
)
def test_a_decision_that_is_none_does_not_keep_the_others(
    book: Book, begun: str, decision: Any
) -> None:
    """What the database tells may be anything."""
    found = view_of(book).pending[ContentId(begun)]
    other = view_of_another(book)
    broken = replace(other, decision=decision)
    shelf = Shelf(book.entries)
    pending = [broken, replace(found, effects=0)]
    opened = gate(shelf, snapshot(book.entries, pending=pending))
    ended = {each.intent for each in opened.recover()}
    assert (found.cid in ended, ended <= {broken.cid, found.cid}) == (True, True)


def view_of_another(book: Book) -> Any:
    cid = bound(book)
    return view_of(book).pending[ContentId(cid)]


# escalations --------------------------------------------------------------------------------------


def escalated(book: Book) -> OpenEscalation:
    cid = bound(book, AGENT, if_not=GHOST["commitment"])
    book.receipt(cid, outcome="failed", **GHOST)
    (opened,) = view_of(book).escalations.values()
    return opened


@pytest.mark.parametrize(
    "changes",
    [{"expires_at": 1}, {"handler": "agent"}, {"target": AGENT.did}, {"index": 1}, {"index": 99}],
)
def test_an_escalation_that_nobody_signed_does_not_expire(
    book: Book, changes: dict[str, Any]
) -> None:
    opened = escalated(book)
    shelf = Shelf(book.entries)
    store: Any = shelf
    assert is_escalated(store, KEYS, opened)
    forged = replace(opened, **{"expires_at": 1, **changes})
    assert not is_escalated(store, KEYS, forged)
    assert gate(shelf, snapshot(book.entries, escalations=[forged])).expire() == ()
    assert shelf.appended == []
