"""Rows of the graph back into the objects that the ledger's mutations describe."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from logos_graph.canon import Json, parse
from logos_graph.supervisor import Mutation

__all__ = ["flow_mutation", "node_mutation", "run_mutation"]

Row = Mapping[str, Any]


def node_mutation(row: Row) -> Mutation:
    """A row of read/nodes as the ledger's `node` mutation."""
    node = row["node"]
    imports: list[Json] = []
    for item in node.get("imports", []):
        module, name = item.split(" ", 1)
        imports.append({"module": module, "name": name})
    return {
        "kind": "node",
        "id": node["id"],
        "name": node["name"],
        "docs": node["docs"],
        "inputs": _ports(row, "input"),
        "outputs": _ports(row, "output"),
        "imports": imports,
        "size": node["size"],
        "source": row["source"],
        "toolchain": node["toolchain"],
        "sdk": node["sdk"],
        "layer": row["layer"],
    }


def flow_mutation(row: Row) -> Mutation:
    """A row of read/flows as the ledger's `flow` mutation."""
    flow = row["flow"]
    placements = sorted(row["placements"], key=lambda item: str(item["name"]))
    edges = [(_edge_key(item), _edge(item)) for item in row["edges"]]
    return {
        "kind": "flow",
        "id": flow["id"],
        "name": flow["name"],
        "layer": row["layer"],
        "inputs": _ports(row, "input"),
        "outputs": _ports(row, "output"),
        "placements": [dict(item) for item in placements],
        "edges": [edge for _, edge in sorted(edges, key=itemgetter(0))],
    }


def _edge(item: Row) -> dict[str, Json]:
    edge = item["edge"]
    return {
        "id": edge["id"],
        "from": item["from"],
        "from_port": edge["from_port"],
        "to": item["to"],
        "to_port": edge["to_port"],
        "type": edge["type"],
        "when": parse(edge["when"]) if edge.get("when") else None,
    }


def _edge_key(item: Row) -> tuple[str, ...]:
    """The order of edges in a flow's canonical form."""
    edge = item["edge"]
    return item["from"], edge["from_port"], item["to"], edge["to_port"], edge.get("when") or ""


def run_mutation(row: Row) -> Mutation:
    """A row of read/runs as the ledger's `run` mutation."""
    run = row["run"]
    steps = sorted(row["steps"], key=lambda step: int(step["position"]))
    values: dict[str, Json] = _object(run.get("uncarried"))
    carried: list[Json] = []
    for item in sorted(row["carried"], key=lambda item: int(item["edge"]["position"])):
        edge = item["edge"]
        values[edge["cid"]] = parse(edge["value"])
        carried.append(
            {
                "from": item["source"],
                "from_port": edge["from_port"],
                "to": item["target"],
                "to_port": edge["to_port"],
                "type": edge["type"],
                "cid": edge["cid"],
            }
        )
    return {
        "kind": "run",
        "id": run["id"],
        "flow": run["flow"],
        "intent": run["intent"],
        "status": run["status"],
        "failure": parse(run["failure"]) if run.get("failure") else None,
        "inputs": parse(run["inputs"]),
        "outputs": parse(run["outputs"]),
        "steps": [
            {key: step[key] for key in ("name", "node", "status", "gas")}
            for step in steps
            if step["name"] not in ("input", "output")
        ],
        "carried": carried,
        "values": values,
    }


def _object(text: str | None) -> dict[str, Json]:
    value = parse(text) if text is not None else {}
    if not isinstance(value, dict):
        raise TypeError("an object was stored here")
    return value


def _ports(row: Row, direction: str) -> list[Json]:
    ports = [port for port in row["ports"] if port["direction"] == direction]
    ports.sort(key=lambda port: int(port["position"]))
    return [{"name": port["name"], "type": port["text"]} for port in ports]
