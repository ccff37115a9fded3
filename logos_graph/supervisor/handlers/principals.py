"""principal.register, .rotate_key, .rekey and .revoke: who acts, and by which key.

A principal that is no key itself (did:logline) has one key at a time, and outlives it. It takes
another by an intent that the old key signs and whose payload the new key has signed too; who lost
the last one, because it was revoked, is given one by somebody else, whom policy lets do that.
Everything is checked again on the view that it is committed against.
"""

from __future__ import annotations

from collections.abc import Callable

from logos_graph.errors import Rejected
from logos_graph.identity import Did, look
from logos_graph.ledger import OPERATOR
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text, texts
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["check_same_key", "register", "rekey", "revoke", "rotate_key"]


def register(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_PRINCIPAL_EXISTS, E_LOOKALIKE, and what PrincipalKeys.check_registration raises.

    The database's constraints settle a race.
    """
    did, name = Did(text(pending, "did")), text(pending, "name")
    this = pending.signed.intent.logline.this
    mutation: Mutation = {
        "kind": "principal",
        "did": did,
        "name": name,
        "type": text(pending, "type"),
        "roles": [*sorted(set(texts(pending, "roles")))],
    }
    if "key" in this:
        mutation["key"] = this["key"]

    def check(view: View) -> None:
        _check_new(view, did, name)
        view.principal_keys.check_registration(mutation)

    check(context.view)
    return Effect((mutation,), {"did": did, "name": name}, check=check)


def rotate_key(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_KEY_NOT_YOURS, and what PrincipalKeys.check_key raises."""
    who, of = pending.who, text(pending, "principal")
    if who != of:
        raise Rejected(
            "E_KEY_NOT_YOURS",
            f"{who} cannot rotate the key of {of}: the old key signs that itself",
            hint="who lost a key has it revoked, and is given another: `logos key rekey NAME`",
            principal=of,
        )
    return _changed(context, pending, lost=False)


def rekey(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_KEY_OWN, and what PrincipalKeys.check_key raises."""
    of = text(pending, "principal")
    if pending.who == of:
        raise Rejected(
            "E_KEY_OWN",
            f"{of} gives itself a key",
            hint="another operator does that: who asks cannot be who gets it",
            principal=of,
        )
    return _changed(context, pending, lost=True)


def revoke(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_KEY_NOT_YOURS, and what PrincipalKeys.check_revocation raises."""
    who, of, identity = pending.who, text(pending, "principal"), text(pending, "id")
    change: Mutation = {"kind": "revocation", **pending.signed.intent.logline.this}

    def check(view: View) -> None:
        if who != of and OPERATOR not in view.roles(who):
            raise Rejected(
                "E_KEY_NOT_YOURS",
                f"{who} cannot revoke a key of {of}: that does its owner, or an operator",
                hint="`logos key list` shows who is an operator",
                principal=of,
            )
        view.principal_keys.check_revocation(change, view.keys.dids)

    check(context.view)
    return Effect((change,), {"principal": of, "id": identity, "by": who}, check=check)


def check_same_key(view: View, pending: PendingIntent) -> None:
    """That the key that signed an answer is in force when it counts.

    Rejected E_KEY_REVOKED, E_KEY_ROTATED.
    """
    now = view.principal_keys.current(pending.who)
    if now is None:
        raise Rejected(
            "E_KEY_REVOKED",
            f"the key of {pending.who} was revoked before its answer was recorded",
            hint="`logos key show` says when, and why",
            who=pending.who,
        )
    if view.principal_keys.at(pending.who, pending.index) != now:
        raise Rejected(
            "E_KEY_ROTATED",
            f"{pending.who} took another key before its answer was recorded",
            hint="sign the answer again, with the new key",
            who=pending.who,
        )


def _changed(context: Context, pending: PendingIntent, *, lost: bool) -> Effect:
    change: Mutation = {"kind": "key", **pending.signed.intent.logline.this}
    check = _follows(change, lost=lost)
    check(context.view)
    told = {name: change[name] for name in ("principal", "key", "previous")}
    return Effect((change,), told, check=check)


def _follows(change: Mutation, *, lost: bool) -> Callable[[View], None]:
    def check(view: View) -> None:
        view.principal_keys.check_key(change, view.ledger, lost=lost)

    return check


def _check_new(view: View, did: Did, name: str) -> None:
    """Nobody has this DID or name, nor one that is taken for it; and no name is like a DID."""
    if name.startswith("did:"):
        raise Rejected(
            "E_NAME",
            f"{name!r} would be taken for a DID",
            hint="choose a name that does not begin with did:",
            name=name,
        )
    for known in view.principals.values():
        if did == known["did"] or name == known["name"]:
            raise Rejected(
                "E_PRINCIPAL_EXISTS",
                f"{known['name']} ({known['did']}) is registered already",
                hint="`logos key list` shows who is",
                name=name,
                did=did,
            )
        if look(name) == look(str(known["name"])):
            raise Rejected(
                "E_LOOKALIKE",
                f"{did} is easily taken for {known['name']} ({known['did']})",
                hint="choose a name that differs in more than 0 and o, 1 and l, rn and m, vv and w,"
                " or hyphens",
                name=name,
                known=known["name"],
            )
