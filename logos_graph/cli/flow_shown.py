"""Flows as commands read them: from a file, from the graph, with the names that people know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logos_graph.cli.files import read_text
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.canon import ContentId
    from logos_graph.graph import Component, Flow, FlowDraft
    from logos_graph.wiring import System

__all__ = ["checked_flow", "flow_of", "flows_of", "read_flow_file", "shown_flow", "uses_of"]


def read_flow_file(file: str) -> tuple[FlowDraft, str]:
    """A flow file as written, and its text. Raises as `read_text` and `parse_flow_file`."""
    from logos_graph.graph import parse_flow_file
    from logos_graph.graph.flowfile import MAX_FLOW_FILE

    text = read_text(file, MAX_FLOW_FILE)
    return parse_flow_file(text), text


def uses_of(system: System, draft: FlowDraft) -> dict[str, ContentId]:
    """The id that each name in the file stands for now."""
    names = sorted({used for _placement, used in draft.placements})
    return {name: system.reader.resolve(name, ("Node", "Flow")) for name in names}


def checked_flow(system: System, draft: FlowDraft, uses: dict[str, ContentId]) -> Flow:
    """The flow, checked against what is published, every name pinned. Raises as `check_flow`."""
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


def flow_of(system: System, text: str) -> dict[str, Any]:
    """A published flow, by name or id, as the ledger has it."""
    return flows_of(system, system.reader.resolve(text, ("Flow",)))[0]


def flows_of(system: System, identity: str | None) -> list[dict[str, Any]]:
    """The published flow of this id, or all of them, as the ledger has them."""
    from logos_graph.store.components import flow_mutation

    rows = system.reader.rows("read/flows", ids=None if identity is None else [identity])
    return [flow_mutation(row) for row in rows]


def shown_flow(system: System, mutation: dict[str, Any]) -> dict[str, Any]:
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
