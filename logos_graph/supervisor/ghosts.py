"""An intent's end as a ghost, whatever its cause: its entry, and the escalation that follows it.

Whoever has 20 open escalations of its own opens no more by ghosts: a denied intent costs nothing,
and people's attention does. The cause then says `"escalates": false`, and an auditor counts too.
Ends that were effects escalate always.
"""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import Json
from logos_graph.governance.amounts import told_amount
from logos_graph.ledger.patterns import MOST_OPEN_ESCALATIONS
from logos_graph.logline import Action, SignedIntent, parse_commitment
from logos_graph.supervisor import bodies
from logos_graph.supervisor.commitments import with_escalation
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.view import View

__all__ = ["ghost_entries"]


def ghost_entries(
    view: View, signed: SignedIntent, cause: Mapping[str, Json], now_ns: int
) -> list[Draft]:
    """The ghost of an intent, and what follows it; now_ns: the instant at which it is recorded."""
    line = signed.intent.logline
    verb = view.verbs.get(line.did)
    amount = told_amount(None if verb is None else verb.amount, line.this)
    _, commitment = bodies.consequence(line, cause)
    escalates = parse_commitment(commitment).action is Action.ESCALATE
    if escalates and view.open_escalations(line.who) >= MOST_OPEN_ESCALATIONS:
        return [bodies.ghost(signed, {**cause, "escalates": False}, view.policy.id, amount)]
    return with_escalation(bodies.ghost(signed, cause, view.policy.id, amount), now_ns)
