"""A process of its own, whose clock is moved by hand: what takes minutes is done at once."""

from __future__ import annotations

from typing import Any

from logos_graph.canon import ContentId, Json
from logos_graph.errors import EnvironmentFault
from logos_graph.identity import Signer
from logos_graph.supervisor import Outcome
from logos_graph.wiring import System, SystemClock
from tests.integration.conftest import Cast

__all__ = ["MINUTE", "Desk", "MinuteClock"]

MINUTE = 60_000_000_000
"""Nanoseconds."""


class MinuteClock(SystemClock):
    """Stands still, until it is moved; begins after all that the ledger tells."""

    def __init__(self, now_ns: int) -> None:
        self.time = now_ns

    def now_ns(self) -> int:
        return self.time

    def forward(self, minutes: int) -> None:
        """So many minutes later."""
        self.time += minutes * MINUTE


class Desk:
    """A process of its own, on a simulated clock."""

    def __init__(self, example: Cast, system: System) -> None:
        head = system.reader.head()
        assert head is not None
        self.clock = MinuteClock(max(head.recorded_at + 1000, SystemClock().now_ns()))
        system.clock, system.watch = self.clock, self._watch
        self.leaves = False
        self.cast = Cast(system, example.operator, example.agent, example.treasury)
        self.system = system

    def _watch(self, step: str, _intent: ContentId) -> None:
        if self.leaves and step == "performed":
            raise EnvironmentFault("E_TEST", "it is left")

    def submit(self, who: Signer, did: str, this: dict[str, Json], **commitments: str) -> Outcome:
        """Takes an act through the gate."""
        said = {"if_ok": "emit:done", "if_doubt": "abort", "if_not": "emit:failed", **commitments}
        return self.system.supervisor.execute(self.system.compose(who, did, this, **said))

    def alarms(self, who: Signer) -> list[dict[str, Any]]:
        """Of a principal, the oldest first, as the graph has them."""
        rows = self.system.reader.rows("read/alarms", id=None, who=who.did, status=None, limit=100)
        return rows[::-1]

    def lift(self, who: Signer) -> Outcome:
        """Lifts a breaker with the consent of both approvers; how that ended."""
        this: dict[str, Json] = {"who": who.did, "note": "the key was changed"}
        waiting = self.submit(self.cast.operator, "breaker.lift", this)
        for each in self.cast.treasury:
            given = self.cast.consent(each, waiting)
        (settled,) = given.settled
        return settled
