"""Forks on the real database: they share the past, send nothing, store nothing, replay exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from logos_graph.canon import Json
from logos_graph.supervisor import Mutation, Outcome
from tests.integration.asking import Asking, calls, check_ledger, revoke, serving, set_up
from tests.integration.conftest import Cast, Logos


@pytest.fixture(scope="module")
def asking(example: Cast) -> Iterator[Asking]:
    with serving() as server:
        yield set_up(example, server)


def fork(asking: Asking, parent: Mutation, at: str, **given: Json) -> Outcome:
    this: dict[str, Json] = {
        "run": parent["id"], "flow": parent["flow"], "at": at, "set": given,
    }  # fmt: skip
    return asking.example.submit(asking.example.operator, "run.fork", this)


def made(asking: Asking, parent: Mutation, at: str, **given: Json) -> dict[str, Any]:
    outcome = fork(asking, parent, at, **given)
    assert outcome.status == "COMMITTED", outcome
    record = asking.record(outcome)
    assert asking.replay(record).same
    assert record["forked_from"] == {"run": parent["id"], "step": at}
    return dict(record)


def answers(record: Mutation, step: str) -> list[Any]:
    steps: Any = record["steps"]
    (found,) = (each for each in steps if each["name"] == step)
    return [call["answer"] for call in found.get("calls", [])]


def test_a_fork_sends_nothing_and_stores_nothing(asking: Asking) -> None:
    parent = asking.record(asking.run("counts-pays"))
    stored, sent = asking.stored("tally/n"), list(asking.server.bodies)
    same = made(asking, parent, "second")
    assert same["outputs"] == parent["outputs"]
    assert answers(same, "second") == answers(parent, "second")
    assert made(asking, parent, "first")["outputs"] == parent["outputs"]
    assert (asking.stored("tally/n"), asking.server.bodies) == (stored, sent)
    check_ledger(asking.example.system)


def test_a_fork_cannot_send_what_its_parent_never_sent(asking: Asking) -> None:
    parent = asking.record(asking.run("counts-pays"))
    sent = list(asking.server.bodies)
    record = made(asking, parent, "second", value=4711)
    failure = record["failure"]
    assert (failure["step"], failure["code"]) == ("second", "E_FORK_EFFECT")
    assert calls(record)[-1] == ("second", "http.request")
    assert asking.server.bodies == sent
    check_ledger(asking.example.system)


def test_a_fork_finds_stored_values_as_its_parent_found_them(asking: Asking) -> None:
    parent = asking.record(asking.run("ticks-counts"))
    asking.run("ticks-counts")  # the value is another one now
    record = made(asking, parent, "second", value=1)
    assert answers(record, "second")[0] == answers(parent, "second")[0]
    assert record["outputs"] == parent["outputs"]
    again = made(asking, parent, "first", value=7)
    assert answers(again, "first") == answers(parent, "first")  # the same clock, the same chance


def test_a_fork_sees_what_its_shared_past_and_itself_wrote(asking: Asking) -> None:
    parent = asking.record(asking.run("counts-forgets"))
    before = asking.stored("tally/n")
    assert made(asking, parent, "second")["outputs"] == parent["outputs"]
    failed = made(asking, parent, "first", value=1000)
    assert failed["failure"]["code"] == "E_NODE_FAILED"
    assert asking.stored("tally/n") == before


def test_what_was_never_asked_is_asked_now_under_the_grant_in_force(asking: Asking) -> None:
    example = asking.example
    failed = asking.record(asking.run("counts-pays", 1000))
    record = made(asking, failed, "first", value=5)
    failure = record["failure"]  # `pays` asks the clock for the first time, and may not send
    assert (failure["step"], failure["code"]) == ("second", "E_FORK_EFFECT")
    assert isinstance(answers(record, "second")[0]["time"], int)
    revoke(example, asking.held("pays", "clock"))
    again = made(asking, failed, "first", value=5)
    assert again["failure"]["code"] == "E_GRANT_REVOKED"
    this: dict[str, Json] = {"node": asking.nodes["pays"], "capability": "clock", "limits": {}}
    granted = example.submit(example.operator, "capability.grant", this)
    assert granted.status == "COMMITTED"


@pytest.mark.parametrize(
    ("at", "given", "code"),
    [
        ("nobody", {}, "E_FORK_STEP"),
        ("first", {"nothing": 1}, "E_FORK_PORT"),
        ("first", {"value": "x"}, "E_VALUE_TYPE"),
        ("first", {"value": 2**32}, "E_VALUE_RANGE"),
    ],
)
def test_a_fork_that_cannot_be_leaves_a_ghost(
    asking: Asking, at: str, given: dict[str, Json], code: str
) -> None:
    parent = asking.record(asking.run("ticks-counts"))
    outcome = fork(asking, parent, at, **given)
    assert (outcome.status, outcome.error and outcome.error.code) == ("GHOST", code)


def test_a_fork_names_the_flow_of_its_run_so_that_the_limits_of_that_hold(asking: Asking) -> None:
    parent = asking.record(asking.run("ticks-counts"))
    other = fork(asking, {**parent, "flow": asking.flows["counts-pays"]}, "second")
    assert (other.status, other.error and other.error.code) == ("GHOST", "E_FORK_FLOW")
    limit: dict[str, Json] = {
        "scope": "flow", "of": parent["flow"],
        "concurrent": 0, "run_seconds": None, "step_seconds": None,
    }  # fmt: skip
    submit, operator = asking.example.submit, asking.example.operator
    assert submit(operator, "run.limit", limit).status == "COMMITTED"
    try:
        limited = fork(asking, parent, "second")
        assert limited.cause is not None
        assert (limited.status, limited.cause["reason"]) == ("GHOST", "RateLimitExceeded")
    finally:
        assert submit(operator, "run.limit", {**limit, "concurrent": None}).status == "COMMITTED"


def test_a_fork_of_a_fork_goes_on_from_it(asking: Asking) -> None:
    parent = asking.record(asking.run("ticks-counts"))
    one = made(asking, parent, "first", value=100)
    two = made(asking, one, "second")
    assert two["outputs"] == one["outputs"]
    check_ledger(asking.example.system)


def test_the_policy_in_force_decides_who_may_fork(asking: Asking) -> None:
    example = asking.example
    parent = asking.record(asking.run("ticks-counts"))
    this: dict[str, Json] = {"run": parent["id"], "flow": parent["flow"], "at": "second"}
    denied = example.submit(example.treasury[0], "run.fork", this)
    assert (denied.status, denied.error and denied.error.code) == ("GHOST", "E_DENIED")
    assert example.submit(example.agent, "run.fork", this).status == "COMMITTED"


def test_the_graph_joins_a_fork_to_its_parent(asking: Asking) -> None:
    parent = asking.record(asking.run("ticks-counts"))
    record = made(asking, parent, "second", value=3)
    system = asking.example.system
    rows, _, _ = system.driver.execute_query(
        "MATCH (fork:Run {id: $fork})-[edge:FORKED_FROM]->(parent:Run)"
        " RETURN parent.id AS parent, edge.at AS at, edge.ledger_index = fork.ledger_index AS by",
        {"fork": record["id"]},
        database_=system.connection.database,
    )
    assert [dict(row) for row in rows] == [{"parent": parent["id"], "at": "second", "by": True}]


def test_the_commands_fork_and_show_it(asking: Asking, logos: Logos) -> None:
    parent = str(asking.record(asking.run("ticks-counts"))["id"])
    ended = logos("run", "fork", parent[:15], "--at", "second", "--set", "value=3", "--json")
    assert ended.status == 0, ended
    identity = ended.document["result"]["run"]
    assert ended.document["result"]["forked_from"] == {"run": parent, "step": "second"}
    shown = logos("run", "show", identity).out
    assert f"forked from  {parent[:15]}" in " ".join(shown.split("\n")).replace("   ", "  ")
    document = logos("run", "show", identity, "--json").document
    assert document["values"][document["given"]["second"]["value"]] == 3
    assert logos("run", "replay", identity).status == 0
    proof = logos("run", "prove", identity, "--json")
    assert (proof.status, proof.document["error"]["code"]) == (1, "E_PROOF_FORK")
    for words, code in (
        (("--at", "nobody"), "E_FORK_STEP"),
        (("--at", "first", "--set", "nothing=1"), "E_FORK_PORT"),
        (("--at", "first", "--set", "value=x"), "E_JSON"),
        (("--at", "first", "--set", "value"), "E_FORK_SET"),
        (("--at", "first", "--set", "value=1", "--set", "value=2"), "E_FORK_SET"),
    ):
        refused = logos("run", "fork", parent, *words, "--json")
        assert refused.status == 2, refused
        assert refused.document["error"]["code"] == code
