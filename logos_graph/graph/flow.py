"""A flow: an immutable graph of placements joined by edges, with ports of its own.

Its id is the content id of its canonical form, in which nothing depends on the order of writing:

    {"edges": [{"from", "from_port", "to", "to_port", "type", "when"}, …],   sorted
     "inputs": {name: type id}, "outputs": {name: type id}, "placements": {name: component id}}

Name and layer are no part of it: the name moves, and the layer is where the same logic stands. An
edge's own id is derived from the flow's id, so that no two flows share an edge.

The flow's own ports are the pseudo-placements `input` and `output`.
A `Flow` is made by `check.check_flow` only; one that exists is well-formed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from logos_graph.canon import ContentId, Json, json_id
from logos_graph.graph.component import Layer, Port, ports_json
from logos_graph.graph.thresholds import Threshold
from logos_graph.graph.typetree import Type

__all__ = ["INPUT", "OUTPUT", "Edge", "Endpoint", "Flow", "Placement"]

INPUT = "input"
"""The pseudo-placement whose output ports are the flow's inputs."""
OUTPUT = "output"
"""The pseudo-placement whose input ports are the flow's outputs."""


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A port of a placement, written `score.total`."""

    placement: str
    port: str

    def __str__(self) -> str:
        return f"{self.placement}.{self.port}"


@dataclass(frozen=True, slots=True)
class Placement:
    """One use of a node or of another flow."""

    name: str
    uses: ContentId


@dataclass(frozen=True, slots=True)
class Edge:
    """Joins two ports of one type; `when` is the condition under which the value travels."""

    source: Endpoint
    target: Endpoint
    type: Type
    when: Threshold | None = None

    @property
    def json(self) -> dict[str, Json]:
        """The edge in the flow's canonical form."""
        return {
            "from": self.source.placement,
            "from_port": self.source.port,
            "to": self.target.placement,
            "to_port": self.target.port,
            "type": self.type.id,
            "when": None if self.when is None else self.when.json,
        }


@dataclass(frozen=True, slots=True)
class Flow:
    """A checked flow. Tuples are sorted by name, `order` is its topological order.

    proof: what was proved of it (verdict.py); it follows from the rest.
    size: placements at all levels, nested flows opened; edges likewise in `edge_count`.
    depth: how deep flows are nested in it; 0 when there is none.
    """

    id: ContentId
    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    placements: tuple[Placement, ...]
    edges: tuple[Edge, ...]
    order: tuple[str, ...]
    proof: Mapping[str, Json] = field(compare=False)
    size: int
    edge_count: int
    depth: int

    def to_mutation(self, layer: Layer = Layer.SEDIMENT) -> dict[str, Json]:
        """The ledger's `flow` mutation; `stored.parse_flow` reads it back."""
        edges: list[Json] = []
        for edge in self.edges:
            form = edge.json
            edges.append({**form, "id": json_id({"edge": form, "flow": self.id})})
        placements: list[Json] = [
            {"name": placement.name, "uses": placement.uses} for placement in self.placements
        ]
        return {
            "kind": "flow",
            "id": self.id,
            "name": self.name,
            "layer": layer.value,
            "inputs": ports_json(self.inputs),
            "outputs": ports_json(self.outputs),
            "placements": placements,
            "edges": edges,
            "proof": {**self.proof},
        }
