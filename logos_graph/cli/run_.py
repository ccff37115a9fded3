"""logos run FLOW, and run show, prove; the others: in files of their own."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import Json
from logos_graph.cli.files import read_object, write_file
from logos_graph.cli.forking import fork
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.replaying import replay
from logos_graph.cli.run_control import cancel, kill, resume
from logos_graph.cli.run_limit import limit
from logos_graph.cli.run_list import list_runs
from logos_graph.cli.run_show import show
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import (
    Commitments,
    commitment_options,
    exit_status,
    show_outcome,
    submit,
)
from logos_graph.cli.texts import short
from logos_graph.cli.waiting import wait_for_end

if TYPE_CHECKING:
    from logos_graph.cli.proving import Proved
    from logos_graph.supervisor import Outcome
    from logos_graph.wiring import System

__all__ = ["run"]

# A flow's name is lower-case, so no flow can be hidden by it, or hide it.
_RUN_A_FLOW = "FLOW"


class _RunGroup(CommandGroup):
    """A group in which whatever is not a command is the flow to run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it, with the command that was left out."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_RUN_A_FLOW, *args]
        return super().parse_args(ctx, args)


class _RunAFlow(click.Command):
    """The command that was left out: its name already stands where the flow goes."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """What follows `logos run FLOW` in the usage line."""
        return super().collect_usage_pieces(ctx)[:-1]


@click.group(cls=_RunGroup, subcommand_metavar="FLOW --input FILE.json | COMMAND [ARGS]...")
def run() -> None:
    """Run a flow; list, show, cancel, limit, replay, fork and prove runs.

    \b
    logos run payment-approval --input payment.json
    """


@run.command(_RUN_A_FLOW, cls=_RunAFlow)
@click.argument("flow", metavar="FLOW")
@click.option(
    "--input", "file", metavar="FILE.json", required=True,
    help="A JSON object with one value for each input of the flow; `-` reads stdin.",
)  # fmt: skip
@commitment_options
@click.option("--wait", is_flag=True, help="Wait until it has ended, and make what is due.")
@as_option
@with_output
def start(
    out: Printer,
    /,
    flow: str,
    file: str,
    wait: bool,
    signer: str | None,
    **bound: str | None,
) -> int:
    """Run a flow, by name or id, on the inputs of a file."""
    inputs = read_object(file, "a flow's input file")
    with opened_to_write(out) as system:
        identity = system.reader.resolve(flow, ("Flow",))
        system.supervisor.runner.check_inputs(identity, inputs)
        this: dict[str, Json] = {"flow": identity, "inputs": inputs}
        outcome = submit(system, "flow.run", this, signer, Commitments(**bound))
        if wait:
            outcome = wait_for_end(out, system, outcome)
        found = _run_of(system, outcome)
        out.document(_document(system, outcome, found))
        if not out.as_json:
            show_outcome(out, system, outcome)
        return exit_status(outcome)


def _run_of(system: System, outcome: Outcome) -> dict[str, Any] | None:
    """The run that the intent led to; none while it waits, and for a ghost."""
    identity = (outcome.result or {}).get("run")
    return dict(system.reader.run(str(identity))) if identity is not None else None


def _document(system: System, outcome: Outcome, found: dict[str, Any] | None) -> dict[str, object]:
    return {
        "run": found["id"] if found else None,
        "intent": outcome.intent,
        "decision": dict(outcome.decision),
        "status": found["status"] if found else outcome.status,
        "outputs": _values(found, "outputs") if found else {},
        "steps": found["steps"] if found else [],
        "failure": found["failure"] if found else None,
        "cause": outcome.cause,
        "waiting": None if outcome.waiting is None else dict(outcome.waiting),
        "error": outcome.error.to_json() if outcome.error is not None else None,
        "guard": system.guard.active,
    }


def _values(found: dict[str, Any], direction: str) -> dict[str, Json]:
    """The values of the run's own inputs or outputs, by port."""
    return {port: found["values"][cid] for port, cid in found[direction].items()}


for command in (list_runs, cancel, kill, resume, limit, replay, fork, show):
    run.add_command(command)


@run.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--output", "output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it (default: run-SHORT_ID.proof.json in this folder).",
)  # fmt: skip
@click.option(
    "--with-modules", is_flag=True, help="With the nodes' binaries, to run it again elsewhere."
)
@with_output
def prove(out: Printer, run: str, output: Path | None, with_modules: bool) -> int:
    """Write all that a run rests on into one file, which `logos verify` checks by itself.

    The intent, who signed it, the decision and its policy, consents, receipt and values, each entry
    with its proof against a checkpoint that the supervisor's key of this home signs.
    """
    from logos_graph.cli.proving import prove_run

    with opened() as system:
        identity = system.reader.resolve(run, ("Run",))
        out.progress(f"proving {short(identity)}")
        proved = prove_run(
            system,
            identity,
            with_modules=with_modules,
            watch=lambda entries, total: out.counted(entries, total, "verifying"),
        )
    path = output or Path(f"run-{str(short(identity)).removeprefix('b3:')}.proof.json")
    write_file(path, proved.data)
    _show_proof(out, path, proved)
    return 0


def _show_proof(out: Printer, path: Path, proved: Proved) -> None:
    note = proved.proof.checkpoint.decode()
    document = {
        "file": str(path),
        "run": proved.proof.run,
        "intent": proved.proof.intent,
        "bytes": len(proved.data),
        "entries": len(proved.proof.entries),
        "modules": len(proved.proof.modules),
        "checkpoint": {
            "size": proved.size,
            "root": note.splitlines()[2],
            "note": note,
        },
        "steps": [step.json for step in proved.steps],
    }
    out.document(document)
    out.fields(
        [
            ("file", path),
            ("run", proved.proof.run),
            ("bytes", len(proved.data)),
            ("entries", len(proved.proof.entries)),
            ("modules", len(proved.proof.modules)),
            ("checkpoint", f"size {proved.size}"),
        ]
    )
    out.line()
    out.line(f"anyone verifies it with: logos verify {quote(str(path))}")
