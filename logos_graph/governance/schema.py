"""The JSON Schema of a verb's `this`: a subset of draft 2020-12 whose cost is known beforehand.

Verbs are registered by principals who are not trusted with the supervisor's time. A schema is
refused, before anything is validated with it, when it could reach outside (any `$ref` but
`#/$defs/NAME`; `$id` and anchors do not exist here), loop (`$ref` in a circle), use a keyword or a
format that is not in the tables below, or cost too much. The cost of a schema is the number of
(schema, value) pairs a validator visits at worst:

    1 + its properties, prefixItems and the branches of anyOf, oneOf, allOf
      + maxItems x items + maxProperties x (additionalProperties + propertyNames)
      + what its $ref names

so a keyword that is applied to many values needs the bound that limits them: `items` needs
maxItems, a schema under `additionalProperties` or `propertyNames` needs maxProperties, `pattern`
needs maxLength. At validation such a keyword is skipped for a value that already breaks its bound,
which is an error anyway.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, Never

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from logos_graph.canon import Json, encode
from logos_graph.errors import LogosError, Rejected
from logos_graph.governance.formats import FORMAT_CHECKER, FORMATS
from logos_graph.governance.integers import find_long_integer
from logos_graph.governance.pattern import compile_pattern

__all__ = ["MAX_SCHEMA_BYTES", "MAX_SCHEMA_DEPTH", "MAX_VISITS", "build_validator", "follow_ref"]

MAX_SCHEMA_BYTES: Final = 65_536
"""Canonical bytes of one schema."""
MAX_SCHEMA_DEPTH: Final = 16
"""Schemas inside schemas, `$ref` followed."""
MAX_VISITS: Final = 100_000
"""(schema, value) pairs visited at worst by one validation: about a second."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REF: Final = re.compile(r"#/\$defs/([A-Za-z0-9_-]{1,64})")
_PLAIN: Final = frozenset(
    {"$schema", "$comment", "title", "description", "default", "examples"}
    | {"type", "enum", "const", "format", "pattern", "required", "uniqueItems"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
)
_ONE_SCHEMA: Final[Mapping[str, str]] = {
    "items": "maxItems",
    "additionalProperties": "maxProperties",
    "propertyNames": "maxProperties",
}
_SCHEMA_LISTS: Final = ("prefixItems", "anyOf", "oneOf", "allOf")
_SCHEMA_MAPS: Final = ("properties", "$defs")
_KEYWORDS: Final = _PLAIN | set(_ONE_SCHEMA) | set(_SCHEMA_LISTS) | set(_SCHEMA_MAPS) | {"$ref"}


def build_validator(schema: Json) -> Validator:
    """Checks an untrusted schema and compiles it.

    Raises:
        Rejected: E_VERB_SCHEMA (`data["path"]` says where), E_VERB_PATTERN.
    """
    long_integer = find_long_integer(schema)
    if long_integer is not None:
        _refuse(_clip(long_integer), "the integer does not fit 64 bits")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        _refuse("$", 'the schema of `this` must be an object with "type": "object"')
    if len(encode(schema)) > MAX_SCHEMA_BYTES:
        _refuse("$", f"it is larger than {MAX_SCHEMA_BYTES} bytes")
    if schema.get("$schema", _DIALECT) != _DIALECT:
        _refuse("$.$schema", f"the dialect must be {_DIALECT}")
    _Survey(schema).price(schema, "$", 0)
    try:
        _BoundedValidator.check_schema(schema)
    except SchemaError as error:
        _refuse(error.json_path, _clip(error.message))
    # An empty registry: nothing is ever fetched, whatever a $ref says.
    validator: Validator = _BoundedValidator(
        schema, registry=Registry(), format_checker=FORMAT_CHECKER
    )
    return validator


def follow_ref(schema: Mapping[str, Json], root: Mapping[str, Json]) -> Json:
    """What the schema's `$ref` names in `root`; None when it has none."""
    found = _REF.fullmatch(str(schema.get("$ref", "")))
    definitions = root.get("$defs")
    if found is None or not isinstance(definitions, dict):
        return None
    return definitions.get(found[1])


class _Price(NamedTuple):
    """What validating one value with a schema takes at worst."""

    visits: int
    height: int

    def plus(self, other: _Price, times: int = 1) -> _Price:
        return _Price(self.visits + times * other.visits, max(self.height, other.height + 1))


_FREE: Final = _Price(visits=1, height=0)


class _Survey:
    """Walks a schema once; every definition is priced once, however often it is named."""

    __slots__ = ("_open", "_priced", "_root")

    def __init__(self, root: dict[str, Json]) -> None:
        self._root = root
        self._priced: dict[str, _Price] = {}
        self._open: list[str] = []

    def price(self, schema: Json, path: str, depth: int) -> _Price:
        if isinstance(schema, bool):
            return _FREE
        if not isinstance(schema, dict):
            _refuse(path, "a schema is an object, true or false")
        if depth > MAX_SCHEMA_DEPTH:
            _refuse(path, f"schemas are nested deeper than {MAX_SCHEMA_DEPTH}")
        _check_words(schema, path, is_root=depth == 0)
        price = self._add_ref(_FREE, schema, path, depth)
        for keyword, bound in _ONE_SCHEMA.items():
            price = self._add_repeated(price, schema, keyword, bound, path, depth)
        for keyword in _SCHEMA_LISTS:
            for index, part in enumerate(_schema_list(schema, keyword, path)):
                price = price.plus(self.price(part, f"{path}.{keyword}[{index}]", depth + 1))
        for keyword in _SCHEMA_MAPS:
            for name, part in _schema_map(schema, keyword, path).items():
                one = self.price(part, f"{path}.{keyword}.{name}", depth + 1)
                price = price.plus(one) if keyword == "properties" else price
        if price.height > MAX_SCHEMA_DEPTH:
            _refuse(path, f"with its definitions it is nested deeper than {MAX_SCHEMA_DEPTH}")
        if price.visits > MAX_VISITS:
            _refuse(
                path,
                f"validating a value with it could take more than {MAX_VISITS} steps",
                hint="lower maxItems and maxProperties, or name fewer definitions",
            )
        return price

    def _add_ref(self, price: _Price, schema: dict[str, Json], path: str, depth: int) -> _Price:
        if "$ref" not in schema:
            return price
        found = _REF.fullmatch(str(schema["$ref"]))
        target = follow_ref(schema, self._root)
        if found is None or target is None:
            _refuse(f"{path}.$ref", "a $ref names a definition of this schema: #/$defs/NAME")
        name = found[1]
        if name in self._open:
            _refuse(f"{path}.$ref", "definitions name each other in a circle")
        if name not in self._priced:
            self._open.append(name)
            self._priced[name] = self.price(target, f"$.$defs.{name}", depth + 1)
            self._open.pop()
        return price.plus(self._priced[name])

    def _add_repeated(
        self,
        price: _Price,
        schema: dict[str, Json],
        keyword: str,
        bound: str,
        path: str,
        depth: int,
    ) -> _Price:
        part = schema.get(keyword, True)
        one = self.price(part, f"{path}.{keyword}", depth + 1)
        if isinstance(part, bool):
            return price
        return price.plus(one, times=_bound(schema, bound, keyword, path))


def _check_words(schema: dict[str, Json], path: str, *, is_root: bool) -> None:
    """Only known keywords and formats, definitions at the root, patterns within their dialect."""
    unknown = sorted(set(schema) - _KEYWORDS)
    if unknown:
        _refuse(
            f"{path}.{_clip(unknown[0])}",
            "this keyword is not supported",
            hint="supported: " + ", ".join(sorted(_KEYWORDS)),
        )
    if "$defs" in schema and not is_root:
        _refuse(f"{path}.$defs", "definitions stand at the root of the schema")
    word = schema.get("format")
    if word is not None and (not isinstance(word, str) or word not in FORMATS):
        _refuse(f"{path}.format", "unknown format", hint="known: " + ", ".join(FORMATS))
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        length = _bound(schema, "maxLength", "pattern", path)
        try:
            compile_pattern(pattern, length)
        except LogosError as error:
            error.data["path"] = f"{path}.pattern"
            raise


def _schema_list(schema: dict[str, Json], keyword: str, path: str) -> list[Json]:
    children = schema.get(keyword, [])
    if not isinstance(children, list):
        _refuse(f"{path}.{keyword}", "must be an array of schemas")
    return children


def _schema_map(schema: dict[str, Json], keyword: str, path: str) -> dict[str, Json]:
    children = schema.get(keyword, {})
    if not isinstance(children, dict):
        _refuse(f"{path}.{keyword}", "must be an object of schemas")
    return children


def _bound(schema: dict[str, Json], bound: str, keyword: str, path: str) -> int:
    number = schema.get(bound)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        _refuse(f"{path}.{keyword}", f"{keyword} needs {bound} beside it")
    return number


def _refuse(path: str, why: str, *, hint: str = "") -> Never:
    raise Rejected("E_VERB_SCHEMA", f"the verb's schema at {path}: {why}", hint=hint, path=path)


def _clip(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"


_Keyword = Callable[[Validator, Any, Any, Mapping[str, Any]], Iterator[ValidationError] | None]


def _within(kind: type[list[Any]] | type[dict[str, Any]], bound: str, keyword: str) -> _Keyword:
    """The standard keyword, but silent on a value that breaks `bound`: that is reported already."""
    standard = Draft202012Validator.VALIDATORS[keyword]

    def check(
        validator: Validator, value: Any, instance: Any, schema: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        if isinstance(instance, kind) and len(instance) <= schema.get(bound, len(instance)):
            yield from standard(validator, value, instance, schema) or ()

    return check


def _pattern(
    validator: Validator, pattern: str, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "string") or len(instance) > schema["maxLength"]:
        return
    if not compile_pattern(pattern, schema["maxLength"]).search(instance):
        yield ValidationError(f"does not match {pattern}")


def _unique_items(
    validator: Validator, unique: bool, instance: Any, _: Mapping[str, Any]
) -> Iterator[ValidationError]:
    # The standard one compares every pair; one text per item makes this linear.
    if unique and validator.is_type(instance, "array"):
        texts = {json.dumps(item, sort_keys=True) for item in instance}
        if len(texts) != len(instance):
            yield ValidationError("has items that are equal")


def _is_number(_checker: object, value: object) -> bool:
    # The standard one asks an abstract class, which takes longer than the comparison it guards.
    return isinstance(value, int | float) and not isinstance(value, bool)


_BoundedValidator: Final[type[Validator]] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "items": _within(list, "maxItems", "items"),
        "additionalProperties": _within(dict, "maxProperties", "additionalProperties"),
        "propertyNames": _within(dict, "maxProperties", "propertyNames"),
        "pattern": _pattern,
        "uniqueItems": _unique_items,
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number),
)
