"""What is different between two flows: placements, edges, ports, and the capabilities in them.

A flow is compared as a few maps (`Sides`), each in one pass: so a difference is linear in the size
of both flows, `mirrored` is the difference the other way round, and `applied` to the first gives
the second. Names, layers and the order of writing are no part of a flow's identity, nor of this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from logos_graph.canon import Json, encode

__all__ = ["Changes", "Difference", "Ends", "Sides", "Travel", "compared", "sides_of"]

_K = TypeVar("_K")
_V = TypeVar("_V")


class Ends(NamedTuple):
    """Where an edge leads: two ports."""

    source: str
    source_port: str
    target: str
    target_port: str

    def __str__(self) -> str:
        return f"{self.source}.{self.source_port} -> {self.target}.{self.target_port}"


class Travel(NamedTuple):
    """What travels on an edge and when. type: its id; when: canonical JSON, or empty."""

    type: str
    when: str


@dataclass(frozen=True, slots=True)
class Sides:
    """A flow as it is compared.

    inputs, outputs: port -> type's text. placements: name -> id of what it uses.
    edges: there may be several between the same two ports. capabilities: each with the placements
    that ask for it, or in whose flow something does.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    placements: Mapping[str, str] = field(default_factory=dict)
    edges: Mapping[Ends, tuple[Travel, ...]] = field(default_factory=dict)
    capabilities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes(Generic[_K, _V]):
    """How one map becomes another. changed: the value before, and after."""

    added: Mapping[_K, _V]
    removed: Mapping[_K, _V]
    changed: Mapping[_K, tuple[_V, _V]]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def mirrored(self) -> Changes[_K, _V]:
        """How the other becomes the one."""
        turned = {key: (after, before) for key, (before, after) in self.changed.items()}
        return Changes(self.removed, self.added, turned)

    def applied(self, before: Mapping[_K, _V]) -> dict[_K, _V]:
        """The other map, made of the one."""
        kept = {key: value for key, value in before.items() if key not in self.removed}
        after = {key: after for key, (_, after) in self.changed.items()}
        return {**kept, **after, **self.added}


@dataclass(frozen=True, slots=True)
class Difference:
    """How one flow becomes another."""

    inputs: Changes[str, str]
    outputs: Changes[str, str]
    placements: Changes[str, str]
    edges: Changes[Ends, tuple[Travel, ...]]
    capabilities: Changes[str, tuple[str, ...]]

    def __bool__(self) -> bool:
        parts = (self.inputs, self.outputs, self.placements, self.edges, self.capabilities)
        return any(parts)

    def mirrored(self) -> Difference:
        """How the other becomes the one."""
        return Difference(
            self.inputs.mirrored(),
            self.outputs.mirrored(),
            self.placements.mirrored(),
            self.edges.mirrored(),
            self.capabilities.mirrored(),
        )

    def applied(self, before: Sides) -> Sides:
        """The other flow, made of the one."""
        return Sides(
            self.inputs.applied(before.inputs),
            self.outputs.applied(before.outputs),
            self.placements.applied(before.placements),
            self.edges.applied(before.edges),
            self.capabilities.applied(before.capabilities),
        )


def compared(before: Sides, after: Sides) -> Difference:
    """How `before` becomes `after`; false when they are the same flow."""
    return Difference(
        _changes(before.inputs, after.inputs),
        _changes(before.outputs, after.outputs),
        _changes(before.placements, after.placements),
        _changes(before.edges, after.edges),
        _changes(before.capabilities, after.capabilities),
    )


def sides_of(mutation: Mapping[str, Any], needs: Mapping[str, Iterable[str]]) -> Sides:
    """A flow in the form of the ledger's `flow` mutation.

    needs: the capabilities asked for in each node or flow that it places, by id; none if missing.
    """
    edges: dict[Ends, list[Travel]] = defaultdict(list)
    for edge in mutation["edges"]:
        ends = Ends(edge["from"], edge["from_port"], edge["to"], edge["to_port"])
        when: Json = edge["when"]
        edges[ends].append(Travel(edge["type"], encode(when).decode() if when else ""))
    asked: dict[str, list[str]] = defaultdict(list)
    placements: dict[str, str] = {}
    for placement in mutation["placements"]:
        placements[placement["name"]] = placement["uses"]
        for capability in needs.get(placement["uses"], ()):
            asked[capability].append(placement["name"])
    return Sides(
        {port["name"]: port["type"] for port in mutation["inputs"]},
        {port["name"]: port["type"] for port in mutation["outputs"]},
        placements,
        {ends: tuple(sorted(travels)) for ends, travels in edges.items()},
        {capability: tuple(sorted(names)) for capability, names in asked.items()},
    )


def _changes(before: Mapping[_K, _V], after: Mapping[_K, _V]) -> Changes[_K, _V]:
    return Changes(
        {key: value for key, value in after.items() if key not in before},
        {key: value for key, value in before.items() if key not in after},
        {
            key: (value, after[key])
            for key, value in before.items()
            if key in after and after[key] != value
        },
    )
