"""The way of a flow through the ledger: what is stored is checked again when it is read."""

from collections.abc import Callable, Iterator

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.errors import InvalidInput, NotVerified, Rejected
from logos_graph.graph.component import Component, Layer
from logos_graph.graph.stored import parse_flow, used_by
from tests.graph.test_check import BRANCHES, LIBRARY, check


def _by_id() -> Callable[[ContentId], Component]:
    return {component.id: component for component in LIBRARY.values()}.__getitem__


def test_a_flow_is_rebuilt_from_its_ledger_form() -> None:
    flow = check(*BRANCHES)
    mutation = flow.to_mutation(Layer.BEDROCK)
    assert mutation["layer"] == "Bedrock"
    assert used_by(mutation) == {LIBRARY["score"].id}
    assert parse_flow(mutation, _by_id()) == flow


def test_no_two_flows_share_an_edge_id() -> None:
    placements, edges = BRANCHES
    one = check(placements, edges)
    other = check(placements, [*edges, ("s.safe", "output.safe")])
    ids = [
        [edge["id"] for edge in flow.to_mutation()["edges"]]  # type: ignore[union-attr,index,call-overload]
        for flow in (one, other)
    ]
    assert len({*ids[0], *ids[1]}) == len(ids[0]) + len(ids[1])


def _paths(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _paths(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _paths(each, (*path, index))


def _changed(value: Json, path: tuple[str | int, ...], new: Json) -> Json:
    if not path:
        return new
    key, *rest = path
    if isinstance(value, dict):
        return {**value, str(key): _changed(value[str(key)], tuple(rest), new)}
    assert isinstance(value, list)
    copy = list(value)
    copy[int(key)] = _changed(copy[int(key)], tuple(rest), new)
    return copy


@pytest.mark.parametrize("new", [None, 7, "x", [], {}, "b3:" + "0" * 64])
def test_any_change_of_a_stored_flow_is_noticed(new: Json) -> None:
    mutation = check(*BRANCHES).to_mutation()
    for path in _paths(mutation):
        changed = _changed(mutation, path, new)
        if path in ((), ("name",)) or changed == mutation or not isinstance(changed, dict):
            continue  # the name moves and is no part of the flow
        with pytest.raises((InvalidInput, Rejected, NotVerified, KeyError)):
            parse_flow(changed, _by_id())
