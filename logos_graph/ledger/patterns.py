"""Which ghosts of one principal make an alarm, over which window; the thresholds, in one place.

| pattern | raised when, of one principal within the window | window | severity |
|---|---|---|---|
| RepeatedDenials | more than 5 acts were denied | 1 h | medium |
| EscalatingProbes | of the last 5 denied acts with an amount each is above the last | 1 h | high |
| Burst | 47 acts ended as ghosts (Paper I) | 47 min | high |

A high alarm opens the circuit breaker of its principal, until a quorum lifts it. A medium one is
open until its window has passed. Of one pattern and principal there is one open alarm at a time.

Not counted: what was denied because a breaker is open or a rate is exceeded (it was held off
already, and a client that is too quick is no attacker), and what came before the last lifting.

The same is asked of the graph by the statements of cypher/alarms; here it is asked of the ghosts
that a process remembers, so that the graph is asked only when there is something to find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from logos_graph.canon import ContentId
from logos_graph.ledger.entry import Entry

__all__ = [
    "LONGEST_NS",
    "MAX_MARKS",
    "MOST_OPEN_ESCALATIONS",
    "PATTERNS",
    "SHOWN_INTENTS",
    "GhostMark",
    "Pattern",
    "ghost_mark",
    "marks_within",
]

_SECOND_NS = 1_000_000_000
SHOWN_INTENTS = 16
"""How many of the intents, the youngest, an alarm names."""
MOST_OPEN_ESCALATIONS = 20
"""Of one principal; while so many are open, its ghosts do not escalate."""
_HELD_OFF = ("RateLimitExceeded", "CircuitBreakerOpen")
_DENIALS = ("PolicyDeny", "InvalidVerb")


@dataclass(frozen=True, slots=True)
class GhostMark:
    """One ghost, as patterns see it.

    index: of its entry; at: when that was recorded (ns). denied: it was refused at once, by policy
    or as no verb. amount: what it was about, in whole units; None if its verb names none.
    """

    cid: ContentId
    index: int
    at: int
    denied: bool
    amount: int | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """What raises an alarm. statement: of cypher/. threshold: how many ghosts it takes."""

    name: str
    statement: str
    window_s: int
    threshold: int
    severity: str
    denials: bool
    rising: bool = False

    @property
    def window_ns(self) -> int:
        """How long before the alarm the first of them may be."""
        return self.window_s * _SECOND_NS

    def found(self, marks: Sequence[GhostMark]) -> Sequence[GhostMark]:
        """Those of these ghosts (within the window, in the ledger's order) that make it; or none.

        At least `threshold`, so what is given is true as a condition too.
        """
        counted = [each for each in marks if each.denied or not self.denials]
        if self.rising:
            counted = [each for each in counted if each.amount is not None][-self.threshold :]
            amounts = [each.amount or 0 for each in counted]
            if any(one >= next_ for one, next_ in pairwise(amounts)):
                return ()
        return counted if len(counted) >= self.threshold else ()


PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        each.name: each
        for each in (
            Pattern("RepeatedDenials", "alarms/repeated_denials", 3600, 6, "medium", True),
            Pattern("EscalatingProbes", "alarms/escalating_probes", 3600, 5, "high", True, True),
            Pattern("Burst", "alarms/burst", 47 * 60, 47, "high", False),
        )
    }
)
"""By name."""

LONGEST_NS = max(each.window_ns for each in PATTERNS.values())
"""For so long a ghost may matter."""
MAX_MARKS = 64
"""How many ghosts of a principal, the youngest, are remembered: more than any threshold."""


def ghost_mark(entry: Entry) -> GhostMark | None:
    """What patterns see of a ghost entry; None for what does not count."""
    cause, amount = entry.body["cause"], entry.body.get("amount")
    assert isinstance(cause, dict)  # the entry's form was checked when it was read
    kind = cause.get("type")
    if "amount" not in entry.body:  # of an earlier version, which the graph's index does not have
        return None
    if kind == "PolicyDeny" and cause.get("reason") in _HELD_OFF:
        return None
    cid = ContentId(str(entry.body["intent"]))
    counted = amount if isinstance(amount, int) else None
    return GhostMark(cid, entry.index, entry.recorded_at, kind in _DENIALS, counted)


def marks_within(
    marks: Sequence[GhostMark], pattern: Pattern, now_ns: int, after: int
) -> list[GhostMark]:
    """Those in the window that ends now, and after the entry of this index."""
    since = now_ns - pattern.window_ns
    return [each for each in marks if each.at > since and each.index > after]
