"""A flow as Graphviz DOT. Quotes, backslashes and entities in labels are escaped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from logos_graph.drawing.labels import clipped, drawable
from logos_graph.drawing.palette import COLOURS, LAYER_TINTS, Colour, Tint
from logos_graph.drawing.picture import Arrow, Box, Kind, Picture

__all__ = ["dot"]

_SHAPES: Final = {
    Kind.INPUT: "oval",
    Kind.OUTPUT: "oval",
    Kind.NODE: "box",
    Kind.FLOW: "component",
}
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;", "\n": "\\n"})


def dot(picture: Picture) -> str:
    """The picture's text, in linear time."""
    lines = [
        f"digraph {_quoted(picture.title)} {{",
        "  rankdir=LR;",
        "  compound=true;",
        '  node [style=filled, fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
        *_body(picture, (), "  "),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _body(picture: Picture, path: tuple[str, ...], indent: str) -> Iterator[str]:
    for box in picture.boxes:
        inner = picture.opened.get(box.name)
        if inner is None:
            yield f"{indent}{_box(box, path)}"
            continue
        within = (*path, box.name)
        yield f"{indent}subgraph {_quoted('cluster_' + '/'.join(within))} {{"
        yield f"{indent}  label={_label(box)};"
        yield f'{indent}  color="{_colour(box).line}";'
        yield from _body(inner, within, f"{indent}  ")
        yield f"{indent}}}"
    for arrow in picture.arrows:
        yield f"{indent}{_arrow(picture, arrow, path)}"


def _box(box: Box, path: tuple[str, ...]) -> str:
    colour = _colour(box)
    looks = [
        f"label={_label(box)}",
        f"shape={_SHAPES[box.kind]}",
        f'fillcolor="{colour.fill}"',
        f'color="{colour.line}"',
        f'fontcolor="{colour.text}"',
    ]
    if box.uses:
        looks.append(f"tooltip={_quoted(box.uses)}")
    return f"{_name((*path, box.name))} [{', '.join(looks)}];"


def _arrow(picture: Picture, arrow: Arrow, path: tuple[str, ...]) -> str:
    source, target = picture.ends(arrow, path)
    looks = f"label={_quoted(clipped(arrow.label, 160))}, tooltip={_quoted(arrow.tooltip)}"
    return f"{_name(source)} -> {_name(target)} [{looks}];"


def _label(box: Box) -> str:
    lines = [clipped(box.name, 64)]
    if box.detail:
        lines.append(clipped(box.detail, 64))
    if box.needs:
        lines.append(f"needs {', '.join(box.needs)}")
    return _quoted("\n".join(lines))


def _colour(box: Box) -> Colour:
    return COLOURS[Tint.PORT if box.layer is None else LAYER_TINTS[box.layer]]


def _name(path: tuple[str, ...]) -> str:
    return _quoted("/".join(path))


def _quoted(text: str) -> str:
    return f'"{drawable(text).translate(_ESCAPES)}"'
