"""A submission has one end: what it is told is what became of it, however it came to that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from logos_graph.errors import EnvironmentFault, LogosError, Rejected
from logos_graph.ledger import Entry
from logos_graph.supervisor.commits import Submission
from logos_graph.supervisor.compose import Compose, Draft
from logos_graph.supervisor.journal import Journal
from logos_graph.supervisor.view import View
from tests.supervisor.paper import START, Paper, Ticking, act, code_of, end, record

ONE, OTHER, THIRD = (act(number) for number in range(3))


def submitted(*composes: Compose) -> list[Submission]:
    return [Submission(compose, {}) for compose in composes]


def once(error: Exception, then: Compose) -> Compose:
    """Fails the first time it is composed, and not again."""
    left = [error]

    def compose(view: View, now_ns: int) -> Sequence[Draft]:
        if left:
            raise left.pop()
        return then(view, now_ns)

    return compose


def afterwards(error: LogosError, first: Compose) -> Compose:
    """Can be composed the first time, and never again."""
    tried: list[bool] = []

    def compose(view: View, now_ns: int) -> Sequence[Draft]:
        if tried:
            raise error
        tried.append(True)
        return first(view, now_ns)

    return compose


def at_first(paper: Paper, does: Callable[[Sequence[Entry]], object]) -> None:
    """Something that happens at the first append only."""
    left = [does]

    def first(entries: Sequence[Entry]) -> None:
        if left:
            left.pop()(entries)

    paper.append_first = first


def unanswered(_entries: Sequence[Entry]) -> None:
    raise EnvironmentFault("E_NOT_WRITTEN", "no answer", under_way=True)


def overtaken(paper: Paper) -> Callable[[Sequence[Entry]], None]:
    """Another process writes first."""
    other = paper.journal(Ticking(START + 7))
    return lambda _entries: other.commit(record(THIRD))


def recorded(paper: Paper) -> list[object]:
    return [each.body["cid"] for each in paper.written if each.kind == "intent"]


# --- who was told an end has had it ---------------------------------------------------------------


@pytest.mark.parametrize("error", [EnvironmentFault("E_DATABASE", "down"), ZeroDivisionError()])
def test_who_was_told_that_it_failed_is_not_written_after_that(error: Exception) -> None:
    paper = Paper()
    at_first(paper, overtaken(paper))
    batch = submitted(once(error, record(ONE)), record(OTHER))
    paper.journal().settle(batch)
    with pytest.raises(type(error)):
        batch[0].check()
    batch[1].check()
    assert recorded(paper) == [THIRD["cid"], OTHER["cid"]]


def test_who_was_told_that_it_failed_does_not_come_back_into_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("logos_graph.supervisor.batch.MAX_BYTES", 1)
    paper = Paper()
    fault = EnvironmentFault("E_DATABASE", "down")
    batch = submitted(once(fault, end(ONE)), record(OTHER), record(ONE))
    journal = paper.journal()
    at_first(paper, overtaken(paper))
    assert journal.settle(batch) == batch[2:]


# --- an attempt that nobody answered --------------------------------------------------------------


def test_nothing_is_certain_while_an_attempt_is_open() -> None:
    """It is refused at the second attempt; the first one then takes hold after all."""
    paper, kept = Paper(), list[Entry]()
    journal = paper.journal()

    def lost(entries: Sequence[Entry]) -> None:
        kept.extend(entries)
        unanswered(entries)

    at_first(paper, lost)
    refused = afterwards(Rejected("E_CLOCK", "it is too old"), record(ONE))
    assert code_of(lambda: journal.commit(refused)) == "E_UNKNOWN_OUTCOME"
    paper.append(journal.view.head, kept, {}, journal.view.tree, journal.view.conducts)
    assert recorded(paper) == [ONE["cid"]]


def test_a_refusal_is_certain_once_something_else_took_the_place_of_the_open_attempt() -> None:
    paper = Paper()
    journal, overtake = paper.journal(), overtaken(paper)

    def lost(entries: Sequence[Entry]) -> None:
        paper.append_first = lambda _entries: None
        overtake(entries)
        unanswered(entries)

    paper.append_first = lost
    refused = afterwards(Rejected("E_CLOCK", "it is too old"), record(ONE))
    assert code_of(lambda: journal.commit(refused)) == "E_CLOCK"
    assert recorded(paper) == [THIRD["cid"]]


def test_a_database_that_goes_away_after_an_open_attempt_leaves_it_open() -> None:
    """Looking on needs the database; what it then says is of the look, not of the attempt."""

    class Gone(Paper):
        gone = False

        def entries(self, first: int) -> Iterable[Entry]:
            if self.gone:
                raise EnvironmentFault("E_DATABASE_DOWN", "there is no database")
            return super().entries(first)

    paper = Gone()
    journal = paper.journal()

    def lost(entries: Sequence[Entry]) -> None:
        paper.gone = True
        unanswered(entries)

    at_first(paper, lost)
    assert code_of(lambda: journal.commit(record(ONE))) == "E_UNKNOWN_OUTCOME"


def test_an_append_that_took_hold_before_it_failed_in_any_way_is_not_made_again() -> None:
    paper = Paper()
    journal = paper.journal()

    def stumble(entries: Sequence[Entry]) -> None:
        paper.written += entries
        raise KeyError("the answer cannot be read")

    at_first(paper, stumble)
    batch = submitted(record(ONE), record(OTHER))
    journal.settle(batch)
    assert [code_of(each.check) for each in batch] == [None, None]
    assert recorded(paper) == [ONE["cid"], OTHER["cid"]]


# --- reading on -----------------------------------------------------------------------------------


def test_reading_on_is_one_step_or_none() -> None:
    """Others look at the view meanwhile, and whoever reads may be interrupted at any entry."""
    paper = Paper()
    behind: Journal = paper.journal()
    seen = list[tuple[int, int, int]]()
    writer = paper.journal()
    for signed in (ONE, OTHER, THIRD):
        writer.commit(record(signed))

    def look() -> None:
        seen.append((behind.view.head.index, len(behind.view.pending), behind.view.tree.size))

    def interrupted() -> Iterable[Entry]:
        for entry in paper.written[1:3]:
            yield entry
            look()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        behind.view.catch_up(interrupted())
    look()
    assert set(seen) == {(0, 0, 1)}
    assert behind.catch_up()
    look()
    assert seen[-1] == (3, 3, 4)
    behind.commit(end(ONE))
