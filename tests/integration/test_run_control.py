"""Cancel, kill, limits of number and of time, and the flow that a run stays on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.ledger import check_invariants
from logos_graph.wiring import open_system
from tests.integration.asking import Asking, check_ledger, serving, set_up
from tests.integration.conftest import EXAMPLE
from tests.integration.later import Start, entries_of, held, kinds, limited

if TYPE_CHECKING:
    from logos_graph.canon import ContentId, Json
    from logos_graph.identity import Signer
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast

Payment = Callable[[str], dict[str, "Json"]]
RUN_S, STEP_S = 15, 5
"""Enough for a slow machine to come to where the tests hold it."""


@pytest.fixture(scope="module")
def asking(example: Cast) -> Iterator[Asking]:
    with serving() as server:
        yield set_up(example, server)


@pytest.fixture(autouse=True)
def ledger_holds(asking: Asking) -> Iterator[None]:
    yield
    check_ledger(asking.example.system)


def cancel(example: Cast, who: Signer, target: ContentId, *, kill: bool = False) -> Outcome:
    this: dict[str, Json] = {"intent": target, "reason": "not wanted"}
    if kill:
        this["kill"] = True
    return example.submit(who, "run.cancel", this)


def ended(example: Cast, cid: ContentId) -> Any:
    record = example.system.store.intent(cid)
    assert record is not None
    return record


# --- cancel ---------------------------------------------------------------------------------------


def test_what_waits_for_consent_is_cancelled_at_once_by_who_submitted_it(
    example: Cast, payment: Payment
) -> None:
    waiting = example.submit(example.agent, "transfer", payment("large"))
    assert waiting.status == "PENDING"
    strange = cancel(example, example.treasury[0], waiting.intent)
    assert (strange.status, strange.cause and strange.cause["code"]) == ("GHOST", "E_NOT_YOURS")
    outcome = cancel(example, example.agent, waiting.intent)
    assert outcome.status == "COMMITTED"
    assert [each.status for each in outcome.settled] == ["GHOST"]
    record = ended(example, waiting.intent)
    assert (record.status, record.consequence) == ("GHOST", "if_not")
    assert record.cause == {
        "type": "AgentAbort", "code": "E_RUN_CANCELLED", "by": example.agent.did,
        "reason": "not wanted", "detail": f"cancelled by {example.agent.did}: not wanted",
    }  # fmt: skip
    again = cancel(example, example.agent, waiting.intent)
    assert (again.status, again.cause and again.cause["code"]) == ("GHOST", "E_RUN_ENDED")


@pytest.mark.parametrize(
    ("step", "status", "consequence"),
    [("committed", "GHOST", "if_not"), ("announced", "COMMITTED", "if_doubt"),
     ("told", "COMMITTED", "if_doubt")],
)  # fmt: skip
def test_what_a_dead_process_left_is_cancelled_at_once(
    asking: Asking, start: Start, step: str, status: str, consequence: str
) -> None:
    """As a ghost, or in doubt when something was done outside."""
    example, signed = asking.example, asking.sign("counts-pays")
    worker = held(start, step, signed)
    worker.kill()
    worker.wait()
    outcome = cancel(example, example.operator, signed.intent.cid)
    assert outcome.status == "COMMITTED", outcome
    record = ended(example, signed.intent.cid)
    assert (record.status, record.consequence) == (status, consequence)
    assert example.count("Run", intent=signed.intent.cid) == 0


@pytest.mark.parametrize(
    ("step", "status", "failed_at"),
    [("committed", "ghost", ""), ("told", "failed", "second"), ("performed", "ghost", "")],
)
def test_what_a_live_process_has_in_hand_stops_before_its_next_step(
    asking: Asking, start: Start, step: str, status: str, failed_at: str
) -> None:
    """One that is quicker than its first look ends as a ghost: nothing of it takes hold."""
    flow = "ticks-counts" if step == "performed" else "pays-strays"
    example, signed = asking.example, asking.sign(flow)
    cid, before = signed.intent.cid, len(asking.server.bodies)
    worker = held(start, step, signed)
    outcome = cancel(example, example.operator, cid)
    assert (outcome.status, outcome.settled) == ("COMMITTED", ())
    example.system.supervisor.catch_up()
    pending = example.system.supervisor.view.pending[cid]
    assert pending.cancelled is not None
    twice = cancel(example, example.operator, cid)
    assert twice.cause is not None
    assert twice.cause["code"] == "E_CANCELLED_ALREADY"
    out, errors = worker.communicate("go on\n")
    assert worker.returncode == 0, errors
    record = ended(example, cid)
    if status == "ghost":
        assert json.loads(out)[1] == record.status == "GHOST"
        assert record.cause["by"] == example.operator.did
        return
    assert json.loads(out)[1] == record.status == "COMMITTED"
    assert record.consequence == "if_not"
    assert record.result["failure"]["step"] == failed_at
    assert record.result["failure"]["code"] == "E_RUN_CANCELLED"
    assert len(asking.server.bodies) == before + (step == "told")
    assert asking.replay(example.system.reader.run(record.result["run"])).same


def test_a_cancelled_run_whose_process_dies_is_not_carried_on(asking: Asking, start: Start) -> None:
    example, signed = asking.example, asking.sign("counts-pays")
    worker = held(start, "committed", signed)
    cancel(example, example.operator, signed.intent.cid)
    worker.kill()
    worker.wait()
    example.system.supervisor.recover()
    record = ended(example, signed.intent.cid)
    assert (record.status, record.cause["code"]) == ("GHOST", "E_RUN_CANCELLED")
    assert record.cause["by"] == example.operator.did


@pytest.mark.parametrize(
    ("step", "status", "consequence"),
    [("committed", "GHOST", "if_not"), ("announced", "COMMITTED", "if_doubt")],
)
def test_a_kill_ends_it_at_once_and_its_holder_can_record_nothing(
    asking: Asking, start: Start, step: str, status: str, consequence: str
) -> None:
    example, signed = asking.example, asking.sign("counts-pays")
    cid, before = signed.intent.cid, len(asking.server.bodies)
    worker = held(start, step, signed)
    outcome = cancel(example, example.operator, cid, kill=True)
    assert [each.status for each in outcome.settled] == [status]
    length = len(example.entries())
    out, errors = worker.communicate("go on\n")
    assert worker.returncode == 0, errors
    assert json.loads(out)[:2] == [cid, status]
    assert ended(example, cid).consequence == consequence
    assert len(example.entries()) == length
    assert len(asking.server.bodies) == before + (step == "announced")


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["flow", "principal", "ledger"])
def test_no_more_runs_begin_at_once_than_the_ledger_allows(
    asking: Asking, start: Start, scope: str
) -> None:
    example = asking.example
    of = {"flow": asking.flows["counts-pays"], "principal": example.operator.did}.get(scope)
    signed = asking.sign("counts-pays")
    worker = held(start, "committed", signed)
    with limited(example, scope, of, concurrent=1):
        denied = asking.run("counts-pays")
        assert (denied.status, denied.verdict) == ("GHOST", "DENY")
        assert denied.decision["reason"] == "RateLimitExceeded"
        assert denied.cause is not None
        limit: Any = denied.cause["limit"]
        assert (limit["concurrent"], denied.cause["window"]) == (1, None)
        assert denied.error is not None
        assert denied.error.code == "E_RUN_LIMIT"
        worker.communicate("go on\n")
        assert asking.run("counts-pays").status == "COMMITTED"


def test_another_flow_has_its_own_limit_and_what_is_no_run_has_none(
    asking: Asking, start: Start
) -> None:
    example = asking.example
    worker = held(start, "committed", asking.sign("counts-pays"))
    with limited(example, "flow", asking.flows["counts-pays"], concurrent=0):
        assert asking.run("counts-pays").status == "GHOST"
        assert asking.run("ticks-counts").status == "COMMITTED"
    worker.communicate("go on\n")


def test_a_consent_that_would_begin_one_run_too_many_is_refused_and_the_question_stays(
    example: Cast, payment: Payment
) -> None:
    flow = example.system.reader.resolve("payment-approval", ("Flow",))
    waiting = example.submit(example.agent, "transfer", payment("large"))
    example.consent(example.treasury[0], waiting)
    with limited(example, "flow", flow, concurrent=0):
        refused = example.consent(example.treasury[1], waiting)
        assert (refused.status, refused.cause and refused.cause["code"]) == ("GHOST", "E_RUN_LIMIT")
    (settled,) = example.consent(example.treasury[1], waiting).settled
    assert settled.status == "COMMITTED"


def test_a_run_stops_when_its_time_is_over(asking: Asking, start: Start) -> None:
    """It stood still longer than that, however quick this machine is: its clock says so."""
    example, signed = asking.example, asking.sign("pays-strays")
    with limited(example, "flow", asking.flows["pays-strays"], run_seconds=RUN_S):
        worker = held(start, "told", signed)
        began = example.system.clock.now_ns()
        while example.system.clock.now_ns() <= began + RUN_S * 1_000_000_000:
            example.system.supervisor.catch_up()
        worker.communicate("go on\n")
    record = ended(example, signed.intent.cid)
    failure = record.result["failure"]
    assert (failure["step"], failure["code"]) == ("second", "E_RUN_TIME")
    assert failure["reason"] == f"the run has taken the {RUN_S} s that it may take"
    assert record.consequence == "if_not"
    assert asking.replay(example.system.reader.run(record.result["run"])).same


def test_a_step_that_took_too_long_has_no_outputs(asking: Asking, start: Start) -> None:
    example, signed = asking.example, asking.sign("pays-strays")
    with limited(example, "principal", example.operator.did, step_seconds=STEP_S):
        worker = held(start, "told", signed)
        began = example.system.clock.now_ns()
        while example.system.clock.now_ns() <= began + STEP_S * 1_000_000_000:
            example.system.supervisor.catch_up()
        worker.communicate("go on\n")
    record = ended(example, signed.intent.cid)
    assert record.result["failure"]["code"] == "E_STEP_TIME"
    assert record.result["failure"]["step"] == "first"
    recorded = example.system.reader.run(record.result["run"])
    assert asking.replay(recorded).same


@pytest.mark.parametrize(
    ("this", "code"),
    [
        ({"scope": "ledger", "of": "x"}, "E_LIMIT_OF"),
        ({"scope": "flow", "of": None}, "E_LIMIT_OF"),
        ({"scope": "flow", "of": "b3:" + "0" * 64}, "E_UNKNOWN_FLOW"),
        ({"scope": "principal", "of": "did:key:nobody"}, "E_UNKNOWN_PRINCIPAL"),
    ],
)
def test_a_limit_is_of_something_that_there_is(
    example: Cast, this: dict[str, Json], code: str
) -> None:
    numbers: dict[str, Json] = {"concurrent": 1, "run_seconds": None, "step_seconds": None}
    outcome = example.submit(example.operator, "run.limit", {**this, **numbers})
    assert outcome.cause is not None
    assert outcome.cause["code"] == code


def test_a_limit_outlives_its_process_and_the_last_one_counts(example: Cast, settings: Any) -> None:
    with (
        limited(example, "principal", example.agent.did, concurrent=3, run_seconds=9),
        open_system(settings) as other,
    ):
        found = other.supervisor.view.limits.get(f"principal/{example.agent.did}")
        assert found is not None
        assert (found["concurrent"], found["run_seconds"]) == (3, 9)
    example.system.supervisor.catch_up()
    gone = example.system.supervisor.view.limits.get(f"principal/{example.agent.did}")
    assert gone is not None
    assert gone["concurrent"] is None


# --- the flow that a run stays on -----------------------------------------------------------------


def test_the_flow_is_recorded_with_the_intent_and_the_run_is_of_that_flow(asking: Asking) -> None:
    example, outcome = asking.example, asking.run("ticks-counts")
    intent, receipt = entries_of(example, outcome.intent)
    assert intent.body["flow"] == asking.flows["ticks-counts"]
    mutations: Any = receipt.body["mutations"]
    assert mutations[0]["flow"] == asking.flows["ticks-counts"]
    assert example.count("LogLine", cid=outcome.intent, flow=asking.flows["ticks-counts"]) == 1
    other = example.submit(example.operator, "capability.revoke", {"grant": outcome.intent})
    assert entries_of(example, other.intent)[0].body["flow"] is None
    assert check_invariants(example.entries(), None).I2.ok
    assert kinds(example, outcome.intent) == ["intent", "receipt"]


@pytest.fixture
def picks(asking: Asking) -> Iterator[dict[str, Any]]:
    """A verb that everybody may use, bound to a flow; the policy of the example afterwards."""
    example, text = asking.example, (EXAMPLE / "policy.cedar").read_text()
    rule = '@id("picks") permit (principal, action == Action::"pick", resource);\n'
    verb: dict[str, Any] = {
        "name": "pick", "docs": "Runs a flow.", "risk": "L1", "flow": asking.flows["ticks-counts"],
        "schema": {"type": "object", "properties": {"value": {"type": "integer"}}},
    }  # fmt: skip
    assert example.submit(example.operator, "verb.register", verb).status == "COMMITTED"
    example.activate(text + rule)
    yield verb
    example.activate(text)


def test_what_was_submitted_stays_on_its_flow_when_its_verb_is_bound_to_another(
    asking: Asking, picks: dict[str, Any], start: Start
) -> None:
    example = asking.example
    signed = example.sign(example.operator, "pick", {"value": 5})
    worker = held(start, "committed", signed)
    other = {**picks, "flow": asking.flows["counts-forgets"]}
    assert example.submit(example.operator, "verb.register", other).status == "COMMITTED"
    worker.kill()
    worker.wait()
    example.system.supervisor.recover()
    assert ended(example, signed.intent.cid).result["flow"] == picks["flow"]
    new = example.submit(example.operator, "pick", {"value": 5})
    assert new.result is not None
    assert new.result["flow"] == other["flow"]
    changes: tuple[dict[str, Json], ...] = ({}, {"docs": "Another."}, {"flow": None})
    for change in changes:
        refused = example.submit(example.operator, "verb.register", {**other, **change})
        assert refused.cause is not None
        assert refused.cause["code"] == "E_VERB_EXISTS"
