"""policy.activate: the policy under which the next intent is judged."""

from __future__ import annotations

from logos_graph.governance import Policy, Request, refuse_lockout
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import PendingIntent

__all__ = ["activate"]


def activate(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_POLICY_…; E_POLICY_LOCKOUT for one under which its author could not mend it."""
    policy, line, view = Policy(text(pending, "text")), pending.signed.intent.logline, context.view
    request = Request(
        who=line.who,
        roles=view.roles(line.who),
        verb=view.verbs[line.did],
        this=line.this,
        ledger=view.ledger,
        revision=view.head.index,
        now_ns=context.now_ns,
    )
    refuse_lockout(policy, request)
    return Effect(
        ({"kind": "policy", "id": policy.id, "text": policy.text},), {"policy": policy.id}
    )
