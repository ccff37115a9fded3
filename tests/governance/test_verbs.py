"""Verbs: untrusted schemas are bounded, payloads are checked, errors say where and what."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import LogosError, Rejected
from logos_graph.governance import (
    RESERVED_FAMILIES,
    Risk,
    Verb,
    check_registrable,
    check_this,
    examples_of,
    parse_verb,
)

FLOW = "b3:" + "a" * 64


def verb(schema: dict[str, Any], /, **fields: Any) -> Verb:
    return parse_verb(
        {
            "name": "transfer",
            "docs": "Move money.",
            "risk": "L1",
            "schema": {"type": "object", **schema},
            **fields,
        }
    )


def of(property_schema: dict[str, Any], **root: Any) -> Verb:
    return verb({"properties": {"x": property_schema}, **root})


def test_a_verb_survives_the_way_to_the_ledger_and_back() -> None:
    made = verb({"properties": {}}, flow=FLOW)
    assert parse_verb(made.to_json()) == made
    assert made.to_json()["flow"] == FLOW


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"risk": "L6"}, "E_VERB_RISK"),
        ({"risk": 3}, "E_VERB_RISK"),
        ({"name": "Transfer"}, "E_VERB"),
        ({"name": "a..b"}, "E_VERB"),
        ({"name": "x" * 65}, "E_VERB"),
        ({"docs": ""}, "E_VERB_FORM"),
        ({"docs": "x" * 2001}, "E_VERB_FORM"),
        ({"flow": "payment-approval"}, "E_VERB_FORM"),
        ({"extra": 1}, "E_VERB_FORM"),
        ({"idempotent": 1}, "E_VERB_FORM"),
        ({"idempotent": "true"}, "E_VERB_FORM"),
        ({"effect": "flow"}, "E_VERB_EFFECT"),
        ({"effect": "graph"}, "E_VERB_EFFECT"),
        ({"effect": "record", "flow": FLOW}, "E_VERB_EFFECT"),
        ({"effect": "external"}, "E_VERB_EFFECT"),
        ({"effect": ["record"]}, "E_VERB_EFFECT"),
        ({"schema": []}, "E_VERB_SCHEMA"),
        ({"schema": {"type": "array"}}, "E_VERB_SCHEMA"),
        ({"schema": {}}, "E_VERB_SCHEMA"),
    ],
)
def test_a_malformed_verb_is_refused(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(LogosError) as refused:
        verb({}, **fields)
    assert refused.value.code == code


def test_a_missing_field_of_a_verb_is_refused() -> None:
    with pytest.raises(Rejected, match="exactly the fields"):
        parse_verb({"name": "transfer", "docs": "d", "risk": "L1"})


@pytest.mark.parametrize(
    ("name", "flow", "effect"),
    [
        ("transfer", None, "record"),
        ("transfer", FLOW, "flow"),
        ("node.publish", None, "graph"),
        ("flow.publish", None, "graph"),
        ("flow.run", None, "flow"),
        ("run.fork", None, "flow"),
        ("run.cancel", None, "graph"),
    ],
)
def test_the_effect_of_a_verb_follows_from_its_name_and_flow(
    name: str, flow: str | None, effect: str
) -> None:
    assert verb({}, name=name, flow=flow).effect == effect
    assert verb({}, name=name, flow=flow, effect=effect).to_json()["effect"] == effect


def test_a_verb_of_an_earlier_version_says_neither_effect_nor_idempotence() -> None:
    """Its entries are read as they were written, and null stands for what is not there."""
    old = verb({})
    assert (old.effect, old.idempotent) == ("record", False)
    assert verb({}, effect=None, idempotent=None, flow=None) == old
    assert verb({}, idempotent=True) != old
    assert parse_verb(verb({}, idempotent=True).to_json()).idempotent


def test_an_example_that_does_not_fit_keeps_a_verb_from_being_registered() -> None:
    schema = {"required": ["x"], "properties": {"x": {"type": "integer"}}}
    fitting = verb({**schema, "examples": [{"x": 1}, {"x": 2}]})
    check_registrable(fitting)
    assert examples_of(fitting) == [{"x": 1}, {"x": 2}]
    with pytest.raises(Rejected, match="example 2 of transfer") as refused:
        check_registrable(verb({**schema, "examples": [{"x": 1}, {"x": "2"}]}))
    assert refused.value.code == "E_VERB_EXAMPLE"
    assert examples_of(verb(schema)) == []


@pytest.mark.parametrize("family", sorted(RESERVED_FAMILIES))
def test_no_user_may_register_a_verb_of_the_product(family: str) -> None:
    for name in (family, f"{family}.activate"):
        with pytest.raises(Rejected) as refused:
            check_registrable(verb({}, name=name))
        assert refused.value.code == "E_VERB_RESERVED"
    check_registrable(verb({}, name=f"{family}x.activate"))


def test_consent_is_needed_from_risk_three_up() -> None:
    assert [risk.level for risk in Risk if risk.needs_consent] == [3, 4, 5]


@pytest.mark.parametrize(
    "ref",
    [
        "https://example.com/schema.json",
        "file:///etc/passwd",
        "other.json#/$defs/a",
        "#",
        "#/properties/x",
        "#/$defs/missing",
        "#anchor",
    ],
)
def test_a_reference_to_anything_but_an_own_definition_is_refused(ref: str) -> None:
    with pytest.raises(Rejected) as refused:
        of({"$ref": ref}, **{"$defs": {"a": {"type": "string"}}})
    assert refused.value.code == "E_VERB_SCHEMA"
    assert refused.value.data["path"] == "$.properties.x.$ref"


def test_definitions_in_a_circle_are_refused() -> None:
    with pytest.raises(Rejected, match="circle"):
        of(
            {"$ref": "#/$defs/a"},
            **{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        )


def test_definitions_that_multiply_past_the_limit_are_refused() -> None:
    levels = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 20} for n in range(5)} | {
        "d5": {"type": "string"}
    }
    with pytest.raises(Rejected, match="steps"):
        of({"$ref": "#/$defs/d0"}, **{"$defs": levels})


def test_arrays_in_arrays_past_the_limit_are_refused() -> None:
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(3):
        inner = {"type": "array", "maxItems": 1000, "items": inner}
    with pytest.raises(Rejected, match="steps"):
        of(inner)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_long_chain_of_definitions_is_refused(reverse: bool) -> None:
    chain = [(f"d{n}", {"$ref": f"#/$defs/d{n + 1}"}) for n in range(200)]
    chain.append(("d200", {"type": "string"}))
    definitions = dict(reversed(chain) if reverse else chain)
    with pytest.raises(Rejected, match="nested deeper"):
        of({"$ref": "#/$defs/d0"}, **{"$defs": definitions})


def test_a_long_chain_named_in_short_steps_is_refused() -> None:
    """Each step finds the rest of the chain priced already; validation would still walk it all."""
    chain: dict[str, Any] = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(200)}
    chain["d200"] = {"type": "string"}
    steps = {f"p{n}": {"$ref": f"#/$defs/d{n}"} for n in range(195, -1, -10)}
    with pytest.raises(Rejected, match="with its definitions it is nested deeper"):
        verb({"properties": steps, "$defs": chain})


def test_a_schema_nested_too_deep_is_refused() -> None:
    inner: dict[str, Any] = {"type": "object"}
    for _ in range(20):
        inner = {"type": "object", "properties": {"x": inner}}
    with pytest.raises(Rejected, match="nested deeper"):
        of(inner)


def test_a_schema_too_large_is_refused() -> None:
    with pytest.raises(Rejected, match="larger than"):
        of({"enum": ["x" * 1000 + str(number) for number in range(100)]})


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"pattern": "^a$"}, "$.properties.x.pattern"),
        ({"pattern": "^a$", "maxLength": 5000}, "$.properties.x.pattern"),
        ({"pattern": "(a+)+$", "maxLength": 50}, "$.properties.x.pattern"),
        ({"items": {"type": "string"}}, "$.properties.x.items"),
        ({"additionalProperties": {"type": "string"}}, "$.properties.x.additionalProperties"),
        ({"propertyNames": {"maxLength": 3}}, "$.properties.x.propertyNames"),
        ({"format": "uri-reference"}, "$.properties.x.format"),
        ({"format": ["date"]}, "$.properties.x.format"),
        ({"patternProperties": {"(a+)+$": True}}, "$.properties.x.patternProperties"),
        ({"$id": "https://example.com/"}, "$.properties.x.$id"),
        ({"$dynamicRef": "#a"}, "$.properties.x.$dynamicRef"),
        ({"$defs": {}}, "$.properties.x.$defs"),
        ({"type": "strnig"}, "$.properties.x.type"),
        ({"maxLength": -1}, "$.properties.x.maxLength"),
        ({"anyOf": {}}, "$.properties.x.anyOf"),
        ({"properties": []}, "$.properties.x.properties"),
        ({"items": "x"}, "$.properties.x.items"),
    ],
)
def test_a_schema_outside_the_subset_is_refused_and_says_where(
    schema: dict[str, Any], path: str
) -> None:
    with pytest.raises(Rejected) as refused:
        of(schema)
    assert refused.value.code in {"E_VERB_SCHEMA", "E_VERB_PATTERN"}
    assert refused.value.data["path"] == path


PAYMENT = {
    "required": ["amount", "to"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "string", "maxLength": 20, "format": "decimal"},
        "to": {"type": "string", "maxLength": 8, "pattern": "^[a-z]+$"},
        "kind": {"enum": ["card", "cash"]},
        "lines": {
            "type": "array",
            "maxItems": 3,
            "uniqueItems": True,
            "items": {"type": "integer", "minimum": 1},
        },
        "day": {"type": "string", "maxLength": 10, "format": "date"},
    },
}


@pytest.mark.parametrize(
    ("change", "path", "expected"),
    [
        ({"amount": 5}, "$.amount", "string"),
        ({"amount": "1e5"}, "$.amount", 'a decimal number in a string, such as "47500.00"'),
        ({"amount": "-0.00"}, "$.amount", 'a decimal number in a string, such as "47500.00"'),
        ({"amount": None}, "$.amount", "string"),
        ({"to": "ACME"}, "$.to", "text that matches ^[a-z]+$"),
        ({"to": "acme\n"}, "$.to", "text that matches ^[a-z]+$"),
        ({"to": "abcdefghi"}, "$.to", "maxLength 8"),
        ({"kind": "cheque"}, "$.kind", "one of 'card', 'cash'"),
        ({"lines": [1, 0]}, "$.lines[1]", "minimum 1"),
        ({"lines": [1, 1]}, "$.lines", "items that all differ"),
        ({"lines": [1, 2, 3, 4]}, "$.lines", "maxItems 3"),
        ({"lines": [True]}, "$.lines[0]", "integer"),
        ({"day": "2026-02-30"}, "$.day", "a calendar date, YYYY-MM-DD"),
        ({"colour": "red"}, "$", "no property 'colour'"),
    ],
)
def test_a_payload_that_does_not_fit_names_the_path_and_what_was_expected(
    change: dict[str, Any], path: str, expected: str
) -> None:
    with pytest.raises(Rejected) as refused:
        check_this(verb(PAYMENT), {"amount": "1.00", "to": "acme", **change})
    assert refused.value.code == "E_THIS_SCHEMA"
    assert refused.value.data["path"] == path
    assert refused.value.data["expected"] == expected
    assert path in refused.value.message


def test_a_missing_property_is_named() -> None:
    with pytest.raises(Rejected) as refused:
        check_this(verb(PAYMENT), {"amount": "1.00"})
    assert refused.value.data["expected"] == "the property 'to'"


def test_a_payload_that_fits_is_accepted() -> None:
    check_this(verb(PAYMENT), {"amount": "-1.50", "to": "acme", "lines": [1, 2], "kind": "card"})


def test_one_and_true_are_different_items() -> None:
    check_this(
        of({"type": "array", "maxItems": 4, "uniqueItems": True}), {"x": [1, True, "1", [1]]}
    )


def test_a_huge_payload_costs_no_more_than_its_bounds() -> None:
    """Without the bound, the items of an array that is too long would all be visited."""
    schema = of({"type": "array", "maxItems": 2, "items": {"type": "integer"}})
    errors = list(schema.validator.iter_errors({"x": ["text"] * 100_000}))
    assert [error.validator for error in errors] == ["maxItems"]


def test_an_error_about_a_huge_name_is_short() -> None:
    schema = of({"type": "object", "maxProperties": 4, "additionalProperties": {"type": "null"}})
    with pytest.raises(Rejected) as refused:
        check_this(schema, {"x": {"n" * 100_000: 1}})
    assert len(str(refused.value.to_json())) < 1000


def test_an_error_never_repeats_the_payload() -> None:
    with pytest.raises(Rejected) as refused:
        check_this(verb(PAYMENT), {"amount": "1.00", "to": "s3cret" * 1000})
    assert "s3cret" not in str(refused.value.to_json())
    assert len(refused.value.message) < 300


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
_KEYWORDS = (
    st.sampled_from(
        [
            "type",
            "properties",
            "required",
            "items",
            "prefixItems",
            "anyOf",
            "oneOf",
            "allOf",
            "$ref",
        ]
    )
    | st.sampled_from(
        ["$defs", "enum", "const", "pattern", "maxLength", "maxItems", "maxProperties", "minimum"]
    )
    | st.sampled_from(["additionalProperties", "propertyNames", "format", "uniqueItems", "$schema"])
)


def refusal(act: Callable[[], object]) -> str | None:
    """The code of the error that an act is refused with; None when it is not."""
    try:
        act()
    except LogosError as refused:
        return refused.code
    return None


@given(st.dictionaries(_KEYWORDS, _JSON, max_size=5))
def test_any_schema_is_either_compiled_or_refused_and_left_as_it_was(
    schema: dict[str, Any],
) -> None:
    before = copy.deepcopy(schema)
    assert (refusal(lambda: verb(schema)) or "E_").startswith("E_")
    assert schema == before


@given(_JSON)
def test_any_payload_is_either_accepted_or_refused(this: Any) -> None:
    code = refusal(lambda: check_this(verb(PAYMENT), this))
    assert code == "E_THIS_SCHEMA" or (code is None and set(this) >= {"amount", "to"})
