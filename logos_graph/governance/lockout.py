"""A policy that nobody could ever replace is refused before it comes into force.

The acts by which a policy is replaced are `policy.activate`, which always needs consent, and the
`consent.give` of others. A policy may shut either door: deny the first, ask for consents of a role
that too few hold, or deny those who hold it the word by which they would consent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Never

from logos_graph.errors import Rejected
from logos_graph.governance.decision import Allow, Deny, Require
from logos_graph.governance.policy import Policy
from logos_graph.governance.request import Request

__all__ = ["refuse_lockout"]


def refuse_lockout(policy: Policy, request: Request, answers: Iterable[Request]) -> None:
    """Refuses a policy under which the one who activates it could not activate the next one.

    request: the `policy.activate` request by which the policy is to come into force.
    answers: the `consent.give` request of every registered principal.

    Raises:
        Rejected: E_POLICY_LOCKOUT, with the decision under `data["decision"]`.
    """
    decision = policy.judge(request)
    if isinstance(decision, Deny):
        _refuse(request, decision, decision.detail)
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
                _refuse(request, decision, detail)


def _refuse(request: Request, decision: Deny | Require, detail: str) -> Never:
    raise Rejected(
        "E_POLICY_LOCKOUT",
        f"under this policy {request.who} could not activate another: {detail}",
        hint='keep a rule that permits Action::"policy.activate" to those who hold it now, ask for'
        ' consents of a role that others hold, and permit them Action::"consent.give"',
        decision=decision.to_json(),
    )
