"""`policy.activate`: those whom the old policy asks have to agree, and those whom the new would.

Nobody brings a policy in force alone, and nobody gives the next change into the hands of people who
do not want it: the act waits for the quorum that the policy in force asks for, and for the quorum
that the new policy would ask for the very same act. One principal may count in both. The time is
the shorter of the two.

A new policy that cannot be read, that would deny the act, or that asks for more than there are, has
no holders to be asked: the verb's handler refuses it (`refuse_lockout`), unless it is made to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from logos_graph.canon import Json
from logos_graph.errors import LogosError
from logos_graph.governance.decision import Allow, Decision, Require
from logos_graph.governance.policy import NO_CONSENTS, Policy
from logos_graph.governance.quorum import Consents
from logos_graph.governance.request import Request

__all__ = ["ACTIVATE", "judge", "new_holders"]

ACTIVATE: Final = "policy.activate"


def judge(policy: Policy, request: Request, consents: Consents = NO_CONSENTS) -> Decision:
    """What the policy in force says to an act; of `policy.activate`, with whom the new one asks.

    Raises Rejected E_POLICY_VALUE, as Policy.judge.
    """
    decision = policy.judge(request, consents)
    if request.verb.name != ACTIVATE or not isinstance(decision, Allow | Require):
        return decision
    further = new_holders(request)
    asked = policy.judge(request)
    if further is None or not isinstance(asked, Require):
        return decision
    met = all(each.is_met(consents, request.who) for each in further.quorums)
    if met and isinstance(decision, Allow):
        return decision
    return replace(
        asked,
        also=(*asked.also, *(each for each in further.quorums if each not in asked.quorums)),
        expires_at=min(asked.expires_at, further.expires_at),
    )


def new_holders(request: Request) -> Require | None:
    """Whom the policy that an act would bring in force asks for that act; None: nobody can be."""
    text: Json = request.this.get("text")
    try:
        decision = Policy(str(text)).judge(request)
    except LogosError:
        return None
    if not isinstance(decision, Require):
        return None
    held = {did: person.roles for did, person in request.people.items()}
    return decision if decision.is_met(held, request.who) else None
