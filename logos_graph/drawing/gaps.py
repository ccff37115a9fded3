"""The gaps between columns, where edges run: lanes up and down, curves, labels; and tracks above.

A gap lies left of the column of its number; one more ends the picture. From left to right it holds:
its lanes, room for curves, the labels of the edges that end at its column, room for arrow heads.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from logos_graph.drawing.labels import clipped
from logos_graph.drawing.picture import Arrow

__all__ = ["HEAD", "LETTER", "Gaps", "label_parts"]

LETTER: Final = 6.3
"""Widest letter of a label."""
HEAD: Final = 12.0
"""Room for an arrow's head."""
_CURVE: Final = 46.0
_LANE: Final = 7.0
_LANES: Final = 48
"""Most lanes of a gap; further ones share theirs."""


def label_parts(arrow: Arrow) -> tuple[str, str]:
    """What is written at an edge: port and type; the threshold."""
    return f"{clipped(arrow.ports, 48)}: {arrow.short_type}", clipped(arrow.when, 64)


class Gaps:
    """All gaps of one level of a picture."""

    def __init__(self, arrows: Sequence[Arrow], column: Mapping[str, int], count: int) -> None:
        self._labels = [0.0] * (count + 1)
        self._lanes: list[dict[tuple[str, str], int]] = [{} for _ in range(count + 1)]
        self._curves = [0.0] * (count + 1)
        self._starts = [0.0] * (count + 1)
        self._column = column
        spans: dict[tuple[str, str], tuple[int, int]] = {}
        for arrow in arrows:
            leaves, enters = column[arrow.source] + 1, column[arrow.target]
            letters = sum(map(len, label_parts(arrow))) + 1
            self._labels[enters] = max(self._labels[enters], letters * LETTER + HEAD)
            if leaves == enters:
                self._curves[enters] = _CURVE
                continue
            bus = _bus(arrow)
            for gap in (leaves, enters):
                lanes = self._lanes[gap]
                lanes.setdefault(bus, len(lanes))
            low, high = spans.get(bus, (leaves, leaves))
            spans[bus] = min(low, enters), max(high, enters)
        self._tracks = _packed(spans)

    @property
    def height(self) -> float:
        """What the tracks take above all boxes."""
        return _LANE * (1 + max(self._tracks.values(), default=-1)) + _LANE

    def width(self, gap: int) -> float:
        """The whole width of a gap; 0 where nothing runs."""
        return self._lanes_width(gap) + self._curves[gap] + self._labels[gap]

    def put(self, gap: int, start: float) -> None:
        """Says where a gap begins."""
        self._starts[gap] = start

    def is_next(self, arrow: Arrow) -> bool:
        """Whether the edge leads to the next column, and so needs no track."""
        return self._column[arrow.source] + 1 == self._column[arrow.target]

    def turns(self, arrow: Arrow) -> tuple[float, float]:
        """Of an edge to the next column: where its curve begins and ends."""
        gap = self._column[arrow.target]
        end = self._starts[gap] + self._lanes_width(gap) + self._curves[gap]
        return self._starts[gap] + self._lanes_width(gap), end

    def way(self, arrow: Arrow) -> tuple[float, float, float]:
        """Of any other edge: the lane it leaves by, its track's height, the lane it ends by."""
        bus = _bus(arrow)
        up = self._lane(self._column[arrow.source] + 1, bus)
        down = self._lane(self._column[arrow.target], bus)
        return up, self.height - _LANE * (self._tracks[bus] + 1), down

    def _lane(self, gap: int, bus: tuple[str, str]) -> float:
        return self._starts[gap] + _LANE * (self._lanes[gap][bus] % _LANES + 1)

    def _lanes_width(self, gap: int) -> float:
        count = min(len(self._lanes[gap]), _LANES)
        return _LANE * (count + 1) if count else 0.0


def _bus(arrow: Arrow) -> tuple[str, str]:
    return arrow.source, arrow.source_port


def _packed(spans: Mapping[tuple[str, str], tuple[int, int]]) -> dict[tuple[str, str], int]:
    """A track for each span, in which no two overlap; as few tracks as can be."""
    beginning: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for bus, (low, _) in spans.items():
        beginning[low].append(bus)
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    tracks: dict[tuple[str, str], int] = {}
    count = 0
    for low in sorted(beginning):
        while busy and busy[0][0] < low:
            heapq.heappush(free, heapq.heappop(busy)[1])
        for bus in sorted(beginning[low], key=lambda each: spans[each][1]):
            if free:
                track = heapq.heappop(free)
            else:
                track, count = count, count + 1
            tracks[bus] = track
            heapq.heappush(busy, (spans[bus][1], track))
    return tracks
