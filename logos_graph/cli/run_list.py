"""logos run list: finished runs and unfinished ones; which of them, is asked of the graph."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import json_id, parse
from logos_graph.cli.options import limit_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.principals import principal_did
from logos_graph.cli.session import opened
from logos_graph.cli.stuck import why
from logos_graph.cli.texts import moment, moment_ns, short
from logos_graph.errors import InvalidInput

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["list_runs"]

_FOREVER = 2**63 - 1
_ENDED = ("done", "failed")
_OPEN = ("consent", "retry", "in_hand", "overdue", "left", "unknown")


@click.command("list")
@click.option("--flow", metavar="FLOW", help="Only of this flow, by name or id.")
@click.option("--status", type=click.Choice([*_ENDED, *_OPEN]), help="Only those that stand so.")
@click.option("--who", metavar="NAME", help="Only of this principal, by name or DID.")
@click.option(
    "--since", metavar="WHEN", help="From then on: 2026-11-01T00:00Z, or 90s, 1h, 7d ago."
)
@click.option("--until", metavar="WHEN", help="Until then, as --since.")
@click.option(
    "--value", metavar="CID|JSON", help="Only those in which this value travelled: finished ones."
)
@click.option("--unfinished", is_flag=True, help="Only those that have not ended.")
@limit_option
@with_output
def list_runs(out: Printer, /, limit: int, **asked: Any) -> int:
    """Runs, the youngest first; first those that have not ended, with why and since when."""
    now = time.time_ns()
    since = 0 if asked["since"] is None else moment_ns(asked["since"], now)
    until = _FOREVER if asked["until"] is None else moment_ns(asked["until"], now)
    with opened() as system:
        wanted = {**_wanted(system, asked), "since": since, "until": until}
        rows = [] if asked["value"] is not None else _unfinished(system, wanted, asked["status"])
        if not asked["unfinished"] and asked["status"] not in _OPEN and len(rows) < limit:
            rows += _finished(system, wanted, asked, limit - len(rows))
    rows = rows[:limit]
    out.document({"runs": rows})
    out.table(
        ("run", "flow", "who", "verb", "status", "entry", "when"),
        [
            (
                short(row["run"]),
                row["name"],
                row["who"],
                row["did"],
                row["status"],
                row["index"],
                moment(row["recorded_at"]),
            )
            for row in rows
        ],
    )
    for row in rows:
        if row["why"] is not None:
            out.line(f"{short(row['run'])}: {row['why']['text']}")
    return 0


def _wanted(system: System, asked: dict[str, Any]) -> dict[str, object]:
    """What the statements of runs have in common."""
    flow, who = asked["flow"], asked["who"]
    return {
        "flow": None if flow is None else system.reader.resolve(flow, ("Flow",)),
        "who": None if who is None else principal_did(system, who),
    }


def _finished(
    system: System, wanted: dict[str, object], asked: dict[str, Any], limit: int
) -> list[dict[str, Any]]:
    given = {**wanted, "status": asked["status"], "limit": limit}
    if asked["value"] is None:
        rows = system.reader.rows("read/run_list", **given)
    else:
        value = _value_id(asked["value"])
        rows = system.reader.rows("read/run_list_of_value", value=value, **given)
    return [{**row, "why": None} for row in rows]


def _unfinished(
    system: System, wanted: dict[str, object], status: str | None
) -> list[dict[str, Any]]:
    from logos_graph.supervisor import run_id

    if status in _ENDED:
        return []
    found = system.reader.rows("read/unfinished_runs", **wanted)
    pending = {each.cid: each for each in system.reader.pending()} if found else {}
    limits = {str(each["id"]): each for each in system.reader.limits()}
    now, rows = system.clock.now_ns(), list[dict[str, Any]]()
    for row in found:
        waiting = pending.get(row["intent"])
        if waiting is None or waiting.flow is None:
            continue  # it has ended since
        stuck = why(
            waiting, limits, system.alive, now,
            failure=_code(row.pop("failure")), unknown=row.pop("unknown"),
        )  # fmt: skip
        identity = run_id(waiting.cid, waiting.flow)
        rows.append({"run": identity, **row, "status": stuck.code, "why": stuck.json})
    return [row for row in rows if status in (None, row["status"])]


def _code(text: str | None) -> str | None:
    """The code of the failure that an attempt's entry tells."""
    entry: Any = None if text is None else parse(text)
    return None if entry is None else str(entry["body"]["failure"].get("code"))


def _value_id(text: str) -> str:
    """The content id that is given, or that of the value that is."""
    if text.startswith("b3:"):
        return text
    try:
        return json_id(parse(text))
    except InvalidInput as error:
        raise InvalidInput(
            error.code, f"--value: {error.message}", hint="JSON, a text in quotes; or its id, b3:…"
        ) from None
