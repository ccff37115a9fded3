"""What an execution has around it: the host that runs nodes, and the world that answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Rejected
from logos_graph.execution.ahead import Neighbours
from logos_graph.execution.record import LogRecord

__all__ = ["Answer", "Host", "HostResult", "NodeFailure", "World"]


class HostResult(NamedTuple):
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


class Host(Neighbours[HostResult], Protocol):
    """Where nodes run; isolation, metering and limits are its business."""

    def call(self, node: ContentId, data: bytes, answer: Answer | None = None) -> HostResult:
        """Run a node on its concatenated input values. Raises NodeFailure.

        What `answer` raises ends the call at once and comes out of it.
        """


class World(Protocol):
    """What is outside of the nodes: the live one, or what a record says of it.

    Each step that is reached: begin, then answers and check_log as the node asks and writes, then
    end, unless it failed before. A NodeFailure from any of them fails the step, and so the run.
    """

    def begin(self, step: str, node: ContentId) -> None:
        """Before anything is carried into it. Raises NodeFailure E_RUN_CANCELLED, E_RUN_TIME."""

    def end(self, step: str, node: ContentId) -> None:
        """After its call, before its outputs are given. Raises NodeFailure E_STEP_TIME."""

    def answer(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        """The answer to a call. Raises NodeFailure for a call that is refused, or a stop."""

    def check_log(self, step: str, node: ContentId) -> None:
        """Raises NodeFailure if the lines that the node wrote may not be kept."""
