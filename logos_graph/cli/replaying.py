"""logos run replay: a run once more from what is recorded, by its own flow or by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from logos_graph.canon import Json, encode_text
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import short, short_value
from logos_graph.errors import NotVerified

if TYPE_CHECKING:
    from logos_graph.canon import ContentId
    from logos_graph.execution import ReplayReport
    from logos_graph.execution.whatif import WhatIf

__all__ = ["replay", "shown_value", "unanswered_json"]


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--with-flow", "flow", metavar="FLOW",
    help="Ask this flow instead, by name or id: what would it have said? It must take the same"
    " inputs.",
)  # fmt: skip
@with_output
def replay(out: Printer, run: str, flow: str | None) -> int:
    """Run a finished run again from what is recorded, and compare every call and every value.

    Nothing outside is asked: the answers are read back from the record. Status 1 at the first
    difference, which is named: step, port, or which call or line of the step, expected, got. With
    another flow, status 0 whatever it would have said, and 1 if the record cannot tell.
    """
    from logos_graph.supervisor import Runner

    with opened() as system:
        identity = system.reader.resolve(run, ("Run",))
        other = None if flow is None else system.reader.resolve(flow, ("Flow",))
        out.progress(f"replaying {short(identity)}")
        runner, recorded = Runner(system.store, system.host), system.reader.run(identity)
        if other is not None:
            return _show_other(out, identity, other, runner.what_if(recorded, other))
        return _show_same(out, identity, runner.replay(recorded))


def _show_same(out: Printer, run: ContentId, report: ReplayReport) -> int:
    difference = None if report.difference is None else report.difference.json
    out.document(
        {
            "run": run,
            "same": report.same,
            "compared": report.values,
            "steps": report.steps,
            "digest": report.digest,
            "difference": difference,
        }
    )
    if difference is None:
        out.line(f"identical: {report.values} values, {report.steps} steps, digest {report.digest}")
        return 0
    out.title(f"differs at step {difference['step']}")
    out.fields(
        (name, encode_text(value) if name in ("expected", "got") else value)
        for name, value in difference.items()
    )
    return NotVerified.exit_status


def _show_other(out: Printer, run: ContentId, flow: ContentId, found: WhatIf) -> int:
    before, after = found.endings
    ended: dict[str, Json] = {"status": before, "outputs": found.before.output_values}
    would: dict[str, Json] = {"status": after, "outputs": found.after.output_values}
    out.document(
        {
            "run": run,
            "flow": found.before.flow,
            "with_flow": flow,
            "same": found.same,
            "unanswered": unanswered_json(found),
            "before": ended,
            "after": would,
            "outputs": [change.json for change in found.outputs],
            "steps": [change.json for change in found.steps],
        }
    )
    unanswered = found.unanswered
    if unanswered is not None:
        out.title(f"not answerable at step {unanswered.step}")
        out.fields([("code", unanswered.code), ("reason", unanswered.reason)])
        return NotVerified.exit_status
    if found.same:
        out.line("the same: every output, and how it ended")
    out.fields([("run ended", before), ("would end", after)])
    if found.outputs:
        out.line()
        out.table(
            ("output", "was", "would be"),
            [(each.output, shown_value(each.before), shown_value(each.after))
             for each in found.outputs],
        )  # fmt: skip
    if found.steps:
        out.line()
        out.table(
            ("step", "was", "would be", "differs in"),
            [(each.step, each.before, each.after, ", ".join(each.differs)) for each in found.steps],
        )
    return 0


def unanswered_json(found: WhatIf) -> dict[str, Json] | None:
    """Why it is not known what the flow would have said; None if it is."""
    return None if found.unanswered is None else found.unanswered.json


def shown_value(value: Json) -> str | None:
    """An output's value on one short line; None where there is none."""
    return None if value is None else short_value(encode_text(value))
