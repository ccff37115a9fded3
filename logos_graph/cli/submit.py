"""One intent through the gate, and its outcome: the only way in which a command changes things."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import ContentId, Json, encode_text
from logos_graph.cli.output import Printer, show_error
from logos_graph.cli.texts import short
from logos_graph.errors import EnvironmentFault, LogosError, Rejected, Waiting
from logos_graph.identity import Did

if TYPE_CHECKING:
    from logos_graph.logline import SignedIntent
    from logos_graph.supervisor import Outcome
    from logos_graph.wiring import System

__all__ = [
    "Commitments",
    "check_payload",
    "commitment_options",
    "exit_status",
    "report",
    "show_outcome",
    "sign",
    "submit",
]


@dataclass(frozen=True, slots=True)
class Commitments:
    """What the author binds itself to, as texts; None: as is usual for the verb."""

    if_ok: str | None = None
    if_doubt: str | None = None
    if_not: str | None = None


def commitment_options(command: Callable[..., int]) -> Callable[..., int]:
    """Adds --if-ok, --if-doubt and --if-not, each None unless it is given."""
    helps = {
        "if-not": "What follows if it fails: retry:N, escalate:ROLE, emit:EVENT or abort.",
        "if-doubt": "What follows if it is not known what it did outside; as --if-not.",
        "if-ok": "What follows if it is done; as --if-not, mostly emit:EVENT.",
    }
    for name, text in helps.items():
        command = click.option(f"--{name}", metavar="COMMITMENT", help=text)(command)
    return command


def check_payload(system: System, verb: str, this: dict[str, Json]) -> None:
    """Refuses a payload that does not fit its verb's schema, before anything is signed.

    A typing mistake of a person then leaves no ghost. A verb that is not registered passes: that an
    agent invented one is for the ledger to know.
    """
    from logos_graph.governance import check_this, parse_verb

    for known in system.reader.verbs():
        if known["name"] == verb:
            fields = {name: value for name, value in known.items() if name != "kind"}
            check_this(parse_verb(fields), this)


def sign(
    system: System,
    verb: str,
    this: dict[str, Json],
    signer: str | None,
    commitments: Commitments | None = None,
) -> SignedIntent:
    """Checks the payload, and signs it as this principal of the home's keys."""
    check_payload(system, verb, this)
    from logos_graph.supervisor import usual_doubt

    bound = commitments or Commitments()
    who = system.principal(signer or system.settings.signer)
    return system.compose(
        who,
        verb,
        this,
        if_ok=bound.if_ok or f"emit:{verb}.done",
        if_doubt=bound.if_doubt or usual_doubt(system.supervisor.view, who.did, verb),
        if_not=bound.if_not or f"emit:{verb}.failed",
    )


def submit(
    system: System,
    verb: str,
    this: dict[str, Json],
    signer: str | None,
    commitments: Commitments | None = None,
) -> Outcome:
    """Signs an intent and takes it through the gate."""
    return system.supervisor.execute(sign(system, verb, this, signer, commitments))


def exit_status(outcome: Outcome) -> int:
    """0: took effect; 1: refused, or a failed run; 3: the machine is at fault; 4: it waits."""
    if outcome.status == "COMMITTED":
        return Rejected.exit_status if outcome.failed else 0
    if isinstance(outcome.error, EnvironmentFault):
        return EnvironmentFault.exit_status
    return Waiting.exit_status if outcome.status == "PENDING" else Rejected.exit_status


def report(
    out: Printer,
    system: System,
    outcome: Outcome,
    further: dict[str, object] | None = None,
) -> int:
    """Prints an outcome; returns the exit status. further: more for the JSON document."""
    out.document({**outcome.to_json(), "guard": system.guard.active, **(further or {})})
    if not out.as_json:
        show_outcome(out, system, outcome)
    return exit_status(outcome)


