"""What stops a run between its steps: its time, its step's time, a cancellation, a lost claim.

    begin    before a step: E_RUN_CANCELLED, E_RUN_TIME
    check    before a node's question is answered: these, and E_STEP_TIME
    end      after a step: E_STEP_TIME

They are failures of the step, and the run fails there; inside of a node gas is the limit. A claim
that was lost, or an intent that somebody else ended, is no failure of the run: the Conflict leaves
it as it is.

What this process commits is seen at once; what others do when it looks at the ledger, which it does
every LOOK_S at most. A run that takes less never looks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from logos_graph.errors import EnvironmentFault
from logos_graph.execution import NodeFailure
from logos_graph.supervisor.hands import cancelled_text, in_hand
from logos_graph.supervisor.limits import run_seconds, step_seconds
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["LOOK_S", "Stops"]

LOOK_S = 0.2
"""How often a run looks at the ledger for what other processes wrote, in seconds."""

_SECOND_NS = 1_000_000_000


class Stops:
    """For one execution of an intent, from now on.

    now_ns: the clock. look: reads what other processes have written into the view.
    """

    def __init__(
        self,
        view: View,
        pending: PendingIntent,
        now_ns: Callable[[], int],
        look: Callable[[], object],
    ) -> None:
        self._view, self._intent, self._claimed = view, pending.cid, pending.claimed
        self._now_ns, self._look = now_ns, look
        self._run_seconds = run_seconds(view.limits, pending.who, pending.flow)
        self._step_seconds = step_seconds(view.limits, pending.who, pending.flow)
        self._step_began = now = now_ns()
        began = min(now, pending.begun_at)  # the ledger's clock may be ahead of this one
        self._run_end = began + self._run_seconds * _SECOND_NS
        self._looks_at = now + int(LOOK_S * _SECOND_NS)

    def begin(self) -> None:
        """Raises NodeFailure E_RUN_CANCELLED, E_RUN_TIME; Conflict E_SETTLED, E_TAKEN_OVER."""
        self._step_began = self._check_run()

    def check(self) -> None:
        """Raises what `begin` and `end` raise."""
        self._check_step(self._check_run())

    def end(self) -> None:
        """Raises NodeFailure E_STEP_TIME."""
        self._check_step(self._now_ns())

    def _check_run(self) -> int:
        """Returns what the time is."""
        now = self._now_ns()
        if now >= self._looks_at:
            self._looks_at = now + int(LOOK_S * _SECOND_NS)
            with suppress(EnvironmentFault):  # then the run's commit says so
                self._look()
        cancelled = in_hand(self._view, self._intent, self._claimed).cancelled
        if cancelled is not None:
            raise NodeFailure("E_RUN_CANCELLED", cancelled_text(cancelled))
        if now >= self._run_end:
            raise NodeFailure(
                "E_RUN_TIME", f"the run has taken the {self._run_seconds} s that it may take"
            )
        return now

    def _check_step(self, now: int) -> None:
        if now - self._step_began >= self._step_seconds * _SECOND_NS:
            raise NodeFailure(
                "E_STEP_TIME", f"the step has taken the {self._step_seconds} s that it may take"
            )
