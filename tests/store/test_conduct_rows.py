"""A day of conduct as a node, and back."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logos_graph.governance import Conduct, Kind, Risk
from logos_graph.store.conduct_rows import conduct_row, day_text, read_conduct

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
