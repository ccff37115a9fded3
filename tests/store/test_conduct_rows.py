"""A day of conduct as a node, and back; and whether a decision saw what there was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import NotVerified
from logos_graph.governance import Conduct, Conducts, Kind, Risk
from logos_graph.store.conduct_rows import check_trajectory, conduct_row, day_text, read_conduct
from tests.ledger.conftest import AGENT, ALICE, ALLOW, DENY, Book

DAY_NS = 24 * 3600 * 10**9


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*Kind]),
            st.sampled_from([*Risk]),
            st.integers(0, 10**12),
            st.integers(0, DAY_NS - 1),
        ),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 60_000),
)
def test_a_day_survives_the_way_to_the_graph_and_back(found: list[Any], number: int) -> None:
    conduct = Conduct()
    for index, (kind, risk, amount, at) in enumerate(sorted(found, key=lambda act: act[3])):
        conduct = conduct.with_act(kind, risk, amount, number * DAY_NS + at, index)
    (day,) = conduct.days
    row = {name: value for name, value in conduct_row("did:x", day).items() if value is not None}
    assert read_conduct(row) == ("did:x", day)
    assert row["id"] == f"did:x/{day_text(number)}"


def test_days_are_written_as_dates_in_utc() -> None:
    assert (day_text(0), day_text(19_782), day_text(20_773)) == (
        "1970-01-01", "2024-02-29", "2026-11-16",
    )  # fmt: skip


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
