"""logos events: what intents emitted when they ended, as a stream with the ledger as its cursor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.lasting import Stop, json_line, outlast
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import current_head, opened
from logos_graph.cli.texts import moment, short

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["events"]

_PAGE = 500
_AT_ONCE = 100
_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class _Question:
    """Which events, after which index; limit: how many more, None for all there will ever be."""

    after: int
    event: str | None
    target: str | None
    limit: int | None


@click.command()
@click.option(
    "--after", metavar="INDEX", type=click.IntRange(-1), default=-1,
    help="Only those after this entry of the ledger: the last index that you have.",
)  # fmt: skip
@click.option("--event", metavar="NAME", help="Only those of this name.")
@click.option("--target", metavar="TARGET", help="Only those to this target: emit:EVENT@TARGET.")
@click.option("--follow", is_flag=True, help="Go on with those that come, until you are stopped.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(1, 100_000),
    help=f"At most so many (default: {_AT_ONCE}; with --follow, all of them).",
)  # fmt: skip
@with_output
def events(
    out: Printer,
    after: int,
    event: str | None,
    target: str | None,
    follow: bool,
    limit: int | None,
) -> int:
    """What intents emitted when they ended, in the ledger's order.

    An end whose commitment is emit:EVENT is the event: its entry's index is the cursor. Whoever
    keeps the last index that it has dealt with, and asks --after that one, is told every event at
    least once. --json prints one document, with the `events` and the index to go on from as `next`;
    --follow --json prints JSON Lines, one event a line.
    """
    if follow:
        with Stop.on_signals() as stop:
            _follow(out, stop, _Question(after, event, target, limit))
        return 0
    with opened() as system:
        found, reached = _page(system, _Question(after, event, target, limit or _AT_ONCE))
    out.document({"events": found, "next": reached})
    out.table(
        ("index", "event", "target", "verb", "who", "outcome", "intent", "when"),
        [
            (
                each["index"], each["event"], each["target"], each["verb"], each["name"],
                each["outcome"], short(each["intent"]), moment(each["recorded_at"]),
            )
            for each in found
        ],
    )  # fmt: skip
    return 0


def _follow(out: Printer, stop: Stop, question: _Question) -> None:
    """Prints events until it is stopped, or has printed as many as were asked for."""
    asked = question

    def work(system: System, well: Callable[[], None]) -> None:
        nonlocal asked
        while not stop.asked and asked.limit != 0:
            size = _PAGE if asked.limit is None else min(asked.limit, _PAGE)
            found, reached = _page(system, replace(asked, limit=size))
            well()
            for each in found:  # what is printed is not asked for again, whatever happens next
                _print(out, each)
                asked = replace(asked, after=each["index"], limit=_less(asked.limit))
            asked = replace(asked, after=max(asked.after, reached))
            if len(found) < size:
                stop.wait(_POLL_S)

    outlast(out, stop, work)


def _less(limit: int | None) -> int | None:
    return None if limit is None else limit - 1


def _page(system: System, question: _Question) -> tuple[list[dict[str, Any]], int]:
    """The next events, and the index up to which there are no others."""
    head = current_head(system)
    rows = system.reader.rows(
        "read/events",
        ledger=head.ledger,
        after=question.after,
        until=head.index,
        event=question.event,
        target=question.target,
        limit=question.limit,
    )
    whole = len(rows) < (question.limit or 0)
    last = head.index if whole else rows[-1]["index"]
    return rows, max(last, question.after)


def _print(out: Printer, event: dict[str, Any]) -> None:
    if out.as_json:
        json_line(event)
        return
    out.line("  ".join(_words(event)))
    sys.stdout.flush()


def _words(event: dict[str, Any]) -> Iterator[str]:
    yield str(event["index"])
    yield event["event"] if event["target"] is None else f"{event['event']}@{event['target']}"
    yield from (event["verb"], event["name"], event["outcome"], str(short(event["intent"])))
    yield moment(event["recorded_at"])
