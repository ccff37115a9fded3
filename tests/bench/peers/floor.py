"""The disk's own limit: no engine, a line of 600 bytes appended and made durable for each step.

A workflow's beginning and its end are lines too, as they are in the engines.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from tests.bench.peers.engine import mark
from tests.bench.peers.library import HANGING, Library, serve
from tests.bench.workload import STEPS, Payment, Results, trivial

__all__ = ["Floor"]

_LINE = 600


class Floor(Library):
    name = "floor"
    module = "tests.bench.peers.floor"
    durability = "append + fdatasync per step"


class _Files:
    """Its worker: one file for all, one for the workflow that is killed."""

    def __init__(self) -> None:
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
        self._all, self._hanging = os.open("all", flags), os.open(HANGING, flags)
        self._go = threading.Event()
        self._state: dict[int, Any] = {}
        if Path(HANGING).stat().st_size:  # of the process before
            mark("enter")
            lines = Path(HANGING).read_text().splitlines()
            self._state = {number: value for _, number, value in map(json.loads, lines)}
            mark("rebuilt")

    def approve(self, key: str, given: Payment) -> bool:
        done: Results = {}
        self._write(key, 0, given)
        for number, step in enumerate(STEPS, 1):
            done[step.__name__] = step(given, done)
            self._write(key, number, done[step.__name__])
        answer = bool(done["threshold_decision"])
        self._write(key, len(STEPS) + 1, answer)
        return answer

    def long(self, key: str, steps: int, gated: bool) -> int:
        reached = 0
        self._write(key, 0, steps)
        if gated:
            mark("enter")
        for number in range(1, steps + 1):
            reached = trivial(reached)
            self._write(key, number, reached)
        if gated:
            mark("rebuilt")
            self._go.wait()
        self._write(key, steps + 1, reached)
        return reached

    def finish(self) -> int:
        return int(self._state[max(self._state)])

    def _write(self, key: str, number: int, value: object) -> None:
        file = self._hanging if key == HANGING else self._all
        os.write(file, json.dumps([key, number, value]).encode().ljust(_LINE - 1) + b"\n")
        os.fdatasync(file)


if __name__ == "__main__":
    serve(_Files())
