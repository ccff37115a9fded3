"""principal.register: a DID, a name, a type and roles."""

from __future__ import annotations

from logos_graph.errors import Rejected
from logos_graph.identity import Did, public_key
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text, texts
from logos_graph.supervisor.ports import Mutation, PendingIntent

__all__ = ["register"]


def register(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_DID, E_KEY, E_PRINCIPAL_EXISTS; the database's constraints settle a race."""
    did, name = Did(text(pending, "did")), text(pending, "name")
    public_key(did)  # strict: look-alikes, low-order and non-canonical keys are refused here
    known = tuple(context.view.principals.values())
    taken = next((p for p in known if did == p["did"] or name == p["name"]), None)
    if taken is not None:
        raise Rejected(
            "E_PRINCIPAL_EXISTS",
            f"{taken['name']} ({taken['did']}) is registered already",
            hint="`logos key list` shows who is",
            name=name,
            did=did,
        )
    mutation: Mutation = {
        "kind": "principal",
        "did": did,
        "name": name,
        "type": text(pending, "type"),
        "roles": [*sorted(set(texts(pending, "roles")))],
    }
    return Effect((mutation,), {"did": did, "name": name})
