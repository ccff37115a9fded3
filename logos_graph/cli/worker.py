"""logos worker: carries out what is due, and what dead processes left, as it comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.lasting import Stop, json_line, outlast
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, warn_of_guard
from logos_graph.cli.texts import short
from logos_graph.errors import Conflict

if TYPE_CHECKING:
    from logos_graph.canon import ContentId
    from logos_graph.supervisor import Outcome
    from logos_graph.wiring import System

__all__ = ["worker"]

_GLANCE_S = 1.0
"""How long it sleeps at most: others write to the ledger meanwhile."""

Done = dict[str, Any]


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@with_output
def worker(out: Printer, once: bool) -> int:
    """Carry out what is due, and what dead processes left, until it is stopped.

    It follows the ledger: attempts whose time has come are made, intents that waited too long for
    consent and escalations that nobody answered come to their end, and runs that a dead process
    left are finished. Any number of workers do no harm. Ctrl-C and SIGTERM end it cleanly; a
    database that goes away is waited for. --json prints JSON Lines, one thing done a line.
    """
    if once:
        with opened() as system:
            warn_of_guard(out, system)
            _tell(out, _Rounds().all_due(system))
        return 0
    with Stop.on_signals() as stop:
        rounds = _Rounds()

        def work(system: System, well: Callable[[], None]) -> None:
            warn_of_guard(out, system)
            while not stop.asked:
                _tell(out, rounds.all_due(system))
                well()
                stop.wait(_pause(system))

        outlast(out, stop, work)
    return 0


def _pause(system: System) -> float:
    """Until the next timer, in seconds."""
    next_at = system.supervisor.due().next_at
    if next_at is None:
        return _GLANCE_S
    return min(max((next_at - system.clock.now_ns()) / 1e9, 0.01), _GLANCE_S)


class _Rounds:
    """What was told already of an intent is not told again while nothing changes."""

    def __init__(self) -> None:
        self._told: dict[ContentId, Done] = {}

    def all_due(self, system: System) -> Iterator[Done]:
        """Does all that is due; tells each thing when it is done."""
        supervisor = system.supervisor  # made now: then it has finished what was left already
        yield from self._new(system.recovered)
        system.recovered = ()
        supervisor.catch_up()
        try:
            for intent in supervisor.expire():
                yield {"done": "expired", "intent": intent}
        except Conflict:
            pass  # others write much just now: it is as due the next time
        yield from self._new(supervisor.recover())

    def _new(self, outcomes: tuple[Outcome, ...]) -> Iterator[Done]:
        still: dict[ContentId, Done] = {}
        for outcome in outcomes:
            done = _done(outcome)
            if self._told.get(outcome.intent) != done:
                yield done
            if outcome.status == "PENDING":
                still[outcome.intent] = done
        self._told = still


def _done(outcome: Outcome) -> Done:
    """What was done for an intent: committed, ghost, attempted, or left as it is."""
    words = {"COMMITTED": "committed", "GHOST": "ghost"}
    pending = "left" if outcome.waiting is None else "attempted"
    return {
        "done": words.get(outcome.status, pending),
        "intent": outcome.intent,
        "verb": outcome.did,
        "consequence": outcome.consequence,
        "commitment": outcome.commitment,
        "run": (outcome.result or {}).get("run"),
        "waiting": None if outcome.waiting is None else dict(outcome.waiting),
        "error": None if outcome.error is None else outcome.error.to_json(),
    }


def _tell(out: Printer, done: Iterator[Done]) -> None:
    for each in done:
        if out.as_json:
            json_line(each)
        else:
            out.line("  ".join(_words(each)))
            sys.stdout.flush()


def _words(done: Done) -> Iterator[str]:
    yield done["done"]
    yield str(short(done["intent"]))
    yield done.get("verb") or "escalation"
    waiting, error = done.get("waiting"), done.get("error")
    if waiting is not None:
        yield f"{waiting['attempt']} of {waiting['of']}, the next at {waiting['at']}"
    elif error is not None and done["done"] == "left":
        yield f"{error['code']}: {error['message']}"
    elif done.get("consequence") is not None:
        yield f"{done['consequence']}: {done['commitment']}"
