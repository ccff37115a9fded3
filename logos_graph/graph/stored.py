"""A flow back from the ledger's `flow` mutation: everything is checked again, the id included."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from logos_graph.canon import ContentId, Json, parse_content_id
from logos_graph.errors import InvalidInput, NotVerified
from logos_graph.graph.check import check_flow
from logos_graph.graph.component import Component, Layer, parse_ports
from logos_graph.graph.draft import DraftEdge, FlowDraft
from logos_graph.graph.flow import Endpoint, Flow

__all__ = ["parse_flow", "used_by"]


def used_by(mutation: Mapping[str, Json]) -> frozenset[ContentId]:
    """The ids of what a stored flow uses: load these before `parse_flow` (E_FLOW_STORED)."""
    return frozenset(parse_content_id(uses) for _, uses in _placements(mutation))


def parse_flow(mutation: Mapping[str, Json], resolve: Callable[[ContentId], Component]) -> Flow:
    """Rebuild a flow. resolve: gives the component of an id.

    Raises what `check_flow` raises, InvalidInput E_FLOW_STORED when the mutation has another form,
    and NotVerified E_FLOW_ID when it is not what the flow it describes would have been stored as.
    """
    placements = _placements(mutation)
    edges = tuple(
        _edge(each, f"edges[{index}]") for index, each in enumerate(_array(mutation, "edges"))
    )
    draft = FlowDraft(
        _text(mutation, "name"), parse_ports(mutation.get("inputs"), "inputs"), placements, edges
    )
    try:
        layer = Layer(_text(mutation, "layer"))
    except ValueError:
        raise _form("layer") from None
    flow = check_flow(draft, lambda uses: resolve(parse_content_id(uses)))
    rebuilt = flow.to_mutation(layer)
    different = sorted(
        key for key in rebuilt.keys() | mutation.keys() if rebuilt.get(key) != mutation.get(key)
    )
    if different:
        raise NotVerified(
            "E_FLOW_ID",
            f"the stored flow {flow.name} is not the flow it describes: {', '.join(different)}",
            expected=str(mutation.get("id"))[:80],
            found=flow.id,
            fields=different,
        )
    return flow


def _placements(mutation: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_text(placement, "name"), _text(placement, "uses"))
        for placement in map(_object, _array(mutation, "placements"))
    )


def _edge(value: Json, path: str) -> DraftEdge:
    edge = _object(value)
    source = Endpoint(_text(edge, "from"), _text(edge, "from_port"))
    target = Endpoint(_text(edge, "to"), _text(edge, "to_port"))
    return DraftEdge(source, target, edge.get("when"), path)


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise _form("an object in it")
    return value


def _array(mutation: Mapping[str, Json], key: str) -> list[Json]:
    value = mutation.get(key)
    if not isinstance(value, list):
        raise _form(key)
    return value


def _text(mutation: Mapping[str, Json], key: str) -> str:
    value = mutation.get(key)
    if not isinstance(value, str):
        raise _form(key)
    return value


def _form(what: str) -> InvalidInput:
    return InvalidInput(
        "E_FLOW_STORED", f"this is not a stored flow: {what} is not as it should be"
    )
