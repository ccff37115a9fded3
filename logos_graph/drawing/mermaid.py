"""A flow as Mermaid, which GitHub and many editors show.

Inside a quoted label Mermaid reads markup, entities and Markdown; what could be one of them is
written as an entity of Mermaid's own (`#quot;`). Ids have a prefix, so none is a word of Mermaid's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from logos_graph.drawing.labels import clipped
from logos_graph.drawing.palette import COLOURS, LAYER_TINTS, Colour, Tint
from logos_graph.drawing.picture import Arrow, Box, Kind, Picture

__all__ = ["MERMAID_EDGES", "MERMAID_TEXT", "mermaid"]

MERMAID_EDGES: Final = 500
"""Most edges that Mermaid draws unless its page says otherwise (`maxEdges`)."""
MERMAID_TEXT: Final = 50_000
"""Longest text that Mermaid draws unless its page says otherwise (`maxTextSize`)."""

_ENTITIES: Final = str.maketrans(
    {
        '"': "#quot;",
        "#": "#35;",
        "&": "#amp;",
        "<": "#lt;",
        ">": "#gt;",
        "`": "#96;",
        "*": "#42;",
        "_": "#95;",
        "\\": "#92;",
        "[": "#91;",
        "]": "#93;",
    }
)
_SHAPES: Final = {
    Kind.INPUT: ("([", "])"),
    Kind.OUTPUT: ("([", "])"),
    Kind.NODE: ("[", "]"),
    Kind.FLOW: ("[[", "]]"),
}
_TINTS: Final = (Tint.SEDIMENT, Tint.BEDROCK, Tint.PORT)


def mermaid(picture: Picture) -> str:
    """The picture's text, in linear time."""
    lines = ["flowchart LR", *_body(picture, (), "  ")]
    for tint in _TINTS:
        colour: Colour = COLOURS[tint]
        style = f"fill:{colour.fill},stroke:{colour.line},color:{colour.text}"
        lines.append(f"  classDef {tint} {style}")
    return "\n".join(lines) + "\n"


def _body(picture: Picture, path: tuple[str, ...], indent: str) -> Iterator[str]:
    for box in picture.boxes:
        inner = picture.opened.get(box.name)
        if inner is None:
            yield f"{indent}{_box(box, path)}"
            continue
        within = (*path, box.name)
        yield f'{indent}subgraph {_id(within)}["{_label(box, " · ")}"]'
        yield f"{indent}  direction LR"
        yield from _body(inner, within, f"{indent}  ")
        yield f"{indent}end"
        colour = COLOURS[_tint(box)]
        yield f"{indent}style {_id(within)} fill:none,stroke:{colour.line}"
    for arrow in picture.arrows:
        yield f"{indent}{_arrow(picture, arrow, path)}"


def _box(box: Box, path: tuple[str, ...]) -> str:
    opening, closing = _SHAPES[box.kind]
    label = _label(box, "<br/>")
    return f'{_id((*path, box.name))}{opening}"{label}"{closing}:::{_tint(box)}'


def _arrow(picture: Picture, arrow: Arrow, path: tuple[str, ...]) -> str:
    source, target = picture.ends(arrow, path)
    return f'{_id(source)} -->|"{_text(arrow.label, 160)}"| {_id(target)}'


def _label(box: Box, newline: str) -> str:
    lines = [_text(box.name)]
    if box.detail:
        lines.append(_text(box.detail))
    if box.needs:
        lines.append(_text(f"needs {', '.join(box.needs)}"))
    return newline.join(lines)


def _tint(box: Box) -> Tint:
    return Tint.PORT if box.layer is None else LAYER_TINTS[box.layer]


def _text(text: str, most: int = 64) -> str:
    return clipped(text, most).translate(_ENTITIES)


def _id(path: tuple[str, ...]) -> str:
    """No two paths share one: names are kebab-case; of others each odd character is spelled."""
    return "p_" + "__".join(re.sub(r"[^a-z0-9]", _spelled, name) for name in path)


def _spelled(found: re.Match[str]) -> str:
    return "_" if found[0] == "-" else f"_x{ord(found[0]):x}_"
