"""What a run does outside: announced first, done once, and told, whenever the process dies."""

from __future__ import annotations

import base64
import json
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.errors import LogosError
from logos_graph.wiring import open_system
from tests.integration.asking import Asking, check_ledger, grant, revoke, serving, set_up

if TYPE_CHECKING:
    import subprocess

    from logos_graph.canon import ContentId
    from logos_graph.ledger import Entry
    from logos_graph.settings import Settings
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def asking(example: Cast) -> Iterator[Asking]:
    with serving() as server:
        yield set_up(example, server)


@pytest.fixture(autouse=True)
def ledger_holds(asking: Asking) -> Iterator[None]:
    yield
    check_ledger(asking.example.system)


def told(asking: Asking, intent: ContentId) -> list[Entry]:
    """Every entry about an intent, its own included."""
    return [
        entry
        for entry in asking.example.verified()
        if intent in (entry.body.get("intent"), entry.body.get("cid"))
    ]


def killed(start: Start, step: str, signed: Any) -> None:
    """Another process submits it, and is killed when it first comes to that step."""
    worker = start("die", step, signed)
    out, errors = worker.communicate()
    assert worker.returncode == -signal.SIGKILL, errors
    assert out == ""


def _count(recorded: Any) -> int:
    """What `counts` wrote in a run, from where the first one began."""
    (written,) = (
        call["arguments"]["value"]
        for step in recorded["steps"]
        for call in step.get("calls", [])
        if call["operation"] == "kv.put"
    )
    return int(base64.b64decode(written))


def finished(settings: Settings, signed: Any) -> Outcome:
    """How the next process ends what was left."""
    with open_system(settings) as later:
        assert signed.intent.cid not in later.supervisor.view.pending
        (outcome,) = later.recovered
    assert outcome.intent == signed.intent.cid
    return outcome


def test_an_effect_is_announced_before_it_is_sent_and_told_after(asking: Asking) -> None:
    outcome = asking.run("counts-pays")
    assert outcome.consequence == "if_ok", outcome
    _, effect, answer, receipt = entries = told(asking, outcome.intent)
    assert [str(entry.kind) for entry in entries] == ["intent", "effect", "outcome", "receipt"]
    body: Any = effect.body
    assert (body["number"], body["step"], body["run"]) == (1, "second", outcome.result["run"])  # type: ignore[index]
    assert body["grant"] == asking.held("pays", "http")
    assert [each["operation"] for each in body["answers"]] == ["kv.get", "clock.now"]
    recorded: Any = asking.record(outcome)
    call = recorded["steps"][1]["calls"][1]
    assert body["call"] == {"operation": "http.request", "arguments": call["arguments"]}
    assert answer.body["answer"] == call["answer"]
    assert receipt.body["outcome"] == "done"


@pytest.mark.parametrize(
    ("step", "sent"), [("announced", 0), ("answered", 1)], ids=["before", "after"]
)
def test_killed_before_its_outcome_is_told_an_effect_is_never_sent_again(
    asking: Asking, settings: Settings, start: Start, step: str, sent: int
) -> None:
    asking.run("counts-pays")
    value, before = asking.stored("tally/n"), len(asking.server.bodies)
    signed = asking.sign("counts-pays")
    killed(start, step, signed)
    outcome = finished(settings, signed)
    assert (outcome.status, outcome.consequence) == ("COMMITTED", "if_doubt"), outcome
    assert len(asking.server.bodies) - before == sent
    recorded: Any = asking.record(outcome)
    assert recorded["failure"]["code"] == "E_EFFECT_UNKNOWN"
    assert asking.stored("tally/n") == value
    assert asking.replay(recorded).same
    kinds = [str(entry.kind) for entry in told(asking, signed.intent.cid)]
    assert kinds == ["intent", "effect", "claim", "receipt", "escalation"]


@pytest.mark.parametrize("step", ["told", "performed"])
def test_killed_after_its_outcome_is_told_a_run_goes_on_with_the_recorded_answers(
    asking: Asking, settings: Settings, start: Start, step: str
) -> None:
    before = len(asking.server.bodies)
    signed = asking.sign("counts-pays")
    killed(start, step, signed)
    outcome = finished(settings, signed)
    assert (outcome.status, outcome.consequence) == ("COMMITTED", "if_ok"), outcome
    assert len(asking.server.bodies) == before + 1
    entries = told(asking, signed.intent.cid)
    assert [str(entry.kind) for entry in entries] == [
        "intent",
        "effect",
        "outcome",
        "claim",
        "receipt",
    ]
    recorded: Any = asking.record(outcome)
    body: Any = entries[1].body
    assert recorded["steps"][1]["calls"][0]["answer"] == body["answers"][1]["answer"]  # the clock
    assert asking.replay(recorded).same


def test_killed_between_two_effects_only_the_second_is_sent_afterwards(
    asking: Asking, settings: Settings, start: Start
) -> None:
    before = len(asking.server.bodies)
    signed = asking.sign("pays-strays")
    killed(start, "told", signed)
    assert len(asking.server.bodies) == before + 1
    assert finished(settings, signed).consequence == "if_ok"
    assert len(asking.server.bodies) == before + 2
    numbers = [entry.body.get("number") for entry in told(asking, signed.intent.cid)]
    assert numbers == [None, 1, 1, None, 2, 2, None]


