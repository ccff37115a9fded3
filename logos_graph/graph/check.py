"""Checks a draft and makes the flow: what does not fit is refused here, before anything is stored.

    1. bounds      the draft is small enough for everything that follows
    2. components  each placement's name stands for a component
    3. edges       both ports exist and have one type; thresholds are values of it
    4. feeding     each input of each placement is fed
    5. order       no cycle
    6. cover       the thresholds that leave a port cut its type into parts
    7. reach       several sources of one input exclude each other; each placement can run; each
                   output is fed in every run, or has an option type
    8. identity    the canonical form and its id

No step recurses over the flow, and each is linear in its edges but for logarithms and for inputs
with several sources (bounded by MAX_SOURCES).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from logos_graph.canon import Json, encode, json_id
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.graph.component import Component, Port, check_ports
from logos_graph.graph.draft import DraftEdge, FlowDraft
from logos_graph.graph.flow import INPUT, OUTPUT, Edge, Endpoint, Flow, Placement
from logos_graph.graph.order import topological_order
from logos_graph.graph.reach import Reach
from logos_graph.graph.thresholds import Threshold, parse_threshold, prove_cover
from logos_graph.graph.typetree import Type, check_name
from logos_graph.graph.verdict import make_verdict

__all__ = [
    "MAX_EDGES",
    "MAX_NESTING",
    "MAX_PLACEMENTS",
    "MAX_SOURCES",
    "check_flow",
]

MAX_PLACEMENTS = 10_000
"""Most placements of a flow, nested flows opened."""
MAX_EDGES = 40_000
"""Most edges of a flow, nested flows opened."""
MAX_SOURCES = 32
"""Most sources of one input."""
MAX_NESTING = 16
"""How deep flows may be nested."""

_SHOWN = 20  # how many names a message lists


def check_flow(draft: FlowDraft, resolve: Callable[[str], Component]) -> Flow:
    """Make a flow of a draft, or refuse it.

    resolve: gives the component that a name or an id stands for; its own errors pass through.
    Raises InvalidInput (E_FLOW_NAME, E_PORT_*, E_THRESHOLD_*) for what cannot be read, and Rejected
    (E_FLOW_SIZE, E_FLOW_EMPTY, E_FLOW_UNKNOWN_PLACEMENT, E_FLOW_UNKNOWN_PORT, E_FLOW_DIRECTION,
    E_FLOW_TYPE, E_FLOW_PARTIAL_OUTPUT, E_FLOW_UNFED, E_FLOW_CYCLE, E_THRESHOLD_GAP,
    E_THRESHOLD_OVERLAP, E_FLOW_FED_TWICE, E_FLOW_NEVER, E_FLOW_CONDITIONS) for what does not fit.
    """
    _check_bounds(draft)  # 1
    scope = _Scope(draft, _resolve(draft, resolve))  # 2
    for edge in draft.edges:  # 3
        scope.join(edge)
    scope.check_fed()  # 4
    inner = ((edge.source.placement, edge.target.placement) for edge in scope.edges)
    order = topological_order(  # 5
        scope.components, (pair for pair in inner if pair[0] != INPUT and pair[1] != OUTPUT)
    )
    covered = {  # 6
        port: prove_cover(thresholds[0].type, thresholds, str(port))
        for port, thresholds in scope.thresholds.items()
    }
    scope.sort()
    reach = Reach(scope.incoming, scope.thresholds)
    reach.judge(  # 7
        order, scope.components, {name: type_ for name, (type_, _) in scope.outputs.items()}
    )
    proof = make_verdict(covered, scope.incoming, reach.placements, reach.outputs)
    return _seal(draft, scope, order, proof)  # 8


@dataclass(slots=True)
class _Scope:
    """What the edges of one flow may join, and what they have joined so far."""

    draft: FlowDraft
    components: Mapping[str, Component]
    edges: list[Edge] = field(default_factory=list)
    incoming: dict[Endpoint, list[Edge]] = field(default_factory=dict)
    thresholds: dict[Endpoint, list[Threshold]] = field(default_factory=dict)
    outputs: dict[str, tuple[Type, Endpoint]] = field(default_factory=dict)
    _ports: dict[tuple[str, str], dict[str, Type]] = field(default_factory=dict)

    def join(self, draft: DraftEdge) -> None:
        """Add one edge: both its ports exist, and their types are one."""
        type_ = self._port(draft.source, "output", draft.path)
        self._check_types(draft, type_)
        when = None
        if draft.when is not None:
            when = parse_threshold(type_, draft.when, f"{draft.path}.when")
            self.thresholds.setdefault(draft.source, []).append(when)
        edge = Edge(draft.source, draft.target, type_, when)
        self.edges.append(edge)
        sources = self.incoming.setdefault(draft.target, [])
        sources.append(edge)
        if len(sources) > MAX_SOURCES:
            raise _too_large(f"{draft.target} has more than {MAX_SOURCES} sources", MAX_SOURCES)

    def sort(self) -> None:
        """Bring the edges into their canonical order: nothing depends on the order of writing."""
        self.edges.sort(key=_edge_key)
        for sources in self.incoming.values():
            sources.sort(key=_edge_key)

    def check_fed(self) -> None:
        """Every input port of every placement has a source."""
        unfed = [
            f"{name}.{port.name}"
            for name, component in self.components.items()
            for port in component.inputs
            if Endpoint(name, port.name) not in self.incoming
        ]
        if unfed:
            raise Rejected(
                "E_FLOW_UNFED",
                f"no edge feeds {_listed(unfed)}",
                hint="every input of a placement needs an edge",
                ports=unfed,
            )

    def _check_types(self, draft: DraftEdge, type_: Type) -> None:
        source, target = draft.source, draft.target
        if target.placement == OUTPUT:
            wanted, first = self.outputs.setdefault(target.port, (type_, source))
            shown = f"{target}, which has the type of {first},"
        else:
            wanted, shown = self._port(target, "input", draft.path), str(target)
        if wanted != type_:
            raise Rejected(
                "E_FLOW_TYPE",
                f"{source} has type {type_.text}, but {shown} has type {wanted.text}",
                hint="an edge joins two ports of the same type; there is no conversion",
                source=str(source),
                source_type=type_.text,
                target=str(target),
                target_type=wanted.text,
            )

    def _port(self, end: Endpoint, direction: str, path: str) -> Type:
        """The type of an existing port; a value leaves an output port and enters an input port."""
        if end.placement in (INPUT, OUTPUT) and (end.placement == OUTPUT) == (
            direction == "output"
        ):
            raise Rejected(
                "E_FLOW_DIRECTION",
                f"{path}: {end} is the wrong way round",
                hint=f"edges go from {INPUT}.PORT and to {OUTPUT}.PORT",
                port=str(end),
            )
        ports = self._types(end.placement, direction, path)
        type_ = ports.get(end.port)
        if type_ is None:
            owner = "the flow" if end.placement == INPUT else end.placement
            kind = "input" if end.placement == INPUT else direction
            raise Rejected(
                "E_FLOW_UNKNOWN_PORT",
                f"{path}: {owner} has no {kind} port {end.port}",
                hint=f"{kind} ports: {_listed(ports) or 'none'}",
                port=str(end),
            )
        return type_

    def _types(self, placement: str, direction: str, path: str) -> dict[str, Type]:
        known = self._ports.get((placement, direction))
        if known is not None:
            return known
        if placement == INPUT:
            ports = self.draft.inputs
        elif placement in self.components:
            component = self.components[placement]
            ports = component.inputs if direction == "input" else component.outputs
        else:
            raise Rejected(
                "E_FLOW_UNKNOWN_PLACEMENT",
                f"{path}: there is no placement {placement}",
                hint=f"placements: {_listed(self.components)}",
                placement=placement,
            )
        types = {port.name: port.type for port in ports}
        self._ports[placement, direction] = types
        return types


def _check_bounds(draft: FlowDraft) -> None:
    check_name(draft.name, "a flow", code="E_FLOW_NAME")
    check_ports(draft.inputs, "input")
    if not draft.placements:
        raise Rejected("E_FLOW_EMPTY", f"the flow {draft.name} has no placement")
    if not any(edge.target.placement == OUTPUT for edge in draft.edges):
        raise Rejected(
            "E_FLOW_EMPTY",
            f"the flow {draft.name} has no output",
            hint='name one: [outputs] decision = "approve.decision"',
        )
    if len(draft.placements) > MAX_PLACEMENTS:
        raise _too_large(f"the flow has more than {MAX_PLACEMENTS} placements", MAX_PLACEMENTS)
    if len(draft.edges) > MAX_EDGES:
        raise _too_large(f"the flow has more than {MAX_EDGES} edges", MAX_EDGES)
    seen = {INPUT, OUTPUT}
    for name, _ in draft.placements:
        if check_name(name, "a placement", code="E_FLOW_NAME") in seen:
            what = (
                "stands for the flow's own ports" if name in (INPUT, OUTPUT) else "is there twice"
            )
            raise InvalidInput("E_FLOW_NAME", f"the placement name {name} {what}", name=name)
        seen.add(name)


def _resolve(draft: FlowDraft, resolve: Callable[[str], Component]) -> dict[str, Component]:
    known = {uses: resolve(uses) for uses in dict.fromkeys(uses for _, uses in draft.placements)}
    components = {name: known[uses] for name, uses in draft.placements}
    flows = [component for component in components.values() if isinstance(component, Flow)]
    if len(components) + sum(flow.size for flow in flows) > MAX_PLACEMENTS:
        raise _too_large(
            f"the flow has more than {MAX_PLACEMENTS} placements, nested flows opened",
            MAX_PLACEMENTS,
        )
    if len(draft.edges) + sum(flow.edge_count for flow in flows) > MAX_EDGES:
        raise _too_large(
            f"the flow has more than {MAX_EDGES} edges, nested flows opened", MAX_EDGES
        )
    if any(flow.depth >= MAX_NESTING for flow in flows):
        raise _too_large(f"flows are nested more than {MAX_NESTING} deep", MAX_NESTING)
    return components


def _seal(
    draft: FlowDraft, scope: _Scope, order: tuple[str, ...], proof: Mapping[str, Json]
) -> Flow:
    inputs = tuple(sorted(draft.inputs, key=lambda port: port.name))
    outputs = tuple(Port(name, scope.outputs[name][0]) for name in sorted(scope.outputs))
    check_ports(outputs, "output")
    placements = tuple(Placement(name, scope.components[name].id) for name in sorted(order))
    edges = tuple(scope.edges)
    canonical: dict[str, Json] = {
        "edges": [edge.json for edge in edges],
        "inputs": {port.name: port.type.id for port in inputs},
        "outputs": {port.name: port.type.id for port in outputs},
        "placements": {placement.name: placement.uses for placement in placements},
    }
    flows = [each for each in scope.components.values() if isinstance(each, Flow)]
    return Flow(
        id=json_id(canonical),
        name=draft.name,
        inputs=inputs,
        outputs=outputs,
        placements=placements,
        edges=edges,
        order=order,
        proof=proof,
        size=len(placements) + sum(flow.size for flow in flows),
        edge_count=len(edges) + sum(flow.edge_count for flow in flows),
        depth=1 + max(flow.depth for flow in flows) if flows else 0,
    )


def _edge_key(edge: Edge) -> tuple[Endpoint, Endpoint, bytes]:
    return edge.source, edge.target, encode(edge.when.json) if edge.when else b""


def _too_large(message: str, limit: int) -> Rejected:
    return Rejected("E_FLOW_SIZE", message, hint="split the flow", limit=limit)


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
