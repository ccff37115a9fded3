"""capability.grant: one named right to one node; grants are never inherited."""

from __future__ import annotations

from logos_graph.canon import ContentId
from logos_graph.errors import Rejected
from logos_graph.graph import Flow
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import PendingIntent

__all__ = ["grant"]


def grant(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_UNKNOWN_NODE. The grant's id is the intent that asked for it."""
    node = ContentId(text(pending, "node"))
    component = context.store.component(node)
    if component is None or isinstance(component, Flow):
        raise Rejected(
            "E_UNKNOWN_NODE",
            f"{node} is no node",
            hint="capabilities are granted to nodes, one by one: `logos node list`",
            node=node,
        )
    capability = text(pending, "capability")
    return Effect(
        ({"kind": "grant", "node": node, "capability": capability, "grant": pending.cid},),
        {"grant": pending.cid, "node": node, "capability": capability},
    )
