"""What a flow means: evaluated in memory, without plan, codec, slots, gate or database."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from logos_graph.canon import ContentId, Json
from logos_graph.graph import Component, Flow, parse_type

__all__ = ["MAYBE", "U8", "Call", "Value", "evaluate", "reaching"]

U8, MAYBE = parse_type("u8"), parse_type("option<u8>")

Value = int | None
Call = Callable[[str, ContentId, list[Value]], list[Value]]
"""A node called at a step, with the values of its inputs: those of its outputs."""


def evaluate(
    flow: Flow,
    inputs: Mapping[str, Value],
    call: Call,
    by_id: Mapping[ContentId, Component],
    path: str = "",
) -> dict[str, Value]:
    """Each placement once all that may feed it is settled, in the flow's order: its outputs."""
    values: dict[str, Value] = {f"input.{name}": value for name, value in inputs.items()}
    uses = {placement.name: by_id[placement.uses] for placement in flow.placements}
    for name in flow.order:
        component = uses[name]
        fed = {
            port.name: way
            for port in component.inputs
            for way in reaching(flow, f"{name}.{port.name}", values)
        }
        needed = [port.name for port in component.inputs if port.type != MAYBE]
        if not ({*needed} <= fed.keys() if needed or not component.inputs else fed):
            continue
        read = {port.name: fed.get(port.name) for port in component.inputs}
        if isinstance(component, Flow):
            given = evaluate(component, read, call, by_id, f"{path}{name}/")
        else:
            ports = [port.name for port in component.outputs]
            found = call(path + name, component.id, [*read.values()])
            given = dict(zip(ports, found, strict=True))
        values.update({f"{name}.{port}": value for port, value in given.items()})
    reached = {port.name: reaching(flow, f"output.{port.name}", values) for port in flow.outputs}
    assert all(reached[port.name] for port in flow.outputs if port.type != MAYBE)
    return {name: ways[0] if ways else None for name, ways in reached.items()}


def reaching(flow: Flow, target: str, values: Mapping[str, Value]) -> list[Value]:
    """The values that reach a port: none, or one."""
    ways: list[Value] = []
    for edge in flow.edges:
        if str(edge.target) == target and str(edge.source) in values:
            value = values[str(edge.source)]
            sides: Mapping[str, Json] = edge.when.json if edge.when else {}
            low, high = sides.get("at_least", 0), sides.get("below", 256)
            assert isinstance(low, int)
            assert isinstance(high, int)
            if edge.when is None or (value is not None and low <= value < high):
                ways.append(value)
    assert len(ways) <= 1
    return ways
