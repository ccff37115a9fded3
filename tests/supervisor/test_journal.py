"""What the journal promises of batches, of time and of attempts; on paper, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import EnvironmentFault, LogosError, Rejected
from logos_graph.ledger import Entry, verify_chain
from logos_graph.ledger.merkle import Frontier
from logos_graph.supervisor import batch as batches
from logos_graph.supervisor.commits import Submission
from logos_graph.supervisor.compose import Compose, Draft
from logos_graph.supervisor.view import View
from tests.ledger.conftest import SUPERVISOR
from tests.supervisor.paper import START, Paper, Ticking, act, code_of, end, leaf, record

ACTS = [act(number) for number in range(4)]
DAY = 24 * 60 * 60 * 1_000_000_000
SUBMISSIONS = st.lists(
    st.tuples(st.sampled_from([record, end]), st.sampled_from(ACTS)), max_size=14
)


def submitted(*composes: Compose) -> list[Submission]:
    return [Submission(compose, {}, asks_store=False) for compose in composes]


def said(paper: Paper) -> list[tuple[str, object]]:
    """What the ledger tells, without when and under which ids."""
    return [(str(e.kind), e.body.get("cid", e.body.get("intent"))) for e in paper.written]


# --- batches --------------------------------------------------------------------------------------


@given(SUBMISSIONS)
def test_a_batch_ends_as_the_same_submissions_one_by_one(chosen: list[Any]) -> None:
    one_by_one, together = Paper(), Paper()
    single = one_by_one.journal()
    alone = [code_of(lambda: single.commit(kind(signed))) for kind, signed in chosen]  # noqa: B023

    journal = together.journal()
    batch = submitted(*(kind(signed) for kind, signed in chosen))
    assert journal.settle(batch) == []
    assert [code_of(each.check) for each in batch] == alone
    assert said(together) == said(one_by_one)
    assert len(list(verify_chain(together.written, SUPERVISOR.did))) == len(together.written)
    assert journal.view.head == together.head
    tree = Frontier()
    for entry in together.written:
        tree.append(leaf(entry))
    assert journal.view.tree.peaks == tree.peaks


def test_what_nothing_speaks_against_is_one_transaction() -> None:
    paper = Paper()
    batch = submitted(*(kind(signed) for kind in (record, end) for signed in ACTS))
    paper.journal().settle(batch)
    assert paper.appends == [8]


def test_nobody_is_told_a_refusal_that_rests_on_what_did_not_take_hold() -> None:
    """`end` is refused after another `end` of the same batch, which is lost with the database."""
    paper = Paper()
    journal = paper.journal()
    journal.commit(record(ACTS[0]))

    def vanish(_entries: Sequence[Entry]) -> None:
        raise EnvironmentFault("E_UNKNOWN_OUTCOME", "gone", index=0)

    paper.append_first = vanish
    first, second = submitted(end(ACTS[0]), end(ACTS[0]))
    journal.settle([first, second])
    assert code_of(first.check) == "E_UNKNOWN_OUTCOME"
    assert code_of(second.check) == "E_NOT_WRITTEN"
    assert ACTS[0]["cid"] in journal.view.pending


def test_each_of_a_batch_learns_which_entry_of_its_own_is_in_doubt() -> None:
    paper = Paper()

    def vanish(_entries: Sequence[Entry]) -> None:
        raise EnvironmentFault("E_UNKNOWN_OUTCOME", "gone", index=0)

    paper.append_first = vanish
    batch = submitted(*map(record, ACTS))
    paper.journal().settle(batch)
    found = []
    for each in batch:
        with pytest.raises(EnvironmentFault) as told:
            each.check()
        found.append(told.value.data["index"])
    assert found == [1, 2, 3, 4]


def test_a_bug_in_one_submission_is_its_own() -> None:
    def broken(_view: View, _now_ns: int) -> list[Draft]:
        raise ZeroDivisionError

    paper = Paper()
    batch = submitted(record(ACTS[0]), broken, record(ACTS[1]))
    paper.journal().settle(batch)
    batch[0].check()
    batch[2].check()
    with pytest.raises(ZeroDivisionError):
        batch[1].check()
    assert paper.appends == [2]


def test_what_the_store_cannot_take_for_any_reason_is_told_to_its_own_submission() -> None:
    def stumble(entries: Sequence[Entry]) -> None:
        if any(each.body.get("cid") == ACTS[2]["cid"] for each in entries):
            raise KeyError("a blob is missing")

    paper = Paper()
    paper.append_first = stumble
    batch = submitted(*map(record, ACTS))
    paper.journal().settle(batch)
    with pytest.raises(KeyError):
        batch[2].check()
    assert [code_of(each.check) for each in (batch[0], batch[1], batch[3])] == [None] * 3
    assert len(paper.written) == 4


def test_what_is_too_much_for_one_transaction_is_left_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MAX_BYTES", 1)
    paper = Paper()
    journal, batch = paper.journal(), submitted(*map(record, ACTS))
    assert journal.settle(batch) == batch[1:]
    assert paper.appends == [1]
    for signed in ACTS[1:]:
        journal.commit(record(signed))


# --- others, and faults that pass -----------------------------------------------------------------


def test_a_batch_that_comes_second_is_composed_again_on_what_came_first() -> None:
    paper = Paper()
    journal, other = paper.journal(), paper.journal(Ticking(START + 7))
    journal.commit(record(ACTS[0]))
    other.catch_up()
    faster = [lambda: other.commit(end(ACTS[0]))]

    def overtake(_entries: Sequence[Entry]) -> None:
        if faster:
            faster.pop()()

    paper.append_first = overtake
    batch = submitted(record(ACTS[1]), end(ACTS[0]), record(ACTS[2]))
    journal.settle(batch)
    assert [code_of(each.check) for each in batch] == [None, "E_SETTLED", None]
    assert [kind for kind, _ in said(paper)] == ["genesis", "intent", "ghost", "intent", "intent"]


def failing(paper: Paper, times: int, *, late: bool = False) -> list[Sequence[Entry]]:
    """The store says so many times that it did not take hold; `late`: then it does after all."""
    tried: list[Sequence[Entry]] = []

    def fail(entries: Sequence[Entry]) -> None:
        if len(tried) < times:
            tried.append(entries)
            if late:
                paper.written += entries
            raise EnvironmentFault("E_NOT_WRITTEN", "a deadlock")

    paper.append_first = fail
    return tried


def test_what_did_not_take_hold_is_tried_again() -> None:
    paper = Paper()
    tried = failing(paper, 3)
    paper.journal().commit(record(ACTS[0]))
    assert (len(tried), paper.appends) == (3, [1])


def test_what_never_takes_hold_is_given_up_and_told_to_all() -> None:
    paper = Paper()
    failing(paper, 1000)
    batch = submitted(record(ACTS[0]), end(ACTS[1]), record(ACTS[2]))
    paper.journal().settle(batch)
    assert [code_of(each.check) for each in batch] == ["E_NOT_WRITTEN"] * 3
    assert len(paper.written) == 1


def test_an_attempt_that_takes_hold_late_is_not_made_twice() -> None:
    paper = Paper()
    failing(paper, 1, late=True)
    batch = submitted(record(ACTS[0]), record(ACTS[1]))
    paper.journal().settle(batch)
    assert [code_of(each.check) for each in batch] == [None, None]
    assert [kind for kind, _ in said(paper)] == ["genesis", "intent", "intent"]


def test_a_refusal_is_believed_only_on_what_is_current() -> None:
    paper = Paper()
    journal = paper.journal()
    paper.journal().commit(record(ACTS[0]))
    journal.commit(end(ACTS[0]))
    assert [kind for kind, _ in said(paper)] == ["genesis", "intent", "ghost"]


# --- the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [-DAY, -1, 0, 1, DAY])
def test_time_only_grows_when_the_clock_jumps(jump: int) -> None:
    paper, clock = Paper(), Ticking()
    journal = paper.journal(clock)
    journal.commit(record(ACTS[0]))
    clock.time += jump
    for signed in ACTS[1:]:
        journal.commit(record(signed))
    times = [entry.recorded_at for entry in paper.written]
    assert times == sorted(set(times))
    assert times[-3] == max(clock.time, times[-4] + 1)


@pytest.mark.parametrize("behind", [1, DAY])
def test_time_only_grows_after_a_restart_with_a_clock_behind_the_head(behind: int) -> None:
    paper = Paper()
    paper.journal(Ticking(START + DAY)).commit(record(ACTS[0]))
    later = paper.journal(Ticking(START + DAY - behind))
    judged: list[int] = []

    def compose(view: View, now_ns: int) -> Sequence[Draft]:
        judged.append(now_ns)
        return record(ACTS[1])(view, now_ns)

    later.commit(compose)
    assert [entry.recorded_at for entry in paper.written[-2:]] == [START + DAY, START + DAY + 1]
    assert judged == [START + DAY + 1]  # what is judged and what is recorded is one instant


def test_the_clock_passes_the_ledgers_time_again_and_is_followed() -> None:
    paper, clock = Paper(), Ticking(START + DAY)
    journal = paper.journal(clock)
    journal.commit(record(ACTS[0]))
    clock.time = START
    journal.commit(record(ACTS[1]))
    clock.time = START + 2 * DAY
    journal.commit(record(ACTS[2]))
    assert [entry.recorded_at - START for entry in paper.written[-3:]] == [DAY, DAY + 1, 2 * DAY]


def test_a_batch_has_one_time_after_another() -> None:
    paper = Paper()
    paper.journal(Ticking(0)).settle(submitted(*map(record, ACTS)))
    times = [entry.recorded_at for entry in paper.written]
    assert times == sorted(set(times))


# --- the view -------------------------------------------------------------------------------------


def test_a_fork_goes_its_own_way_until_it_is_adopted() -> None:
    paper = Paper()
    journal = paper.journal()
    view, fork = journal.view, journal.view.fork()
    journal.commit(record(ACTS[0]))
    assert view is journal.view
    assert (fork.head.index, len(fork.pending), fork.tree.size) == (0, 0, 1)
    fork.apply(paper.written[1:])
    other = paper.journal().view
    other.adopt(fork)
    assert (other.head, other.tree.peaks) == (view.head, view.tree.peaks)
    assert dict(other.pending) == dict(view.pending)


def test_others_see_only_what_is_committed() -> None:
    paper = Paper()
    journal, seen = paper.journal(), list[int]()

    def look(_entries: Sequence[Entry]) -> None:
        seen.append(len(journal.view.pending))

    paper.append_first = look
    journal.settle(submitted(*map(record, ACTS)))
    assert (seen, len(journal.view.pending)) == ([0], 4)


def test_a_refusal_is_a_refusal() -> None:
    """What these tests take for the store's constraint is one."""
    journal = Paper().journal()
    journal.commit(record(ACTS[0]))
    with pytest.raises(Rejected) as refused:
        journal.commit(record(ACTS[0]))
    assert isinstance(refused.value, LogosError)
    assert refused.value.code == "E_NONCE_USED"
