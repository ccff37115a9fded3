"""logos ghost: intents that never took effect."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import parse
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import limit_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.principals import principal_did
from logos_graph.cli.session import opened
from logos_graph.cli.texts import moment, moment_ns, short, short_value

if TYPE_CHECKING:
    pass

__all__ = ["ghost"]


@click.group(cls=CommandGroup)
def ghost() -> None:
    """Intents that never took effect, and why; they stay for ever."""


@ghost.command("list")
@click.option(
    "--since", metavar="WHEN", help="From then on: 2026-11-01T00:00Z, or 90s, 1h, 7d ago."
)
@click.option("--who", metavar="NAME", help="Only of this principal, by name or DID.")
@limit_option
@with_output
def list_(out: Printer, since: str | None, who: str | None, limit: int) -> int:
    """Ghosts, the youngest first."""
    begin = None if since is None else moment_ns(since, time.time_ns())
    with opened() as system:
        rows = system.reader.intents(
            who=None if who is None else principal_did(system, who),
            status="GHOST",
            since=begin,
            limit=limit,
        )
    ghosts = [_shown(row) for row in rows]
    out.document({"ghosts": ghosts})
    out.table(
        ("intent", "when", "who", "verb", "cause", "detail", "leads to"),
        [
            (
                short(item["intent"]),
                moment(item["recorded_at"]),
                item["name"],
                item["did"],
                item["cause"].get("type"),
                short_value(_detail(item["cause"])),
                item["commitment"],
            )
            for item in ghosts
        ],
    )
    return 0


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    same = ("who", "name", "did", "when", "consequence", "commitment", "index", "recorded_at")
    cause = parse(row["cause"]) if row["cause"] else {}
    return {"intent": row["cid"], **{field: row[field] for field in same}, "cause": cause}


def _detail(cause: dict[str, Any]) -> str:
    """What is most telling about a cause of any type."""
    if cause.get("type") == "ConsentTimeout":
        return f"{cause.get('received')} of {cause.get('requested')} consents"
    return str(cause.get("detail") or cause.get("reason") or cause.get("verb") or "-")
