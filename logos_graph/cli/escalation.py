"""logos escalation: ends that somebody is to look at, and the answers to them."""

from __future__ import annotations

from typing import Any

import click

from logos_graph.canon import Json, encode_text, parse
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, limit_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import short, short_value
from logos_graph.errors import Rejected

__all__ = ["escalation"]


@click.group(cls=CommandGroup)
def escalation() -> None:
    """Ends that somebody is to look at, and the answers to them."""


@escalation.command("list")
@click.option("--open", "open_only", is_flag=True, help="Only those that nobody has answered yet.")
@limit_option
@with_output
def list_(out: Printer, open_only: bool, limit: int) -> int:
    """Escalations, the youngest first: of whose intent, to whom, until when."""
    status = "open" if open_only else None
    with opened() as system:
        rows = system.reader.rows("read/escalations", id=None, status=status, limit=limit)
    shown = [_shown(row) for row in rows]
    out.document({"escalations": shown})
    out.table(
        ("intent", "who", "verb", "end", "to", "held by", "status", "until"),
        [
            (
                short(each["intent"]), each["name"], each["did"], each["consequence"], _to(each),
                ", ".join(each["held_by"]), each["status"],
                each["expires_at"][:19].replace("T", " ") + "Z",
            )
            for each in shown
        ],
    )  # fmt: skip
    return 0


@escalation.command()
@click.argument("intent", metavar="INTENT")
@with_output
def show(out: Printer, intent: str) -> int:
    """One escalation: what came of the intent, who may answer, and how it was answered."""
    with opened() as system:
        cid = system.reader.resolve(intent, ("LogLine",))
        rows = system.reader.rows("read/escalations", id=cid, status=None, limit=1)
    if not rows:
        raise Rejected(
            "E_ESCALATION_UNKNOWN",
            f"the end of {cid} was not escalated",
            hint="`logos escalation list`",
            intent=cid,
        )
    shown = _shown(rows[0])
    out.document(shown)
    out.fields(
        [
            ("intent", shown["intent"]), ("who", shown["name"]), ("verb", shown["did"]),
            ("status of the intent", shown["intent_status"]),
            ("escalated by", f"{shown['consequence']}: {_commitment(shown)}"),
            ("cause", _text(shown["cause"])), ("result", _text(shown["result"])),
            ("held by", ", ".join(shown["held_by"])), ("until", shown["expires_at"]),
            ("status", shown["status"]), ("answer", shown["answer"]),
            ("by", shown["resolved_by"]), ("note", shown["note"]),
            ("mended by", shown["by_intent"]),
        ]
    )  # fmt: skip
    return 0


@escalation.command()
@click.argument("intent", metavar="INTENT")
@click.option(
    "--answer", type=click.Choice(["accepted", "rejected", "redone"]), required=True,
    help="The end stands; it does not; another intent mended it.",
)  # fmt: skip
@click.option("--note", help="Why, in up to 2,000 characters; it is recorded.")
@click.option("--by-intent", metavar="INTENT", help="The later intent that mends it.")
@as_option
@with_output
def resolve(
    out: Printer,
    intent: str,
    answer: str,
    note: str | None,
    by_intent: str | None,
    signer: str | None,
) -> int:
    """Answer an escalation, as whoever holds its role, or is its target."""
    with opened_to_write(out) as system:
        this: dict[str, Json] = {
            "intent": system.reader.resolve(intent, ("LogLine",)),
            "answer": answer,
        }
        if note is not None:
            this["note"] = note
        if by_intent is not None:
            this["by_intent"] = system.reader.resolve(by_intent, ("LogLine",))
        return report(out, system, submit(system, "escalation.resolve", this, signer))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    same = (
        "status", "handler", "target", "consequence", "expires_at", "who", "name", "did", "run",
        "held_by", "answer", "note", "by_intent", "resolved_by",
    )  # fmt: skip
    return {
        "intent": row["id"],
        **{field: row[field] for field in same},
        "intent_status": row["line_status"],
        "cause": parse(row["cause"]) if row["cause"] else None,
        "result": parse(row["result"]) if row["result"] else None,
        "opened_index": row["opened_index"],
        "index": row["ledger_index"],
        "resolution": row["by"],
    }


def _to(shown: dict[str, Any]) -> str:
    target = "" if shown["target"] is None else f"@{shown['target']}"
    return f"{shown['handler']}{target}"


def _commitment(shown: dict[str, Any]) -> str:
    return f"escalate:{_to(shown)}"


def _text(value: Json) -> object:
    return None if value is None else short_value(encode_text(value))
