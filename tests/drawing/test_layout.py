"""Where everything stands: no box on another, no label on a box, edges left to right, linear."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given

from logos_graph.drawing import Arrow, Box, Kind, Picture
from logos_graph.drawing.gaps import LETTER, label_parts
from logos_graph.drawing.layout import HEADER, Layout, Rectangle, lay_out
from logos_graph.graph import Layer
from tests.drawing.pictures import SCORE, known, pictures


def apart(one: Rectangle, other: Rectangle) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


def levels(layout: Layout) -> list[Layout]:
    return [layout, *(each for inner in layout.inner.values() for each in levels(inner))]


@given(pictures())
def test_no_two_boxes_overlap_and_all_are_inside(picture: Picture) -> None:
    for layout in levels(lay_out(picture)):
        assert layout.places.keys() == {box.name for box in layout.picture.boxes}
        for one, other in combinations(layout.places.values(), 2):
            assert apart(one, other)
        for place in layout.places.values():
            assert place.x >= 0
            assert place.y >= 0
            assert place.x + place.width <= layout.width
            assert place.y + place.height <= layout.height


@given(pictures())
def test_what_is_opened_fits_into_its_box(picture: Picture) -> None:
    for layout in levels(lay_out(picture)):
        for name, inner in layout.inner.items():
            place = layout.places[name]
            assert inner.width <= place.width
            assert inner.height + HEADER <= place.height


@given(pictures())
def test_no_label_lies_on_a_box_or_on_another_label(picture: Picture) -> None:
    for layout in levels(lay_out(picture)):
        labels = []
        for route in layout.routes:
            width = (sum(map(len, label_parts(route.arrow))) + 1) * LETTER
            x, y = route.label
            labels.append(Rectangle(x - width, y - 14, width, 13))
        for label in labels:
            assert all(apart(label, place) for place in layout.places.values())
        assert all(apart(one, other) for one, other in combinations(labels, 2))


@given(pictures())
def test_no_line_crosses_a_box(picture: Picture) -> None:
    """Corners are joined by straight lines; a curve stays between its ends' columns."""
    for layout in levels(lay_out(picture)):
        for route in layout.routes:
            for (a, b), (c, d) in pairwise(route.points):
                line = Rectangle(min(a, c), min(b, d), abs(c - a), abs(d - b))
                assert all(apart(line, place) for place in layout.places.values()), route


@given(pictures())
def test_every_edge_leads_to_the_right_from_its_box_to_its_box(picture: Picture) -> None:
    for layout in levels(lay_out(picture)):
        assert sorted(map(id, layout.picture.arrows)) == sorted(
            id(route.arrow) for route in layout.routes
        )
        for route in layout.routes:
            source = layout.places[route.arrow.source]
            target = layout.places[route.arrow.target]
            (x, y), (end, into) = route.points[0], route.points[-1]
            assert x == source.x + source.width <= target.x == end
            assert source.y < y < source.y + source.height
            assert target.y < into < target.y + target.height


def test_a_picture_with_a_cycle_is_drawn_all_the_same() -> None:
    names = ("a", "b")
    boxes = tuple(Box(name, Kind.NODE, "", SCORE, Layer.SEDIMENT) for name in names)
    arrows = tuple(Arrow(s, "out", t, "in", "u8", "u8") for s in names for t in names)
    layout = lay_out(Picture("cycle", SCORE, Layer.SEDIMENT, boxes, arrows))
    assert len(layout.routes) == 4
    assert apart(layout.places["a"], layout.places["b"])


def test_columns_follow_the_longest_path() -> None:
    places = lay_out(known()).places
    order = [places[name].x for name in ("input", "end", "small-sum", "output")]
    assert order == sorted(set(order))


def test_a_long_flow_needs_room_in_proportion() -> None:
    def area(count: int) -> tuple[float, float]:
        names = [f"step-{number:05}" for number in range(count)]
        boxes = [Box(name, Kind.NODE, "", SCORE, Layer.SEDIMENT) for name in names]
        pairs = [*pairwise(names), *((names[0], name) for name in names[2:])]
        arrows = tuple(Arrow(s, "out", t, "in", "u8", "u8") for s, t in pairs)
        layout = lay_out(Picture("long", SCORE, Layer.SEDIMENT, tuple(boxes), arrows))
        assert sum(len(route.points) for route in layout.routes) <= 6 * len(pairs)
        return layout.width, layout.height

    (width, height), (longer, higher) = area(1000), area(10_000)
    assert longer < 10.1 * width
    assert higher == height
