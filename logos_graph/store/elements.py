"""One thing of the graph, as the ledger tells it and as the database has it, in comparable form.

A node's name is its label and key (`LogLine b3:…`), a relationship's the names of its ends
(`Principal did:… -> LogLine b3:…`). Two relationships of one type between the same ends are told
apart by the entry that made them, and by `id` and `position` where they have one.

A text longer than 200 characters is told by its length and its content id, bytes and sources by
their content id, whatever their length: what has the same id is the same. A source that is stored
as bytes is not one that is stored as a text.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from logos_graph.canon import ContentId, Json, content_id

__all__ = [
    "IDS",
    "Element",
    "Elements",
    "all_bytes",
    "as_bytes",
    "content",
    "from_bytes",
    "indexed_relationship",
    "key_change",
    "line_element",
    "module_element",
    "node_element",
    "relationship_element",
    "some",
    "source_element",
    "written",
]

_SHORT = 200
_PLAIN = 0
"""The version of marshal that knows no references: there the bytes follow from the value alone."""

_APART = ("ledger_index", "id", "position")


@dataclass(frozen=True, slots=True)
class Element:
    """A node or a relationship.

    kind: main label or type. name: see above. apart: what tells it from others of that name.
    value: `labels` of a node, and `properties`, all of them.
    """

    kind: str
    name: str
    apart: str
    value: dict[str, Json]


class Elements(Protocol):
    """Keeps what the graph should have."""

    def put(self, element: Element, index: int, times: int = 1) -> None:
        """The element, as the entry of this index left it; in the place of one of that name."""

    def add(self, element: Element, index: int, times: int = 1) -> None:
        """The same of one whose name no other entry can use, and which is never dropped."""

    def drop(self, element: Element) -> None:
        """The element is not there any more."""

    def has(self, kind: str, name: str) -> bool:
        """Whether there is a node of this name."""


def node_element(
    kind: str, name: str, labels: Sequence[str], properties: Mapping[str, Any]
) -> Element:
    """A node; kind: the first word of its name."""
    told = _told(properties)
    text = properties.get("text")
    if kind == "Source" and isinstance(text, str):
        told["text"] = written(content_id(text.encode("utf-8", "surrogatepass")))
    return Element(kind, name, "", {"labels": [*sorted(labels)], "properties": told})


def relationship_element(
    kind: str, source: str, target: str, properties: Mapping[str, Any]
) -> Element:
    """A relationship, from the node of one name to the node of another."""
    index = properties.get("ledger_index")
    if len(properties) == 1 and type(index) is int:
        return indexed_relationship(kind, source, target, index)
    told = _told(properties)
    apart = " ".join([str(told.get(name, "")) for name in _APART])
    return Element(kind, f"{source} -> {target}", apart, {"properties": told})


def indexed_relationship(kind: str, source: str, target: str, index: int) -> Element:
    """One that says nothing but which entry made it."""
    value: dict[str, Json] = {"properties": {"ledger_index": index}}
    return Element(kind, f"{source} -> {target}", f"{index}  ", value)


def as_bytes(value: Json | dict[str, Json]) -> bytes:
    """Bytes that are the same for the same value, and of no other one."""
    return marshal.dumps(value, _PLAIN)


def all_bytes(element: Element) -> bytes:
    """Bytes that are the same for the same element, and of no other one."""
    told = (element.kind, element.name, element.apart, element.value)
    return marshal.dumps(told, _PLAIN)


def from_bytes(data: bytes) -> dict[str, Any]:
    """The value that `as_bytes` was given."""
    value = marshal.loads(data)  # noqa: S302  (bytes of this process, of this run)
    assert isinstance(value, dict)
    return value


def content(identity: str) -> Json:
    """How bytes are told."""
    return {"content": identity}


def written(identity: str) -> Json:
    """How a source is told."""
    return {"text": "a source", "content": identity}


def _told(properties: Mapping[str, Any]) -> dict[str, Json]:
    """In the order of the names, so that equal things have equal bytes."""
    told: dict[str, Json] = {}
    for name in sorted(properties):
        value = properties[name]
        kind = type(value)
        if kind is int or (kind is str and len(value) <= _SHORT):
            told[name] = value
        elif value is not None:
            told[name] = _value(value)
    return told


def _value(value: Any) -> Json:
    kind = type(value)
    if kind is int or kind is bool:
        return value  # type: ignore[no-any-return]
    if kind is str:
        if len(value) <= _SHORT:
            return value  # type: ignore[no-any-return]
        identity = content_id(value.encode("utf-8", "surrogatepass"))
        return {"characters": len(value), "content": identity}
    if kind is bytes or kind is bytearray:
        return content(content_id(bytes(value)))
    if kind is list:
        return [_value(item) for item in value]
    if kind is dict:
        return _told(value)
    return {"type": kind.__name__, "text": str(value)[:_SHORT]}


class _Ids(Mapping[ContentId, bytes]):
    """In the place of each module and source its own id: their content is told by it."""

    def __getitem__(self, key: ContentId) -> bytes:
        return str(key).encode()

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


IDS = _Ids()
"""In the place of the blobs that entries name."""


def line_element(cid: str, line: Mapping[str, Any], *, pending: bool) -> Element:
    """An intent's node, as its entries left it."""
    labels = ["LogLine", "Pending"] if pending else ["LogLine"]
    return node_element("LogLine", f"LogLine {cid}", labels, line)


def module_element(identity: str, index: int) -> Element:
    """A node's binary, which the entry of this index brought."""
    return _holding("Module", identity, index, {"bytes": content(identity)})


def source_element(identity: str, index: int) -> Element:
    """A source, which the entry of this index was the first to name."""
    return _holding("Source", identity, index, {"text": written(identity)})


def _holding(label: str, identity: str, index: int, contents: dict[str, Json]) -> Element:
    told = {**_told({"id": identity, "ledger_index": index}), **contents}
    properties: dict[str, Json] = {name: told[name] for name in sorted(told)}
    return Element(label, f"{label} {identity}", "", {"labels": [label], "properties": properties})


def some(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """These members of a row; None for those that it does not have."""
    return {name: row.get(name) for name in names}


def key_change(given: Mapping[str, Any]) -> tuple[str, str, str, dict[str, Any]]:
    """A principal's new key, or a revocation: its label, key, how it is joined, what it says."""
    if "id" in given:
        return "Revocation", given["id"], "REVOKES", some(given, "id", "principal", "reason")
    told = some(given, "key", "principal", "previous", "signature")
    return "PrincipalKey", given["key"], "KEY_OF", told
