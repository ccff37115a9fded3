"""A consent counts for the one question it answers, and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.governance import (
    All,
    Basis,
    Consent,
    Consenter,
    KOfN,
    Person,
    Require,
    Waiting,
    check_consent,
    check_current,
    parse_consent,
)
from logos_graph.identity import Signer
from logos_graph.logline import format_when

SECOND = 10**9
WHO, ANN, BEN = (Signer.from_seed(bytes([number]) * 32).did for number in (1, 2, 3))
DECISION = Require(
    policies=("limit",),
    policy_hash=content_id(b"policy"),
    revision=41,
    quorum=KOfN("treasury", 1).ask({}, WHO),
    basis=Basis(("agent",), content_id(b"verb")),
    expires_at=100 * SECOND,
)
WAITING = Waiting(content_id(b"intent"), WHO, DECISION)
CONSENT = Consent(WAITING.intent, DECISION.policy_hash, 41, 50 * SECOND)
BY = Consenter(ANN, frozenset({"treasury"}), ANN)
FOR_BEN = replace(BY, seat=BEN)


def test_a_consent_to_the_question_that_was_asked_counts() -> None:
    check_consent(CONSENT, WAITING, BY, 10 * SECOND)
    check_consent(CONSENT, WAITING, FOR_BEN, 10 * SECOND)


@pytest.mark.parametrize(
    ("consent", "by", "now", "code"),
    [
        (replace(CONSENT, intent=content_id(b"other")), BY, 10, "E_CONSENT_INTENT"),
        (replace(CONSENT, policy_hash=content_id(b"other")), BY, 10, "E_CONSENT_POLICY"),
        (replace(CONSENT, revision=40), BY, 10, "E_CONSENT_REVISION"),
        (replace(CONSENT, revision=42), BY, 10, "E_CONSENT_REVISION"),
        (replace(CONSENT, expires_at=200 * SECOND), BY, 100, "E_CONSENT_LATE"),
        (CONSENT, BY, 50, "E_CONSENT_EXPIRED"),
        (CONSENT, replace(BY, did=WHO, seat=WHO), 10, "E_CONSENT_SELF"),
        (CONSENT, replace(FOR_BEN, did=WHO), 10, "E_CONSENT_SELF"),
        (CONSENT, replace(BY, seat=WHO), 10, "E_CONSENT_SELF"),
        (CONSENT, replace(FOR_BEN, roles=frozenset()), 10, "E_CONSENT_ROLE"),
        (CONSENT, replace(BY, roles=frozenset({"legal"})), 10, "E_CONSENT_ROLE"),
    ],
)
def test_a_consent_to_anything_else_is_refused(
    consent: Consent, by: Consenter, now: int, code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        check_consent(consent, WAITING, by, now * SECOND)
    assert refused.value.code == code


THIS: dict[str, Any] = {
    "intent": WAITING.intent,
    "policy_hash": DECISION.policy_hash,
    "revision": 41,
    "expires_at": format_when(50 * SECOND),
}


def test_the_payload_of_consent_give_is_read() -> None:
    assert parse_consent(THIS) == CONSENT
    lent = content_id(b"delegation")
    assert parse_consent({**THIS, "delegation": lent}) == replace(CONSENT, delegation=lent)


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"delegation": "b3:1"},
        {"revision": True},
        {"revision": "41"},
        {"intent": "b3:1"},
        {"expires_at": "soon"},
        {"expires_at": 50},
    ],
)
def test_another_payload_is_no_consent(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        parse_consent({**THIS, **change})


HELD = frozenset({"treasury"})


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"policy_hash": content_id(b"next")}, "POLICY"),
        ({"basis": replace(DECISION.basis, verb=content_id(b"other"))}, "VERB"),
        ({"basis": replace(DECISION.basis, roles=("agent", "cfo"))}, "ROLES"),
        ({"quorum": KOfN("treasury", 2).ask({}, WHO)}, "QUORUM"),
        ({"quorum": KOfN("legal", 1).ask({}, WHO)}, "QUORUM"),
        ({"also": (DECISION.quorum,)}, "QUORUM"),
    ],
)
def test_a_question_that_would_be_another_now_is_stale_and_says_what_changed(
    change: dict[str, Any], what: str
) -> None:
    check_current(DECISION, replace(DECISION, revision=99, context={"x": 1}, expires_at=7))
    with pytest.raises(Rejected) as refused:
        check_current(DECISION, replace(DECISION, **change))
    assert refused.value.code == f"E_CONSENT_STALE_{what}"
    assert "submitted again" in refused.value.hint
    assert refused.value.data["judged"] != refused.value.data["now"]


def test_the_same_quorums_in_another_order_are_the_same_question() -> None:
    one, two = (KOfN("treasury", k).ask({}, WHO) for k in (1, 2))
    check_current(
        replace(DECISION, quorum=one, also=(two,)), replace(DECISION, quorum=two, also=(one,))
    )


def test_who_came_to_hold_the_role_makes_a_question_to_all_stale() -> None:
    one = {ANN: Person("ann", HELD)}
    asked = replace(DECISION, quorum=All("treasury").ask(one, WHO))
    check_current(asked, replace(asked, quorum=All("treasury").ask(one, WHO)))
    two = {**one, BEN: Person("ben", HELD)}
    with pytest.raises(Rejected) as refused:
        check_current(asked, replace(asked, quorum=All("treasury").ask(two, WHO)))
    assert refused.value.code == "E_CONSENT_STALE_QUORUM"
    assert refused.value.data["now"] == ["all 2 of role treasury"]
