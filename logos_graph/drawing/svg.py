"""A flow as SVG: our own layout (layout.py), no script, nothing from elsewhere, light and dark.

Everything that a picture holds is escaped; what is cut short on a label is whole in its tooltip
(`<title>`). Ids are `box.NAME`, of what stands in an opened flow `box.FLOW.NAME`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from logos_graph.drawing.gaps import label_parts
from logos_graph.drawing.labels import clipped, drawable
from logos_graph.drawing.layout import HEADER, LINE, Layout, Rectangle, Route, lay_out, lines_of
from logos_graph.drawing.palette import COLOURS, LAYER_TINTS, Colour, Tint
from logos_graph.drawing.picture import Box, Kind, Picture

__all__ = ["svg"]

_HEADING: Final = 30.0
_ROUND: Final = {Kind.INPUT: 16, Kind.OUTPUT: 16, Kind.NODE: 4, Kind.FLOW: 4}
_FONT: Final = 'ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace'
_GROUND: Final = ("#ffffff", "#0d1117")


def svg(picture: Picture) -> str:
    """The picture as one SVG document, in linear time but for sorting."""
    layout = lay_out(picture)
    title = clipped(f"{picture.title} {picture.id}", 160)
    width = max(layout.width, len(picture.title) * 9 + 40)
    size = f'width="{_n(width)}" height="{_n(layout.height + _HEADING)}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {_n(width)} {_n(layout.height + _HEADING)}" role="img">',
        f"<title>{_text(title)}</title>",
        f"<style>{_styles()}</style>",
        '<rect class="ground" width="100%" height="100%"/>',
        f'<text class="name" x="14" y="20">{_text(clipped(picture.title, 128))}</text>',
        *_level(layout, (), 0.0, _HEADING),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _level(layout: Layout, path: tuple[str, ...], x: float, y: float) -> Iterator[str]:
    """One level from here; edges first, so that boxes stand on them."""
    yield f'<g transform="translate({_n(x)} {_n(y)})">'
    for route in layout.routes:
        yield _edge(route)
    for box in layout.picture.boxes:
        place, inner = layout.places[box.name], layout.inner.get(box.name)
        within = (*path, box.name)
        if inner is None:
            yield _box(box, place, within)
        else:
            yield _frame(box, place, within)
            yield from _level(inner, within, place.x, place.y + HEADER)
    yield "</g>"


def _box(box: Box, place: Rectangle, path: tuple[str, ...]) -> str:
    tint = _tint(box)
    shapes = [_rectangle(f"box {tint}", place, _ROUND[box.kind])]
    if box.kind is Kind.FLOW:
        inset = Rectangle(place.x + 4, place.y + 4, place.width - 8, place.height - 8)
        shapes.append(_rectangle(f"box inset {tint}", inset, 2))
    lines = lines_of(box)
    middle = place.x + place.width / 2
    y = place.y + place.height / 2 - (len(lines) - 1) * LINE / 2 + 4
    for number, line in enumerate(lines):
        kind = "name" if number == 0 else "detail"
        if box.needs and number == len(lines) - 1:
            kind = "detail needs"
        shapes.append(
            f'<text class="{kind} {tint}" x="{_n(middle)}" y="{_n(y + number * LINE)}" '
            f'text-anchor="middle">{_text(line)}</text>'
        )
    return f'<g id="{_id(path)}"><title>{_text(_told(box))}</title>{"".join(shapes)}</g>'


def _frame(box: Box, place: Rectangle, path: tuple[str, ...]) -> str:
    heading = " · ".join(lines_of(box))
    return (
        f'<g id="{_id(path)}"><title>{_text(_told(box))}</title>'
        f"{_rectangle(f'frame {_tint(box)}', place, 8)}"
        f'<text class="name" x="{_n(place.x + 10)}" y="{_n(place.y + 17)}">{_text(heading)}</text>'
        "</g>"
    )


def _edge(route: Route) -> str:
    arrow, (x, y) = route.arrow, route.points[-1]
    head = f"M{_n(x - 7)} {_n(y - 4)}L{_n(x - 1)} {_n(y)}L{_n(x - 7)} {_n(y + 4)}"
    kind = "edge when" if arrow.when else "edge"
    said, when = label_parts(arrow)
    marked = f' <tspan class="when">{_text(when)}</tspan>' if when else ""
    label_x, label_y = route.label
    return (
        f'<g class="{kind}"><title>{_text(arrow.tooltip)}</title><path d="{_line(route)}{head}"/>'
        f'<text class="label" x="{_n(label_x)}" y="{_n(label_y - 4)}" text-anchor="end">'
        f"{_text(said)}{marked}</text></g>"
    )


def _line(route: Route) -> str:
    (x, y), *rest = route.points
    if not route.curved:
        return f"M{_n(x)} {_n(y)}" + "".join(f"L{_n(a)} {_n(b)}" for a, b in rest)
    (first, out), (second, into), (end, _) = rest
    middle = _n((first + second) / 2)
    curve = f"C{middle} {_n(out)} {middle} {_n(into)} {_n(second)} {_n(into)}"
    return f"M{_n(x)} {_n(y)}H{_n(first)}{curve}H{_n(end)}"


def _rectangle(kind: str, place: Rectangle, radius: float) -> str:
    return (
        f'<rect class="{kind}" x="{_n(place.x)}" y="{_n(place.y)}" width="{_n(place.width)}" '
        f'height="{_n(place.height)}" rx="{_n(radius)}"/>'
    )


def _told(box: Box) -> str:
    """Everything about a box, for its tooltip."""
    told = [box.name]
    if box.detail:
        told.append(f"{'flow' if box.kind is Kind.FLOW else 'node'} {box.detail}")
    told += [text for text in (box.uses, box.layer) if text]
    if box.needs:
        told.append(f"needs {', '.join(box.needs)}")
    return "\n".join(told)


def _styles() -> str:
    light, dark = _GROUND
    when = COLOURS[Tint.WHEN]
    return (
        f"text{{font-family:{_FONT};font-size:10px}}.name{{font-size:12px;font-weight:600}}"
        ".edge path{fill:none;stroke-width:1.2}.edge.when path{stroke-dasharray:5 3}"
        ".edge text{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}"
        ".box{stroke-width:1.5}.frame{fill:none;stroke-width:1.5;stroke-dasharray:2 3}"
        f".inset{{fill:none;stroke-width:1}}{_looks(light, _LIGHT, when.line)}"
        f"@media (prefers-color-scheme:dark){{{_looks(dark, _DARK, when.dark_line)}}}"
    )


_LIGHT: Final = ("fill", "line", "text")
_DARK: Final = ("dark_fill", "dark_line", "dark_text")


def _looks(ground: str, fields: tuple[str, str, str], when: str) -> str:
    plain = _three(COLOURS[Tint.PORT], fields)
    need = _three(COLOURS[Tint.NEED], fields)
    looks = [
        f".ground{{fill:{ground}}}text{{fill:{plain[2]}}}.edge path{{stroke:{plain[1]}}}",
        f".edge text{{stroke:{ground}}}.edge.when path{{stroke:{when}}}.edge .when{{fill:{when}}}",
    ]
    for tint in (Tint.SEDIMENT, Tint.BEDROCK, Tint.PORT):
        fill, line, text = _three(COLOURS[tint], fields)
        looks.append(f".box.{tint}{{fill:{fill};stroke:{line}}}.frame.{tint}{{stroke:{line}}}")
        looks.append(f"text.{tint}{{fill:{text}}}")
    looks.append(f"text.needs{{fill:{need[1]};font-weight:600}}.box.inset{{fill:none}}")
    return "".join(looks)


def _three(colour: Colour, fields: tuple[str, str, str]) -> tuple[str, str, str]:
    first, second, third = (str(getattr(colour, field)) for field in fields)
    return first, second, third


def _tint(box: Box) -> Tint:
    return Tint.PORT if box.layer is None else LAYER_TINTS[box.layer]


def _id(path: tuple[str, ...]) -> str:
    """No two paths share one: names are kebab-case; of others each odd character is spelled."""
    names = (re.sub(r"[^a-z0-9-]", lambda odd: f"_x{ord(odd[0]):x}_", name) for name in path)
    return ".".join(("box", *names))


def _text(text: str) -> str:
    return escape(drawable(text), {'"': "&quot;"})


def _n(number: float) -> str:
    """A length with at most one digit after the point."""
    return f"{number:.1f}".removesuffix(".0")
