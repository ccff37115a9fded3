"""Engines that are a library: they live in a worker process, so that it can be killed.

The clients are threads of that worker, as whoever uses a library calls it in his own process. Their
figures come back as lines of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from tests.bench.peers.engine import Engine, Recovered, closed_loop
from tests.bench.workload import Payment

__all__ = ["HANGING", "Library", "Worker", "serve"]

HANGING = "hanging"
"""The key of the long workflow whose process is killed."""

_ANSWER = "@@"


class Worker(Protocol):
    """What a library does in its worker."""

    def approve(self, key: str, given: Payment) -> bool:
        """A whole approval."""

    def long(self, key: str, steps: int, gated: bool) -> int:
        """A whole long workflow; gated: it marks its way, and waits at its end."""

    def finish(self) -> int:
        """Lets the one that hangs end."""


class Library(Engine):
    """module, words: what the worker is."""

    module = "?"
    words: tuple[str, ...] = ()

    def start(self) -> None:
        self._worker = self.spawn(
            [sys.executable, "-m", self.module, *self.words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._ask("ready")

    def load(self, clients: int, number: int | None, seconds: float | None) -> dict[str, Any]:
        answer: dict[str, Any] = self._ask("load", clients=clients, number=number, seconds=seconds)
        return answer

    def long(self, steps: int) -> float:
        return float(self._ask("long", steps=steps))

    def recover(self, steps: int) -> Recovered:
        self._ask("hang", steps=steps)
        self.marked("rebuilt", 1)
        since = self.kill(self._worker)
        self.start()
        figures = self.rebuilt(since)
        if self._ask("finish") != steps:
            raise ValueError(f"{self.name}: the long workflow ended otherwise")
        return figures

    def _ask(self, what: str, **more: object) -> Any:
        print(json.dumps({"ask": what, **more}), file=self._worker.stdin, flush=True)
        for line in self._worker.stdout or ():
            if line.startswith(_ANSWER):
                answer = json.loads(line.removeprefix(_ANSWER))
                if "error" in answer:
                    raise RuntimeError(f"{self.name}: {answer['error']}")
                return answer["answer"]
        raise RuntimeError(f"{self.name}: the worker ended")


def serve(worker: Worker) -> None:
    """The worker's side: answers each line, until there are no more."""

    def long(steps: int) -> float:
        begun = time.perf_counter()
        if worker.long(f"long-{time.time_ns()}", steps, False) != steps:
            raise ValueError("the long workflow ended otherwise")
        return time.perf_counter() - begun

    def hang(steps: int) -> None:
        threading.Thread(target=worker.long, args=(HANGING, steps, True), daemon=True).start()

    asked: dict[str, Callable[..., Any]] = {
        "ready": lambda: True,
        "load": lambda **how: closed_loop(worker.approve, **how),
        "long": long,
        "hang": hang,
        "finish": worker.finish,
    }
    for line in sys.stdin:
        asks = json.loads(line)
        try:
            answer = {"answer": asked[asks.pop("ask")](**asks)}
        except Exception as error:  # noqa: BLE001 - whoever asked raises it
            answer = {"error": repr(error)}
        print(_ANSWER + json.dumps(answer), flush=True)
    os._exit(0)  # without waiting for the engine's own threads
