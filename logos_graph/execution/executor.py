"""Runs a plan: one host call for each step that was reached, every value recorded once.

The executor knows no database and no clock; the host is a Protocol. The same plan, inputs and host
answers give the same record, which is what a replay compares.

A step runs when each of its inputs was fed; otherwise it is not taken, and that passes on to what
it would have fed. A node's failure ends the run: the step failed, what comes after is not taken.

What a node asks while it runs is answered by the World, and recorded with the step in the order it
was asked. A call that ends the step is recorded too, without an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from logos_graph.canon import ContentId, Json, content_id, recordable
from logos_graph.canon import encode as canonical
from logos_graph.errors import InvalidInput, LogosError, Rejected
from logos_graph.execution.given import Given, encode_given
from logos_graph.execution.plan import Input, OpenFlow, Plan, PlannedStep, Relay
from logos_graph.execution.record import (
    Carried,
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

MAX_RUN_BYTES = 3 * 1024 * 1024
"""How much one run may take in its receipt, in bytes of JSON: it must fit one ledger entry.

Outputs are counted once more for each port, for the receipt's `result` repeats them by value. What
is left of an entry's 4 MiB is for what stands around the run: stored values, or, where it failed,
the one answer that was too much.
"""
MAX_RUN_CALLS = 1000
"""How often the nodes of one run may ask the host for something."""
MAX_REASON = 2000
"""Longest reason of a failure that is recorded, in characters."""
MAX_LINE = 4096
"""Longest line of a log that is recorded, in characters."""

# What a step and a carried value take in the record beside the texts they hold (ids, keys, quotes).
_STEP_BYTES = 160
_CARRIED_BYTES = 320
_VALUE_BYTES = 80
_PORT_BYTES = 80
_CALL_BYTES = 80
_LINE_BYTES = 40


@dataclass(frozen=True, slots=True)
class HostResult:
    """What a node's call gave: its output ports' values, concatenated, and the gas it used.

    log: the lines that it wrote, in order.
    """

    output: bytes
    gas: int
    log: tuple[LogRecord, ...] = ()


class NodeFailure(Rejected):
    """A node's call that ended without output; it ends the run as failed.

    code: E_NODE_PANIC, E_NODE_GAS, E_NODE_MEMORY, E_NODE_STACK, E_NODE_TRAP, E_NODE_OUTPUT,
    E_NODE_CALL, E_NODE_FAILED when the node itself reported a failure, or what the World refused a
    call with. reason: text for people. log: the lines that it wrote until then.
    """

    def __init__(self, code: str, reason: str, gas: int = 0, log: Iterable[LogRecord] = ()) -> None:
        super().__init__(code, reason, gas=gas)
        self.reason = reason
        self.gas = gas
        self.log = tuple(log)

    def __reduce__(self) -> tuple[object, ...]:
        return NodeFailure, (self.code, self.reason, self.gas, self.log)


Answer = Callable[[str, dict[str, Json]], dict[str, Json]]
"""(operation, arguments by port) -> answer by port, as graph.capabilities.OPERATIONS types them."""


class Host(Protocol):
    """Where nodes run; isolation, metering and limits are its business."""

    def call(self, node: ContentId, data: bytes, answer: Answer | None = None) -> HostResult:
        """Run a node on its concatenated input values. Raises NodeFailure.

        What `answer` raises ends the call at once and comes out of it.
        """


class World(Protocol):
    """What is outside of the nodes: the live one, or what a record says of it."""

    def answer(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        """The answer to a call. Raises NodeFailure for a call that is refused."""

    def check_log(self, step: str, node: ContentId) -> None:
        """Raises NodeFailure if the lines that the node wrote may not be kept."""


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
    given: see encode_given; the record has what reached its step.
    """
    run = _Run(plan, host, world)
    run.give_instead(given or {})
    run.start(inputs, encode_inputs(plan, inputs))
    failure: Failure | None = None
    for operation in plan.operations:
        if isinstance(operation, PlannedStep):
            failure = run.step(operation)
            if failure:
                break
        elif isinstance(operation, Relay):
            run.relay(operation)
        else:
            run.open(operation)
    return run.finish(failure)


