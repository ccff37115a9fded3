"""A flow as somebody wrote it: read, bounded, and not yet checked."""

from __future__ import annotations

from dataclasses import dataclass

from logos_graph.errors import InvalidInput
from logos_graph.graph.component import Port
from logos_graph.graph.flow import Endpoint
from logos_graph.graph.typetree import check_name

__all__ = ["DraftEdge", "FlowDraft", "parse_endpoint"]


@dataclass(frozen=True, slots=True)
class DraftEdge:
    """An edge as written. `when` is raw: it is read once the port's type is known.

    path: where it was written, such as `edges[3]` or `outputs.decision`.
    """

    source: Endpoint
    target: Endpoint
    when: object | None
    path: str


@dataclass(frozen=True, slots=True)
class FlowDraft:
    """A flow as written. placements: (name, name or id of what it uses)."""

    name: str
    inputs: tuple[Port, ...]
    placements: tuple[tuple[str, str], ...]
    edges: tuple[DraftEdge, ...]


def parse_endpoint(text: str, path: str) -> Endpoint:
    """Read `score.total` (E_FLOW_ENDPOINT)."""
    placement, point, port = text.partition(".")
    try:
        if point:
            return Endpoint(check_name(placement, "a placement"), check_name(port, "a port"))
    except InvalidInput:
        pass
    raise InvalidInput(
        "E_FLOW_ENDPOINT",
        f"{path}: {text[:64]!r} is not PLACEMENT.PORT",
        hint='write "score.total"; the flow\'s own ports are "input.PORT" and "output.PORT"',
        path=path,
    )
