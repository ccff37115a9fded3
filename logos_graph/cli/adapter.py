"""logos node adapter: the stock nodes for what stands between two ports of different types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from logos_graph.cli.files import write_file
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened_to_write
from logos_graph.cli.submit import report, submit

__all__ = ["adapter"]


@click.group(cls=CommandGroup)
def adapter() -> None:
    """Stock nodes that convert a value, or take a field out of a record."""


@adapter.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every stock adapter, with what it does."""
    from logos_graph.wasm.adapters import adapter_names, adapter_purpose

    found = [(name, adapter_purpose(name)) for name in adapter_names()]
    out.document({"adapters": [{"name": name, "purpose": purpose} for name, purpose in found]})
    out.table(("name", "purpose"), found)
    return 0


@adapter.command()
@click.argument("name", metavar="NAME")
@with_output
def show(out: Printer, name: str) -> int:
    """The source of a stock adapter, with its examples."""
    from logos_graph.wasm import adapters

    source = adapters.adapter(name)
    out.document({"name": name, "source": source})
    out.block(source)
    return 0


@adapter.command()
@click.argument("name", metavar="NAME")
@as_option
@with_output
def publish(out: Printer, name: str, signer: str | None) -> int:
    """Publish a stock adapter as a node, under its own name."""
    from logos_graph.wasm import adapters

    this: dict[str, Any] = {"name": name, "source": adapters.adapter(name)}
    with opened_to_write(out) as system:
        out.progress(f"building {name}")
        return report(out, system, submit(system, "node.publish", this, signer))


@adapter.command()
@click.argument("record", metavar="TYPE")
@click.argument("name", metavar="FIELD")
@click.option("--output", metavar="FILE", help="Write it to a new file instead.")
@with_output
def field(out: Printer, record: str, name: str, output: str | None) -> int:
    """Write a node that takes one field out of a record of this type."""
    from logos_graph.graph import parse_type
    from logos_graph.wasm.adapters import field_adapter

    made, source = field_adapter(parse_type(record), name)
    if output is not None:
        write_file(Path(output), source.encode())
    written = {"path": output} if output is not None else {"source": source}
    out.document({"name": made, **written})
    if output is None:
        out.block(source)
    else:
        out.line(f"wrote {output}; next: logos node publish {output} --name {made}")
    return 0
