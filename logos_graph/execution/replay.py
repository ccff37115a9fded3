"""Runs a finished run again from its recorded inputs and names the first difference.

What is compared, in this order: the inputs; then for each step, in the plan's order, whether it ran
(a step once taken that is now not taken is a difference), each call that it made, each value that
left it, each line that it wrote, and the gas it took; then the outputs, how the run ended, and the
digest of it all. So the first difference is where the runs parted.

Nothing outside is asked: the answers are read back from the record (recorded.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import zip_longest

from logos_graph.canon import ContentId, Json, encode
from logos_graph.errors import InvalidInput, NotVerified
from logos_graph.execution.executor import Host, execute
from logos_graph.execution.plan import Plan
from logos_graph.execution.record import (
    Carried,
    HostCall,
    LogRecord,
    RunRecord,
    StepRecord,
    StepStatus,
    run_digest,
)
from logos_graph.execution.recorded import RecordedWorld
from logos_graph.graph.flow import INPUT, OUTPUT

__all__ = ["Aspect", "Difference", "ReplayReport", "compare", "replay"]


class Aspect(StrEnum):
    """In what a run and its replay differ."""

    STATUS = "status"
    NODE = "node"
    CALL = "call"
    LOG = "log"
    CARRIED = "carried"
    TYPE = "type"
    VALUE = "value"
    GAS = "gas"
    FAILURE = "failure"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference. `step` is `input` or `output` for the flow's own ports.

    expected: what the record holds; got: what the replay gave. For `carried`, whether a value
    travelled at all; for a step's `status`, None when the step is not in that run.
    port: the port that the value left (or entered, at `output`); None when it is not about a port.
    to: for a value, where it travelled. number: for a call or a line, which one of its step (from
    1); expected or got is None where that run has no such call or line.
    """

    step: str
    port: str | None
    aspect: Aspect
    expected: Json
    got: Json
    to: str | None = None
    number: int | None = None

    @property
    def json(self) -> dict[str, Json]:
        """The difference as commands print it."""
        difference: dict[str, Json] = {
            "step": self.step,
            "port": self.port,
            "aspect": self.aspect.value,
            "expected": self.expected,
            "got": self.got,
            "to": self.to,
        }
        return difference if self.number is None else difference | {"number": self.number}


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay found; `values` and `steps` are how many were compared.

    digest: of the record (record.run_digest); None when two records were compared without it.
    """

    difference: Difference | None
    values: int
    steps: int
    digest: ContentId | None = None

    @property
    def same(self) -> bool:
        """Whether everything was the same."""
        return self.difference is None


def replay(recorded: RunRecord | Mapping[str, Json], plan: Plan, host: Host) -> ReplayReport:
    """Run a recorded run again and compare.

    The digests are compared first: where they are the same, so is everything else.

    recorded: a record, or the ledger's `run` mutation.
    Raises NotVerified E_RUN_RECORD, E_RUN_VALUE (the record itself is not sound) or E_RUN_FLOW (it
    is of another flow), and InvalidInput when the recorded inputs do not fit the flow.
    """
    mutation = recorded.to_mutation("", "") if isinstance(recorded, RunRecord) else recorded
    record = RunRecord.from_mutation(mutation, check_values=False)
    if record.flow != plan.flow:
        raise NotVerified(
            "E_RUN_FLOW",
            f"the run is of the flow {record.flow}, not of {plan.flow}",
            expected=record.flow,
            found=plan.flow,
        )
    try:
        got = _again(record, plan, host)
    except InvalidInput:
        record.check_values()
        raise
    digest = run_digest(mutation)
    other = run_digest(got.to_mutation(_text(mutation, "id"), _text(mutation, "intent")))
    if digest == other:  # and so each value is what its id says, as those of `got` are
        return ReplayReport(None, len(got.carried), len(got.steps), digest)
    record.check_values()
    report = compare(record, got)
    rest = Difference(OUTPUT, None, Aspect.DIGEST, digest, other)
    return replace(report, difference=report.difference or rest, digest=digest)


def _again(record: RunRecord, plan: Plan, host: Host) -> RunRecord:
    """The same inputs once more. What is not of the nodes' doing is taken from the record."""
    got = execute(plan, record.input_values, host, RecordedWorld(record), record.given_values)
    before, after = record.failure, got.failure
    if after is None and before is not None and before.undid:
        got = got.undone(before)  # not by a node, but by what happened around the run
    if before is not None and after is not None and before.place == after.place:
        got = replace(got, failure=before)  # texts may be worded anew by a later version
    return replace(got, forked_from=record.forked_from)


def compare(expected: RunRecord, got: RunRecord) -> ReplayReport:
    """Compare two runs of one flow; `got` is in the plan's order, which is the order compared."""
    comparison = _Comparison(expected, got)
    difference = next(comparison.differences(), None)
    return ReplayReport(difference, comparison.values, comparison.steps)


def _text(mutation: Mapping[str, Json], field: str) -> str:
    """Who and what it was for, of which a replay says nothing."""
    text = mutation.get(field)
    return text if isinstance(text, str) else ""


