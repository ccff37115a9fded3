"""logos flow diff: what is different between two flows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.flow_contents import contents_of, type_texts
from logos_graph.cli.flow_shown import checked_flow, flow_of, read_flow_file, uses_of
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import short, threshold_text

if TYPE_CHECKING:
    from logos_graph.graph.difference import Changes, Travel
    from logos_graph.wiring import System

__all__ = ["diff"]


@click.command()
@click.argument("first", metavar="FLOW")
@click.argument("second", metavar="FLOW|FILE.toml")
@with_output
def diff(out: Printer, first: str, second: str) -> int:
    """What is different in a second flow: one that is published, or a flow file."""
    from logos_graph.graph.difference import compared, sides_of

    with opened() as system:
        flows = [flow_of(system, first), _second(system, second)]
        ids = {placement["uses"] for flow in flows for placement in flow["placements"]}
        needs = {each: content.needs for each, content in contents_of(system, ids).items()}
        before, after = (sides_of(flow, needs) for flow in flows)
        found = compared(before, after)
        texts = _Texts(system, flows)
    rows = {
        "inputs": _rows(found.inputs, str),
        "outputs": _rows(found.outputs, str),
        "placements": _rows(found.placements, str),
        "edges": _rows(found.edges, texts.travels),
        "capabilities": _rows(found.capabilities, list),
    }
    told = [{key: flow[key] for key in ("id", "name", "layer")} for flow in flows]
    out.document({"same": not found, "first": told[0], "second": told[1], **rows})
    out.fields(
        [
            (which, f"{flow['id']}  {flow['name']}  {flow['layer']}")
            for which, flow in zip(("first", "second"), told, strict=True)
        ]
    )
    out.line()
    if not found:
        out.line("the same flow")
        return 0
    out.table(("what", "name", "change", "before", "after"), _table(rows))
    return 0


def _second(system: System, named: str) -> dict[str, Any]:
    """A published flow, or a file, checked against what is published."""
    if named != "-" and not named.endswith(".toml"):
        return flow_of(system, named)
    draft, _ = read_flow_file(named)
    return checked_flow(system, draft, uses_of(system, draft)).to_mutation()


class _Texts:
    """Types as people read them; those of the flows' own ports may be stored nowhere yet."""

    def __init__(self, system: System, flows: list[dict[str, Any]]) -> None:
        from logos_graph.graph import parse_type

        ports = (port for flow in flows for key in ("inputs", "outputs") for port in flow[key])
        self._texts: dict[str, str] = {}
        for port in ports:
            self._texts[parse_type(port["type"]).id] = port["type"]
        used = {edge["type"] for flow in flows for edge in flow["edges"]}
        self._texts |= type_texts(system, used - self._texts.keys())

    def travels(self, travels: Iterable[Travel]) -> list[dict[str, Any]]:
        """What travels on the edges between two ports, as JSON shows it."""
        from logos_graph.canon import parse

        return [
            {
                "type": self._texts.get(travel.type, travel.type),
                "when": parse(travel.when) if travel.when else None,
            }
            for travel in travels
        ]


def _rows(changes: Changes[Any, Any], value: Callable[[Any], Any]) -> list[dict[str, Any]]:
    """Every change of one kind, by name."""
    rows = [
        *(_row(key, "added", None, value(after)) for key, after in changes.added.items()),
        *(_row(key, "removed", value(before), None) for key, before in changes.removed.items()),
        *(
            _row(key, "changed", value(before), value(after))
            for key, (before, after) in changes.changed.items()
        ),
    ]
    return sorted(rows, key=lambda row: str(row["name"]))


def _row(key: object, change: str, before: object, after: object) -> dict[str, Any]:
    return {"name": str(key), "change": change, "before": before, "after": after}


def _table(rows: Mapping[str, list[dict[str, Any]]]) -> list[tuple[object, ...]]:
    singular = {**{part: part[:-1] for part in rows}, "capabilities": "capability"}
    return [
        (singular[part], row["name"], row["change"], _text(row["before"]), _text(row["after"]))
        for part, found in rows.items()
        for row in found
    ]


def _text(value: Any) -> str | None:
    """One side of a change, on a short line."""
    from logos_graph.drawing import short_type

    match value:
        case str():
            return short(value) if value.startswith("b3:") else short_type(value)
        case [*items] if items and isinstance(items[0], dict):
            texts = (
                " ".join(filter(None, (short_type(each["type"]), threshold_text(each["when"]))))
                for each in items
            )
            return "; ".join(texts)
        case [*items]:
            return ", ".join(map(str, items))
    return None
