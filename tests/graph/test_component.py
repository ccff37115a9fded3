"""Ports in the ledger's form: what is documented is there, and nothing is there twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import InvalidInput
from logos_graph.graph import Port, parse_type
from logos_graph.graph.component import parse_ports, ports_json

TYPE = parse_type("record payment { amount: decimal<2>, note: string }")
DOCS = st.text("ab é\n", max_size=5)
MEMBERS = st.lists(st.tuples(st.sampled_from(["", "amount"]), DOCS.filter(bool)), max_size=2)
PORTS = st.builds(
    lambda docs, members: Port("payment", TYPE, docs, tuple(members)), docs=DOCS, members=MEMBERS
)


def told(port: Port) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    return port.name, port.type.text, port.docs, port.members


@given(st.lists(PORTS, max_size=3))
def test_ports_come_back_from_the_ledger_s_form_with_their_docs(ports: list[Port]) -> None:
    assert [told(port) for port in parse_ports(ports_json(ports), "inputs")] == [*map(told, ports)]


def test_what_is_not_documented_is_not_there() -> None:
    plain: dict[str, Any] = {"name": "payment", "type": TYPE.text}
    assert ports_json([Port("payment", TYPE)]) == [plain]
    documented = Port("payment", TYPE, "To be paid.", (("amount", "In cents."),))
    assert ports_json([documented]) == [
        {**plain, "docs": "To be paid.", "members": [{"docs": "In cents.", "path": "amount"}]}
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"docs": ""},
        {"docs": None},
        {"members": []},
        {"members": {}},
        {"members": [{"path": "amount"}]},
        {"members": [{"path": "amount", "docs": ""}]},
        {"members": [{"path": 1, "docs": "x"}]},
        {"members": [{"path": "amount", "docs": "x", "more": 1}]},
        {"more": 1},
        {"name": 1},
        {"type": ""},
    ],
)
def test_another_form_of_a_port_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_ports([{"name": "payment", "type": TYPE.text, **change}], "inputs")
    assert caught.value.code == "E_PORT_FORM"