def show_outcome(out: Printer, system: System, outcome: Outcome) -> None:
    """The outcome for people: what came of it, or why not, or whom it waits for."""
    if outcome.status == "GHOST":
        _show_ghost(outcome)
        return
    rows: list[tuple[str, object]] = [
        ("intent", short(outcome.intent)),
        ("verb", outcome.did),
        ("decision", outcome.verdict),
        ("policies", _policies(outcome.decision)),
        ("status", outcome.status),
    ]
    if outcome.status == "PENDING":
        out.fields([*rows, *_requirement(system, outcome)])
        if outcome.error is not None:
            show_error(outcome.error, as_json=False)
        return
    out.fields([*rows, (outcome.consequence or "consequence", outcome.commitment)])
    if outcome.result:
        out.line()
        out.fields((name, _value(value)) for name, value in outcome.result.items())
    if outcome.failed:
        show_error(_failure(outcome), as_json=False)
    for settled in outcome.settled:
        out.line()
        show_outcome(out, system, settled)


def _requirement(system: System, outcome: Outcome) -> Iterable[tuple[str, object]]:
    from logos_graph.governance import Require, parse_decision

    decision: Any = outcome.decision
    if outcome.waiting is not None:
        return _retry(outcome.waiting)
    if outcome.verdict != "REQUIRE":
        return [("next", "its effect is outstanding: the next command that writes finishes it")]
    asker = [row["who"] for row in system.reader.intents(cid=outcome.intent, limit=1)]
    without = [*asker, *(retired["did"] for retired in system.reader.supervisors()[:-1])]
    asked = parse_decision({**decision}, ContentId(""))
    assert isinstance(asked, Require)  # as was just looked at
    holders = [
        str(principal["name"])
        for principal in system.reader.principals()
        if principal["did"] not in without
        and asked.asks(Did(str(principal["did"])), frozenset(_texts(principal["roles"])))
    ]
    return [
        ("requires", f"the consents of {asked.text}"),
        ("held by", ", ".join(holders)),
        ("until", decision["expires_at"]),
        ("consent", f"logos consent give {short(outcome.intent)} --as NAME"),
        ("refuse", f"logos consent refuse {short(outcome.intent)} --reason TEXT --as NAME"),
    ]


def _retry(waiting: Any) -> Iterable[tuple[str, object]]:
    failure = waiting["failure"]
    return [
        ("failed", f"at step {failure['step']}: {failure['code']}: {failure['reason']}"),
        ("attempt", f"{waiting['attempt']} of {waiting['of']}"),
        ("the next", waiting["at"]),
        ("made by", "`logos worker`, or whatever command writes next after that"),
    ]


def _show_ghost(outcome: Outcome) -> None:
    error = outcome.error or _cause_as_error(outcome)
    show_error(error, as_json=False)
    lead = f"; {outcome.consequence}: {outcome.commitment}" if outcome.commitment else ""
    Printer(as_json=False).note(f"{short(outcome.intent)} stays in the ledger as a ghost{lead}")


def _cause_as_error(outcome: Outcome) -> LogosError:
    """Why it is a ghost, where this process did not see it happen."""
    cause: Any = outcome.cause or {}
    detail = cause.get("detail") or cause.get("reason") or cause.get("type", "it took no effect")
    return Rejected(
        str(cause.get("code", "E_GHOST")), f"{outcome.did} took no effect: {detail}", cause=cause
    )


def _failure(outcome: Outcome) -> LogosError:
    result: Any = outcome.result or {}
    failure, run = result.get("failure") or {}, result.get("run")
    return Rejected(
        str(failure.get("code", "E_RUN_FAILED")),
        f"step {failure.get('step', '?')} failed: {failure.get('reason', 'no reason is recorded')}",
        hint=f"`logos run show {short(run)}` prints every step" if run else "",
    )


def _policies(decision: Any) -> str:
    return ", ".join(map(str, decision.get("policies", []))) or "-"


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _value(value: Json) -> object:
    if isinstance(value, dict | list):
        return encode_text(value)
    return short(value) if isinstance(value, str) else value
