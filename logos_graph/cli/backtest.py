"""logos flow backtest: what a flow would have said to the runs of those before it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import moment_ns, short, short_value
from logos_graph.errors import InvalidInput, Rejected

if TYPE_CHECKING:
    from logos_graph.canon import ContentId
    from logos_graph.execution.backtest import Backtest
    from logos_graph.execution.whatif import WhatIf
    from logos_graph.supervisor import Mutation, Runner
    from logos_graph.wiring import System

__all__ = ["backtest"]

_PAGE = 32
"""Runs that are asked of the database at once: each may hold 3 MiB of values."""
_AHEAD = 8
"""Runs that wait for each core."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question: this flow, to the runs of those, recorded since then (ns)."""

    flow: ContentId
    flows: list[ContentId]
    since: int


@click.command()
@click.argument("flow", metavar="FLOW")
@click.option(
    "--since", metavar="WHEN",
    help="Runs from then on: 2026-11-01T00:00Z, or 12h, 30d ago (default: all).",
)  # fmt: skip
@click.option(
    "--flow", "old", metavar="OLD", help="Runs of this flow (default: of FLOW's earlier versions)."
)
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True,
    help="How many of the runs to list, the youngest first; all are asked.",
)  # fmt: skip
@click.option("--only-different", is_flag=True, help="List no run that would have come out alike.")
@with_output
def backtest(
    out: Printer, flow: str, since: str | None, old: str | None, limit: int, only_different: bool
) -> int:
    """What a flow would have said to the runs of its earlier versions.

    Each is replayed with this flow, as `logos run replay --with-flow` does it: nothing outside is
    asked. Prints how often an output would have changed from what to what, and the runs. Earlier
    versions are the flows that were published under the same name. Forks are left out.
    """
    from logos_graph.execution.backtest import Backtest
    from logos_graph.supervisor import Runner

    begin = 0 if since is None else moment_ns(since, time.time_ns())
    found = Backtest(limit, only_different=only_different)
    with opened() as system:
        runner = Runner(system.store, system.host)
        identity = system.reader.resolve(flow, ("Flow",))
        flows, other = _flows(system, runner, identity, old)
        asked = _Asked(identity, flows, begin)
        counted = system.reader.rows("read/backtest_total", flows=flows, since=begin)
        total = sum(int(row["runs"]) for row in counted)
        for run, index, what in out.counted(_answers(system, runner, asked), total, "replaying"):
            found.take(run, index, what)
    _show(out, asked, other, found)
    return 0


def _flows(
    system: System, runner: Runner, flow: ContentId, old: str | None
) -> tuple[list[ContentId], list[ContentId]]:
    """The flows whose runs are asked, and earlier versions that take other inputs."""
    if old is not None:
        wanted = system.reader.resolve(old, ("Flow",))
        runner.check_alike(wanted, flow)
        return [wanted], []
    versions = [row["id"] for row in system.reader.rows("read/flow_versions", flow=flow)]
    if not versions:
        raise Rejected(
            "E_NO_VERSIONS",
            f"no other flow was published under a name of {short(flow)}",
            hint="--flow OLD names the flow whose runs are meant",
            flow=flow,
        )
    alike: list[ContentId] = []
    other: list[ContentId] = []
    for version in versions:
        try:
            runner.check_alike(version, flow)
        except InvalidInput:
            other.append(version)
        else:
            alike.append(version)
    return alike, other


def _runs(system: System, asked: _Asked) -> Iterator[tuple[ContentId, int, Mutation]]:
    """The runs, page by page."""
    from logos_graph.store.components import run_mutation

    after = ""
    while rows := system.reader.rows(
        "read/backtest_page", flows=asked.flows, since=asked.since, after=after, limit=_PAGE
    ):
        for row in rows:
            yield row["id"], row["index"], run_mutation(row)
        after = rows[-1]["id"]


def _answers(
    system: System, runner: Runner, asked: _Asked
) -> Iterator[tuple[ContentId, int, WhatIf]]:
    """What the flow would have said, run by run; on all cores, and few ahead of who reads it."""
    from logos_graph.cores import usable_cores

    cores = usable_cores()
    under_way: deque[tuple[ContentId, int, Future[WhatIf]]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        try:
            for run, index, recorded in _runs(system, asked):
                future = pool.submit(runner.what_if, recorded, asked.flow)
                under_way.append((run, index, future))
                if len(under_way) > cores * _AHEAD:
                    yield _done(under_way.popleft())
            while under_way:
                yield _done(under_way.popleft())
        finally:
            for _, _, future in under_way:
                future.cancel()


def _done(
    waiting: tuple[ContentId, int, Future[WhatIf]],
) -> tuple[ContentId, int, WhatIf]:
    run, index, future = waiting
    return run, index, future.result()


def _show(out: Printer, asked: _Asked, other: list[ContentId], found: Backtest) -> None:
    totals = {
        name: getattr(found, name)
        for name in ("runs", "same", "different", "unanswered")
    }  # fmt: skip
    changes = [
        {"output": output, "from": before or None, "to": after or None, "runs": runs}
        for (output, before, after), runs in found.changes.most_common()
    ]
    endings = [
        {"from": before, "to": after, "runs": runs}
        for (before, after), runs in found.endings.most_common()
    ]
    out.document(
        {
            "flow": asked.flow,
            "flows": asked.flows,
            "other_inputs": other,
            "since": asked.since,
            "totals": totals,
            "changes": changes,
            "endings": endings,
            "further_changes": found.further,
            "rows": [row.json for row in found.rows],
        }
    )
    out.fields([("flow", short(asked.flow)), *totals.items()])
    if other:
        out.fields([("other inputs", ", ".join(str(short(each)) for each in other))])
    _show_counts(out, found, changes, endings)
    out.line()
    out.table(
        ("run", "flow", "outcome", "outputs that differ", "was", "would be"),
        [_row(row.json) for row in found.rows],
    )


def _show_counts(
    out: Printer, found: Backtest, changes: list[dict[str, Any]], endings: list[dict[str, Any]]
) -> None:
    if changes:
        out.line()
        out.table(
            ("output", "was", "would be", "runs"),
            [(c["output"], _short(c["from"]), _short(c["to"]), c["runs"]) for c in changes],
        )
    if endings:
        out.line()
        out.table(
            ("ended", "would end", "runs"),
            [(each["from"], each["to"], each["runs"]) for each in endings],
        )
    if found.further:
        out.line(f"and {found.further} further changes of other kinds")


def _short(text: str | None) -> str | None:
    return None if text is None else short_value(text)


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    outputs = ", ".join(change["output"] for change in row["outputs"])
    return (
        short(row["run"]), short(row["flow"]), row["outcome"], outputs or None,
        row["status"]["from"], row["status"]["to"],
    )  # fmt: skip
