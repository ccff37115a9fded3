"""logos alarm, logos breaker: patterns of ghosts, whom they stopped, and how that ends."""

from __future__ import annotations

from typing import Any

import click

from logos_graph.canon import Json, parse
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, limit_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.principals import principal_did
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import moment, short
from logos_graph.errors import Rejected

__all__ = ["alarm", "breaker"]

_SHORTEST = 8


@click.group(cls=CommandGroup)
def alarm() -> None:
    """Patterns of ghosts: who tried what too often, and what came of it."""


@alarm.command("list")
@click.option("--who", metavar="NAME", help="Only about this principal, by name or DID.")
@click.option("--open", "open_only", is_flag=True, help="Only those that hold a breaker open.")
@limit_option
@with_output
def list_(out: Printer, who: str | None, open_only: bool, limit: int) -> int:
    """Alarms, the youngest first."""
    with opened() as system:
        rows = system.reader.rows(
            "read/alarms",
            id=None,
            who=None if who is None else principal_did(system, who),
            status="open" if open_only else None,
            limit=limit,
        )
    shown = [_shown(row) for row in rows]
    out.document({"alarms": shown})
    out.table(
        ("alarm", "when", "who", "pattern", "ghosts", "within", "severity", "status"),
        [
            (
                short(each["alarm"]), moment(each["raised_at"]), each["name"], each["pattern"],
                each["count"], f"{each['window_s'] // 60} min", each["severity"], each["status"],
            )
            for each in shown
        ],
    )  # fmt: skip
    return 0


@alarm.command()
@click.argument("identity", metavar="ALARM")
@with_output
def show(out: Printer, identity: str) -> int:
    """One alarm: the ghosts that raised it, and who lifted it with whose consent."""
    prefix = identity if identity.startswith("b3:") else f"b3:{identity}"
    with opened() as system:
        rows = system.reader.rows("read/alarms", id=prefix, who=None, status=None, limit=2)
        if len(rows) != 1 or len(prefix) < len("b3:") + _SHORTEST:
            raise Rejected(
                "E_UNKNOWN_ALARM" if not rows else "E_AMBIGUOUS",
                f"{identity[:80]!r} names no alarm, or more than one",
                hint="ids of 8 digits or more are accepted; see `logos alarm list`",
                id=identity,
            )
        ghosts = [_ghost(system.reader.intents(cid=cid)[0]) for cid in rows[0]["intents"]]
    shown = {**_shown(rows[0]), "ghosts": ghosts}
    out.document(shown)
    out.fields(
        [
            ("alarm", shown["alarm"]), ("who", shown["name"]), ("pattern", shown["pattern"]),
            ("severity", shown["severity"]), ("raised", moment(shown["raised_at"])),
            ("ghosts", f"{shown['count']} within {shown['window_s']} s"),
            ("status", shown["status"]), ("lifted by", shown["lifted_by"]),
            ("with consent of", ", ".join(shown["consented"]) or None), ("note", shown["note"]),
        ]
    )  # fmt: skip
    out.table(
        ("intent", "when", "verb", "cause", "detail"),
        [
            (
                short(each["intent"]), moment(each["recorded_at"]), each["did"],
                each["cause"].get("type"), each["cause"].get("detail"),
            )
            for each in ghosts
        ],
    )  # fmt: skip
    return 0


@click.group(cls=CommandGroup)
def breaker() -> None:
    """Circuit breakers: principals that alarms have stopped."""


@breaker.command("list")
@with_output
def list_breakers(out: Printer) -> int:
    """Principals whose breaker is open, and the alarms that hold it."""
    with opened() as system:
        rows = system.reader.rows("read/alarms", id=None, who=None, status="open", limit=10_000)
    found: dict[str, dict[str, Any]] = {}
    for row in reversed(rows):
        one = found.setdefault(
            row["who"],
            {"who": row["who"], "name": row["name"], "since": row["raised_at"], "alarms": []},
        )
        one["alarms"].append(row["id"])
        one.setdefault("patterns", []).append(row["pattern"])
    breakers = list(found.values())
    out.document({"breakers": breakers})
    out.table(
        ("who", "since", "alarms", "patterns"),
        [
            (
                each["name"], moment(each["since"]),
                ", ".join(str(short(one)) for one in each["alarms"]), ", ".join(each["patterns"]),
            )
            for each in breakers
        ],
    )  # fmt: skip
    return 0


@breaker.command()
@click.argument("who", metavar="NAME")
@click.option("--note", required=True, help="Why it may go on; it is recorded.")
@as_option
@with_output
def lift(out: Printer, who: str, note: str, signer: str | None) -> int:
    """Close the breaker of a principal; it takes the consents that the policy asks for."""
    with opened_to_write(out) as system:
        this: dict[str, Json] = {"who": principal_did(system, who), "note": note}
        return report(out, system, submit(system, "breaker.lift", this, signer))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {"alarm": row["id"], **{name: value for name, value in row.items() if name != "id"}}


def _ghost(row: dict[str, Any]) -> dict[str, Any]:
    cause = parse(row["cause"]) if row["cause"] else {}
    same = ("did", "when", "index", "recorded_at")
    return {"intent": row["cid"], **{name: row[name] for name in same}, "cause": cause}
