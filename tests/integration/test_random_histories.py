"""Random flows and payments, run by processes that die anywhere, against a model in memory.

Rules of our own with a seed: each round draws flows and payments, runs them through the real gate,
and aborts or kills who carries them out at a random step, those included that recover; some are
cancelled. In the end each run must have the values that the model says, or be where its commitments
lead for a reason that the round had.

LOGOS_RANDOM_ROUNDS: how many rounds (9 by default). LOGOS_RANDOM_SEED: the seed, printed when it
fails, which draws the same again.
"""

from __future__ import annotations

import os
import secrets
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import ContentId
from logos_graph.execution import RunRecord
from logos_graph.graph import Component, Flow
from logos_graph.ledger import Entry, effect_key
from logos_graph.logline import SignedIntent
from logos_graph.supervisor import Runner, run_id
from logos_graph.wiring import open_system
from tests.counting_service import ANSWER, CountingService, Fail, counting_service
from tests.integration.asking import Grants, check_ledger, publish
from tests.integration.drawn import NODES, TRIES, Ended, Model, draw_flow, source
from tests.integration.flaky import wait
from tests.integration.payments import decide, draw_payment

if TYPE_CHECKING:
    import subprocess

    from logos_graph.settings import Settings
    from tests.integration.conftest import Cast, Logos

ROUNDS = int(os.environ.get("LOGOS_RANDOM_ROUNDS", "9"))
SEED = int(os.environ.get("LOGOS_RANDOM_SEED") or secrets.randbelow(2**32))
ASKS = ("counts", "posts", "ticks")

Start = Callable[..., "subprocess.Popen[str]"]


class AbandonedError(BaseException):
    """This process is no more; nothing catches it on its way."""


@dataclass(frozen=True)
class Case:
    """An intent of the history, and what was done to it.

    statuses: what the service answers a step's first requests. again: how often it may be tried.
    """

    signed: SignedIntent
    flow: ContentId
    inputs: Mapping[str, Any]
    statuses: Mapping[str, list[int]]
    again: int
    events: list[str] = field(default_factory=list)

    @property
    def cid(self) -> ContentId:
        return self.signed.intent.cid

    def key(self, step: str) -> str:
        return effect_key(run_id(self.cid, self.flow), step, 1)


