"""A command that waits for its intent to end, and does what is due of it meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logos_graph.cli.output import Printer
from logos_graph.errors import EnvironmentFault

if TYPE_CHECKING:
    from logos_graph.supervisor import Outcome
    from logos_graph.wiring import System

__all__ = ["wait_for_end"]

_GLANCE_S = 0.5


def wait_for_end(out: Printer, system: System, outcome: Outcome) -> Outcome:
    """How it ended, whoever carried it out; attempts that are due are made here.

    Ctrl-C ends the wait; the intent stays as it is. Raises EnvironmentFault when the database
    cannot be reached.
    """
    import threading

    pause, told = threading.Event(), ""
    while outcome.status == "PENDING":
        if isinstance(outcome.error, EnvironmentFault):
            return outcome
        waiting = outcome.waiting
        at = "" if waiting is None else str(waiting["at"])
        if waiting is not None and at != told:
            out.progress(f"attempt {waiting['attempt']} of {waiting['of']} failed; next at {at}")
            told = at
        pause.wait(_pause_s(system))
        outcome = system.supervisor.resume(outcome.intent)
    return outcome


def _pause_s(system: System) -> float:
    next_at = system.supervisor.due().next_at
    left = _GLANCE_S if next_at is None else (next_at - system.clock.now_ns()) / 1e9
    return min(max(left, 0.01), _GLANCE_S)
