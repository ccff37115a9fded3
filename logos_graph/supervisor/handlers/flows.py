"""flow.publish: a flow file, checked against what it places, becomes an immutable flow."""

from __future__ import annotations

from logos_graph.canon import ContentId
from logos_graph.errors import Rejected
from logos_graph.graph import Component, check_flow, parse_flow_file
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import objects, text
from logos_graph.supervisor.ports import Mutation, PendingIntent

__all__ = ["publish"]


def publish(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_FLOW_…, E_THRESHOLD_…; a flow that exists already only gets the name.

    `uses` pins each name of the file to the id that its author meant: a name that moves between
    signing and effect changes nothing.
    """
    uses = {name: ContentId(str(target)) for name, target in objects(pending, "uses").items()}

    def resolve(name: str) -> Component:
        component = context.store.component(uses.get(name, ContentId(name)))
        if component is None:
            raise Rejected(
                "E_UNKNOWN_COMPONENT",
                f"{name!r} is no published node or flow",
                hint="`logos node list` and `logos flow list` show what can be placed",
                name=name,
            )
        return component

    draft = parse_flow_file(text(pending, "text"))
    flow = check_flow(draft, resolve)
    name = text(pending, "name")
    mutations: list[Mutation] = []
    if context.store.component(flow.id) is None:
        mutations.append(flow.to_mutation())
    mutations.append({"kind": "name", "name": name, "target": flow.id})
    return Effect(tuple(mutations), {"flow": flow.id, "name": name, "new": len(mutations) == 2})
