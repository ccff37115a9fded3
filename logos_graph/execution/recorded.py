"""The world as a run's record has it: every answer is read back, and nothing outside is asked."""

from __future__ import annotations

from logos_graph.canon import ContentId, Json, encode
from logos_graph.execution.executor import NodeFailure
from logos_graph.execution.record import (
    STOPPED_AT_BEGIN,
    STOPPED_AT_END,
    Failure,
    HostCall,
    RunRecord,
    StepStatus,
)

__all__ = ["RecordedWorld"]


class RecordedWorld:
    """Implements `World` from a record. A call that is not the recorded one ends its step.

    It ends without an answer, so that the comparison of the two runs finds it.
    """

    def __init__(self, record: RunRecord) -> None:
        self._steps = {step.name: step for step in record.steps}
        self._failure = record.failure
        self._stopped = record.failure.step if record.failure else None
        self._answered: dict[str, int] = {}

    def begin(self, step: str, _node: ContentId) -> None:
        """Raises NodeFailure if the record says that the run was stopped before this step."""
        if step == self._stopped:
            self._stop(step, STOPPED_AT_BEGIN)

    def end(self, step: str, _node: ContentId) -> None:
        """Raises NodeFailure if the record says that the run was stopped after this step."""
        if step == self._stopped:
            self._stop(step, STOPPED_AT_END)

    def _stop(self, step: str, codes: tuple[str, ...]) -> None:
        """A stop within an answer has left a call without one, and is raised there."""
        recorded, failure = self._steps.get(step), self._failure
        if failure is None or failure.code not in codes:
            return
        if recorded is None or not recorded.calls or recorded.calls[-1].answer is not None:
            raise NodeFailure(failure.code, failure.reason)

    def answer(
        self, step: str, _node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        """The recorded answer; NodeFailure as it was recorded, or E_REPLAY_CALL."""
        number = self._answered.get(step, 0)
        self._answered[step] = number + 1
        recorded = self._call(step, number)
        if recorded is None or not _same(recorded, HostCall(operation, arguments, None)):
            raise NodeFailure("E_REPLAY_CALL", f"the record has no such call of {operation}")
        if recorded.answer is None:
            raise self._refusal(step)
        return {**recorded.answer}

    def check_log(self, step: str, _node: ContentId) -> None:
        """Raises NodeFailure if the record says that this step's lines were refused."""
        recorded = self._steps.get(step)
        if (
            recorded is not None
            and recorded.status is StepStatus.FAILED
            and not recorded.log
            and self._failure is not None
            and self._failure.code == "E_GRANT_REVOKED"
        ):
            raise self._refusal(step)

    def _call(self, step: str, number: int) -> HostCall | None:
        recorded = self._steps.get(step)
        if recorded is None or number >= len(recorded.calls):
            return None
        return recorded.calls[number]

    def _refusal(self, step: str) -> NodeFailure:
        """What ended the step in the record."""
        failure: Failure | None = self._failure
        if failure is None or failure.step != step:
            return NodeFailure("E_REPLAY_CALL", "the record does not say what refused this call")
        return NodeFailure(failure.code, failure.reason)


def _same(recorded: HostCall, asked: HostCall) -> bool:
    """As JSON: in Python alone, true would equal 1."""
    return (
        recorded.operation == asked.operation
        and recorded.arguments == asked.arguments
        and encode({**recorded.arguments}) == encode({**asked.arguments})
    )
