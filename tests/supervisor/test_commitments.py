"""What an end or a failure leads to, and when: pure, on values alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import ContentId, content_id
from logos_graph.errors import NotVerified
from logos_graph.identity import Signer
from logos_graph.ledger import ESCALATION_NS, EntryKind, SupervisorKeys
from logos_graph.logline import (
    Intent,
    LogLine,
    Status,
    format_when,
    parse_commitment,
    parse_when,
    sign_intent,
)
from logos_graph.supervisor.commitments import check_attempt, due, or_again, with_escalation
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.effects import Effect
from logos_graph.supervisor.ports import OpenEscalation, PendingIntent

NOW = 1_790_000_000_000_000_000
WHO = Signer.from_seed(b"w" * 32)
FAILURE: dict[str, Any] = {"step": "pay", "code": "E_NODE_FAILED", "reason": "no"}
CALL: dict[str, Any] = {"operation": "clock.now", "arguments": {}, "answer": {"time": 1}}


def pending(nonce: int = 1, **fields: Any) -> PendingIntent:
    """An allowed intent, with these commitments or fields."""
    bound = {
        name: parse_commitment(fields.pop(name, "abort"))
        for name in ("if_ok", "if_doubt", "if_not")
    }
    line = LogLine(
        who=WHO.did, did="flow.run", this={}, when=NOW, confirmed_by=None,
        status=Status.PENDING, **bound,
    )  # fmt: skip
    signed = sign_intent(Intent("main", f"{nonce:026d}", line), WHO)
    decision = fields.pop("decision", {"outcome": "ALLOW"})
    return PendingIntent(signed, decision, content_id(b"policy"), nonce, "w", **fields)


def failed(code: str = "E_NODE_FAILED", *, asked: bool = True, doubt: bool = False) -> Effect:
    run: Any = {"kind": "run", "steps": [{"name": "pay", "calls": [CALL] if asked else []}]}
    result: Any = {"status": "failed", "failure": {**FAILURE, "code": code}}
    return Effect((run,), result, failed=True, doubt=doubt)


# attempts -----------------------------------------------------------------------------------------


@given(st.integers(0, 6), st.integers(1, 5))
def test_it_is_made_again_as_often_as_was_signed(attempts: int, times: int) -> None:
    effect = or_again(pending(if_not=f"retry:{times}", attempts=attempts), failed())
    if attempts < times:
        assert effect.attempt is not None
        assert (effect.attempt.number, effect.attempt.times) == (attempts + 1, times)
        assert effect.attempt.failure == FAILURE
    else:
        assert effect.attempt is None
        assert effect.result["attempts"] == attempts + 1


@pytest.mark.parametrize(
    "effect",
    [
        failed(asked=False), failed("E_POLICY_CHANGED"), failed("E_RUN_DIVERGED"),
        failed("E_RUN_CANCELLED"), failed("E_GRANT_REVOKED"), failed("E_HTTP_NOT_ALLOWED"),
        failed(doubt=True), Effect(result={"status": "failed"}, failed=True), Effect(),
    ],
)  # fmt: skip
def test_what_another_time_would_not_mend_is_the_end(effect: Effect) -> None:
    assert or_again(pending(if_not="retry:3"), effect) == effect


def test_doubt_is_made_again_only_where_doubt_says_so() -> None:
    effect = failed("E_EFFECT_UNKNOWN", doubt=True)
    again = or_again(pending(if_doubt="retry:1"), effect)
    assert again.attempt is not None
    assert again.attempt.consequence == "if_doubt"
    assert or_again(pending(if_not="retry:1"), effect).attempt is None


def test_an_attempt_that_the_ledger_does_not_tell_is_not_believed() -> None:
    with pytest.raises(NotVerified) as raised:
        check_attempt(None, pending(attempts=1, attempt_index=5), SupervisorKeys())
    assert raised.value.code == "E_NOT_RECORDED"


# escalations --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["emit:x", "retry:3", "abort", "escalate:a", "escalate:a@b"])
def test_only_an_end_that_says_so_is_escalated(text: str) -> None:
    body: Any = {"intent": "i", "consequence": "if_not", "commitment": text}
    end, *more = with_escalation(Draft(EntryKind.GHOST, body, None), NOW)
    assert end.body is body
    if not text.startswith("escalate"):
        assert more == []
        return
    (escalation,) = more
    assert escalation.body == {
        "intent": "i", "consequence": "if_not", "handler": "a",
        "target": "b" if "@" in text else None, "expires_at": format_when(NOW + ESCALATION_NS),
    }  # fmt: skip


# timers -------------------------------------------------------------------------------------------


class Timers:
    """The part of a view that timers are read from."""

    def __init__(self, *pending: PendingIntent, escalations: tuple[OpenEscalation, ...] = ()):
        self.pending = {each.cid: each for each in pending}
        self.escalations = {each.intent: each for each in escalations}


moments = st.integers(NOW - 10, NOW + 10)


@given(st.lists(moments, max_size=4), st.lists(moments, max_size=4), st.lists(moments, max_size=4))
def test_each_timer_is_due_or_the_next_is_not_after_it(
    asked: list[int], woken: list[int], opened: list[int]
) -> None:
    waiting = [
        pending(number, decision={"outcome": "REQUIRE", "expires_at": format_when(at)})
        for number, at in enumerate(asked, 1)
    ]
    asleep = [pending(100 + number, wake_at=at) for number, at in enumerate(woken)]
    escalations = tuple(
        OpenEscalation(ContentId(f"i{number}"), WHO.did, "a", None, at, number)
        for number, at in enumerate(opened)
    )
    view: Any = Timers(*waiting, *asleep, pending(999), escalations=escalations)
    found = due(view, NOW)
    assert len(found.consents) == sum(at <= NOW for at in asked)
    assert len(found.attempts) == sum(at <= NOW for at in woken)
    assert len(found.asleep) == len(woken) - len(found.attempts)
    assert len(found.escalations) == sum(at <= NOW for at in opened)
    later = [at for at in (*asked, *woken, *opened) if at > NOW]
    assert found.next_at == min(later, default=None)


def test_a_moment_is_told_as_it_was_meant() -> None:
    one = replace(pending(), wake_at=NOW)
    view: Any = Timers(one)
    assert due(view, NOW).attempts == (one.cid,)
    assert parse_when(format_when(NOW)) == NOW
