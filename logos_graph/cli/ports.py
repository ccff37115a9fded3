"""A component's ports, with what is documented of them, and the grants that a module asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from logos_graph.cli.output import Printer
from logos_graph.cli.texts import one_line

__all__ = ["show_grants_to_ask_for", "show_interface"]


def show_interface(out: Printer, component: Mapping[str, Any]) -> None:
    """What a component is for, in its author's words, and its ports."""
    if component["docs"]:
        out.line()
        out.block(component["docs"])
    _show_ports(out, component)


def _show_ports(out: Printer, component: Mapping[str, Any]) -> None:
    """Ports in the ledger's form; then each that is documented, with what its type consists of."""
    ports = [
        (direction, port)
        for direction, key in (("input", "inputs"), ("output", "outputs"))
        for port in component[key]
    ]
    out.line()
    out.table(("port", "name", "type"), [(d, port["name"], port["type"]) for d, port in ports])
    for direction, port in ports:
        if "docs" in port or "members" in port:
            out.line()
            out.title(f"{direction} {port['name']}")
            if "docs" in port:
                out.block(port["docs"])
            out.fields(
                (f"  {member['path'] or '(its type)'}", one_line(member["docs"]))
                for member in port.get("members", [])
            )


def show_grants_to_ask_for(out: Printer, node: str, needs: Sequence[str]) -> None:
    """The commands by which an approver gives a module what it needs."""
    from logos_graph.graph.capabilities import grant_command

    if not needs:
        return
    out.line()
    out.line("Before it can be published, someone who may must grant what it needs:")
    for capability in needs:
        out.line(f"  {grant_command(node, capability)}")
