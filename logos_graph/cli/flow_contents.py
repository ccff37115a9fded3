"""What is in a flow at every level: what its placements use, and what that asks of the outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["Content", "contents_of", "type_texts"]


@dataclass(frozen=True, slots=True)
class Content:
    """A node or a flow. needs: capabilities; of a flow, those of all that is in it."""

    is_flow: bool
    layer: str
    needs: tuple[str, ...]


def contents_of(system: System, ids: Iterable[str]) -> dict[str, Content]:
    """These nodes and flows and whatever is in them at any level, by id; a query or two a level."""
    from logos_graph.wasm.admission import Import, needs_of

    rows: dict[str, dict[str, object]] = {}
    needs: dict[str, frozenset[str]] = {}
    inside: dict[str, list[str]] = {}
    level = sorted(set(ids))
    while level:
        for row in system.reader.rows("read/components", ids=level):
            rows[row["id"]] = row
            pairs = (text.split(" ", 1) for text in row["imports"])
            needs[row["id"]] = needs_of(Import(module, name) for module, name in pairs)
        flows = [each for each in level if each in rows and rows[each]["kind"] == "Flow"]
        for row in system.reader.rows("read/flow_contents", ids=flows) if flows else ():
            inside[row["id"]] = sorted(set(row["uses"]))
        level = sorted({used for flow in flows for used in inside[flow]} - rows.keys())
    # Flows do not recurse: each is told after those in it.
    for flow in _deepest_first(inside):
        needs[flow] = frozenset().union(*(needs[used] for used in inside[flow]))
    return {
        identity: Content(row["kind"] == "Flow", str(row["layer"]), tuple(sorted(needs[identity])))
        for identity, row in rows.items()
    }


def type_texts(system: System, ids: Iterable[str]) -> dict[str, str]:
    """The texts of types, by id."""
    rows = system.reader.rows("read/types", ids=sorted(set(ids)))
    return {row["id"]: row["text"] for row in rows}


def _deepest_first(inside: dict[str, list[str]]) -> list[str]:
    """The flows, each after those in it."""
    done: dict[str, None] = {}
    stack = [(flow, False) for flow in inside]
    while stack:
        flow, seen = stack.pop()
        if seen:
            done.setdefault(flow)
        elif flow not in done:
            stack.append((flow, True))
            stack += [(used, False) for used in inside[flow] if used in inside]
    return list(done)
