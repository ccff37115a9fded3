"""Several processes at once, and processes that are killed between any two of the gate's steps."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logos_graph.canon import ContentId, encode
from logos_graph.ledger import verify_chain
from logos_graph.settings import Settings
from logos_graph.supervisor import Supervisor
from logos_graph.wiring import open_system

WORKER = Path(__file__).with_name("worker.py")


def start(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(WORKER), str(settings.home), str(settings.cache), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_that_submit_at_once_all_get_through_and_the_chain_stays_whole(
    cast: Any, settings: Settings
) -> None:
    workers = [start(settings, "submit", "15") for _ in range(3)]
    results = [worker.communicate() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0], results
    told = [json.loads(line) for out, _ in results for line in out.splitlines()]
    assert len({cid for cid, _ in told}) == 45
    for cid, status in told:
        assert cast.system.store.intent(ContentId(cid)).status == status == "GHOST"
    entries = list(cast.system.store.entries(0))
    assert len(list(verify_chain(entries, cast.operator.did))) == len(entries)


def test_threads_that_submit_at_once_all_get_through(
    example: Any, payment: Callable[[str], Any]
) -> None:
    outcomes: list[Any] = []

    def submit() -> None:
        for _ in range(5):
            outcomes.append(example.submit(example.agent, "transfer", payment("ok")))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.status for outcome in outcomes] == ["COMMITTED"] * 40
    assert len({outcome.result["run"] for outcome in outcomes}) == 40


@pytest.mark.parametrize("step", ["admitted", "committed", "performed", "receipted"])
def test_a_process_killed_between_two_steps_leaves_nothing_half_done(
    example: Any, settings: Settings, payment: Callable[[str], Any], tmp_path: Path, step: str
) -> None:
    signed = example.sign(example.agent, "transfer", payment("ok"))
    file = tmp_path / "intent.json"
    file.write_bytes(encode(signed.json))
    worker = start(settings, "die", step, str(file))
    _, errors = worker.communicate()
    assert worker.returncode == -signal.SIGKILL, errors

    with open_system(settings) as later:  # the next command, whatever it is
        supervisor: Supervisor = later.supervisor
        record = later.store.intent(signed.intent.cid)
        assert signed.intent.cid not in supervisor.view.pending
        entries = list(later.store.entries(0))
    assert len(list(verify_chain(entries, example.operator.did))) == len(entries)
    if step == "admitted":
        assert record is None
    else:
        assert record is not None
        assert record.result is not None
        assert (record.status, record.result["status"]) == ("COMMITTED", "done")
        receipts = [
            entry for entry in entries
            if entry.kind == "receipt" and entry.body["intent"] == signed.intent.cid
        ]  # fmt: skip
        assert len(receipts) == 1


@pytest.mark.parametrize("step", ["committed", "performed"])
def test_a_consent_killed_before_its_receipt_still_counts(
    example: Any, settings: Settings, payment: Callable[[str], Any], tmp_path: Path, step: str
) -> None:
    waiting = example.submit(example.agent, "transfer", payment("large"))
    example.consent(example.treasury[0], waiting)
    pending = example.system.supervisor.view.pending[waiting.intent]
    signed = example.sign(
        example.treasury[1],
        "consent.give",
        {
            "intent": waiting.intent,
            "policy_hash": pending.policy_hash,
            "revision": pending.decision["revision"],
            "expires_at": pending.decision["expires_at"],
        },
    )
    file = tmp_path / "consent.json"
    file.write_bytes(encode(signed.json))
    worker = start(settings, "die", step, str(file))
    worker.communicate()
    assert worker.returncode == -signal.SIGKILL

    with open_system(settings) as later:
        assert later.supervisor.view.pending.keys().isdisjoint({signed.intent.cid, waiting.intent})
        record = later.store.intent(waiting.intent)
    assert record is not None
    assert record.status == "COMMITTED"
