"""The colours of every picture: of flows (Mermaid, SVG, DOT), and of the graph in Neo4j Browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from logos_graph.graph.component import Layer

__all__ = ["COLOURS", "LAYER_TINTS", "Colour", "Tint"]


@dataclass(frozen=True, slots=True)
class Colour:
    """A shape's colours on light and on dark ground, as `#rrggbb`; text stands on the fill."""

    fill: str
    line: str
    text: str
    dark_fill: str
    dark_line: str
    dark_text: str


class Tint(StrEnum):
    """What a colour stands for; the values name classes, so none is a word of Mermaid (`end`)."""

    SEDIMENT = "sediment"
    BEDROCK = "bedrock"
    PORT = "port"
    NEED = "need"
    WHEN = "when"
    PLACE = "place"
    RUN = "run"
    LEDGER = "ledger"
    PERSON = "person"
    RULE = "rule"
    PLAIN = "plain"


COLOURS: Final[Mapping[Tint, Colour]] = MappingProxyType(
    {
        Tint.SEDIMENT: Colour("#f6dfb3", "#a8741a", "#2b1d05", "#4d3a16", "#e0ac55", "#fbeed6"),
        Tint.BEDROCK: Colour("#bfd4ee", "#2f5d94", "#0a1c33", "#203a59", "#8db6e8", "#e6f0fc"),
        Tint.PORT: Colour("#eceef0", "#68717b", "#1b1f23", "#30363d", "#9aa4af", "#eef1f4"),
        Tint.NEED: Colour("#f7c9c1", "#a5321d", "#3d0d05", "#5e2014", "#f08f7d", "#fde6e2"),
        Tint.WHEN: Colour("#e2d3f4", "#6b3fa0", "#24103f", "#3f2761", "#c3a1ee", "#f1e8fc"),
        Tint.PLACE: Colour("#d9ecd5", "#3f7a36", "#0f2a0b", "#25441f", "#93cf88", "#e9f7e6"),
        Tint.RUN: Colour("#c9ecea", "#1f7a76", "#06302e", "#174745", "#76cfca", "#e2f8f6"),
        Tint.LEDGER: Colour("#d5d8dc", "#4b535c", "#14181c", "#3a4149", "#b4bcc5", "#f0f2f4"),
        Tint.PERSON: Colour("#f8d0e2", "#a13268", "#3b0a22", "#5c1f3d", "#ee93bd", "#fde7f1"),
        Tint.RULE: Colour("#e2d3f4", "#6b3fa0", "#24103f", "#3f2761", "#c3a1ee", "#f1e8fc"),
        Tint.PLAIN: Colour("#ffffff", "#57606a", "#1b1f23", "#161b22", "#9aa4af", "#eef1f4"),
    }
)

LAYER_TINTS: Final[Mapping[Layer, Tint]] = MappingProxyType(
    {Layer.SEDIMENT: Tint.SEDIMENT, Layer.BEDROCK: Tint.BEDROCK}
)
