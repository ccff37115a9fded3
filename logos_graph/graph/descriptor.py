"""The descriptor a module carries in its custom section: what the node is called, needs and gives.

It is read without running anything, so it must be exact: canonical JSON, known keys only, every
type in its canonical text. Two descriptors of one node cannot differ in spelling.

    {"abi":1,"docs":"…","inputs":[PORT, …],"name":"share","outputs":[PORT, …]}
    PORT    {"docs":"…","members":[{"docs":"…","path":"amount"}, …],"name":"paid","type":"record …"}

`members` documents what a port's type consists of: a record's fields, the cases of an enum or a
variant, and under the path "" the type itself. A path leads from the outside in, joined by dots
(`history.minutes-ago`); a tuple's items are 0, 1, …; lists and options take no step. Only members
with a text are listed, in the order of the type, and without any the key is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from logos_graph.canon import Json, shown, verify
from logos_graph.errors import InvalidInput, LogosError
from logos_graph.graph.component import Port, canonical_type, check_ports
from logos_graph.graph.typetree import (
    Enum,
    List,
    Option,
    Record,
    Tuple,
    Type,
    Variant,
    check_name,
)

__all__ = ["ABI", "MAX_DESCRIPTOR", "MAX_DOCS", "MAX_NODE_DOCS", "Descriptor", "parse_descriptor"]

ABI: Final = 1
"""The one version of the calling convention between host and node."""
MAX_DESCRIPTOR = 64 * 1024
"""Longest descriptor in bytes: what the SDK can lay down."""
MAX_DOCS = 4 * 1024
"""Longest documentation text of a port or a member, in characters."""
MAX_NODE_DOCS = 16 * 1024
"""Longest documentation text of a node, which holds its examples as well, in characters."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a module says about itself."""

    abi: int
    name: str
    docs: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def parse_descriptor(data: bytes) -> Descriptor:
    """Read a custom section's bytes.

    Raises InvalidInput: E_DESCRIPTOR_SIZE, E_DESCRIPTOR_JSON (not canonical JSON),
    E_DESCRIPTOR_FORM (a key missing, unknown, or of the wrong type), E_DESCRIPTOR_ABI,
    E_DESCRIPTOR_NAME, and E_PORT_* and E_TYPE_* for what is wrong with a port.
    """
    if len(data) > MAX_DESCRIPTOR:
        raise InvalidInput(
            "E_DESCRIPTOR_SIZE", f"the descriptor is longer than {MAX_DESCRIPTOR} bytes"
        )
    try:
        value = verify(data)
    except LogosError as error:
        raise InvalidInput(
            "E_DESCRIPTOR_JSON",
            f"the descriptor is not canonical JSON: {error.message}",
            cause=error.code,
        ) from error
    fields = _object(value, "descriptor", ("abi", "docs", "inputs", "name", "outputs"))
    abi = fields["abi"]
    if isinstance(abi, bool) or abi != ABI:
        raise InvalidInput(
            "E_DESCRIPTOR_ABI",
            f"the node speaks ABI {shown(abi)}, this host speaks {ABI}",
            hint="build the node again with this version's SDK",
        )
    name = check_name(_text(fields["name"], "descriptor.name"), "a node", code="E_DESCRIPTOR_NAME")
    return Descriptor(
        ABI,
        name,
        _docs(fields["docs"], "descriptor.docs", MAX_NODE_DOCS),
        _ports(fields["inputs"], "input"),
        _ports(fields["outputs"], "output"),
    )


def _ports(value: Json, direction: str) -> tuple[Port, ...]:
    path = f"descriptor.{direction}s"
    if not isinstance(value, list):
        raise _form(path, "an array")
    ports = tuple(_port(each, f"{path}[{index}]") for index, each in enumerate(value))
    check_ports(ports, direction)
    return ports


def _port(value: Json, path: str) -> Port:
    members = ("members",) if isinstance(value, dict) and "members" in value else ()
    fields = _object(value, path, ("docs", *members, "name", "type"))
    type_ = canonical_type(_text(fields["type"], f"{path}.type"), f"{path}.type")
    name, docs = _text(fields["name"], f"{path}.name"), _docs(fields["docs"], f"{path}.docs")
    if "members" not in fields:
        return Port(name, type_, docs)
    return Port(name, type_, docs, _members(fields["members"], type_, f"{path}.members"))


def _members(value: Json, type_: Type, path: str) -> tuple[tuple[str, str], ...]:
    """Each names a part of the type, and they come in the type's order: so none comes twice."""
    if not isinstance(value, list) or not value:
        raise _form(path, "an array that is not empty")
    parts = _parts(type_, "")
    members = []
    for index, each in enumerate(value):
        here = f"{path}[{index}]"
        fields = _object(each, here, ("docs", "path"))
        part, docs = _text(fields["path"], f"{here}.path"), _docs(fields["docs"], f"{here}.docs")
        if not docs:
            raise _form(f"{here}.docs", "a string that is not empty")
        if part not in parts:  # goes on from where the one before was found
            raise _form(f"{here}.path", "the path of a part of the type, in the type's order")
        members.append((part, docs))
    return tuple(members)


def _parts(type_: Type, path: str) -> Iterator[str]:
    """The paths of all parts, each before its own parts."""
    if isinstance(type_, List | Option):
        yield from _parts(type_.item, path)
        return
    yield path
    inside = f"{path}." if path else ""
    match type_:
        case Tuple(items):
            for index, item in enumerate(items):
                yield from _parts(item, f"{inside}{index}")
        case Record(_, fields):
            for field in fields:
                yield from _parts(field.type, inside + field.name)
        case Enum(_, cases):
            yield from (inside + case for case in cases)
        case Variant(_, cases):
            for case in cases:
                if case.type is None:
                    yield inside + case.name
                else:
                    yield from _parts(case.type, inside + case.name)


def _object(value: Json, path: str, keys: tuple[str, ...]) -> dict[str, Json]:
    if not isinstance(value, dict) or set(value) != set(keys):
        raise _form(path, f"an object of exactly {', '.join(keys)}")
    return value


def _text(value: Json, path: str) -> str:
    if not isinstance(value, str):
        raise _form(path, "a string")
    return value


def _docs(value: Json, path: str, most: int = MAX_DOCS) -> str:
    text = _text(value, path)
    if len(text) > most:
        raise _form(path, f"a string of at most {most} characters")
    return text


def _form(path: str, expected: str) -> InvalidInput:
    return InvalidInput("E_DESCRIPTOR_FORM", f"{path}: expected {expected}", path=path)