def test_a_grant_that_is_gone_when_a_run_goes_on_leaves_doubt(
    asking: Asking, settings: Settings, start: Start
) -> None:
    signed = asking.sign("counts-pays")
    killed(start, "told", signed)
    held = asking.held("counts", "kv")
    revoke(asking.example, held)
    try:
        outcome = finished(settings, signed)
        assert outcome.consequence == "if_doubt", outcome
    finally:
        grant(asking.example, asking.nodes["counts"], "kv", namespace="tally", write=True)


def test_a_value_that_changed_after_an_effect_leaves_doubt_and_is_not_overwritten(
    asking: Asking, settings: Settings, start: Start
) -> None:
    signed = asking.sign("counts-pays")
    killed(start, "told", signed)
    assert asking.run("ticks-counts").consequence == "if_ok"
    value, sent = asking.stored("tally/n"), len(asking.server.bodies)
    outcome = finished(settings, signed)
    assert (outcome.status, outcome.consequence) == ("COMMITTED", "if_doubt"), outcome
    recorded: Any = asking.record(outcome)
    assert (recorded["failure"]["step"], recorded["failure"]["code"]) == ("output", "E_KV_CHANGED")
    assert (asking.stored("tally/n"), len(asking.server.bodies)) == (value, sent)
    assert asking.replay(recorded).same


def test_a_value_that_changed_before_an_effect_only_makes_the_run_begin_again(
    asking: Asking, start: Start
) -> None:
    asking.run("counts-forgets")  # begins at nothing
    signed, sent = asking.sign("counts-pays"), len(asking.server.bodies)
    worker = start("hold", "announcing", signed)  # its value is read
    assert worker.stdout is not None
    assert worker.stdout.readline() == "held\n"
    between = asking.run("ticks-counts")
    out, errors = worker.communicate("go on\n")
    again, outcome = out.splitlines()
    assert again == "held", errors
    assert '"COMMITTED"' in outcome, errors
    assert len(asking.server.bodies) == sent + 1
    counted = [asking.record(between), asking.example.system.reader.run(json.loads(outcome)[2])]
    assert [_count(recorded) for recorded in counted] == [1, 2]


def test_an_intent_with_an_effect_is_not_carried_out_by_another_while_its_process_lives(
    asking: Asking, settings: Settings, start: Start
) -> None:
    signed, sent = asking.sign("counts-pays"), len(asking.server.bodies)
    worker = start("hold", "announced", signed)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "held\n"
    with open_system(settings) as beside:
        assert signed.intent.cid in beside.supervisor.view.pending
        assert beside.supervisor.view.pending[signed.intent.cid].effects == 1
        assert beside.recovered == ()
    out, errors = worker.communicate("go on\n")
    assert '"COMMITTED"' in out, errors
    assert len(asking.server.bodies) == sent + 1


def test_what_another_process_has_begun_outside_is_left_to_it_and_is_no_ghost(
    asking: Asking, settings: Settings, start: Start
) -> None:
    """One gives up what another has announced: nothing is recorded of that, the caller is told."""
    signed, sent = asking.sign("counts-pays"), len(asking.server.bodies)
    cid, begun = signed.intent.cid, list[Any]()

    def take_over(step: str, of: ContentId) -> None:
        if (step, of) != ("announcing", cid) or begun:
            return
        (settings.home / "writers" / f"{system.writers.own}.lock").unlink()
        worker = start("hold", "announced", asking.sign("ticks-counts"), cid)
        begun.append(worker)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "held\n", worker.communicate()
        raise LogosError("E_TEST", "this process gives it up")

    with open_system(settings, watch=take_over) as system:
        outcome = system.supervisor.execute(signed)
    assert (outcome.status, outcome.error and outcome.error.code) == ("PENDING", "E_TAKEN_OVER")
    out, errors = begun[0].communicate("go on\n")
    assert '"COMMITTED"' in out, errors
    assert len(asking.server.bodies) == sent + 1
    kinds = [str(entry.kind) for entry in told(asking, cid)]
    assert kinds == ["intent", "claim", "effect", "outcome", "receipt"]


def test_a_policy_that_no_longer_allows_it_stops_an_effect_that_was_not_sent(
    asking: Asking, start: Start
) -> None:
    example, sent = asking.example, len(asking.server.bodies)
    policy = example.system.supervisor.view.policy.text
    signed = asking.sign("counts-pays")
    worker = start("hold", "committed", signed)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "held\n"
    example.activate(policy + '\nforbid (principal, action == Action::"flow.run", resource);\n')
    try:
        out, errors = worker.communicate("go on\n")
        assert '"GHOST"' in out, errors
    finally:
        example.activate(policy)
    assert len(asking.server.bodies) == sent
    kinds = [str(entry.kind) for entry in told(asking, signed.intent.cid)]
    assert kinds == ["intent", "ghost"]
