"""Timers are in the ledger: whoever looks next finds what is due, whatever became of who set them.

One ledger of its own, whose clock the tests move; the first of them live in real time.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import encode
from logos_graph.ledger import ESCALATION_NS, RETRY_FIRST_NS
from logos_graph.settings import Settings
from logos_graph.wiring import System, SystemClock, open_system, start_database, stop_database
from tests.homes import running_home
from tests.integration.asking import check_ledger
from tests.integration.conftest import Cast, running
from tests.integration.flaky import Flaky, flaky
from tests.replays import replay_all

if TYPE_CHECKING:
    from logos_graph.canon import Json
    from logos_graph.supervisor import Outcome

WORKER = Path(__file__).with_name("worker.py")
POLICY = """
@id("all") permit (principal, action, resource);

@id("some-wait") @require("approver")
forbid (principal, action == Action::"node.draft", resource);
"""


class MovedClock(SystemClock):
    """The machine's clock, so much later."""

    later_ns = 0

    def now_ns(self) -> int:
        return super().now_ns() + self.later_ns


@dataclass(frozen=True)
class Home:
    """A ledger of its own, with flows that fail when they are told to."""

    settings: Settings
    odd: Flaky
    clock: MovedClock

    @property
    def cast(self) -> Cast:
        return self.odd.cast

    def program(self, *words: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """`logos …` in a process of its own; killed at the end if it still runs."""
        return running(self.settings, *words)

    @contextmanager
    def opened(self) -> Iterator[System]:
        """Another process at the gate, by the moved clock."""
        with open_system(self.settings) as system:
            system.clock = self.clock
            yield system


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Home]:
    clock = MovedClock()
    with (
        running_home(tmp_path_factory.mktemp("timers"), cache) as settings,
        open_system(settings) as system,
    ):
        system.clock = clock
        operator = system.keys.load("supervisor")
        bare = Cast(system, operator, operator, (operator, operator))
        approver = bare.register("approver-1", ["approver"])
        cast = Cast(system, operator, bare.register("agent-1", ["agent"]), (approver, operator))
        with flaky(cast) as odd:
            yield Home(settings, odd, clock)
        replay_all(system)


@pytest.fixture(autouse=True)
def invariants(home: Home, broken: Callable[[System], dict[str, Any]]) -> Iterator[None]:
    """Every rule holds in this ledger after every test."""
    yield
    assert broken(home.cast.system) == {}
    check_ledger(home.cast.system)


def line_about(running: subprocess.Popen[str], intent: str) -> dict[str, Any]:
    """The first line of JSON that is about an intent."""
    assert running.stdout is not None
    for line in running.stdout:
        document: dict[str, Any] = json.loads(line)
        if document["intent"] == intent:
            return document
    raise AssertionError(running.stderr and running.stderr.read())


