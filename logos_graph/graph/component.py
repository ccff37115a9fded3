"""Ports, and the two things that have them: a node, and a flow (flow.py). Together: components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from logos_graph.canon import ContentId, Json, parse_content_id
from logos_graph.errors import InvalidInput
from logos_graph.graph.types import parse_type
from logos_graph.graph.typetree import Type, check_name

__all__ = [
    "MAX_PORTS",
    "Component",
    "Layer",
    "Node",
    "Port",
    "canonical_type",
    "check_ports",
    "parse_ports",
    "ports_json",
]

MAX_PORTS = 64
"""Most inputs, and most outputs, of one component."""


class Layer(StrEnum):
    """Where a component stands: agents iterate in Sediment, Bedrock is locked and verified."""

    SEDIMENT = "Sediment"
    BEDROCK = "Bedrock"


@dataclass(frozen=True, slots=True)
class Port:
    """A named, typed input or output. What is for readers only is no part of its identity.

    docs: of the port. members: (path, docs) of what its type consists of (descriptor.py).
    """

    name: str
    type: Type
    docs: str = field(default="", compare=False)
    members: tuple[tuple[str, str], ...] = field(default=(), compare=False)


class Component(Protocol):
    """What a placement can use: a node or a flow."""

    @property
    def id(self) -> ContentId:
        """Content id: of a node's module, or of a flow's canonical form."""

    @property
    def inputs(self) -> tuple[Port, ...]:
        """What it needs, in the declared order, which is the order on the wire."""

    @property
    def outputs(self) -> tuple[Port, ...]:
        """What it gives, in the declared order."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node as flows see it: its id and its ports."""

    id: ContentId
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    def __post_init__(self) -> None:
        check_ports(self.inputs, "input")
        check_ports(self.outputs, "output")

    @classmethod
    def from_mutation(cls, mutation: dict[str, Json]) -> Node:
        """Rebuild from the ledger's `node` mutation."""
        if mutation.get("kind") != "node" or not isinstance(mutation.get("id"), str):
            raise InvalidInput("E_NODE_MUTATION", "this is not a node mutation of the ledger")
        return cls(
            parse_content_id(str(mutation["id"])),
            parse_ports(mutation.get("inputs"), "inputs"),
            parse_ports(mutation.get("outputs"), "outputs"),
        )


def check_ports(ports: Sequence[Port], direction: str) -> None:
    """Names are kebab-case and distinct, and there are at most MAX_PORTS (E_PORT_*)."""
    if len(ports) > MAX_PORTS:
        raise InvalidInput(
            "E_PORT_COUNT", f"{len(ports)} {direction} ports: at most {MAX_PORTS}", limit=MAX_PORTS
        )
    seen: set[str] = set()
    for port in ports:
        if check_name(port.name, f"an {direction} port", code="E_PORT_NAME") in seen:
            raise InvalidInput(
                "E_PORT_DUPLICATE",
                f"the {direction} port {port.name} is there twice",
                port=port.name,
            )
        seen.add(port.name)


def ports_json(ports: Sequence[Port]) -> list[Json]:
    """The ledger's form: `[{"name", "type"}, …]`, with what is documented (and only that):
    `"docs"`, and `"members": [{"docs", "path"}, …]`."""
    return [_port_json(port) for port in ports]


def _port_json(port: Port) -> dict[str, Json]:
    told: dict[str, Json] = {"name": port.name, "type": port.type.text}
    if port.docs:
        told["docs"] = port.docs
    if port.members:
        told["members"] = [{"docs": docs, "path": path} for path, docs in port.members]
    return told


def parse_ports(value: Json, path: str) -> tuple[Port, ...]:
    """Read the ledger's form back; each type must be in its canonical text."""
    if not isinstance(value, list):
        raise InvalidInput("E_PORT_FORM", f"{path}: expected an array of ports", path=path)
    return tuple(_parse_port(each, f"{path}[{index}]") for index, each in enumerate(value))


def _parse_port(value: Json, path: str) -> Port:
    if not isinstance(value, dict) or not {"name", "type"} <= value.keys() <= _PORT_KEYS:
        raise _form(path, '{"name", "type"}, perhaps "docs" and "members", and nothing else')
    docs = _filled(value["docs"], f"{path}.docs") if "docs" in value else ""
    members = _parse_members(value["members"], f"{path}.members") if "members" in value else ()
    name, text = _filled(value["name"], f"{path}.name"), _filled(value["type"], f"{path}.type")
    return Port(name, canonical_type(text, path), docs, members)


_PORT_KEYS = frozenset({"name", "type", "docs", "members"})


def _parse_members(value: Json, path: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or not value:
        raise _form(path, "an array that is not empty")
    members = []
    for index, each in enumerate(value):
        here = f"{path}[{index}]"
        if not isinstance(each, dict) or each.keys() != {"docs", "path"}:
            raise _form(here, '{"docs", "path"} and nothing else')
        part = each["path"]
        if not isinstance(part, str):
            raise _form(f"{here}.path", "a string")
        members.append((part, _filled(each["docs"], f"{here}.docs")))
    return tuple(members)


def _filled(value: Json, path: str) -> str:
    if not isinstance(value, str) or not value:
        raise _form(path, "a string that is not empty")
    return value


def _form(path: str, expected: str) -> InvalidInput:
    return InvalidInput("E_PORT_FORM", f"{path}: expected {expected}", path=path)


def canonical_type(text: str, path: str) -> Type:
    """A type from a text that must already be the canonical one (E_PORT_TYPE)."""
    parsed = parse_type(text)
    if parsed.text != text:
        raise InvalidInput(
            "E_PORT_TYPE",
            f"{path}: the type is not in its canonical text",
            hint=f"write it as: {parsed.text}",
            path=path,
        )
    return parsed
