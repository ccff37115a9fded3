"""What a run leaves behind: steps with their calls, the values that travelled, how it ended.

A record converts to the ledger's `run` mutation and back; every value is stored once, under its
content id, and the record refers to it by that id. What a node asked of the host stands with its
step, with the answer: a replay reads it back from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from logos_graph.canon import (
    ContentId,
    Json,
    content_id,
    encode_parsed,
    json_id,
    parse_content_id,
)
from logos_graph.errors import InvalidInput, LogosError, NotVerified
from logos_graph.graph.flow import OUTPUT

__all__ = [
    "STOPPED_AT_BEGIN",
    "STOPPED_AT_END",
    "Carried",
    "Failure",
    "ForkPoint",
    "HostCall",
    "LogRecord",
    "RunRecord",
    "RunStatus",
    "StepRecord",
    "StepStatus",
    "run_digest",
]


STOPPED_AT_BEGIN = ("E_RUN_CANCELLED", "E_RUN_TIME")
"""Codes of a run that was stopped before a step, unless the step's last call has no answer: then it
was within that."""
STOPPED_AT_END = ("E_STEP_TIME",)
"""The same of a run that was stopped after a step."""

_UNDOING = ("E_KV_CHANGED", "E_RUN_DIVERGED")
"""Failures of a run whose every step was done."""


class RunStatus(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"


class StepStatus(StrEnum):
    """How a step ended; not taken means that no value reached one of its inputs."""

    DONE = "done"
    FAILED = "failed"
    NOT_TAKEN = "not_taken"


@dataclass(frozen=True, slots=True)
class HostCall:
    """What a node asked of the host: an operation of graph.capabilities, its arguments by port.

    answer: by port; None when there was none, because the call ended the step: the run's failure
    says why.
    """

    operation: str
    arguments: Mapping[str, Json]
    answer: Mapping[str, Json] | None

    @property
    def json(self) -> dict[str, Json]:
        """The call in the `run` mutation."""
        return {
            "answer": None if self.answer is None else {**self.answer},
            "arguments": {**self.arguments},
            "operation": self.operation,
        }


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A line that a node wrote. level: debug, info, warn or error."""

    level: str
    text: str

    @property
    def json(self) -> dict[str, Json]:
        """The line in the `run` mutation."""
        return {"level": self.level, "text": self.text}


class StepRecord(NamedTuple):
    """One step: its path in the flow, the node it used, how it ended, the gas it took.

    calls: what the node asked of the host, in order. log: the lines that it wrote.
    """

    name: str
    node: ContentId
    status: StepStatus
    gas: int
    calls: tuple[HostCall, ...] = ()
    log: tuple[LogRecord, ...] = ()

    @property
    def json(self) -> dict[str, Json]:
        """The step in the `run` mutation; calls and log only where there are any."""
        step: dict[str, Json] = {
            "gas": self.gas,
            "name": self.name,
            "node": self.node,
            "status": self.status.value,
        }
        if self.calls:
            step["calls"] = [call.json for call in self.calls]
        if self.log:
            step["log"] = [line.json for line in self.log]
        return step


