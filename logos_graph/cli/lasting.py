"""Commands that go on until they are stopped: signals, pauses, a database that goes away.

Ctrl-C and SIGTERM are how such a command is meant to end: what is under way is finished, nothing
new is begun, and the exit status is 0. Each line is printed whole and at once.
"""

from __future__ import annotations

import json
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from logos_graph.cli.output import Printer, ReaderGoneError
from logos_graph.cli.session import opened
from logos_graph.errors import EnvironmentFault

if TYPE_CHECKING:
    from logos_graph.wiring import System

__all__ = ["Stop", "json_line", "outlast"]

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0
"""Between attempts to reach a database that went away; each is twice the one before."""
_GLANCE_S = 0.25
"""How often a waiting command looks whether anybody still reads what it prints."""


class Stop:
    """Whether the command is to end."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._watched = select.poll()
        self._watched.register(sys.stdout.fileno(), 0)  # errors and hang-ups are always told

    @classmethod
    @contextmanager
    def on_signals(cls) -> Iterator[Stop]:
        """Set by Ctrl-C and SIGTERM, inside of the block."""
        stop = cls()

        def ask(_number: int, _frame: FrameType | None) -> None:
            stop.ask()

        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [(number, signal.signal(number, ask)) for number in numbers]
        try:
            yield stop
        finally:
            for number, handler in before:
                signal.signal(number, handler)

    @property
    def asked(self) -> bool:
        """Whether it was asked to end."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Asks it to end."""
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Returns after so many seconds, or when it is to end. ReaderGoneError if nobody reads."""
        while seconds > 0 and not self._asked.wait(min(seconds, _GLANCE_S)):
            seconds -= _GLANCE_S
            if any(
                event & (select.POLLERR | select.POLLNVAL) for _, event in self._watched.poll(0)
            ):
                raise ReaderGoneError


def outlast(out: Printer, stop: Stop, work: Callable[[System, Callable[[], None]], None]) -> None:
    """Does `work` with an opened system; opens another while the database is away, or not up yet.

    work: given the system, and what to call whenever the database has answered; returns at its end.
    Raises what it raises, but for an EnvironmentFault, which is told and waited out.
    """
    pause = _FIRST_PAUSE_S

    def well() -> None:
        nonlocal pause
        pause = _FIRST_PAUSE_S

    while not stop.asked:
        try:
            with opened() as system:
                work(system, well)
            return
        except EnvironmentFault as fault:
            out.note(f"note: {fault.code}: {fault.message}; trying again in {pause:g} s")
        stop.wait(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def json_line(document: Mapping[str, Any]) -> None:
    """One document on one line, at once: JSON Lines."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()
