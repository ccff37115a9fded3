"""Flows of 100, 1,000 and 10,000 placements: that all that is done with one grows with its size."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from logos_graph.canon import ContentId
from logos_graph.drawing import FORMATS
from logos_graph.execution.plan import plan
from logos_graph.graph import Component, check_flow, parse_flow_file
from logos_graph.settings import Settings
from logos_graph.wiring import start_database, stop_database
from tests.bench.commands import logos
from tests.bench.stage import Stage, shared_cache
from tests.bench.timing import Figures, timed
from tests.bigflows import chain, wide

__all__ = ["SIZES", "flows"]

SIZES = (100, 1000, 10_000)


def flows(stage: Stage) -> Figures:
    """Microseconds a placement, of each shape and size, for all that is done with a flow.

    And seconds for what is done with a whole ledger, once all of them are in it.
    """
    source = Path(__file__).with_name("identity.rs").read_text()
    published = stage.publish("node.publish", {"name": "identity", "source": source})
    node = ContentId(str(published["node"]))
    component = stage.system.store.component(node)
    assert component is not None
    results: Figures = {}
    for shape in (chain, wide):
        for size in SIZES:
            name = f"flow_{shape.__name__}_{size}"
            text = _text(shape, size, component)
            results |= {
                f"{name}_{what}_us_per_placement": seconds / size * 1e6
                for what, seconds in _one(stage, name, text, component).items()
            }
    return results | _ledger(stage)


def _text(shape: Callable[..., str], size: int, node: Component) -> str:
    port = node.inputs[0].name, node.outputs[0].name
    return shape("identity", size, port, node.inputs[0].type.text)


def _one(stage: Stage, name: str, text: str, node: Component) -> dict[str, float]:
    """What is done with one flow, each with its seconds; commands with their start."""
    made: dict[str, Any] = {}
    system, home = stage.system, stage.home

    def keep(key: str, work: Callable[[], Any]) -> Callable[[], None]:
        return lambda: made.update({key: work()})

    this: Any = {"text": text, "name": name, "uses": {"identity": node.id}}
    out = {
        "check": timed(keep("flow", lambda: check_flow(parse_flow_file(text), lambda _: node))),
        "publish": timed(lambda: stage.publish("flow.publish", this)),
        "plan": timed(lambda: plan(made["flow"], {node.id: node})),
    }
    inputs: Any = {"flow": made["flow"].id, "inputs": {"value": 7}}
    out["run"] = timed(keep("run", lambda: stage.publish("flow.run", inputs)))
    out["run_again"] = timed(lambda: stage.publish("flow.run", inputs))
    run, runner = made["run"]["run"], system.supervisor.runner
    out["read"] = timed(keep("recorded", lambda: system.reader.run(run)))
    out["replay"] = timed(lambda: runner.replay(made["recorded"]))
    for kind in FORMATS:
        out[f"draw_{kind}"] = logos(home, "flow", "draw", name, "--format", kind).seconds
    with tempfile.TemporaryDirectory(prefix="logos bench ", dir="/var/tmp") as folder:
        proof = Path(folder) / "proof"
        out["show"] = logos(home, "flow", "show", name).seconds
        out["show_run"] = logos(home, "run", "show", run).seconds
        out["prove"] = logos(home, "run", "prove", run, "--output", proof).seconds
        out["verify_proof"] = logos(home, "verify", proof).seconds
    return out


def _ledger(stage: Stage) -> Figures:
    """The ledger with all of them: verified, exported, and rebuilt in an empty database."""
    home, operator = stage.home, stage.operator.did
    with tempfile.TemporaryDirectory(prefix="logos bench ", dir="/var/tmp") as folder:
        target, empty = Path(folder) / "export", Path(folder) / "rebuilt"
        out = {
            "flows_ledger_verify_s": logos(home, "ledger", "verify").seconds,
            "flows_ledger_export_s": logos(home, "ledger", "export", target).seconds,
            "flows_ledger_export_verify_s": logos(home, "verify", target).seconds,
        }
        settings = Settings(empty, shared_cache(), "supervisor", None)
        try:
            start_database(settings, lambda _line: None, found=False)
            words = ("ledger", "rebuild", target, "--supervisor", operator)
            out["flows_ledger_rebuild_s"] = logos(empty, *words).seconds
        finally:
            stop_database(settings)
            shutil.rmtree(empty, ignore_errors=True)
    return out
