"""Rows of the graph back into the objects that the ledger's mutations describe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from logos_graph.canon import Json, content_id, parse, verify
from logos_graph.errors import LogosError
from logos_graph.ledger import JSON_PROPERTIES, MAX_ENTRY_BYTES, LogLineState
from logos_graph.supervisor import Mutation

__all__ = [
    "draft_mutation",
    "escalation_state",
    "flow_mutation",
    "grant_mutation",
    "logline_state",
    "node_mutation",
    "run_mutation",
    "stored_object",
    "with_contents",
    "with_source",
]

Row = Mapping[str, Any]


def node_mutation(row: Row) -> Mutation:
    """A row of read/nodes as the ledger's `node` mutation."""
    node = row["node"]
    forked = {"forked_from": row["forked_from"]} if row["forked_from"] is not None else {}
    return {
        "kind": "node",
        "id": node["id"],
        "name": node["name"],
        "docs": node["docs"],
        "inputs": _ports(row, "input"),
        "outputs": _ports(row, "output"),
        "imports": _imports(node),
        "size": node["size"],
        "source": row["source"],
        "toolchain": node["toolchain"],
        "flags": node["flags"],
        "sdk": node["sdk"],
        "layer": row["layer"],
        **forked,
    }


def draft_mutation(row: Row) -> Mutation:
    """A row of read/drafts or read/draft_page as the ledger's `draft` mutation."""
    draft = row["draft"]
    kept = ("id", "name", "by", "status", "node", "needs", "toolchain", "flags", "sdk")
    return {
        "kind": "draft",
        **{name: draft.get(name) for name in kept},
        "source": row["source"],
        "imports": _imports(draft),
        "failure": stored_object(draft.get("failure")),
        "diagnostics": parse(draft["diagnostics"]),
    }


def _imports(thing: Row) -> list[Json]:
    pairs = (item.split(" ", 1) for item in thing.get("imports", []))
    return [{"module": module, "name": name} for module, name in pairs]


def with_source(thing: Mutation, sources: Sequence[Any]) -> Mutation:
    """The draft or node; with what its source really is, where that is not what it says."""
    source = _id_of(sources)
    if source == thing["source"]:
        return thing
    return {**thing, "source": f"{thing['source']}, which holds {source}"}


def with_contents(node: Mutation, binaries: Sequence[Any], sources: Sequence[Any]) -> Mutation:
    """The node; with what its binary and its source really are, where that is not what they say.

    binaries, sources: the stored contents, of which there is one each.
    """
    binary, told = _id_of(binaries), with_source(node, sources)
    return told if binary == node["id"] else {**told, "module": binary}


def _id_of(contents: Sequence[Any]) -> Json:
    """The content id of the one content that is there; None if there is none, or more."""
    match contents:
        case [bytes() as binary]:
            return content_id(binary)
        case [str() as text]:
            return content_id(text.encode())
    return None


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
        "proof": stored_object(flow.get("proof")),
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


def grant_mutation(row: Row) -> Mutation:
    """A row of read/grants or read/grants_in_force as the ledger's `grant` mutation."""
    return {
        "kind": "grant",
        "grant": row["grant"],
        "node": row["node"],
        "capability": row["capability"],
        "limits": stored_object(row["limits"]),
        "revoked": row.get("revoked"),
    }


def run_mutation(row: Row) -> Mutation:
    """A row of read/runs as the ledger's `run` mutation."""
    run = row["run"]
    steps = sorted(row["steps"], key=lambda step: int(step["position"]))
    values = stored_object(run.get("uncarried")) or {}
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
    forked = {name: parse(run[name]) for name in ("forked_from", "given") if run.get(name)}
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
            | {key: parse(step[key]) for key in ("calls", "log") if step.get(key) is not None}
            for step in steps
            if step["name"] not in ("input", "output")
        ],
        "carried": carried,
        "values": values,
        **forked,
    }


def logline_state(row: Row) -> LogLineState:
    """A row of read/logline_page as the ledger tells the LogLine (logos_graph.ledger.lines)."""
    line = dict(row["line"])
    for name in JSON_PROPERTIES & line.keys():
        line[name] = _canonical(line[name])
    answers = sorted(row["answers"], key=_place)
    return {
        **line,
        "kind": "logline",
        "pending": row["pending"],
        "submitted_by": row["submitted_by"],
        "answers": [{**item["edge"], "principal": item["principal"]} for item in answers],
    }


_LIFTED = ("by", "note")


def alarm_state(alarm: Row) -> tuple[Mutation, Mutation | None]:
    """An Alarm's properties as the ledger tells it, and its `lift` if it has one."""
    told = {name: value for name, value in alarm.items() if name not in _LIFTED}
    if alarm.get("by") is None:
        return {"kind": "alarm", **alarm}, None
    lift = {"kind": "lift", "alarm": alarm["id"], "who": alarm["who"]}
    return {"kind": "alarm", **told}, {**lift, **{name: alarm.get(name) for name in _LIFTED}}


_ANSWERED = ("by", "answer", "note", "by_intent")


def escalation_state(escalation: Row) -> tuple[Mutation, Mutation | None]:
    """An Escalation's properties as the ledger tells it, and its `resolution` if it has one."""
    told = {name: value for name, value in escalation.items() if name not in _ANSWERED}
    answer = {name: escalation.get(name) for name in _ANSWERED}
    if answer["by"] is None:
        return {"kind": "escalation", **escalation}, None
    resolution = {"kind": "resolution", "intent": escalation["id"], **answer}
    return {"kind": "escalation", **told}, resolution


def _place(answer: Row) -> int:
    """The index of the entry that made it; first what no entry made."""
    index = answer["edge"].get("ledger_index")
    return index if isinstance(index, int) else -1


def _canonical(text: Json) -> Json:
    """The value of a canonical text; what is none stays a text, and so differs from any value."""
    try:
        return verify(text.encode(), max_bytes=MAX_ENTRY_BYTES) if isinstance(text, str) else text
    except LogosError:
        return text


def stored_object(text: str | None) -> dict[str, Json] | None:
    """The object that a property holds as JSON text; None where there is no such property."""
    if text is None:
        return None
    value = parse(text, max_bytes=MAX_ENTRY_BYTES)
    if not isinstance(value, dict):
        raise TypeError("an object was stored here")
    return value


def _ports(row: Row, direction: str) -> list[Json]:
    ports = [port for port in row["ports"] if port["direction"] == direction]
    ports.sort(key=lambda port: int(port["position"]))
    return [_port(port) for port in ports]


def _port(port: Row) -> dict[str, Json]:
    told: dict[str, Json] = {"name": port["name"], "type": port["text"]}
    if port.get("docs") is not None:
        told["docs"] = port["docs"]
    if port.get("members") is not None:
        told["members"] = parse(port["members"])
    return told
