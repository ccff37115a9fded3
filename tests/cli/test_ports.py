"""What a node's author wrote of its ports is what `logos node show` prints of them."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.cli.output import Printer
from logos_graph.cli.ports import show_grants_to_ask_for, show_interface

NODE: dict[str, Any] = {
    "docs": "Pays.\n\n    once",
    "inputs": [
        {
            "name": "payment",
            "type": "record payment { amount: decimal<2> }",
            "docs": "What is to be paid.\nOnce.",
            "members": [
                {"path": "", "docs": "A payment."},
                {"path": "amount", "docs": "In the account's\ncurrency \x1b[2J."},
            ],
        },
        {"name": "plain", "type": "u32"},
    ],
    "outputs": [{"name": "out", "type": "bool"}],
}


def test_ports_are_shown_with_their_docs_and_what_their_types_consist_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_interface(Printer(as_json=False), NODE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == ["", "Pays.", "", "    once", ""]
    assert lines[5].split() == ["PORT", "NAME", "TYPE"]
    at = lines.index("input payment")
    assert lines[at + 1 : at + 5] == [
        "What is to be paid.",
        "Once.",
        "  (its type)  A payment.",
        "  amount      In the account's currency \\x1b[2J.",
    ]
    assert "input plain" not in lines
    assert "output out" not in lines


def test_what_a_module_needs_is_shown_as_the_commands_that_grant_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_grants_to_ask_for(Printer(as_json=False), "b3:x", [])
    assert capsys.readouterr().out == ""
    show_grants_to_ask_for(Printer(as_json=False), "b3:x", ["clock", "http", "kv"])
    assert capsys.readouterr().out.splitlines()[2:] == [
        "  logos capability grant b3:x clock",
        '  logos capability grant b3:x http --allow "METHOD https://HOST"',
        "  logos capability grant b3:x kv --namespace NAME [--write]",
    ]


def test_nothing_of_it_stands_beside_a_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    show_interface(Printer(as_json=True), NODE)
    show_grants_to_ask_for(Printer(as_json=True), "b3:x", ["clock"])
    assert capsys.readouterr().out == ""
