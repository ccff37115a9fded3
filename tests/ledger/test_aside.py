"""A walk that puts aside what has ended finds what one that holds everything finds."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.errors import LogosError
from logos_graph.ledger import InvariantReport, MemoryTable, State, Table, Walk, check_invariants
from logos_graph.scratch import scratch_file
from tests.ledger.conftest import Book, tell_story

NAME = {"kind": "name", "name": "n", "target": content_id(b"1")}


def walked(book: Any, aside: Table) -> InvariantReport:
    walk = Walk(None, aside)
    for entry in book.entries:
        walk.take(entry)
    return walk.report(None)


def folded_aside(book: Any, aside: Table) -> State:
    state = State(aside=aside)
    for entry in book.entries:
        state.apply_entry(entry)
    return state


def test_the_report_of_one_of_each_is_the_same(story: Any) -> None:
    held = check_invariants(story.entries, None)
    assert walked(story, MemoryTable()).json == held.json
    with scratch_file() as scratch:
        assert walked(story, scratch.table("walk")).json == held.json


def test_the_digest_is_the_same_and_what_has_ended_is_not_held(story: Any) -> None:
    held = story.state()
    aside = folded_aside(story, MemoryTable())
    assert aside.digest() == held.digest()
    assert aside.count() == held.count()
    open_ = [key for key, line in held.objects["logline"].items() if line["status"] == "PENDING"]
    assert sorted(aside.objects["logline"]) == sorted(open_)
    assert not aside.objects.get("run")
    assert not aside.objects.get("kv")
    assert len(open_) < len(held.objects["logline"])


def changed(book: Book, how: str) -> None:
    """One more act, wrong in one way, about what has ended before."""
    cid = book.intent()
    book.receipt(cid, NAME)
    match how:
        case "ends twice":
            book.receipt(cid)
        case "ghost after its end":
            book.ghost(cid)
        case "effect after its end":
            book.effect(cid)
        case "replayed":
            body = next(e.body for e in book.entries if e.body.get("cid") == cid)
            book.add("intent", body)
        case "consent to what has ended":
            book.consent(cid, book_people["alice"])
        case "one consent twice":
            asked = book.intent(decision=book.require())
            book.add("consent", book.consent(asked, book_people["alice"]).body)


book_people: dict[str, Any] = {}


@pytest.mark.parametrize(
    "how",
    [
        "ends twice", "ghost after its end", "effect after its end", "replayed",
        "consent to what has ended", "one consent twice",
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_ended_intent_is_found_all_the_same(
    book: Book, people: dict[str, Any], how: str
) -> None:
    book_people.update(people)
    tell_story(book)
    changed(book, how)
    held, aside = check_invariants(book.entries, None), walked(book, MemoryTable())
    for one, other in zip(held.checks, aside.checks, strict=True):
        assert (one.ok, one.first_offender) == (other.ok, other.first_offender), one.name
    assert not held.I1.ok or not held.I3.ok


def test_a_state_that_was_put_aside_refuses_a_second_end(book: Book) -> None:
    cid = book.intent()
    book.receipt(cid)
    book.receipt(cid)
    with pytest.raises(LogosError, match="COMMITTED already") as caught:
        folded_aside(book, MemoryTable())
    assert (caught.value.code, caught.value.data["index"]) == ("E_STATE", 3)


def test_the_memory_of_a_walk_does_not_grow_with_the_ledger() -> None:
    """Ten times the entries: what is held after them is the same, but for chance."""

    def held_after(intents: int) -> int:
        book = Book()
        with scratch_file() as scratch:
            walk = Walk(None, scratch.table("walk"))
            walk.take(book.entries[0])
            gc.collect()
            tracemalloc.start()
            for _ in range(intents):
                book.receipt(book.intent())
                for entry in book.entries[-2:]:
                    walk.take(entry)
                book.entries = book.entries[-1:]
            gc.collect()
            size, _peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert walk.report(None).counts.committed == intents
        return size

    few, many = held_after(2200), held_after(6600)
    assert many < few + 500_000  # 4,400 intents, held, would be some 20 MB
