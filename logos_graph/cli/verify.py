"""logos verify: what was taken out of a ledger, checked without a database or a network."""

from __future__ import annotations

from pathlib import Path

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.verify_export import verify_export

__all__ = ["verify"]


@click.command()
@click.argument(
    "path", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--supervisor", metavar="DID", help="Whose ledger it must be, by one of its keys.")
@with_output
def verify(out: Printer, path: Path, supervisor: str | None) -> int:
    """Verify an export, without a database or a network. Status 1 when something does not hold."""
    return verify_export(out, path, supervisor)
