"""What a picture of a flow shows, whatever it is drawn as.

A flow's own ports are two boxes, `input` and `output`. A placement that uses a flow may be opened:
then that flow's picture stands in its place, and edges end at its `input` and `output`.

Every text may come from a stranger; each format escapes what it writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from logos_graph.errors import InvalidInput
from logos_graph.graph.component import Layer

__all__ = ["MAX_BOXES", "Arrow", "Box", "Kind", "Picture", "check_size", "walk"]

MAX_BOXES = 50_000
"""Most boxes of one picture, opened flows included."""


class Kind(Enum):
    """What a box stands for."""

    INPUT = auto()
    OUTPUT = auto()
    NODE = auto()
    FLOW = auto()


@dataclass(frozen=True, slots=True)
class Box:
    """One placement, or the flow's own ports on one side.

    name: unique in its picture. detail: what it uses, for people. uses: its whole id.
    needs: the capabilities that a node asks for, or, of a flow, that anything in it asks for.
    """

    name: str
    kind: Kind
    detail: str = ""
    uses: str = ""
    layer: Layer | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """One edge. type: its whole text; short_type: fit for a label; when: a threshold, or empty."""

    source: str
    source_port: str
    target: str
    target_port: str
    type: str
    short_type: str
    when: str = ""

    @property
    def ports(self) -> str:
        """The port's name, or both where they differ."""
        if self.source_port == self.target_port:
            return self.source_port
        return f"{self.source_port} to {self.target_port}"

    @property
    def label(self) -> str:
        """Port, type and threshold on one line."""
        text = f"{self.ports}: {self.short_type}"
        return f"{text} {self.when}" if self.when else text

    @property
    def tooltip(self) -> str:
        """Everything about the edge, the whole type included."""
        ends = f"{self.source}.{self.source_port} to {self.target}.{self.target_port}"
        when = f"\nwhen {self.when}" if self.when else ""
        return f"{ends}\n{self.type}{when}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A flow. opened: the pictures of flows that are drawn in place of their boxes, by name."""

    title: str
    id: str
    layer: Layer
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    opened: Mapping[str, Picture] = field(default_factory=dict)

    def ends(self, arrow: Arrow, path: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The boxes that an arrow joins, by path: of an opened flow its own output or input.

        path: the placements that lead to this picture.
        """
        source = (*path, arrow.source, *(["output"] if arrow.source in self.opened else []))
        target = (*path, arrow.target, *(["input"] if arrow.target in self.opened else []))
        return source, target


def walk(picture: Picture, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Picture]]:
    """The picture and every opened one in it, each with the placements that lead to it."""
    yield path, picture
    for name, inner in picture.opened.items():
        yield from walk(inner, (*path, name))


def check_size(picture: Picture) -> Picture:
    """The picture itself. Raises InvalidInput E_DRAWING_SIZE when it has too many boxes."""
    count = 0
    for _, each in walk(picture):
        count += len(each.boxes)
        if count > MAX_BOXES:
            raise InvalidInput(
                "E_DRAWING_SIZE",
                f"the picture would have more than {MAX_BOXES} boxes",
                hint="draw it without --open-subgraphs, or draw its subgraphs one by one",
                limit=MAX_BOXES,
            )
    return picture
