"""One run with two requests, further tries, a second attempt and an escalation, killed everywhere.

What the run does undisturbed is asked first: every step that `watch` is told is then a point at
which a process of its own is killed. Another process finishes at once. The service counts what
really reached it.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.ledger import effect_key
from logos_graph.logline import SignedIntent
from logos_graph.supervisor import Runner, run_id
from logos_graph.wiring import open_system
from tests.counting_service import ANSWER, CountingService, Fail, counting_service
from tests.integration.asking import check_ledger, join, publish
from tests.integration.flaky import wait

if TYPE_CHECKING:
    import subprocess

    from logos_graph.ledger import Entry
    from logos_graph.settings import Settings
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast

Start = Callable[..., "subprocess.Popen[str]"]

NODE = """
use logos_sdk::prelude::*;

node! {
    /// Posts the value; fails unless it is answered 200.
    fn NAME(value: u32) -> out: u32 {
        let status = http::send(http::Request::post("URL/NAME", value.to_string()))?.status;
        if status != 200 { fail!("it was answered {status}") }
        value * 2 + 1
    }
}
"""
NODES = ("reserves", "books")
TRIES = 3
RETRY: dict[str, Json] = {
    "attempts": TRIES, "first_ms": 1, "factor": 1, "ceiling_ms": 1, "statuses": [503],
}  # fmt: skip
ONE_TRY = ("announcing", "announced", "answered", "told")
BETWEEN = ("waiting",)
POINTS = (
    "admitted", "committed",
    *ONE_TRY, *BETWEEN, *ONE_TRY,  # reserves: 503, 200
    *ONE_TRY, *BETWEEN, *ONE_TRY,  # books: 503, 404
    "performed", "attempted",
    *ONE_TRY, *ONE_TRY,  # the second attempt: 200, 200
    "performed", "receipted",
)  # fmt: skip
"""What an undisturbed run goes through, as the first test says."""
NUMBERED = tuple((point, POINTS[: at + 1].count(point), at) for at, point in enumerate(POINTS))
SENT = Counter({"reserves": 3, "books": 3})
"""How many requests an undisturbed run makes at each step."""


@dataclass(frozen=True)
class Points:
    """The flow, and the service that its two nodes post to."""

    example: Cast
    service: CountingService
    flow: ContentId

    def sign(self) -> SignedIntent:
        """An intent whose run goes through POINTS; the service knows how to meet its requests."""
        this: dict[str, Json] = {"flow": self.flow, "inputs": {"value": 5}}
        signed = self.example.system.compose(
            self.example.operator, "flow.run", this,
            if_ok="escalate:approver", if_not="retry:1", if_doubt="escalate:treasury",
        )  # fmt: skip
        keys = self.keys(signed.intent.cid)
        self.service.next(Fail(503), ANSWER, key=keys["reserves"])
        self.service.next(Fail(503), Fail(404), key=keys["books"])
        return signed

    def keys(self, intent: ContentId) -> dict[str, str]:
        """The idempotency key of each step's one call."""
        run = run_id(intent, self.flow)
        steps = dict(zip(("first", "second"), NODES, strict=True))
        return {node: effect_key(run, step, 1) for step, node in steps.items()}

    def received(self, intent: ContentId) -> Counter[str]:
        """How many requests of each node really came; none came under another key."""
        keys, counts = self.keys(intent), self.service.counts()
        assert counts.keys() <= {*keys.values()}
        return Counter({node: counts.get(key, 0) for node, key in keys.items()})

    def entries(self, intent: ContentId) -> list[Entry]:
        return [each for each in self.example.verified() if each.body.get("intent") == intent]


@pytest.fixture(scope="module")
def points(example: Cast) -> Iterator[Points]:
    with counting_service() as service:
        http: dict[str, Json] = {
            "allow": [f"POST {service.url}"], "private": True, "retry": RETRY,
        }  # fmt: skip
        for name in NODES:
            source = NODE.replace("URL", service.url).replace("NAME", name)
            publish(example, name, source, {"http": http})
        yield Points(example, service, join(example, "reserves-books", *NODES))


