"""Whether a decision saw the trajectory that there was."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.errors import NotVerified
from logos_graph.governance import Conducts, check_trajectory
from tests.ledger.conftest import AGENT, ALICE, ALLOW, DENY, Book


def story() -> tuple[Book, Conducts]:
    book = Book()
    book.ghost(book.intent(decision=DENY))
    conducts = Conducts()
    for entry in book.entries:
        conducts = conducts.after(entry)
    return book, conducts


def told(book: Book, **changes: int) -> dict[str, Any]:
    """A decision that saw one ghost of weight 1, or what the changes say."""
    seen = {"score": 111, "limit": 1208, "acts": 0, "ghosts": 1, "spent": 0, **changes}
    return {**ALLOW, "revision": len(book.entries) - 1, "context": {"trajectory": seen}}


def test_what_a_decision_saw_is_believed_when_it_was_so() -> None:
    book, conducts = story()
    book.intent(decision=told(book))
    check_trajectory(conducts, book.entries[-1])


@pytest.mark.parametrize("field", ["score", "limit", "acts", "ghosts", "spent"])
def test_a_decision_that_saw_another_trajectory_is_found(field: str) -> None:
    book, conducts = story()
    book.intent(decision=told(book, **{field: 112}))
    with pytest.raises(NotVerified) as refused:
        check_trajectory(conducts, book.entries[-1])
    assert refused.value.code == "E_TRAJECTORY"
    assert refused.value.data["index"] == book.entries[-1].index


@pytest.mark.parametrize("revision", [0, 2, 7])
def test_a_revision_that_is_not_the_entry_before_hides_no_trajectory(revision: int) -> None:
    book, conducts = story()
    book.intent(decision={**told(book, score=10_000), "revision": revision})
    with pytest.raises(NotVerified) as refused:
        check_trajectory(conducts, book.entries[-1])
    assert refused.value.code == "E_TRAJECTORY"


@pytest.mark.parametrize("context", [None, {}, {"alarms": 0}, {"trajectory": None}, []])
def test_only_a_denial_may_say_nothing_of_a_trajectory(context: Any) -> None:
    book, conducts = story()
    for decision in (ALLOW, book.require()):
        book.intent(decision={**decision, "context": context})
        with pytest.raises(NotVerified) as refused:
            check_trajectory(conducts, book.entries[-1])
        assert refused.value.code == "E_TRAJECTORY"
        book.entries.pop()
    book.intent(decision={**DENY, "context": context})
    check_trajectory(conducts, book.entries[-1])
    check_trajectory(conducts, book.add("checkpoint", {"decision": context}))


def test_a_consents_decision_saw_the_trajectory_of_who_asked() -> None:
    book, _ = story()
    asked = book.intent(AGENT, decision=book.require(1))
    this = book.bound(asked)
    cid = book.intent(ALICE, did="consent.give", this=this)
    conducts = Conducts()
    for entry in book.entries:
        conducts = conducts.after(entry)
    check_trajectory(conducts, book.answer(asked, cid, ALICE, this["expires_at"], told(book)))
    book.entries.pop()
    false = book.answer(asked, cid, ALICE, this["expires_at"], told(book, ghosts=0))
    with pytest.raises(NotVerified):
        check_trajectory(conducts, false)
