"""Descriptors: exactly the documented form, or a refusal that says what is wrong."""

from typing import Any

import pytest

from logos_graph.canon import Json, encode
from logos_graph.errors import InvalidInput
from logos_graph.graph.component import MAX_PORTS, Node, Port, ports_json
from logos_graph.graph.descriptor import MAX_DESCRIPTOR, parse_descriptor
from logos_graph.graph.types import parse_type


def _descriptor(**changes: Json) -> dict[str, Any]:
    port: Json = {"docs": "whole euros", "name": "amount", "type": "decimal<2>"}
    result: Json = {"docs": "", "name": "score", "type": "u8"}
    whole: dict[str, Json] = {
        "abi": 1,
        "docs": "Scores an amount.",
        "inputs": [port],
        "name": "amount-score",
        "outputs": [result],
    }
    return {**whole, **changes}


def test_a_descriptor_is_read() -> None:
    descriptor = parse_descriptor(encode(_descriptor()))
    assert (descriptor.abi, descriptor.name, descriptor.docs) == (
        1,
        "amount-score",
        "Scores an amount.",
    )
    assert descriptor.inputs == (Port("amount", parse_type("decimal<2>")),)
    assert descriptor.inputs[0].docs == "whole euros"
    assert descriptor.outputs == (Port("score", parse_type("u8")),)


def _port(**changes: Json) -> Json:
    port: dict[str, Json] = {"docs": "", "name": "p", "type": "u8"}
    return {**port, **changes}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"abi": 2}, "E_DESCRIPTOR_ABI"),
        ({"abi": True}, "E_DESCRIPTOR_ABI"),
        ({"name": "Amount_Score"}, "E_DESCRIPTOR_NAME"),
        ({"name": None}, "E_DESCRIPTOR_FORM"),
        ({"docs": "x" * 20_000}, "E_DESCRIPTOR_FORM"),
        ({"extra": 1}, "E_DESCRIPTOR_FORM"),
        ({"inputs": {}}, "E_DESCRIPTOR_FORM"),
        ({"inputs": [_port(docs="x" * 5000)]}, "E_DESCRIPTOR_FORM"),
        ({"inputs": [{"name": "p", "type": "u8"}]}, "E_DESCRIPTOR_FORM"),
        ({"inputs": [_port(type="u9")]}, "E_TYPE_UNKNOWN"),
        ({"inputs": [_port(type="list< u8 >")]}, "E_PORT_TYPE"),
        ({"inputs": [_port(name="P")]}, "E_PORT_NAME"),
        ({"inputs": [_port(), _port()]}, "E_PORT_DUPLICATE"),
        ({"outputs": [_port(name=f"p{n}") for n in range(MAX_PORTS + 1)]}, "E_PORT_COUNT"),
    ],
)
def test_what_is_no_descriptor_is_refused_by_its_own_code(
    changes: dict[str, Json], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_descriptor(encode(_descriptor(**changes)))
    assert refused.value.code == code


def test_only_canonical_bytes_are_a_descriptor() -> None:
    for data in (encode(_descriptor()) + b"\n", b"", b"\xff", b"{", b"[" * 5000):
        with pytest.raises(InvalidInput) as refused:
            parse_descriptor(data)
        assert refused.value.code == "E_DESCRIPTOR_JSON"
    with pytest.raises(InvalidInput) as refused:
        parse_descriptor(b" " * (MAX_DESCRIPTOR + 1))
    assert refused.value.code == "E_DESCRIPTOR_SIZE"


def test_a_node_is_rebuilt_from_its_ledger_form() -> None:
    ports = (Port("amount", parse_type("decimal<2>"), "docs are no part of it"),)
    mutation: dict[str, Json] = {
        "kind": "node",
        "id": "b3:" + "0" * 64,
        "inputs": ports_json(ports),
        "outputs": [],
    }
    node = Node.from_mutation(mutation)
    assert node.inputs == ports
    with pytest.raises(InvalidInput):
        Node.from_mutation({**mutation, "kind": "flow"})
    with pytest.raises(InvalidInput):
        Node.from_mutation({**mutation, "inputs": [{"name": "a", "type": "u8", "docs": ""}]})


NESTED = (
    "record payment { amount: decimal<2>, history: list<record past { minutes-ago: u32 }>,"
    " pair: tuple<u8, option<enum side { left, right }>>,"
    " limit: variant limit { none, up-to: u8 } }"
)
PATHS = (
    *("", "amount", "history", "history.minutes-ago", "pair", "pair.0"),
    *("pair.1", "pair.1.left", "pair.1.right", "limit", "limit.none", "limit.up-to"),
)


def _documented(*paths: str, docs: str = "text") -> dict[str, Any]:
    members: Json = [{"docs": docs, "path": path} for path in paths]
    return _descriptor(inputs=[_port(type=NESTED, members=members)])


def test_every_part_of_a_ports_type_can_be_documented() -> None:
    [port] = parse_descriptor(encode(_documented(*PATHS))).inputs
    assert port.members == tuple((path, "text") for path in PATHS)
    [other] = parse_descriptor(encode(_documented("history", "limit.none"))).inputs
    assert other.members == (("history", "text"), ("limit.none", "text"))
    assert port == other
    assert hash(port) == hash(other)
    assert parse_descriptor(encode(_descriptor())).inputs[0].members == ()


@pytest.mark.parametrize(
    "descriptor",
    [
        _documented(),
        _documented("amount", "amount"),
        _documented("history", "amount"),
        _documented("history.hours-ago"),
        _documented("pair.2"),
        _documented("amount", docs=""),
        _documented("amount", docs="x" * 5000),
        _descriptor(inputs=[_port(members={})]),
        _descriptor(inputs=[_port(members=[{"docs": "text"}])]),
        _descriptor(inputs=[_port(members=[{"docs": "text", "path": "", "type": "u8"}])]),
        _descriptor(inputs=[_port(members=[{"docs": "text", "path": 0}])]),
    ],
)
def test_members_that_are_not_exactly_the_types_own_are_refused(descriptor: Json) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_descriptor(encode(descriptor))
    assert refused.value.code == "E_DESCRIPTOR_FORM"
