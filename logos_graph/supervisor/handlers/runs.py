"""flow.run, and every user's verb that is bound to a flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from logos_graph.canon import ContentId, Json
from logos_graph.errors import LogosError
from logos_graph.execution import Failure, RunRecord
from logos_graph.graph.flow import OUTPUT
from logos_graph.supervisor.effects import Context, Effect, Handler
from logos_graph.supervisor.handlers.fields import objects, text
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.runner import run_id
from logos_graph.supervisor.view import View
from logos_graph.supervisor.world import LiveWorld

__all__ = ["run", "start"]


def run(context: Context, pending: PendingIntent) -> Effect:
    """Runs the flow that `this` names."""
    return _run(context, pending, ContentId(text(pending, "flow")), objects(pending, "inputs"))


def start(flow: ContentId) -> Handler:
    """The handler of a verb that is bound to a flow: `this` holds the flow's inputs."""

    def handler(context: Context, pending: PendingIntent) -> Effect:
        return _run(context, pending, flow, pending.signed.intent.logline.this)

    return handler


def _run(
    context: Context, pending: PendingIntent, flow: ContentId, inputs: Mapping[str, Json]
) -> Effect:
    identity = run_id(pending.cid, flow)
    world = context.world(pending, identity)
    record = context.runner.run(flow, inputs, world)
    if world.diverged and record.failure is None:
        record = record.undone(
            Failure(OUTPUT, "E_RUN_DIVERGED", "the run no longer asks what the ledger tells of it")
        )
    effect = _recorded(pending, identity, record, world)
    if record.failure is not None or not world.effects:
        return effect

    def undone(error: LogosError) -> Effect:
        failed = record.undone(Failure(OUTPUT, error.code, error.message))
        return replace(_recorded(pending, identity, failed, world), doubt=True)

    return replace(effect, undone=undone)


def _recorded(
    pending: PendingIntent, identity: ContentId, record: RunRecord, world: LiveWorld
) -> Effect:
    """The run as its receipt holds it: a failed one changes no stored value."""
    flow, failed = record.flow, record.failure is not None

    rests = not (failed and world.effects)  # else nothing rests on what it read, and it stays so

    def check(view: View) -> None:
        world.check_in_hand(view)
        if rests:
            world.check_current(view)

    result: dict[str, Json] = {
        "run": identity,
        "flow": flow,
        "status": record.status.value,
        "outputs": record.output_values,
    }
    if record.failure is not None:
        result["failure"] = record.failure.json
    mutation = record.to_mutation(run=identity, intent=pending.cid)
    stored = () if failed else world.mutations
    doubt = failed and world.doubt
    asks = rests and world.rests_on_values
    return Effect(
        (mutation, *stored), result, failed=failed, doubt=doubt, check=check, asks_store=asks
    )
