"""Flows of 100, 1,000 and 10,000 placements: that all that is done with one grows with its size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from logos_graph.cli.draw import FORMATS, draw_flow

from logos_graph.canon import ContentId
from logos_graph.execution.plan import plan
from logos_graph.graph import Component, Flow, check_flow, parse_flow_file
from logos_graph.store.components import flow_mutation
from logos_graph.supervisor.runner import Runner
from tests.bench.stage import Stage
from tests.bench.timing import Figures, timed
from tests.bigflows import chain, wide

__all__ = ["SIZES", "flows"]

SIZES = (100, 1000, 10_000)


def flows(stage: Stage) -> Figures:
    """Microseconds a placement, of each shape and size, for all that is done with a flow."""
    source = Path(__file__).with_name("identity.rs").read_text()
    published = stage.publish("node.publish", {"name": "identity", "source": source})
    node = str(published["node"])
    component = stage.system.store.component(ContentId(node))
    assert component is not None
    ports = component.inputs[0].name, component.outputs[0].name
    type_ = component.inputs[0].type.text
    results: Figures = {}
    for shape in (chain, wide):
        for size in SIZES:
            text = shape("identity", size, ports, type_)
            for what, seconds in _one(stage, text, ContentId(node), component):
                results[f"flow_{shape.__name__}_{size}_{what}_us_per_placement"] = (
                    seconds / size * 1e6
                )
    return results


def _one(stage: Stage, text: str, node: ContentId, component: Component) -> list[tuple[str, float]]:
    """What is done with one flow, each with its seconds."""
    made: dict[str, Any] = {}
    system = stage.system

    def keep(name: str, work: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            made[name] = work()

        return run

    def shown() -> dict[str, Any]:
        (row,) = system.reader.rows("read/flows", ids=[made["flow"].id])
        return flow_mutation(row)

    this: Any = {"text": text, "name": "big", "uses": {"identity": node}}
    check = timed(keep("flow", lambda: check_flow(parse_flow_file(text), lambda _: component)))
    flow: Flow = made["flow"]
    publish = timed(lambda: stage.publish("flow.publish", this))
    read = timed(keep("shown", shown))
    ready = timed(lambda: plan(flow, {node: component}))
    inputs: Any = {"flow": flow.id, "inputs": {"value": 7}}
    run = timed(keep("run", lambda: stage.publish("flow.run", inputs)))
    runner = Runner(system.store, system.host)
    replay = timed(lambda: runner.replay(system.reader.run(made["run"]["run"])))
    document = {**made["shown"], "names": [], "placements": [
        {**each, "known_as": "identity"} for each in made["shown"]["placements"]
    ]}  # fmt: skip
    draw = timed(lambda: [draw_flow(document, kind) for kind in FORMATS])
    return [
        ("check", check), ("publish", publish), ("read", read), ("plan", ready), ("run", run),
        ("replay", replay), ("draw", draw),
    ]  # fmt: skip
