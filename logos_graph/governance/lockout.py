"""A policy that nobody could ever replace is refused before it comes into force.

The acts by which a policy is replaced are `policy.activate`, which always needs consent, and the
`consent.give` of others. A policy may shut either door: deny the first, ask for consents of a role
that too few hold, or deny those who hold it the word by which they would consent.

`"force": true` in the payload of `policy.activate` puts it in force all the same. It is part of
what is signed and consented to, and a policy sees it as `context.this.force`; the receipt then says
who is locked out, and the way back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from logos_graph.errors import Rejected
from logos_graph.governance.decision import Allow, Deny, Require
from logos_graph.governance.policy import Policy
from logos_graph.governance.request import Request
from logos_graph.identity import Did

__all__ = [
    "NO_WAY_BACK",
    "Lockout",
    "find_lockout",
    "locked_out",
    "refuse_lockout",
    "way_back",
]

NO_WAY_BACK: Final = (
    "nobody could activate another under it, so export the ledger before (`logos ledger export DIR`"
    "); what follows can only be undone by rebuilding that export into an empty database"
    " (`logos ledger rebuild DIR`), and whoever kept a later checkpoint sees that"
)
"""The way back from a policy under which nobody can act on the policy."""


@dataclass(frozen=True, slots=True)
class Lockout:
    """Why somebody could not activate the next policy: the decision, and in words."""

    who: Did
    decision: Deny | Require
    detail: str


def find_lockout(policy: Policy, request: Request, answers: Iterable[Request]) -> Lockout | None:
    """Whether the one who asks could not activate another policy under this one; None: they could.

    request: the `policy.activate` request by which the next policy would come into force.
    answers: the `consent.give` request of every registered principal.
    """
    decision = policy.judge(request)
    if isinstance(decision, Deny):
        return Lockout(request.who, decision, decision.detail)
    if isinstance(decision, Require):
        able = {
            answer.who: answer.roles
            for answer in answers
            if decision.asks(answer.who, answer.roles) and isinstance(policy.judge(answer), Allow)
        }
        for quorum in decision.quorums:
            if not quorum.is_met(able, request.who):
                found = quorum.count(able, request.who)
                detail = f"it asks for the consents of {quorum.text}, of whom {found} could give it"
                return Lockout(request.who, decision, detail)
    return None


def refuse_lockout(policy: Policy, request: Request, answers: Iterable[Request]) -> None:
    """Refuses a policy under which the one who activates it could not activate the next one.

    Raises:
        Rejected: E_POLICY_LOCKOUT, with the decision under `data["decision"]`.
    """
    found = find_lockout(policy, request, answers)
    if found is not None:
        raise locked_out(found, NO_WAY_BACK)


def locked_out(found: Lockout, back: str) -> Rejected:
    """E_POLICY_LOCKOUT: why, what to change in the policy, and the way back if it is forced."""
    return Rejected(
        "E_POLICY_LOCKOUT",
        f"under this policy {found.who} could not activate another: {found.detail}",
        hint='keep a rule that permits Action::"policy.activate" to those who hold it now, ask for'
        ' consents of a role that others hold, and permit them Action::"consent.give".\n'
        f"`logos policy activate --force` does it all the same; the way back then: {back}",
        decision=found.decision.to_json(),
        way_back=back,
    )


def way_back(able: Iterable[str]) -> str:
    """How a policy that locks its author out is replaced. able: who else could activate another."""
    names = sorted(able)
    return f"ask {' or '.join(names)}, who could activate another" if names else NO_WAY_BACK
