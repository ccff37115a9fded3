"""A flow made ready to run: nested flows opened, ports turned into slots, in topological order.

The plan is a list of operations, each after all that feed it:

    PlannedStep   call a node; its outputs fill slots
    OpenFlow      a nested flow's inputs were all fed: open its scope, show it the values
    Relay         hand one output of a nested flow on to the flow around it

A nested flow is a scope: nothing inside it runs unless it was reached, as a node would be. Values
pass through OpenFlow and Relay as they are, so a record shows them travelling from node to node.
Opening flows this way is linear in the number of placements, which `check_flow` has bounded.

An input of an option type may stay empty: it then reads as `none`. A placement is reached when all
its other inputs are fed, and one that has only such inputs when one of them is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from logos_graph.canon import ContentId
from logos_graph.errors import Rejected
from logos_graph.graph.codec import PortsCodec, encode, ports_codec
from logos_graph.graph.component import Component, Port
from logos_graph.graph.flow import INPUT, OUTPUT, Edge, Flow
from logos_graph.graph.thresholds import Threshold
from logos_graph.graph.typetree import Option

__all__ = [
    "Input",
    "OpenFlow",
    "OutputPort",
    "Plan",
    "PlannedStep",
    "Relay",
    "Source",
    "plan",
]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an input may get its value: a slot, under a threshold or always."""

    slot: int
    when: Threshold | None


@dataclass(frozen=True, slots=True)
class Input:
    """An input port and its sources, of which at most one has a value in any run.

    none: the binary form of `none` when the port's type is an option; otherwise None.
    """

    port: str
    type: ContentId
    sources: tuple[Source, ...]
    none: bytes | None = None


@dataclass(frozen=True, slots=True)
class OutputPort:
    """An output port, the slot it fills, and whether anything reads that slot."""

    name: str
    slot: int
    used: bool


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One call of a node; `name` is its placement's path, such as `score/velocity`."""

    name: str
    node: ContentId
    scope: int
    inputs: tuple[Input, ...]
    outputs: tuple[OutputPort, ...]
    output_codec: PortsCodec


@dataclass(frozen=True, slots=True)
class OpenFlow:
    """Opens the scope of a nested flow; its input ports are the slots from `first_slot` on."""

    scope: int
    opens: int
    inputs: tuple[Input, ...]
    first_slot: int


@dataclass(frozen=True, slots=True)
class Relay:
    """Fills `slot` with what reached an output of the nested flow whose scope this is."""

    input: Input
    slot: int
    scope: int


Operation: TypeAlias = PlannedStep | OpenFlow | Relay


@dataclass(frozen=True, slots=True)
class Plan:
    """What the executor runs; made once for a flow, used for every run of it.

    The first slots are the flow's inputs, in the order of `inputs`. Scope 0 is the flow itself.
    node_inputs: the input ports of each node that it calls.
    """

    flow: ContentId
    inputs: tuple[Port, ...]
    input_codec: PortsCodec
    outputs: tuple[Input, ...]
    operations: tuple[Operation, ...]
    steps: tuple[PlannedStep, ...]
    slots: int
    scopes: int
    node_inputs: Mapping[ContentId, tuple[Port, ...]] = field(default_factory=dict)


def plan(flow: Flow, components: Mapping[ContentId, Component]) -> Plan:
    """Plan a flow. `components` has whatever the flow uses, at every level, by id.

    The order is deterministic: within a flow its own topological order, nested flows in place.
    Raises Rejected E_PLAN_COMPONENT when a component is missing or is not the one it is filed as.
    """
    planner = _Planner(components)
    inputs = planner.slots_for(len(flow.inputs))
    outputs = planner.open(flow, "", 0, inputs)
    operations = tuple(planner.operations)
    steps = tuple(each for each in operations if isinstance(each, PlannedStep))
    return Plan(
        flow.id,
        flow.inputs,
        ports_codec(flow.inputs),
        outputs,
        operations,
        steps,
        planner.slots,
        planner.scopes,
        {node: components[node].inputs for node in {step.node for step in steps}},
    )


class _Planner:
    """Hands out slots and scopes, and collects operations; recursion is as deep as flows nest."""

    def __init__(self, components: Mapping[ContentId, Component]) -> None:
        self._components = components
        self.operations: list[Operation] = []
        self.slots = 0
        self.scopes = 1

    def slots_for(self, count: int) -> int:
        """The first of `count` new slots."""
        first = self.slots
        self.slots += count
        return first

    def open(self, flow: Flow, prefix: str, scope: int, first_input: int) -> tuple[Input, ...]:
        """Plan what is inside a flow; give its outputs, as inputs of whatever is around it.

        prefix: the path of its placements, such as `score/`; first_input: its first input's slot.
        """
        slots = {(INPUT, port.name): first_input + at for at, port in enumerate(flow.inputs)}
        incoming: dict[str, dict[str, list[Edge]]] = {}
        for edge in flow.edges:
            ports = incoming.setdefault(edge.target.placement, {})
            ports.setdefault(edge.target.port, []).append(edge)
        used = {(edge.source.placement, edge.source.port) for edge in flow.edges}
        uses = {placement.name: placement.uses for placement in flow.placements}
        for name in flow.order:
            component = self._component(uses[name], prefix + name)
            inputs = _inputs(component.inputs, incoming.get(name, {}), slots)
            if isinstance(component, Flow):
                given = self._nest(component, prefix + name, scope, inputs)
            else:
                given = self._call(component, name, prefix, scope, inputs, used)
            for port, slot in zip(component.outputs, given, strict=True):
                slots[name, port.name] = slot
        return _inputs(flow.outputs, incoming[OUTPUT], slots)

    def _call(
        self,
        node: Component,
        name: str,
        prefix: str,
        scope: int,
        inputs: tuple[Input, ...],
        used: set[tuple[str, str]],
    ) -> list[int]:
        first = self.slots_for(len(node.outputs))
        outputs = tuple(
            OutputPort(port.name, first + at, (name, port.name) in used)
            for at, port in enumerate(node.outputs)
        )
        self.operations.append(
            PlannedStep(prefix + name, node.id, scope, inputs, outputs, ports_codec(node.outputs))
        )
        return [output.slot for output in outputs]

    def _nest(self, flow: Flow, path: str, scope: int, inputs: tuple[Input, ...]) -> list[int]:
        opens = self.scopes
        self.scopes += 1
        first = self.slots_for(len(inputs))
        self.operations.append(OpenFlow(scope, opens, inputs, first))
        outputs = self.open(flow, path + "/", opens, first)
        slots: list[int] = []
        for output in outputs:
            slots.append(self.slots_for(1))
            self.operations.append(Relay(output, slots[-1], opens))
        return slots

    def _component(self, identity: ContentId, path: str) -> Component:
        component = self._components.get(identity)
        if component is None or component.id != identity:
            raise Rejected(
                "E_PLAN_COMPONENT",
                f"{path} uses {identity}, which was not given to the plan",
                placement=path,
                component=identity,
            )
        return component


def _inputs(
    ports: tuple[Port, ...],
    incoming: Mapping[str, list[Edge]],
    slots: Mapping[tuple[str, str], int],
) -> tuple[Input, ...]:
    return tuple(
        Input(
            port.name,
            port.type.id,
            tuple(
                Source(slots[edge.source.placement, edge.source.port], edge.when)
                for edge in incoming.get(port.name, [])
            ),
            encode(port.type, None) if isinstance(port.type, Option) else None,
        )
        for port in ports
    )
