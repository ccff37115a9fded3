"""What several tests of runs in hand need: a later clock, limits, a worker that stands still."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from logos_graph.wiring import System, SystemClock, open_system

if TYPE_CHECKING:
    import subprocess

    from logos_graph.canon import ContentId
    from logos_graph.ledger import Entry
    from logos_graph.settings import Settings
    from tests.integration.conftest import Cast

Start = Callable[..., "subprocess.Popen[str]"]
_SECOND_NS = 1_000_000_000


class LaterClock(SystemClock):
    """Ahead by so much."""

    def __init__(self, ahead_ns: int) -> None:
        self._ahead = ahead_ns

    def now_ns(self) -> int:
        return time.time_ns() + self._ahead


@contextmanager
def opened_later(settings: Settings, seconds: int) -> Iterator[System]:
    """Another process's system, to which it is so many seconds after the ledger's last entry."""
    with open_system(settings) as system:
        head = system.reader.head()
        assert head is not None
        behind = max(0, head.recorded_at - time.time_ns())
        system.clock = LaterClock(behind + seconds * _SECOND_NS)
        yield system


def held(start: Start, step: str, signed: Any) -> subprocess.Popen[str]:
    """Another process that stands still at a step, in the midst of an intent."""
    worker = start("hold", step, signed)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "held\n", worker.communicate()
    return worker


def entries_of(example: Cast, cid: ContentId) -> list[Entry]:
    """The entries about an intent, its own included, in a chain that verifies."""
    return [
        entry
        for entry in example.verified()
        if cid in (entry.body.get("intent"), entry.body.get("cid"))
    ]


def kinds(example: Cast, cid: ContentId) -> list[str]:
    return [str(entry.kind) for entry in entries_of(example, cid)]


def set_limit(example: Cast, scope: str, of: str | None, **numbers: int | None) -> None:
    """Sets these limits, and takes the others of its scope away."""
    names = ("concurrent", "run_seconds", "step_seconds")
    this: dict[str, Any] = {"scope": scope, "of": of, **{n: numbers.get(n) for n in names}}
    outcome = example.submit(example.operator, "run.limit", this)
    assert outcome.status == "COMMITTED", outcome


@contextmanager
def limited(example: Cast, scope: str, of: str | None, **numbers: int | None) -> Iterator[None]:
    """These limits, until the end of the block."""
    set_limit(example, scope, of, **numbers)
    yield
    set_limit(example, scope, of)
