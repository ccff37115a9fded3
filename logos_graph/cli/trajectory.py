"""logos trajectory: what a principal's acts come to, and the sum it is made of."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.at import head_at
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.principals import principal_did
from logos_graph.cli.session import current_head, opened
from logos_graph.cli.texts import short

if TYPE_CHECKING:
    from logos_graph.governance import Conducts, Kind, Trajectory
    from logos_graph.ledger import Head
    from logos_graph.wiring import System

__all__ = ["trajectory"]

_WORDS = {"in_doubt": "in doubt"}
_COUNTS_AS = {"done": "good", "denied": "bad", "refused": "bad", "invalid": "bad"}


@click.command()
@click.argument("who", metavar="DID|NAME")
@click.option(
    "--at", "index", metavar="INDEX", type=click.IntRange(min=0),
    help="As of this entry, from the entries up to it; the last one is read from the graph.",
)  # fmt: skip
@with_output
def trajectory(out: Printer, who: str, index: int | None) -> int:
    """What a principal's acts come to, and the sum that its score is made of."""
    from logos_graph.governance import counted

    with opened() as system:
        did = principal_did(system, who)
        head, conducts = _stand(out, system, index)
    conduct, now_ns = conducts.of_principal(did), head.recorded_at
    found, counts = conducts.trajectory(did, now_ns), counted(conduct.days, now_ns)
    sums = _sums(found, counts)
    out.document(
        {
            "who": did,
            "at": {"index": head.index, "recorded_at": now_ns},
            **found.to_json(),
            "good": found.good,
            "bad": found.bad,
            "volume": found.volume,
            "counted": _table(counts),
            "sums": dict(sums),
        }
    )
    out.fields(
        [
            ("who", short(did)),
            ("as of", f"entry {head.index}"),
            ("score", f"{found.score} of 10000"),
            ("limit", found.limit),
            ("spent", f"{found.spent} in the last 24 h, and what is allowed"),
        ]
    )
    out.line()
    _show(out, counts)
    out.line()
    out.fields(sums)
    return 0


def _stand(out: Printer, system: System, index: int | None) -> tuple[Head, Conducts]:
    """Which entry it is as of, and everybody's conduct then."""
    from logos_graph.governance import Conducts

    if index is None:
        snapshot = system.store.snapshot()
        if snapshot is None:
            return current_head(system), Conducts()  # which says that there is no ledger
        return snapshot.head, snapshot.conducts
    head, conducts = head_at(system, index), Conducts()
    entries = islice(system.store.entries(0), index + 1)
    for entry in out.counted(entries, index + 1, "counting"):
        conducts = conducts.after(entry)
    return head, conducts


def _table(counts: dict[Kind, tuple[int, ...]]) -> list[dict[str, Any]]:
    """A row for each risk and kind that there is one of."""
    from logos_graph.governance import WEIGHTS

    return [
        {
            "risk": f"L{level}",
            "weight": weight,
            "kind": kind.value,
            "count": levels[level],
            "counts": _COUNTS_AS.get(kind.value),
        }
        for level, weight in enumerate(WEIGHTS)
        for kind, levels in counts.items()
        if levels[level]
    ]


def _show(out: Printer, counts: dict[Kind, tuple[int, ...]]) -> None:
    rows = [
        (
            row["risk"], row["weight"], _WORDS.get(row["kind"], row["kind"]), row["count"],
            row["counts"] or "-",
        )
        for row in _table(counts)
    ]  # fmt: skip
    out.table(("risk", "weight", "kind", "acts", "counts as"), rows)


def _sums(found: Trajectory, counts: dict[Kind, tuple[int, ...]]) -> list[tuple[str, str]]:
    """The formula's steps, with the numbers that went into them."""
    from logos_graph.governance import FULL_VOLUME, HISTORY

    good, bad = found.good, found.bad
    trust = FULL_VOLUME + 9 * found.volume
    enough = "" if found.acts >= HISTORY else f": fewer than {HISTORY}, so there is no volume"
    return [
        ("good", f"{_terms(counts, 'good', 0)} = {good}"),
        ("bad", f"{_terms(counts, 'bad', 1)} = {bad}"),
        ("acts", f"{found.acts} of L1 or more were done{enough}"),
        ("volume", f"{found.volume} of {FULL_VOLUME}"),
        (
            "score",
            f"10000 * ({FULL_VOLUME} + 9 * {found.volume}) / {10 * FULL_VOLUME}"
            f" * ({good} + 1)^2 / ({good} + {bad} + 1)^2"
            f" = {10_000 * trust * (good + 1) ** 2} / "
            f"{10 * FULL_VOLUME * (good + bad + 1) ** 2} = {found.score}",
        ),
        ("limit", f"100 + 99900 * {found.score} / 10000 = {found.limit}"),
    ]


def _terms(counts: dict[Kind, tuple[int, ...]], counts_as: str, more: int) -> str:
    """As in `12 * 1 + 3 * 5`: how many, times what each weighs."""
    terms = [
        f"{row['count']} * {row['weight'] + more}"
        for row in _table(counts)
        if row["counts"] == counts_as
    ]
    return " + ".join(terms) or "0"
