"""Further tries of a request: counted by the service, told by the ledger, whenever one dies."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.ledger import effect_key
from logos_graph.supervisor import Runner
from logos_graph.wiring import open_system
from tests.counting_service import (
    ANSWER,
    DROP_AFTER_READING,
    DROP_BEFORE_READING,
    DROP_HALFWAY,
    Behaviour,
    CountingService,
    Fail,
    counting_service,
)
from tests.integration.asking import check_ledger, grant, publish, revoke

if TYPE_CHECKING:
    import subprocess

    from logos_graph.ledger import Entry
    from logos_graph.settings import Settings
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast, Logos

Start = Callable[..., "subprocess.Popen[str]"]

NODE = """
use logos_sdk::prelude::*;

node! {
    /// Posts the value and the time; gives the answer's status, or 0 if there was none.
    fn NAME(value: u32) -> out: u32 {
        let body = format!("{} at {}", value, clock::now());
        match http::send(http::Request::post("URL/NAME", body)) {
            Ok(response) => u32::from(response.status),
            Err(_) => 0,
        }
    }
}
"""
FLOW = """
[flow]
name = "NAME-once"
[inputs]
value = "u32"
[placements]
pay = "NAME"
[[edges]]
from = "input.value"
to = "pay.value"
[outputs]
out = "pay.out"
"""
ATTEMPTS = 3
RETRY: dict[str, Json] = {
    "attempts": ATTEMPTS, "first_ms": 20, "factor": "1.5", "ceiling_ms": 50, "statuses": [503],
}  # fmt: skip
STEPS = ("announcing", "announced", "answered", "told")


@dataclass(frozen=True)
class Trying:
    """A flow of one node for each policy, and the service that they post to."""

    example: Cast
    service: CountingService
    nodes: dict[str, ContentId]
    flows: dict[str, ContentId]

    def sign(self, name: str) -> Any:
        this: dict[str, Json] = {"flow": self.flows[name], "inputs": {"value": 5}}
        return self.example.sign(self.example.operator, "flow.run", this)

    def run(self, name: str) -> Outcome:
        return self.example.system.supervisor.execute(self.sign(name))

    def told(self, intent: ContentId) -> list[Entry]:
        return [each for each in self.example.verified() if each.body.get("intent") == intent]

    def tries(self, intent: ContentId) -> list[Any]:
        """The bodies of the effects of an intent."""
        return [each.body for each in self.told(intent) if each.kind == "effect"]

    def record(self, outcome: Outcome) -> Any:
        assert outcome.result is not None, outcome
        return self.example.system.reader.run(str(outcome.result["run"]))

    def replays(self, outcome: Outcome) -> bool:
        system, before = self.example.system, self.service.connections
        report = Runner(system.store, system.host).replay(self.record(outcome))
        return report.same and self.service.connections == before


def limits(url: str, name: str) -> dict[str, Json]:
    http: dict[str, Json] = {"allow": [f"POST {url}"], "private": True, "seconds": 5}
    if name != "once":
        http["retry"] = RETRY | ({"unknown": True} if name == "insists" else {})
    return http


@pytest.fixture(scope="module")
def trying(example: Cast) -> Iterator[Trying]:
    """once: no policy. tries: one. insists: the same, and the service is said to know the key."""
    with counting_service() as service:
        nodes, flows = dict[str, ContentId](), dict[str, ContentId]()
        for name in ("once", "tries", "insists"):
            source = NODE.replace("URL", service.url).replace("NAME", name)
            grants: Any = {"clock": {}, "http": limits(service.url, name)}
            nodes[name] = publish(example, name, source, grants)
            published = example.publish_flow(FLOW.replace("NAME", name), f"{name}-once")
            assert published.status == "COMMITTED", published
            flows[name] = example.system.reader.resolve(f"{name}-once", ("Flow",))
        yield Trying(example, service, nodes, flows)


@pytest.fixture(autouse=True)
def ledger_holds(trying: Trying) -> Iterator[None]:
    trying.service.forget()
    yield
    check_ledger(trying.example.system)


def check_tries(trying: Trying, intent: ContentId, tries: int) -> None:
    """They are numbered on, are one call under one key, and the service got none of them twice."""
    found = trying.tries(intent)
    assert [body["attempt"] for body in found] == [*range(1, tries + 1)]
    keys = {body["key"] for body in found}
    assert keys == {effect_key(body["run"], "pay", 1) for body in found}
    assert len({(body["step"], body["ordinal"], body["grant"]) for body in found}) == 1
    assert trying.service.counts().keys() <= keys
    assert sum(trying.service.counts().values()) <= tries <= ATTEMPTS


def killed(start: Start, step: str, signed: Any) -> None:
    worker = start("die", step, signed)
    out, errors = worker.communicate()
    assert (worker.returncode, out) == (-signal.SIGKILL, ""), errors


def finished(settings: Settings, signed: Any) -> Outcome:
    with open_system(settings) as later:
        assert signed.intent.cid not in later.supervisor.view.pending
        (outcome,) = later.recovered
    assert outcome.intent == signed.intent.cid
    return outcome


def held(start: Start, step: str, signed: Any) -> Any:
    worker = start("hold", step, signed)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "held\n", worker.communicate()
    return worker


@pytest.mark.parametrize(
    ("name", "plan", "tries", "answer"),
    [
        ("once", [Fail(503)], 1, 503),
        ("tries", [Fail(503)], 2, 200),
        ("tries", [Fail(503, 2)], 3, 200),
        ("tries", [Fail(503, 5)], 3, 503),
        ("tries", [Fail(500)], 1, 500),
        ("tries", [Fail(404)], 1, 404),
        ("tries", [DROP_BEFORE_READING], 1, 0),
        ("tries", [Fail(503), DROP_AFTER_READING], 2, 0),
        ("insists", [DROP_BEFORE_READING, DROP_AFTER_READING, ANSWER], 3, 200),
        ("insists", [DROP_HALFWAY, Fail(404)], 2, 404),
        ("insists", [DROP_HALFWAY] * 4, 3, 0),
    ],
)
def test_what_is_worth_another_try_is_tried_as_often_as_the_grant_says(
    trying: Trying, name: str, plan: list[Behaviour], tries: int, answer: int
) -> None:
    trying.service.next(*plan)
    outcome = trying.run(name)
    assert (outcome.consequence, outcome.result and outcome.result["outputs"]) == (
        "if_ok", {"out": answer},
    )  # fmt: skip
    check_tries(trying, outcome.intent, tries)
    assert trying.service.connections == tries
    *_, told, receipt = trying.told(outcome.intent)
    calls = trying.record(outcome)["steps"][0]["calls"]
    assert [call["operation"] for call in calls] == ["clock.now", "http.request"]  # one call of it
    assert (str(told.kind), told.body["answer"]) == ("outcome", calls[1]["answer"])  # the last one
    assert str(receipt.kind) == "receipt"
    assert trying.replays(outcome)


def test_every_try_is_announced_before_and_told_after(trying: Trying) -> None:
    trying.service.next(Fail(503))
    intent = trying.run("tries").intent
    kinds = [str(entry.kind) for entry in trying.told(intent)]
    assert kinds == ["effect", "outcome", "effect", "outcome", "receipt"]
    assert [body["number"] for body in trying.tries(intent)] == [1, 2]
    assert [len(body["answers"]) for body in trying.tries(intent)] == [1, 0]  # the clock, once


def test_a_service_that_takes_no_connection_is_tried_again(trying: Trying) -> None:
    service = trying.service
    service.refuse()
    taken = list[str]()

    def take(step: str, _of: ContentId) -> None:
        if step == "waiting" and not taken:
            taken.append(step)
            service.take()

    signed = trying.sign("tries")
    with open_system(trying.example.system.settings, watch=take) as system:
        outcome = system.supervisor.execute(signed)
    assert outcome.consequence == "if_ok", outcome
    check_tries(trying, outcome.intent, 2)
    assert sum(service.counts().values()) == 1
    first, _ = (each.body for each in trying.told(outcome.intent) if each.kind == "outcome")
    assert "E_HTTP_CONNECT" in str(first["answer"])


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("step", [*STEPS, "waiting"])
def test_killed_at_any_step_of_any_try_a_run_goes_on_or_ends_in_doubt(
    trying: Trying, settings: Settings, start: Start, step: str, number: int
) -> None:
    if (step, number) == ("waiting", 3):
        step, number = "performed", 1  # no try comes after the last: that is where it goes on
    service, signed = trying.service, trying.sign("tries")
    service.next(Fail(503, 2))
    killed(start, f"{step}:{number}", signed)
    outcome = finished(settings, signed)
    assert outcome.status == "COMMITTED"
    if step in ("announced", "answered"):  # it has no outcome
        assert outcome.consequence == "if_doubt", outcome
        assert trying.record(outcome)["failure"]["code"] == "E_EFFECT_UNKNOWN"
        check_tries(trying, outcome.intent, number)
        assert service.connections == number - (step == "announced")
    else:
        assert outcome.consequence == "if_ok", outcome
        assert outcome.result is not None
        assert outcome.result["outputs"] == {"out": 200}
        check_tries(trying, outcome.intent, 3)
        assert service.connections == 3
        assert list(service.done().values()) == [1]
    assert trying.replays(outcome)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("step", ["announced", "answered"])
def test_a_lost_try_is_told_and_tried_again_where_the_service_knows_the_key(
    trying: Trying, settings: Settings, start: Start, step: str, number: int
) -> None:
    service, signed = trying.service, trying.sign("insists")
    service.next(Fail(503, 2))
    killed(start, f"{step}:{number}", signed)
    outcome = finished(settings, signed)
    assert outcome.consequence == ("if_doubt" if number == ATTEMPTS else "if_ok"), outcome
    check_tries(trying, outcome.intent, ATTEMPTS)
    assert service.connections == ATTEMPTS - (step == "announced")
    lost = [entry for entry in trying.told(outcome.intent) if "E_HTTP_LOST" in str(entry.body)]
    assert [str(entry.kind) for entry in lost] == ["outcome"] * (number < ATTEMPTS)
    assert trying.replays(outcome)


def test_killed_twice_a_run_still_makes_no_more_tries_than_it_may(
    trying: Trying, settings: Settings, start: Start
) -> None:
    """Who finishes it dies too: the third goes on from where the ledger is then."""
    service, signed = trying.service, trying.sign("tries")
    service.next(Fail(503, 5))
    killed(start, "told", signed)
    worker = start("die", "told", trying.sign("once"), signed.intent.cid)  # recovers, and dies
    out, errors = worker.communicate()
    assert (worker.returncode, out) == (-signal.SIGKILL, ""), errors
    assert service.connections == 2
    outcome = finished(settings, signed)
    assert outcome.result is not None
    assert (outcome.consequence, outcome.result["outputs"]) == ("if_ok", {"out": 503})
    check_tries(trying, outcome.intent, ATTEMPTS)
    assert service.connections == ATTEMPTS


def test_a_grant_that_ends_between_two_tries_ends_the_tries(trying: Trying, start: Start) -> None:
    example, service = trying.example, trying.service
    service.next(Fail(503, 2))
    signed = trying.sign("tries")
    worker = held(start, "waiting", signed)
    (body,) = trying.tries(signed.intent.cid)
    revoke(example, body["grant"])
    try:
        out, errors = worker.communicate("go on\n")
        assert '"COMMITTED"' in out, errors
    finally:
        grant(example, trying.nodes["tries"], "http", **limits(service.url, "tries"))
    check_tries(trying, signed.intent.cid, 1)  # another grant since then changes nothing
    receipt = trying.told(signed.intent.cid)[-1]
    result: Any = receipt.body["result"]
    assert result["outputs"] == {"out": 503}  # the node had the last answer


def test_a_new_grant_does_not_go_on_with_the_tries_of_another(
    trying: Trying, settings: Settings, start: Start
) -> None:
    example, service = trying.example, trying.service
    service.next(Fail(503, 2))
    signed = trying.sign("tries")
    killed(start, "told", signed)
    (body,) = trying.tries(signed.intent.cid)
    revoke(example, body["grant"])
    grant(example, trying.nodes["tries"], "http", **limits(service.url, "tries"))
    outcome = finished(settings, signed)
    assert outcome.result is not None
    assert outcome.result["outputs"] == {"out": 503}
    check_tries(trying, outcome.intent, 1)


def test_a_policy_that_no_longer_allows_it_ends_the_tries(trying: Trying, start: Start) -> None:
    example, service = trying.example, trying.service
    policy = example.system.supervisor.view.policy.text
    service.next(Fail(503, 2))
    signed = trying.sign("tries")
    worker = held(start, "waiting", signed)
    example.activate(policy + '\nforbid (principal, action == Action::"flow.run", resource);\n')
    try:
        out, errors = worker.communicate("go on\n")
        assert '"COMMITTED"' in out, errors
    finally:
        example.activate(policy)
    check_tries(trying, signed.intent.cid, 1)
    assert service.connections == 1


def test_of_two_that_go_on_with_one_call_only_one_makes_the_next_try(
    trying: Trying, settings: Settings, start: Start
) -> None:
    """One waits for its next try, another takes the run over meanwhile and finishes it."""
    service, signed = trying.service, trying.sign("tries")
    service.next(Fail(503))
    worker = held(start, "waiting", signed)
    for lock in (settings.home / "writers").glob("*.lock"):
        if lock.stem != trying.example.system.writers.own:
            lock.unlink()
    outcome = finished(settings, signed)
    assert outcome.consequence == "if_ok", outcome
    out, errors = worker.communicate("go on\n")
    assert '"COMMITTED"' in out, errors
    check_tries(trying, signed.intent.cid, 2)
    assert service.connections == 2


@pytest.mark.usefixtures("echo")
def test_a_policy_is_granted_and_listed_on_the_command_line(trying: Trying, logos: Logos) -> None:
    said = "attempts=4,first=200ms,factor=1.5,ceiling=5s,statuses=502+503,unknown"
    allow = f"POST {trying.service.url}"
    words = ("capability", "grant", "echo", "http", "--allow", allow, "--retry")
    refused = logos(*words, "attempts=11")
    assert (refused.status, "E_GRANT_LIMITS" in refused.err) == (2, True), refused
    assert logos(*words, said).status == 0
    listed = logos("capability", "list", "--node", "echo", "--json").document
    (held,) = listed["grants"]
    assert held["limits"]["retry"] == {
        "attempts": 4, "first_ms": 200, "factor": "1.5", "ceiling_ms": 5000,
        "statuses": [502, 503], "unknown": True,
    }  # fmt: skip
    assert f"retry {said}" in logos("capability", "list", "--node", "echo").out
    assert logos("capability", "revoke", held["grant"]).status == 0
