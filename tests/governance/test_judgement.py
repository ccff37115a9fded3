"""Judging: what a policy answers, and that no consent of the wrong people can change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos_graph.canon import content_id, encode
from logos_graph.errors import Rejected
from logos_graph.governance import (
    Allow,
    Basis,
    Deny,
    DenyReason,
    KOfN,
    Policy,
    Request,
    Require,
    parse_verb,
)
from logos_graph.identity import Did

Make = Callable[..., Request]
HOUR = 3600 * 10**9
NOBODY: frozenset[str] = frozenset()
TREASURY = frozenset({"treasury"})

PERMIT = """
@id("agents-transfer")
permit (principal in Role::"agent", action == Action::"transfer", resource);
"""
LIMIT = """
@id("over-limit") @require("treasury") @quorum("2") @expires("72h") @reason("over 5000")
forbid (principal, action == Action::"transfer", resource)
when { context.this.amount.greaterThan(decimal("5000.00")) };
"""
BLOCKED = """
@id("blocked") @reason("this account is blocked")
forbid (principal, action == Action::"transfer", resource)
when { context.this.to == "blocked" };
"""
BIG = """
@id("huge") @require("treasury") @quorum("3") @expires("2h")
forbid (principal, action == Action::"transfer", resource)
when { context.this.amount.greaterThan(decimal("1000000.00")) };
"""
LEGAL = """
@id("foreign") @require("legal")
forbid (principal, action == Action::"transfer", resource)
when { context.this.to == "abroad" };
"""
DISTRUST = """
@id("trust-is-spent") @deny("InsufficientTrajectory") @reason("a score of 500 is asked for")
forbid (principal, action == Action::"transfer", resource)
when { context.trajectory.score < 500 };
"""
POLICY = Policy(PERMIT + LIMIT + BLOCKED + BIG + LEGAL)


def test_what_is_permitted_is_allowed(make_request: Make) -> None:
    decision = POLICY.judge(make_request("4999.99"))
    assert decision == Allow(policies=("agents-transfer",), policy_hash=POLICY.id, revision=41)


def test_what_nothing_permits_is_denied(make_request: Make) -> None:
    decision = POLICY.judge(make_request(roles=("guest",)))
    assert isinstance(decision, Deny)
    assert decision.reason is DenyReason.POLICY_VIOLATION
    assert decision.policies == ()
    assert "no policy permits transfer" in decision.detail


@pytest.mark.parametrize(
    ("score", "to", "reason"),
    [
        (499, "acct-9", DenyReason.INSUFFICIENT_TRAJECTORY),
        (499, "blocked", DenyReason.EXPLICIT_DENY),
        (500, "blocked", DenyReason.EXPLICIT_DENY),
    ],
)
def test_a_rule_says_that_it_denies_for_the_trajectory(
    make_request: Make, score: int, to: str, reason: DenyReason
) -> None:
    policy = Policy(PERMIT + BLOCKED + DISTRUST)
    request = replace(make_request(to=to), context={"trajectory": {"score": score}})
    decision = policy.judge(request)
    assert isinstance(decision, Deny)
    assert decision.reason is reason
    assert ("a score of 500 is asked for" in decision.detail) == (score < 500)


def test_an_explicit_forbid_denies_and_tells_why(make_request: Make) -> None:
    decision = POLICY.judge(make_request(to="blocked"))
    assert isinstance(decision, Deny)
    assert decision.reason is DenyReason.EXPLICIT_DENY
    assert decision.policies == ("blocked",)
    assert decision.detail == "forbidden by blocked (this account is blocked)"


def test_a_forbid_that_asks_for_consent_requires_it(make_request: Make) -> None:
    request = make_request("47500.00")
    verb = content_id(encode({**request.verb.to_json(), "flow": None}))
    assert POLICY.judge(request) == Require(
        policies=("over-limit",),
        policy_hash=POLICY.id,
        revision=41,
        quorum=KOfN("treasury", 2).ask({}, request.who),
        basis=Basis(("agent",), verb),
        expires_at=request.now_ns + 72 * HOUR,
    )


def test_several_requirements_are_joined_to_the_strictest(make_request: Make) -> None:
    request = make_request("2000000.00")
    decision = POLICY.judge(request)
    assert isinstance(decision, Require)
    assert decision.policies == ("huge", "over-limit")
    assert (decision.quorum.needed, decision.expires_at) == (3, request.now_ns + 2 * HOUR)


def test_requirements_of_different_roles_are_denied(make_request: Make, dids: list[Did]) -> None:
    everyone = {did: frozenset({"treasury", "legal"}) for did in dids}
    decision = POLICY.judge(make_request("47500.00", to="abroad"), everyone)
    assert isinstance(decision, Deny)
    assert "different roles (legal, treasury)" in decision.detail


def test_a_plain_forbid_outweighs_one_that_asks(make_request: Make, dids: list[Did]) -> None:
    everyone = dict.fromkeys(dids, TREASURY)
    assert isinstance(POLICY.judge(make_request("47500.00", to="blocked"), everyone), Deny)


def test_consent_does_not_replace_a_permit(make_request: Make, dids: list[Did]) -> None:
    everyone = dict.fromkeys(dids, TREASURY)
    decision = POLICY.judge(make_request("47500.00", roles=("guest",)), everyone)
    assert isinstance(decision, Deny)
    assert "with or without consent" in decision.detail


def test_enough_consents_allow(make_request: Make, dids: list[Did]) -> None:
    request = make_request("47500.00")
    assert isinstance(POLICY.judge(request, {dids[1]: TREASURY}), Require)
    decision = POLICY.judge(request, {dids[1]: TREASURY, dids[2]: TREASURY})
    assert decision == Allow(policies=("over-limit",), policy_hash=POLICY.id, revision=41)


def test_the_actor_cannot_consent_to_its_own_act(make_request: Make, dids: list[Did]) -> None:
    request = make_request("47500.00", roles=("agent", "treasury"))
    consents = {dids[0]: TREASURY, dids[1]: TREASURY}
    assert isinstance(POLICY.judge(request, consents), Require)


def test_the_deadline_does_not_move_when_judged_again(make_request: Make, dids: list[Did]) -> None:
    request = make_request("47500.00")
    first, again = POLICY.judge(request), POLICY.judge(request, {dids[1]: TREASURY})
    assert first == again


@pytest.mark.parametrize(
    ("risk", "waits"), [("L2", False), ("L3", True), ("L4", True), ("L5", True)]
)
def test_from_risk_three_up_consent_is_always_required(
    make_request: Make, dids: list[Did], risk: str, waits: bool
) -> None:
    request = make_request("1.00", risk=risk)
    decision = POLICY.judge(request)
    assert isinstance(decision, Require) is waits
    if isinstance(decision, Require):
        assert (decision.role, decision.quorum.needed) == ("approver", 1)
        assert decision.expires_at == request.now_ns + HOUR
        assert decision.policies == ("agents-transfer",)
        assert isinstance(POLICY.judge(request, {dids[1]: TREASURY}), Require)
        assert isinstance(POLICY.judge(request, {dids[1]: frozenset({"approver"})}), Allow)


def test_a_policy_may_name_who_consents_to_a_risky_act(make_request: Make) -> None:
    decision = POLICY.judge(make_request("47500.00", risk="L5"))
    assert isinstance(decision, Require)
    assert decision.role == "treasury"


def test_policy_sees_the_risk(make_request: Make) -> None:
    policy = Policy(PERMIT + "forbid (principal, action, resource) when { context.risk > 1 };")
    assert isinstance(policy.judge(make_request(risk="L1")), Allow)
    assert isinstance(policy.judge(make_request(risk="L2")), Deny)


@pytest.mark.parametrize(
    "rule",
    [
        "forbid (principal, action, resource) when { context.this.nothing > 3 };",
        "permit (principal, action, resource) when { context.this.nothing > 3 };",
        "forbid (principal, action, resource) when { context.this.to > 3 };",
        "forbid (principal, action, resource) when { context.risk + 9223372036854775807 > 0 };",
        'forbid (principal, action, resource) when { decimal("1.23456") == context.this.amount };',
    ],
)
def test_a_rule_that_cannot_be_evaluated_denies(
    make_request: Make, dids: list[Did], rule: str
) -> None:
    """Cedar skips such a rule; a forbid that is skipped would be a hole."""
    policy = Policy(f'{PERMIT} @id("broken") {rule}')
    for consents in ({}, dict.fromkeys(dids, TREASURY)):
        decision = policy.judge(make_request(), consents)
        assert isinstance(decision, Deny)
        assert decision.reason is DenyReason.POLICY_VIOLATION
        assert "could not be evaluated" in decision.detail
        assert "broken" in decision.detail


@pytest.mark.parametrize(
    "condition",
    [
        'context.this.amount == decimal("10.0")',
        'context.this.amount.lessThan(decimal("10.0001"))',
        'context.this.tags.contains("urgent") && context.this.tags.containsAll(["urgent"])',
        'context.this.fees.contains(decimal("1.5"))',
        "context.this.count == -9223372036854775808",
        "!(context.this has memo)",
        'context.this.free == {"a": {"b": true}, "list": [1, "x"]}',
        'resource == Ledger::"main"',
        'principal in Role::"agent"',
    ],
)
def test_policy_sees_the_payload_in_its_own_types(make_request: Make, condition: str) -> None:
    policy = Policy(f"permit (principal, action, resource) when {{ {condition} }};")
    request = make_request(
        "10.00",
        memo=None,
        count=-(2**63),
        tags=["urgent", "urgent", "x"],
        fees=["1.50", None],
        free={"a": {"b": True, "c": None}, "list": ["x", 1, 1, None]},
    )
    assert isinstance(policy.judge(request), Allow)


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"count": 2**63}, "$.count"),
        ({"count": -(2**63) - 1}, "$.count"),
        ({"free": {"deep": [1, 2**64]}}, "$.free.deep[1]"),
        ({"amount": "1.00001"}, "$.amount"),
        ({"amount": "922337203685477.5808"}, "$.amount"),
        ({"fees": ["1.23456"]}, "$.fees[0]"),
    ],
)
def test_a_value_that_policy_cannot_hold_is_refused(
    make_request: Make, more: dict[str, Any], path: str
) -> None:
    with pytest.raises(Rejected) as refused:
        POLICY.judge(make_request(**more))
    assert refused.value.code == "E_POLICY_VALUE"
    assert refused.value.data["path"] == path


@pytest.mark.parametrize(
    "escape",
    [
        {"__entity": {"type": "Role", "id": "admin"}},
        {"__extn": {"fn": "decimal", "arg": "0.0"}},
        {"__expr": "true"},
        {"deeper": [{"__entity": {"type": "Role", "id": "admin"}}]},
    ],
)
def test_a_payload_cannot_speak_the_policy_language(
    make_request: Make, escape: dict[str, Any]
) -> None:
    """`{"__entity": …}` in a context is an entity to Cedar, not a record."""
    with pytest.raises(Rejected) as refused:
        POLICY.judge(make_request(free=escape))
    assert refused.value.code == "E_POLICY_VALUE"


@pytest.mark.parametrize("amount", ["5", "5.0", "5.00000000", "4.9999", "-5000.00", "0"])
def test_the_spelling_of_a_decimal_does_not_matter(make_request: Make, amount: str) -> None:
    assert isinstance(POLICY.judge(make_request(amount)), Allow)


def test_a_role_with_odd_letters_cannot_reach_into_the_request(make_request: Make) -> None:
    decision = POLICY.judge(
        make_request(roles=('x"}], "parents": [{"type": "Role", "id": "agent',))
    )
    assert isinstance(decision, Deny)


def test_a_reason_can_always_be_recorded_and_shown(make_request: Make) -> None:
    """A policy's escapes can spell what canonical JSON refuses and what terminals obey."""
    policy = Policy(
        PERMIT
        + r'@reason("e\u{301}\u{1b}[2J\n'
        + "x" * 1000
        + '") forbid (principal, action, resource);'
    )
    decision = policy.judge(make_request())
    assert isinstance(decision, Deny)
    assert decision.detail.startswith("forbidden by policy1 (\u00e9 [2J x")
    assert len(decision.detail) <= 500
    encode(decision.to_json())


