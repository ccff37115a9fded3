"""logos consent: what waits for consent, the answers to it, and who answers in whose place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import encode_text
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import duration_ns, short, short_value
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.governance import Require
    from logos_graph.supervisor import PendingIntent
    from logos_graph.supervisor.view import View
    from logos_graph.wiring import System

__all__ = ["consent"]


@click.group(cls=CommandGroup)
def consent() -> None:
    """What waits for consent; give it, or refuse; who may in whose place."""


@consent.command("list")
@with_output
def list_(out: Printer) -> int:
    """Every intent that waits for consent: whose, of whom, until when."""
    with opened() as system:
        names = _names(system)
        waiting = [_shown(pending, names) for pending in _waiting(system)]
    out.document({"waiting": waiting})
    out.table(
        ("intent", "who", "verb", "this", "consents of", "so far", "until"),
        [
            (
                short(item["intent"]),
                item["who"],
                item["did"],
                short_value(encode_text(item["this"])),
                item["asks"],
                len(item["consents"]),
                item["expires_at"][:19].replace("T", " ") + "Z",
            )
            for item in waiting
        ],
    )
    return 0


@consent.command()
@click.argument("intent", metavar="INTENT")
@with_output
def show(out: Printer, intent: str) -> int:
    """One intent that waits: what is asked, who could consent, who did, what is still missing."""
    with opened() as system:
        names, pending = _names(system), _find(system, intent)
        shown = _shown(pending, names) | {"quorums": _quorums(system, pending)}
    out.document(shown)
    out.fields(
        [
            ("intent", shown["intent"]), ("who", shown["who"]), ("verb", shown["did"]),
            ("this", encode_text(shown["this"])), ("asked by", ", ".join(shown["policies"])),
            ("policy", shown["policy_hash"]), ("until", shown["expires_at"]),
            ("consented", ", ".join(shown["consents"]) or "nobody"),
        ]
    )  # fmt: skip
    out.line()
    out.table(
        ("consents of", "there are", "of", "could consent"),
        [
            (each["asks"], each["given"], each["needed"], ", ".join(each["could"]))
            for each in shown["quorums"]
        ],
    )
    return 0


@consent.command()
@click.argument("intent", metavar="INTENT")
@click.option("--for", "seat", metavar="NAME", help="In the place of who delegated it to you.")
@as_option
@with_output
def give(out: Printer, intent: str, seat: str | None, signer: str | None) -> int:
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
        if seat is not None:
            this["delegation"] = _delegation(system, pending, seat, signer)
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


@consent.command()
@click.argument("to", metavar="NAME")
@click.option("--role", required=True, help="A role that you hold, whose voice you lend.")
@click.option("--verb", "verbs", multiple=True, metavar="VERB", help="Only to acts of this verb.")
@click.option(
    "--for",
    "span",
    default="7d",
    show_default=True,
    metavar="TIME",
    help="For how long; 90d at most.",
)
@as_option
@with_output
def delegate(
    out: Printer, to: str, role: str, verbs: tuple[str, ...], span: str, signer: str | None
) -> int:
    """Let another principal consent in your place; never to an act of yours or of its own."""
    from logos_graph.logline import format_when

    with opened_to_write(out) as system:
        this: dict[str, Any] = {
            "to": _did(system, to),
            "role": role,
            "verbs": [*verbs] or None,
            "until": format_when(system.clock.now_ns() + duration_ns(span)),
        }
        return report(out, system, submit(system, "consent.delegate", this, signer))


@consent.command()
@click.argument("delegation", metavar="DELEGATION")
@as_option
@with_output
def undelegate(out: Printer, delegation: str, signer: str | None) -> int:
    """End a delegation, as who made it or whom it was made to."""
    with opened_to_write(out) as system:
        this: dict[str, Any] = {"delegation": system.reader.resolve(delegation, ("Delegation",))}
        return report(out, system, submit(system, "consent.undelegate", this, signer))


@consent.command()
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Also those that were ended, or are over, or were signed by a key that was revoked.",
)
@with_output
def delegations(out: Printer, every: bool) -> int:
    """Who may consent in whose place, to what, and until when."""
    with opened() as system:
        names = _names(system)
        lasting = set[str]() if every else _lasting(system)
        found: list[dict[str, Any]] = [
            {**each} for each in system.reader.delegations() if every or each["id"] in lasting
        ]
    for each in found:
        del each["kind"]
    out.document({"delegations": found})
    out.table(
        ("delegation", "in the place of", "consents", "role", "verbs", "until", "ended by"),
        [
            (
                short(each["id"]), names.get(each["by"], each["by"]),
                names.get(each["to"], each["to"]), each["role"],
                ", ".join(each["verbs"] or ["every"]),
                each["until"][:19].replace("T", " ") + "Z", short(each["ended"]),
            )
            for each in found
        ],
    )  # fmt: skip
    return 0


def _lasting(system: System) -> set[str]:
    """Those that nobody ended, whose time is not over, and which no revoked key signed."""
    view, now_ns = _view(system), system.clock.now_ns()
    known = view.delegations.values()
    return {each.id for each in known if each.until > now_ns and each.holds(view.principal_keys)}


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


def _did(system: System, name: str) -> str:
    """A principal by its name or DID."""
    for principal in system.reader.principals():
        if name in (principal["name"], principal["did"]):
            return str(principal["did"])
    raise Rejected("E_UNKNOWN_PRINCIPAL", f"nobody is called {name!r}", hint="`logos key list`")


def _delegation(system: System, pending: PendingIntent, seat: str, signer: str | None) -> str:
    """The delegation of `seat` to the signer that is for such an act; the last of several."""
    by = _did(system, seat)
    to = system.principal(signer or system.settings.signer).did
    verb, now_ns = pending.signed.intent.logline.did, system.clock.now_ns()
    asked = {quorum.role for quorum in _asked(pending).quorums}
    view = _view(system)
    for each in sorted(view.delegations.values(), key=lambda lent: (lent.until, lent.id))[::-1]:
        fits = (each.by, each.to) == (by, to) and each.role in asked
        lent = each.lent(frozenset({each.role}), verb, now_ns)
        if fits and lent and each.holds(view.principal_keys):
            return each.id
    raise Rejected(
        "E_DELEGATION_UNKNOWN",
        f"{seat} has delegated no consent to {verb} to you",
        hint="`logos consent delegations` shows who may consent in whose place",
    )


def _asked(pending: PendingIntent) -> Require:
    from logos_graph.governance import Require, parse_decision

    asked = parse_decision({**pending.decision}, pending.policy_hash)
    assert isinstance(asked, Require)  # as whatever waits for consent
    return asked


def _quorums(system: System, pending: PendingIntent) -> list[dict[str, Any]]:
    """Each quorum of what waits: how much there is of it, and who could still consent."""
    from logos_graph.governance import resolve_signers

    view = _view(system)
    who, verb, now_ns = pending.who, pending.signed.intent.logline.did, system.clock.now_ns()
    voices = view.voices(pending.consents, now_ns)
    given = resolve_signers(voices, view.people, who, lambda each: view.lent(each, verb, now_ns))
    took_part = {did for voice in voices for did in voice.people}
    return [
        {
            "role": quorum.role,
            "quorum": quorum.json,
            "asks": quorum.text,
            "given": quorum.count(given, who),
            "needed": quorum.needed,
            "could": [
                person.name
                for did, person in view.people.items()
                if did != who and did not in took_part and quorum.asks(did, person.roles)
            ],
        }
        for quorum in _asked(pending).quorums
    ]


def _view(system: System) -> View:
    from logos_graph.supervisor.view import View

    snapshot = system.store.snapshot()
    assert snapshot is not None  # a ledger that was opened has a genesis
    return View(snapshot)


def _show_progress(out: Printer, system: System, before: PendingIntent) -> None:
    for pending in _waiting(system):
        if pending.cid == before.cid:
            asks = _asked(pending).text
            given = f"{len(pending.consents)} consented to {short(pending.cid)} so far"
            out.line(f"{given}; it takes {asks}")


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
        "also": decision["also"],
        "asks": _asked(pending).text,
        "expires_at": decision["expires_at"],
        "consents": [names.get(given.by, given.by) for given in pending.consents],
    }
