"""What `logos ledger verify` shows to people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from logos_graph.cli.texts import short

if TYPE_CHECKING:
    from logos_graph.cli.checkpoints import Judged
    from logos_graph.cli.output import Printer
    from logos_graph.cli.verification import Verdict
    from logos_graph.ledger import Check, Comparison

__all__ = ["show_invariants", "show_verdict"]

_WIDTH = 44


def show_verdict(out: Printer, verdict: Verdict, judged: list[Judged]) -> None:
    """All of it: whose ledger it is, the invariants, the graph's differences, the checkpoints."""
    since = verdict.since
    trusted = f", the first {since} by the checkpoint" if since else ""
    out.fields(
        [
            ("ledger", verdict.head.ledger),
            ("supervisor", verdict.supervisor),
            ("guard", verdict.guard.told),
            (
                "chain",
                f"{verdict.head.index + 1} entries, whole and signed{trusted}, "
                f"head {short(verdict.head.hash)}",
            ),
            ("tree", f"{verdict.size} leaves, root {verdict.root}"),
            ("state", verdict.checked.state),
        ]
    )
    out.line()
    show_invariants(out, verdict.checked.checks)
    if since:
        out.line(f"I1 to I5 look at all {verdict.size} entries, those of the checkpoint too")
    _show_differences(out, verdict.graph)
    _show_checkpoints(out, judged)
    out.line()
    verified = verdict.checked.ok and all(item.fault is None for item in judged)
    out.line("verified" if verified else "not verified")


def show_invariants(out: Printer, checks: tuple[Check, ...]) -> None:
    """A row for each, with the first offender; then that in words, and what to know besides."""
    out.table(
        ("invariant", "title", "count", "state", "index", "field", "expected", "found"),
        [(c.name, c.title, c.count, _state(c), *_offender(c)) for c in checks],
    )
    for check in checks:
        if check.first_offender is not None:
            out.line(f"{check.name}: {check.first_offender.message}")
        if check.note and check.note != _state(check):
            out.line(f"{check.name}: {check.note}")


def _state(check: Check) -> str:
    if check.ok:
        return "ok"
    return "BROKEN" if check.first_offender is not None else check.note


def _offender(check: Check) -> tuple[object, ...]:
    """Where the first offender is, and what was expected there."""
    offender = check.first_offender
    if offender is None:
        return (None, None, None, None)
    expected, found = _cut(offender.expected), _cut(offender.found)
    return (offender.index, _cut(offender.field), expected, found)


def _show_differences(out: Printer, graph: Comparison) -> None:
    if not graph.total:
        return
    out.line()
    out.line(f"the graph differs from what the entries make of it in {graph.total} places")
    out.table(
        ("index", "what", "kind", "key", "field", "expected", "found"),
        [
            (
                f.index,
                f.what,
                f.kind,
                _cut(f.key, 2 * _WIDTH),
                f.field,
                _cut(f.expected),
                _cut(f.found),
            )
            for f in graph.findings
        ],
    )
    if graph.total > len(graph.findings):
        out.line(f"and {graph.total - len(graph.findings)} more")


def _show_checkpoints(out: Printer, judged: list[Judged]) -> None:
    if not judged:
        return
    out.line()
    out.table(
        ("checkpoint", "size", "state", "what is wrong"),
        [
            (
                item.path.name,
                item.checkpoint and item.checkpoint.size,
                "ok" if item.fault is None else "BROKEN",
                item.fault,
            )
            for item in judged
        ],
    )


def _cut(value: object, width: int = _WIDTH) -> str | None:
    """A value in a table's cell."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= width else text[: width - 1] + "…"
