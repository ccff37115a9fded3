"""node.publish and node.fork make nodes; node.deprecate and node.promote say how they stand."""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.errors import Rejected
from logos_graph.graph import Flow
from logos_graph.supervisor.effects import Context, Draft, Effect
from logos_graph.supervisor.handlers.building import Made, make
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["check_node", "deprecate", "fork", "promote", "publish"]


def publish(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_COMPILE, E_ADMIT_…; a binary that is a node already only gets the name.

    The binary is admitted with the grants that are in force for its id, and they still are when the
    node is committed.
    """
    made = make(context, text(pending, "source"))
    new = context.store.component(made.admitted.id) is None
    return _named(made, text(pending, "name"), (made.mutation,) if new else ())


def fork(context: Context, pending: PendingIntent) -> Effect:
    """A new node that names its origin. Rejected as `publish`; E_UNKNOWN_NODE, E_FORK_SAME."""
    origin = ContentId(text(pending, "node"))
    check_node(context, origin)
    made = make(context, text(pending, "source"))
    if context.store.component(made.admitted.id) is not None:
        raise Rejected(
            "E_FORK_SAME",
            f"the source is built to {made.admitted.id}, which is a node already",
            hint="change what it computes; to give a node another name, publish it again",
            node=made.admitted.id,
        )
    return _named(made, text(pending, "name"), ({**made.mutation, "forked_from": origin},))


def _named(made: Made, name: str, mutations: tuple[Mutation, ...]) -> Effect:
    """The node, if it is new, and its name."""

    def check(view: View, _now_ns: int) -> Sequence[Draft]:
        made.check_granted(view)
        return ()

    node = made.admitted.id
    result: dict[str, Json] = {
        "node": node,
        "name": name,
        "size": made.admitted.size,
        "new": bool(mutations),
    }
    naming: Mutation = {"kind": "name", "name": name, "target": node}
    return Effect((*mutations, naming), result, blobs=made.blobs, entries=check)


def deprecate(context: Context, pending: PendingIntent) -> Effect:
    """Keeps a node out of new flows. Rejected E_UNKNOWN_NODE; E_DEPRECATED for one that is."""
    node = ContentId(text(pending, "node"))
    check_node(context, node)

    def check(_view: View, _now_ns: int) -> Sequence[Draft]:
        # What the database says now is never older than the head that is compared and swapped.
        if context.store.deprecated([node]):
            raise Rejected("E_DEPRECATED", f"{node} is deprecated already", node=node)
        return ()

    mutation: Mutation = {"kind": "deprecation", "node": node, "reason": text(pending, "reason")}
    return Effect((mutation,), {"node": node}, entries=check, asks_store=True)


def promote(context: Context, pending: PendingIntent) -> Effect:
    """Sediment becomes Bedrock, for a node that this machine rebuilds from its source.

    Rejected E_UNKNOWN_NODE, E_NOT_REBUILT, and what the build raises; E_BEDROCK for one that is.
    """
    node = ContentId(text(pending, "node"))
    check_node(context, node)
    _check_sediment(context, node)
    rebuilt = context.builder.build(context.store.source(node).encode())
    found = content_id(rebuilt.module)
    if found != node:
        raise Rejected(
            "E_NOT_REBUILT",
            f"this machine builds the source of {node} to {found}",
            hint=f"`logos node rebuild {node}` compares toolchains and SDKs",
            node=node,
            rebuilt=found,
            toolchain=rebuilt.toolchain,
        )

    def check(_view: View, _now_ns: int) -> Sequence[Draft]:
        _check_sediment(context, node)
        return ()

    mutation: Mutation = {"kind": "promotion", "node": node, "reason": text(pending, "reason")}
    result: dict[str, Json] = {"node": node, "layer": "Bedrock"}
    return Effect((mutation,), result, entries=check, asks_store=True)


def _check_sediment(context: Context, node: ContentId) -> None:
    if context.store.promoted(node):
        raise Rejected("E_BEDROCK", f"{node} lies in Bedrock already", node=node)


def check_node(context: Context, node: ContentId) -> None:
    """Rejected E_UNKNOWN_NODE."""
    component = context.store.component(node)
    if component is None or isinstance(component, Flow):
        raise Rejected(
            "E_UNKNOWN_NODE",
            f"{node} is no node",
            hint="`logos node list` shows what is published",
            node=node,
        )
