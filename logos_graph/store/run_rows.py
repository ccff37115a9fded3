"""A run as the append statement takes it: one row, with its steps and what travelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logos_graph.canon import Json, encode_parsed
from logos_graph.ledger import Entry

__all__ = ["run_row"]

Row = dict[str, Any]


def run_row(entry: Entry, mutation: Mapping[str, Any]) -> Row:
    """A run with its steps, and the values that travelled between them."""
    index, run = entry.index, mutation["id"]
    values: Mapping[str, Json] = mutation["values"]
    texts = {cid: encode_parsed(value) for cid, value in values.items()}
    failure = mutation["failure"]
    steps = _steps(mutation)
    places = {name: position for position, (name, _) in enumerate(steps)}
    travelled = {item["cid"] for item in mutation["carried"]}
    uncarried = {cid: value for cid, value in values.items() if cid not in travelled}
    return {
        "entry": entry.hash,
        "run": {
            "id": run,
            "flow": mutation["flow"],
            "intent": mutation["intent"],
            "status": mutation["status"],
            "failure": None if failure is None else encode_parsed(failure),
            "inputs": encode_parsed(mutation["inputs"]),
            "outputs": encode_parsed(mutation["outputs"]),
            "uncarried": encode_parsed(uncarried) if uncarried else None,
            **{
                name: encode_parsed(mutation[name])
                for name in ("forked_from", "given")
                if name in mutation
            },
            "recorded_at": entry.recorded_at,
            "ledger_index": index,
        },
        "steps": [
            {"run": run, "name": name, "position": position, "ledger_index": index, **detail}
            for position, (name, detail) in enumerate(steps)
        ],
        "carried": [
            _carried(item, places, position, texts[item["cid"]], index)
            for position, item in enumerate(mutation["carried"])
        ],
    }


def _carried(
    item: Mapping[str, Any], places: Mapping[str, int], position: int, value: str, index: int
) -> Row:
    """A value's way, between two steps that are named by their position in the run."""
    return {
        "source": places[item["from"]],
        "target": places[item["to"]],
        "edge": {
            "from_port": item["from_port"],
            "to_port": item["to_port"],
            "type": item["type"],
            "cid": item["cid"],
            "position": position,
            "value": value,
            "ledger_index": index,
        },
    }


def _steps(mutation: Mapping[str, Any]) -> list[tuple[str, Row]]:
    """The flow's own ends are steps too, so that every carried value has both its ends."""
    steps = [
        (
            step["name"],
            {"node": step["node"], "status": step["status"], "gas": step["gas"]}
            | {name: encode_parsed(step[name]) for name in ("calls", "log") if name in step},
        )
        for step in mutation["steps"]
    ]
    return [("input", {"status": "done"}), *steps, ("output", {"status": mutation["status"]})]
