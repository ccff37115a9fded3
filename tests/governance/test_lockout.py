"""No policy comes into force under which nobody could replace it."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.errors import Rejected
from logos_graph.governance import Policy, Request, parse_verb, refuse_lockout
from logos_graph.identity import Did

ACTIVATE = 'permit (principal, action == Action::"policy.activate", resource);\n'
ANSWER = 'permit (principal, action == Action::"consent.give", resource);\n'
FORBID = 'forbid (principal, action == Action::"policy.activate", resource);\n'
FORBID_ANSWER = 'forbid (principal, action == Action::"consent.give", resource)'
SCHEMA: Any = {"type": "object"}


def request(verb: str, risk: str, who: Did, *roles: str) -> Request:
    parsed = parse_verb({"name": verb, "docs": "A verb.", "risk": risk, "schema": SCHEMA})
    return Request(
        who=who,
        roles=frozenset(roles),
        verb=parsed,
        this={},
        ledger="main",
        revision=1,
        now_ns=10**18,
    )


@pytest.fixture
def activates(dids: list[Did]) -> Request:
    """An operator who may approve, too, but not its own acts."""
    return request("policy.activate", "L4", dids[0], "operator", "approver")


@pytest.fixture
def answers(dids: list[Did]) -> list[Request]:
    """What each of four would submit to consent: the operator, two approvers, one of neither."""
    roles = (("operator", "approver"), ("approver",), ("approver", "legal"), ("guest",))
    return [
        request("consent.give", "L0", did, *held) for did, held in zip(dids, roles, strict=False)
    ]


@pytest.mark.parametrize(
    "text",
    [
        ACTIVATE + ANSWER,
        ACTIVATE + ANSWER + '@require("approver") @quorum("2") ' + FORBID,
        ACTIVATE + ANSWER + '@require("legal") ' + FORBID,
        ACTIVATE + ANSWER + FORBID_ANSWER + ' when { principal in Role::"legal" };',
    ],
)
def test_a_policy_that_others_can_help_to_replace_is_taken(
    activates: Request, answers: list[Request], text: str
) -> None:
    refuse_lockout(Policy(text), activates, answers)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ANSWER, id="activation is not permitted"),
        pytest.param(ACTIVATE + ANSWER + FORBID, id="activation is forbidden"),
        pytest.param(ACTIVATE, id="nobody may consent"),
        pytest.param(
            ACTIVATE + ANSWER + '@require("nobody") @quorum("2") ' + FORBID,
            id="nobody has the role",
        ),
        pytest.param(
            ACTIVATE + ANSWER + '@require("operator") ' + FORBID, id="only its author has the role"
        ),
        pytest.param(
            ACTIVATE + ANSWER + '@require("approver") @quorum("3") ' + FORBID, id="too few have it"
        ),
        pytest.param(
            ACTIVATE + ANSWER + FORBID_ANSWER + ' when { principal in Role::"approver" };',
            id="those who have it may not consent",
        ),
        pytest.param(
            ACTIVATE + ANSWER + '@require("legal") ' + FORBID_ANSWER + ";",
            id="a consent would itself need consent",
        ),
        pytest.param(
            ACTIVATE + 'permit (principal in Role::"guest", action, resource);',
            id="others may consent than those who are asked",
        ),
    ],
)
def test_a_policy_that_nobody_could_replace_is_refused(
    activates: Request, answers: list[Request], text: str
) -> None:
    with pytest.raises(Rejected) as refused:
        refuse_lockout(Policy(text), activates, answers)
    assert refused.value.code == "E_POLICY_LOCKOUT"
    decision: Any = refused.value.data["decision"]
    assert decision["outcome"] in {"DENY", "REQUIRE"}


def test_one_who_could_consent_is_counted_once(activates: Request, answers: list[Request]) -> None:
    policy = Policy(ACTIVATE + ANSWER + '@require("legal") @quorum("2") ' + FORBID)
    with pytest.raises(Rejected):
        refuse_lockout(policy, activates, [*answers, *answers])
