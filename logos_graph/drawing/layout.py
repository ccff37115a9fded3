"""Where everything of a picture stands: columns from left to right, in linear time but for sorting.

1. Columns: a box stands right of everything that feeds it (the longest path), `output` at the end.
2. Order in a column: a few barycentre sweeps, so that neighbours in the flow stand near each other.
3. Heights: each box near those that feed it, without overlap.
4. Edges (gaps.py): to the next column a curve; any other way through a lane beside the column up to
   a track above all boxes, along it, and down again. The edges of one port share their track. So no
   edge crosses a box, and the room for edges grows with the ports that need it, not with their
   length.

Labels stand in the gap before a column, each at its edge's own slot. Lengths are in pixels.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from logos_graph.drawing.gaps import HEAD, LETTER, Gaps
from logos_graph.drawing.labels import clipped
from logos_graph.drawing.picture import Arrow, Box, Kind, Picture

__all__ = ["HEADER", "LINE", "PADDING", "Layout", "Rectangle", "Route", "lay_out", "lines_of"]

HEADER: Final = 24.0
"""The heading of an opened flow."""
LINE: Final = 15.0
"""From one line of a box's text to the next."""
PADDING: Final = 14.0
"""Around the text of a box, and around a picture."""
_LETTER: Final = 7.5
"""Widest letter of a box's name."""
_SLOT: Final = 20.0
_BETWEEN: Final = 18.0
_NARROWEST: Final = 84.0
_SWEEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A box's place, from its top left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """An edge's line: its corners. Where `curved`, a curve leads from the second to the third.

    label: where its text ends, right of which is the arrow's head.
    """

    arrow: Arrow
    points: tuple[tuple[float, float], ...]
    curved: bool
    label: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """A laid out picture, from (0, 0). inner: of what is opened, below its rectangle's heading."""

    picture: Picture
    width: float
    height: float
    places: Mapping[str, Rectangle]
    routes: tuple[Route, ...]
    inner: Mapping[str, Layout]


def lines_of(box: Box) -> tuple[str, ...]:
    """What is written in a box: its name, what it uses, what it needs."""
    lines = [clipped(box.name, 64)]
    if box.detail:
        lines.append(clipped(box.detail, 64))
    if box.needs:
        lines.append(f"needs {', '.join(box.needs)}")
    return tuple(lines)


def lay_out(picture: Picture) -> Layout:
    """Places every box and every edge of the picture and of what is opened in it."""
    inner = {name: lay_out(each) for name, each in picture.opened.items()}
    return _Placing(picture, inner).layout()


