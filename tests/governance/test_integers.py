"""Integers that do not fit 64 bits are refused before anything tries to write them."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.errors import Rejected
from logos_graph.governance import Verb, check_this, parse_verb

LONG = 10**5000
"""More digits than Python writes."""


def verb(**properties: Any) -> Verb:
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return parse_verb({"name": "transfer", "docs": "Move.", "risk": "L1", "schema": schema})


def refusal(verb: Verb, this: Any) -> tuple[str, Any]:
    with pytest.raises(Rejected) as refused:
        check_this(verb, this)
    return refused.value.code, refused.value.data["path"]


@pytest.mark.parametrize(
    "number",
    [LONG, -LONG, 2**64, -(2**63) - 1],
    ids=["long", "long below zero", "over", "under"],
)
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "maxLength": 9},
        {"type": "integer", "maximum": 5},
        {"enum": [1]},
        {"const": 1},
        {"multipleOf": 7},
        True,
    ],
)
def test_a_payload_with_an_integer_over_64_bits_is_refused_with_its_path(
    number: int, schema: Any
) -> None:
    assert refusal(verb(x=schema), {"x": number}) == ("E_THIS_SCHEMA", "$.x")


def test_the_path_leads_into_arrays_and_objects() -> None:
    items = {"type": "array", "maxItems": 3, "uniqueItems": True}
    this = {"x": [1, {"deep": [LONG]}]}
    assert refusal(verb(x=items), this) == ("E_THIS_SCHEMA", "$.x[1].deep[0]")


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 0, True])
def test_an_integer_of_64_bits_is_judged_by_the_schema(number: int) -> None:
    check_this(verb(x={"type": ["integer", "boolean"]}), {"x": number})


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"maximum": LONG}, "$.properties.x.maximum"),
        ({"const": LONG}, "$.properties.x.const"),
        ({"enum": [1, [LONG]]}, "$.properties.x.enum[1][0]"),
        ({"type": LONG}, "$.properties.x.type"),
        ({"multipleOf": 0, "minimum": -LONG}, "$.properties.x.minimum"),
        ({"maxLength": 2**64}, "$.properties.x.maxLength"),
    ],
)
def test_a_schema_with_an_integer_over_64_bits_is_refused_with_its_path(
    schema: Any, path: str
) -> None:
    with pytest.raises(Rejected) as refused:
        verb(x=schema)
    assert (refused.value.code, refused.value.data["path"]) == ("E_VERB_SCHEMA", path)
