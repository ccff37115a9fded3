"""The descriptor a module carries in its custom section: what the node is called, needs and gives.

It is read without running anything, so it must be exact: canonical JSON, known keys only, every
type in its canonical text. Two descriptors of one node cannot differ in spelling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from logos_graph.canon import Json, shown, verify
from logos_graph.errors import InvalidInput, LogosError
from logos_graph.graph.component import Port, canonical_type, check_ports
from logos_graph.graph.typetree import check_name

__all__ = ["ABI", "MAX_DESCRIPTOR", "MAX_DOCS", "Descriptor", "parse_descriptor"]

ABI: Final = 1
"""The one version of the calling convention between host and node."""
MAX_DESCRIPTOR = 256 * 1024
"""Longest descriptor in bytes."""
MAX_DOCS = 4 * 1024
"""Longest documentation text of a node or a port, in characters."""


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
        _docs(fields["docs"], "descriptor.docs"),
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
    fields = _object(value, path, ("docs", "name", "type"))
    type_ = canonical_type(_text(fields["type"], f"{path}.type"), f"{path}.type")
    return Port(_text(fields["name"], f"{path}.name"), type_, _docs(fields["docs"], f"{path}.docs"))


def _object(value: Json, path: str, keys: tuple[str, ...]) -> dict[str, Json]:
    if not isinstance(value, dict) or set(value) != set(keys):
        raise _form(path, f"an object of exactly {', '.join(keys)}")
    return value


def _text(value: Json, path: str) -> str:
    if not isinstance(value, str):
        raise _form(path, "a string")
    return value


def _docs(value: Json, path: str) -> str:
    text = _text(value, path)
    if len(text) > MAX_DOCS:
        raise _form(path, f"a string of at most {MAX_DOCS} characters")
    return text


def _form(path: str, expected: str) -> InvalidInput:
    return InvalidInput("E_DESCRIPTOR_FORM", f"{path}: expected {expected}", path=path)