class History:
    """What was drawn and done, in one ledger."""

    def __init__(
        self, example: Cast, settings: Settings, start: Start, service: CountingService
    ) -> None:
        self.example, self.settings, self.start, self.service = example, settings, start, service
        self.random = Random(SEED)
        self.library: dict[str, Component] = {}
        self.flows: dict[str, ContentId] = {}
        self.kinds: dict[ContentId, str] = {}
        self.by_id: dict[ContentId, Component] = {}
        self.model = Model(self.kinds, self.by_id)
        self.outcomes = Counter[str]()

    # what is drawn ------------------------------------------------------------------------------

    def publish_nodes(self) -> None:
        retry: Any = {"attempts": TRIES, "first_ms": 1, "factor": 1, "ceiling_ms": 1}
        http: Any = {
            "allow": [f"POST {self.service.url}"], "private": True,
            "retry": retry | {"statuses": [503]},
        }  # fmt: skip
        tally: Any = {"namespace": "drawn", "write": True}
        grants: dict[str, Grants] = {
            "posts": {"http": http}, "counts": {"kv": tally}, "ticks": {"clock": {}},
        }  # fmt: skip
        for kind in NODES:
            made = source(kind, self.service.url)
            node = publish(self.example, f"drawn-{kind}", made, grants.get(kind, {}))
            self.kinds[node] = kind
            self._know(f"drawn-{kind}", node)

    def publish_flow(self) -> None:
        name = f"history-{len(self.flows)}"
        text = draw_flow(self.random, name, self.library)
        published = self.example.publish_flow(text, name)
        assert published.status == "COMMITTED", (published, text)
        self.flows[name] = self.example.system.reader.resolve(name, ("Flow",))
        if len(self.flows) < 4:  # those that others are made of; deeper, runs would only be longer
            self._know(name, self.flows[name])

    def _know(self, name: str, identity: ContentId) -> None:
        component = self.example.system.store.component(identity)
        assert component is not None
        self.library[name] = component
        self.by_id[component.id] = component

    def flow(self, identity: ContentId) -> Flow:
        found = self.example.system.store.component(identity)
        assert isinstance(found, Flow)
        return found

    def draw(self) -> Case:
        """The next intent; the service knows how to meet its requests."""
        system, again = self.example.system, self.random.choice([0, 0, 1])
        statuses: dict[str, list[int]] = {}
        if self.random.random() < 0.3:
            flow = system.reader.resolve("payment-approval", ("Flow",))
            inputs: dict[str, Any] = {"payment": draw_payment(self.random)}
        else:
            flow = self.flows[self.random.choice(sorted(self.flows))]
            inputs = {name: self.random.randrange(256) for name in "ab"}
            inputs["c"] = self.random.choice([None, self.random.randrange(256)])
            steps = self.model.run(self.flow(flow), inputs, {}).posted
            for step in steps:
                statuses[step] = self.random.choice([[], [], [503], [404], [503, 503]])
        signed = system.compose(
            self.example.operator, "flow.run", {"flow": flow, "inputs": inputs},
            if_ok="emit:done", if_doubt=self.random.choice(["escalate:approver", "abort"]),
            if_not=f"retry:{again}" if again else "abort",
        )  # fmt: skip
        case = Case(signed, flow, inputs, statuses, again)
        for step, each in statuses.items():
            answers = [ANSWER if status == 200 else Fail(status) for status in each]
            self.service.next(*answers, key=case.key(step))
        return case

    # what is done -------------------------------------------------------------------------------

    def submit(self, case: Case) -> None:
        """By a process that may not see its end."""
        at = self.random.randint(1, 14)
        how = self.random.choice(["quiet", "abandoned", "abandoned", "abandoned", "killed"])
        case.events.append(f"{how} at {at}")
        if how == "quiet":
            self.example.system.supervisor.execute(case.signed)
        elif how == "killed":
            worker = self.start("end", f"any:{at}", case.signed)
            _, errors = worker.communicate()
            assert worker.returncode in (0, -signal.SIGKILL), errors
        else:
            self.abandon(at, lambda system: system.supervisor.execute(case.signed))
        supervisor = self.example.system.supervisor
        supervisor.catch_up()
        if case.cid in supervisor.view.pending and self.random.random() < 0.2:
            case.events.append("cancelled")
            this: Any = {"intent": case.cid, "reason": "drawn"}
            self.example.submit(self.example.operator, "run.cancel", this)

    def abandon(self, at: int, act: Callable[[Any], object]) -> None:
        """A process that is no more at its `at`-th step, whatever it carries out."""
        seen = 0

        def watch(_step: str, _of: ContentId) -> None:
            nonlocal seen
            seen += 1
            if seen >= at:
                raise AbandonedError

        try:
            with open_system(self.settings, watch=watch) as system:
                act(system)
        except AbandonedError:
            pass

    def finish(self, cases: Sequence[Case]) -> None:
        """By other processes: some are no more before they have finished, some come at once."""
        for _ in range(self.random.choice([0, 0, 1, 2])):
            self.abandon(self.random.randint(1, 8), lambda system: system.supervisor)
        failed: list[BaseException] = []

        def recover() -> None:
            try:
                with open_system(self.settings) as system:
                    for case in cases:
                        if system.store.intent(case.cid) is not None:
                            wait(system, system.supervisor.resume(case.cid))
                            continue
                        _ = system.supervisor
            except BaseException as error:  # noqa: BLE001 - told by the test's own thread
                failed.append(error)

        threads = [threading.Thread(target=recover) for _ in range(self.random.choice([1, 1, 3]))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        self.example.system.supervisor.catch_up()

    # what must be -------------------------------------------------------------------------------

    def check(self, cases: Sequence[Case], entries: Sequence[Entry]) -> None:
        """Each in the order of its end."""
        of: dict[str, list[Entry]] = {case.cid: [] for case in cases}
        for entry in entries:
            about = str(entry.body.get("intent"))
            if about in of:
                of[about].append(entry)
        ended = [case for case in cases if of[case.cid]]
        for case in cases:
            if case not in ended:
                assert self.example.system.store.intent(case.cid) is None
                self.outcomes["never recorded"] += 1
        ended.sort(key=lambda case: of[case.cid][-1].index)
        counted = False
        for case in ended:
            mine = of[case.cid]
            self.check_tries(case, mine)
            counted |= self.check_end(case, mine, counted)

    def check_tries(self, case: Case, entries: Sequence[Entry]) -> None:
        """What the service got is what was announced, at most the last one excepted."""
        bodies = [each.body for each in entries if each.kind == "effect"]
        announced = Counter(str(body["key"]) for body in bodies)
        counts = self.service.counts()
        assert all(counts.get(key, 0) <= times for key, times in announced.items())
        unsent = announced.total() - sum(counts.get(key, 0) for key in announced)
        outcomes = sum(each.kind == "outcome" for each in entries)
        assert 0 <= unsent <= len(bodies) - outcomes <= 1

    def check_end(self, case: Case, entries: Sequence[Entry], counted: bool) -> bool:
        """One end, with the values that it must have; whether it has changed the stored value.

        counted: whether another of this round had.
        """
        ends = [each for each in entries if each.kind in ("receipt", "ghost")]
        assert len(ends) == 1, case
        effects = [str(each.kind) for each in entries if each.kind in ("effect", "outcome")]
        cancelled = "cancelled" in case.events
        if ends[0].kind == "ghost":
            assert cancelled, case
            assert effects == [], case
            self.outcomes["ghost"] += 1
            return False
        consequence, result = ends[0].body["consequence"], _mapping(ends[0].body["result"])
        code = str(_mapping(result.get("failure") or {}).get("code", ""))
        if code == "E_RUN_CANCELLED":
            assert cancelled, case
        elif effects[-1:] == ["effect"]:
            assert (code, consequence) == ("E_EFFECT_UNKNOWN", "if_doubt"), case
        elif code == "E_KV_CHANGED":
            assert counted, case
            assert (bool(effects), consequence) == (True, "if_doubt"), case
        else:
            assert consequence == ("if_not" if code else "if_ok"), case
            return self.check_values(case, entries, str(result["run"]))
        self.outcomes[code] += 1
        return False

    def check_values(self, case: Case, entries: Sequence[Entry], run: str) -> bool:
        """Those of the model; whether it has changed the stored value."""
        mutation = self.example.system.reader.run(run)
        record = RunRecord.from_mutation(mutation)
        report = Runner(self.example.system.store, self.example.system.host).replay(mutation)
        assert report.same, (case, report.difference)
        if "payment" in case.inputs:
            assert record.output_values == {"decision": decide(case.inputs["payment"])}, case
            self.outcomes["payment"] += 1
            return False
        ended, posted = self.expected(case, sum(each.kind == "attempt" for each in entries))
        counts = self.service.counts()
        assert {step: counts.get(case.key(step), 0) for step in posted} == posted, case
        assert (record.failure.step if record.failure else "") == ended.failed, case
        self.outcomes["failed" if ended.failed else "done"] += 1
        done = {step.name for step in record.steps if step.status == "done"}
        assert done == {*ended.ran} - {ended.failed}, case
        assert record.output_values == ended.outputs, case
        for way in record.carried:
            if way.target in ended.ran:
                found = ended.ran[way.target]["xz".index(way.target_port)]
                assert record.values[way.cid] == found, (case, way)
        changed, self.model.count = self.model.count != ended.count, ended.count
        return changed

    def expected(self, case: Case, attempts: int) -> tuple[Ended, Counter[str]]:
        """How its last attempt is to end, after so many that failed; the requests of all."""
        posted, flow = Counter[str](), self.flow(case.flow)
        left = {step: [*each] for step, each in case.statuses.items()}
        kinds = {step.name: self.kinds[step.node] for step in self._steps(case)}
        made = 0
        while True:
            ended = self.model.run(flow, case.inputs, left)
            posted.update(ended.posted)
            left = {step: each[ended.posted.get(step, 0) :] for step, each in left.items()}
            asked = {kinds[step] for step in ended.ran} & {*ASKS}
            if not ended.failed or made == case.again or not asked:
                break
            made += 1
        assert attempts == made, case
        return ended, posted

    def _steps(self, case: Case) -> Sequence[Any]:
        return self.example.system.supervisor.runner.plan(case.flow).steps


def _mapping(value: Any) -> Mapping[str, Any]:
    assert isinstance(value, dict)
    return value


@pytest.fixture
def history(example: Cast, settings: Settings, start: Start) -> Iterator[History]:
    with counting_service() as service:
        made = History(example, settings, start, service)
        made.publish_nodes()
        yield made


def test_whatever_dies_each_run_is_what_its_flow_means(history: History, logos: Logos) -> None:
    print(f"LOGOS_RANDOM_SEED={SEED}")
    example, begin = history.example, 0
    for number in range(ROUNDS):
        if number < 4 or number % 3 == 0:
            history.publish_flow()
        cases = [history.draw() for _ in range(history.random.randint(1, 4))]
        for case in cases:
            history.submit(case)
        history.finish(cases)
        entries = example.entries(begin)
        begin = entries[-1].index + 1
        history.check(cases, entries)
        assert not [case for case in cases if case.cid in example.system.supervisor.view.pending]
    print(history.outcomes)
    check_ledger(example.system)
    verified = logos("ledger", "verify", "--json")
    assert verified.document["verified"], verified
