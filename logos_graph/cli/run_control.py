"""logos run cancel, kill, resume: what becomes of a run that has not ended."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import click

from logos_graph.canon import ContentId, Json
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import short
from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["cancel", "kill", "resume"]

_LOOK_S = 0.2

_reason = click.option(
    "--reason", metavar="TEXT", default="not wanted any more", show_default=True, help="Why."
)
_run = click.argument("run", metavar="RUN|INTENT")


@click.command()
@_run
@_reason
@click.option("--wait", is_flag=True, help="Return only once it has ended.")
@as_option
@with_output
def cancel(out: Printer, run: str, reason: str, wait: bool, signer: str | None) -> int:
    """Give up a run; its own submitter may, and an operator.

    At once if nobody carries it out (it waits, or was left); else before its next step, or before
    the next thing it would do outside.
    """
    return _give_up(out, run, reason, signer, kill=False, wait=wait)


@click.command()
@_run
@_reason
@as_option
@with_output
def kill(out: Printer, run: str, reason: str, signer: str | None) -> int:
    """Give up a run at once, whoever carries it out: nothing he still does is recorded.

    It stops no machine. What was sent outside is sent; the run then ends in doubt. Like `cancel`,
    its own submitter may, and an operator.
    """
    return _give_up(out, run, reason, signer, kill=True, wait=False)


def _give_up(
    out: Printer, run: str, reason: str, signer: str | None, *, kill: bool, wait: bool
) -> int:
    with opened_to_write(out, about=lambda system: intent_of(system, run)) as system:
        target = _spared(system)
        _check_open(system, target)
        this: dict[str, Json] = {"intent": target, "reason": reason}
        if kill:
            this["kill"] = True
        outcome = submit(system, "run.cancel", this, signer)
        if wait and outcome.status == "COMMITTED":
            out.progress(f"waiting for {short(target)} to stop")
            _wait(system, target)
        known = system.reader.intent(target)
        stands = None if known is None else known.status
        status = report(out, system, outcome, {"target": {"intent": target, "status": stands}})
        if stands == "PENDING" and outcome.status == "COMMITTED":
            out.line("it stops before its next step: `logos run list --unfinished`")
        return status


def _check_open(system: System, target: ContentId) -> None:
    """What has ended is not given up: said before it is asked for, so that no ghost tells of it."""
    known = system.reader.intent(target)
    if known is not None and known.status != "PENDING":
        raise Rejected(
            "E_RUN_ENDED",
            f"{target} has ended: {known.status}",
            hint="`logos run list --unfinished` shows what has not ended",
            intent=target,
            status=known.status,
        )


def _wait(system: System, target: ContentId) -> None:
    """Until it has ended; if whoever has it hangs, until his time is over and it is taken up."""
    supervisor = system.supervisor
    while target in supervisor.view.pending:
        supervisor.resume(target)
        Event().wait(_LOOK_S)
        supervisor.catch_up()


@click.command()
@_run
@with_output
def resume(out: Printer, run: str) -> int:
    """Carry on what is left of a run now, if nobody does.

    Any command that writes does the same of all that was left, before anything else.
    """
    with opened_to_write(out, about=lambda system: intent_of(system, run)) as system:
        return report(out, system, system.supervisor.resume(_spared(system)))


def _spared(system: System) -> ContentId:
    assert system.spared is not None  # it was just found
    return system.spared


def intent_of(system: System, text: str) -> ContentId:
    """The intent that is named, or that of the run; of one that has not ended the run's id too.

    Rejected E_AMBIGUOUS, E_UNKNOWN_RUN.
    """
    from logos_graph.supervisor import run_id

    prefix = text if text.startswith("b3:") else f"b3:{text}"
    found = [
        each.cid
        for each in system.reader.pending()
        if each.flow is not None and run_id(each.cid, each.flow).startswith(prefix)
    ]
    if len(found) == 1 and len(prefix) >= len("b3:") + 8:
        return found[0]
    identity = system.reader.resolve(text, ("Run", "LogLine"))
    if system.reader.intent(identity) is not None:
        return identity
    intent = system.reader.run(identity)["intent"]
    if not isinstance(intent, str):
        raise Rejected("E_UNKNOWN_RUN", f"{identity} is of no intent", run=identity)
    return ContentId(intent)
