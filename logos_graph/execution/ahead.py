"""Looks ahead of a plan's order: long steps that ask nothing are begun before their turn.

The order of a run is the plan's, and its record is that of the steps one by one. While one of them
is called, others whose inputs are settled already may be computed beside it, if nothing but their
input decides what they give: nodes without imports. At its turn such a step is begun, fed and
recorded as any other, and only its call has been made before. What is not needed, because an
earlier step failed or the run was stopped, is dropped and leaves no trace.

Short calls gain nothing by it, so only nodes count whose last call in this process was long.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeVar

from logos_graph.canon import ContentId
from logos_graph.execution.plan import Input, Plan, PlannedStep, Relay

__all__ = ["Begun", "LookAhead", "Neighbours"]

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Begun(Protocol[Result_co]):
    """A call that was begun before its turn."""

    def result(self) -> Result_co:
        """What it gave or raised; made here and now when nobody has begun it really."""

    def drop(self) -> None:
        """It is not needed: it need not be made, and what it gives or raises is lost."""


class Neighbours(Protocol[Result_co]):
    """What a host says of the calls that it can make beside others."""

    @property
    def long(self) -> Collection[ContentId]:
        """Nodes that ask nothing and whose last call here was worth a thread; as it is now."""

    @property
    def room(self) -> int:
        """How many calls may be begun before their turn; 0 where there is one core."""

    def asks(self, node: ContentId) -> bool:
        """Whether the node may ask for anything: it cannot be called before its turn."""

    def call_ahead(self, node: ContentId, data: bytes) -> Begun[Result_co]:
        """Begin a call that asks nothing."""


class LookAhead(Generic[Result]):
    """What was begun in one run. `at` is an operation's place in the plan."""

    def __init__(
        self,
        plan: Plan,
        host: Neighbours[Result],
        data: Callable[[PlannedStep], bytes | None],
    ) -> None:
        """data: the input of a step that is settled; None when it is not taken."""
        self._operations = plan.operations
        self._host, self._data = host, data
        self._settled = _settled(plan)
        self._next = 0
        self._known: list[int] = []
        self._begun: dict[int, Begun[Result]] = {}

    def turn(self, at: int, node: ContentId) -> Begun[Result] | None:
        """A step is about to be called: its call, if it was begun; others are begun beside it."""
        begun = self._begun.pop(at, None)
        if begun is not None or node in self._host.long or self._host.asks(node):
            self._begin_others(at)
        return begun

    def drop(self) -> None:
        """What is still begun is not needed."""
        for begun in self._begun.values():
            begun.drop()
        self._begun.clear()

    def _begin_others(self, at: int) -> None:
        """The next steps in the plan's order, as many as there is room for."""
        while self._next < len(self._settled) and self._settled[self._next][0] < at:
            heappush(self._known, self._settled[self._next][1])
            self._next += 1
        while self._known and len(self._begun) < self._host.room:
            place = heappop(self._known)
            step = self._operations[place]
            if place <= at or not isinstance(step, PlannedStep) or step.node not in self._host.long:
                continue
            data = self._data(step)
            if data is not None:
                self._begun[place] = self._host.call_ahead(step.node, data)


def _settled(plan: Plan) -> list[tuple[int, int]]:
    """(the last operation that decides a step's inputs, or -1; the step), the earliest first."""
    filled = [-1] * plan.slots
    opened = [-1] * plan.scopes
    settled: list[tuple[int, int]] = []

    def last(inputs: tuple[Input, ...]) -> int:
        return max((filled[source.slot] for each in inputs for source in each.sources), default=-1)

    for at, operation in enumerate(plan.operations):
        if isinstance(operation, PlannedStep):
            settled.append((max(opened[operation.scope], last(operation.inputs)), at))
            for port in operation.outputs:
                filled[port.slot] = at
        elif isinstance(operation, Relay):
            filled[operation.slot] = at
        else:
            opened[operation.opens] = at
            first = operation.first_slot
            filled[first : first + len(operation.inputs)] = [at] * len(operation.inputs)
    settled.sort()
    return settled
