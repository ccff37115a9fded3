"""The worked example, on the real database and the real host."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from logos_graph.canon import Json, json_id
from logos_graph.errors import NotVerified
from logos_graph.ledger import check_invariants, verify_chain
from logos_graph.store import read_state

Payment = Callable[[str], dict[str, Json]]


@pytest.mark.parametrize(
    ("name", "outcome"), [("ok", "approved"), ("hand-over", "handed-over"), ("reject", "rejected"),
                          ("invalid", "rejected")],
)  # fmt: skip
def test_a_payment_ends_where_its_score_sends_it(
    example: Any, payment: Payment, name: str, outcome: str
) -> None:
    done = example.submit(example.agent, "transfer", payment(name))
    assert (done.verdict, done.status, done.consequence) == ("ALLOW", "COMMITTED", "if_ok")
    assert done.result["outputs"]["decision"]["outcome"] == outcome


def test_only_the_step_that_the_score_reached_is_taken(example: Any, payment: Payment) -> None:
    done = example.submit(example.agent, "transfer", payment("ok"))
    run = example.system.reader.run(done.result["run"])
    status = {step["name"]: step["status"] for step in run["steps"]}
    assert status["approve"] == "done"
    assert status["hand-over"] == status["reject"] == "not_taken"
    assert status["score/combine"] == "done"


def test_a_payment_over_the_limit_waits_for_two_of_the_treasury_and_then_runs(
    example: Any, payment: Payment
) -> None:
    waiting = example.submit(example.agent, "transfer", payment("large"))
    assert (waiting.verdict, waiting.status) == ("REQUIRE", "PENDING")
    assert waiting.decision["role"] == "treasury"
    assert waiting.decision["quorum"] == {"kind": "KOfN", "k": 2}
    assert example.count("Run", intent=waiting.intent) == 0
    first = example.consent(example.treasury[0], waiting)
    assert first.settled == ()
    assert example.count("Run", intent=waiting.intent) == 0
    assert example.system.store.intent(waiting.intent).status == "PENDING"
    second = example.consent(example.treasury[1], waiting)
    assert example.count("Run", intent=waiting.intent) == 1
    assert second.settled[0].intent == waiting.intent
    assert second.settled[0].status == "COMMITTED"
    assert second.settled[0].result["outputs"]["decision"]["outcome"] == "approved"


def test_a_payment_that_policy_forbids_stays_as_a_ghost_and_never_runs(
    example: Any, payment: Payment
) -> None:
    denied = example.submit(example.agent, "transfer", payment("refused"))
    assert (denied.verdict, denied.status) == ("DENY", "GHOST")
    assert denied.cause["reason"] == "ExplicitDeny"
    assert denied.decision["policies"] == ["blocked-account"]
    assert example.count("Run", intent=denied.intent) == 0
    ghosts = example.system.reader.intents(cid=denied.intent)
    assert [row["run"] for row in ghosts] == [None]


def test_a_replayed_run_has_every_value_again(example: Any, payment: Payment) -> None:
    done = example.submit(example.agent, "transfer", payment("hand-over"))
    recorded = example.system.reader.run(done.result["run"])
    report = example.system.supervisor.runner.replay(recorded)
    assert report.same
    assert report.values >= len(recorded["carried"])
    assert report.steps == 9


def test_a_run_whose_record_was_changed_does_not_replay(example: Any, payment: Payment) -> None:
    done = example.submit(example.agent, "transfer", payment("ok"))
    recorded = example.system.reader.run(done.result["run"])
    recorded["steps"][0]["gas"] += 1
    report = example.system.supervisor.runner.replay(recorded)
    assert report.difference is not None
    assert report.difference.step == recorded["steps"][0]["name"]


def test_a_run_of_which_a_value_was_changed_does_not_replay(example: Any, payment: Payment) -> None:
    done = example.submit(example.agent, "transfer", payment("ok"))
    recorded = example.system.reader.run(done.result["run"])
    cid = recorded["outputs"]["decision"]
    recorded["values"][cid] = {**recorded["values"][cid], "outcome": "rejected"}
    with pytest.raises(NotVerified) as caught:
        example.system.supervisor.runner.replay(recorded)
    assert caught.value.code == "E_RUN_VALUE"
    assert cid in caught.value.message


def test_a_run_of_which_a_value_was_swapped_with_its_id_does_not_replay(
    example: Any, payment: Payment
) -> None:
    done = example.submit(example.agent, "transfer", payment("ok"))
    recorded = example.system.reader.run(done.result["run"])
    genuine = recorded["outputs"]["decision"]
    forged = {**recorded["values"].pop(genuine), "outcome": "rejected"}
    recorded["values"][json_id(forged)] = forged
    text = json.dumps(recorded).replace(genuine, json_id(forged))
    difference = example.system.supervisor.runner.replay(json.loads(text)).difference
    assert difference is not None
    assert (difference.step, difference.port) == ("approve", "decision")
    assert difference.expected["outcome"] == "rejected"
    assert difference.got["outcome"] == "approved"


def test_publishing_again_makes_no_second_node(example: Any) -> None:
    before = example.system.reader.rows("read/nodes", ids=None)
    source = next(row for row in before if row["node"]["name"] == "approve")
    text = example.system.reader.rows("read/source", id=source["node"]["id"])[0]["text"]
    again = example.publish_node(text, "approve")
    assert again.result["new"] is False
    assert again.result["node"] == source["node"]["id"]
    assert len(example.system.reader.rows("read/nodes", ids=None)) == len(before)


def test_the_ledger_alone_explains_the_whole_graph(example: Any, payment: Payment) -> None:
    example.submit(example.agent, "transfer", payment("ok"))
    entries = list(example.system.store.entries(0))
    assert len(list(verify_chain(entries, example.operator.did))) == len(entries)
    report = check_invariants(entries, read_state(example.system.reader))
    assert [(check.name, check.first_offender) for check in report.checks] == [
        (f"I{number}", None) for number in range(1, 6)
    ]
    assert report.ok


def test_the_audit_questions_answer_about_the_example(example: Any, payment: Payment) -> None:
    reader = example.system.reader
    waiting = example.submit(example.agent, "transfer", payment("large"))
    example.consent(example.treasury[0], waiting)
    run = example.consent(example.treasury[1], waiting).settled[0].result["run"]
    allowed = reader.rows("audit/who_allowed", run=run)
    assert {row["consented_by"] for row in allowed} == {None, "treasury-1", "treasury-2"}
    denied = example.submit(example.agent, "transfer", payment("refused"))
    ghosts = reader.rows("audit/ghosts", who="agent-1", since=0, until=1 << 62)
    assert denied.intent in {row["cid"] for row in ghosts}
    impact = reader.rows("audit/impact", id="velocity-score")
    assert [(row["name"], row["depth"]) for row in impact] == [
        ("risk-score", 1),
        ("payment-approval", 2),
    ]
    assert "transfer" in impact[1]["verbs"]
