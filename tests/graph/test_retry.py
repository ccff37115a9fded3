"""A grant's retry policy: its bounds, what is worth another try, and when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput
from logos_graph.graph.capabilities import Capability, HttpLimits, parse_limits
from logos_graph.graph.retry import FAILURES, LOST, Retry, Sent

MS = 1_000_000


def policy(**said: Json) -> Retry:
    limits = parse_limits(Capability.HTTP, {"allow": ["GET http://a.example"], "retry": said})
    assert isinstance(limits, HttpLimits)
    assert limits.retry is not None
    return limits.retry


def answered(status: int) -> Json:
    return {"answered": {"status": status, "headers": [], "body": ""}}


def test_without_a_policy_nothing_is_repeated() -> None:
    limits = parse_limits(Capability.HTTP, {"allow": ["GET http://a.example"]})
    assert isinstance(limits, HttpLimits)
    assert limits.retry is None


def test_what_a_policy_does_not_say_is_as_by_default() -> None:
    statuses = frozenset({429, 502, 503, 504})
    assert policy() == Retry(3, 200, 20, 5000, statuses, unknown=False)
    assert policy(factor="1.5", unknown=True) == Retry(3, 200, 15, 5000, statuses, unknown=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("attempts", 1), ("attempts", 11), ("attempts", "3"), ("attempts", True),
        ("first_ms", 0), ("first_ms", 5001), ("ceiling_ms", 60_001), ("ceiling_ms", None),
        ("factor", 0), ("factor", 11), ("factor", "2.0"), ("factor", "0.5"), ("factor", "1.55"),
        ("factor", True), ("statuses", [404]), ("statuses", [200]), ("statuses", [503, 502]),
        ("statuses", [503, 503]), ("statuses", ["503"]), ("statuses", [[]]), ("statuses", 503),
        ("statuses", list(range(500, 517))), ("unknown", 1), ("jitter", 1),
    ],
)  # fmt: skip
def test_a_policy_out_of_bounds_is_refused_by_its_field(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        policy(**{field: value})
    assert (refused.value.code, refused.value.data["field"]) == ("E_GRANT_LIMITS", f"retry.{field}")


@pytest.mark.parametrize("value", [None, 3, [], "attempts=3"])
def test_a_policy_is_an_object(value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_limits(Capability.HTTP, {"allow": ["GET http://a.example"], "retry": value})
    assert refused.value.data["field"] == "retry"


def test_delays_grow_by_the_factor_up_to_the_ceiling() -> None:
    retry = policy(attempts=6, first_ms=200, factor=2, ceiling_ms=1000)
    assert [retry.delay_ns(n) // MS for n in range(1, 6)] == [200, 400, 800, 1000, 1000]
    retry = policy(attempts=4, first_ms=100, factor="1.5", ceiling_ms=60_000)
    assert [retry.delay_ns(n) // MS for n in range(1, 4)] == [100, 150, 225]


@given(
    st.integers(1, 60_000), st.integers(1, 10), st.integers(1, 60_000), st.integers(1, 9)
)  # fmt: skip
def test_a_delay_is_never_longer_than_the_ceiling_nor_shorter_than_the_one_before(
    first: int, factor: int, ceiling: int, attempt: int
) -> None:
    retry = policy(attempts=10, first_ms=min(first, ceiling), factor=factor, ceiling_ms=ceiling)
    assert retry.delay_ns(attempt) <= retry.delay_ns(attempt + 1) <= ceiling * MS


@pytest.mark.parametrize(
    ("outcome", "worth"),
    [
        (answered(503), True), (answered(429), True), (answered(500), False),
        (answered(404), False), (answered(200), False),
        ({"failed": "E_HTTP_NAME: x"}, True), ({"failed": "E_HTTP_CONNECT"}, True),
        ({"failed": "E_HTTP_HANDSHAKE: x"}, True), ({"failed": "E_HTTP_CERTIFICATE: x"}, False),
        ({"failed": "E_HTTP_ADDRESS: x"}, False), ({"failed": "E_HTTP_TOO_LARGE: x"}, False),
        ({"failed": "E_HTTP_TIMEOUT: x"}, False), ({"failed": "E_HTTP_INVENTED: x"}, False),
        ({"failed": 1}, False), ({}, False), (None, False), ([], False), ({**LOST}, False),
    ],
)  # fmt: skip
def test_what_is_worth_another_try(outcome: Json, worth: bool) -> None:
    retry = policy()
    assert retry.goes_on(1, outcome) is worth
    assert retry.goes_on(2, outcome) is worth
    assert not retry.goes_on(3, outcome)  # that was the last


@pytest.mark.parametrize("code", [code for code, sent in FAILURES.items() if sent is Sent.UNKNOWN])
def test_what_is_not_known_is_tried_again_only_where_the_grant_says_so(code: str) -> None:
    outcome: Json = {"failed": f"{code}: x"}
    assert not policy().goes_on(1, outcome)
    assert policy(unknown=True).goes_on(1, outcome)


def test_nothing_that_was_answered_is_tried_again_for_its_failure() -> None:
    outcome: Json = {"failed": "E_HTTP_TOO_LARGE: x"}
    assert not policy(unknown=True).goes_on(1, outcome)
