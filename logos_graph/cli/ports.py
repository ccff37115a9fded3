"""A component's ports, with what is documented of them, and the grants that a module asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from logos_graph.cli.output import Printer

__all__ = ["show_grants_to_ask_for", "show_ports"]


def show_ports(out: Printer, component: Mapping[str, Any]) -> None:
    """Ports in the ledger's form: each with its type and docs; then what their types consist of."""
    ports = [
        (direction, port)
        for direction, key in (("input", "inputs"), ("output", "outputs"))
        for port in component[key]
    ]
    rows = [(d, port["name"], port["type"], _one_line(port.get("docs", ""))) for d, port in ports]
    columns = ("port", "name", "type", "docs")
    shown = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    out.line()
    out.table(columns[:shown], [row[:shown] for row in rows])
    members = [
        (port["name"], member["path"] or "(the type)", _one_line(member["docs"]))
        for _, port in ports
        for member in port.get("members", [])
    ]
    if members:
        out.line()
        out.table(("of", "member", "docs"), members)


def _one_line(docs: str) -> str:
    return " ".join(docs.split())


def show_grants_to_ask_for(out: Printer, node: str, needs: Sequence[str]) -> None:
    """The commands by which an approver gives a module what it needs."""
    if not needs:
        return
    out.line()
    out.line("Before it can be published, someone who may must grant what it needs:")
    options = {"kv": " --namespace NAME [--write]", "http": ' --allow "POST https://HOST"'}
    for capability in needs:
        out.line(f"  logos capability grant {node} {capability}{options.get(capability, '')}")
