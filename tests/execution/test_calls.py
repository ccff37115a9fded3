"""What nodes ask of the host: recorded in order, read back in a replay, and bounded."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.execution import Aspect, Difference, HostCall, LogRecord, NodeFailure, RunRecord
from logos_graph.execution.executor import MAX_RUN_BYTES, MAX_RUN_CALLS, execute
from logos_graph.execution.plan import Plan
from logos_graph.execution.replay import replay
from tests.execution.bench import Asking, Bench

FLOW = """
[flow]
name = "timed"
[inputs]
value = "u32"
[placements]
first = "stamp"
second = "stamp"
[[edges]]
from = "input.value"
to = "first.value"
[[edges]]
from = "first.out"
to = "second.value"
[outputs]
out = "second.out"
"""


class Ticking:
    """A world whose clock moves by one with each look at it; nothing else is answered."""

    def __init__(self) -> None:
        self.time = 0
        self.asked: list[tuple[str, ContentId, str]] = []
        self.muted = False

    def begin(self, step: str, node: ContentId) -> None:
        """It stops no run."""

    def end(self, step: str, node: ContentId) -> None:
        """It stops no run."""

    def answer(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        self.asked.append((step, node, operation))
        if operation == "kv.put":
            raise NodeFailure("E_GRANT_REVOKED", "the grant is gone")
        if operation == "random.bytes":
            return {"bytes": "A" * (MAX_RUN_BYTES // 6)}
        self.time += 1
        return {"time": self.time}

    def check_log(self, step: str, node: ContentId) -> None:
        if self.muted:
            raise NodeFailure("E_GRANT_REVOKED", "no more lines")


def stamp(value: int, host: Asking) -> dict[str, Json]:
    """Adds the time, twice."""
    host.write(f"was {value}")
    times = [host.ask("clock.now")["time"] for _ in range(2)]
    return {"out": value + sum(time for time in times if isinstance(time, int))}


def timed(function: Any = stamp) -> tuple[Bench, Plan]:
    bench = Bench()
    bench.node("stamp", {"value": "u32"}, {"out": "u32"}, function)
    bench.flow(FLOW)
    return bench, bench.plan("timed")


def recorded(function: Any = stamp) -> tuple[Bench, Plan, dict[str, Any], RunRecord]:
    bench, ready = timed(function)
    record = execute(ready, {"value": 5}, bench, Ticking())
    return bench, ready, record.to_mutation("01RUN", "b3:intent"), record


def difference(bench: Bench, ready: Plan, mutation: Any) -> Difference:
    found = replay(mutation, ready, bench).difference
    assert found is not None
    return found


def test_calls_and_lines_stand_with_their_step_in_the_order_they_were_made() -> None:
    _, _, mutation, record = recorded()
    first, second = record.steps
    assert first.calls == (
        HostCall("clock.now", {}, {"time": 1}),
        HostCall("clock.now", {}, {"time": 2}),
    )
    assert [call.answer for call in second.calls] == [{"time": 3}, {"time": 4}]
    assert first.log == (LogRecord("info", "was 5"),)
    assert second.log == (LogRecord("info", "was 8"),)
    assert record.output_values == {"out": 15}
    assert RunRecord.from_mutation(mutation) == record


def test_a_step_that_asked_nothing_has_neither_calls_nor_log_in_its_record() -> None:
    _, _, mutation, _ = recorded(lambda value: {"out": value})
    assert all(set(step) == {"gas", "name", "node", "status"} for step in mutation["steps"])


def test_a_replay_reads_the_answers_back() -> None:
    bench, ready, mutation, _ = recorded()
    assert replay(mutation, ready, bench).same


def test_a_step_that_failed_keeps_the_calls_and_the_lines_it_made() -> None:
    def fails(value: int, host: Asking) -> Any:
        stamp(value, host)
        raise NodeFailure("E_NODE_FAILED", "never mind")

    bench, ready, mutation, record = recorded(fails)
    assert len(record.steps[0].calls) == 2
    assert record.steps[0].log == (LogRecord("info", "was 5"),)
    assert replay(mutation, ready, bench).same


def test_a_refused_call_ends_the_step_and_the_same_way_in_a_replay() -> None:
    def puts(value: int, host: Asking) -> Any:
        host.write("about to")
        return host.ask("kv.put", key="k", value="")

    bench, ready, mutation, record = recorded(puts)
    assert record.failure is not None
    assert record.failure.json == {
        "step": "first", "code": "E_GRANT_REVOKED", "reason": "the grant is gone",
    }  # fmt: skip
    assert record.steps[0].calls == (HostCall("kv.put", {"key": "k", "value": ""}, None),)
    assert record.steps[0].log == (LogRecord("info", "about to"),)
    assert RunRecord.from_mutation(mutation) == record
    assert replay(mutation, ready, bench).same


def test_lines_that_may_not_be_kept_fail_the_step_and_the_same_way_in_a_replay() -> None:
    bench, ready = timed()
    world = Ticking()
    world.muted = True
    record = execute(ready, {"value": 5}, bench, world)
    assert record.failure is not None
    assert (record.failure.step, record.failure.code) == ("first", "E_GRANT_REVOKED")
    assert record.steps[0].log == ()
    assert replay(record, ready, bench).same


def test_another_operation_is_a_difference_that_names_the_call() -> None:
    bench, ready, mutation, _ = recorded()
    mutation["steps"][1]["calls"][1]["operation"] = "random.bytes"
    found = difference(bench, ready, mutation)
    assert (found.step, found.aspect, found.number) == ("second", Aspect.CALL, 2)
    assert isinstance(found.expected, dict)
    assert isinstance(found.got, dict)
    assert (found.expected["operation"], found.got["operation"]) == ("random.bytes", "clock.now")
    assert found.json["number"] == 2


def test_other_arguments_are_a_difference() -> None:
    bench, ready, mutation, _ = recorded()
    mutation["steps"][0]["calls"][0]["arguments"] = {"zone": 1}
    found = difference(bench, ready, mutation)
    assert (found.step, found.aspect, found.number) == ("first", Aspect.CALL, 1)


def test_one_call_more_and_one_fewer_are_differences() -> None:
    bench, ready, mutation, _ = recorded()
    kept = mutation["steps"][0]["calls"].pop()
    found = difference(bench, ready, mutation)
    assert (found.aspect, found.number, found.expected) == (Aspect.CALL, 2, None)
    mutation["steps"][0]["calls"] += [kept, kept]
    found = difference(bench, ready, mutation)
    assert (found.aspect, found.number, found.got) == (Aspect.CALL, 3, None)
    assert found.expected == kept


def test_another_recorded_answer_shows_in_what_the_step_gave() -> None:
    bench, ready, mutation, _ = recorded()
    mutation["steps"][0]["calls"][0]["answer"] = {"time": 7}
    found = difference(bench, ready, mutation)
    assert (found.step, found.aspect) == ("first", Aspect.VALUE)


@pytest.mark.parametrize("line", [None, {"level": "warn", "text": "was 5"}])
def test_lines_are_compared_one_by_one(line: Any) -> None:
    bench, ready, mutation, _ = recorded()
    mutation["steps"][0]["log"][:] = [] if line is None else [line]
    found = difference(bench, ready, mutation)
    assert (found.step, found.aspect, found.number) == ("first", Aspect.LOG, 1)
    assert (found.expected, found.got) == (line, {"level": "info", "text": "was 5"})


def test_calls_are_bounded_over_the_whole_run() -> None:
    def often(value: int, host: Asking) -> dict[str, Json]:
        for _ in range(MAX_RUN_CALLS - 1):
            host.ask("clock.now")
        return {"out": value}

    bench, ready, mutation, record = recorded(often)
    assert record.failure is not None
    assert (record.failure.step, record.failure.code) == ("second", "E_RUN_CALLS")
    assert [len(step.calls) for step in record.steps] == [MAX_RUN_CALLS - 1, 1]
    assert replay(mutation, ready, bench).same


def test_answers_count_into_the_size_of_the_run() -> None:
    def greedy(value: int, host: Asking) -> dict[str, Json]:
        for _ in range(3):
            host.ask("random.bytes", count=1)
        return {"out": value}

    bench, ready, mutation, record = recorded(greedy)
    assert record.failure is not None
    assert (record.failure.step, record.failure.code) == ("second", "E_RUN_SIZE")
    assert record.steps[1].calls[-1].answer is not None  # it was given: it may be an effect's
    assert replay(mutation, ready, bench).same


def test_lines_count_into_the_size_of_the_run() -> None:
    def talks(value: int, host: Asking) -> dict[str, Json]:
        for _ in range(MAX_RUN_BYTES // 4096):
            host.write("x" * 4096)
        return {"out": value}

    bench, ready, mutation, record = recorded(talks)
    assert record.failure is not None
    assert (record.failure.step, record.failure.code) == ("first", "E_RUN_SIZE")
    assert replay(mutation, ready, bench).same


def test_without_a_world_nothing_is_answered() -> None:
    bench, ready = timed()
    record = execute(ready, {"value": 5}, bench)
    assert record.failure is not None
    assert record.failure.code == "E_NODE_CALL"


def test_what_is_no_failure_of_the_node_comes_out_of_the_run() -> None:
    class Broken(Ticking):
        def answer(self, *_asked: Any) -> dict[str, Json]:
            raise KeyError("broken")

    bench, ready = timed()
    with pytest.raises(KeyError):
        execute(ready, {"value": 5}, bench, Broken())
