"""Values in the place of what would travel to a step: where a run parts from another."""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput
from logos_graph.execution.plan import Plan
from logos_graph.graph.codec import ports_codec

__all__ = ["Given", "encode_given"]

_SHOWN = 20
"""How many names a hint lists."""

Given = Mapping[str, Mapping[str, Json]]
"""Values by step and input port, in the place of what would travel there."""


def encode_given(plan: Plan, given: Given) -> dict[str, dict[str, bytes]]:
    """Values for ports of steps, in binary. Raises InvalidInput: E_FORK_STEP, E_FORK_PORT,
    E_VALUE_*.
    """
    nodes = {step.name: step.node for step in plan.steps}
    encoded: dict[str, dict[str, bytes]] = {}
    for step, values in given.items():
        if step not in nodes:
            raise InvalidInput(
                "E_FORK_STEP", f"the flow has no step {step[:64]!r}",
                hint=f"steps: {', '.join([*nodes][:_SHOWN])}", step=step,
            )  # fmt: skip
        ports = {port.name: port for port in plan.node_inputs[nodes[step]]}
        for name in values:
            if name not in ports:
                raise InvalidInput(
                    "E_FORK_PORT", f"the step {step} has no input {name[:64]!r}",
                    hint=f"inputs: {', '.join(ports)}", step=step, port=name,
                )  # fmt: skip
        encoded[step] = {
            name: ports_codec((ports[name],)).write({name: value})[0]
            for name, value in values.items()
        }
    return encoded
