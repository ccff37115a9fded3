"""When each placement of a flow runs and each output is fed, proved from its edges' thresholds.

A placement runs when each of its inputs that is no option is fed; one with option inputs only, when
one of them is; one without inputs always. Whatever is proved here follows the executor's rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from logos_graph.errors import Rejected
from logos_graph.graph.component import Component, Port
from logos_graph.graph.conditions import ALWAYS, Condition, both, either, exclusive, narrow
from logos_graph.graph.flow import INPUT, OUTPUT, Edge, Endpoint
from logos_graph.graph.thresholds import Threshold
from logos_graph.graph.typetree import Option, Type

__all__ = ["Reach"]


class Reach:
    """The conditions of placements, by name, and of the flow's outputs, by port.

    incoming: the edges to each port, in their canonical order: which boxes are joined first decides
    what a join can tell. thresholds: of each port that has any.
    """

    def __init__(
        self,
        incoming: Mapping[Endpoint, Sequence[Edge]],
        thresholds: Mapping[Endpoint, Sequence[Threshold]],
    ) -> None:
        self._incoming = incoming
        self._domains = {port: each[0] for port, each in thresholds.items()}
        self.placements: dict[str, Condition] = {INPUT: ALWAYS}
        self.outputs: dict[str, Condition] = {}

    def judge(
        self,
        order: Iterable[str],
        components: Mapping[str, Component],
        outputs: Mapping[str, Type],
    ) -> None:
        """Prove the sources of each port exclusive, and that each placement and output can be
        reached. Raises Rejected E_FLOW_FED_TWICE, E_FLOW_NEVER, E_FLOW_CONDITIONS,
        E_FLOW_PARTIAL_OUTPUT.
        """
        for name in order:
            self.placements[name] = self._runs(name, components[name].inputs)
        for output in sorted(outputs):
            self.outputs[output] = self._arriving(Endpoint(OUTPUT, output))
        empty = [
            output
            for output, condition in self.outputs.items()
            if not condition.always and not isinstance(outputs[output], Option)
        ]
        if empty:
            raise _partial(empty[0], outputs[empty[0]])

    def _runs(self, name: str, inputs: Sequence[Port]) -> Condition:
        arriving = [self._arriving(Endpoint(name, port.name)) for port in inputs]
        needed = [
            when
            for port, when in zip(inputs, arriving, strict=True)
            if not isinstance(port.type, Option)
        ]
        if arriving and not needed:
            return either(arriving, self._domains)
        condition = ALWAYS
        for each in needed:
            joint = both(condition, each)
            if joint is None:
                raise _never(name)
            condition = joint
        return condition

    def _arriving(self, target: Endpoint) -> Condition:
        """When a value reaches a port; at most one of its sources then has one."""
        edges = self._incoming[target]
        arriving = [narrow(self.placements[e.source.placement], e.source, e.when) for e in edges]
        for (one, first), (other, second) in combinations(zip(arriving, edges, strict=True), 2):
            if not exclusive(one, other):
                raise _fed_twice(target, first, second)
        return either(arriving, self._domains)


def _fed_twice(target: Endpoint, first: Edge, second: Edge) -> Rejected:
    return Rejected(
        "E_FLOW_FED_TWICE",
        f"{target} is fed by {_edge_text(first)} and by {_edge_text(second)},"
        " which may both have a value in one run",
        hint="thresholds of one port must lead to the two sources on exclusive conditions",
        port=str(target),
        sources=[str(first.source), str(second.source)],
    )


def _edge_text(edge: Edge) -> str:
    return f"{edge.source} ({edge.when.text})" if edge.when else str(edge.source)


def _never(name: str) -> Rejected:
    return Rejected(
        "E_FLOW_NEVER",
        f"{name} can never be reached: the thresholds on the way to it contradict each other",
        placement=name,
    )


def _partial(output: str, type_: Type) -> Rejected:
    return Rejected(
        "E_FLOW_PARTIAL_OUTPUT",
        f"{OUTPUT}.{output} may stay empty: nothing proves that a value reaches it in every run",
        hint=f"feed {output} on every branch, or from ports of type option<{type_.text}>:"
        " an output of an option type may stay empty",
        port=f"{OUTPUT}.{output}",
        type=type_.text,
    )
