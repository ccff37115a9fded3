"""`logos run list`, resume, cancel, limit: which runs, why one has not ended, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import json_id
from logos_graph.wiring import open_system
from tests.integration.later import Start, held, set_limit

if TYPE_CHECKING:
    from logos_graph.canon import Json
    from logos_graph.settings import Settings
    from tests.integration.conftest import Cast, Logos

Payment = Callable[[str], dict[str, "Json"]]


@pytest.fixture
def listed(logos: Logos) -> Callable[..., list[dict[str, Any]]]:
    """The rows of `logos run list`."""

    def ask(*words: str) -> list[dict[str, Any]]:
        ended = logos("run", "list", "--json", *words)
        assert (ended.status, ended.err) == (0, "")
        rows: list[dict[str, Any]] = ended.document["runs"]
        return rows

    return ask


def test_finished_runs_are_found_by_flow_principal_status_time_and_value(
    example: Cast, payment: Payment, listed: Callable[..., list[dict[str, Any]]]
) -> None:
    done = example.submit(example.agent, "transfer", payment("ok"))
    assert done.result is not None
    run = str(done.result["run"])
    recorded: Any = example.system.reader.run(run)
    cid = recorded["carried"][0]["cid"]
    text = json.dumps(recorded["values"][cid])
    for words in (
        ["--flow", "payment-approval"], ["--who", "agent-1"], ["--status", "done"],
        ["--since", "1h"], ["--value", cid], ["--value", text],
        ["--flow", "payment-approval", "--who", example.agent.did, "--value", cid, "--since", "1d"],
    ):  # fmt: skip
        assert run in [row["run"] for row in listed(*words)], words
    for words in (
        ["--flow", "risk-score"], ["--who", "treasury-1"], ["--status", "failed"],
        ["--until", "1d"], ["--value", json_id("nowhere")], ["--unfinished"],
        ["--value", cid, "--who", "treasury-1"],
    ):  # fmt: skip
        assert run not in [row["run"] for row in listed(*words)], words
    (row,) = [row for row in listed() if row["run"] == run]
    assert (row["intent"], row["who"], row["why"]) == (done.intent, "agent-1", None)


def test_an_unfinished_run_says_why_and_since_when_and_how_it_goes_on(
    example: Cast,
    settings: Settings,
    payment: Payment,
    start: Start,
    logos: Logos,
    listed: Callable[..., list[dict[str, Any]]],
) -> None:
    waiting = example.submit(example.agent, "transfer", payment("large"))
    signed = example.sign(example.agent, "transfer", payment("ok"))
    worker = held(start, "committed", signed)
    rows = {row["intent"]: row for row in listed("--unfinished", "--flow", "payment-approval")}
    asked, running = rows[waiting.intent]["why"], rows[signed.intent.cid]["why"]
    assert (rows[waiting.intent]["status"], asked["code"]) == ("consent", "consent")
    assert asked["text"].startswith(
        "waits for the consents of 2 of role treasury (there are 0) until "
    )
    assert running["code"] == "in_hand"
    assert running["text"].startswith("in hand of a live process since ")
    cancelled = example.submit(
        example.agent, "run.cancel", {"intent": signed.intent.cid, "reason": "no"}
    )
    assert cancelled.status == "COMMITTED"
    worker.kill()
    worker.wait()
    (left,) = listed("--status", "left")
    assert left["intent"] == signed.intent.cid
    assert "left by a process that is dead and is cancelled" in left["why"]["text"]
    shown = logos("run", "list", "--status", "left")
    assert "`logos run resume`" in shown.out
    with open_system(settings) as reading:  # looking takes nothing up
        assert signed.intent.cid in {each.cid for each in reading.reader.pending()}
    resumed = logos("run", "resume", left["run"], "--json")
    assert resumed.document["status"] == "GHOST"
    assert resumed.document["cause"]["code"] == "E_RUN_CANCELLED"
    given_up = logos("run", "cancel", rows[waiting.intent]["run"][:16], "--as", "agent-1", "--json")
    assert (given_up.status, given_up.document["target"]) == (
        0, {"intent": waiting.intent, "status": "GHOST"},
    )  # fmt: skip
    assert not {waiting.intent, signed.intent.cid} & {
        row["intent"] for row in listed("--unfinished")
    }


def test_cancel_waits_for_who_has_it_in_hand_and_kill_does_not(
    example: Cast, payment: Payment, start: Start, logos: Logos
) -> None:
    one = example.sign(example.agent, "transfer", payment("ok"))
    worker = held(start, "committed", one)
    asked = logos("run", "cancel", one.intent.cid, "--reason", "typed wrong", "--json")
    assert (asked.status, asked.document["target"]["status"]) == (0, "PENDING")
    killed = logos("run", "kill", one.intent.cid, "--json")
    assert (killed.status, killed.document["target"]["status"]) == (0, "GHOST")
    out, errors = worker.communicate("go on\n")
    assert json.loads(out)[1] == "GHOST", errors
    again = logos("run", "kill", one.intent.cid, "--json")
    assert (again.status, again.document["error"]["code"]) == (1, "E_RUN_ENDED")
    tried = [entry.body.get("intent") for entry in example.entries()[-2:]]
    assert logos("run", "cancel", one.intent.cid).status == 1
    assert tried == [entry.body.get("intent") for entry in example.entries()[-2:]]  # no ghost


def test_limits_are_set_shown_and_taken_away_one_by_one(example: Cast, logos: Logos) -> None:
    words = ("run", "limit", "set", "--who", "agent-1", "--json")
    try:
        stopped = logos(*words[:-1], "--concurrent", "0").out
        assert "no run of this principal begins until it is set again" in stopped
        assert logos(*words, "--concurrent", "4", "--run-seconds", "30").status == 0
        assert logos(*words, "--run-seconds", "none", "--step-seconds", "5").status == 0
        found = logos("run", "limit", "list", "--json").document["limits"]
        (mine,) = [each for each in found if each["of"] == example.agent.did]
        assert (mine["concurrent"], mine["run_seconds"], mine["step_seconds"]) == (4, None, 5)
        assert "principal" in logos("run", "limit", "list").out
    finally:
        set_limit(example, "principal", example.agent.did)
    for wrong in (["--concurrent", "-1"], ["--concurrent", "many"]):
        assert logos(*words, *wrong).status == 2
    both = logos(*words, "--flow", "risk-score", "--concurrent", "1")
    assert (both.status, both.document["error"]["code"]) == (2, "E_LIMIT_OF")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--since", "soon"], "E_WHEN"),
        (["--flow", "no-such"], "E_UNKNOWN_FLOW"),
        (["--who", "nobody"], "E_UNKNOWN_PRINCIPAL"),
        (["--value", "{"], "E_JSON"),
    ],
)
def test_a_filter_that_cannot_be_is_told(
    example: Cast, logos: Logos, words: list[str], code: str
) -> None:
    assert example
    ended = logos("run", "list", "--json", *words)
    assert ended.document["error"]["code"].startswith(code[:6])
    assert ended.status in (1, 2)


def test_a_run_that_was_left_is_cancelled_and_not_first_carried_out(
    example: Cast, payment: Payment, start: Start, logos: Logos
) -> None:
    """A command that writes takes up what was left; but not what it is to end."""
    signed = example.sign(example.agent, "transfer", payment("ok"))
    worker = held(start, "committed", signed)
    worker.kill()
    worker.wait()
    ended = logos("run", "cancel", signed.intent.cid, "--wait", "--json")
    assert (ended.status, ended.document["target"]["status"]) == (0, "GHOST")
    assert example.count("Run", intent=signed.intent.cid) == 0
