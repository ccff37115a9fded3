"""What is different between two flows: nothing of a flow and itself, and it can be undone."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logos_graph.graph.difference import Ends, Sides, Travel, compared, sides_of

NAMES = st.sampled_from(["a", "b", "c", "d"])
TYPES = st.sampled_from(["u8", "bool", "string"])
TRAVELS = st.lists(
    st.builds(Travel, TYPES, st.sampled_from(["", '{"below":3}', '{"is":true}'])),
    min_size=1,
    max_size=2,
    unique=True,
).map(lambda travels: tuple(sorted(travels)))
SIDES = st.builds(
    Sides,
    st.dictionaries(NAMES, TYPES),
    st.dictionaries(NAMES, TYPES),
    st.dictionaries(NAMES, st.sampled_from(["b3:1", "b3:2"])),
    st.dictionaries(st.builds(Ends, NAMES, NAMES, NAMES, NAMES), TRAVELS),
    st.dictionaries(st.sampled_from(["clock", "kv"]), st.sampled_from([("a",), ("a", "b")])),
)


@given(SIDES)
def test_a_flow_is_not_different_from_itself(flow: Sides) -> None:
    assert not compared(flow, flow)


@given(SIDES, SIDES)
def test_a_difference_is_there_exactly_when_the_flows_differ(one: Sides, other: Sides) -> None:
    assert bool(compared(one, other)) == (one != other)


@given(SIDES, SIDES)
def test_mirrored_it_is_the_difference_the_other_way_round(one: Sides, other: Sides) -> None:
    assert compared(one, other).mirrored() == compared(other, one)


@given(SIDES, SIDES)
def test_applied_to_the_one_it_gives_the_other(one: Sides, other: Sides) -> None:
    found = compared(one, other)
    assert found.applied(one) == other
    assert found.mirrored().applied(other) == one


def flow(**changed: Any) -> dict[str, Any]:
    edge = {"from": "input", "from_port": "n", "to": "a", "to_port": "n", "type": "b3:t"}
    return {
        "inputs": [{"name": "n", "type": "u8"}],
        "outputs": [],
        "placements": [{"name": "a", "uses": "b3:1"}],
        "edges": [{**edge, "when": {"below": 30}}],
        **changed,
    }


def test_a_placement_of_another_node_and_its_capabilities_are_told() -> None:
    needs = {"b3:2": ["http"]}
    before = sides_of(flow(), needs)
    after = sides_of(flow(placements=[{"name": "a", "uses": "b3:2"}]), needs)
    found = compared(before, after)
    assert found.placements.changed == {"a": ("b3:1", "b3:2")}
    assert found.capabilities.added == {"http": ("a",)}
    assert not found.edges


def test_a_moved_threshold_is_a_change_of_its_edge() -> None:
    other = flow(edges=[{**flow()["edges"][0], "when": {"below": 40}}])
    found = compared(sides_of(flow(), {}), sides_of(other, {})).edges
    ((ends, (before, after)),) = found.changed.items()
    assert str(ends) == "input.n -> a.n"
    assert (before, after) == (
        (Travel("b3:t", '{"below":30}'),),
        (Travel("b3:t", '{"below":40}'),),
    )


def test_the_order_of_writing_is_no_difference() -> None:
    edge = flow()["edges"][0]
    both = [edge, {**edge, "when": {"at_least": 30}}]
    one, other = flow(edges=both), flow(edges=both[::-1])
    assert not compared(sides_of(one, {}), sides_of(other, {}))
