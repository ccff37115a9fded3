"""Restate: its server (npm) and a Python service; the clients ask the server's ingress."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench.peers.engine import (
    HOME,
    Engine,
    Recovered,
    closed_loop,
    free_port,
    is_open,
    mark,
    until,
)
from tests.bench.peers.library import HANGING
from tests.bench.workload import STEPS, Payment, Results, Step, trivial

__all__ = ["Restate"]

_PATIENCE_S = 600
_JSON = {"content-type": "application/json"}


class Restate(Engine):
    name = "restate"
    durability = "as shipped: the log's WAL with fsync, group commit; one node"

    def missing(self) -> str | None:
        return None if _server() else "npm did not install @restatedev/restate-server"

    def prepare(self) -> None:
        self._port, self._ingress, self._admin, self._node = (free_port() for _ in range(4))
        self._local = threading.local()

    def start(self) -> None:
        at = "127.0.0.1:{}".format
        settings = {
            "RESTATE_BIND_ADDRESS": at(self._node),
            "RESTATE_NODE_NAME": "peers",
            "RESTATE_ADVERTISED_ADDRESS": f"http://{at(self._node)}/",
            "RESTATE_INGRESS__BIND_ADDRESS": at(self._ingress),
            "RESTATE_ADMIN__BIND_ADDRESS": at(self._admin),
            "RESTATE_DISABLE_TELEMETRY": "true",
            "RESTATE_LOG_FILTER": "warn",
        }
        words = [_server(), "--no-logo", "--listen-mode", "tcp", "--base-dir", self.folder / "data"]
        self.spawn(words, env=settings)
        self._start_service()
        service = {"uri": f"http://127.0.0.1:{self._port}"}
        until(lambda: self._ask(self._admin, "POST", "/deployments", service)[0], "the admin")
        until(lambda: self._ask(self._ingress, "GET", "/restate/health")[0], "the ingress")

    def load(self, clients: int, number: int | None, seconds: float | None) -> dict[str, Any]:
        def approve(key: str, given: Payment) -> bool:
            return bool(self._invoke(f"/Approval/{key}/run", given))

        return closed_loop(approve, clients, number, seconds)

    def long(self, steps: int) -> float:
        begun = time.perf_counter()
        asks = {"steps": steps, "gated": False}
        if self._invoke(f"/Long/long-{time.time_ns()}/run", asks) != steps:
            raise ValueError("restate: the long workflow ended otherwise")
        return time.perf_counter() - begun

    def recover(self, steps: int) -> Recovered:
        self._invoke(f"/Long/{HANGING}/run/send", {"steps": steps, "gated": True})
        self.marked("rebuilt", 1)
        since = self.kill(self._service)
        self._start_service()
        figures = self.rebuilt(since)
        self._invoke(f"/Long/{HANGING}/go", True)
        _, answer = self._ask(self._ingress, "GET", f"/restate/workflow/Long/{HANGING}/attach")
        if answer != steps:
            raise ValueError(f"restate: the long workflow ended otherwise: {answer}")
        return figures

    def _start_service(self) -> None:
        words = [sys.executable, "-m", "tests.bench.peers.restate_", self._port]
        self._service = self.spawn(words)
        until(lambda: is_open(self._port), "restate's service")

    def _invoke(self, path: str, body: object) -> Any:
        well, answer = self._ask(self._ingress, "POST", path, body)
        if not well:
            raise RuntimeError(f"restate: {path}: {answer}")
        return answer

    def _ask(self, port: int, method: str, path: str, body: object = None) -> tuple[bool, Any]:
        """One request on this thread's connection: whether it went well, and the answer."""
        mine: dict[str, http.client.HTTPConnection] = self._local.__dict__
        connection = mine.pop(str(port), None) or http.client.HTTPConnection(
            "127.0.0.1", port, timeout=_PATIENCE_S
        )
        data = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, data, _JSON if data else {})
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return False, repr(error)
        mine[str(port)] = connection
        well = response.status in (200, 201, 202)
        return well, json.loads(text) if well and text else text.decode()


def _server() -> Path | None:
    found = HOME.glob("npm/node_modules/@restatedev/restate-server-*/bin/restate-server")
    return next(found, None)


def _serve(port: int) -> None:
    import hypercorn.asyncio
    import hypercorn.config
    import restate

    approval, long = restate.Workflow("Approval"), restate.Workflow("Long")

    def later(step: Step) -> Any:  # the SDK would give a plain function to a thread
        async def run(given: Payment, done: Results) -> Any:
            return step(given, done)

        return run

    async def trivially(reached: int) -> int:
        return trivial(reached)

    steps, options = [(step.__name__, later(step)) for step in STEPS], restate.RunOptions()

    @approval.main(name="run")
    async def run(context: Any, given: Any) -> Any:
        done: Results = {}
        for name, step in steps:
            done[name] = await context.run_typed(name, step, options, given, done)
        return done["threshold_decision"]

    @long.main(name="run")
    async def run_long(context: Any, asks: Any) -> Any:
        reached = 0
        for _ in range(asks["steps"]):
            reached = await context.run_typed("trivial", trivially, options, reached)
        if asks["gated"]:
            mark("rebuilt")
            await context.promise("go").value()
        return reached

    @long.handler(name="go")
    async def go(context: Any, yes: Any) -> Any:
        await context.promise("go").resolve(yes)
        return yes

    app = restate.app([approval, long])

    async def marked(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path", "").endswith("/Long/run"):  # now its journal begins to arrive
            mark("enter")
        await app(scope, receive, send)

    config = hypercorn.config.Config()
    config.bind, config.accesslog = [f"127.0.0.1:{port}"], None
    served: Any = marked
    asyncio.run(hypercorn.asyncio.serve(served, config))


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
