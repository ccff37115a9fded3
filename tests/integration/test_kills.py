"""A process is killed between any two of the gate's steps: the next one finds it and ends it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Json
from logos_graph.identity import Signer
from logos_graph.wiring import open_system

if TYPE_CHECKING:
    import subprocess

    from logos_graph.ledger import Entry
    from logos_graph.logline import SignedIntent
    from logos_graph.settings import Settings
    from tests.integration.conftest import Cast

STEPS = ("admitted", "committed", "performed", "receipted")
UNFINISHED = ("committed", "performed")

Killed = Callable[..., None]


@pytest.fixture
def killed(start: Callable[..., subprocess.Popen[str]]) -> Killed:
    """Has another process submit an intent, which is killed at a step."""

    def run(step: str, signed: SignedIntent, *about: str) -> None:
        worker = start("die", step, signed, *about)
        out, errors = worker.communicate()
        assert worker.returncode == -signal.SIGKILL, errors
        assert out == ""

    return run


def about(entries: list[Entry], kind: str, **body: Json) -> list[Entry]:
    """The entries of a kind whose bodies say this."""
    return [
        entry
        for entry in entries
        if entry.kind == kind and {name: entry.body[name] for name in body} == body
    ]


def check_ended_once(example: Cast, settings: Settings, signed: SignedIntent, step: str) -> None:
    """The next opening ends what the dead process left, and only that, and only once."""
    cid = signed.intent.cid
    with open_system(settings) as later:  # the next command, whatever it is
        assert cid not in later.supervisor.view.pending
        recovered = [outcome.intent for outcome in later.recovered]
    assert recovered == ([cid] if step in UNFINISHED else [])
    record = example.system.store.intent(cid)
    if step == "admitted":
        assert record is None
    else:
        assert record is not None
        assert (record.status, record.consequence) == ("COMMITTED", "if_ok")
    entries, wanted = example.verified(), 0 if step == "admitted" else 1
    assert len(about(entries, "intent", cid=cid)) == wanted
    assert len(about(entries, "receipt", intent=cid)) == wanted
    assert about(entries, "ghost", intent=cid) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_transfer_killed_between_two_steps_runs_once_or_never(
    example: Cast, settings: Settings, payment: Callable[[str], Any], killed: Killed, step: str
) -> None:
    signed = example.sign(example.agent, "transfer", payment("ok"))
    killed(step, signed)
    check_ended_once(example, settings, signed, step)
    wanted = 0 if step == "admitted" else 1
    assert example.count("Run", intent=signed.intent.cid) == wanted
    assert example.count("Run", intent=signed.intent.cid, status="done") == wanted


@pytest.mark.parametrize("step", STEPS)
def test_a_registration_killed_between_two_steps_leaves_the_principal_whole_or_absent(
    example: Cast, settings: Settings, killed: Killed, step: str
) -> None:
    signer = Signer.from_seed(f"registered, {step}".encode().ljust(32))
    this: dict[str, Json] = {
        "did": signer.did, "name": f"registered-{step}", "type": "service", "roles": ["agent"],
    }  # fmt: skip
    signed = example.sign(example.operator, "principal.register", this)
    killed(step, signed)
    check_ended_once(example, settings, signed, step)
    wanted = 0 if step == "admitted" else 1
    assert example.count("Principal", did=signer.did, name=f"registered-{step}") == wanted


def test_a_node_killed_before_its_receipt_is_built_and_stored_by_the_next_process(
    example: Cast, settings: Settings, killed: Killed
) -> None:
    source = "use logos_sdk::prelude::*;\nnode! { fn late(value: u32) -> out: u32 { value ^ 9 } }\n"
    signed = example.sign(example.operator, "node.publish", {"name": "late", "source": source})
    killed("performed", signed)
    assert example.count("Node", name="late") == 0
    check_ended_once(example, settings, signed, "performed")
    assert example.count("Node", name="late") == 1
    node = example.system.reader.resolve("late", ("Node",))
    assert example.system.store.module(node)[:4] == b"\0asm"


@pytest.mark.parametrize(
    ("whose", "step"),
    [*(("consent", step) for step in STEPS), ("waiting", "performed"), ("waiting", "receipted")],
)
def test_a_consent_killed_between_two_steps_counts_once_or_never(
    example: Cast,
    settings: Settings,
    payment: Callable[[str], Any],
    killed: Killed,
    whose: str,
    step: str,
) -> None:
    waiting = example.submit(example.agent, "transfer", payment("large"))
    first = example.consent(example.treasury[0], waiting)
    bound = example.bound(waiting)
    signed = example.sign(example.treasury[1], "consent.give", bound)
    killed(step, signed, *([waiting.intent] if whose == "waiting" else []))

    with open_system(settings) as later:
        pending = later.supervisor.view.pending
        assert signed.intent.cid not in pending
        assert (waiting.intent in pending) is (step == "admitted")
    counted = [first.intent] if step == "admitted" else [first.intent, signed.intent.cid]
    entries = example.verified()
    consents = about(entries, "consent", intent=waiting.intent)
    assert [entry.body["cid"] for entry in consents] == counted
    assert len(about(entries, "receipt", intent=signed.intent.cid)) == len(counted) - 1
    assert len(about(entries, "receipt", intent=waiting.intent)) == len(counted) - 1
    assert example.count("Run", intent=waiting.intent) == len(counted) - 1
    record = example.system.store.intent(waiting.intent)
    assert record is not None
    assert record.status == ("PENDING" if step == "admitted" else "COMMITTED")

    if step == "admitted":  # nothing of it was recorded: the same consent can still be given
        (settled,) = example.system.supervisor.execute(signed).settled
        assert (settled.intent, settled.status) == (waiting.intent, "COMMITTED")
