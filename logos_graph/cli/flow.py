"""logos flow: check, publish, list, show, draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.backtest import backtest
from logos_graph.cli.draw import FORMATS, draw_flow
from logos_graph.cli.files import read_text
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import ports_text, short, threshold_text
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.canon import ContentId
    from logos_graph.graph import Component, Flow, FlowDraft
    from logos_graph.wiring import System

__all__ = ["flow"]


@click.group(cls=CommandGroup)
def flow() -> None:
    """Flows: immutable, typed graphs of nodes and of other flows."""


flow.add_command(backtest)


@flow.command()
@click.argument("file", metavar="FILE.toml")
@with_output
def check(out: Printer, file: str) -> int:
    """Check a flow file against what is published, without publishing it."""
    draft, _text = _read(file)
    with opened() as system:
        checked = _check(system, draft, _uses(system, draft))
        shown = _shown(system, checked.to_mutation())
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
    draft, text = _read(file)
    with opened_to_write(out) as system:
        uses = _uses(system, draft)
        _check(system, draft, uses)
        this: dict[str, Any] = {"name": name or draft.name, "text": text, "uses": uses}
        return report(out, system, submit(system, "flow.publish", this, signer))


@flow.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every published flow."""
    with opened() as system:
        flows = [_shown(system, mutation) for mutation in _flows(system, None)]
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
        shown = _shown(system, _flow(system, flow))
    out.document(shown)
    _show(out, shown)
    return 0


@flow.command()
@click.argument("flow", metavar="FLOW")
@click.option(
    "--format", "kind", type=click.Choice(tuple(FORMATS)), default="mermaid", show_default=True,
    help="What to draw it as.",
)  # fmt: skip
@with_output
def draw(out: Printer, flow: str, kind: str) -> int:
    """A flow as a picture's text: Mermaid, or Graphviz DOT."""
    with opened() as system:
        drawn = draw_flow(_shown(system, _flow(system, flow)), kind)
    out.document({"format": kind, "text": drawn})
    out.block(drawn)
    return 0


def _read(file: str) -> tuple[FlowDraft, str]:
    from logos_graph.graph import parse_flow_file
    from logos_graph.graph.flowfile import MAX_FLOW_FILE

    text = read_text(file, MAX_FLOW_FILE)
    return parse_flow_file(text), text


def _uses(system: System, draft: FlowDraft) -> dict[str, ContentId]:
    """The id that each name in the file stands for now."""
    names = sorted({used for _placement, used in draft.placements})
    return {name: system.reader.resolve(name, ("Node", "Flow")) for name in names}


def _check(system: System, draft: FlowDraft, uses: dict[str, ContentId]) -> Flow:
    from logos_graph.graph import check_flow
    from logos_graph.supervisor import check_none_deprecated

    def resolve(name: str) -> Component:
        component = system.store.component(uses[name])
        if component is None:
            raise Rejected("E_UNKNOWN_COMPONENT", f"{name!r} is no published node or flow")
        return component

    checked = check_flow(draft, resolve)
    if system.store.component(checked.id) is None:
        check_none_deprecated(system.store, checked)
    return checked


def _flow(system: System, text: str) -> dict[str, Any]:
    return _flows(system, system.reader.resolve(text, ("Flow",)))[0]


def _flows(system: System, identity: str | None) -> list[dict[str, Any]]:
    from logos_graph.store.components import flow_mutation

    rows = system.reader.rows("read/flows", ids=None if identity is None else [identity])
    return [flow_mutation(row) for row in rows]


def _shown(system: System, mutation: dict[str, Any]) -> dict[str, Any]:
    """A flow as the ledger has it, with the names that point at it and at what it places."""
    names: dict[str, list[str]] = {}
    for row in system.reader.rows("read/names", name=None):
        names.setdefault(row["target"], []).append(row["name"])
    return {
        **{field: value for field, value in mutation.items() if field != "kind"},
        "names": names.get(mutation["id"], []),
        "placements": [
            {**placement, "known_as": next(iter(names.get(placement["uses"], [])), None)}
            for placement in mutation["placements"]
        ],
    }


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
