"""logos capability: named rights, granted to one node each."""

from __future__ import annotations

from typing import Any

import click

from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import short

__all__ = ["capability"]


@click.group()
def capability() -> None:
    """Named rights, granted node by node; never inherited."""


@capability.command()
@click.argument("node", metavar="NODE")
@click.argument("capability", metavar="CAPABILITY")
@as_option
@with_output
def grant(out: Printer, node: str, capability: str, signer: str | None) -> int:
    """Grant a capability to a node, by name or id."""
    with opened_to_write(out) as system:
        identity = system.reader.resolve(node, ("Node",))
        this: dict[str, Any] = {"node": identity, "capability": capability}
        return report(out, system, submit(system, "capability.grant", this, signer))


@capability.command("list")
@click.option("--node", metavar="NODE", help="Only of this node.")
@with_output
def list_(out: Printer, node: str | None) -> int:
    """What is granted, node by node."""
    with opened() as system:
        identity = None if node is None else system.reader.resolve(node, ("Node",))
        rows = system.reader.rows("read/grants", node=identity)
    out.document({"grants": rows})
    out.table(
        ("node", "capability", "grant", "entry"),
        [(short(r["node"]), r["capability"], short(r["grant"]), r["index"]) for r in rows],
    )
    return 0
