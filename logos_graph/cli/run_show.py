"""logos run show: one run, its steps one after the other or in their nested flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import click

from logos_graph.canon import ContentId, Json, encode_text
from logos_graph.cli.calls import answer_text, asked_text
from logos_graph.cli.forking import fork_rows
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import short, short_value

__all__ = ["nested_rows", "show", "shown_run"]

_NOT_TAKEN = "not_taken"


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--nested", is_flag=True,
    help="As a tree: each nested flow with its steps, and the values that went in and came out.",
)  # fmt: skip
@with_output
def show(out: Printer, run: str, nested: bool) -> int:
    """One run: every step with its calls and its log, and every value that travelled."""
    with opened() as system:
        found: dict[str, Any] = dict(system.reader.run(system.reader.resolve(run, ("Run",))))
    shown = shown_run(found)
    out.document(shown)
    failure = found["failure"] or {}
    out.fields(
        [
            ("run", found["id"]),
            ("flow", short(found["flow"])),
            ("intent", short(found["intent"])),
            ("status", found["status"]),
            *fork_rows(found),
            *((f"failure {name}", failure[name]) for name in ("step", "code", "reason") if failure),
            ("digest", shown["digest"]),
        ]
    )
    out.line()
    if nested:
        out.table(("step", "status", "gas", "value"), list(nested_rows(found)))
        _show_asked(out, found["steps"])
        return 0
    out.table(
        ("step", "node", "status", "gas"),
        [(s["name"], short(s["node"]), s["status"], s["gas"]) for s in found["steps"]],
    )
    _show_asked(out, found["steps"])
    _show_carried(out, found)
    return 0


def shown_run(found: Mapping[str, Any]) -> dict[str, Any]:
    """A `run` mutation as `--json` prints it: with its digest, and each step's path in the flows
    that it is nested in, from the outermost.
    """
    from logos_graph.execution import run_digest

    shown = {field: value for field, value in found.items() if field != "kind"}
    shown["digest"] = run_digest(found)
    shown["steps"] = [{**step, "path": step["name"].split("/")} for step in found["steps"]]
    return shown


def _show_carried(out: Printer, found: Mapping[str, Any]) -> None:
    out.line()
    out.table(
        ("from", "to", "value"),
        [
            (
                f"{item['from']}.{item['from_port']}",
                f"{item['to']}.{item['to_port']}",
                _value(found, item["cid"]),
            )
            for item in found["carried"]
        ],
    )


def _show_asked(out: Printer, steps: list[dict[str, Any]]) -> None:
    """What the nodes asked of the host, and the lines that they wrote; nothing if there is none."""
    calls = [(step["name"], call) for step in steps for call in step.get("calls", [])]
    lines = [(step["name"], line) for step in steps for line in step.get("log", [])]
    if calls:
        out.line()
        out.table(
            ("step", "call", "asked", "answer"),
            [
                (name, call["operation"], asked_text(call), short_value(answer_text(call)))
                for name, call in calls
            ],
        )
    if lines:
        out.line()
        out.table(
            ("step", "level", "line"),
            [(name, line["level"], short_value(line["text"])) for name, line in lines],
        )


def _value(found: Mapping[str, Any], cid: ContentId) -> str:
    value: Json = found["values"][cid]
    return short_value(encode_text(value))


# nested -------------------------------------------------------------------------------------------

_Row = tuple[str, str, object, str]


def nested_rows(found: Mapping[str, Any]) -> Iterator[_Row]:
    """Step, status, gas and value of each line of the tree.

    A nested flow comes with the values that went into it and came out of it, each once, whichever
    of its steps took it. Branches that were not taken are one line.
    """
    into: dict[str, dict[str, str]] = {}
    out_of: dict[str, dict[str, str]] = {}
    for item in found["carried"]:
        left, entered = _flows(item["from"]), _flows(item["to"])
        name = f"{item['from']}.{item['from_port']}"
        for flow in entered - left:
            into.setdefault(flow, {})[name] = _value(found, item["cid"])
        for flow in left - entered:
            out_of.setdefault(flow, {})[name] = _value(found, item["cid"])
    yield from _level(found["steps"], 0, "", into, out_of)


def _flows(place: str) -> set[str]:
    """The nested flows around a step, by their paths."""
    parts = place.split("/")
    return {"/".join(parts[:depth]) for depth in range(1, len(parts))}


def _level(
    steps: list[dict[str, Any]],
    depth: int,
    flow: str,
    into: Mapping[str, Mapping[str, str]],
    out_of: Mapping[str, Mapping[str, str]],
) -> Iterator[_Row]:
    """What stands directly in a flow, in the plan's order."""
    indent = "  " * depth
    yield from ((f"{indent}in {name}", "", "", value) for name, value in _of(into, flow))
    placed = groupby(steps, lambda step: step["name"].split("/")[depth])
    placements = [(name, list(inside)) for name, inside in placed]
    for taken, group in groupby(placements, lambda each: _taken(each[1])):
        if not taken:
            yield indent + ", ".join(name for name, _ in group), _NOT_TAKEN, "", ""
            continue
        for name, inside in group:
            path = f"{flow}/{name}" if flow else name
            gas = sum(step["gas"] for step in inside)
            if inside[0]["name"] == path:
                yield indent + name, inside[0]["status"], gas, ""
                continue
            failed = any(step["status"] == "failed" for step in inside)
            yield f"{indent}{name}/", "failed" if failed else "done", gas, ""
            yield from _level(inside, depth + 1, path, into, out_of)
    yield from ((f"{indent}out {name}", "", "", value) for name, value in _of(out_of, flow))


def _of(values: Mapping[str, Mapping[str, str]], flow: str) -> list[tuple[str, str]]:
    return [*values.get(flow, {}).items()]


def _taken(steps: list[dict[str, Any]]) -> bool:
    return any(step["status"] != _NOT_TAKEN for step in steps)
