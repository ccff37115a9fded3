"""Why a run has not ended: each way of being stuck has its code, its sentence and its moment."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.cli.stuck import why
from logos_graph.logline import format_when
from tests.supervisor.test_stopping import CANCELLED, ENDS, SECOND, intent

ASKED = {
    "outcome": "REQUIRE", "policies": [], "revision": 0, "context": {},
    "role": "treasury", "quorum": {"kind": "KOfN", "k": 2}, "also": [],
    "basis": {"roles": [], "verb": content_id(b"")}, "expires_at": format_when(99 * SECOND),
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "alive", "now", "unknown", "found", "text", "since"),
    [
        ({"decision": ASKED}, True, 5, False, "consent", "(there are 0) until 1970", 3),
        ({"wake_at": 50 * SECOND, "attempts": 2}, True, 5, False, "retry", "attempt 3 at", 3),
        ({}, True, 5, False, "in_hand", "in hand of a live process since 1970-01-01 00:00:03Z", 3),
        ({"cancelled": CANCELLED}, True, 5, False, "in_hand", "and is cancelled", 3),
        ({}, True, 3 + ENDS, False, "overdue", "has had its time since", 3 + ENDS),
        ({}, False, 5, False, "left", "a process that is dead; `logos worker`", 3),
        ({}, False, 5, True, "unknown", "its outcome is not known", 3),
        ({}, True, 5, True, "in_hand", "live process", 3),
    ],
)
def test_a_run_that_has_not_ended_says_why_and_since_when(
    changes: dict[str, Any],
    alive: bool,
    now: int,
    unknown: bool,
    found: str,
    text: str,
    since: int,
) -> None:
    pending = intent(claimed_at=3 * SECOND, **changes)
    stuck = why(
        pending, {}, lambda _writer: alive, now * SECOND, failure="E_HTTP_TIMEOUT", unknown=unknown
    )
    assert (stuck.code, stuck.since) == (found, since * SECOND)
    assert text in stuck.text
    assert stuck.json["code"] == found


def test_what_waits_says_until_when() -> None:
    def until(**changes: Any) -> int | None:
        return why(
            intent(claimed_at=3 * SECOND, **changes), {}, lambda _writer: True, 5 * SECOND,
            failure="E_TEST", unknown=False,
        ).until  # fmt: skip

    assert until(decision=ASKED) == 99 * SECOND
    assert until(wake_at=50 * SECOND, attempts=1) == 50 * SECOND
    assert until() == (3 + ENDS) * SECOND
