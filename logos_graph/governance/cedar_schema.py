"""The Cedar schema: what a policy may speak of, made of the registered verbs and the context.

    entities   Principal in Role; Ledger; one action for each verb
    context    of an action: `this` by the verb's JSON Schema, `risk`, and the parts of seen.py

| JSON Schema of a value | its Cedar type |
|---|---|
| integer (or number: amounts are no floats here) | Long |
| string with format decimal | decimal |
| any other string | String |
| boolean | Bool |
| array | Set of its items' type |
| object | record of its `properties`; one that is not required is optional: `has` comes first |
| several types, no type, properties that are not named | none: no policy can read it |

What has no Cedar type is left out, so that a policy that reads it is refused when it is checked,
not when it first meets an act. A verb whose payload is to be judged therefore declares it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import cedarpy

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.governance.formats import DECIMAL
from logos_graph.governance.schema import follow_ref
from logos_graph.governance.seen import BOOLEAN, LONG, SEEN, STRING, CedarType, record
from logos_graph.governance.shape import Shape
from logos_graph.governance.verbs import Verb

__all__ = ["cedar_schema", "compile_schema"]

_DECIMAL: CedarType = {"type": "Extension", "name": "decimal"}
_Schemas = tuple[Mapping[str, Json], ...]
_KINDS = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}


def cedar_schema(verbs: Iterable[Verb]) -> dict[str, Any]:
    """The schema in Cedar's JSON form; the same verbs make the same schema."""
    actions = {verb.name: _action(verb) for verb in sorted(verbs, key=lambda verb: verb.name)}
    entities: dict[str, Any] = {
        "Ledger": {},
        "Principal": {"memberOfTypes": ["Role"]},
        "Role": {},
    }
    return {"": {"entityTypes": entities, "actions": actions}}


def compile_schema(schema: Mapping[str, Any]) -> cedarpy.Schema:
    """The schema as the engine takes it; Rejected E_POLICY_SCHEMA if it does not."""
    try:
        return cedarpy.Schema.from_json_str(json.dumps(schema))
    except ValueError as error:
        raise Rejected(
            "E_POLICY_SCHEMA", f"the verbs make no schema that the policy engine takes: {error}"
        ) from error


def _action(verb: Verb) -> dict[str, Any]:
    this = _type(verb.shape)
    if this is None or this["type"] != "Record":
        this = record({})
    return {
        "appliesTo": {
            "principalTypes": ["Principal"],
            "resourceTypes": ["Ledger"],
            "context": record({**SEEN, "risk": LONG, "this": this}),
        }
    }


def _type(shape: Shape) -> CedarType | None:
    """The type of the values at this place; None if they have none, or several."""
    kinds = {kind for schema in shape.schemas for kind in _kinds(schema)} - {"null"}
    if kinds == {"integer", "number"}:
        kinds = {"integer"}
    match [*kinds]:
        case ["integer" | "number"]:
            return LONG
        case ["boolean"]:
            return BOOLEAN
        case ["string"]:
            return _text(shape.schemas)
        case ["array"]:
            element = _type(shape.items)
            return None if element is None else {"type": "Set", "element": element}
        case ["object"]:
            return _record(shape)
    return None


def _text(schemas: _Schemas) -> CedarType | None:
    """A decimal, a String, or None where the value may be either: in Cedar these never compare."""
    speaking = [each for each in schemas if "string" in _kinds(each)]
    decimal = [each for each in speaking if each.get("format") == DECIMAL]
    if decimal and len(decimal) < len(speaking):
        return None
    return _DECIMAL if decimal else STRING


def _record(shape: Shape) -> CedarType:
    names = {name for schema in shape.schemas for name in _names(schema)}
    required = {
        name
        for schema in _certain(shape.schemas[0], shape.root)
        for name in _list(schema.get("required"))
    }
    attributes: dict[str, CedarType] = {}
    for name in sorted(names):
        below = shape.member(name)
        found = _type(below)
        if found is not None:
            # null is absent in Cedar, so what may be null is optional, required or not
            sure = name in required and not any("null" in _kinds(each) for each in below.schemas)
            attributes[name] = {**found, "required": sure}
    return record(attributes)


def _kinds(schema: Mapping[str, Json]) -> set[str]:
    """The JSON types that a schema names, by `type`, `enum` or `const`."""
    told = schema.get("type")
    if told is not None:
        return {str(kind) for kind in (told if isinstance(told, list) else [told])}
    values = [schema["const"]] if "const" in schema else _list(schema.get("enum"))
    return {_KINDS.get(type(value), "null") for value in values}


def _names(schema: Mapping[str, Json]) -> Iterator[str]:
    properties = schema.get("properties")
    if isinstance(properties, dict):
        yield from properties


def _certain(schema: Mapping[str, Json], root: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """The schema and every other that holds of the value whenever it does."""
    yield schema
    for part in (follow_ref(schema, root), *_list(schema.get("allOf"))):
        if isinstance(part, dict):
            yield from _certain(part, root)


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []
