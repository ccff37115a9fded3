"""Who carries an intent on holds it by an entry; whoever held it before can do nothing any more."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.supervisor import Outcome
from logos_graph.wiring import open_system
from tests.integration.asking import Asking, check_ledger, serving, set_up
from tests.integration.later import Start, held, kinds, limited, opened_later

if TYPE_CHECKING:
    from logos_graph.settings import Settings
    from tests.integration.conftest import Cast

RUN_SECONDS = 60
OVER = RUN_SECONDS + 10


@pytest.fixture(scope="module")
def asking(example: Cast) -> Iterator[Asking]:
    with serving() as server:
        yield set_up(example, server)


@pytest.fixture(autouse=True)
def ledger_holds(asking: Asking) -> Iterator[None]:
    yield
    check_ledger(asking.example.system)


@pytest.mark.parametrize(
    ("step", "consequence", "sent"),
    [
        ("committed", "if_ok", ["/pay", "/stray"]),
        ("told", "if_ok", ["/pay", "/stray"]),
        ("announced", "if_doubt", []),
    ],
)
def test_a_process_stopped_in_the_midst_of_a_run_loses_it_when_its_time_is_over(
    asking: Asking,
    settings: Settings,
    start: Start,
    step: str,
    consequence: str,
    sent: list[str],
) -> None:
    """It goes on when another has finished: nothing is sent again, and nothing of it recorded.

    But for what it had announced and not sent when it was stopped: that it sends, late, and the
    intent has ended in doubt.
    """
    signed = asking.sign("pays-strays")
    cid = signed.intent.cid
    with limited(asking.example, "flow", asking.flows["pays-strays"], run_seconds=RUN_SECONDS):
        before = len(asking.server.bodies)
        worker = held(start, step, signed)
        os.kill(worker.pid, signal.SIGSTOP)
        with open_system(settings) as early:  # its time is not over
            assert cid in early.supervisor.view.pending
            assert early.recovered == ()
        with opened_later(settings, OVER) as later:
            assert cid not in later.supervisor.view.pending
            (outcome,) = later.recovered
        assert (outcome.intent, outcome.status, outcome.consequence) == (
            cid, "COMMITTED", consequence,
        )  # fmt: skip
        length = len(asking.example.entries())
        os.kill(worker.pid, signal.SIGCONT)
        out, errors = worker.communicate("go on\n")
        assert worker.returncode == 0, errors
        assert json.loads(out)[:2] == [cid, "COMMITTED"]
        assert len(asking.example.entries()) == length
    late = step == "announced"
    assert len(asking.server.bodies) - before == len(sent) + late
    found = kinds(asking.example, cid)
    assert (found.count("claim"), found.count("receipt")) == (1, 1)
    assert found[-1] == ("escalation" if consequence == "if_doubt" else "receipt")


def test_what_a_dead_process_left_is_claimed_and_the_claim_is_its_fencing_token(
    asking: Asking, settings: Settings, start: Start
) -> None:
    signed = asking.sign("ticks-counts")
    worker = held(start, "performed", signed)
    worker.kill()
    worker.wait()
    with open_system(settings) as later:
        assert later.supervisor.view.pending.get(signed.intent.cid) is None
        assert [each.status for each in later.recovered] == ["COMMITTED"]
    assert kinds(asking.example, signed.intent.cid) == ["intent", "claim", "receipt"]


def test_of_processes_that_recover_at_the_same_instant_one_claims(
    asking: Asking, settings: Settings, start: Start
) -> None:
    signed = asking.sign("counts-pays")
    cid, before = signed.intent.cid, len(asking.server.bodies)
    worker = held(start, "committed", signed)
    with ExitStack() as stack:
        systems = [stack.enter_context(open_system(settings)) for _ in range(4)]
        for system in systems:
            assert cid in system.supervisor.view.pending  # it lives, so it is left to it
        worker.kill()
        worker.wait()
        together, ended = threading.Barrier(len(systems)), list[Outcome]()

        def recover(act: Callable[[], Any]) -> None:
            together.wait()
            ended.extend(act())

        threads = [
            threading.Thread(target=recover, args=[system.supervisor.recover]) for system in systems
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {(each.intent, each.status) for each in ended} == {(cid, "COMMITTED")}
    found = kinds(asking.example, cid)
    assert found == ["intent", "claim", "effect", "outcome", "receipt"]
    assert len(asking.server.bodies) == before + 1


def test_many_that_were_left_are_claimed_together(
    asking: Asking, settings: Settings, start: Start
) -> None:
    signed = [asking.sign("ticks-counts") for _ in range(3)]
    workers = [held(start, "committed", each) for each in signed]
    for worker in workers:
        worker.kill()
        worker.wait()
    asking.example.system.supervisor.catch_up()
    with open_system(settings) as later:
        _ = later.supervisor
        recovered = {each.intent for each in later.recovered}
    assert {each.intent.cid for each in signed} <= recovered
    (index,) = {
        entry.trace_id
        for entry in asking.example.entries()
        if entry.kind == "claim" and entry.body["intent"] in {each.intent.cid for each in signed}
    }
    assert index
