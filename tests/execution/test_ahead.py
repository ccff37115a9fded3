"""Branches side by side: the record is that of the steps one by one, whatever was begun before."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.errors import EnvironmentFault
from logos_graph.execution import HostResult, NodeFailure, RunRecord, StepStatus
from logos_graph.execution.ahead import Begun
from logos_graph.execution.executor import MAX_RUN_BYTES, execute
from logos_graph.execution.plan import Plan
from logos_graph.execution.replay import replay
from logos_graph.wasm.workers import Work, Workers
from tests.execution.bench import Asking, Bench
from tests.execution.test_calls import Ticking


class Beside(Bench):
    """Has its calls made ahead by workers of its own, or at once; tells which were begun."""

    def __init__(self, workers: int | None) -> None:
        super().__init__()
        self.workers = None if workers is None else Workers(workers)
        self.room = 4
        self.begun: list[ContentId] = []
        self.most = self.held = 0

    def call_ahead(self, node: ContentId, data: bytes) -> Begun[HostResult]:
        self.begun.append(node)
        self.held += 1
        self.most = max(self.most, self.held)
        if self.workers is not None:
            work = self.workers.submit(lambda: self.call(node, data))
        else:
            work = Work(lambda: self.call(node, data))
            work.make()
        return _Counted(self, work)

    def close(self) -> None:
        if self.workers is not None:
            self.workers.close()


class _Counted:
    def __init__(self, host: Beside, work: Work[HostResult]) -> None:
        self._host, self._work = host, work

    def result(self) -> HostResult:
        self._host.held -= 1
        return self._work.result()

    def drop(self) -> None:
        self._host.held -= 1
        self._work.drop()


def wide(host: Bench, functions: dict[str, Callable[..., Any]]) -> Plan:
    """A flow that feeds its input to each of these nodes, all long unless they ask."""
    for name, function in functions.items():
        host.node(name, {"x": "u32"}, {"y": "u32"}, function)
        if not host.asks(host.library[name].id):
            host.long.add(host.library[name].id)
    host.flow(
        '[flow]\nname = "wide"\n[inputs]\nx = "u32"\n[placements]\n'
        + "".join(f'{name} = "{name}"\n' for name in functions)
        + "".join(f'[[edges]]\nfrom = "input.x"\nto = "{name}.x"\n' for name in functions)
        + "[outputs]\n"
        + "".join(f'{name} = "{name}.y"\n' for name in functions)
    )
    return host.plan("wide")


def plus(number: int) -> Callable[[int], dict[str, Json]]:
    return lambda x: {"y": x + number}


def fails(_x: int) -> dict[str, Json]:
    raise NodeFailure("E_NODE_FAILED", "not today", 3)


def breaks(_x: int) -> dict[str, Json]:
    raise EnvironmentFault("E_HOST_FAULT", "the host is broken")


def alone(functions: dict[str, Callable[..., Any]], world: Any = None) -> RunRecord:
    """The same steps one by one."""
    bench = Bench()
    return execute(wide(bench, functions), {"x": 1}, bench, world)


def test_branches_run_side_by_side() -> None:
    met = Barrier(2, timeout=60)

    def meets(x: int) -> dict[str, Json]:
        met.wait()  # breaks, and fails the test, unless both are there at once
        return {"y": x}

    host = Beside(1)
    record = execute(wide(host, {"a": meets, "b": meets}), {"x": 7}, host)
    assert record.output_values == {"a": 7, "b": 7}
    host.close()


@pytest.mark.parametrize("workers", [None, 0, 1, 3])
def test_the_record_is_the_one_of_the_steps_one_by_one(workers: int | None) -> None:
    functions = {f"p{number}": plus(number) for number in range(12)}
    host = Beside(workers)
    ready = wide(host, functions)
    record = execute(ready, {"x": 1}, host)
    assert record == alone(functions)
    assert len(host.begun) == 11  # all but the first, which is called when it is reached
    assert host.most <= host.room + 1  # with the one whose turn it is
    assert host.held == 0
    assert replay(record, ready, host).same
    host.close()


@pytest.mark.parametrize("workers", [None, 2])
def test_what_was_begun_after_a_failure_leaves_no_trace(workers: int | None) -> None:
    functions = {"a": plus(1), "b": fails, "c": plus(2), "d": breaks, "e": plus(3)}
    host = Beside(workers)
    record = execute(wide(host, functions), {"x": 1}, host)
    assert record == alone(functions)
    assert record.failure is not None
    assert record.failure.step == "b"
    assert [step.status for step in record.steps[2:]] == [StepStatus.NOT_TAKEN] * 3
    assert len(host.begun) > 2
    assert host.held == 0
    host.close()


@pytest.mark.parametrize("workers", [None, 0, 2])
def test_a_fault_of_the_host_comes_out_at_its_turn(workers: int | None) -> None:
    host = Beside(workers)
    world = Turns()
    with pytest.raises(EnvironmentFault) as fault:
        execute(wide(host, {"a": plus(1), "b": plus(2), "c": breaks}), {"x": 1}, host, world)
    assert fault.value.code == "E_HOST_FAULT"
    assert world.seen == ["begin a", "end a", "begin b", "end b", "begin c"]
    assert host.held == 0
    host.close()


class Turns(Ticking):
    """Says when the turn of each step came; raises what it is given at the beginning of one."""

    def __init__(self, at: str = "", raised: BaseException | None = None) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.at, self.raised = at, raised

    def begin(self, step: str, _node: ContentId) -> None:
        self.seen.append(f"begin {step}")
        if self.raised is not None and step == self.at:
            raise self.raised

    def end(self, step: str, _node: ContentId) -> None:
        self.seen.append(f"end {step}")


@pytest.mark.parametrize("workers", [None, 2])
def test_a_run_is_stopped_between_steps_that_were_begun_before(workers: int | None) -> None:
    functions = {name: plus(1) for name in "abcdef"}
    stop = NodeFailure("E_RUN_CANCELLED", "cancelled")
    host = Beside(workers)
    world = Turns("c", stop)
    ready = wide(host, functions)
    record = execute(ready, {"x": 1}, host, world)
    assert record == alone(functions, Turns("c", stop))
    assert world.seen[-1] == "begin c"
    assert record.steps[2].gas == 0
    assert all(way.target != "c" for way in record.carried)
    assert host.held == 0
    assert replay(record, ready, host).same
    host.close()


def test_an_interrupt_leaves_the_workers_in_good_order() -> None:
    functions = {name: plus(1) for name in "abcdef"}
    host = Beside(2)
    ready = wide(host, functions)
    with pytest.raises(KeyboardInterrupt):
        execute(ready, {"x": 1}, host, Turns("c", KeyboardInterrupt()))
    assert host.held == 0
    assert execute(ready, {"x": 1}, host) == alone(functions)
    host.close()


def test_a_node_that_asks_is_called_at_its_turn_and_others_beside_it() -> None:
    def asks(x: int, host: Asking) -> dict[str, Json]:
        time = host.ask("clock.now")["time"]
        assert isinstance(time, int)
        return {"y": x + time}

    functions: dict[str, Callable[..., Any]] = {
        "a": asks, "b": plus(1), "c": asks, "d": plus(2),
    }  # fmt: skip
    host = Beside(None)
    ready = wide(host, functions)
    record = execute(ready, {"x": 1}, host, Ticking())
    assert record == alone(functions, Ticking())
    assert host.begun == [host.library["b"].id, host.library["d"].id]
    assert replay(record, ready, host).same


def test_nothing_is_begun_where_there_is_nothing_beside_it() -> None:
    host = Beside(None)
    host.node("same", {"x": "u32"}, {"y": "u32"}, lambda x: {"y": x})
    host.long.add(host.library["same"].id)
    host.flow(
        '[flow]\nname = "row"\n[inputs]\nx = "u32"\n[placements]\na = "same"\nb = "same"\n'
        'c = "same"\n[[edges]]\nfrom = "input.x"\nto = "a.x"\n[[edges]]\nfrom = "a.y"\nto = "b.x"\n'
        '[[edges]]\nfrom = "b.y"\nto = "c.x"\n[outputs]\ny = "c.y"\n'
    )
    assert execute(host.plan("row"), {"x": 3}, host).output_values == {"y": 3}
    assert host.begun == []


def test_short_nodes_are_called_at_their_turn_and_on_one_core_all_are() -> None:
    host = Beside(None)
    ready = wide(host, {name: plus(1) for name in "abc"})
    long, host.long = host.long, set()
    execute(ready, {"x": 1}, host)
    host.long, host.room = long, 0
    execute(ready, {"x": 1}, host)
    assert host.begun == []


def test_what_a_run_may_record_is_bounded_in_the_same_place() -> None:
    def big(_x: str) -> dict[str, Json]:
        return {"y": str(len(_x)) + "x" * 1_000_000}

    def run(host: Bench) -> RunRecord:
        host.node("big", {"x": "string"}, {"y": "string"}, big)
        host.long.add(host.library["big"].id)
        names = [f"p{number}" for number in range(MAX_RUN_BYTES // 1_000_000 + 2)]
        host.flow(
            '[flow]\nname = "f"\n[inputs]\nx = "string"\n[placements]\n'
            + "".join(f'{name} = "big"\n' for name in names)
            + '[[edges]]\nfrom = "input.x"\nto = "p0.x"\n'
            + "".join(f'[[edges]]\nfrom = "input.x"\nto = "{name}.x"\n' for name in names[1:])
            + "[outputs]\n"
            + "".join(f'{name} = "{name}.y"\n' for name in names)
        )
        return execute(host.plan("f"), {"x": "1"}, host)

    host = Beside(None)
    record = run(host)
    assert record.failure is not None
    assert record.failure.code == "E_RUN_SIZE"
    assert record == run(Bench())
    assert host.begun
