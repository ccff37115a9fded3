"""A retry policy on the command line: what it says, and that it is shown as it is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Json
from logos_graph.cli.retries import retry_limit, retry_text
from logos_graph.errors import InvalidInput
from logos_graph.graph.retry import parse_retry


def test_a_policy_is_said_in_the_units_of_people() -> None:
    assert retry_limit("attempts=4,first=200ms,factor=1.5,ceiling=5s,statuses=503+502,unknown") == {
        "attempts": 4, "first_ms": 200, "factor": "1.5", "ceiling_ms": 5000,
        "statuses": [502, 503], "unknown": True,
    }  # fmt: skip
    assert retry_limit("") == {}
    assert retry_limit("statuses=") == {"statuses": []}


@pytest.mark.parametrize(
    "text",
    [
        "attempts", "attempts=", "attempts=-1", "attempts=4,attempts=5", "first=200", "first=0.2s",
        "factor=1.55", "factor=x", "statuses=50", "statuses=502,503", "unknown=true", "jitter=1",
        "attempts=4,", ",", "attempts=٤",
    ],
)  # fmt: skip
def test_a_text_of_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        retry_limit(text)
    assert (refused.value.code, refused.value.hint) == (
        "E_USAGE", "as in attempts=4,first=200ms,factor=2,ceiling=5s,statuses=502+503,unknown",
    )  # fmt: skip


@given(
    st.integers(2, 10), st.integers(1, 60_000), st.integers(10, 100), st.integers(1, 60_000),
    st.sets(st.sampled_from([408, 425, 429, *range(500, 512)])), st.booleans(),
)  # fmt: skip
def test_what_is_shown_says_the_same_again(
    attempts: int, first: int, tenths: int, ceiling: int, statuses: set[int], unknown: bool
) -> None:
    whole, tenth = divmod(tenths, 10)
    policy: dict[str, Json] = {
        "attempts": attempts, "first_ms": min(first, ceiling), "ceiling_ms": ceiling,
        "factor": f"{whole}.{tenth}" if tenth else whole, "statuses": [*sorted(statuses)],
        "unknown": unknown,
    }  # fmt: skip
    text = retry_text(policy)
    assert parse_retry(retry_limit(text)) == parse_retry(policy)
    assert retry_text(retry_limit(text)) == text
