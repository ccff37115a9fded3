"""logos consent: what waits for consent, and the answers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import encode_text
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import short, short_value
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.supervisor import PendingIntent
    from logos_graph.wiring import System

__all__ = ["consent"]


@click.group(cls=CommandGroup)
def consent() -> None:
    """What waits for consent; give it, or refuse."""


@consent.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every intent that waits for consent: whose, of whom, until when."""
    with opened() as system:
        names = _names(system)
        waiting = [_shown(pending, names) for pending in _waiting(system)]
    out.document({"waiting": waiting})
    out.table(
        ("intent", "who", "verb", "this", "role", "consents", "until"),
        [
            (
                short(item["intent"]),
                item["who"],
                item["did"],
                short_value(encode_text(item["this"])),
                item["role"],
                f"{len(item['consents'])} of {item['quorum']}",
                item["expires_at"][:19].replace("T", " ") + "Z",
            )
            for item in waiting
        ],
    )
    return 0


@consent.command()
@click.argument("intent", metavar="INTENT")
@as_option
@with_output
def give(out: Printer, intent: str, signer: str | None) -> int:
    """Consent to an intent that waits, bound to the policy and the expiry that it shows."""
    with opened_to_write(out) as system:
        pending = _find(system, intent)
        decision: Any = pending.decision
        this: dict[str, Any] = {
            "intent": pending.cid,
            "policy_hash": pending.policy_hash,
            "revision": decision["revision"],
            "expires_at": decision["expires_at"],
        }
        outcome = submit(system, "consent.give", this, signer)
        status = report(out, system, outcome)
        if outcome.status == "COMMITTED" and not outcome.settled:
            _show_progress(out, system, pending)
        return status


@consent.command()
@click.argument("intent", metavar="INTENT")
@click.option("--reason", required=True, help="Why; it is recorded.")
@as_option
@with_output
def refuse(out: Printer, intent: str, reason: str, signer: str | None) -> int:
    """Refuse an intent that waits; it becomes a ghost."""
    with opened_to_write(out) as system:
        pending = _find(system, intent)
        this: dict[str, Any] = {"intent": pending.cid, "reason": reason}
        return report(out, system, submit(system, "consent.refuse", this, signer))


def _waiting(system: System) -> list[PendingIntent]:
    snapshot = system.store.snapshot()
    pending = [] if snapshot is None else snapshot.pending
    return [intent for intent in pending if intent.decision["outcome"] == "REQUIRE"]


def _find(system: System, text: str) -> PendingIntent:
    cid = system.reader.resolve(text, ("LogLine",))
    for pending in _waiting(system):
        if pending.cid == cid:
            return pending
    raise Rejected(
        "E_NOT_WAITING",
        f"{cid} does not wait for consent",
        hint="`logos consent list` shows what waits",
        intent=cid,
    )


def _show_progress(out: Printer, system: System, before: PendingIntent) -> None:
    for pending in _waiting(system):
        if pending.cid == before.cid:
            quorum = pending.decision["quorum"]
            out.line(f"{short(pending.cid)} has {len(pending.consents)} of {quorum} consents now")


def _names(system: System) -> dict[str, str]:
    return {str(p["did"]): str(p["name"]) for p in system.reader.principals()}


def _shown(pending: PendingIntent, names: dict[str, str]) -> dict[str, Any]:
    line, decision = pending.signed.intent.logline, pending.decision
    return {
        "intent": pending.cid,
        "who": names.get(line.who, line.who),
        "did": line.did,
        "this": line.this,
        "policies": decision["policies"],
        "policy_hash": pending.policy_hash,
        "role": decision["role"],
        "quorum": decision["quorum"],
        "expires_at": decision["expires_at"],
        "consents": [names.get(given.by, given.by) for given in pending.consents],
    }
