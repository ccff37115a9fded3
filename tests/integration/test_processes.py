"""Several processes, and several threads, that submit at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from logos_graph.canon import ContentId

if TYPE_CHECKING:
    import subprocess

    from tests.integration.conftest import Cast

PROCESSES, EACH = 3, 6


def test_processes_that_submit_at_once_all_get_through_and_the_chain_stays_whole(
    example: Cast, start: Callable[..., subprocess.Popen[str]], ledger_length: Callable[[], int]
) -> None:
    before = ledger_length()
    workers = [start("submit", str(EACH)) for _ in range(PROCESSES)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n", worker.communicate()
    for worker in workers:  # all are ready: now they go
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    results = [worker.communicate() for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * PROCESSES, results

    told = [json.loads(line) for out, _ in results for line in out.splitlines()]
    assert [status for _, status, _ in told] == ["COMMITTED"] * (2 * EACH * PROCESSES)
    assert len({cid for cid, _, _ in told}) == len({run for _, _, run in told}) == len(told)
    entries = example.verified()[before:]
    for cid, _, run in told:
        record = example.system.store.intent(ContentId(cid))
        assert record is not None
        assert (record.status, record.consequence) == ("COMMITTED", "if_ok")
        stored: Any = example.system.reader.run(run)
        assert (stored["status"], stored["intent"]) == ("done", cid)
        decision = stored["values"][stored["outputs"]["decision"]]
        assert decision["outcome"] == "approved"
    kinds = [str(entry.kind) for entry in entries]
    assert kinds.count("intent") == kinds.count("receipt") == len(told)
    assert len(kinds) == 2 * len(told)


def test_threads_that_submit_at_once_all_get_through(
    example: Cast, payment: Callable[[str], Any], ledger_length: Callable[[], int]
) -> None:
    outcomes: list[Any] = []
    together, before = threading.Barrier(8), ledger_length()

    def submit() -> None:
        together.wait()
        for _ in range(5):
            outcomes.append(example.submit(example.agent, "transfer", payment("ok")))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.status for outcome in outcomes] == ["COMMITTED"] * 40
    runs = {outcome.result["run"] for outcome in outcomes}
    assert len(runs) == 40
    assert all(example.system.reader.run(run)["status"] == "done" for run in runs)
    assert len(example.verified()) == before + 80