class _Value:
    """A value in flight: its bytes and its JSON, made once, and where it came from."""

    __slots__ = ("cid", "data", "json", "origin", "port", "size")

    def __init__(self, data: bytes, json: Json, origin: str, port: str) -> None:
        text = canonical(json)
        self.data = data
        self.json = json
        self.cid = content_id(text)
        self.size = len(text)
        self.origin = origin
        self.port = port


_GIVEN = ""  # where a value comes from that no step gave


class _Run:
    """The state of one execution: a slot for each output port, filled as steps are done."""

    def __init__(self, plan: Plan, host: Host, world: World | None) -> None:
        self._plan = plan
        self._host = host
        self._world = world
        self._asked = 0
        self._slots: list[_Value | None] = [None] * plan.slots
        self._open = [False] * plan.scopes
        self._steps: list[StepRecord] = []
        self._carried: list[Carried] = []
        self._values: dict[ContentId, Json] = {}
        self._inputs: dict[str, ContentId] = {}
        self._instead: dict[str, dict[str, _Value]] = {}
        self._given: dict[str, dict[str, ContentId]] = {}
        self._bytes = sum(_STEP_BYTES + len(step.name) for step in plan.steps)

    def start(self, inputs: Mapping[str, Json], encoded: list[bytes]) -> None:
        """Fill the first slots with the flow's inputs and open the outermost scope."""
        self._open[0] = True
        for slot, (port, data) in enumerate(zip(self._plan.inputs, encoded, strict=True)):
            value = _Value(data, inputs[port.name], INPUT, port.name)
            self._slots[slot] = value
            self._inputs[port.name] = value.cid
            try:
                self._keep(value, _PORT_BYTES + len(port.name))
            except NodeFailure as too_large:
                raise InvalidInput(
                    too_large.code,
                    f"the inputs and the flow's steps take over {MAX_RUN_BYTES} bytes to record",
                ) from None

    def give_instead(self, given: Given) -> None:
        """These values go to these ports, whatever else would."""
        for step, encoded in encode_given(self._plan, given).items():
            for port, data in encoded.items():
                value = _Value(data, given[step][port], _GIVEN, port)
                self._instead.setdefault(step, {})[port] = value

    def step(self, step: PlannedStep) -> Failure | None:
        """Call the node if every input was fed; the failure, if it failed."""
        instead = self._instead.get(step.name)
        fed = self._fed(step.inputs, instead) if self._open[step.scope] else None
        if fed is None:
            self._steps.append(StepRecord(step.name, step.node, StepStatus.NOT_TAKEN, 0))
            return None
        gas, log, calls = 0, list[LogRecord](), list[HostCall]()
        try:
            self._carry(step.name, step.inputs, fed)
            data = b"".join([value.data for value in fed])
            result = self._host.call(step.node, data, self._answer(step, calls))
            gas = result.gas
            if result.log:
                self._keep_log(step, result.log, log)
            self._give(step, result.output)
        except NodeFailure as failed:
            gas = max(gas, failed.gas)
            if failed.log:
                with suppress(NodeFailure):  # what made it fail is told already
                    self._keep_log(step, failed.log, log)
            self._end(step, StepStatus.FAILED, gas, calls, log)
            return Failure(step.name, failed.code, recordable(failed.reason, MAX_REASON))
        self._end(step, StepStatus.DONE, gas, calls, log)
        return None

    def _end(
        self,
        step: PlannedStep,
        status: StepStatus,
        gas: int,
        calls: list[HostCall],
        log: list[LogRecord],
    ) -> None:
        self._steps.append(StepRecord(step.name, step.node, status, gas, tuple(calls), tuple(log)))

    def _answer(self, step: PlannedStep, calls: list[HostCall]) -> Answer | None:
        """How this step's node asks for something; what it asked is added to `calls`."""
        world = self._world
        if world is None:
            return None

        def answer(operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
            if self._asked == MAX_RUN_CALLS:
                raise NodeFailure("E_RUN_CALLS", f"the run asks more than {MAX_RUN_CALLS} times")
            self._grow(_CALL_BYTES + len(canonical(arguments)))
            self._asked += 1
            calls.append(HostCall(operation, arguments, None))
            given = world.answer(step.name, step.node, operation, arguments)
            # What was answered stands there even if it is too much: it may have been done outside.
            calls[-1] = HostCall(operation, arguments, given)
            self._grow(len(canonical(given)))
            return given

        return answer

    def _keep_log(
        self, step: PlannedStep, lines: tuple[LogRecord, ...], log: list[LogRecord]
    ) -> None:
        """Record the lines, as far as they fit; a text is whatever the node wrote."""
        if self._world is not None:
            self._world.check_log(step.name, step.node)
        for line in lines:
            text = recordable(line.text, MAX_LINE)
            self._grow(_LINE_BYTES + len(canonical(text)))
            log.append(LogRecord(line.level, text))

    def open(self, flow: OpenFlow) -> None:
        """Open a nested flow when each of its inputs was fed; its own steps see them then."""
        fed = self._fed(flow.inputs) if self._open[flow.scope] else None
        if fed is not None:
            self._open[flow.opens] = True
            self._slots[flow.first_slot : flow.first_slot + len(fed)] = fed

    def relay(self, relay: Relay) -> None:
        """Hand a nested flow's output on; in a scope that is not open there is none."""
        self._slots[relay.slot] = self._first(relay.input)

    def finish(self, failure: Failure | None) -> RunRecord:
        """The record; steps after a failure are not taken, and a failed run has no outputs."""
        plan = self._plan
        outputs: dict[str, ContentId] = {}
        if failure is None:
            try:
                for output in plan.outputs:
                    value = self._first(output)
                    if value is not None:
                        self._carry(OUTPUT, (output,), [value])
                        # By id in the run, and once more by value in the receipt's result.
                        self._keep(value, 2 * (_PORT_BYTES + len(output.port)) + value.size)
                        outputs[output.port] = value.cid
            except NodeFailure as failed:
                failure, outputs = Failure(OUTPUT, failed.code, failed.reason), {}
        for step in plan.steps[len(self._steps) :]:
            self._steps.append(StepRecord(step.name, step.node, StepStatus.NOT_TAKEN, 0))
        return RunRecord(
            plan.flow,
            tuple(self._steps),
            tuple(self._carried),
            self._values,
            self._inputs,
            outputs,
            failure,
            given=self._given,
        )

    def _fed(
        self, inputs: tuple[Input, ...], instead: Mapping[str, _Value] | None = None
    ) -> list[_Value] | None:
        """One value for each input, or None when one was not fed."""
        fed: list[_Value] = []
        for each in inputs:
            value = (instead and instead.get(each.port)) or self._first(each)
            if value is None:
                return None
            fed.append(value)
        return fed

    def _first(self, target: Input) -> _Value | None:
        """The value that reached an input; its sources are proved to be exclusive."""
        for source in target.sources:
            value = self._slots[source.slot]
            if value is not None and (source.when is None or source.when.holds(value.json)):
                return value
        return None

    def _give(self, step: PlannedStep, output: bytes) -> None:
        """Check a step's output and fill the slots of the ports that something reads."""
        try:
            values = step.output_codec.read(output)
            for port, (data, json) in zip(step.outputs, values, strict=True):
                if port.used:
                    self._slots[port.slot] = _Value(data, json, step.name, port.name)
        except LogosError as error:
            raise NodeFailure("E_NODE_OUTPUT", f"{error.code}: {error.message}") from error

    def _carry(self, to: str, inputs: tuple[Input, ...], fed: list[_Value]) -> None:
        """Record what travels to a place, unless the record would become too large."""
        for target, value in zip(inputs, fed, strict=True):
            if value.origin == _GIVEN:
                self._keep(value, _PORT_BYTES + len(to) + len(target.port))
                self._given.setdefault(to, {})[target.port] = value.cid
                continue
            self._keep(value, _CARRIED_BYTES + len(value.origin) + len(to))
            way = value.origin, value.port, to, target.port
            self._carried.append(Carried(*way, target.type, value.cid))

    def _keep(self, value: _Value, size: int) -> None:
        """Put a value into the record; `size` is what else is recorded with it."""
        known = value.cid in self._values
        self._grow(size if known else size + _VALUE_BYTES + value.size)
        if not known:
            self._values[value.cid] = value.json

    def _grow(self, size: int) -> None:
        """The record grows by so many bytes; it may not pass its limit."""
        self._bytes += size
        if self._bytes > MAX_RUN_BYTES:
            raise NodeFailure(
                "E_RUN_SIZE", f"the run passes {MAX_RUN_BYTES} bytes, the most it may record"
            )