class Carried(NamedTuple):
    """A value that travelled between two steps, or from `input`, or to `output`."""

    source: str
    source_port: str
    target: str
    target_port: str
    type: ContentId
    cid: ContentId

    @property
    def json(self) -> dict[str, Json]:
        """The value's way in the `run` mutation."""
        return {
            "cid": self.cid,
            "from": self.source,
            "from_port": self.source_port,
            "to": self.target,
            "to_port": self.target_port,
            "type": self.type,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed: at which step, with which code, for what reason."""

    step: str
    code: str
    reason: str

    @property
    def place(self) -> tuple[str, str]:
        """By which two failures are the same: the reason's wording may change."""
        return self.step, self.code

    @property
    def undid(self) -> bool:
        """Whether it is none of the flow's: what happened around the run undid it at its end."""
        return self.step == OUTPUT and self.code in _UNDOING

    @property
    def json(self) -> dict[str, Json]:
        """The failure in the `run` mutation."""
        return {"code": self.code, "reason": self.reason, "step": self.step}


@dataclass(frozen=True, slots=True)
class ForkPoint:
    """Where a run parted from another: the run whose past it shares, and the first step of its own.

    The steps before that step, in the plan's order, are those of both.
    """

    run: ContentId
    step: str

    @property
    def json(self) -> dict[str, Json]:
        """The point in the `run` mutation."""
        return {"run": self.run, "step": self.step}


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A finished run of a flow; steps are in the plan's order.

    given: values that were put in the place of what would have travelled to a step's ports.
    """

    flow: ContentId
    steps: tuple[StepRecord, ...]
    carried: tuple[Carried, ...]
    values: Mapping[ContentId, Json]
    inputs: Mapping[str, ContentId]
    outputs: Mapping[str, ContentId]
    failure: Failure | None
    forked_from: ForkPoint | None = None
    given: Mapping[str, Mapping[str, ContentId]] = field(default_factory=dict)

    @property
    def status(self) -> RunStatus:
        """Done, or failed when there is a failure."""
        return RunStatus.FAILED if self.failure else RunStatus.DONE

    @property
    def input_values(self) -> dict[str, Json]:
        """The flow's inputs as JSON values, by port."""
        return {port: self.values[cid] for port, cid in self.inputs.items()}

    @property
    def output_values(self) -> dict[str, Json]:
        """The flow's outputs as JSON values, by port; empty when it failed."""
        return {port: self.values[cid] for port, cid in self.outputs.items()}

    @property
    def given_values(self) -> dict[str, dict[str, Json]]:
        """What was given to a step's ports, as JSON values."""
        return {
            step: {port: self.values[cid] for port, cid in ports.items()}
            for step, ports in self.given.items()
        }

    def undone(self, failure: Failure) -> RunRecord:
        """The same run, failed at its end: its steps stand as they were, outputs there are none."""
        return replace(self, outputs={}, failure=failure)

    def to_mutation(self, run: str, intent: str) -> dict[str, Json]:
        """The ledger's `run` mutation. run: the run's id; intent: the cid of what asked for it."""
        mutation: dict[str, Json] = {
            "kind": "run",
            "id": run,
            "flow": self.flow,
            "intent": intent,
            "status": self.status.value,
            "failure": self.failure.json if self.failure else None,
            "inputs": {**self.inputs},
            "outputs": {**self.outputs},
            "steps": [step.json for step in self.steps],
            "carried": [carried.json for carried in self.carried],
            "values": {str(cid): value for cid, value in self.values.items()},
        }
        if self.forked_from is not None:
            mutation["forked_from"] = self.forked_from.json
        if self.given:
            mutation["given"] = {step: {**ports} for step, ports in self.given.items()}
        return mutation

    def check_values(self) -> None:
        """Raises NotVerified E_RUN_VALUE unless every value has the id it is stored under."""
        for cid, value in self.values.items():
            found = json_id(value)
            if found != cid:
                raise NotVerified(
                    "E_RUN_VALUE",
                    f"the value stored as {cid[:80]} has the id {found}",
                    expected=cid,
                    found=found,
                )

    @classmethod
    def from_mutation(cls, mutation: Mapping[str, Json], *, check_values: bool = True) -> RunRecord:
        """Read a `run` mutation back.

        Raises NotVerified E_RUN_RECORD (the form), and what `check_values` raises.
        """
        try:
            record = _parse(mutation)
            if check_values:
                record.check_values()
            return record
        except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
            what = error.message if isinstance(error, LogosError) else repr(error)[:200]
            raise NotVerified(
                "E_RUN_RECORD", f"this is not the record of a run: {what}", cause=what
            ) from error


def run_digest(mutation: Mapping[str, Json]) -> ContentId:
    """A run's digest: the content id of the whole `run` mutation, as canonical JSON has it."""
    return content_id(encode_parsed({**mutation}).encode())


_known_text = lru_cache(maxsize=4096)(parse_content_id)


def _content_id(text: Json) -> ContentId:
    """The same few ids stand in a record again and again."""
    return _known_text(text) if isinstance(text, str) else parse_content_id(text)


def _parse(mutation: Mapping[str, Json]) -> RunRecord:
    values = _object(mutation["values"])
    record = RunRecord(
        _content_id(mutation["flow"]),
        tuple(_step(_object(each)) for each in _array(mutation["steps"])),
        tuple(_carried(_object(each)) for each in _array(mutation["carried"])),
        {ContentId(cid): value for cid, value in values.items()},
        _ports(mutation["inputs"], values),
        _ports(mutation["outputs"], values),
        None if mutation["failure"] is None else _failure(_object(mutation["failure"])),
        _fork_point(_object(mutation["forked_from"])) if "forked_from" in mutation else None,
        {step: _ports(ports, values) for step, ports in _object(mutation.get("given", {})).items()},
    )
    for each in record.carried:
        _known(each.cid, values)
    if record.status != mutation["status"]:
        raise InvalidInput("E_RUN_RECORD", "its status and its failure contradict each other")
    return record


def _step(step: dict[str, Json]) -> StepRecord:
    gas = step["gas"]
    if isinstance(gas, bool) or not isinstance(gas, int):
        raise TypeError("gas is an integer")
    return StepRecord(
        _text(step["name"]),
        _content_id(step["node"]),
        StepStatus(_text(step["status"])),
        gas,
        tuple(_call(_object(each)) for each in _array(step.get("calls", []))),
        tuple(_line(_object(each)) for each in _array(step.get("log", []))),
    )


def _call(call: dict[str, Json]) -> HostCall:
    answer = call["answer"]
    return HostCall(
        _text(call["operation"]),
        _object(call["arguments"]),
        None if answer is None else _object(answer),
    )


def _line(line: dict[str, Json]) -> LogRecord:
    return LogRecord(_text(line["level"]), _text(line["text"]))


def _carried(carried: dict[str, Json]) -> Carried:
    return Carried(
        _text(carried["from"]),
        _text(carried["from_port"]),
        _text(carried["to"]),
        _text(carried["to_port"]),
        _content_id(carried["type"]),
        _content_id(carried["cid"]),
    )


def _failure(failure: dict[str, Json]) -> Failure:
    return Failure(_text(failure["step"]), _text(failure["code"]), _text(failure["reason"]))


def _fork_point(point: dict[str, Json]) -> ForkPoint:
    return ForkPoint(_content_id(point["run"]), _text(point["step"]))


def _ports(ports: Json, values: Mapping[str, Json]) -> dict[str, ContentId]:
    return {port: _known(_content_id(cid), values) for port, cid in _object(ports).items()}


def _known(cid: ContentId, values: Mapping[str, Json]) -> ContentId:
    if cid not in values:
        raise InvalidInput("E_RUN_RECORD", f"the value {cid} is not among its values")
    return cid


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(f"an object is needed, not {type(value).__name__}")
    return value


def _array(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(f"an array is needed, not {type(value).__name__}")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a string is needed, not {type(value).__name__}")
    return value