@pytest.fixture(autouse=True)
def ledger_holds(points: Points) -> Iterator[None]:
    points.service.forget()
    yield
    check_ledger(points.example.system)


def finished(settings: Settings, signed: SignedIntent) -> Outcome:
    """What another process makes of it, at once."""
    with open_system(settings) as later:
        return wait(later, later.supervisor.resume(signed.intent.cid))


def check_end(points: Points, outcome: Outcome, lost: str) -> None:
    """It has one end, its values are those of an undisturbed run, and it replays.

    lost: the step at which a process died with a try announced and not told; "" for none.
    """
    assert outcome.status == "COMMITTED", outcome
    assert outcome.result is not None
    recorded = points.example.system.reader.run(str(outcome.result["run"]))
    if lost:
        assert outcome.consequence == "if_doubt", outcome
        failure: Any = recorded["failure"]
        assert failure["code"] == "E_EFFECT_UNKNOWN"
    else:
        assert (outcome.consequence, outcome.result["outputs"]) == ("if_ok", {"out": 23})
        assert outcome.result["attempts"] == 2
    kinds = Counter(str(entry.kind) for entry in points.entries(outcome.intent))
    assert (kinds["receipt"], kinds["ghost"], kinds["escalation"]) == (1, 0, 1)
    assert kinds["effect"] - kinds["outcome"] == bool(lost)
    connections = points.service.connections
    report = Runner(points.example.system.store, points.example.system.host).replay(recorded)
    assert report.same, report.difference
    assert points.service.connections == connections


def check_tries(points: Points, intent: ContentId, unsent: int) -> None:
    """The service got each announced try once, but for those that nobody sent, and no other."""
    announced = Counter[str]()
    last = dict[str, int]()
    for entry in points.entries(intent):
        if entry.kind == "attempt":
            last.clear()
        if entry.kind == "effect":
            body: Any = entry.body
            assert body["attempt"] == last.get(body["step"], 0) + 1 <= TRIES
            last[body["step"]] = body["attempt"]
            announced[body["key"]] += 1
    counts = points.service.counts()
    assert all(counts.get(key, 0) <= many for key, many in announced.items())
    assert sum(announced.values()) - sum(counts.values()) == unsent


def test_undisturbed_it_goes_through_every_point(points: Points, settings: Settings) -> None:
    signed, seen = points.sign(), list[str]()

    def watch(step: str, of: ContentId) -> None:
        if of == signed.intent.cid:
            seen.append(step)

    with open_system(settings, watch=watch) as system:
        outcome = wait(system, system.supervisor.execute(signed))
    assert tuple(seen) == POINTS
    check_end(points, outcome, lost="")
    check_tries(points, outcome.intent, unsent=0)
    assert points.received(outcome.intent) == SENT


@pytest.mark.parametrize(("point", "number", "at"), NUMBERED)
def test_killed_at_any_point_another_process_finishes_it(
    points: Points, settings: Settings, start: Start, point: str, number: int, at: int
) -> None:
    signed = points.sign()
    intent = signed.intent.cid
    worker = start("end", f"{point}:{number}", signed)
    out, errors = worker.communicate()
    assert (worker.returncode, out) == (-signal.SIGKILL, ""), errors
    before = POINTS[: at + 1]
    assert points.received(intent).total() == before.count("answered")
    if point == "admitted":
        assert points.example.system.store.intent(intent) is None
        assert points.entries(intent) == []
        return
    outcome = finished(settings, signed)
    unknown = point in ("announced", "answered")
    check_end(points, outcome, lost=point if unknown else "")
    check_tries(points, intent, unsent=int(point == "announced"))
    if unknown:  # it was not sent again, nor anything after it
        assert points.received(intent).total() == before.count("answered")
    else:
        assert points.received(intent) == SENT
