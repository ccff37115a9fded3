"""Temporal's workflows, in a module by itself: its sandbox imports it anew for each run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from tests.bench.workload import STEPS, Payment, Results, Step, trivial

__all__ = ["ACTIVITIES", "Approval", "Long"]

_A_MINUTE = timedelta(seconds=60)


def _activity(step: Step | Any) -> Any:
    async def run(*given: Any) -> Any:
        return step(*given)

    run.__name__ = step.__name__
    return activity.defn(name=step.__name__)(run)


ACTIVITIES = [_activity(step) for step in (*STEPS, trivial)]


async def _do(name: str, *given: Any) -> Any:
    return await workflow.execute_activity(name, args=given, start_to_close_timeout=_A_MINUTE)


@workflow.defn
class Approval:
    @workflow.run
    async def run(self, given: Payment) -> bool:
        done: Results = {}
        for step in STEPS:
            done[step.__name__] = await _do(step.__name__, given, done)
        return bool(done["threshold_decision"])


@workflow.defn
class Long:
    def __init__(self) -> None:
        self._reached, self._go = 0, False

    @workflow.run
    async def run(self, steps: int, gated: bool) -> int:
        for _ in range(steps):
            self._reached = await _do("trivial", self._reached)
        if gated:
            await workflow.wait_condition(lambda: self._go)
        return self._reached

    @workflow.query
    def reached(self) -> int:
        return self._reached

    @workflow.signal
    def go(self) -> None:
        self._go = True
