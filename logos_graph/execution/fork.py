"""A run that shares the past of another: the same steps up to one, then what is new.

The flow is executed from the same inputs. The steps before the fork, in the plan's order, get the
parent's recorded answers and so come to the same values, which is verified; at the fork, values
are given to ports; from there on the nodes are answered by whatever world is around the fork.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Rejected
from logos_graph.execution.executor import Host, World, execute
from logos_graph.execution.given import encode_given
from logos_graph.execution.plan import Plan
from logos_graph.execution.record import (
    Carried,
    ForkPoint,
    HostCall,
    RunRecord,
    StepRecord,
    StepStatus,
)

__all__ = ["WRITES", "Remembered", "fork", "found_values", "steps_before"]

WRITES = ("kv.put", "kv.delete")


def steps_before(plan: Plan, at: str) -> frozenset[str]:
    """The steps that a fork at this one shares. Raises InvalidInput E_FORK_STEP."""
    encode_given(plan, {at: {}})
    names = [step.name for step in plan.steps]
    return frozenset(names[: names.index(at)])


def fork(
    plan: Plan, parent: RunRecord, point: ForkPoint, given: Mapping[str, Json], host: Host,
    world: World,
) -> RunRecord:  # fmt: skip
    """Execute the parent's flow again, with these values at the fork's step, by port.

    world: answers the shared steps as the parent's record does.
    What was given to a shared step of a parent that is a fork itself is given again.
    Raises InvalidInput E_FORK_STEP, E_FORK_PORT, E_VALUE_*; Rejected E_FORK_STEP for a step that
    is not reached, E_FORK_DIVERGED if the shared steps do not come out the same, and what ended it
    before the values were given (E_RUN_SIZE, …).
    """
    shared = steps_before(plan, point.step)
    past = {step: ports for step, ports in parent.given_values.items() if step in shared}
    got = execute(plan, parent.input_values, host, world, {**past, point.step: given})
    failure, taken = got.failure, got.given.get(point.step, {})
    if failure is not None and failure.step == point.step and taken.keys() != given.keys():
        raise Rejected(failure.code, failure.reason)  # it ended before it was a fork
    _check_shared(parent, got, point, shared)
    status = {step.name: step.status for step in got.steps}
    if status[point.step] is StepStatus.NOT_TAKEN:
        raise Rejected(
            "E_FORK_STEP",
            f"no value reaches all inputs of {point.step}: nothing can be forked there",
            hint=f"`logos run show {point.run}` shows which steps were taken;"
            " --set gives a port its value",
            step=point.step,
        )
    return replace(got, forked_from=point)


def _check_shared(
    parent: RunRecord, got: RunRecord, point: ForkPoint, shared: frozenset[str]
) -> None:
    given = got.given.get(point.step, {})
    one, other = _past(parent, shared, point.step, given), _past(got, shared, point.step, given)
    for step in sorted(one.keys() | other.keys()):
        if one.get(step) != other.get(step):
            raise Rejected(
                "E_FORK_DIVERGED",
                f"run again, the step {step} does not come out as the parent has it",
                hint=f"`logos run replay {point.run}` names the first difference",
                step=step,
                run=point.run,
            )


def _past(
    record: RunRecord, shared: frozenset[str], at: str, given: Mapping[str, ContentId]
) -> dict[str, list[StepRecord | Carried]]:
    """Each shared step with what reached it, and what reached the fork from them, by step."""
    past: dict[str, list[StepRecord | Carried]] = {}
    for step in record.steps:
        if step.name in shared:
            past.setdefault(step.name, []).append(step)
    reached = {each.target for each in record.carried}
    for carried in sorted(record.carried, key=lambda each: (each.target, each.target_port)):
        to_fork = carried.target == at and carried.target_port not in given
        if carried.target in shared or (to_fork and at in reached):
            past.setdefault(carried.target, []).append(carried)
    return past


class Remembered:
    """The parent's answers to the steps from the fork on: to the same call of the same step."""

    def __init__(self, parent: RunRecord, shared: frozenset[str]) -> None:
        self._calls = {
            step.name: list(step.calls) for step in parent.steps if step.name not in shared
        }

    def take(self, step: str, operation: str, arguments: Mapping[str, Json]) -> HostCall | None:
        """The parent's next answered call like this one; None if it has no more."""
        calls = self._calls.get(step, [])
        for at, call in enumerate(calls):
            same = call.operation == operation and call.arguments == arguments
            if same and call.answer is not None:
                return calls.pop(at)
        return None


def found_values(parent: RunRecord) -> Iterator[tuple[ContentId, str, Json]]:
    """The stored values that a run found, as it had not written them: node, key, value."""
    known, written = set[tuple[ContentId, str]](), set[str]()
    for step in parent.steps:
        for call in step.calls:
            key = str(call.arguments.get("key"))
            place = (step.node, key)
            if call.operation in WRITES:
                written.add(key)
            elif call.operation != "kv.get" or call.answer is None or key in written:
                continue
            elif place not in known:
                known.add(place)
                yield *place, call.answer["value"]
