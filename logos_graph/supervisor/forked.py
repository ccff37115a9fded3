"""The world around a fork: a what-if, which sends nothing outside and changes no stored value.

| asked from the fork's step on | answered |
|---|---|
| clock, random | as the parent was, where the same call stands in its record; else live |
| kv.get | what the fork wrote itself; else as the parent found it; else live |
| kv.put, kv.delete | recorded with the run, under the grant; nothing is stored |
| http.request | as the parent was; else E_FORK_EFFECT |

Before it, the steps are those of the parent, and are answered by its record alone.
"""

from __future__ import annotations

from logos_graph.canon import ContentId, Json
from logos_graph.execution import NodeFailure, RunRecord
from logos_graph.execution.fork import WRITES, Remembered, found_values
from logos_graph.execution.recorded import RecordedWorld
from logos_graph.supervisor.view import View
from logos_graph.supervisor.world import LiveWorld

__all__ = ["ForkedWorld"]


class ForkedWorld:
    """Implements execution.World. live: what is around the fork's own intent."""

    def __init__(self, live: LiveWorld, parent: RunRecord, shared: frozenset[str]) -> None:
        self._live, self._shared = live, shared
        self._recorded = RecordedWorld(parent)
        self._remembered = Remembered(parent, shared)
        for node, key, value in found_values(parent):
            live.assume(node, key, value)

    def begin(self, step: str, node: ContentId) -> None:
        """See World.begin: the fork itself may be stopped, wherever it is."""
        self._live.begin(step, node)

    def end(self, step: str, node: ContentId) -> None:
        """See World.end."""
        self._live.end(step, node)

    def answer(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        """See World.answer. NodeFailure E_FORK_EFFECT, and what LiveWorld.answer raises."""
        if step in self._shared:
            given = self._recorded.answer(step, node, operation, arguments)
            if operation in WRITES:
                key, value = str(arguments["key"]), arguments.get("value")
                self._live.assume(node, key, value, written=True)
            return given
        if operation.startswith("kv."):
            return self._live.answer(step, node, operation, arguments)
        call = self._remembered.take(step, operation, arguments)
        if call is not None and call.answer is not None:
            return {**call.answer}
        if operation == "http.request":
            raise NodeFailure(
                "E_FORK_EFFECT",
                "a fork sends nothing outside, and the run that it shares its past with was never"
                " answered to this request",
            )
        return self._live.answer(step, node, operation, arguments)

    def check_log(self, step: str, node: ContentId) -> None:
        """See World.check_log."""
        (self._recorded if step in self._shared else self._live).check_log(step, node)

    def check_in_hand(self, view: View) -> None:
        """See LiveWorld.check_in_hand."""
        self._live.check_in_hand(view)
