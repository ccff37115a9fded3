"""The figures, each a flat name and a number; unit in the name (ms, us, per_s)."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from logos_graph import governance, identity
from logos_graph.execution.executor import encode_inputs
from logos_graph.supervisor import admit as admission
from tests.bench.stage import Stage
from tests.bench.timing import Figures, percentile, timed
from tests.bench.workload import STEPS, payment


def approval(stage: Stage) -> Figures:
    """One client: p50 and p99 of a whole approval, the floors in the same run, and the shares."""
    warm(stage)
    times = [timed(stage.approve) for _ in range(stage.rounds)]
    out = {
        "approval_p50_ms": statistics.median(times) * 1e3,
        "approval_p99_ms": percentile(times, 0.99) * 1e3,
        "step_ms": statistics.median(times) / len(STEPS) * 1e3,
        "floor_two_round_trips_p50_ms": 2 * round_trip(stage) * 1e3,
        "ghost_commit_p50_ms": ghost_commit(stage) * 1e3,
        "floor_two_fdatasyncs_p50_ms": 2 * fdatasync(stage.home) * 1e3,
    }
    return out | shares(stage)


def throughput(stage: Stage) -> Figures:
    """Closed loop: each client sends its next approval when the last is answered."""
    warm(stage)
    return {f"approvals_per_s_{clients}": closed_loop(stage, clients) for clients in (1, 8, 32)}


def call(stage: Stage) -> Figures:
    """One isolated, metered call of `validate-amount` from Python, its input encoded already."""
    stage.approve()
    plan = stage.system.supervisor.runner.plan(stage.flow("approval"))
    step = next(step for step in plan.steps if step.name == "amount")
    data = b"".join(encode_inputs(plan, {"payment": payment(0)}))
    host = stage.system.host
    rounds = stage.rounds * 50
    for _ in range(rounds // 10):
        host.call(step.node, data)
    times = [timed(lambda: host.call(step.node, data)) for _ in range(rounds)]
    idle = [timed(lambda: None) for _ in range(rounds)]
    return {
        "node_call_p50_us": statistics.median(times) * 1e6,
        "node_call_p99_us": percentile(times, 0.99) * 1e6,
        "floor_python_call_p50_us": statistics.median(idle) * 1e6,
    }


# --- how it is measured ---------------------------------------------------------------------------


def warm(stage: Stage) -> None:
    """The server's JVM compiles its hot paths in the first thousand or so commits; once a stage."""
    while stage.warmed < stage.rounds * 3:
        stage.approve()
        stage.warmed += 1


def round_trip(stage: Stage) -> float:
    """`RETURN 1` on the same server: Bolt and the driver, without a write."""
    return statistics.median(
        timed(lambda: stage.system.reader.rows("database/ping")) for _ in range(stage.rounds)
    )


def ghost_commit(stage: Stage) -> float:
    """The product's smallest commit: the intent and the ghost of an unknown verb, durable.

    The operator's, the one principal that no breaker holds however many ghosts it leaves.
    """
    times = []
    for _ in range(stage.rounds):
        signed = stage.sign(stage.operator, "no.such.verb", {})
        with measured() as clock, clock.around(stage.system.store, "append", "database"):
            stage.system.supervisor.execute(signed)
        times.append(clock.spent["database"])
    return statistics.median(times)


def fdatasync(folder: Path, size: int = 4096) -> float:
    """Appending this many bytes to a file and making them durable: the disk's own floor."""
    path = folder / "floor"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        block = b"x" * size

        def once() -> None:
            os.write(descriptor, block)
            os.fdatasync(descriptor)

        return statistics.median(timed(once) for _ in range(200))
    finally:
        os.close(descriptor)
        path.unlink()


def closed_loop(stage: Stage, clients: int) -> float:
    """Approvals per second."""
    per_client = max(stage.rounds // clients, 5)

    def client() -> None:
        for _ in range(per_client):
            stage.approve()

    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(client) for _ in range(clients)]:
            done.result()  # a client that failed fails the benchmark
    return clients * per_client / (time.perf_counter() - start)


class Clock:
    """Time spent inside chosen functions, by label."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def around(self, owner: Any, name: str, label: str) -> Any:
        """Times every call of `owner.name` while the returned context lasts."""
        original = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                spent = time.perf_counter() - start
                self.spent[label] = self.spent.get(label, 0.0) + spent

        return mock.patch.object(owner, name, wrapped)


@contextmanager
def measured() -> Iterator[Clock]:
    """A clock for the time of the context."""
    yield Clock()


def shares(stage: Stage) -> Figures:
    """Where an approval's time goes: database, crypto (the agent's own too), policy, WASM, rest."""
    supervisor = stage.system.supervisor
    with measured() as clock, ExitStack() as stack:
        for owner, name, label in (
            (stage.system.store, "append", "database"),
            (stage.system.host, "call", "wasm"),
            (governance.Policy, "judge", "policy"),
            (identity.Signer, "sign", "crypto"),
            (admission, "verify_intent", "crypto"),
        ):
            stack.enter_context(clock.around(owner, name, label))
        total = sum(timed(stage.approve) for _ in range(stage.rounds))
    assert not supervisor.view.pending
    out = {
        f"approval_{label}_ms": spent / stage.rounds * 1e3 for label, spent in clock.spent.items()
    }
    out["approval_rest_ms"] = total / stage.rounds * 1e3 - sum(out.values())
    return out
