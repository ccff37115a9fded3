"""logos run fork: a new run that shares the past of another, up to a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from logos_graph.canon import Json
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened_to_write
from logos_graph.cli.submit import report, submit
from logos_graph.cli.texts import short
from logos_graph.errors import InvalidInput

if TYPE_CHECKING:
    from logos_graph.execution import Plan

__all__ = ["fork", "fork_rows"]


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--at", "step", metavar="STEP", required=True,
    help="The first step of its own, as `logos run show` names it.",
)  # fmt: skip
@click.option(
    "--set", "given", metavar="PORT=VALUE", multiple=True,
    help="A value for an input port of that step, as JSON (a text needs no quotes); repeatable.",
)  # fmt: skip
@as_option
@with_output
def fork(out: Printer, run: str, step: str, given: tuple[str, ...], signer: str | None) -> int:
    """Run a run's flow again from one of its steps on, with other values there.

    The steps before it, in the plan's order, are those of RUN, answer by answer. It is a what-if:
    nothing is sent outside and no stored value changes, but it is judged and recorded as any act.
    """
    from logos_graph.canon import ContentId
    from logos_graph.execution import encode_given

    with opened_to_write(out) as system:
        identity = system.reader.resolve(run, ("Run",))
        flow = ContentId(str(system.reader.run(identity)["flow"]))
        plan = system.supervisor.runner.plan(flow)
        values = _values(plan, step, given)
        encode_given(plan, {step: values})
        this: dict[str, Json] = {"run": identity, "flow": flow, "at": step, "set": values}
        return report(out, system, submit(system, "run.fork", this, signer))


def fork_rows(run: Mapping[str, Any]) -> list[tuple[str, object]]:
    """What `run show` says of a run that is a fork."""
    point = run.get("forked_from")
    if point is None:
        return []
    given = run.get("given", {}).get(point["step"], {})
    rows = [(f"given {port}", run["values"][cid]) for port, cid in sorted(given.items())]
    return [("forked from", short(point["run"])), ("forked at", point["step"]), *rows]


def _values(plan: Plan, step: str, given: tuple[str, ...]) -> dict[str, Json]:
    """Each port's value: the text itself where the port's type takes one, else as JSON."""
    from logos_graph.canon import parse
    from logos_graph.errors import LogosError
    from logos_graph.execution import encode_given

    values: dict[str, Json] = {}
    for each in given:
        port, sign, text = each.partition("=")
        if not sign or port in values:
            raise InvalidInput(
                "E_FORK_SET",
                f"--set {each[:80]!r} is not PORT=VALUE, or sets a port a second time",
                hint="as in --set score=42",
            )
        values[port] = text
        try:
            encode_given(plan, {step: {port: text}})
        except LogosError as error:
            if not error.code.startswith("E_VALUE_"):
                raise
            values[port] = parse(text)
    return values
