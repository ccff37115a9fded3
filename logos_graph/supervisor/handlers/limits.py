"""run.limit: how many runs at once, and how long a run and a step of it may take."""

from __future__ import annotations

from logos_graph.canon import ContentId, Json
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.graph import Flow
from logos_graph.identity import Did
from logos_graph.ledger.rights import limit_id
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.ports import Mutation, PendingIntent

__all__ = ["limit"]


def limit(context: Context, pending: PendingIntent) -> Effect:
    """InvalidInput E_LIMIT_OF; Rejected E_UNKNOWN_FLOW, E_UNKNOWN_PRINCIPAL.

    A null takes that limit away. What runs already is not stopped by a smaller number of runs.
    """
    this = pending.signed.intent.logline.this
    scope, of = str(this["scope"]), this["of"]
    if (scope == "ledger") != (of is None):
        raise InvalidInput(
            "E_LIMIT_OF",
            "a limit of the ledger is of nothing else, any other of a flow or a principal",
            hint="`of` is null for the scope `ledger`, and an id or a DID for the others",
            path="$.of",
        )
    name = None if of is None else str(of)
    _check_known(context, scope, name)
    mutation: Mutation = {
        "kind": "limit",
        "id": limit_id(scope, name),
        "scope": scope,
        "of": of,
        **{each: this[each] for each in ("concurrent", "run_seconds", "step_seconds")},
    }
    result: dict[str, Json] = {"limit": mutation["id"]}
    return Effect((mutation,), result)


def _check_known(context: Context, scope: str, of: str | None) -> None:
    if scope == "flow" and not isinstance(context.store.component(ContentId(str(of))), Flow):
        raise Rejected("E_UNKNOWN_FLOW", f"there is no flow {of}", flow=of)
    if scope == "principal" and Did(str(of)) not in context.view.principals:
        raise Rejected("E_UNKNOWN_PRINCIPAL", f"{of} is not registered in this ledger", who=of)
