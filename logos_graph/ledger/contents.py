"""What entries name by its content id: modules and sources, policies, and the schemas of verbs.

A node's binary and its source, and a draft's source, are not in the entries: whoever keeps the
ledger keeps them beside it. A policy's text and a verb's schema are in the entry; a schema's id is
that of its canonical JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from logos_graph.canon import ContentId, Json, content_id, encode, parse_content_id, shown
from logos_graph.errors import LogosError, NotVerified
from logos_graph.ledger.bodies import EntryKind
from logos_graph.ledger.entry import Entry

__all__ = ["Content", "contents_of"]


@dataclass(frozen=True, slots=True)
class Content:
    """Something with a content id. owner: whose it is, a node's or a draft's id, or a name.

    data: what the entry itself tells; None for what it only names.
    """

    id: ContentId
    what: str
    owner: str
    data: bytes | None = None


def contents_of(entry: Entry) -> list[Content]:
    """Everything that this entry names so. Raises NotVerified E_CONTENT with index and field."""
    try:
        return [content for thing in _things(entry) for content in _named(thing)]
    except LogosError as error:
        raise NotVerified(
            "E_CONTENT",
            f"entry {entry.index} does not say what it names: {error.message}",
            index=entry.index,
            field="body",
        ) from error


def _things(entry: Entry) -> Iterator[Mapping[str, Json]]:
    body = entry.body
    if entry.kind is EntryKind.GENESIS:
        yield {"kind": "policy", **_object(body["policy"])}
        for verb in _list(body["verbs"]):
            yield {"kind": "verb", **_object(verb)}
    elif entry.kind is EntryKind.RECEIPT:
        for mutation in _list(body["mutations"]):
            yield _object(mutation)


def _named(thing: Mapping[str, Json]) -> Iterator[Content]:
    match thing["kind"]:
        case "node":
            node = parse_content_id(thing["id"])
            yield Content(node, "module", node)
            yield Content(parse_content_id(thing.get("source")), "source", node)
        case "draft":
            yield Content(parse_content_id(thing.get("source")), "source", str(thing["id"]))
        case "policy":
            data, told = _text(thing, "text").encode(), parse_content_id(thing["id"])
            if content_id(data) != told:
                raise NotVerified("E_CONTENT", f"the text of policy {told} is another one")
            yield Content(told, "policy", told, data)
        case "verb":
            data = encode(thing.get("schema"))
            yield Content(content_id(data), "schema", str(thing["name"]), data)
        case _:
            pass


def _text(thing: Mapping[str, Json], field: str) -> str:
    text = thing.get(field)
    if not isinstance(text, str):
        raise NotVerified("E_CONTENT", f"{field} is {shown(text)}, not a text")
    return text


def _object(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict)  # the entry's form was checked when it was made or read
    return value


def _list(value: Json) -> list[Json]:
    assert isinstance(value, list)  # the entry's form was checked when it was made or read
    return value
