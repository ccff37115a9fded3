"""Runs a plan: one host call for each step that was reached, every value recorded once.

The executor knows no database and no clock; the host is a Protocol. The same plan, inputs and host
answers give the same record, which is what a replay compares.

A step runs when it was reached (plan.py); otherwise it is not taken, and that passes on to what it
would have fed. An option input that nothing fed reads as none, for which nothing is recorded: it
came from nowhere. A node's failure ends the run: the step failed, what comes after is not taken.

What a node asks while it runs is answered by the World, and recorded with the step in the order it
was asked. A call that ends the step is recorded too, without an answer.

The World may stop a run at a step (STOPPED_AT_BEGIN, STOPPED_AT_END of record.py):

    begin              nothing was carried into the step, and it used no gas
    an answer          as with any call that is refused
    end                with the gas, calls and log of its call, and without outputs

Steps are settled one by one in the plan's order. Long ones may have been computed before their turn
(ahead.py), of which the record shows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

from logos_graph.canon import Json, recordable
from logos_graph.errors import InvalidInput, LogosError
from logos_graph.execution.ahead import LookAhead
from logos_graph.execution.given import Given, encode_given
from logos_graph.execution.host import Answer, Host, HostResult, NodeFailure, World
from logos_graph.execution.kept import (
    MAX_RUN_BYTES,
    MAX_RUN_CALLS,
    Kept,
    Value,
    given_value,
    none_value,
)
from logos_graph.execution.plan import Input, OpenFlow, Plan, PlannedStep, Relay
from logos_graph.execution.record import (
    Failure,
    HostCall,
    LogRecord,
    RunRecord,
    StepRecord,
    StepStatus,
)
from logos_graph.graph.flow import INPUT, OUTPUT

__all__ = [
    "MAX_RUN_BYTES",
    "MAX_RUN_CALLS",
    "Answer",
    "Host",
    "HostResult",
    "LogRecord",
    "NodeFailure",
    "World",
    "encode_inputs",
    "execute",
]

MAX_REASON = 2000
"""Longest reason of a failure that is recorded, in characters."""

_NOTHING: Mapping[str, Value] = MappingProxyType({})


def encode_inputs(plan: Plan, inputs: Mapping[str, Json]) -> list[bytes]:
    """The flow's inputs in binary, in the ports' order.

    Raises InvalidInput: E_RUN_INPUT_MISSING, E_RUN_INPUT_UNKNOWN, E_VALUE_*.
    """
    names = [port.name for port in plan.inputs]
    missing = [name for name in names if name not in inputs]
    if missing:
        raise InvalidInput(
            "E_RUN_INPUT_MISSING",
            f"the flow needs an input {missing[0]}, which was not given",
            hint=f"inputs: {', '.join(names)}",
            inputs=missing,
        )
    unknown = sorted(set(inputs) - set(names))
    if unknown:
        raise InvalidInput(
            "E_RUN_INPUT_UNKNOWN",
            f"the flow has no input {unknown[0][:64]!r}",
            hint=f"inputs: {', '.join(names)}",
            inputs=unknown,
        )
    return plan.input_codec.write(inputs)


def execute(
    plan: Plan,
    inputs: Mapping[str, Json],
    host: Host,
    world: World | None = None,
    given: Given | None = None,
) -> RunRecord:
    """Run a plan to its end, done or failed. Raises InvalidInput for inputs that do not fit.

    world: answers what nodes ask; without one, a node that asks for anything fails. Whatever it
    raises that is no NodeFailure ends the execution and comes out of it.
    given: see encode_given; the record has those that reached their step.
    """
    run = _Run(plan, host, world)
    if given:
        run.give_instead(given)
    run.start(inputs, encode_inputs(plan, inputs))
    try:
        return run.finish(run.operations())
    finally:
        run.drop()


class _Run:
    """The state of one execution: a slot for each output port, filled as steps are done."""

    def __init__(self, plan: Plan, host: Host, world: World | None) -> None:
        self._plan = plan
        self._host = host
        self._world = world
        self._ahead: LookAhead[HostResult] | None = None
        self._slots: list[Value | None] = [None] * plan.slots
        self._open = [False] * plan.scopes
        self._instead: dict[str, dict[str, Value]] = {}
        self._steps: list[StepRecord] = []
        self._kept = Kept(plan)

    def start(self, inputs: Mapping[str, Json], encoded: list[bytes]) -> None:
        """Fill the first slots with the flow's inputs and open the outermost scope."""
        self._open[0] = True
        for slot, (port, data) in enumerate(zip(self._plan.inputs, encoded, strict=True)):
            value = self._slots[slot] = Value(data, inputs[port.name], INPUT, port.name)
            try:
                self._kept.input(value)
            except NodeFailure as too_large:
                raise InvalidInput(
                    too_large.code,
                    f"the inputs and the flow's steps take over {MAX_RUN_BYTES} bytes to record",
                ) from None

    def give_instead(self, given: Given) -> None:
        """These values go to these ports, whatever else would."""
        for step, encoded in encode_given(self._plan, given).items():
            self._instead[step] = {
                port: given_value(data, given[step][port], port) for port, data in encoded.items()
            }

    def operations(self) -> Failure | None:
        """All of them in the plan's order, or until a step fails; the failure."""
        for at, operation in enumerate(self._plan.operations):
            if isinstance(operation, PlannedStep):
                failure = self._step(at, operation)
                if failure is not None:
                    return failure
            elif isinstance(operation, Relay):
                self._relay(operation)
            else:
                self._open_flow(operation)
        return None

    def drop(self) -> None:
        """What was begun before its turn and is not needed."""
        if self._ahead is not None:
            self._ahead.drop()

    def finish(self, failure: Failure | None) -> RunRecord:
        """The record; steps after a failure are not taken, and a failed run has no outputs."""
        plan, kept = self._plan, self._kept
        if failure is None:
            try:
                for output in plan.outputs:
                    value = self._first(output) or _none(output)
                    if value is not None:
                        kept.carry(OUTPUT, (output,), [value])
                        kept.output(output, value)
            except NodeFailure as failed:
                failure = Failure(OUTPUT, failed.code, failed.reason)
        for step in plan.steps[len(self._steps) :]:
            self._steps.append(StepRecord(step.name, step.node, StepStatus.NOT_TAKEN, 0))
        return RunRecord(
            plan.flow,
            tuple(self._steps),
            tuple(kept.carried),
            kept.values,
            kept.inputs,
            {} if failure else kept.outputs,
            failure,
            given=kept.given,
        )

    # a step -------------------------------------------------------------------------------------

    def _step(self, at: int, step: PlannedStep) -> Failure | None:
        """Call the node if it was reached; the failure, if it failed."""
        fed = self._reached(step)
        if fed is None:
            self._steps.append(StepRecord(step.name, step.node, StepStatus.NOT_TAKEN, 0))
            return None
        world = self._world
        gas, log, calls = 0, list[LogRecord](), list[HostCall]()
        status, failure = StepStatus.DONE, None
        try:
            if world is not None:
                world.begin(step.name, step.node)
            self._kept.carry(step.name, step.inputs, fed)
            result = self._call(at, step, fed, calls)
            gas = result.gas
            if result.log:
                self._keep_log(step, result.log, log)
            if world is not None:
                world.end(step.name, step.node)
            self._give(step, result.output)
        except NodeFailure as failed:
            gas = max(gas, failed.gas)
            if failed.log:
                with suppress(NodeFailure):  # what made it fail is told already
                    self._keep_log(step, failed.log, log)
            status = StepStatus.FAILED
            failure = Failure(step.name, failed.code, recordable(failed.reason, MAX_REASON))
        self._steps.append(StepRecord(step.name, step.node, status, gas, tuple(calls), tuple(log)))
        return failure

    def _reached(self, step: PlannedStep) -> list[Value] | None:
        """One value for each input; None when it is not taken."""
        if not self._open[step.scope]:
            return None
        return self._fed(step.inputs, self._instead.get(step.name, _NOTHING))

    def _call(
        self, at: int, step: PlannedStep, fed: list[Value], calls: list[HostCall]
    ) -> HostResult:
        """Made now, or before its turn; others may be begun beside it."""
        host, node = self._host, step.node
        asks = host.asks(node)
        if self._ahead is None and host.long and (asks or node in host.long) and host.room:
            self._ahead = LookAhead(self._plan, host, self._settled_data)
        begun = None if self._ahead is None else self._ahead.turn(at, node)
        if begun is not None:
            return begun.result()
        return host.call(node, _data(fed), self._answer(step, calls) if asks else None)

    def _settled_data(self, step: PlannedStep) -> bytes | None:
        """See LookAhead."""
        fed = self._reached(step)
        return None if fed is None else _data(fed)

    def _answer(self, step: PlannedStep, calls: list[HostCall]) -> Answer | None:
        """How this step's node asks for something; what it asked is added to `calls`."""
        world, kept = self._world, self._kept
        if world is None:
            return None

        def answer(operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
            kept.asked(arguments)
            calls.append(HostCall(operation, arguments, None))
            given = world.answer(step.name, step.node, operation, arguments)
            # What was answered stands there even if it is too much: it may have been done outside.
            calls[-1] = HostCall(operation, arguments, given)
            kept.answered(given)
            return given

        return answer

    def _keep_log(
        self, step: PlannedStep, lines: tuple[LogRecord, ...], log: list[LogRecord]
    ) -> None:
        """Record the lines, as far as they may be kept and fit."""
        if self._world is not None:
            self._world.check_log(step.name, step.node)
        self._kept.lines(lines, log)

    def _give(self, step: PlannedStep, output: bytes) -> None:
        """Check a step's output and fill the slots of the ports that something reads."""
        try:
            values = step.output_codec.read(output)
            for port, (data, json) in zip(step.outputs, values, strict=True):
                if port.used:
                    self._slots[port.slot] = Value(data, json, step.name, port.name)
        except LogosError as error:
            raise NodeFailure("E_NODE_OUTPUT", f"{error.code}: {error.message}") from error

    # nested flows -------------------------------------------------------------------------------

    def _open_flow(self, flow: OpenFlow) -> None:
        """Open a nested flow when it was reached; its own steps see its inputs then."""
        fed = self._fed(flow.inputs, _NOTHING) if self._open[flow.scope] else None
        if fed is not None:
            self._open[flow.opens] = True
            self._slots[flow.first_slot : flow.first_slot + len(fed)] = fed

    def _relay(self, relay: Relay) -> None:
        """Hand a nested flow's output on, or none for one that stayed empty, if it was opened."""
        if self._open[relay.scope]:
            self._slots[relay.slot] = self._first(relay.input) or _none(relay.input)

    # what feeds them ----------------------------------------------------------------------------

    def _fed(self, inputs: tuple[Input, ...], instead: Mapping[str, Value]) -> list[Value] | None:
        """One value for each input, or None when what has them was not reached."""
        fed: list[Value] = []
        some = not inputs
        for each in inputs:
            value = instead[each.port] if each.port in instead else self._first(each)
            if value is not None:
                some = True
            else:
                value = _none(each)
                if value is None:
                    return None
            fed.append(value)
        return fed if some else None

    def _first(self, target: Input) -> Value | None:
        """The value that reached an input; its sources are proved to be exclusive."""
        for source in target.sources:
            value = self._slots[source.slot]
            if value is not None and (source.when is None or source.when.holds(value.json)):
                return value
        return None


def _none(target: Input) -> Value | None:
    """What an option input reads that nothing fed; None for an input of another type."""
    return None if target.none is None else none_value(target.none)


def _data(fed: list[Value]) -> bytes:
    """A node's input."""
    return fed[0].data if len(fed) == 1 else b"".join([value.data for value in fed])