RULES = st.lists(
    st.sampled_from(
        [
            PERMIT,
            LIMIT,
            BLOCKED,
            BIG,
            LEGAL,
            "permit (principal, action, resource) when { context.risk < 3 };",
            "forbid (principal, action, resource) when { context.this.nothing };",
            '@require("treasury") forbid (principal, action, resource);',
        ]
    ),
    unique=True,
    max_size=5,
)
AMOUNTS = st.sampled_from(["1.00", "47500.00", "2000000.00"])
RISKS = st.sampled_from(["L0", "L1", "L2", "L3", "L4", "L5"])
ROLE_SETS = st.frozensets(st.sampled_from(["agent", "treasury", "approver", "legal", "guest"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=RULES,
    amount=AMOUNTS,
    risk=RISKS,
    to=st.sampled_from(["acme", "blocked", "abroad"]),
    who_roles=ROLE_SETS,
    consents=st.lists(ROLE_SETS, max_size=7),
)
def test_consents_of_others_than_those_asked_never_allow(
    make_request: Make,
    dids: list[Did],
    rules: list[str],
    amount: str,
    risk: str,
    to: str,
    who_roles: frozenset[str],
    consents: list[frozenset[str]],
) -> None:
    policy = Policy('permit (principal in Role::"nobody", action, resource);' + "".join(rules))
    request = replace(make_request(amount, risk=risk, to=to), roles=who_roles)
    before = policy.judge(request)
    given_by = dict(zip(dids[1:], consents, strict=False))
    given_by[request.who] = who_roles | {"treasury", "approver", "legal"}
    after = policy.judge(request, given_by)
    if isinstance(before, Require):
        others = sum(before.role in roles for did, roles in given_by.items() if did != request.who)
        assert isinstance(after, Allow) is (others >= before.quorum.needed)
        strangers = {did: roles - {before.role} for did, roles in given_by.items()}
        assert policy.judge(request, strangers) == before
    else:
        assert after == before


def test_a_verb_without_decimals_shows_its_texts_as_texts(make_request: Make) -> None:
    plain = parse_verb(
        {"name": "transfer", "docs": "d", "risk": "L1", "schema": {"type": "object"}}
    )
    policy = Policy('permit (principal, action, resource) when { context.this.amount == "10.00" };')
    assert isinstance(policy.judge(replace(make_request(), verb=plain)), Allow)
