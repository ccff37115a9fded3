"""What policy is told of a payload follows its schema, however the schema says it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from logos_graph.errors import Rejected
from logos_graph.governance import Request, Verb, parse_verb
from logos_graph.governance.request import cedar_request
from logos_graph.identity import Signer

WHO = Signer.from_seed(b"s" * 32).did
DECIMAL: dict[str, Any] = {"type": "string", "maxLength": 20, "format": "decimal"}
AS_DECIMAL = {"__extn": {"fn": "decimal", "arg": "1.5"}}


def verb(schema: dict[str, Any]) -> Verb:
    form = {"type": "object", **schema}
    return parse_verb({"name": "transfer", "docs": "d", "risk": "L1", "schema": form})


def seen(schema: dict[str, Any], this: dict[str, Any], made: Verb | None = None) -> Any:
    """`this` as the policy sees it."""
    request = Request(WHO, frozenset(), made or verb(schema), this, "main", 0, 1)
    return json.loads(cedar_request(request)["context"])["this"]


@pytest.mark.parametrize(
    ("schema", "this"),
    [
        ({"properties": {"x": DECIMAL}}, {"x": "1.50"}),
        ({"properties": {"x": {"$ref": "#/$defs/m"}}, "$defs": {"m": DECIMAL}}, {"x": "1.50"}),
        ({"properties": {"x": {"anyOf": [{"type": "null"}, DECIMAL]}}}, {"x": "1.50"}),
        ({"properties": {"x": {"allOf": [{"oneOf": [DECIMAL]}]}}}, {"x": "1.50"}),
        ({"allOf": [{"properties": {"x": DECIMAL}}]}, {"x": "1.50"}),
        ({"maxProperties": 3, "additionalProperties": DECIMAL}, {"x": "1.50"}),
        (
            {"properties": {"x": True}, "allOf": [
                {"maxProperties": 3, "additionalProperties": DECIMAL}]},
            {"x": "1.50"},
        ),
    ],
)  # fmt: skip
def test_a_decimal_is_one_wherever_the_schema_says_so(
    schema: dict[str, Any], this: dict[str, Any]
) -> None:
    assert seen(schema, this) == {"x": AS_DECIMAL}


def test_items_are_decimals_in_an_array_and_nothing_else_is() -> None:
    schema = {
        "properties": {
            "x": {"type": "array", "maxItems": 3, "items": DECIMAL},
            "y": {"type": "array", "maxItems": 3, "prefixItems": [DECIMAL]},
            "z": {"type": "array", "maxItems": 3},
        }
    }
    found = seen(schema, {"x": ["1.50", "2"], "y": ["1.50"], "z": ["1.50"], "w": "1.50"})
    assert found["x"] == [AS_DECIMAL, {"__extn": {"fn": "decimal", "arg": "2.0"}}]
    assert (found["y"], found["z"], found["w"]) == ([AS_DECIMAL], ["1.50"], "1.50")


def test_a_payload_s_own_names_are_not_kept() -> None:
    """What a verb keeps is bounded by its schema, whatever names strangers send."""
    made = verb({"properties": {"x": DECIMAL}, "maxProperties": 9, "additionalProperties": DECIMAL})
    others = {made.shape.member(f"name-{number}") for number in range(1000)}
    assert len(others) == 1
    assert made.shape.member("x") not in others
    assert all(other.is_decimal for other in others)


_VALUES = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.sampled_from(["1.50", "x", "-0", "7"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
_SCHEMAS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.sampled_from([{}, DECIMAL, {"type": "integer"}]),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("abc"), inner)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
        st.builds(lambda part: {"items": part, "maxItems": 3}, inner),
        st.builds(lambda part: {"additionalProperties": part, "maxProperties": 3}, inner),
    ),
    max_leaves=6,
)


def plainly(value: Any, schemas: list[dict[str, Any]]) -> Any:
    """The same, by the definition: all schemas that apply to a place, looked up at each place."""
    known = [*schemas]
    for schema in known:
        known += schema.get("anyOf", [])
    if isinstance(value, dict):
        return {
            name: plainly(
                item,
                [
                    schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
                    for schema in known
                ],
            )
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [plainly(item, [schema.get("items", {}) for schema in known]) for item in value]
    if value in ("1.50", "7") and any(schema.get("format") == "decimal" for schema in known):
        return {"__extn": {"fn": "decimal", "arg": "1.5" if value == "1.50" else "7.0"}}
    return value


@given(_SCHEMAS, st.lists(st.dictionaries(st.sampled_from("abc"), _VALUES, max_size=3), max_size=4))
def test_what_is_made_once_says_what_the_schema_says_each_time(
    schema: dict[str, Any], payloads: list[dict[str, Any]]
) -> None:
    try:
        made = verb({"properties": {"a": schema, "b": schema}})
    except Rejected:
        return  # too costly or too deep: it is registered by nobody
    for this in payloads:
        assert seen({}, this, made) == plainly(this, [made.schema])


@given(
    st.sampled_from([{"minimum": 1}, {"maximum": 5}, {"multipleOf": 2}, {"type": "number"}, {}]),
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
)
def test_numbers_are_what_they_are_in_the_standard(part: dict[str, Any], value: Any) -> None:
    """The quicker test for a number changes no verdict on any value of canonical JSON."""
    schema = {"type": "object", "properties": {"x": part}}
    standard = Draft202012Validator(schema)
    assert verb(schema).validator.is_valid({"x": value}) == standard.is_valid({"x": value})
