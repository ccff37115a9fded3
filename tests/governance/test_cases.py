"""Tables of cases: parsed strictly, and what they look at."""

from __future__ import annotations

import pytest

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput
from logos_graph.governance import Policy
from logos_graph.governance.cases import parse_cases
from logos_graph.governance.looked import looked_at, roles_named, without

HEAD = 'policy = "p.cedar"\n[principals]\nann = ["agent"]\n'
CASE = '[[case]]\nname = "a"\nwho = "ann"\nverb = "v"\noutcome = "ALLOW"\nrules = ["r"]\n'


def test_a_case_takes_what_all_share_and_says_what_is_its_own() -> None:
    shared = "[context]\nalarms = 0\nbreaker = false\n"
    table = parse_cases(HEAD + shared + CASE + "context = { alarms = 2 }\n")
    (case,) = table.cases
    assert (dict(case.context), case.this) == ({"alarms": 2, "breaker": False}, {})
    assert table.principals == {"ann": frozenset({"agent"})}


@pytest.mark.parametrize(
    "decision",
    [
        {"outcome": "DENY", "policies": ["r"]},
        {"outcome": "ALLOW", "policies": []},
        {"outcome": "ALLOW", "policies": ["r", "s"]},
    ],
    ids=["another outcome", "a rule less", "a rule more"],
)
def test_a_decision_differs_by_its_outcome_and_by_every_rule(decision: dict[str, Json]) -> None:
    (case,) = parse_cases(HEAD + CASE).cases
    assert case.expected.differences({"outcome": "ALLOW", "policies": ["r"]}) == []
    assert len(case.expected.differences(decision)) == 1


def test_what_a_case_says_beyond_that_is_compared_too() -> None:
    text = CASE.replace("ALLOW", "REQUIRE") + 'role = "treasury"\nquorum = 2\n'
    (case,) = parse_cases(HEAD + text).cases
    asked: dict[str, Json] = {
        "outcome": "REQUIRE",
        "policies": ["r"],
        "role": "treasury",
        "quorum": 2,
    }
    assert case.expected.differences(asked) == []
    assert case.expected.differences({**asked, "quorum": 1}) == ["quorum: expected 2, decided 1"]


@pytest.mark.parametrize(
    "text",
    [
        "policy = ",
        HEAD,
        CASE,
        HEAD + CASE + CASE,
        HEAD + CASE.replace('"ann"', '"bob"'),
        HEAD + CASE.replace("ALLOW", "allow"),
        HEAD + CASE.replace('rules = ["r"]\n', ""),
        HEAD + CASE + 'outcom = "DENY"\n',
        HEAD + CASE + "this = { amount = 1.5 }\n",
        HEAD + CASE + "this = 3\n",
        HEAD + CASE + 'consents = ["bob"]\n',
    ],
)
def test_a_table_that_says_less_or_more_than_it_should_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_cases(text)
    assert refused.value.code in ("E_CASES", "E_CASES_SYNTAX")


RULES = Policy(
    '@id("all") permit (principal in Role::"agent", action, resource);\n'
    '@id("limit") forbid (principal, action, resource) when {'
    ' context.this.payment["to-account"] == "x" && context.this has memo'
    ' && context.trajectory.score > 3 } unless { principal in Role::"boss" };\n'
)


def test_what_a_rule_looks_at_is_told_with_its_values() -> None:
    seen: dict[str, Json] = {
        "this": {"payment": {"to-account": "x"}},
        "trajectory": {"score": 7},
        "alarms": 0,
    }
    assert looked_at(RULES.rules[1], seen) == [
        ("this.memo", None),
        ("this.payment.to-account", "x"),
        ("trajectory.score", 7),
    ]
    assert looked_at(RULES.rules[0], seen) == []


def test_a_policy_without_a_rule_is_the_same_but_for_it() -> None:
    assert roles_named(RULES) == ["agent", "boss"]
    left = without(RULES, frozenset({"limit"}))
    assert left is not None
    assert [rule.id for rule in left.rules] == ["all"]
    assert without(RULES, frozenset({"all"})) is None