class _Placing:
    """One level of a picture, placed step by step."""

    def __init__(self, picture: Picture, inner: Mapping[str, Layout]) -> None:
        self._picture = picture
        self._inner = inner
        self._boxes = {box.name: box for box in picture.boxes}
        known = self._boxes.keys()
        self._arrows = [a for a in picture.arrows if a.source in known and a.target in known]
        self._before: dict[str, list[str]] = defaultdict(list)
        self._after: dict[str, list[str]] = defaultdict(list)
        self._leaving: dict[str, dict[str, int]] = defaultdict(dict)
        for arrow in self._arrows:
            self._before[arrow.target].append(arrow.source)
            self._after[arrow.source].append(arrow.target)
            ports = self._leaving[arrow.source]
            ports.setdefault(arrow.source_port, len(ports))
        self._sizes = {name: self._size(box) for name, box in self._boxes.items()}

    def layout(self) -> Layout:
        """The whole."""
        column = self._column_of()
        columns: list[list[str]] = [[] for _ in range(1 + max(column.values(), default=0))]
        for name in self._boxes:
            columns[column[name]].append(name)
        self._sort(columns)
        tops = self._tops(columns)
        gaps = Gaps(self._arrows, column, len(columns))
        lefts, width = self._lefts(columns, gaps)
        top = gaps.height + PADDING - min(tops.values(), default=0.0)
        places = {
            name: Rectangle(lefts[column[name]], tops[name] + top, *self._sizes[name])
            for name in self._boxes
        }
        height = max((place.y + place.height for place in places.values()), default=0.0)
        routes = tuple(self._routes(places, gaps))
        return Layout(self._picture, width, height + PADDING, places, routes, self._inner)

    def _size(self, box: Box) -> tuple[float, float]:
        slots = max(len(self._before[box.name]), len(self._leaving[box.name]))
        inner = self._inner.get(box.name)
        lines = lines_of(box)
        if inner is not None:
            heading = sum(len(line) + 3 for line in lines) * _LETTER
            return max(inner.width, heading), HEADER + max(inner.height, slots * _SLOT)
        width = max(len(lines[0]) * _LETTER, *(len(line) * LETTER for line in lines))
        height = max(len(lines) * LINE + PADDING, slots * _SLOT + 8)
        return max(width + 2 * PADDING, _NARROWEST), height

    def _column_of(self) -> dict[str, int]:
        waiting = {name: len(self._before[name]) for name in self._boxes}
        column = dict.fromkeys(self._boxes, 0)
        ready = deque(name for name, count in waiting.items() if count == 0)
        while ready:
            name = ready.popleft()
            for target in self._after[name]:
                column[target] = max(column[target], column[name] + 1)
                waiting[target] -= 1
                if waiting[target] == 0:
                    ready.append(target)
        last = max(column.values(), default=0)
        for name, box in self._boxes.items():
            if box.kind is Kind.OUTPUT:
                column[name] = last
        return column

    def _sort(self, columns: Sequence[list[str]]) -> None:
        """Sweeps: each box to the mean place of its neighbours, from both sides in turn."""
        place = {name: float(at) for names in columns for at, name in enumerate(names)}
        for sweep in range(_SWEEPS):
            forward = sweep % 2 == 0
            near = self._before if forward else self._after
            for names in columns if forward else reversed(columns):
                wanted: dict[str, float] = {}
                for name in names:
                    mean = _mean([place[each] for each in near[name]])
                    wanted[name] = place[name] if mean is None else mean
                names.sort(key=wanted.__getitem__)
                place.update((name, float(at)) for at, name in enumerate(names))

    def _tops(self, columns: Sequence[Sequence[str]]) -> dict[str, float]:
        """The top of each box: near the middle of what feeds it, below the box above it."""
        tops: dict[str, float] = {}
        for names in columns:
            bottom, drifts = float("-inf"), []
            for name in names:
                height = self._sizes[name][1]
                feeding = [each for each in self._before[name] if each in tops]
                middle = _mean([tops[each] + self._sizes[each][1] / 2 for each in feeding])
                wanted = (middle or 0.0) - height / 2
                tops[name] = max(wanted, bottom + _BETWEEN)
                bottom = tops[name] + height
                drifts.append(tops[name] - wanted)
            drift = _mean(drifts) or 0.0
            for name in names:
                tops[name] -= drift
        return tops

    def _lefts(self, columns: Sequence[Sequence[str]], gaps: Gaps) -> tuple[list[float], float]:
        """Where each column begins, and where the picture ends."""
        lefts: list[float] = []
        x = PADDING
        for number, names in enumerate(columns):
            gaps.put(number, x)
            lefts.append(x + gaps.width(number))
            x = lefts[-1] + max((self._sizes[name][0] for name in names), default=0.0)
        gaps.put(len(columns), x)
        return lefts, x + gaps.width(len(columns)) + PADDING

    def _routes(self, places: Mapping[str, Rectangle], gaps: Gaps) -> Iterator[Route]:
        # The slots of a box, from above: in the order in which what feeds it stands.
        used: dict[str, int] = defaultdict(int)
        for arrow in sorted(self._arrows, key=lambda arrow: places[arrow.source].y):
            source, target = places[arrow.source], places[arrow.target]
            ports = self._leaving[arrow.source]
            out = self._slot(arrow.source, source, ports[arrow.source_port], len(ports))
            count = len(self._before[arrow.target])
            into = self._slot(arrow.target, target, used[arrow.target], count)
            used[arrow.target] += 1
            start, end = (source.x + source.width, out), (target.x, into)
            label = (target.x - HEAD, into)
            if gaps.is_next(arrow):
                first, second = gaps.turns(arrow)
                yield Route(arrow, (start, (first, out), (second, into), end), True, label)
            else:
                up, track, down = gaps.way(arrow)
                corners = ((up, out), (up, track), (down, track), (down, into))
                yield Route(arrow, (start, *corners, end), False, label)

    def _slot(self, name: str, place: Rectangle, number: int, count: int) -> float:
        top = HEADER if name in self._inner else 0.0
        return place.y + top + (place.height - top) * (number + 0.5) / count


def _mean(numbers: Sequence[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None
