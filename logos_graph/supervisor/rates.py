"""Rates: how often a principal may submit a verb, in a sliding window.

Counted is what was recorded and not denied; the one too many is denied with RateLimitExceeded, its
limit and its window. Of several rates that count an act each is kept. `rate.limit` and
`breaker.lift` are not held back, so that a rate can always be taken away.
"""

from __future__ import annotations

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.ledger.bounds import UNBOUNDED
from logos_graph.logline import LogLine
from logos_graph.supervisor.decide import Judged, denied
from logos_graph.supervisor.view import View

__all__ = ["within_rates"]


def within_rates(view: View, line: LogLine, now_ns: int, judged: Judged) -> Judged:
    """The decision; a DENY in the place of one that a rate does not leave room for."""
    if judged.outcome == "DENY" or line.did in UNBOUNDED:
        return judged
    rate = view.watched.exceeded(line.who, line.did, now_ns)
    if rate is None:
        return judged
    error = Rejected(
        "E_RATE_LIMIT",
        f"{rate.count} act(s) in {rate.seconds} s are the rate of {rate.mutation['id']}",
        hint="wait, and sign it again; `logos rate list` shows the rates",
        rate=rate.mutation["id"],
        count=rate.count,
        seconds=rate.seconds,
    )
    limit: dict[str, Json] = {**rate.mutation}
    cause: dict[str, Json] = {"limit": limit, "window": rate.seconds, "code": error.code}
    return denied(view, "RateLimitExceeded", error, cause)
