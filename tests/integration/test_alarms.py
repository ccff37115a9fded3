"""Alarms, circuit breakers, rates: the paper's 47 ghosts in 47 minutes, on the real server.

In a home of their own: a simulated clock takes a ledger's time along, which never goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.identity import Did, Signer
from logos_graph.ledger import check_invariants
from logos_graph.ledger.patterns import MOST_OPEN_ESCALATIONS, PATTERNS
from logos_graph.settings import Settings
from logos_graph.store.state import read_state
from logos_graph.supervisor import Outcome
from logos_graph.wiring import System, open_system
from tests.homes import running_home
from tests.integration.conftest import Cast, Logos, cast_of, example_of, logos_of
from tests.integration.desk import MINUTE, Desk

BLOCKED = "ACC66600666"
PROBE: dict[str, Any] = {
    "name": "probe",
    "docs": "Asks for an amount; nobody is permitted to.",
    "risk": "L2",
    "schema": {"type": "object", "properties": {"amount": {"type": "integer"}}},
    "amount": "/amount",
    "flow": None,
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Settings]:
    """A home of these tests' own, with a running database."""
    with running_home(tmp_path_factory.mktemp("alarms"), cache) as home:
        yield home


@pytest.fixture(scope="module")
def system(settings: Settings) -> Iterator[System]:
    """The opened system over it."""
    with open_system(settings) as opened_system:
        yield opened_system


@pytest.fixture(scope="module")
def cast(system: System) -> Cast:
    """Its cast."""
    return cast_of(system)


@pytest.fixture(scope="module")
def example(cast: Cast) -> Cast:
    """The payment approval in it."""
    return example_of(cast)


@pytest.fixture(scope="module")
def logos(settings: Settings) -> Logos:
    """The installed command, in that home."""
    return logos_of(settings)


@contextmanager
def opened(example: Cast, settings: Settings) -> Iterator[Desk]:
    with open_system(settings) as system:
        yield Desk(example, system)
    example.system.supervisor.catch_up()


@pytest.fixture
def desk(example: Cast, settings: Settings) -> Iterator[Desk]:
    with opened(example, settings) as made:
        yield made


@pytest.fixture
def assistant(desk: Desk, request: pytest.FixtureRequest) -> Signer:
    """A new agent with legitimate access."""
    name = f"a-{abs(hash(request.node.name)):x}"[:30]
    return desk.cast.register(name, ["agent"], "agent")


@pytest.fixture
def theft(payment: Callable[[str], dict[str, Json]]) -> dict[str, Json]:
    """A transfer that the policy denies."""
    this: Any = payment("ok")
    return {"payment": {**this["payment"], "to-account": BLOCKED}}


def cause(outcome: Outcome) -> dict[str, Any]:
    assert (outcome.status, outcome.cause is None) == ("GHOST", False), outcome
    return dict(outcome.cause or {})


def reason(outcome: Outcome) -> str:
    return str(cause(outcome)["reason"])


def patterns(alarms: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(each["pattern"], each["status"], each["count"]) for each in alarms]


def check_everything(desk: Desk) -> None:
    """I1 to I5 over the whole ledger, the stored state included."""
    report = check_invariants(desk.system.store.entries(0), read_state(desk.system.reader))
    assert report.ok, report


def steal(desk: Desk, assistant: Signer, theft: dict[str, Json], times: int) -> list[Outcome]:
    """So many attempts, a minute apart."""
    found = []
    for _ in range(times):
        found.append(desk.submit(assistant, "transfer", theft))
        desk.clock.forward(1)
    return found


def test_forty_seven_refused_transfers_in_forty_seven_minutes_open_the_breaker(
    desk: Desk, assistant: Signer, theft: dict[str, Json], payment: Any
) -> None:
    runs = desk.cast.count("Run")
    denied = steal(desk, assistant, theft, 47)
    assert {reason(each) for each in denied} == {"ExplicitDeny"}
    assert patterns(desk.alarms(assistant)) == [
        ("RepeatedDenials", "noted", 6),
        ("Burst", "open", 47),
    ]
    burst = desk.alarms(assistant)[1]
    assert burst["intents"] == [each.intent for each in denied[-16:]]
    held = desk.submit(assistant, "transfer", payment("ok"))  # one that is allowed to anybody
    assert (reason(held), cause(held)["code"]) == ("CircuitBreakerOpen", "E_BREAKER_OPEN")
    assert held.decision["reason"] == "CircuitBreakerOpen"
    assert desk.cast.count("Run") == runs  # nothing moved
    check_everything(desk)
    assert desk.lift(assistant).status == "COMMITTED"
    assert desk.submit(assistant, "transfer", payment("ok")).status == "COMMITTED"
    assert patterns(desk.alarms(assistant))[1] == ("Burst", "lifted", 47)
    check_everything(desk)


