"""logos flow draw: a published flow as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.files import write_file
from logos_graph.cli.flow_contents import Content, contents_of, type_texts
from logos_graph.cli.flow_shown import flow_of, flows_of, shown_flow
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import short, threshold_text

if TYPE_CHECKING:
    from logos_graph.drawing import Arrow, Box, Picture
    from logos_graph.wiring import System

__all__ = ["draw"]

_KINDS = ("mermaid", "svg", "dot")


@click.command()
@click.argument("flow", metavar="FLOW")
@click.option(
    "--format", "kind", type=click.Choice(_KINDS), default="mermaid", show_default=True,
    help="What to draw it as.",
)  # fmt: skip
@click.option("--output", metavar="FILE", help="Write it to a new file instead.")
@click.option("--open-subgraphs", is_flag=True, help="Draw what is in the flows that it places.")
@with_output
def draw(out: Printer, flow: str, kind: str, output: str | None, open_subgraphs: bool) -> int:
    """A flow as a picture: Mermaid, SVG, or Graphviz DOT."""
    from logos_graph.drawing import FORMATS, MERMAID_EDGES, MERMAID_TEXT, check_size

    with opened() as system:
        picture = check_size(_picture(system, flow_of(system, flow), open_subgraphs))
    drawn = FORMATS[kind](picture)
    if output is not None:
        write_file(Path(output), drawn.encode())
    written = {"path": output} if output is not None else {"text": drawn}
    out.document({"format": kind, **written})
    if output is None:
        out.block(drawn)
    else:
        out.line(f"wrote {output}")
    edges = drawn.count("\n") if len(drawn) > MERMAID_TEXT else len(picture.arrows)
    if kind == "mermaid" and (len(drawn) > MERMAID_TEXT or edges > MERMAID_EDGES):
        out.note(
            f"note: Mermaid draws at most {MERMAID_EDGES} edges and {MERMAID_TEXT} characters"
            " unless the page says otherwise; --format svg has no such limit"
        )
    return 0


def _picture(system: System, mutation: dict[str, Any], opening: bool) -> Picture:
    """What is drawn of a flow; `opening`: of what it places too."""
    known = contents_of(system, (each["uses"] for each in mutation["placements"]))
    flows = {mutation["id"]: mutation}
    if opening:
        nested = [identity for identity, content in known.items() if content.is_flow]
        flows |= {each: flows_of(system, each)[0] for each in nested}
    types = type_texts(system, (edge["type"] for flow in flows.values() for edge in flow["edges"]))
    shown = {identity: shown_flow(system, flow) for identity, flow in flows.items()}
    return _drawn(mutation["id"], shown, known, types)


def _drawn(
    identity: str,
    shown: dict[str, dict[str, Any]],
    known: dict[str, Content],
    types: dict[str, str],
) -> Picture:
    from logos_graph.drawing import Picture
    from logos_graph.graph import Layer

    flow = shown[identity]
    opened_flows = {
        placement["name"]: _drawn(placement["uses"], shown, known, types)
        for placement in flow["placements"]
        if placement["uses"] in shown
    }
    return Picture(
        next(iter(flow["names"]), flow["name"]),
        flow["id"],
        Layer(flow["layer"]),
        tuple(_boxes(flow, known)),
        tuple(_arrow(edge, types) for edge in flow["edges"]),
        opened_flows,
    )


def _boxes(flow: dict[str, Any], known: dict[str, Content]) -> list[Box]:
    from logos_graph.drawing import Box, Kind
    from logos_graph.graph import Layer

    boxes = [Box("input", Kind.INPUT)] if flow["inputs"] else []
    for placement in flow["placements"]:
        content = known[placement["uses"]]
        boxes.append(
            Box(
                placement["name"],
                Kind.FLOW if content.is_flow else Kind.NODE,
                placement["known_as"] or short(placement["uses"]) or "",
                placement["uses"],
                Layer(content.layer),
                content.needs,
            )
        )
    return [*boxes, Box("output", Kind.OUTPUT)] if flow["outputs"] else boxes


def _arrow(edge: dict[str, Any], types: dict[str, str]) -> Arrow:
    from logos_graph.drawing import Arrow, short_type

    type_ = types[edge["type"]]
    return Arrow(
        edge["from"],
        edge["from_port"],
        edge["to"],
        edge["to_port"],
        type_,
        short_type(type_),
        threshold_text(edge["when"]),
    )
