"""What another flow would have said to what a run was given.

The flow is executed from the recorded inputs, and what its nodes ask is read back from the record;
nobody outside is asked. A recorded answer belongs to

    1. the step of that name, for the same operation and arguments, in the order asked there
    2. else the same node at another place, if that step is no more in the flow: likewise in order

A stored value is answered as recorded only if what the run had written to that key until then is
the same now: else it is what this execution wrote last, or nobody knows. Writing is always
possible, and changes nothing. What the record cannot answer ends the execution there: what the
flow would have said cannot be known, and E_REPLAY_UNANSWERED says which call it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from logos_graph.canon import ContentId, Json, json_id
from logos_graph.errors import InvalidInput
from logos_graph.execution.executor import Host, NodeFailure, execute
from logos_graph.execution.fork import WRITES
from logos_graph.execution.plan import Plan
from logos_graph.execution.record import Failure, HostCall, RunRecord, RunStatus, StepRecord
from logos_graph.graph.component import Port

__all__ = ["Change", "StepChange", "WhatIf", "check_same_inputs", "what_if"]

_UNANSWERED = "E_REPLAY_UNANSWERED"


@dataclass(frozen=True, slots=True)
class Change:
    """An output's value in both; None where none came out (or an option that is empty)."""

    output: str
    before: Json
    after: Json

    @property
    def json(self) -> dict[str, Json]:
        """The change as commands print it."""
        return {"output": self.output, "from": self.before, "to": self.after}


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step that is not the same in both; its status is None where it is not in that flow.

    differs: in what: `step` (it is only in one), `node`, `status`, `values`.
    """

    step: str
    before: str | None
    after: str | None
    differs: tuple[str, ...]

    @property
    def json(self) -> dict[str, Json]:
        """The change as commands print it."""
        return {
            "step": self.step,
            "from": self.before,
            "to": self.after,
            "differs": [*self.differs],
        }


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A run, and what the other flow made of its inputs."""

    before: RunRecord
    after: RunRecord

    @property
    def unanswered(self) -> Failure | None:
        """Why it is not known what the flow would have said; None if it is."""
        failure = self.after.failure
        return failure if failure is not None and failure.code == _UNANSWERED else None

    @property
    def outputs(self) -> tuple[Change, ...]:
        """The outputs that differ; none if it is not known."""
        if self.unanswered is not None:
            return ()
        before, after = self.before, self.after
        return tuple(
            Change(port, _value(before, port), _value(after, port))
            for port in sorted(before.outputs.keys() | after.outputs.keys())
            if before.outputs.get(port) != after.outputs.get(port)
        )

    @property
    def endings(self) -> tuple[str, str]:
        """How both ended: `done`, or `failed` with step and code."""
        return _ending(self.before), _ending(self.after)

    @property
    def same(self) -> bool:
        """Whether the flow would have said the same."""
        before, after = self.endings
        return self.unanswered is None and not self.outputs and before == after

    @property
    def steps(self) -> tuple[StepChange, ...]:
        """The steps that differ: those of the run in its order, then those it did not have."""
        before = {step.name: step for step in self.before.steps}
        after = {step.name: step for step in self.after.steps}
        gave = _given(self.before), _given(self.after)
        changes: list[StepChange] = []
        for name in dict.fromkeys([*before, *after]):
            one, other = before.get(name), after.get(name)
            differs = _differs(one, other)
            if one and other and gave[0].get(name) != gave[1].get(name):
                differs = (*differs, "values")
            if differs:
                changes.append(StepChange(name, _status(one), _status(other), differs))
        return tuple(changes)


def check_same_inputs(
    run_flow: ContentId, before: Sequence[Port], flow: ContentId, after: Sequence[Port]
) -> None:
    """Raises InvalidInput E_REPLAY_INPUTS unless both flows take the same inputs."""
    takes = [{port.name: port.type.text for port in ports} for ports in (before, after)]
    if takes[0] == takes[1]:
        return
    texts = [", ".join(f"{name}: {text}" for name, text in each.items()) for each in takes]
    raise InvalidInput(
        "E_REPLAY_INPUTS",
        f"the flows take other inputs: {run_flow} takes ({texts[0]}), {flow} takes ({texts[1]})",
        hint="a flow with the same input ports, of the same types, can be asked",
        run={"flow": run_flow, "inputs": takes[0]},
        flow={"flow": flow, "inputs": takes[1]},
    )


