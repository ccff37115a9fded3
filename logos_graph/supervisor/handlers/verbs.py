"""verb.register: a user's own verb, bound to a flow or only recorded."""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import ContentId
from logos_graph.errors import Rejected
from logos_graph.governance import check_registrable, parse_verb
from logos_graph.graph import Flow
from logos_graph.supervisor.effects import Context, Draft, Effect
from logos_graph.supervisor.ports import PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["register"]


def register(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_VERB_…, E_VERB_EXISTS, E_UNKNOWN_FLOW.

    One that is registered already may be bound to another flow, of which nothing else changes: what
    was submitted before stays on the flow that was recorded with it.
    """
    verb = parse_verb(dict(pending.signed.intent.logline.this))
    check_registrable(verb)

    def check(view: View, _now_ns: int) -> Sequence[Draft]:
        known = view.verbs.get(verb.name)
        if known is not None and not verb.rebinds(known):
            raise Rejected(
                "E_VERB_EXISTS",
                f"the verb {verb.name!r} is registered already",
                hint="a verb's meaning never changes: bind it to another flow, or register another",
                verb=verb.name,
            )
        return ()

    check(context.view, context.now_ns)
    if verb.flow is not None and not isinstance(
        context.store.component(ContentId(verb.flow)), Flow
    ):
        raise Rejected("E_UNKNOWN_FLOW", f"there is no flow {verb.flow}", flow=verb.flow)
    return Effect(({"kind": "verb", **verb.to_json()},), {"verb": verb.name}, entries=check)
