"""Pictures of flows, and the look of the graph in Neo4j Browser. Pure: text in, text out."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from logos_graph.drawing.dot import dot
from logos_graph.drawing.labels import short_type
from logos_graph.drawing.mermaid import MERMAID_EDGES, MERMAID_TEXT, mermaid
from logos_graph.drawing.picture import Arrow, Box, Kind, Picture, check_size, walk
from logos_graph.drawing.style import browser_command, browser_style, grass
from logos_graph.drawing.svg import svg

__all__ = [
    "FORMATS",
    "MERMAID_EDGES",
    "MERMAID_TEXT",
    "Arrow",
    "Box",
    "Kind",
    "Picture",
    "browser_command",
    "browser_style",
    "check_size",
    "dot",
    "grass",
    "mermaid",
    "short_type",
    "svg",
    "walk",
]

FORMATS: Final[Mapping[str, Callable[[Picture], str]]] = MappingProxyType(
    {"mermaid": mermaid, "svg": svg, "dot": dot}
)
"""What a picture can be drawn as."""
