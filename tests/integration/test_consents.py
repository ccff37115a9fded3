"""Consent: bound to one question, counted once per principal, never for the one who asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from logos_graph.canon import Json


@pytest.fixture
def waiting(example: Any, payment: Callable[[str], dict[str, Json]]) -> Any:
    return example.submit(example.agent, "transfer", payment("large"))


def bound(example: Any, waiting: Any, **changed: Json) -> dict[str, Json]:
    return {**example.bound(waiting), **changed}


def code(outcome: Any) -> str:
    assert outcome.status == "GHOST"
    return str(outcome.error.code)


def test_one_principal_is_counted_once(example: Any, waiting: Any) -> None:
    assert example.consent(example.treasury[0], waiting).status == "COMMITTED"
    assert code(example.consent(example.treasury[0], waiting)) == "E_CONSENT_TWICE"
    assert example.system.store.intent(waiting.intent).status == "PENDING"


def test_nobody_consents_to_their_own_intent(
    example: Any, payment: Callable[[str], dict[str, Json]]
) -> None:
    both = example.register("agent-and-treasurer", ["agent", "treasury"])
    waiting = example.submit(both, "transfer", payment("large"))
    assert code(example.consent(both, waiting)) == "E_CONSENT_SELF"


def test_somebody_without_the_role_does_not_count(example: Any, waiting: Any) -> None:
    assert code(example.consent(example.operator, waiting)) == "E_CONSENT_ROLE"


def test_a_consent_bound_to_another_revision_does_not_count(example: Any, waiting: Any) -> None:
    this = bound(example, waiting, revision=0)
    assert code(example.submit(example.treasury[0], "consent.give", this)) == "E_CONSENT_REVISION"


def test_a_consent_bound_to_another_policy_does_not_count(example: Any, waiting: Any) -> None:
    this = bound(example, waiting, policy_hash="b3:" + "1" * 64)
    assert code(example.submit(example.treasury[0], "consent.give", this)) == "E_CONSENT_POLICY"


def test_what_does_not_wait_needs_no_consent(example: Any, waiting: Any) -> None:
    this = bound(example, waiting, intent="b3:" + "2" * 64)
    assert code(example.submit(example.treasury[0], "consent.give", this)) == "E_NOT_WAITING"


def test_one_refusal_ends_the_waiting_intent_as_a_ghost(example: Any, waiting: Any) -> None:
    this: dict[str, Json] = {"intent": waiting.intent, "reason": "not this month"}
    refusal = example.submit(example.treasury[1], "consent.refuse", this)
    assert refusal.status == "COMMITTED"
    ghost = example.system.store.intent(waiting.intent)
    assert ghost.status == "GHOST"
    assert ghost.cause["type"] == "ConsentRefused"
    assert ghost.cause["by"] == example.treasury[1].did
    assert ghost.consequence == "if_not"
    assert code(example.submit(example.treasury[0], "consent.refuse", this)) == "E_NOT_WAITING"
