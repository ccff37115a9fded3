"""What a policy may speak of, and what it is told when it speaks of anything else."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.errors import Rejected
from logos_graph.governance import (
    Policy,
    Verb,
    cedar_schema,
    misfits,
    parse_verb,
    refuse_misfits,
)

MONEY = {"type": "string", "maxLength": 32, "format": "decimal"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["amount", "to", "nothing", "order", "free"],
    "additionalProperties": False,
    "properties": {
        "amount": MONEY,
        "to": {"type": "string", "maxLength": 64},
        "count": {"type": "integer"},
        "urgent": {"type": "boolean"},
        "kind": {"enum": ["a", "b"]},
        "tags": {"type": "array", "maxItems": 8, "items": {"type": "string", "maxLength": 16}},
        "nothing": {"type": ["string", "null"], "maxLength": 8},
        "either": {"type": ["string", "integer"], "maxLength": 8},
        "mixed": {"anyOf": [MONEY, {"type": "string", "maxLength": 8}]},
        "free": {"type": "object", "additionalProperties": True},
        "order": {"$ref": "#/$defs/order"},
    },
    "$defs": {
        "order": {
            "type": "object",
            "required": ["lines"],
            "additionalProperties": False,
            "properties": {
                "lines": {"type": "integer"},
                "note": {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]},
            },
        }
    },
}


def verb(name: str = "transfer", schema: dict[str, Any] = SCHEMA) -> Verb:
    return parse_verb({"name": name, "docs": "A verb.", "risk": "L1", "schema": schema})


def said(rule: str, *verbs: Verb) -> list[str]:
    """What is wrong with a rule about transfers."""
    text = f'permit (principal, action == Action::"transfer", resource) when {{ {rule} }};'
    return [each.message for each in misfits(Policy(text), verbs or (verb(),))]


def test_each_json_type_has_its_cedar_type() -> None:
    (action,) = cedar_schema([verb()])[""]["actions"].values()
    context = action["appliesTo"]["context"]["attributes"]
    told = context["this"]["attributes"]
    kinds = {name: (each["type"], each["required"]) for name, each in told.items()}
    assert kinds == {
        "amount": ("Extension", True),
        "to": ("String", True),
        "count": ("Long", False),
        "urgent": ("Boolean", False),
        "kind": ("String", False),
        "tags": ("Set", False),
        "nothing": ("String", False),  # null is absent
        "free": ("Record", True),
        "order": ("Record", True),
    }
    lines = told["order"]["attributes"]
    assert (lines["lines"]["required"], lines["note"]["required"]) == (True, False)
    assert set(context) == {"this", "risk", "trajectory", "breaker", "alarms"}


@pytest.mark.parametrize(
    "rule",
    [
        'context.this.amount.greaterThan(decimal("1.00")) && context.this.to == "x"',
        "context.this has count && context.this.count > 3",
        'context.this has tags && context.this.tags.contains("x")',
        "context.this.order.lines > 3",
        'context.this.order has note && context.this.order.note == "x"',
        "context.risk >= 3 || context.breaker || context.alarms > 0",
        "context.trajectory.score < 5000 && context.trajectory.spent > context.trajectory.limit",
        'principal in Role::"x" || principal is Principal',
    ],
)
def test_what_there_is_can_be_spoken_of(rule: str) -> None:
    assert said(rule) == []


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ('context.this.amont.greaterThan(decimal("1.00"))', "amont"),
        ('context.this.amount == "1.00"', "String and decimal"),
        ("context.this.count > 3", "optional attribute"),
        ("context.this.nothing == context.this.to", "optional attribute"),
        ('context.this.either == "x"', "either"),
        ('context.this.mixed == "x"', "mixed"),
        ("context.this.free.x == 1", "this.free"),
        ("context.trust > 1", "trust"),
        ('context.risk == "L3"', "String"),
    ],
)
def test_what_there_is_not_cannot(rule: str, what: str) -> None:
    (message,) = said(rule)
    assert what in message


def test_an_attribute_that_one_action_lacks_is_found_unless_the_rule_tells_them_apart() -> None:
    other = verb("other", {"type": "object", "additionalProperties": False})
    text = 'permit (principal, action, resource) when {{ {} context.this.to == "x" }};'
    assert misfits(Policy(text.format("")), [verb(), other])
    apart = 'action == Action::"transfer" &&'
    assert not misfits(Policy(text.format(apart)), [verb(), other])


def test_a_misfit_names_its_rule_and_the_line_where_that_begins() -> None:
    text = (
        '@id("all")\npermit (principal, action, resource);\n\n'
        '@id("typo")\nforbid (principal, action == Action::"tranfer", resource);\n'
    )
    with pytest.raises(Rejected) as refused:
        refuse_misfits(Policy(text), [verb()])
    assert refused.value.code == "E_POLICY_SCHEMA"
    data: Any = refused.value.data
    assert (data["rule"], data["line"], len(data["errors"])) == ("typo", 4, 1)
    refuse_misfits(Policy(text), [verb(), verb("tranfer")])


def test_the_same_verbs_make_the_same_schema_in_whatever_order() -> None:
    one, other = verb("a"), verb("b")
    assert cedar_schema([one, other]) == cedar_schema([other, one])
