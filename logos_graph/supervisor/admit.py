"""Step 1 of the gate: who says this, did they sign it, for this ledger, now.

What fails here is not recorded: it cannot be attributed to anyone, and recording it would let a
stranger fill the ledger. "Never seen before" is the last of these checks and is made by the store,
in the transaction that records the intent (uniqueness of CID and of nonce by principal).
"""

from __future__ import annotations

from logos_graph.errors import Rejected
from logos_graph.identity import Did
from logos_graph.logline import SignedIntent, format_when, verify_intent
from logos_graph.supervisor.view import View

__all__ = ["CLOCK_AHEAD_NS", "CLOCK_BACK_NS", "admit"]

CLOCK_BACK_NS = 5 * 60 * 1_000_000_000
CLOCK_AHEAD_NS = 30 * 1_000_000_000


def admit(signed: SignedIntent, view: View, now_ns: int) -> None:
    """Raises Rejected: E_LEDGER, E_UNKNOWN_PRINCIPAL, E_KEY_RETIRED, E_KEY_REVOKED, E_SIGNATURE or
    E_CLOCK.
    """
    intent = signed.intent
    if intent.ledger != view.ledger:
        raise Rejected(
            "E_LEDGER",
            f"the intent was signed for ledger {intent.ledger!r}, this is {view.ledger!r}",
            hint="sign it again for this ledger",
            expected=view.ledger,
            found=intent.ledger,
        )
    who = intent.logline.who
    if who not in view.principals:
        raise Rejected(
            "E_UNKNOWN_PRINCIPAL",
            f"{who} is not registered in this ledger",
            hint="an operator registers it: `logos key new NAME`",
            who=who,
        )
    if view.keys.is_retired(who):
        raise Rejected(
            "E_KEY_RETIRED",
            f"{who} was the supervisor's key, and was rotated out: it has no authority any more",
            hint=f"sign it with the key in force, {view.supervisor}",
            who=who,
            supervisor=view.supervisor,
        )
    verify_intent(signed, _key(view, who))
    offset = intent.logline.when - now_ns
    if not -CLOCK_BACK_NS <= offset <= CLOCK_AHEAD_NS:
        raise Rejected(
            "E_CLOCK",
            f"`when` is {abs(offset) / 1e9:.1f} s {'ahead of' if offset > 0 else 'behind'} "
            "the supervisor's clock",
            hint="at most 30 s ahead and 5 min behind is accepted: set the clock, sign again",
            when=format_when(intent.logline.when),
            now=format_when(now_ns),
        )


def _key(view: View, who: Did) -> Did:
    """The key that signs for this principal now; Rejected E_KEY_REVOKED if none does."""
    key = view.principal_keys.current(who)
    if key is None:
        raise Rejected(
            "E_KEY_REVOKED",
            f"the key of {who} was revoked: nobody signs for it",
            hint="`logos key show` says when, and why; an operator gives it another: "
            "`logos key rekey NAME`",
            who=who,
        )
    return key
