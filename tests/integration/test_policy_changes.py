"""What waits for consent, when the policy changes meanwhile, and when nobody answers in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.database import open_driver
from logos_graph.logline import parse_when
from logos_graph.wiring import System, SystemClock

if TYPE_CHECKING:
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast

PATIENCE_S = 20


class MovedClock(SystemClock):
    """The machine's clock, which a test can move forward."""

    earliest_ns = 0

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return max(super().now_ns(), self.earliest_ns)


@pytest.fixture
def under(example: Cast) -> Iterator[Callable[[str, str], None]]:
    """Puts a variant of the example's policy in force; its own is back after the test."""
    own = example.system.supervisor.view.policy.text

    def activate(old: str, new: str) -> None:
        assert own.count(old) == 1
        example.activate(own.replace(old, new))

    yield activate
    if example.system.supervisor.view.policy.text != own:
        example.activate(own)


def code(outcome: Outcome) -> str:
    assert outcome.status == "GHOST"
    assert outcome.error is not None
    return outcome.error.code


def consents(example: Cast, waiting: Outcome) -> int:
    """How many consents to what waits are recorded."""
    entries = example.verified()
    return sum(e.kind == "consent" and e.body["intent"] == waiting.intent for e in entries)


def test_a_consent_to_what_an_older_policy_asked_does_not_count(
    example: Cast, payment: Callable[[str], Any], under: Callable[[str, str], None]
) -> None:
    waiting = example.submit(example.agent, "transfer", payment("large"))
    assert example.consent(example.treasury[0], waiting).status == "COMMITTED"
    under('@require("treasury")\n@quorum("2")', '@require("treasury")\n@quorum("1")')
    stale = example.consent(example.treasury[1], waiting)
    assert code(stale) == "E_CONSENT_STALE_POLICY"
    assert stale.error is not None
    assert stale.error.data["judged"] == waiting_policy(example, waiting)
    assert stale.error.data["now"] == example.system.supervisor.view.policy.id
    assert consents(example, waiting) == 1
    assert example.count("Run", intent=waiting.intent) == 0
    record = example.system.store.intent(waiting.intent)
    assert record is not None
    assert record.status == "PENDING"

    again = example.submit(example.agent, "transfer", payment("large"))
    assert again.decision["quorum"] == {"kind": "KOfN", "k": 1}
    (settled,) = example.consent(example.treasury[1], again).settled
    assert settled.status == "COMMITTED"


def waiting_policy(example: Cast, waiting: Outcome) -> str:
    """The policy that asked for consent."""
    return example.system.supervisor.view.pending[waiting.intent].policy_hash


def test_the_policy_in_force_judges_the_next_intent(
    example: Cast, payment: Callable[[str], Any], under: Callable[[str, str], None]
) -> None:
    assert example.submit(example.agent, "transfer", payment("ok")).status == "COMMITTED"
    under('decimal("5000.00")', 'decimal("1000.00")')
    waiting = example.submit(example.agent, "transfer", payment("ok"))
    assert (waiting.verdict, waiting.status) == ("REQUIRE", "PENDING")


@pytest.fixture
def waiting(
    example: Cast, payment: Callable[[str], Any], under: Callable[[str, str], None]
) -> Outcome:
    """A transfer that has one of two consents, and waits for the other for a short while."""
    under('@expires("1h")', f'@expires("{PATIENCE_S}s")')
    outcome = example.submit(example.agent, "transfer", payment("large"))
    assert (outcome.verdict, outcome.status) == ("REQUIRE", "PENDING")
    assert example.consent(example.treasury[0], outcome).status == "COMMITTED"
    return outcome


def opened(example: Cast, clock: SystemClock) -> System:
    """What the next command opens, at another time."""
    system = example.system
    return System(system.settings, system.connection, open_driver(system.connection), clock=clock)


def expiry(waiting: Outcome) -> int:
    """The instant from which consent comes too late."""
    return parse_when(str(waiting.decision["expires_at"]))


def test_what_nobody_consented_to_in_time_ends_as_a_ghost_in_doubt(
    example: Cast, waiting: Outcome
) -> None:
    clock = MovedClock()
    clock.earliest_ns = expiry(waiting)
    with closing(opened(example, clock)) as later:
        assert waiting.intent not in later.supervisor.view.pending
        (ended,) = later.recovered
    assert (ended.intent, ended.status) == (waiting.intent, "GHOST")
    assert ended.cause == {"type": "ConsentTimeout", "requested": 2, "received": 1}
    assert (ended.consequence, ended.commitment) == ("if_doubt", "escalate:operator")
    assert example.count("Run", intent=waiting.intent) == 0
    *_, ghost, escalation = example.verified()
    assert (ghost.kind, ghost.body["intent"]) == ("ghost", waiting.intent)
    assert (escalation.kind, escalation.body["intent"]) == ("escalation", waiting.intent)
    assert ghost.body["cause"] == ended.cause
    assert ghost.body["consequence"] == "if_doubt"


def test_a_consent_that_comes_too_late_does_not_count(example: Cast, waiting: Outcome) -> None:
    clock = MovedClock()
    with closing(opened(example, clock)) as system:
        late = replace(example, system=system)
        this = late.bound(waiting)  # it still waits, and then the time is over
        clock.earliest_ns = expiry(waiting)
        assert code(late.submit(late.treasury[1], "consent.give", this)) == "E_CONSENT_LATE"
        assert consents(example, waiting) == 1
        assert example.count("Run", intent=waiting.intent) == 0
        (ended,) = system.supervisor.recover()
    assert (ended.intent, ended.status) == (waiting.intent, "GHOST")
