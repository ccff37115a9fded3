"""One small handler per verb; adding a capability to the product means adding a verb here."""

from __future__ import annotations

from logos_graph.supervisor.effects import Effect, Handler
from logos_graph.supervisor.handlers import (
    breakers,
    cancels,
    capabilities,
    consents,
    delegations,
    drafts,
    escalations,
    flows,
    forks,
    keys,
    limits,
    nodes,
    policies,
    principals,
    runs,
    verbs,
)
from logos_graph.supervisor.ports import PendingIntent

__all__ = ["BUILT_IN", "handler_of"]

BUILT_IN: dict[str, Handler] = {
    "principal.register": principals.register,
    "principal.rotate_key": principals.rotate_key,
    "principal.rekey": principals.rekey,
    "principal.revoke": principals.revoke,
    "node.draft": drafts.draft,
    "node.publish": nodes.publish,
    "node.fork": nodes.fork,
    "node.deprecate": nodes.deprecate,
    "node.promote": nodes.promote,
    "flow.publish": flows.publish,
    "flow.run": runs.run,
    "run.fork": forks.fork,
    "run.cancel": cancels.cancel,
    "run.limit": limits.limit,
    "rate.limit": breakers.limit_rate,
    "breaker.lift": breakers.lift,
    "capability.grant": capabilities.grant,
    "capability.revoke": capabilities.revoke,
    "policy.activate": policies.activate,
    "supervisor.rotate_key": keys.rotate,
    "verb.register": verbs.register,
    "consent.give": consents.give,
    "consent.refuse": consents.refuse,
    "consent.delegate": delegations.delegate,
    "consent.undelegate": delegations.undelegate,
    "escalation.resolve": escalations.resolve,
}


def handler_of(pending: PendingIntent) -> Handler:
    """A built-in verb's own handler; a user's verb starts its flow, or is only recorded."""
    built_in = BUILT_IN.get(pending.signed.intent.logline.did)
    if built_in is not None:
        return built_in
    if pending.flow is not None:
        return runs.start(pending.flow)
    return lambda _context, _pending: Effect()
