"""What a verb's schema says of each place in `this` that policy must know: is it a decimal?

Made once for a verb and filled in as payloads come, since a schema names the same places again and
again. Only places that the schema names are kept, so a payload's own names take no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from logos_graph.canon import Json
from logos_graph.governance.formats import DECIMAL
from logos_graph.governance.schema import follow_ref

__all__ = ["ANYTHING", "Shape"]

_Schema = Mapping[str, Json]


class Shape:
    """One place: all schemas that apply to the value there.

    schemas: these, each with what it refers to and is made of. root: where references begin.
    is_decimal: whether a text there is shown to policy as a decimal number.
    """

    __slots__ = ("_items", "_members", "_named", "_other", "is_decimal", "root", "schemas")

    def __init__(self, schemas: Iterable[_Schema], root: _Schema) -> None:
        self.schemas, self.root = tuple(schemas), root
        self._named = frozenset(
            name for schema in self.schemas for name in _object(schema.get("properties"))
        )
        self._members: dict[str, Shape] = {}
        self._other: Shape | None = None
        self._items: Shape | None = None
        self.is_decimal = any(schema.get("format") == DECIMAL for schema in self.schemas)

    @classmethod
    def of(cls, schema: _Schema) -> Shape:
        """That of the payload as a whole."""
        return cls(_alternatives(schema, schema), schema)

    def member(self, name: str) -> Shape:
        """The property of this name."""
        found = self._members.get(name)
        if found is not None:
            return found
        if not self.schemas:
            return self
        if name not in self._named:
            if self._other is None:
                self._other = self._below(
                    schema.get("additionalProperties") for schema in self.schemas
                )
            return self._other
        made = self._members[name] = self._below(
            _object(schema.get("properties")).get(name, schema.get("additionalProperties"))
            for schema in self.schemas
        )
        return made

    @property
    def items(self) -> Shape:
        """Any item of an array; what is said of one of them is taken as said of each."""
        if self._items is None:
            self._items = self._below(
                part
                for schema in self.schemas
                for part in (schema.get("items"), *_list(schema.get("prefixItems")))
            )
        return self._items

    def _below(self, parts: Iterable[Json]) -> Shape:
        found = [
            each
            for part in parts
            if isinstance(part, dict)
            for each in _alternatives(part, self.root)
        ]
        return Shape(found, self.root) if found else ANYTHING


def _alternatives(schema: _Schema, root: _Schema) -> Iterator[_Schema]:
    """The schema and every schema that it applies to the same value."""
    yield schema
    parts = [follow_ref(schema, root)]
    for keyword in ("anyOf", "oneOf", "allOf"):
        parts.extend(_list(schema.get(keyword)))
    for part in parts:
        if isinstance(part, dict):
            yield from _alternatives(part, root)


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


ANYTHING: Final = Shape((), {})
"""A place of which nothing is said."""
