"""run.fork: a new run of a run's flow, which shares its past up to a step."""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Rejected
from logos_graph.execution import ForkPoint, RunRecord
from logos_graph.execution.fork import steps_before
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.forked import ForkedWorld
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.runner import run_id

__all__ = ["fork"]


def fork(context: Context, pending: PendingIntent) -> Effect:
    """Executes the flow again from the fork on: a what-if, which changes the ledger alone.

    Raises InvalidInput E_FORK_STEP, E_FORK_PORT, E_VALUE_*; Rejected E_UNKNOWN_RUN, E_FORK_FLOW,
    E_FORK_STEP, E_FORK_DIVERGED.
    """
    parent = RunRecord.from_mutation(context.store.run(ContentId(text(pending, "run"))))
    if parent.flow != text(pending, "flow"):
        raise Rejected("E_FORK_FLOW", f"the run is of the flow {parent.flow}", flow=parent.flow)
    point = ForkPoint(ContentId(text(pending, "run")), text(pending, "at"))
    identity = run_id(pending.cid, parent.flow)
    shared = steps_before(context.runner.plan(parent.flow), point.step)
    world = ForkedWorld(context.world(pending, identity), parent, shared)
    record = context.runner.fork(parent, point, _given(pending), world)
    result: dict[str, Json] = {
        "run": identity,
        "flow": record.flow,
        "status": record.status.value,
        "outputs": record.output_values,
        "forked_from": point.json,
    }
    if record.failure is not None:
        result["failure"] = record.failure.json
    return Effect(
        (record.to_mutation(run=identity, intent=pending.cid),),
        result,
        failed=record.failure is not None,
        check=world.check_in_hand,
    )


def _given(pending: PendingIntent) -> Mapping[str, Json]:
    given = pending.signed.intent.logline.this.get("set", {})
    assert isinstance(given, dict)  # by the verb's schema
    return given
