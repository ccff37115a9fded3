"""An intent belongs to the process that recorded it, for as long as that process lives."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from logos_graph.wiring import open_system

if TYPE_CHECKING:
    import subprocess

    from logos_graph.canon import ContentId
    from logos_graph.logline import SignedIntent
    from logos_graph.settings import Settings
    from tests.integration.conftest import Cast

Start = Callable[..., "subprocess.Popen[str]"]


def held(start: Start, step: str, signed: SignedIntent) -> subprocess.Popen[str]:
    """Another process that stands still at a step, in the middle of an intent."""
    worker = start("hold", step, signed)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "held\n", worker.communicate()
    return worker


def endings(example: Cast, cid: ContentId) -> list[str]:
    """The kinds of the entries that ended an intent."""
    return [
        str(entry.kind)
        for entry in example.verified()
        if entry.kind in ("receipt", "ghost") and entry.body["intent"] == cid
    ]


def test_what_a_live_process_has_not_finished_is_left_to_it_until_it_is_killed(
    example: Cast, settings: Settings, payment: Callable[[str], Any], start: Start
) -> None:
    signed = example.sign(example.agent, "transfer", payment("ok"))
    cid = signed.intent.cid
    worker = held(start, "committed", signed)
    with open_system(settings) as other:
        assert cid in other.supervisor.view.pending
        assert other.recovered == ()
    assert endings(example, cid) == []
    assert example.count("Run", intent=cid) == 0

    worker.kill()
    worker.wait()
    with open_system(settings) as later:
        assert cid not in later.supervisor.view.pending
        (recovered,) = later.recovered
    assert (recovered.intent, recovered.status) == (cid, "COMMITTED")
    assert endings(example, cid) == ["receipt"]
    assert example.count("Run", intent=cid) == 1


def test_what_was_left_to_a_live_process_is_finished_by_it(
    example: Cast, settings: Settings, payment: Callable[[str], Any], start: Start
) -> None:
    signed = example.sign(example.agent, "transfer", payment("ok"))
    worker = held(start, "committed", signed)
    with open_system(settings) as other:
        assert signed.intent.cid in other.supervisor.view.pending
    out, errors = worker.communicate("go on\n")
    assert worker.returncode == 0, errors
    assert json.loads(out)[:2] == [signed.intent.cid, "COMMITTED"]
    assert endings(example, signed.intent.cid) == ["receipt"]


def test_two_processes_that_carry_out_the_same_intent_end_it_once(
    example: Cast, settings: Settings, payment: Callable[[str], Any], start: Start
) -> None:
    """A writer whose lock nobody finds counts as dead, though it may live on another machine."""
    signed = example.sign(example.agent, "transfer", payment("ok"))
    cid = signed.intent.cid
    worker = held(start, "performed", signed)
    example.system.supervisor.catch_up()
    writer = example.system.supervisor.view.pending[cid].writer
    (settings.home / "writers" / f"{writer}.lock").unlink()
    with open_system(settings) as other:
        assert cid not in other.supervisor.view.pending
        (taken_over,) = other.recovered
    assert (taken_over.intent, taken_over.status) == (cid, "COMMITTED")
    assert taken_over.result is not None

    out, errors = worker.communicate("go on\n")  # now it finds the intent settled
    assert worker.returncode == 0, errors
    assert json.loads(out) == [cid, "COMMITTED", taken_over.result["run"]]
    assert endings(example, cid) == ["receipt"]
    assert example.count("Run", intent=cid) == 1
