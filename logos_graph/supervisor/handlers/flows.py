"""flow.publish: a flow file, checked against what it places, becomes an immutable flow."""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Rejected
from logos_graph.graph import Component, Flow, check_flow, parse_flow_file
from logos_graph.supervisor.effects import Context, Draft, Effect
from logos_graph.supervisor.handlers.fields import objects, text
from logos_graph.supervisor.ports import Mutation, PendingIntent, Store
from logos_graph.supervisor.view import View

__all__ = ["check_none_deprecated", "publish"]


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
    new = context.store.component(flow.id) is None
    if new:
        mutations.append(flow.to_mutation())
    mutations.append({"kind": "name", "name": name, "target": flow.id})

    def check(_view: View, _now_ns: int) -> Sequence[Draft]:
        if new:
            check_none_deprecated(context.store, flow)
        return ()

    result: dict[str, Json] = {"flow": flow.id, "name": name, "new": new}
    return Effect(tuple(mutations), result, entries=check, asks_store=new)


def check_none_deprecated(store: Store, flow: Flow) -> None:
    """Rejected E_DEPRECATED. Flows that place such a node already go on; no new ones begin."""
    deprecated = store.deprecated({each.uses for each in flow.placements})
    for placement in flow.placements:
        if placement.uses in deprecated:
            raise Rejected(
                "E_DEPRECATED",
                f"{placement.name} places {placement.uses}, which is deprecated:"
                f" {deprecated[placement.uses]}",
                hint="place another node, or fork it: `logos node fork`",
                placement=placement.name,
                node=placement.uses,
            )
