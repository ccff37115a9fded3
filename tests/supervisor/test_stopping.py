"""What stops a run: its time, its step's, a cancellation, a lost claim; and who may take it up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from logos_graph.canon import ContentId, content_id
from logos_graph.errors import Conflict, EnvironmentFault
from logos_graph.execution import NodeFailure
from logos_graph.ledger.rights import limit_id
from logos_graph.logline import parse_signed_intent
from logos_graph.supervisor.claims import GRACE_S, Claims, lease_end
from logos_graph.supervisor.limits import run_seconds, step_seconds
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.stopping import LOOK_S, Stops
from tests.ledger.conftest import AGENT, POLICY, Book

SECOND = 1_000_000_000
FLOW = content_id(b"flow")
CANCELLED: Mutation = {"kind": "cancellation", "intent": "x", "by": "did:a", "reason": "no"}


def intent(**changes: Any) -> PendingIntent:
    signed = parse_signed_intent(Book().signed(AGENT, "transfer", {"amount": 1}))
    policy = ContentId(POLICY["id"])
    waiting = PendingIntent(signed, {"outcome": "ALLOW"}, policy, 4, "other", claimed=4, flow=FLOW)
    return replace(waiting, **changes)


class Seen:
    """The view, the clock and the other processes, as far as they are asked."""

    own = "own"

    def __init__(self, pending: PendingIntent, limits: dict[str, Mutation] | None = None) -> None:
        self.pending = {pending.cid: pending}
        self.limits, self.now, self.looks = limits or {}, 0, 0
        self.living: set[str] = {"own", "other"}
        self.coming: list[PendingIntent | None] = []
        self.fault = False

    def now_ns(self) -> int:
        return self.now

    def look(self) -> None:
        self.looks += 1
        if self.fault:
            raise EnvironmentFault("E_DATABASE", "gone")
        for each in self.coming:
            self.pending.clear()
            if each is not None:
                self.pending[each.cid] = each

    def alive(self, writer: str) -> bool:
        return writer in self.living

    def stops(self, pending: PendingIntent) -> Stops:
        view: Any = self
        return Stops(view, pending, self.now_ns, self.look)

    def claims(self, *in_hand: ContentId) -> Claims:
        here: Any = self
        return Claims(here, here, lambda cid: cid in in_hand)


def limit(scope: str, of: str | None, **numbers: int | None) -> dict[str, Mutation]:
    names = ("concurrent", "run_seconds", "step_seconds")
    identity = limit_id(scope, of)
    made: Mutation = {"id": identity, "scope": scope, "of": of}
    made.update({name: numbers.get(name) for name in names})
    return {identity: made}


def code(act: Any) -> str | None:
    try:
        act()
    except (NodeFailure, Conflict) as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"cancelled": CANCELLED}, "E_RUN_CANCELLED"),
        ({"claimed": 9}, "E_TAKEN_OVER"),
        ({"claimed": 9, "cancelled": CANCELLED}, "E_TAKEN_OVER"),
        (None, "E_SETTLED"),
    ],
)
def test_what_this_process_sees_stops_it_at_once_and_what_others_write_when_it_looks(
    changes: dict[str, Any] | None, found: str
) -> None:
    pending = intent()
    after = None if changes is None else replace(pending, **changes)
    seen = Seen(pending)
    stops = seen.stops(pending)
    seen.coming.append(after)
    assert code(stops.begin) is None
    assert seen.looks == 0
    seen.now = int(LOOK_S * SECOND)
    assert code(stops.begin) == code(stops.check) == found
    assert seen.looks == 1
    other = Seen(pending)
    stops = other.stops(pending)
    other.coming.append(after)
    other.look()
    assert code(stops.begin) == code(stops.check) == found


def test_a_database_that_does_not_answer_is_no_reason_to_stop() -> None:
    pending = intent()
    seen = Seen(pending)
    stops = seen.stops(pending)
    seen.fault, seen.now = True, SECOND
    assert code(stops.begin) is None
    assert seen.looks == 1


def test_a_run_and_a_step_have_their_time_and_not_a_moment_more() -> None:
    pending = intent(claimed_at=5 * SECOND)
    seen = Seen(pending, limit("flow", FLOW, run_seconds=30, step_seconds=3))
    seen.now = 5 * SECOND
    stops = seen.stops(pending)
    stops.begin()
    seen.now += 3 * SECOND - 1
    assert (code(stops.end), code(stops.check)) == (None, None)
    seen.now += 1
    assert (code(stops.end), code(stops.check)) == ("E_STEP_TIME", "E_STEP_TIME")
    stops.begin()
    assert code(stops.end) is None
    seen.now = 35 * SECOND - 1
    assert code(stops.begin) is None
    seen.now += 1
    assert (code(stops.begin), code(stops.check), code(stops.end)) == (
        "E_RUN_TIME",
        "E_RUN_TIME",
        None,
    )


def test_an_attempt_has_its_time_from_when_it_was_to_begin() -> None:
    pending = intent(claimed_at=5, attempt_index=4, attempts=1, wake_at=100 * SECOND)
    seen = Seen(pending, limit("ledger", None, run_seconds=2))
    seen.now = 101 * SECOND
    assert code(seen.stops(pending).begin) is None
    seen.now = 102 * SECOND
    assert code(seen.stops(pending).begin) == "E_RUN_TIME"


@given(
    some.lists(
        some.tuples(
            some.sampled_from(
                [("ledger", None), ("flow", FLOW), ("principal", AGENT.did), ("flow", "other")]
            ),
            some.none() | some.integers(1, 10_000),
        )
    )
)
def test_of_several_limits_the_smallest_that_concerns_it_counts(
    made: list[tuple[tuple[str, str | None], int | None]],
) -> None:
    limits: dict[str, Mutation] = {}
    for (scope, of), seconds in made:
        limits |= limit(scope, of, run_seconds=seconds, step_seconds=seconds)
    mine = [
        each["run_seconds"]
        for each in limits.values()
        if each["of"] != "other" and isinstance(each["run_seconds"], int)
    ]
    assert run_seconds(limits, AGENT.did, FLOW) == min(mine, default=600)
    assert step_seconds(limits, AGENT.did, FLOW) == min(mine, default=60)


ENDS = 600 + GRACE_S
FAILED = {"attempts": 1, "attempt_index": 4, "wake_at": 50 * SECOND}


@pytest.mark.parametrize(
    ("changes", "alive", "seconds", "held", "free"),
    [
        ({}, True, ENDS - 1, True, False),
        ({}, True, ENDS, False, True),
        ({}, False, 0, False, True),
        ({"writer": "own"}, True, ENDS, False, True),
        ({"decision": {"outcome": "REQUIRE"}}, True, 0, False, False),
        ({"decision": {"outcome": "REQUIRE"}}, False, 0, False, False),
        (FAILED, True, 49, False, False),
        (FAILED, False, 49, False, False),
        (FAILED, True, 50, False, True),
        (FAILED, False, 50, False, True),
        ({**FAILED, "claimed": 5}, True, 50, True, False),
        ({**FAILED, "claimed": 5}, False, 50, False, True),
        ({**FAILED, "claimed": 5}, True, 50 + ENDS, False, True),
    ],
)
def test_who_holds_an_intent_and_who_may_claim_it(
    changes: dict[str, Any], alive: bool, seconds: int, held: bool, free: bool
) -> None:
    pending = intent(**changes)
    seen: Any = Seen(pending)
    if not alive:
        seen.living.discard("other")
    claims = seen.claims()
    found = (
        claims.held(seen, pending, seconds * SECOND),
        claims.free(seen, pending, seconds * SECOND),
    )
    assert found == (held, free)
    assert not seen.claims(pending.cid).free(seen, pending, seconds * SECOND)


def test_a_thread_of_this_process_holds_what_it_carries_out_however_long_it_takes() -> None:
    pending = intent(writer="own")
    seen: Any = Seen(pending)
    claims = seen.claims(pending.cid)
    assert claims.held(seen, pending, 10 * ENDS * SECOND)


def test_a_shorter_run_has_a_shorter_lease() -> None:
    pending = intent(claimed_at=7)
    assert lease_end({}, pending) == 7 + ENDS * SECOND
    limits = limit("principal", AGENT.did, run_seconds=1)
    assert lease_end(limits, pending) == 7 + (1 + GRACE_S) * SECOND
