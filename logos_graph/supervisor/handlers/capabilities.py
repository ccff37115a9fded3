"""capability.grant and capability.revoke: one named right for one node; never inherited."""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import ContentId
from logos_graph.errors import Rejected
from logos_graph.graph.capabilities import Capability, parse_capability, parse_limits
from logos_graph.supervisor.effects import Context, Draft, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.handlers.nodes import check_node
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["grant", "revoke"]


def grant(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_UNKNOWN_NODE, E_GRANT_EXISTS; InvalidInput E_CAPABILITY, E_GRANT_LIMITS.

    The grant's id is the intent that asked for it; its limits are recorded as they were signed.
    """
    node = ContentId(text(pending, "node"))
    capability = parse_capability(text(pending, "capability"))
    limits = pending.signed.intent.logline.this.get("limits", {})
    parse_limits(capability, limits)
    if not context.store.drafted(node):
        check_node(context, node)

    def check(view: View, _now_ns: int) -> Sequence[Draft]:
        _check_new(view, node, capability)
        return ()

    mutation: Mutation = {
        "kind": "grant",
        "grant": pending.cid,
        "node": node,
        "capability": capability.value,
        "limits": limits,
        "revoked": None,
    }
    result = {key: mutation[key] for key in ("grant", "node", "capability")}
    return Effect((mutation,), result, entries=check)


def _check_new(view: View, node: ContentId, capability: Capability) -> None:
    known = view.grant(node, capability)
    if known is not None:
        raise Rejected(
            "E_GRANT_EXISTS",
            f"{node} holds the capability {capability} already",
            hint=f"to change its limits: `logos capability revoke {known.id}`, then grant it again",
            grant=known.id,
        )


def revoke(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_UNKNOWN_GRANT for what is no grant in force. It stays, and says when it ended."""
    grant = ContentId(text(pending, "grant"))
    mutation: Mutation = {**_in_force(context.view, grant), "revoked": pending.cid}

    def check(view: View, _now_ns: int) -> Sequence[Draft]:
        _in_force(view, grant)
        return ()

    result = {key: mutation[key] for key in ("grant", "node", "capability")}
    return Effect((mutation,), result, entries=check)


def _in_force(view: View, grant: ContentId) -> Mutation:
    known = view.grants.get(grant)
    if known is None:
        raise Rejected(
            "E_UNKNOWN_GRANT",
            f"{grant} is no grant that is in force",
            hint="`logos capability list` shows those that are",
            grant=grant,
        )
    return known
