"""The figures of whole lives: long runs, effects, a killed process, a cold start, memory."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from logos_graph.wiring import stop_database
from tests.bench.commands import logos, module
from tests.bench.figures import warm
from tests.bench.memory import pss_mib
from tests.bench.stage import Stage, shared_cache
from tests.bench.timing import Figures, percentile, timed
from tests.bench.workload import LONG_STEPS

__all__ = ["effects", "long", "memory", "recover", "replay", "start"]

_LONG_RUNS, _RECOVERIES, _STARTS = 10, 5, 3
"""How often what takes long is repeated; the medians count."""


def long(stage: Stage) -> Figures:
    """A run of 500 trivial steps in a row, as one intent."""
    warm(stage)
    stage.publish_long()
    stage.long()  # its plan is made once
    took = statistics.median(timed(stage.long) for _ in range(_LONG_RUNS))
    return {"long_step_ms": took / LONG_STEPS * 1e3}


def replay(stage: Stage) -> Figures:
    """The long run again from its record: read from the graph, every step executed and compared."""
    stage.publish_long()
    run, runner = str((stage.long().result or {})["run"]), stage.system.supervisor.runner
    recorded = stage.system.reader.run(run)

    def whole() -> None:
        if not runner.replay(stage.system.reader.run(run)).same:
            raise RuntimeError("a replay that is not the same")

    whole()
    wholes = [timed(whole) for _ in range(_LONG_RUNS)]
    alone = [timed(lambda: runner.replay(recorded)) for _ in range(_LONG_RUNS)]
    return {
        "replay_steps_per_s": LONG_STEPS / statistics.median(wholes),
        "replay_without_reading_steps_per_s": LONG_STEPS / statistics.median(alone),
    }


def effects(stage: Stage) -> Figures:
    """A run with one request to a service of this machine: four entries, four commits."""
    warm(stage)
    with _service() as url:
        stage.publish_tell(url)
        stage.tell()
        times = [timed(stage.tell) for _ in range(stage.rounds)]
    return {
        "effect_run_p50_ms": statistics.median(times) * 1e3,
        "effect_run_p99_ms": percentile(times, 0.99) * 1e3,
    }


def recover(stage: Stage) -> Figures:
    """kill -9 with the intent of a long run committed; from the next process to the run's end."""
    stage.publish_long()
    stage.long()
    took = list[float]()
    for _ in range(_RECOVERIES):
        _die(stage)
        ran = module(stage.home, "tests.bench.client", str(stage.home), "resume")
        if ran.document != {"left": 0, "ended": ["COMMITTED"]}:
            raise RuntimeError(f"not finished: {ran.document}")
        took.append(ran.seconds)
    stage.system.supervisor.catch_up()
    return {"recover_s": statistics.median(took)}


def memory(stage: Stage) -> Figures:
    """The server's and this client's, at the end of what was measured before."""
    warm(stage)
    server = _server(stage)
    both = pss_mib(server, os.getpid())  # the one started the other: it is counted once
    return {"memory_mib": both, "memory_server_mib": pss_mib(server)}


def start(stage: Stage) -> Figures:
    """`logos up` of a stopped home, and a new process's first approval; the server stays up."""
    took = list[float]()
    for _ in range(_STARTS):
        stage.let_go()
        stop_database(stage.settings)
        begun = time.perf_counter()
        logos(stage.home, "up")
        module(stage.home, "tests.bench.client", str(stage.home), "approve")
        took.append(time.perf_counter() - begun)
        stage.reopen()
    stage.warmed = 0
    return {"cold_start_s": statistics.median(took)}


# --- how it is measured ---------------------------------------------------------------------------


def _die(stage: Stage) -> None:
    words = [sys.executable, "-m", "tests.bench.client", str(stage.home), "die"]
    places = {"LOGOS_CACHE": str(shared_cache())}
    died = subprocess.run(words, env=os.environ | places, capture_output=True, check=False)
    if died.returncode != -signal.SIGKILL:
        raise RuntimeError(f"it was to be killed: {died.stdout.decode()}{died.stderr.decode()}")


def _server(stage: Stage) -> int:
    return int((stage.home / "neo4j" / "run" / "neo4j.pid").read_text())


class _Service(BaseHTTPRequestHandler):
    """Says `ok` to every POST."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_words: Any) -> None:
        pass


@contextmanager
def _service() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
