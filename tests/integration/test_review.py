"""Attacks that a hostile reader of the gate came up with; each found something once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from logos_graph.canon import Json
from logos_graph.errors import EnvironmentFault, Rejected
from logos_graph.ledger import EntryKind, make_entry
from logos_graph.settings import Settings
from logos_graph.supervisor import PendingIntent
from logos_graph.wiring import open_system


def test_a_refusal_that_quotes_text_out_of_nfc_does_not_stop_the_gate(
    example: Any, ledger_length: Callable[[], int]
) -> None:
    before = ledger_length()
    outcome = example.submit(
        example.operator,
        "flow.publish",
        {"name": "broken", "text": '"e\\u0301" = 1\n', "uses": {}},
    )
    assert outcome.status == "GHOST"
    assert [each.kind for each in example.entries(before)][:2] == ["intent", "ghost"]
    source = (
        "use logos_sdk::prelude::*;\nnode! { fn odd(n: u8) -> m: u8 { n } }\n"
        'compile_error!("e\\u{301}");'
    )
    ghost = example.submit(example.operator, "node.publish", {"name": "odd", "source": source})
    assert (ghost.status, ghost.error.code) == ("GHOST", "E_COMPILE")
    assert ghost.intent not in example.system.supervisor.view.pending


def test_what_was_allowed_is_not_done_when_the_policy_has_changed_since(
    example: Any, settings: Settings, payment: Callable[[str], dict[str, Json]]
) -> None:
    """The policy changes between decision and effect: the effect is judged by the new one."""
    text = example.system.supervisor.view.policy.text
    stricter = text + '@id("none") forbid (principal, action == Action::"transfer", resource);\n'

    def activate(policy: str) -> None:
        waiting = example.submit(example.operator, "policy.activate", {"text": policy})
        assert example.consent(example.treasury[0], waiting).settled[0].status == "COMMITTED"

    def change_policy(step: str, _intent: str) -> None:
        if step == "performed":  # the flow has run, its receipt is not committed
            activate(stricter)

    signed = example.sign(example.agent, "transfer", payment("ok"))
    try:
        with open_system(settings, watch=change_policy) as other:
            outcome = other.supervisor.execute(signed)
    finally:
        activate(text)
    assert outcome.verdict == "ALLOW"
    assert outcome.status == "GHOST"
    assert outcome.error is not None
    assert outcome.error.code == "E_POLICY_CHANGED"
    assert example.system.reader.intents(cid=outcome.intent)[0]["run"] is None


def test_an_environment_that_fails_an_allowed_intent_leaves_it_to_be_finished(
    example: Any, settings: Settings, payment: Callable[[str], dict[str, Json]]
) -> None:
    def fail(step: str, _intent: str) -> None:
        if step == "performed":
            raise EnvironmentFault("E_DATABASE_UNREACHABLE", "the connection dropped")

    signed = example.sign(example.agent, "transfer", payment("ok"))
    with open_system(settings, watch=fail) as other:
        outcome = other.supervisor.execute(signed)
    assert outcome.status == "PENDING"
    assert outcome.error is not None
    assert outcome.error.code == "E_DATABASE_UNREACHABLE"

    supervisor = example.system.supervisor
    supervisor.catch_up()
    finished = {ended.intent: ended for ended in supervisor.recover()}[outcome.intent]
    assert finished.status == "COMMITTED"
    assert finished.result["status"] == "done"


def test_what_a_process_had_to_leave_it_finishes_itself(
    example: Any, settings: Settings, payment: Callable[[str], dict[str, Json]]
) -> None:
    """A long-lived process is nobody's heir: while it lives, its intents are its own to finish."""
    faults = [EnvironmentFault("E_DATABASE_UNREACHABLE", "the connection dropped")]

    def fail_once(step: str, _intent: str) -> None:
        if step == "performed" and faults:
            raise faults.pop()

    signed = example.sign(example.agent, "transfer", payment("ok"))
    with open_system(settings, watch=fail_once) as other:
        left = other.supervisor.execute(signed)
        assert left.status == "PENDING"
        assert other.supervisor.view.pending[left.intent].writer == other.writers.own
        (finished,) = other.supervisor.recover()
        assert (finished.intent, finished.status) == (left.intent, "COMMITTED")
        assert other.supervisor.recover() == ()


def test_an_entry_that_speaks_of_what_the_graph_lacks_takes_no_hold(
    example: Any, ledger_length: Callable[[], int]
) -> None:
    """A ghost of an intent that was never recorded: nothing of the append may be dropped unseen."""
    before, head = ledger_length(), example.system.reader.head()
    body: dict[str, Json] = {
        "intent": "b3:" + "3" * 64,
        "cause": {"type": "AgentAbort", "code": "E_TEST", "detail": "never recorded"},
        "consequence": "if_not",
        "commitment": "abort",
    }
    entry = make_entry(
        head, EntryKind.GHOST, body, trace_id=example.system.clock.fresh_id(),
        now_ns=example.system.clock.now_ns(), policy_hash=None, signer=example.operator,
        ledger=head.ledger,
    )  # fmt: skip
    with pytest.raises(Rejected) as refused:
        example.system.store.append(
            head,
            [entry],
            {},
            example.system.supervisor.view.tree,
            example.system.supervisor.view.conducts,
        )
    assert refused.value.code == "E_PROJECTION"
    assert ledger_length() == before


def test_an_allow_that_the_ledger_does_not_have_is_not_carried_out(
    example: Any,
    settings: Settings,
    payment: Callable[[str], dict[str, Json]],
    ledger_length: Callable[[], int],
) -> None:
    """Somebody wrote a pending, allowed intent beside the gate; recovery asks the ledger first."""
    before = ledger_length()
    signed = example.sign(example.agent, "transfer", payment("ok"))
    forged: dict[str, Json] = {"outcome": "ALLOW", "policies": [], "revision": 0}
    with open_system(settings) as other:
        view = other.supervisor.view
        cid = signed.intent.cid
        waiting = PendingIntent(signed, forged, view.policy.id, 0, "a-dead-writer")
        view.pending = view.pending.insert(cid, waiting)
        [left] = [ended for ended in other.supervisor.recover() if ended.intent == cid]
    assert left.status == "PENDING"
    assert left.error is not None
    assert left.error.code == "E_NOT_RECORDED"
    assert ledger_length() == before
