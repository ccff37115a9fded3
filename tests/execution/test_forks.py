"""A fork shares the past of its parent, exactly, and is its own from there on."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput, LogosError, Rejected
from logos_graph.execution import ForkPoint, RunRecord, StepStatus
from logos_graph.execution.executor import MAX_RUN_BYTES, execute
from logos_graph.execution.fork import Remembered, fork, found_values, steps_before
from logos_graph.execution.plan import Plan
from logos_graph.execution.replay import replay
from tests.execution.bench import Asking, Bench, approval
from tests.execution.test_calls import Ticking, recorded, stamp

RUN = "b3:" + "1" * 64


def point(step: str) -> ForkPoint:
    return ForkPoint(RUN, step)  # type: ignore[arg-type]


def parent(amount: str = "100.00") -> tuple[Bench, Plan, RunRecord]:
    bench = approval()
    ready = bench.plan("approval")
    return bench, ready, execute(ready, {"amount": amount}, bench)


def test_a_fork_takes_another_way_with_what_it_is_given() -> None:
    bench, ready, before = parent()
    assert before.output_values == {"decision": "approve it"}
    got = fork(ready, before, point("score/size"), {"amount": "5000.00"}, bench, Ticking())
    assert got.output_values == {"decision": "person it"}
    assert got.forked_from == point("score/size")
    assert got.given_values == {"score/size": {"amount": "5000.00"}}
    shared = steps_before(ready, "score/size")
    assert shared == {"check"}
    same = [[step for step in each.steps if step.name in shared] for each in (before, got)]
    assert same[0] == same[1] != []
    reached = {(each.target, each.target_port) for each in got.carried}
    assert ("score/size", "amount") not in reached  # nothing travelled there


@pytest.mark.parametrize("step", ["check", "score/velocity", "score/combine", "approve"])
def test_a_fork_that_is_given_nothing_is_its_parent(step: str) -> None:
    bench, ready, before = parent()
    got = fork(ready, before, point(step), {}, bench, Ticking())
    assert got.given == {}
    assert got.to_mutation("r", "i") == {
        **before.to_mutation("r", "i"),
        "forked_from": {"run": RUN, "step": step},
    }


@pytest.mark.parametrize("step", ["check", "score/size", "score/combine"])
def test_a_fork_replays_exactly_from_its_record(step: str) -> None:
    bench, ready, before = parent()
    given: dict[str, dict[str, Json]] = {
        "check": {"amount": "9000.00"},
        "score/size": {"amount": "9000.00"},
        "score/combine": {"one": 50, "other": 49},
    }
    got = fork(ready, before, point(step), given[step], bench, Ticking())
    mutation = got.to_mutation("r", "i")
    assert RunRecord.from_mutation(mutation) == got
    assert replay(mutation, ready, bench).same
    changed: Any = {**mutation, "given": {}}
    assert not replay(changed, ready, bench).same


def test_a_fork_replayed_with_another_given_value_differs_at_its_port() -> None:
    bench, ready, before = parent()
    got = fork(ready, before, point("score/combine"), {"one": 7}, bench, Ticking())
    mutation: Any = got.to_mutation("r", "i")
    other = next(cid for cid, value in got.values.items() if value == 1)
    mutation["given"]["score/combine"]["one"] = other
    found = replay(mutation, ready, bench).difference
    assert found is not None
    assert (found.step, found.expected, found.got) == ("score/combine", 8, 2)


@pytest.mark.parametrize(
    ("step", "given", "code"),
    [
        ("nobody", {}, "E_FORK_STEP"),
        ("person", {}, "E_FORK_STEP"),
        ("check", {"nothing": 1}, "E_FORK_PORT"),
        ("check", {"amount": 1}, "E_VALUE_TYPE"),
        ("check", {"amount": "1.234"}, "E_VALUE_DECIMAL"),
        ("score/combine", {"one": 256}, "E_VALUE_RANGE"),
    ],
)
def test_a_fork_that_cannot_be_is_refused(step: str, given: dict[str, Json], code: str) -> None:
    bench, ready, before = parent()
    with pytest.raises((InvalidInput, Rejected)) as refused:
        fork(ready, before, point(step), given, bench, Ticking())
    assert refused.value.code == code


def test_a_fork_of_a_fork_has_what_was_given_before_it_alone() -> None:
    bench, ready, before = parent()
    one = fork(ready, before, point("score/size"), {"amount": "5000.00"}, bench, Ticking())
    two = fork(ready, one, point("score/combine"), {"one": 9}, bench, Ticking())
    assert set(two.given_values) == {"score/size", "score/combine"}
    assert two.output_values == {"decision": "person it"}
    back = fork(ready, two, point("check"), {}, bench, Ticking())
    assert back.given == {}
    assert back.output_values == before.output_values
    assert replay(two.to_mutation("r", "i"), ready, bench).same


def test_values_that_the_record_cannot_hold_make_no_fork() -> None:
    bench, large = Bench(), "a" * (MAX_RUN_BYTES // 24 + 2000)
    ports = list("abcdefghijkl")
    bench.node("wide", dict.fromkeys(ports, "string"), {"out": "u8"}, lambda *_: {"out": 1})
    bench.flow(
        '[flow]\nname = "w"\n[placements]\nwide = "wide"\n[outputs]\nout = "wide.out"\n[inputs]\n'
        + "".join(f'{port} = "string"\n' for port in ports)
        + "".join(f'[[edges]]\nfrom = "input.{port}"\nto = "wide.{port}"\n' for port in ports)
    )
    ready = bench.plan("w")
    before = execute(ready, {port: large + port for port in ports}, bench)
    assert before.failure is None
    given: dict[str, Json] = {port: large + "+" + port for port in ports}
    with pytest.raises(Rejected) as refused:
        fork(ready, before, point("wide"), given, bench, Ticking())
    assert refused.value.code == "E_RUN_SIZE"


def test_a_step_that_was_not_taken_is_forked_with_a_value_for_it() -> None:
    bench, ready, before = parent()
    got = fork(ready, before, point("person"), {"score": 1}, bench, Ticking())
    status = {step.name: step.status for step in got.steps}
    assert status["person"] is StepStatus.DONE
    assert status["approve"] is StepStatus.DONE  # it is before it, and as the parent had it


def test_a_parent_that_failed_before_the_fork_cannot_be_forked_there() -> None:
    bench, ready, before = parent("-1.00")
    with pytest.raises(Rejected) as refused:
        fork(ready, before, point("score/size"), {"amount": "1.00"}, bench, Ticking())
    assert refused.value.code == "E_FORK_STEP"
    got = fork(ready, before, point("check"), {"amount": "1.00"}, bench, Ticking())
    assert got.output_values == {"decision": "approve it"}


def test_a_past_that_does_not_come_out_again_is_no_past() -> None:
    bench, ready, before = parent()
    bench.node("velocity", {"amount": "decimal<2>"}, {"score": "u8"}, lambda amount: {"score": 9})
    with pytest.raises(Rejected) as found:
        fork(ready, before, point("score/combine"), {}, bench, Ticking())
    assert found.value.code == "E_FORK_DIVERGED"
    got = fork(ready, before, point("score/velocity"), {}, bench, Ticking())  # that is its own
    assert got.output_values == {"decision": "approve it"}


def test_what_the_parent_was_answered_is_remembered_once_for_the_same_call() -> None:
    _, _, _, record = recorded()
    remembered = Remembered(record, frozenset({"first"}))
    answers = [remembered.take("second", "clock.now", {}) for _ in range(3)]
    assert [each.answer if each else None for each in answers] == [{"time": 3}, {"time": 4}, None]
    assert remembered.take("first", "clock.now", {}) is None
    assert remembered.take("second", "random.bytes", {}) is None


def test_a_found_value_is_what_was_there_before_the_run_wrote_it() -> None:
    def keeps(value: int, host: Asking) -> dict[str, Json]:
        host.ask("kv.get", key="a")
        host.ask("kv.put", key="b", value="bmV3")
        host.ask("kv.get", key="b")
        host.ask("kv.get", key="a")
        return stamp(value, host)

    class Stored(Ticking):
        def answer(self, step: str, node: Any, operation: str, arguments: Any) -> dict[str, Json]:
            if operation == "kv.put":
                return {}
            if operation == "kv.get":
                return {"value": f"{step}-{arguments['key']}"}
            return super().answer(step, node, operation, arguments)

    bench, ready, _, _ = recorded()
    bench.node("stamp", {"value": "u32"}, {"out": "u32"}, keeps)
    record = execute(ready, {"value": 5}, bench, Stored())
    assert record.failure is None
    assert [found[1:] for found in found_values(record)] == [("a", "first-a")]


def test_errors_of_a_fork_say_what_there_is() -> None:
    bench, ready, before = parent()
    with pytest.raises(LogosError, match="no step 'nobody'") as refused:
        fork(ready, before, point("nobody"), {}, bench, Ticking())
    assert "score/size" in refused.value.hint