class _Comparison:
    """Walks both records side by side, counting what it compares."""

    def __init__(self, expected: RunRecord, got: RunRecord) -> None:
        self._expected = expected
        self._got = got
        self.values = 0
        self.steps = 0

    def differences(self) -> Iterator[Difference]:
        expected, got = self._expected, self._got
        recorded = {step.name: step for step in expected.steps}
        before, after = _by_source(expected.carried), _by_source(got.carried)
        yield from self._ports(INPUT, expected.inputs, got.inputs)
        yield from self._values(INPUT, before, after)
        for step in got.steps:
            given = (each.given.get(step.name, {}) for each in (expected, got))
            yield from self._ports(step.name, *given)
            yield from self._step(step, recorded.pop(step.name, None), before, after)
        for step in recorded.values():
            yield Difference(step.name, None, Aspect.STATUS, step.status.value, None)
        # What is left in the record left a place that is no step: it cannot have travelled.
        for source in list(before):
            yield from self._values(source, before, after)
        yield from self._ports(OUTPUT, expected.outputs, got.outputs)
        yield from self._ending()

    def _step(
        self,
        got: StepRecord,
        expected: StepRecord | None,
        before: dict[str, list[Carried]],
        after: dict[str, list[Carried]],
    ) -> Iterator[Difference]:
        self.steps += 1
        if expected is None:
            yield Difference(got.name, None, Aspect.STATUS, None, got.status.value)
            return
        if expected.node != got.node:
            yield Difference(got.name, None, Aspect.NODE, expected.node, got.node)
        status = Difference(got.name, None, Aspect.STATUS, expected.status.value, got.status.value)
        if StepStatus.NOT_TAKEN in (expected.status, got.status) and expected.status != got.status:
            yield status
        yield from _numbered(got.name, Aspect.CALL, expected.calls, got.calls)
        if expected.status != got.status:
            yield status
        yield from self._values(got.name, before, after)
        yield from _numbered(got.name, Aspect.LOG, expected.log, got.log)
        if expected.gas != got.gas:
            yield Difference(got.name, None, Aspect.GAS, expected.gas, got.gas)

    def _values(
        self, source: str, before: dict[str, list[Carried]], after: dict[str, list[Carried]]
    ) -> Iterator[Difference]:
        """The values that left a place, each with where it travelled; both are taken out."""
        recorded = before.pop(source, [])
        expected = {_way(each): each for each in recorded}
        got = {_way(each): each for each in after.pop(source, [])}
        if len(expected) != len(recorded):
            yield Difference(source, None, Aspect.CARRIED, "a value twice on one edge", None)
        for way in sorted(expected.keys() | got.keys()):
            self.values += 1
            one, other = expected.get(way), got.get(way)
            to = f"{way[1]}.{way[2]}"
            yield from self._value(
                source, way[0], one.cid if one else None, other.cid if other else None, to
            )
            if one and other and one.type != other.type:
                yield Difference(source, way[0], Aspect.TYPE, one.type, other.type, to)

    def _ports(
        self, place: str, expected: Mapping[str, ContentId], got: Mapping[str, ContentId]
    ) -> Iterator[Difference]:
        for port in sorted(expected.keys() | got.keys()):
            yield from self._value(place, port, expected.get(port), got.get(port))

    def _value(
        self,
        place: str,
        port: str,
        expected: ContentId | None,
        got: ContentId | None,
        to: str | None = None,
    ) -> Iterator[Difference]:
        if expected is None or got is None:
            if expected != got:
                yield Difference(
                    place, port, Aspect.CARRIED, expected is not None, got is not None, to
                )
        elif expected != got:
            one, other = self._expected.values[expected], self._got.values[got]
            yield Difference(place, port, Aspect.VALUE, one, other, to)

    def _ending(self) -> Iterator[Difference]:
        """The failures; texts may be worded anew by a later version, so the code decides."""
        one, other = self._expected.failure, self._got.failure
        if (one and one.place) != (other and other.place):
            yield Difference(
                other.step if other else one.step if one else OUTPUT,
                None,
                Aspect.FAILURE,
                one.json if one else None,
                other.json if other else None,
            )


def _numbered(
    step: str,
    aspect: Aspect,
    expected: Sequence[HostCall | LogRecord],
    got: Sequence[HostCall | LogRecord],
) -> Iterator[Difference]:
    """Calls or lines of one step, side by side; where one run has fewer, the other's is there."""
    for number, (one, other) in enumerate(zip_longest(expected, got), 1):
        before, after = (None if each is None else each.json for each in (one, other))
        if encode(before) != encode(after):  # as JSON: in Python alone, true would equal 1
            yield Difference(step, None, aspect, before, after, number=number)


def _by_source(carried: Sequence[Carried]) -> dict[str, list[Carried]]:
    places: dict[str, list[Carried]] = {}
    for each in carried:
        places.setdefault(each.source, []).append(each)
    return places


def _way(carried: Carried) -> tuple[str, str, str]:
    return carried.source_port, carried.target, carried.target_port
