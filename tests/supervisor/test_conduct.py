"""Conduct is folded from the entries, one step an entry, and a fork goes its own way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from logos_graph.governance import Conducts, Kind, counted
from logos_graph.ledger import Entry, SupervisorKeys
from logos_graph.ledger.merkle import Frontier
from logos_graph.supervisor.context import context_of
from logos_graph.supervisor.ports import Snapshot
from logos_graph.supervisor.view import View
from tests.ledger.conftest import (
    AGENT,
    ALICE,
    ALLOW,
    BOB,
    DENY,
    DOUBT,
    FAILED,
    SUPERVISOR,
    Book,
    tell_story,
)
from tests.supervisor.paper import PERMIT, leaf

DAY = 24 * 3600 * 10**9


def folded(entries: Iterable[Entry], conducts: Conducts | None = None) -> Conducts:
    found = Conducts() if conducts is None else conducts
    for entry in entries:
        found = found.after(entry)
    return found


def verb(book: Book, name: str, risk: str, amount: str | None = "/amount") -> None:
    """Registers one by its receipt."""
    made: dict[str, Any] = {
        "name": name,
        "docs": "",
        "risk": risk,
        "schema": {},
        "flow": None,
        "amount": amount,
    }
    book.receipt(book.intent(SUPERVISOR, did="verb.register"), {"kind": "verb", **made})


def counts(conducts: Conducts, who: Any, now_ns: int) -> dict[Kind, tuple[int, ...]]:
    return counted(conducts.of_principal(who.did).days, now_ns)


def view_at(entries: list[Entry], conducts: Conducts) -> View:
    tree = Frontier()
    for entry in entries:
        tree.append(leaf(entry))
    body: Any = entries[0].body
    principals = [{"kind": "principal", **each} for each in body["principals"]]
    keys = SupervisorKeys((SUPERVISOR.did,), (0,))
    return View(
        Snapshot(entries[-1].head, keys, tree.peaks, principals, [], PERMIT, [], conducts=conducts)
    )


@pytest.fixture
def book() -> Book:
    return Book()


def test_each_end_counts_once_under_what_it_was(book: Book) -> None:
    for end in (
        book.receipt,
        lambda cid: book.receipt(cid, **FAILED),
        lambda cid: book.receipt(cid, **DOUBT),
        lambda cid: book.ghost(cid, "AgentAbort"),
    ):
        end(book.intent())
    book.ghost(book.intent(decision=DENY))
    book.refuse(book.intent(decision=book.require()), ALICE)
    late = {"consequence": "if_doubt", "commitment": "escalate:human"}
    book.ghost(book.intent(decision=book.require()), "ConsentTimeout", **late)
    book.ghost(book.intent(decision=DENY, did="invented"), "InvalidVerb")
    found = counts(folded(book.entries), AGENT, book.now)
    level_1 = (0, 1, 0, 0, 0, 0)
    assert found == dict.fromkeys(Kind, level_1) | {Kind.INVALID: (1, 0, 0, 0, 0, 0)}


def test_a_verb_counts_by_the_risk_it_had_in_the_very_entry_before(book: Book) -> None:
    book.ghost(book.intent(decision=DENY, did="pay"), "InvalidVerb")
    verb(book, "pay", "L4")
    book.ghost(book.intent(decision=DENY, did="pay"))
    found = counts(folded(book.entries), AGENT, book.now)
    assert found == {Kind.INVALID: (1, 0, 0, 0, 0, 0), Kind.DENIED: (0, 0, 0, 0, 1, 0)}


def test_what_others_do_counts_for_nobody_else(book: Book) -> None:
    book.receipt(book.intent(ALICE))
    book.ghost(book.intent(BOB, decision=DENY))
    conducts = folded(book.entries)
    assert counts(conducts, AGENT, book.now) == {}
    assert [*counts(conducts, ALICE, book.now)] == [Kind.DONE]


def test_what_is_allowed_is_spent_before_it_is_done(book: Book) -> None:
    """Else forty-seven transfers at once would each be the first of the day."""
    verb(book, "pay", "L3")
    first = book.intent(did="pay", this={"amount": 300})
    second = book.intent(did="pay", this={"amount": "50.50"})

    def spent(judged: str | None = None) -> int:
        conducts = folded(book.entries)
        return conducts.trajectory(AGENT.did, book.now, judged=judged).spent

    assert (spent(), spent(first), spent(second)) == (351, 51, 300)
    book.receipt(first)
    assert (spent(), spent(second)) == (351, 300)
    book.ghost(second, "AgentAbort")
    assert spent() == 300
    book.now += DAY
    assert spent() == 300
    book.now += DAY
    assert spent() == 0


def test_what_reached_outside_is_spent_however_it_ends(book: Book) -> None:
    """Else who pays, and cancels the run before its next step, would have spent nothing."""
    verb(book, "pay", "L3")
    paid = book.intent(did="pay", this={"amount": 300})
    book.effect(paid)
    book.outcome(paid)
    book.receipt(paid, **FAILED)
    book.receipt(book.intent(did="pay", this={"amount": 40}), **FAILED)
    conducts = folded(book.entries)
    assert conducts.trajectory(AGENT.did, book.now).spent == 300
    assert counts(conducts, AGENT, book.now) == {Kind.FAILED: (0, 0, 0, 2, 0, 0)}


def test_what_waits_for_consent_is_spent_when_it_is_given(book: Book) -> None:
    verb(book, "pay", "L3")
    asked = book.intent(decision=book.require(1), did="pay", this={"amount": 9})
    waiting = folded(book.entries)
    book.consent(asked, ALICE, ALLOW)
    given = folded(book.entries)
    spent = [each.trajectory(AGENT.did, book.now).spent for each in (waiting, given)]
    assert spent == [0, 9]
    assert given.trajectory(AGENT.did, book.now, judged=asked).spent == 0


def test_an_amount_that_was_refused_is_none(book: Book) -> None:
    verb(book, "pay", "L3")
    book.ghost(book.intent(decision=DENY, did="pay", this={"amount": -5}))
    found = folded(book.entries).trajectory(AGENT.did, book.now)
    assert (found.spent, found.ghosts) == (0, 1)


def test_a_view_counts_as_the_entries_say(book: Book) -> None:
    view = view_at(book.entries, folded(book.entries))
    for _ in range(3):
        book.receipt(book.intent())
        book.ghost(book.intent(decision=DENY))
        book.refuse(book.intent(decision=book.require()), ALICE)
        asked = book.intent(decision=book.require())
        book.consent(asked, ALICE)
        book.consent(asked, BOB, ALLOW)
        book.receipt(asked)
        book.now += DAY
    view.apply(book.entries[1:])
    for each in (AGENT, ALICE, BOB):
        said = folded(book.entries).of_principal(each.did)
        assert view.conducts.of_principal(each.did) == said
        assert said.days


def test_a_fork_leaves_the_view_as_it_was(book: Book) -> None:
    view = view_at(book.entries, folded(book.entries))
    told = len(book.entries)
    book.ghost(book.intent(decision=DENY))
    fork = view.fork()
    fork.apply(book.entries[told:])
    assert counts(view.conducts, AGENT, book.now) == {}
    assert [*counts(fork.conducts, AGENT, book.now)] == [Kind.DENIED]
    view.adopt(fork)
    assert [*counts(view.conducts, AGENT, book.now)] == [Kind.DENIED]


def test_policy_sees_the_trajectory_of_who_acts(book: Book) -> None:
    view = view_at(book.entries, folded(book.entries))
    told = len(book.entries)
    book.ghost(book.intent(decision=DENY))
    asked = book.intent()
    view.apply(book.entries[told:])
    pending = view.pending[asked]  # type: ignore[index]
    context = context_of(view, pending.signed.intent.logline, book.now, judged=pending.cid)
    assert context["trajectory"] == {
        "score": 111, "limit": 1208, "acts": 0, "ghosts": 1, "spent": 0,
    }  # fmt: skip


def test_the_days_of_a_batch_are_those_that_it_changed(book: Book) -> None:
    before = folded(book.entries)
    told = len(book.entries)
    book.receipt(book.intent())
    book.now += DAY
    book.ghost(book.intent(decision=DENY))
    book.receipt(book.intent(ALICE))
    after, days = before.changed(book.entries[told:])
    assert [(who, day.first, day.last) for (who, _), day in days.items()] == [
        (AGENT.did, told + 1, told + 1),
        (AGENT.did, told + 3, told + 3),
        (ALICE.did, told + 5, told + 5),
    ]
    assert after.of_principal(AGENT.did) == folded(book.entries).of_principal(AGENT.did)


def test_who_begins_anew_with_what_the_graph_keeps_knows_the_same(book: Book) -> None:
    verb(book, "pay", "L3")
    tell_story(book)
    book.intent(did="pay", this={"amount": 12})
    waiting = book.intent(decision=book.require(1), did="pay", this={"amount": 30})
    sent = book.intent(did="pay", this={"amount": 5})
    book.effect(sent)
    reached = {sent}
    read = folded(book.entries)
    verbs = [{"name": "transfer", "risk": "L1"}, {"name": "pay", "risk": "L3", "amount": "/amount"}]
    lines: dict[str, Any] = {str(e.body["cid"]): e.body for e in book.entries if e.kind == "intent"}
    open_ = [
        (cid, body["intent"]["logline"], body["decision"]["outcome"] == "ALLOW", cid in reached)
        for cid, body in lines.items()
        if read.who(cid) is not None
    ]
    days = [(who, day) for who in (AGENT.did, ALICE.did, BOB.did, SUPERVISOR.did)
            for day in read.of_principal(who).days]  # fmt: skip
    anew = Conducts.of(verbs, open_, days)
    told = len(book.entries)
    book.consent(waiting, ALICE, ALLOW)
    for conducts in (anew, read):
        assert conducts.trajectory(AGENT.did, book.now).spent == 17
    one, other = folded(book.entries[told:], anew), folded(book.entries[told:], read)
    for who in (AGENT, ALICE, BOB):
        assert one.trajectory(who.did, book.now) == other.trajectory(who.did, book.now)
    assert one.trajectory(AGENT.did, book.now).spent == 47
    book.receipt(sent, **FAILED)
    for conducts in (anew, read):
        ended = folded(book.entries[told:], conducts)
        assert ended.trajectory(AGENT.did, book.now).spent == 47