def test_another_process_finds_the_breaker_open(
    desk: Desk, example: Cast, settings: Settings, assistant: Signer, theft: dict[str, Json]
) -> None:
    steal(desk, assistant, theft, 47)
    with opened(example, settings) as other:
        assert reason(other.submit(assistant, "transfer", theft)) == "CircuitBreakerOpen"
    example.system.supervisor.catch_up()
    assert example.system.supervisor.view.watched.breaker(assistant.did)
    assert desk.lift(assistant).status == "COMMITTED"


def test_a_new_process_remembers_the_ghosts_before_it(
    desk: Desk, example: Cast, settings: Settings, assistant: Signer, theft: dict[str, Json]
) -> None:
    steal(desk, assistant, theft, 46)
    with opened(example, settings) as other:
        steal(other, assistant, theft, 1)
        assert patterns(other.alarms(assistant))[-1] == ("Burst", "open", 47)
        assert other.lift(assistant).status == "COMMITTED"


def test_a_process_that_dies_before_the_alarm_leaves_it_to_the_next(
    desk: Desk,
    example: Cast,
    settings: Settings,
    assistant: Signer,
    theft: dict[str, Json],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("logos_graph.supervisor.lookout.Lookout.look", lambda _self: None)
        steal(desk, assistant, theft, 47)
    assert desk.alarms(assistant) == []
    with opened(example, settings) as other:
        assert len(other.system.supervisor.view.watched.breaker(assistant.did)) == 1
        assert other.lift(assistant).status == "COMMITTED"


def test_forty_seven_in_more_than_forty_seven_minutes_open_nothing(
    desk: Desk, assistant: Signer, theft: dict[str, Json]
) -> None:
    steal(desk, assistant, theft, 24)
    desk.clock.forward(2)
    steal(desk, assistant, theft, 23)
    assert {each["pattern"] for each in desk.alarms(assistant)} == {"RepeatedDenials"}


def test_a_pattern_is_told_once_per_window(
    desk: Desk, assistant: Signer, theft: dict[str, Json]
) -> None:
    steal(desk, assistant, theft, 20)
    assert patterns(desk.alarms(assistant)) == [("RepeatedDenials", "noted", 6)]
    view = desk.system.supervisor.view
    assert len(view.watched.open_alarms(assistant.did, desk.clock.time)) == 1
    desk.clock.forward(60)
    assert not view.watched.open_alarms(assistant.did, desk.clock.time)
    steal(desk, assistant, theft, 7)
    assert patterns(desk.alarms(assistant)) == [("RepeatedDenials", "noted", 6)] * 2


def test_rising_amounts_of_refused_acts_open_the_breaker(desk: Desk, assistant: Signer) -> None:
    if "probe" not in desk.system.supervisor.view.verbs:
        assert desk.submit(desk.cast.operator, "verb.register", PROBE).status == "COMMITTED"
    for amount in (100, 90, 95, 200, 400, 400, 500):  # never five in a row
        assert reason(desk.submit(assistant, "probe", {"amount": amount})) == "PolicyViolation"
    assert [each["pattern"] for each in desk.alarms(assistant)] == ["RepeatedDenials"]
    for amount in (600, 700, 800):
        desk.submit(assistant, "probe", {"amount": amount})
    assert patterns(desk.alarms(assistant))[-1] == ("EscalatingProbes", "open", 5)
    assert reason(desk.submit(assistant, "probe", {"amount": 1})) == "CircuitBreakerOpen"
    assert desk.lift(assistant).status == "COMMITTED"
    check_everything(desk)


def test_a_broken_principal_may_answer_and_stop_things_and_nothing_else(
    desk: Desk, payment: Any, theft: dict[str, Json]
) -> None:
    both = desk.cast.register("agent-and-treasurer-2", ["agent", "treasury"])
    waiting = desk.submit(desk.cast.agent, "transfer", payment("large"))
    steal(desk, both, theft, 47)
    assert desk.cast.consent(both, waiting).status == "COMMITTED"
    stop: dict[str, Json] = {"intent": waiting.intent, "reason": "stop"}
    stopped = desk.submit(both, "run.cancel", stop)
    assert cause(stopped).get("reason") != "CircuitBreakerOpen"
    assert reason(desk.submit(both, "flow.run", {"flow": waiting.intent, "inputs": {}})) in (
        "CircuitBreakerOpen",
        "PolicyViolation",
    )
    assert desk.lift(both).status == "COMMITTED"


def test_whoever_is_taken_over_can_still_give_up_its_key(
    desk: Desk, assistant: Signer, theft: dict[str, Json]
) -> None:
    steal(desk, assistant, theft, 47)
    gone: dict[str, Json] = {"principal": assistant.did, "id": assistant.did, "reason": "stolen"}
    assert desk.submit(assistant, "principal.revoke", gone).status == "COMMITTED"
    with pytest.raises(Rejected, match="E_KEY_REVOKED"):
        desk.submit(assistant, "principal.revoke", gone)
    check_everything(desk)


def test_a_breaker_is_lifted_by_a_quorum_and_never_by_the_principal_itself(
    desk: Desk, theft: dict[str, Json]
) -> None:
    both = desk.cast.register("approver-who-probes", ["agent", "approver", "operator"])
    steal(desk, both, theft, 47)
    this: dict[str, Json] = {"who": both.did, "note": "it was a mistake"}
    assert reason(desk.submit(both, "breaker.lift", this)) == "CircuitBreakerOpen"
    waiting = desk.submit(desk.cast.operator, "breaker.lift", this)
    assert (waiting.status, waiting.decision["role"]) == ("PENDING", "approver")
    assert waiting.decision["outcome"] == "REQUIRE"
    own = desk.cast.consent(both, waiting)
    assert own.error is not None
    assert own.error.code == "E_BREAKER_OWN"
    one = desk.cast.consent(desk.cast.treasury[0], waiting)
    assert (one.status, one.settled) == ("COMMITTED", ())  # not enough
    assert desk.system.supervisor.view.watched.breaker(both.did)
    (settled,) = desk.cast.consent(desk.cast.treasury[1], waiting).settled
    assert settled.status == "COMMITTED"
    assert not desk.system.supervisor.view.watched.breaker(both.did)
    check_everything(desk)


def test_a_breaker_that_is_closed_cannot_be_lifted(desk: Desk, assistant: Signer) -> None:
    ended = desk.lift(assistant)
    assert ended.error is not None
    assert ended.error.code == "E_BREAKER_CLOSED"


def test_ghosts_before_the_lifting_count_no_more(
    desk: Desk, assistant: Signer, theft: dict[str, Json]
) -> None:
    steal(desk, assistant, theft, 47)
    assert desk.lift(assistant).status == "COMMITTED"
    before = len(desk.alarms(assistant))
    steal(desk, assistant, theft, 5)
    assert len(desk.alarms(assistant)) == before


def test_what_waited_for_consent_is_denied_once_the_breaker_is_open(
    desk: Desk, assistant: Signer, theft: dict[str, Json], payment: Any
) -> None:
    waiting = desk.submit(assistant, "transfer", payment("large"))
    assert waiting.status == "PENDING"
    steal(desk, assistant, theft, 47)
    (settled,) = desk.cast.consent(desk.cast.treasury[0], waiting).settled
    assert cause_of(desk, settled)["reason"] == "CircuitBreakerOpen"
    assert desk.lift(assistant).status == "COMMITTED"


def test_what_was_allowed_and_left_is_not_carried_out_under_an_open_breaker(
    desk: Desk, assistant: Signer, theft: dict[str, Json], payment: Any
) -> None:
    desk.leaves = True
    left = desk.submit(assistant, "transfer", payment("ok"))
    assert (left.status, left.decision["outcome"]) == ("PENDING", "ALLOW")
    desk.leaves = False
    steal(desk, assistant, theft, 47)
    desk.system.supervisor.recover()
    assert cause_of(desk, left)["code"] == "E_BREAKER_OPEN"
    check_everything(desk)
    assert desk.lift(assistant).status == "COMMITTED"


def cause_of(desk: Desk, outcome: Outcome) -> dict[str, Any]:
    record = desk.system.store.intent(outcome.intent)
    assert record is not None
    assert record.status == "GHOST"
    return dict(record.cause or {})


def test_policy_sees_the_breaker_and_the_alarms(
    desk: Desk, assistant: Signer, theft: dict[str, Json], payment: Any
) -> None:
    before = desk.submit(assistant, "transfer", payment("ok"))
    seen: Any = before.decision["context"]
    assert (seen["breaker"], seen["alarms"]) == (False, 0)
    steal(desk, assistant, theft, 6)
    after: Any = desk.submit(assistant, "transfer", payment("ok")).decision["context"]
    assert (after["breaker"], after["alarms"]) == (False, 1)


@pytest.mark.parametrize("seed", range(3))
def test_the_graph_finds_what_the_view_remembers(
    desk: Desk, assistant: Signer, theft: dict[str, Json], seed: int
) -> None:
    random = Random(seed)
    if "probe" not in desk.system.supervisor.view.verbs:
        assert desk.submit(desk.cast.operator, "verb.register", PROBE).status == "COMMITTED"
    for _ in range(12):
        desk.clock.forward(random.randint(0, 15))
        desk.submit(assistant, "probe", {"amount": random.randint(1, 4)})
        view = desk.system.supervisor.view
        marks = view.watched.ghosts[assistant.did]
        now = desk.clock.time
        for pattern in PATTERNS.values():
            for threshold in (1, 2, 3, pattern.threshold):
                lower = type(pattern)(
                    pattern.name, pattern.statement, pattern.window_s, threshold,
                    pattern.severity, pattern.denials, pattern.rising,
                )  # fmt: skip
                after = view.watched.lifted.get(assistant.did, -1)
                inside = [m for m in marks if m.at > now - lower.window_ns and m.index > after]
                found = desk.system.store.ghosts_of(
                    lower.statement, assistant.did,
                    since_ns=now - lower.window_ns, after=after, threshold=threshold,
                )  # fmt: skip
                assert found == [each.cid for each in lower.found(inside)]


def test_the_graph_counts_denials_among_the_youngest_ghosts_only(
    desk: Desk, assistant: Signer
) -> None:
    """As many as an auditor remembers: an alarm that he does not find would break the ledger."""
    nothing: dict[str, Json] = {"intent": f"b3:{'0' * 64}", "reason": "none"}
    for verb, times in (("no.such", 5), ("run.cancel", 59), ("no.such", 6)):
        for _ in range(times):
            assert desk.submit(assistant, verb, nothing).status == "GHOST"
    raised = [(name, count) for name, _, count in patterns(desk.alarms(assistant))]
    assert sorted(raised) == [("Burst", 47), ("RepeatedDenials", 6)]
    check_everything(desk)


# rates -----------------------------------------------------------------------


def set_rate(desk: Desk, who: Did | None, verb: str | None, count: int | None, s: int) -> Outcome:
    this: dict[str, Json] = {"who": who, "verb": verb, "count": count, "seconds": s}
    return desk.submit(desk.cast.operator, "rate.limit", this)


def test_one_act_too_many_is_denied_until_the_window_has_moved_on(
    desk: Desk, example: Cast, settings: Settings, assistant: Signer, payment: Any
) -> None:
    small = payment("ok")
    assert set_rate(desk, assistant.did, "transfer", 3, 120).status == "COMMITTED"
    for _ in range(3):
        assert desk.submit(assistant, "transfer", small).status == "COMMITTED"
    denied = desk.submit(assistant, "transfer", small)
    assert (reason(denied), cause(denied)["window"]) == ("RateLimitExceeded", 120)
    assert cause(denied)["limit"]["count"] == 3
    assert desk.submit(desk.cast.agent, "transfer", small).status == "COMMITTED"  # of him alone
    with opened(example, settings) as other:  # a new process counts the same
        other.clock.time = desk.clock.time
        assert reason(other.submit(assistant, "transfer", small)) == "RateLimitExceeded"
    desk.clock.forward(3)
    assert desk.submit(assistant, "transfer", small).status == "COMMITTED"
    assert set_rate(desk, assistant.did, "transfer", None, 120).status == "COMMITTED"
    check_everything(desk)


def test_what_was_denied_does_not_count_and_a_rate_can_always_be_taken_away(
    desk: Desk, assistant: Signer, theft: dict[str, Json], payment: Any
) -> None:
    assert set_rate(desk, assistant.did, None, 1, 86_400).status == "COMMITTED"
    steal(desk, assistant, theft, 3)
    assert desk.submit(assistant, "transfer", payment("ok")).status == "COMMITTED"
    assert reason(desk.submit(assistant, "transfer", payment("ok"))) == "RateLimitExceeded"
    assert set_rate(desk, desk.cast.operator.did, None, 0, 60).status == "COMMITTED"
    denied = desk.submit(desk.cast.operator, "run.cancel", {"intent": "x", "reason": "x"})
    assert denied.status == "GHOST"
    assert set_rate(desk, desk.cast.operator.did, None, None, 60).status == "COMMITTED"
    assert set_rate(desk, assistant.did, None, None, 60).status == "COMMITTED"


def test_who_is_held_off_is_no_attacker(desk: Desk, assistant: Signer, payment: Any) -> None:
    assert set_rate(desk, assistant.did, "transfer", 0, 60).status == "COMMITTED"
    for _ in range(8):
        assert reason(desk.submit(assistant, "transfer", payment("ok"))) == "RateLimitExceeded"
    assert desk.alarms(assistant) == []
    assert set_rate(desk, assistant.did, "transfer", None, 60).status == "COMMITTED"


def test_denied_intents_do_not_flood_those_who_answer_escalations(
    desk: Desk, assistant: Signer, theft: dict[str, Json]
) -> None:
    ended = []
    for _ in range(MOST_OPEN_ESCALATIONS + 3):
        ended.append(desk.submit(assistant, "transfer", theft, if_not="escalate:treasury"))
        desk.clock.forward(2)
    view = desk.system.supervisor.view
    assert view.open_escalations(assistant.did) == MOST_OPEN_ESCALATIONS
    assert "escalates" not in cause_of(desk, ended[0])
    assert cause_of(desk, ended[-1])["escalates"] is False
    answer: dict[str, Json] = {"intent": ended[0].intent, "answer": "accepted"}
    done = desk.submit(desk.cast.treasury[0], "escalation.resolve", answer)
    assert done.status == "COMMITTED"
    assert view.open_escalations(assistant.did) == MOST_OPEN_ESCALATIONS - 1
    again = desk.submit(assistant, "transfer", theft, if_not="escalate:treasury")
    assert "escalates" not in cause_of(desk, again)
    for each in [*ended[1:MOST_OPEN_ESCALATIONS], again]:
        answer = {"intent": each.intent, "answer": "accepted"}
        desk.submit(desk.cast.treasury[0], "escalation.resolve", answer)
    check_everything(desk)


# what is shown -----------------------------------------------------------------------


def test_the_commands_show_and_lift(
    desk: Desk, assistant: Signer, theft: dict[str, Json], logos: Logos
) -> None:
    steal(desk, assistant, theft, 47)
    listed = logos("alarm", "list", "--who", assistant.did, "--json").document["alarms"]
    assert [each["pattern"] for each in listed] == ["Burst", "RepeatedDenials"]
    shown = logos("alarm", "show", listed[0]["alarm"][:14], "--json").document
    assert (shown["status"], len(shown["ghosts"])) == ("open", 16)
    assert shown["ghosts"][-1]["cause"]["reason"] == "ExplicitDeny"
    breakers = logos("breaker", "list", "--json").document["breakers"]
    (broken,) = [each for each in breakers if each["who"] == assistant.did]
    assert broken["alarms"] == [listed[0]["alarm"]]
    end = f"until={desk.clock.time + MINUTE}"  # the command has the real clock
    told = logos("audit", "alarms", "--param", end, "--json").document["rows"]
    assert listed[0]["alarm"] in [row["alarm"] for row in told]
    words = ("ghost", "list", "--since", "1h", "--limit", "100")
    ghosts = logos(*words, "--who", assistant.did, "--json").document
    assert len(ghosts["ghosts"]) == 47
    assert desk.lift(assistant).status == "COMMITTED"


def test_why_a_rate_denied(desk: Desk, assistant: Signer, payment: Any, logos: Logos) -> None:
    assert set_rate(desk, assistant.did, "transfer", 0, 60).status == "COMMITTED"
    denied = desk.submit(assistant, "transfer", payment("ok"))
    assert set_rate(desk, assistant.did, "transfer", None, 60).status == "COMMITTED"
    told = logos("why", denied.intent, "--json").document
    assert (told["status"], told["judged_again"], told["rules"]) == ("GHOST", None, [])
    assert told["otherwise"] == [
        {"if": "the window had room", "then": "the policy's answer would stand"}
    ]
    (said,) = [each for each in told["sentences"] if "The gate denied it" in each]
    assert said.startswith("The gate denied it, whatever policy says: 0 act(s) in 60 s")


def test_why_what_nobody_consented_to_in_time_took_no_effect(
    desk: Desk, assistant: Signer, payment: Any, logos: Logos
) -> None:
    waiting = desk.submit(assistant, "transfer", payment("large"))
    assert waiting.status == "PENDING", waiting
    given = desk.cast.consent(desk.cast.treasury[0], waiting)
    assert given.status == "COMMITTED", given
    desk.clock.forward(73 * 60)
    desk.system.supervisor.recover()
    told = logos("why", waiting.intent, "--json").document
    assert (told["status"], told["decision"]["outcome"]) == ("GHOST", "REQUIRE")
    assert told["sentences"][-2].startswith("treasury-1 consented (entry ")
    assert told["sentences"][-1].startswith(
        "It took no effect: 1 of 2 consents came in time (entry "
    )
