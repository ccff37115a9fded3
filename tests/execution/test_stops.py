"""A run that its world stops: what stands in the record, and that a replay stops there too."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.execution import (
    Aspect,
    HostCall,
    LogRecord,
    NodeFailure,
    RunRecord,
    RunStatus,
    StepStatus,
)
from logos_graph.execution.executor import execute
from logos_graph.execution.replay import replay
from tests.execution.bench import Bench, approval
from tests.execution.test_calls import Ticking, stamp, timed


class Stopping(Ticking):
    """Stops at `step`: at "begin", at "end", or at its answer of that number (from 1)."""

    def __init__(self, step: str, at: str | int, code: str) -> None:
        super().__init__()
        self.step, self.at, self.code = step, at, code
        self.seen: list[str] = []

    def begin(self, step: str, node: ContentId) -> None:
        self._reached(step, "begin")

    def end(self, step: str, node: ContentId) -> None:
        self._reached(step, "end")

    def answer(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        given = super().answer(step, node, operation, arguments)
        self._reached(step, sum(asked[0] == step for asked in self.asked))
        return given

    def _reached(self, step: str, at: str | int) -> None:
        self.seen.append(f"{step} {at}")
        if (step, at) == (self.step, self.at):
            raise NodeFailure(self.code, "stopped here")


BEFORE = ["E_RUN_CANCELLED", "E_RUN_TIME"]
WITHIN = [*BEFORE, "E_STEP_TIME"]


def stopped(step: str, at: str | int, code: str) -> tuple[Bench, Any, RunRecord]:
    bench, ready = timed()
    record = execute(ready, {"value": 5}, bench, Stopping(step, at, code))
    assert record.status is RunStatus.FAILED
    assert record.failure is not None
    assert record.failure.json == {"step": step, "code": code, "reason": "stopped here"}
    assert record.outputs == {}
    return bench, ready, record


def replays(bench: Bench, ready: Any, record: RunRecord) -> bool:
    mutation = record.to_mutation("run", "intent")
    assert RunRecord.from_mutation(mutation) == record
    return replay(mutation, ready, bench).same


@pytest.mark.parametrize("step", ["first", "second"])
@pytest.mark.parametrize("code", BEFORE)
def test_a_run_stopped_before_a_step_carries_nothing_into_it(step: str, code: str) -> None:
    bench, ready, record = stopped(step, "begin", code)
    there = next(each for each in record.steps if each.name == step)
    assert (there.status, there.gas, there.calls, there.log) == (StepStatus.FAILED, 0, (), ())
    assert all(way.target != step for way in record.carried)
    assert len(bench.calls) == ["first", "second"].index(step)
    assert replays(bench, ready, record)


@pytest.mark.parametrize("step", ["first", "second"])
def test_a_step_stopped_at_its_end_keeps_all_but_its_outputs(step: str) -> None:
    bench, ready, record = stopped(step, "end", "E_STEP_TIME")
    there = next(each for each in record.steps if each.name == step)
    assert there.status is StepStatus.FAILED
    assert there.gas == 104
    assert [call.operation for call in there.calls] == ["clock.now"] * 2
    assert len(there.log) == 1
    assert any(way.target == step for way in record.carried)
    assert all(way.source != step for way in record.carried)
    assert replays(bench, ready, record)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("code", WITHIN)
def test_a_step_stopped_within_an_answer_has_none_for_that_call(number: int, code: str) -> None:
    bench, ready, record = stopped("second", number, code)
    assert record.steps[1].calls[-1] == HostCall("clock.now", {}, None)
    assert len(record.steps[1].calls) == number
    assert record.steps[1].log == (LogRecord("info", "was 8"),)
    assert replays(bench, ready, record)


@pytest.mark.parametrize(
    ("at", "code"), [("begin", "E_RUN_CANCELLED"), ("begin", "E_RUN_TIME"), ("end", "E_STEP_TIME")]
)
def test_a_step_without_inputs_and_calls_is_stopped_the_same_way_in_a_replay(
    at: str, code: str
) -> None:
    bench = Bench()
    bench.node("seven", {}, {"y": "u8"}, lambda: {"y": 7})
    bench.flow('[flow]\nname = "f"\n[placements]\np = "seven"\n[outputs]\ny = "p.y"\n')
    ready = bench.plan("f")
    record = execute(ready, {}, bench, Stopping("p", at, code))
    assert record.steps[0].gas == (100 if at == "end" else 0)
    assert record.carried == ()
    assert len(bench.calls) == (at == "end")
    assert replays(bench, ready, record)


def test_a_step_that_is_not_reached_is_not_begun_and_one_that_failed_has_no_end() -> None:
    bench = approval()
    world = Stopping("", "", "")
    execute(bench.plan("approval"), {"amount": "100.00"}, bench, world)
    names = ["check", "score/size", "score/velocity", "score/combine", "approve"]
    assert world.seen == [f"{name} {at}" for name in names for at in ("begin", "end")]
    world = Stopping("", "", "")
    execute(bench.plan("approval"), {"amount": "-1.00"}, bench, world)
    assert world.seen == ["check begin"]


@pytest.mark.parametrize(
    ("at", "code", "other"),
    [("begin", "E_RUN_TIME", "E_STEP_TIME"), ("end", "E_STEP_TIME", "E_RUN_TIME")],
)
def test_a_stop_that_is_moved_in_the_record_is_a_difference(at: str, code: str, other: str) -> None:
    bench, ready, record = stopped("second", at, code)
    mutation: Any = record.to_mutation("run", "intent")
    mutation["failure"]["code"] = other
    found = replay(mutation, ready, bench).difference
    assert found is not None
    assert (found.step, found.to, found.aspect) == ("first", "second.value", Aspect.CARRIED)
    assert (found.expected, found.got) == (at == "end", at != "end")


def test_what_is_no_failure_comes_out_of_a_begin_and_of_an_end() -> None:
    class Broken(Ticking):
        def __init__(self, at: str) -> None:
            super().__init__()
            self.at = at

        def begin(self, _step: str, _node: ContentId) -> None:
            self._break("begin")

        def end(self, _step: str, _node: ContentId) -> None:
            self._break("end")

        def _break(self, at: str) -> None:
            if at == self.at:
                raise KeyError(at)

    bench, ready = timed(stamp)
    for at in ("begin", "end"):
        with pytest.raises(KeyError, match=at):
            execute(ready, {"value": 5}, bench, Broken(at))