def what_if(recorded: Mapping[str, Json], plan: Plan, host: Host) -> WhatIf:
    """Execute another flow on a recorded run's inputs.

    recorded: the ledger's `run` mutation. A fork is taken without what was given to its steps.
    Raises NotVerified E_RUN_RECORD, E_RUN_VALUE, and InvalidInput E_RUN_INPUT_…, E_VALUE_….
    """
    record = RunRecord.from_mutation(recorded)
    world = _Recalling(record, {step.name: step.node for step in plan.steps})
    got = execute(plan, record.input_values, host, world)
    failure = record.failure
    if got.failure is None and failure is not None and failure.undid:
        got = got.undone(failure)  # not by a node, but by what happened around the run
    return WhatIf(record, got)


@dataclass(slots=True)
class _Recorded:
    """One recorded call. written: what the run had last written to its key before (kv alone)."""

    step: str
    call: HostCall
    written: Json
    used: bool = False


class _Recalling:
    """Implements `World`: answers from a record, wherever the call stands there now."""

    def __init__(self, record: RunRecord, steps: Mapping[str, ContentId]) -> None:
        """steps: those of the flow that asks, with their nodes."""
        self._failure = record.failure
        self._written: dict[str, tuple[ContentId, Json]] = {}
        self._at: dict[tuple[str, ContentId], deque[_Recorded]] = {}
        self._left: dict[ContentId, deque[_Recorded]] = {}
        written: dict[str, Json] = {}
        for step in record.steps:
            stays = steps.get(step.name) == step.node
            for call in step.calls:
                key = str(call.arguments.get("key"))
                known = _Recorded(step.name, call, written.get(key))
                identity = _identity(step.node, call.operation, call.arguments)
                self._at.setdefault((step.name, identity), deque()).append(known)
                if not stays:
                    self._left.setdefault(identity, deque()).append(known)
                if call.operation in WRITES and call.answer is not None:
                    written[key] = {**call.arguments}

    def begin(self, step: str, node: ContentId) -> None:
        """See World.begin: nothing stops it."""

    def end(self, step: str, node: ContentId) -> None:
        """See World.end: nothing stops it."""

    def check_log(self, step: str, node: ContentId) -> None:
        """See World.check_log: lines change nothing."""

    def answer(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        """The recorded answer; NodeFailure E_REPLAY_UNANSWERED, or what refused it then."""
        known = self._known(step, _identity(node, operation, arguments))
        if known is not None and known.call.answer is None:
            failure = self._failure
            if failure is None or failure.step != known.step:
                raise _unanswered(operation)
            raise NodeFailure(failure.code, failure.reason)
        key = str(arguments.get("key"))
        if operation in WRITES:
            self._written[key] = node, {**arguments}
            return {}
        if operation == "kv.get":
            writer, written = self._written.get(key, (None, None))
            if known is None or known.written != written:
                if writer != node or not isinstance(written, dict):
                    raise _unanswered(operation)
                return {"value": written.get("value")}
        if known is None or known.call.answer is None:
            raise _unanswered(operation)
        return {**known.call.answer}

    def _known(self, step: str, identity: ContentId) -> _Recorded | None:
        for calls in (self._at.get((step, identity)), self._left.get(identity)):
            while calls:
                known = calls.popleft()
                if not known.used:
                    known.used = True
                    return known
        return None


def _identity(node: ContentId, operation: str, arguments: Mapping[str, Json]) -> ContentId:
    """As JSON: in Python alone, true would equal 1."""
    return json_id([node, operation, {**arguments}])


def _unanswered(operation: str) -> NodeFailure:
    return NodeFailure(
        _UNANSWERED, f"the record has no answer to this call of {operation}, and nobody is asked"
    )


def _value(record: RunRecord, port: str) -> Json:
    cid = record.outputs.get(port)
    return None if cid is None else record.values[cid]


def _ending(record: RunRecord) -> str:
    failure = record.failure
    if failure is None:
        return RunStatus.DONE.value
    return f"{RunStatus.FAILED.value} at {failure.step}: {failure.code}"


def _given(record: RunRecord) -> dict[str, set[tuple[str, ContentId]]]:
    """What left each step, wherever it went."""
    gave: dict[str, set[tuple[str, ContentId]]] = {}
    for each in record.carried:
        gave.setdefault(each.source, set()).add((each.source_port, each.cid))
    return gave


def _status(step: StepRecord | None) -> str | None:
    return None if step is None else step.status.value


def _differs(one: StepRecord | None, other: StepRecord | None) -> tuple[str, ...]:
    if one is None or other is None:
        return ("step",)
    node = ("node",) if one.node != other.node else ()
    return (*node, "status") if one.status != other.status else node
