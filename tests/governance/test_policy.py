"""Policy text: what is refused before it can ever be in force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import content_id
from logos_graph.errors import Rejected
from logos_graph.governance import All, KOfN, Majority, Policy, QuorumRule, Weighted

PERMIT = '@id("all") permit (principal, action, resource);\n'
HOURS = 3600 * 10**9


def code_of(text: str) -> str:
    with pytest.raises(Rejected) as refused:
        Policy(text)
    return refused.value.code


def test_a_policy_is_named_by_its_content() -> None:
    assert Policy(PERMIT).id == content_id(PERMIT.encode())
    assert Policy(PERMIT).id != Policy(PERMIT + "\n").id


def test_a_rule_without_an_id_is_named_by_its_place() -> None:
    assert [rule.id for rule in Policy("permit (principal, action, resource);" * 2).rules] == [
        "policy0",
        "policy1",
    ]


def test_rules_keep_the_order_of_the_text() -> None:
    names = [f"rule-{number}" for number in range(30)]
    text = "\n".join(f'@id("{name}") permit (principal, action, resource);' for name in names)
    assert [rule.id for rule in Policy(text).rules] == names


def test_annotations_become_a_requirement() -> None:
    text = PERMIT + (
        '@id("limit") @require("treasury") @quorum("2") @expires("72h") @reason("too much")\n'
        "forbid (principal, action, resource);"
    )
    rule = Policy(text).rules[1]
    assert rule.requirement is not None
    assert rule.requirement.quorum == KOfN("treasury", 2)
    assert rule.requirement.expiry_ns == 72 * HOURS
    assert rule.reason == "too much"


def test_a_requirement_is_one_consent_within_an_hour_unless_said_otherwise() -> None:
    rule = Policy(PERMIT + '@require("treasury") forbid (principal, action, resource);').rules[1]
    assert rule.requirement is not None
    assert rule.requirement.quorum == KOfN("treasury", 1)
    assert rule.requirement.expiry_ns == HOURS


@pytest.mark.parametrize("text", ["", "// nothing\n", "forbid (principal, action, resource);"])
def test_a_policy_that_permits_nothing_is_refused(text: str) -> None:
    assert code_of(text) == "E_POLICY_EMPTY"


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("forbid (principal, action, resource) when { 1 + };", 4),
        ('forbid (principal, action, resource) when { context.x == "};', 4),
        ("forbid (principal, action, resource)", 4),
        ("forbid (principal, action);", 4),
        ("forbid (principal, action, resource) when { nosuch(1) };", 4),
        ('@id("a") @id("b") forbid (principal, action, resource);', 4),
    ],
)
def test_a_syntax_error_names_its_line(broken: str, line: int) -> None:
    with pytest.raises(Rejected) as refused:
        Policy(f'{PERMIT}\n// a comment; with "signs\n{broken}')
    assert refused.value.code == "E_POLICY_SYNTAX"
    assert refused.value.data["line"] == line


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 3000 + "true" + ")" * 3000,
        "[" * 3000 + "]" * 3000 + " == []",
        "if true then " * 600 + "true" + " else false" * 600,
        '{"a": ' * 1300 + "1" + "}" * 1300 + " == {}",
        "&&".join(["1"] * 1500),
        "context" + ".a" * 3000,
        "context" + '["a"]' * 1500 + " == 1",
        "1" + " + [1, 2]" * 600 + " == 1",
        "(" * 60 + "x" + ").a.b" * 60,
        "true }" + " when { true" * 400,
        "[" * 129 + "]" * 129 + " == []",
        '"" == "\\"" && ' + "(" * 3000 + "true" + ")" * 3000,
        "// \r" + "(" * 3000 + "true" + ")" * 3000,
    ],
)
def test_nesting_that_would_end_the_process_is_refused(expression: str) -> None:
    """The engine's parser overflows its stack on these: a crash, not an error."""
    text = f"permit (principal, action, resource) when {{ {expression} }};"
    assert code_of(text) == "E_POLICY_SYNTAX"


def test_long_chains_within_the_limits_are_parsed() -> None:
    for condition in (
        " && ".join(["context.this.payment.amount > 3 + 4"] * 100),
        "[" + ", ".join(f'"account-{number}"' for number in range(400)) + "].contains(context.x)",
        "context" + ".a" * 100,
    ):
        Policy(f"permit (principal, action, resource) when {{ {condition} }};")


@pytest.mark.parametrize(
    "text",
    [
        PERMIT + "// " + "x" * 65_536,
        "permit (principal, action, resource);" * 257,
        ";" * 60_000,
    ],
)
def test_a_policy_that_is_too_large_is_refused(text: str) -> None:
    assert code_of(text) in {"E_POLICY_SIZE", "E_POLICY_SYNTAX"}


