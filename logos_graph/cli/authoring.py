"""logos node new, logos node test: writing nodes. No database is needed for either."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from logos_graph.cli.files import read_text, write_file
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.texts import one_line
from logos_graph.errors import InvalidInput, Rejected

if TYPE_CHECKING:
    from logos_graph.wasm.author_tests import Trial

__all__ = ["new", "read_source", "test"]


def read_source(file: str, name: str | None) -> dict[str, str]:
    """A node's name and source, as the verbs that take a source have them.

    name: None for the file's. Raises as `read_text`; InvalidInput E_NODE_NAME.
    """
    from logos_graph.graph.typetree import check_name
    from logos_graph.wasm.builder import MAX_SOURCE

    source = read_text(file, MAX_SOURCE)
    if name is None and file == "-":
        raise InvalidInput("E_NODE_NAME", "what stdin gives has no name", hint="say --name NAME")
    named = name or Path(file).stem.replace("_", "-")
    check_name(named, "a node", code="E_NODE_NAME")
    return {"name": named, "source": source}


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--output", metavar="FILE", help="Where to write it (default: NAME.rs, right here).")
@with_output
def new(out: Printer, name: str, output: str | None) -> int:
    """Write a commented file to start a node from; it builds, and its tests pass."""
    from logos_graph.wasm.starter import starter

    source = starter(name)
    path = Path(output or f"{name}.rs")
    write_file(path, source.encode())
    out.document({"path": str(path), "name": name})
    out.line(f"wrote {path}; next: logos node test {quote(str(path))}")
    return 0


@click.command()
@click.argument("file", metavar="FILE.rs")
@with_output
def test(out: Printer, file: str) -> int:
    """Build a source, and run its examples and tests as WebAssembly."""
    from logos_graph.settings import Settings
    from logos_graph.wasm.author_tests import try_out
    from logos_graph.wasm.builder import MAX_SOURCE, Builder

    source = read_text(file, MAX_SOURCE).encode()
    out.progress(f"building {file}")
    trial = try_out(Builder(Settings.from_environment().cache), source)
    counted = Counter(outcome.state.value for outcome in trial.outcomes)
    out.document(
        {
            "node": trial.admitted.id,
            "name": trial.admitted.descriptor.name,
            "outcomes": [asdict(outcome) for outcome in trial.outcomes],
            **{state: counted[state] for state in ("ok", "failed", "ignored")},
            "diagnostics": [diagnostic.to_json() for diagnostic in trial.built.diagnostics],
        }
    )
    _show(out, trial, counted)
    return Rejected.exit_status if counted["failed"] else 0


def _show(out: Printer, trial: Trial, counted: Counter[str]) -> None:
    for diagnostic in trial.built.diagnostics:
        out.block(diagnostic.rendered)
    if trial.outcomes:
        out.table(
            ("state", "what", "line", "detail"),
            [
                (each.state.value, each.name, each.line, one_line(each.detail) or None)
                for each in trial.outcomes
            ],
        )
    else:
        out.line("there are no examples and no tests in it")
    said = ", ".join(f"{counted[state]} {state}" for state in ("ok", "failed", "ignored"))
    out.line(f"{trial.admitted.descriptor.name}: {said}")