def stopped(running: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
    """Ends it as it is meant to end; what it said on stderr."""
    running.send_signal(number)
    _, errors = running.communicate()
    assert running.returncode == 0, errors
    return errors


def died(home: Home, step: str, signed: Any, folder: Path) -> None:
    """A process that takes an intent through the gate, and is killed at a step."""
    file = folder / "signed.json"
    file.write_bytes(encode(signed.json))
    places = (str(home.settings.home), str(home.settings.cache))
    words = (sys.executable, str(WORKER), *places, "die", step, str(file))
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL


def test_of_two_workers_one_makes_the_attempt_that_a_dead_process_left(
    home: Home, tmp_path: Path
) -> None:
    home.odd.answers(503)
    signed = home.odd.sign(if_not="retry:3", if_ok="emit:at-last")
    died(home, "attempted", signed, tmp_path)
    intent = signed.intent.cid
    with (
        home.program("events", "--follow", "--json", "--event", "at-last") as events,
        home.program("worker", "--json") as one,
        home.program("worker", "--json") as other,
    ):
        event = line_about(events, intent)
        assert (event["outcome"], event["verb"]) == ("done", "flow.run")
        stopped(one)
        stopped(other, signal.SIGINT)
        stopped(events, signal.SIGINT)
    assert home.odd.server.calls == 2


def test_a_worker_and_a_stream_outlast_the_database(home: Home, tmp_path: Path) -> None:
    home.odd.answers()
    signed = home.odd.sign(if_not="retry:3", if_ok="emit:after-all")
    with (
        home.program("events", "--follow", "--json") as events,
        home.program("worker", "--json") as worker,
    ):
        first = home.odd.run(if_ok="emit:before")
        line_about(events, first.intent)
        stop_database(home.settings)
        start_database(home.settings, lambda _line: None)
        home.odd.answers(503)
        died(home, "attempted", signed, tmp_path)
        line_about(events, signed.intent.cid)
        stopped(worker)
        stopped(events)
    assert home.odd.server.calls == 2


# from here on the clock is moved -----------------------------------------------------------------


def left(home: Home, **commitments: str) -> Outcome:
    """A run that failed, and waits for its next attempt."""
    outcome = home.odd.run(**commitments)
    assert outcome.waiting is not None, outcome
    return outcome


def test_an_attempt_is_made_when_it_is_due_and_not_before(home: Home) -> None:
    home.clock.later_ns += 3600 * 10**9
    home.odd.answers(*[503] * 8)
    outcome = left(home, if_not="retry:7")
    supervisor = home.cast.system.supervisor
    for number in range(1, 8):
        assert outcome.waiting is not None
        assert (outcome.waiting["attempt"], home.odd.server.calls) == (number, number)
        assert supervisor.due().next_at is not None
        home.clock.later_ns += min(RETRY_FIRST_NS * 2 ** (number - 1), 60 * 10**9)
        outcome = supervisor.resume(outcome.intent)
    assert (outcome.consequence, home.odd.server.calls) == ("if_not", 8)
    assert outcome.result is not None
    assert outcome.result["attempts"] == 8


def test_before_its_time_nobody_makes_it(home: Home) -> None:
    home.odd.answers(503)
    outcome = left(home, if_not="retry:1")
    frozen = home.clock.later_ns
    home.clock.later_ns = frozen - 3600 * 10**9
    with home.opened() as other:
        assert outcome.intent in other.supervisor.due().asleep
        assert other.supervisor.resume(outcome.intent).waiting == outcome.waiting
        assert home.odd.server.calls == 1
        home.clock.later_ns = frozen + RETRY_FIRST_NS
        assert [each.status for each in other.supervisor.recover()] == ["COMMITTED"]
    assert home.odd.server.calls == 2
    assert home.cast.system.supervisor.resume(outcome.intent).consequence == "if_ok"


@pytest.mark.parametrize("step", ["attempted", "announced", "told"])
def test_killed_anywhere_between_two_attempts_it_is_finished_once(
    home: Home, tmp_path: Path, step: str
) -> None:
    home.odd.answers(503)
    moved, home.clock.later_ns = home.clock.later_ns, 0  # who dies has the machine's clock
    signed = home.odd.sign(if_not="retry:2", if_doubt="retry:2")
    home.clock.later_ns = moved
    died(home, step, signed, tmp_path)
    home.clock.later_ns += 10 * RETRY_FIRST_NS
    with home.opened() as later:
        outcome = later.supervisor.recorded(signed.intent.cid)
        for _ in range(3):
            home.clock.later_ns += 10 * RETRY_FIRST_NS
            outcome = later.supervisor.resume(signed.intent.cid)
    assert (outcome.status, outcome.consequence) == ("COMMITTED", "if_ok")
    home.cast.system.supervisor.catch_up()
    assert signed.intent.cid not in home.cast.system.supervisor.view.pending


def test_an_escalation_that_nobody_answers_expires_and_a_late_answer_is_refused(home: Home) -> None:
    supervisor = home.cast.system.supervisor
    home.odd.answers()
    ended = home.odd.run(if_ok="escalate:approver")
    home.clock.later_ns += ESCALATION_NS - 60 * 10**9
    assert supervisor.expire() == ()
    home.clock.later_ns += 60 * 10**9
    this: dict[str, Json] = {"intent": ended.intent, "answer": "accepted"}
    late = home.cast.submit(home.cast.treasury[0], "escalation.resolve", this)
    assert late.error is not None
    assert late.error.code == "E_ESCALATION_CLOSED"
    with home.opened() as other:
        assert ended.intent not in other.supervisor.view.escalations
    last = home.cast.system.store.escalation(ended.intent)
    assert last == "expired"
    again = home.cast.submit(home.cast.treasury[0], "escalation.resolve", this)
    assert again.error is not None
    assert again.error.code == "E_ESCALATION_CLOSED"


def test_a_consent_that_nobody_gave_in_time_escalates_as_was_signed(home: Home) -> None:
    supervisor = home.cast.system.supervisor
    done = home.cast.submit(home.cast.operator, "policy.activate", {"text": POLICY})
    if done.status == "PENDING":
        (done,) = home.cast.consent(home.cast.treasury[0], done).settled
    assert done.status == "COMMITTED", done
    signed = home.cast.system.compose(
        home.cast.operator, "node.draft", {"name": "x", "source": "fn"},
        if_ok="abort", if_doubt="escalate:approver", if_not="abort",
    )  # fmt: skip
    waiting = supervisor.execute(signed)
    assert waiting.status == "PENDING", waiting
    home.clock.later_ns += 100 * 24 * 3600 * 10**9
    (ended,) = [each for each in supervisor.recover() if each.intent == waiting.intent]
    assert (ended.status, ended.consequence) == ("GHOST", "if_doubt")
    assert ended.intent in supervisor.view.escalations
