"""A wide flow of long nodes: its branches side by side, beside the same flow one step at a time.

The floor is what two processes make of this machine, each with half of the steps.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from logos_graph.canon import ContentId, content_id
from logos_graph.execution import execute
from logos_graph.execution.plan import Plan, plan
from logos_graph.graph import Component, Node, check_flow, parse_flow_file, ports_codec
from logos_graph.wasm.admission import admit
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.runtime import WasmHost
from tests.bench.nodes import KEY, OWN, Sample, processes
from tests.bench.timing import Figures, timed

BRANCHES = 16
STEPS = 3_000_000
"""Of a generator, in each branch: some 5 ms."""
PASSES = 9


class OneByOne(WasmHost):
    """The same host, which begins no call before its turn."""

    @property
    def room(self) -> int:
        """None."""
        return 0


def branches(shared: Path, _rounds: int) -> Figures:
    """The best of several passes, which take turns: each has its share of quiet moments."""
    module = Builder(shared).build(OWN[1].read_bytes()).module
    admitted = admit(module)
    node = Node(content_id(module), admitted.descriptor.inputs, admitted.descriptor.outputs)
    wide = _wide(node)
    data = ports_codec(node.inputs).write({"steps": STEPS})[0]
    sample = Sample("longer", module, admitted, data, lambda: None)
    with tempfile.TemporaryDirectory(prefix="logos bench ") as folder, ExitStack() as stack:
        cache = Path(folder) / "calls"
        ways: dict[str, Callable[[], float]] = {
            "branches_ms": _timed(WasmHost(cache, KEY), wide, module),
            "branches_one_by_one_ms": _timed(OneByOne(cache, KEY), wide, module),
        }
        for count, noun in (1, "process"), (2, "processes"):
            calls = BRANCHES // count
            per_second = stack.enter_context(processes(cache, sample, count, calls))
            ways[f"floor_branches_{count}_{noun}_ms"] = partial(_seconds, per_second)
        out = dict.fromkeys(ways, float("inf"))
        for _ in range(PASSES):
            out = {way: min(out[way], work() * 1e3) for way, work in ways.items()}
    ours, alone, one, two = out.values()
    return out | {
        "branches_times_one_by_one": alone / ours,
        "floor_branches_two_processes_times_one": one / two,
    }


def _seconds(per_second: Callable[[], float]) -> float:
    return BRANCHES / per_second()


def _timed(host: WasmHost, wide: Plan, module: bytes) -> Callable[[], float]:
    host.load(content_id(module), module)
    inputs: dict[str, Any] = {"steps": STEPS}
    expected = execute(wide, inputs, host)
    if execute(wide, inputs, host) != expected:
        raise RuntimeError("the record is not the one of the steps one by one")
    return lambda: timed(lambda: execute(wide, inputs, host))


def _wide(node: Node) -> Plan:
    names = [f"p{number}" for number in range(BRANCHES)]
    flow = check_flow(
        parse_flow_file(
            '[flow]\nname = "wide"\n[inputs]\nsteps = "u32"\n[placements]\n'
            + "".join(f'{name} = "longer"\n' for name in names)
            + "".join(f'[[edges]]\nfrom = "input.steps"\nto = "{name}.steps"\n' for name in names)
            + "[outputs]\n"
            + "".join(f'{name} = "{name}.state"\n' for name in names)
        ),
        lambda _name: node,
    )
    components: dict[ContentId, Component] = {node.id: node}
    return plan(flow, components)
