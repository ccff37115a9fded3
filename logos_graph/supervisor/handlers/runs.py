"""flow.run, and every user's verb that is bound to a flow."""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import ContentId, Json
from logos_graph.supervisor.effects import Context, Effect, Handler
from logos_graph.supervisor.handlers.fields import objects, text
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.runner import run_id

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
    record = context.runner.run(flow, inputs)
    identity = run_id(pending.cid, flow)
    result: dict[str, Json] = {
        "run": identity,
        "flow": flow,
        "status": record.status.value,
        "outputs": record.output_values,
    }
    if record.failure is not None:
        result["failure"] = record.failure.json
    mutation = record.to_mutation(run=identity, intent=pending.cid)
    return Effect((mutation,), result, failed=record.failure is not None)
