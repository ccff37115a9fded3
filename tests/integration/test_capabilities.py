"""Nodes that ask for time, chance, stored values and HTTP: under their own grants, and recorded."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Json
from tests.integration.asking import Asking, calls, check_ledger, grant, revoke, serving, set_up

if TYPE_CHECKING:
    import subprocess

    from tests.integration.conftest import Cast, Logos

EACH = 20
TALLY: dict[str, Json] = {"namespace": "tally", "write": True}


@pytest.fixture(scope="module")
def asking(example: Cast) -> Iterator[Asking]:
    with serving() as server:
        yield set_up(example, server)


@pytest.fixture(autouse=True)
def ledger_holds(asking: Asking) -> Iterator[None]:
    yield
    check_ledger(asking.example.system)


def failure(asking: Asking, flow: str) -> tuple[str, str]:
    """(step, code) of a run that fails, and fails the same way when it is replayed."""
    outcome = asking.run(flow)
    assert (outcome.status, outcome.consequence) == ("COMMITTED", "if_not"), outcome
    recorded: Any = asking.record(outcome)
    assert asking.replay(recorded).same
    return recorded["failure"]["step"], recorded["failure"]["code"]


def test_what_a_run_asked_is_recorded_and_its_replay_asks_nobody(asking: Asking) -> None:
    outcome = asking.run("ticks-counts")
    assert (outcome.status, outcome.consequence) == ("COMMITTED", "if_ok"), outcome
    recorded: Any = asking.record(outcome)
    assert calls(recorded) == [
        ("first", "clock.now"), ("first", "random.bytes"),
        ("second", "kv.get"), ("second", "kv.put"),
    ]  # fmt: skip
    assert recorded["steps"][0]["log"] == [{"level": "info", "text": "asks what time it is"}]
    assert recorded["steps"][0]["calls"][1]["arguments"] == {"count": 1}
    before = asking.stored("tally/n")
    for _ in range(2):
        report = asking.replay(recorded)
        assert report.same, report.difference
    assert asking.stored("tally/n") == before


def test_a_replay_of_http_sends_nothing(asking: Asking) -> None:
    sent = len(asking.server.bodies)
    recorded: Any = asking.record(asking.run("pays-strays"))
    assert len(asking.server.bodies) == sent + 2
    assert asking.server.bodies[-1].startswith("200 at ")
    assert asking.replay(recorded).same
    assert len(asking.server.bodies) == sent + 2


def test_a_recorded_answer_that_was_changed_is_found_in_the_replay(asking: Asking) -> None:
    recorded: Any = asking.record(asking.run("ticks-counts"))
    recorded["steps"][1]["calls"][0]["arguments"]["key"] = "m"
    found = asking.replay(recorded).difference
    assert found is not None
    assert (found.step, found.aspect.value, found.number) == ("second", "call", 1)


def test_a_run_sees_its_own_writes_and_a_deleted_value_is_gone(asking: Asking) -> None:
    outcome = asking.run("counts-forgets")
    assert outcome.result is not None
    assert outcome.result["outputs"] == {"out": 1}  # what `counts` wrote was there to forget
    assert asking.stored("tally/n") is None
    assert asking.run("ticks-counts").result is not None
    assert asking.stored("tally/n") == "MQ=="


def test_a_failed_run_changes_no_stored_value(asking: Asking) -> None:
    asking.run("ticks-counts")
    before = asking.stored("tally/n")
    outcome = asking.run("counts-forgets", 1000)
    assert outcome.consequence == "if_not"
    assert calls(asking.record(outcome)) == [("first", "kv.get"), ("first", "kv.put")]
    assert asking.stored("tally/n") == before


@pytest.mark.parametrize("capability", ["clock", "random", "log"])
def test_a_run_of_a_node_without_its_grant_is_denied(
    asking: Asking, capability: str, logos: Logos
) -> None:
    node = asking.nodes["ticks"]
    revoke(asking.example, asking.held("ticks", capability))
    denied = asking.run("ticks-counts")
    grant(asking.example, node, capability)
    assert (denied.status, denied.decision["reason"]) == ("GHOST", "CapabilityMissing")
    assert denied.cause is not None
    assert (denied.cause["node"], denied.cause["required"]) == (node, ["clock", "log", "random"])
    assert denied.cause["granted"] == sorted({"clock", "log", "random"} - {capability})
    assert denied.error is not None
    assert denied.error.code == "E_CAPABILITY_MISSING"
    told = logos("why", denied.intent, "--json").document
    assert told["otherwise"] == [
        {"if": "the node held the grant", "then": "a policy would be asked"}
    ]
    assert denied.error.hint == f"logos capability grant {node} {capability}"
    assert asking.run("ticks-counts").consequence == "if_ok"


def test_a_grant_that_only_reads_lets_nothing_be_written(asking: Asking) -> None:
    before = asking.stored("tally/n")
    revoke(asking.example, asking.held("counts", "kv"))
    grant(asking.example, asking.nodes["counts"], "kv", namespace="tally")
    try:
        assert failure(asking, "ticks-counts") == ("second", "E_KV_READ_ONLY")
        assert asking.stored("tally/n") == before
    finally:
        revoke(asking.example, asking.held("counts", "kv"))
        grant(asking.example, asking.nodes["counts"], "kv", **TALLY)


def test_confused_deputy_a_grant_does_not_serve_the_node_beside_it(asking: Asking) -> None:
    sent = len(asking.server.bodies)
    revoke(asking.example, asking.held("strays", "http"))
    try:
        denied = asking.run("pays-strays")
        assert denied.decision["reason"] == "CapabilityMissing"
        assert len(asking.server.bodies) == sent  # the granted one's neither
        grant(asking.example, asking.nodes["strays"], "http", allow=["POST http://127.0.0.1:1"])
        assert failure(asking, "pays-strays") == ("second", "E_HTTP_NOT_ALLOWED")
        assert len(asking.server.bodies) == sent + 1  # the granted one's
        revoke(asking.example, asking.held("strays", "http"))
    finally:
        http: dict[str, Json] = {"allow": [f"POST {asking.server.url}"], "private": True}
        grant(asking.example, asking.nodes["strays"], "http", **http)


def test_a_request_off_the_list_is_refused_and_nothing_is_announced(
    asking: Asking, ledger_length: Callable[[], int]
) -> None:
    revoke(asking.example, asking.held("pays", "http"))
    grant(asking.example, asking.nodes["pays"], "http", allow=["POST http://127.0.0.1:1"])
    try:
        before, sent = ledger_length(), len(asking.server.bodies)
        assert failure(asking, "pays-counts") == ("first", "E_HTTP_NOT_ALLOWED")
        assert (ledger_length(), len(asking.server.bodies)) == (before + 2, sent)
    finally:
        revoke(asking.example, asking.held("pays", "http"))
        http: dict[str, Json] = {"allow": [f"POST {asking.server.url}"], "private": True}
        grant(asking.example, asking.nodes["pays"], "http", **http)


def test_processes_that_count_at_once_lose_no_count(
    asking: Asking, start: Callable[..., subprocess.Popen[str]]
) -> None:
    asking.run("counts-forgets")  # begins at nothing
    workers = [start("run", str(EACH), "ticks-counts") for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n", worker.communicate()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    results = [worker.communicate() for worker in workers]
    told = [json.loads(line) for out, _ in results for line in out.splitlines()]
    assert [status for _, status, _ in told] == ["COMMITTED"] * (2 * EACH), results
    outputs = set[int]()
    for _, _, run in told:
        recorded: Any = asking.example.system.reader.run(run)
        outputs.add(recorded["values"][recorded["outputs"]["out"]])
    assert outputs == set(range(1, 2 * EACH + 1))
    assert asking.stored("tally/n") == "NDA="


def test_threads_that_count_at_once_lose_no_count(asking: Asking) -> None:
    """Their receipts wait in one queue, and each is judged on what the database has."""
    asking.run("counts-forgets")  # begins at nothing
    outcomes: list[Any] = []
    together = threading.Barrier(6)

    def count() -> None:
        together.wait()
        for _ in range(5):
            outcomes.append(asking.run("ticks-counts"))

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outputs = set[int]()
    for outcome in outcomes:
        assert outcome.status == "COMMITTED", outcome
        recorded: Any = asking.record(outcome)
        outputs.add(recorded["values"][recorded["outputs"]["out"]])
    assert outputs == set(range(1, 31))
    assert asking.stored("tally/n") == "MzA="


def test_logos_shows_calls_lines_and_stored_values(asking: Asking, logos: Logos) -> None:
    outcome = asking.run("ticks-counts")
    assert outcome.result is not None
    run = str(outcome.result["run"])
    shown = logos("run", "show", run)
    assert shown.status == 0, shown.err
    for text in ("clock.now", "kv.put", "asks what time it is"):
        assert text in shown.out
    steps = logos("run", "show", run, "--json").document["steps"]
    assert [step.pop("path") for step in steps] == [["first"], ["second"]]
    assert steps == asking.record(outcome)["steps"]
    values = logos("kv", "list", "tally", "--json").document["values"]
    assert [(each["namespace"], each["key"]) for each in values] == [("tally", "n")]
    assert values[0]["value"] == asking.stored("tally/n")
    one = logos("kv", "show", "tally", "n")
    assert one.status == 0
    assert logos("kv", "show", "tally", "m").status == 1
    assert logos("run", "replay", run).status == 0
