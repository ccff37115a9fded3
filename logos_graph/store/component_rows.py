"""What the publication of a node or a flow changes in the graph, as statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logos_graph.canon import ContentId, encode_parsed
from logos_graph.graph import parse_type
from logos_graph.store.statements import Row, Statement

__all__ = ["flow_statements", "imports_of", "node_statement"]


def node_statement(
    base: Row, mutation: Mapping[str, Any], blobs: Mapping[ContentId, bytes]
) -> Statement:
    """A published node. blobs: its module and its source, by id."""
    identity, source = mutation["id"], mutation["source"]
    properties = {
        "id": identity,
        "name": mutation["name"],
        "docs": mutation["docs"],
        "imports": imports_of(mutation),
        "size": mutation["size"],
        "toolchain": mutation["toolchain"],
        "flags": mutation["flags"],
        "sdk": mutation["sdk"],
        "ledger_index": base["index"],
    }
    return Statement(
        "graph/node",
        base
        | {
            "node": properties,
            "module": blobs[identity],
            "source": {"id": source, "text": blobs[source].decode()},
            "ports": _ports(mutation),
            "forked_from": mutation.get("forked_from"),
        },
    )


def imports_of(mutation: Mapping[str, Any]) -> list[str]:
    """What a module imports, as the graph holds it: `MODULE NAME`."""
    return [f"{item['module']} {item['name']}" for item in mutation["imports"]]


def flow_statements(base: Row, mutation: Mapping[str, Any]) -> list[Statement]:
    """A published flow: its placements with their ports, then its edges."""
    index, flow = base["index"], mutation["id"]
    placements = list(mutation["placements"])
    uses = {placement["name"]: placement["uses"] for placement in placements}
    edges = [_edge(flow, uses, edge, index) for edge in mutation["edges"]]
    properties = {
        "id": flow,
        "name": mutation["name"],
        "proof": encode_parsed(mutation["proof"]),
        "ledger_index": index,
    }
    return [
        Statement(
            "graph/flow",
            base | {"flow": properties, "ports": _ports(mutation), "placements": placements},
            len(placements),
        ),
        Statement("graph/edges", {"flow": flow, "index": index, "edges": edges}, len(edges)),
    ]


def _edge(flow: str, uses: Mapping[str, str], edge: Mapping[str, Any], index: int) -> Row:
    """Which two ports an edge joins: a flow's own inputs are sources inside of it."""
    source, target = edge["from"], edge["to"]
    when = edge["when"]
    return {
        "from": source,
        "from_owner": uses.get(source, flow),
        "from_direction": "output" if source in uses else "input",
        "from_port": edge["from_port"],
        "to": target,
        "to_owner": uses.get(target, flow),
        "to_direction": "input" if target in uses else "output",
        "to_port": edge["to_port"],
        "type": edge["type"],
        "edge": {
            "id": edge["id"],
            "flow": flow,
            "from_port": edge["from_port"],
            "to_port": edge["to_port"],
            "type": edge["type"],
            "when": None if when is None else encode_parsed(when),
            "ledger_index": index,
        },
    }


def _ports(mutation: Mapping[str, Any]) -> list[Row]:
    return [
        {
            "direction": direction,
            "position": position,
            "name": port["name"],
            "type": parse_type(port["type"]).id,
            "text": port["type"],
            "docs": port.get("docs"),
            "members": encode_parsed(port["members"]) if "members" in port else None,
        }
        for direction in ("input", "output")
        for position, port in enumerate(mutation[f"{direction}s"])
    ]
