"""logos flow: check, publish, list, show; draw and diff have files of their own."""

from __future__ import annotations

from typing import Any

import click

from logos_graph.cli.backtest import backtest
from logos_graph.cli.flow_diff import diff
from logos_graph.cli.flow_draw import draw
from logos_graph.cli.flow_shown import (
    checked_flow,
    flow_of,
    flows_of,
    read_flow_file,
    shown_flow,
    uses_of,
)
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import ports_text, short, threshold_text

__all__ = ["flow"]


@click.group(cls=CommandGroup)
def flow() -> None:
    """Flows: immutable, typed graphs of nodes and of other flows."""


for command in (backtest, diff, draw):
    flow.add_command(command)


@flow.command()
@click.argument("file", metavar="FILE.toml")
@with_output
def check(out: Printer, file: str) -> int:
    """Check a flow file against what is published, without publishing it."""
    draft, _text = read_flow_file(file)
    with opened() as system:
        checked = checked_flow(system, draft, uses_of(system, draft))
        shown = shown_flow(system, checked.to_mutation())
    out.document(shown)
    _show(out, shown)
    return 0


@flow.command()
@click.argument("file", metavar="FILE.toml")
@click.option("--name", help="The name to publish it under (default: the one in the file).")
@as_option
@with_output
def publish(out: Printer, file: str, name: str | None, signer: str | None) -> int:
    """Check a flow file and publish the flow; what it places is pinned by id."""
    draft, text = read_flow_file(file)
    with opened_to_write(out) as system:
        uses = uses_of(system, draft)
        checked_flow(system, draft, uses)
        this: dict[str, Any] = {"name": name or draft.name, "text": text, "uses": uses}
        return report(out, system, submit(system, "flow.publish", this, signer))


@flow.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every published flow."""
    with opened() as system:
        flows = [shown_flow(system, mutation) for mutation in flows_of(system, None)]
    out.document({"flows": flows})
    out.table(
        ("id", "names", "layer", "inputs", "outputs", "placements", "edges"),
        [
            (
                short(found["id"]),
                ", ".join(found["names"]) or None,
                found["layer"],
                ports_text(found["inputs"]),
                ports_text(found["outputs"]),
                len(found["placements"]),
                len(found["edges"]),
            )
            for found in flows
        ],
    )
    return 0


@flow.command()
@click.argument("flow", metavar="FLOW")
@with_output
def show(out: Printer, flow: str) -> int:
    """One flow, by name or id: ports, placements, edges with their thresholds."""
    with opened() as system:
        shown = shown_flow(system, flow_of(system, flow))
    out.document(shown)
    _show(out, shown)
    return 0


def _show(out: Printer, shown: dict[str, Any]) -> None:
    out.fields(
        [
            ("id", shown["id"]),
            ("names", ", ".join(shown["names"]) or None),
            ("layer", shown["layer"]),
        ]
    )
    out.line()
    out.table(
        ("port", "name", "type"),
        [
            (direction, port["name"], port["type"])
            for direction, key in (("input", "inputs"), ("output", "outputs"))
            for port in shown[key]
        ],
    )
    out.line()
    out.table(
        ("placement", "uses", "id"),
        [(p["name"], p["known_as"], short(p["uses"])) for p in shown["placements"]],
    )
    out.line()
    out.table(
        ("from", "to", "when"),
        [
            (
                f"{edge['from']}.{edge['from_port']}",
                f"{edge['to']}.{edge['to_port']}",
                threshold_text(edge["when"]),
            )
            for edge in shown["edges"]
        ],
    )
    _show_proof(out, shown["proof"])


def _show_proof(out: Printer, proof: dict[str, Any]) -> None:
    """What was proved of the flow; what is not listed always runs and is always fed."""
    covered = [
        (
            each["port"],
            "every value goes one way: " + " | ".join(map(threshold_text, each["parts"])),
        )
        for each in proof["covered"]
    ]
    exclusive = [
        (each["port"], "at most one in any run: " + ", ".join(each["sources"]))
        for each in proof["exclusive"]
    ]
    runs = [(name, f"runs {each['when']}") for each in proof["runs"] for name in each["placements"]]
    empty = [(f"output.{name}", "may stay empty: none") for name in proof["empty"]]
    out.line()
    out.table(("proved of", "what"), [*covered, *exclusive, *runs, *empty])
