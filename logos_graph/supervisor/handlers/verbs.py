"""verb.register: a user's own verb, bound to a flow or only recorded."""

from __future__ import annotations

from logos_graph.canon import ContentId
from logos_graph.errors import Rejected
from logos_graph.governance import check_registrable, parse_verb
from logos_graph.graph import Flow
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.ports import PendingIntent

__all__ = ["register"]


def register(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_VERB_…, E_VERB_EXISTS, E_UNKNOWN_FLOW."""
    verb = parse_verb(dict(pending.signed.intent.logline.this))
    check_registrable(verb)
    if verb.name in context.view.verbs:
        raise Rejected(
            "E_VERB_EXISTS",
            f"the verb {verb.name!r} is registered already",
            hint="a verb's meaning never changes: register another name",
            verb=verb.name,
        )
    if verb.flow is not None and not isinstance(
        context.store.component(ContentId(verb.flow)), Flow
    ):
        raise Rejected("E_UNKNOWN_FLOW", f"there is no flow {verb.flow}", flow=verb.flow)
    return Effect(({"kind": "verb", **verb.to_json()},), {"verb": verb.name})
