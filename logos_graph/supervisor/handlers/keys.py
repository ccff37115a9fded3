"""supervisor.rotate_key: another key signs the ledger from the next entry on.

Both keys sign it: the one in force signs the receipt, as every entry, and the new one has signed
that it takes over (`accept_supervision`), in the intent's payload. The new key becomes a principal
with the roles of the one it follows, because a principal is one DID; the retired one has no
authority any more, and keeps its name in the record. A rotation is refused while the policy speaks
of the retired DID, and not of a role, where it says who may replace the policy, or rotate again.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.governance import Deny, Request
from logos_graph.identity import Did, public_key
from logos_graph.ledger import check_acceptance
from logos_graph.supervisor.context import context_of
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.view import View

__all__ = ["rotate"]


def rotate(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_DID, E_KEY, E_SIGNATURE, E_KEY_USED, E_ROTATION_STALE, E_POLICY_LOCKOUT."""
    did, previous = Did(text(pending, "did")), Did(text(pending, "previous"))
    signature, view = text(pending, "signature"), context.view
    public_key(did)  # strict: look-alikes, low-order and non-canonical keys are refused here

    def check(view: View) -> None:
        _check_in_force(view, previous)
        _check_unused(view, did)
        _check_not_locked_out(view, did, pending, context.now_ns)

    check(view)
    check_acceptance(view.ledger, previous, did, signature)
    name = _free_name(view)
    rotation: Mutation = {
        "kind": "supervisor", "did": did, "previous": previous, "signature": signature,
    }  # fmt: skip
    principal: Mutation = {
        "kind": "principal", "did": did, "name": name, "type": "supervisor",
        "roles": [*sorted(view.roles(previous))],
    }  # fmt: skip
    return Effect(
        (rotation, principal), {"did": did, "name": name, "previous": previous}, check=check
    )


def _check_in_force(view: View, previous: Did) -> None:
    if previous != view.supervisor:
        raise Rejected(
            "E_ROTATION_STALE",
            f"{previous} is not the key in force, {view.supervisor} is",
            hint="`logos key rotate supervisor` signs a rotation of the key in force",
            previous=previous,
            supervisor=view.supervisor,
        )


def _check_unused(view: View, did: Did) -> None:
    if did in view.keys.dids or view.principal_keys.owner(did) is not None:
        raise Rejected(
            "E_KEY_USED",
            f"{did} is a key of this ledger already",
            hint="a supervisor's key is a new one: `logos key rotate supervisor` makes it",
            did=did,
        )


def _check_not_locked_out(view: View, did: Did, pending: PendingIntent, now_ns: int) -> None:
    """What the retired key may ask for to mend the policy or the keys, the new one may too."""
    line = pending.signed.intent.logline
    rotation = line.this
    mending: dict[str, dict[str, Json]] = {
        "policy.activate": {"text": view.policy.text},
        "supervisor.rotate_key": rotation,
    }
    for name, this in mending.items():
        verb = view.verbs.get(name)
        if verb is None:
            continue
        asked = Request(
            who=view.supervisor, roles=view.roles(view.supervisor), verb=verb, this=this,
            ledger=view.ledger, revision=view.head.index, now_ns=now_ns,
            context=context_of(
                view, replace(line, did=name, this=this), now_ns, judged=pending.cid
            ),
        )  # fmt: skip
        if isinstance(view.policy.judge(asked), Deny):
            continue
        if isinstance(view.policy.judge(replace(asked, who=did)), Deny):
            raise Rejected(
                "E_POLICY_LOCKOUT",
                f"the policy in force lets {view.supervisor} ask for {name}, and not {did}",
                hint="activate a policy that speaks of a role, or of the new key too; then rotate",
                did=did,
                verb=name,
            )


def _free_name(view: View) -> str:
    """`supervisor-2` for the second key; the next number if somebody has that name."""
    taken = {principal["name"] for principal in view.principals.values()}
    numbers = count(len(view.keys.dids) + 1)
    return next(name for n in numbers if (name := f"supervisor-{n}") not in taken)
