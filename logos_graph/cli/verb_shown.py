"""What a verb takes, read off the JSON Schema of its `this`: each place, and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from logos_graph.cli.output import Printer
from logos_graph.governance import EffectKind, examples_of, parse_verb

__all__ = ["Field", "fields_of", "show_verb", "verb_document"]

_MAX_ROWS: Final = 200
_EFFECTS: Final = {
    EffectKind.RECORD: "it is recorded, and nothing else happens",
    EffectKind.GRAPH: "it changes what the graph holds",
    EffectKind.FLOW: "it runs a flow; what that reaches outside, the grants of its nodes say",
}
_RANGES: Final = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
    ("minProperties", "maxProperties", " properties"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One place in `this`: its path without the `$.`, what it takes, in words."""

    path: str
    required: bool
    takes: str
    meaning: str


def fields_of(schema: Mapping[str, Any]) -> list[Field]:
    """Every place that the schema names, in its order, the parts of an object below it."""
    rows = _below(schema, schema, "")
    return [row for row, _ in zip(rows, range(_MAX_ROWS), strict=False)]


def verb_document(found: Mapping[str, Any]) -> dict[str, Any]:
    """A registered verb as a JSON document. found: what the ledger has of it."""
    verb = parse_verb(dict(found))
    examples = examples_of(verb)
    return {
        **found,
        **verb.to_json(),
        "needs_consent": verb.risk.needs_consent,
        "fields": [
            {name: getattr(field, name) for name in ("path", "required", "takes", "meaning")}
            for field in fields_of(verb.schema)
        ],
        "example": examples[0] if examples else None,
    }


def show_verb(out: Printer, document: Mapping[str, Any], example: str | None) -> None:
    """The same for people. example: its text, if there is one."""
    consent = "always with consent" if document["needs_consent"] else "with consent if policy asks"
    again = "changes nothing further" if document["idempotent"] else "is a second act"
    out.fields(
        [
            ("name", document["name"]),
            ("docs", document["docs"]),
            ("risk", f"{document['risk']}, {consent}"),
            ("effect", f"{document['effect']}: {_EFFECTS[EffectKind(document['effect'])]}"),
            ("once more", f"the same again {again}"),
            ("flow", document["flow"]),
            ("amount", document.get("amount")),
        ]
    )
    out.line()
    out.table(
        ("field", "required", "takes", "meaning"),
        [
            (row["path"], "yes" if row["required"] else "no", row["takes"], row["meaning"] or None)
            for row in document["fields"]
        ],
    )
    out.line()
    if example is None:
        out.line("It gives no example.")
        return
    out.line("example of `this`:")
    out.block(example)


def _below(schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[Field]:
    schema = _followed(schema, root)
    required = schema.get("required", [])
    for name, part in schema.get("properties", {}).items():
        if not isinstance(part, dict):
            continue
        at = f"{path}.{name}" if path else name
        told = _followed(part, root)
        meaning = str(part.get("description", told.get("description", "")))
        yield Field(at, name in required, _takes(told), meaning)
        yield from _below(told, root, at)
        items = told.get("items")
        if isinstance(items, dict):
            yield from _below(items, root, f"{at}[]")


def _followed(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A registered schema names definitions of its own only, and not in a circle."""
    while "$ref" in schema:
        schema = root["$defs"][str(schema["$ref"]).rpartition("/")[2]]
    return schema


def _takes(schema: Mapping[str, Any]) -> str:
    """The type and its bounds: `string, 1 to 64 characters`."""
    if "enum" in schema:
        return " | ".join("null" if each is None else str(each) for each in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kinds = schema.get("type", "any value")
    parts = [" or ".join(kinds) if isinstance(kinds, list) else str(kinds)]
    if "format" in schema:
        return f"{parts[0]}: {schema['format']}"
    for least, most, unit in _RANGES:
        low, high = schema.get(least), schema.get(most)
        if low is not None and high is not None:
            parts.append(f"{low}{unit}" if low == high else f"{low} to {high}{unit}")
        elif high is not None:
            parts.append(f"at most {high}{unit}")
        elif low is not None:
            parts.append(f"at least {low}{unit}")
    if "pattern" in schema:
        parts.append(f"like {schema['pattern']}")
    return ", ".join(parts)