def test_a_rule_that_is_too_long_is_refused() -> None:
    assert (
        code_of("permit (principal, action, // " + "x" * 9000 + "\nresource);") == "E_POLICY_SYNTAX"
    )


def test_templates_are_refused() -> None:
    assert code_of(PERMIT + "forbid (principal == ?principal, action, resource);") == (
        "E_POLICY_TEMPLATE"
    )


@pytest.mark.parametrize(
    "annotations",
    [
        '@requires("treasury")',
        "@require",
        '@require("Treasury")',
        '@quorum("2")',
        '@expires("1h")',
        '@require("t") @quorum("0")',
        '@require("t") @quorum("101")',
        '@require("t") @quorum("-1")',
        '@require("t") @quorum("two")',
        '@require("t") @quorum("")',
        '@require("t") @quorum("some")',
        '@require("t") @quorum("weighted:0;ann=1")',
        '@require("t") @quorum("weighted:3;ann=-3")',
        '@require("t") @quorum("weighted:9;ann=4,ben=4")',
        '@require("t") @expires("0h")',
        '@require("t") @expires("1w")',
        '@require("t") @expires("91d")',
        '@require("t") @expires("")',
        '@deny("InsufficientTrajectory")',
        '@deny("InsufficientTrajectory") @reason("")',
        '@deny("InsufficientTrajectory") @reason("r") @require("t")',
        '@deny("CircuitBreakerOpen") @reason("r")',
        '@deny("") @reason("r")',
        '@deny @reason("r")',
    ],
)
def test_annotations_that_would_not_do_what_they_say_are_refused(annotations: str) -> None:
    assert code_of(PERMIT + annotations + " forbid (principal, action, resource);") == (
        "E_POLICY_ANNOTATION"
    )


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("all", All("treasury")),
        ("majority", Majority("treasury")),
        ("weighted:10;ann=6,role:cfo=5", Weighted("treasury", 10, (("ann", 6), ("role:cfo", 5)))),
    ],
)
def test_a_policy_says_how_consents_are_counted(said: str, rule: QuorumRule) -> None:
    text = f'@require("treasury") @quorum("{said}") forbid (principal, action, resource);'
    found = Policy(PERMIT + text).rules[1].requirement
    assert found is not None
    assert found.quorum == rule


def test_a_permit_cannot_ask_for_consent() -> None:
    assert code_of('@require("t") permit (principal, action, resource);') == "E_POLICY_ANNOTATION"


def test_a_permit_cannot_say_for_what_it_denies() -> None:
    text = '@deny("InsufficientTrajectory") @reason("r") permit (principal, action, resource);'
    assert code_of(text) == "E_POLICY_ANNOTATION"


@pytest.mark.parametrize("name", ["", "a b", "-a", "x" * 65])
def test_an_id_that_is_no_name_is_refused(name: str) -> None:
    assert code_of(f'@id("{name}") permit (principal, action, resource);') == "E_POLICY_ID"


@pytest.mark.parametrize("second", ['@id("all")', '@id("policy2")'])
def test_two_rules_of_one_name_are_refused(second: str) -> None:
    text = f"{PERMIT}{second} {PERMIT[10:]} permit (principal, action, resource);"
    assert code_of(text) == "E_POLICY_ID"


@pytest.mark.parametrize(
    "rule",
    [
        'forbid (principal in Roles::"agent", action, resource);',
        'forbid (principal == User::"x", action, resource);',
        "forbid (principal is User, action, resource);",
        'forbid (principal is Principal in Team::"x", action, resource);',
        'forbid (principal, action, resource == Graph::"g");',
        'forbid (principal, action, resource) when { principal in [Team::"x"] };',
        "forbid (principal, action, resource) unless { resource is Graph };",
    ],
)
def test_an_entity_type_that_no_request_contains_is_refused(rule: str) -> None:
    """A forbid that names one would look like a rule and never apply."""
    assert code_of(PERMIT + rule) == "E_POLICY_ENTITY"


def test_names_that_only_look_like_entity_types_are_allowed() -> None:
    Policy(
        "permit (principal, action, resource) when "
        '{ context.this.entity == {"type": "User", "entity": {"type": "User"}} };'
    )


@given(st.text("permit(),;{}[]\"'/ @action\n\r\\if", max_size=60))
def test_any_text_is_either_a_policy_or_refused(text: str) -> None:
    assert code_of(text).startswith("E_POLICY_")
