"""I2 for rates, and limits of runs at once: nothing was let in for which there was no room.

| entry | decision | there was room |
|---|---|---|
| an intent | not DENY | in each rate that counts it: of what was not denied in the window before |
| an intent, or a consent | ALLOW of a run | in each limit for it: of the runs that had not ended |

A rate counts from the entry that set it. Some verbs are held by none (`UNBOUNDED`), so that a rate
can always be taken away. This is asked of a whole ledger alone: a part of one has not all acts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

from logos_graph.canon import Json
from logos_graph.ledger.acts import Act, Acts
from logos_graph.ledger.alarms import LIFT
from logos_graph.ledger.bodies import Verdict
from logos_graph.ledger.entry import Entry, mutations_of
from logos_graph.ledger.rights import limit_id, rate_id
from logos_graph.ledger.tally import Tally
from logos_graph.logline import MAX_NS

__all__ = ["UNBOUNDED", "Bounds"]

UNBOUNDED: Final = frozenset({"rate.limit", LIFT})
"""What no rate holds back."""
_SECOND_NS: Final = 1_000_000_000


class Bounds:
    """Looks at entries in their order. acts: what the walk knows of intents."""

    def __init__(self, tally: Tally, acts: Acts) -> None:
        self._tally, self._acts = tally, acts
        self._rates: dict[str, Mapping[str, Json]] = {}
        self._limits: dict[str, Mapping[str, Json]] = {}
        self._times: dict[str, dict[str, deque[int]]] = {}

    def receipt(self, entry: Entry) -> None:
        """What it sets: a rate counts anew from there."""
        for thing in mutations_of(entry):
            if thing["kind"] == "rate":
                self._rates[str(thing["id"])] = thing
                self._times[str(thing["id"])] = {}
            elif thing["kind"] == "limit":
                self._limits[str(thing["id"])] = thing

    def begun(self, entry: Entry, act: Act) -> None:
        """An intent, with its first decision."""
        if act.requirement.verdict is Verdict.DENY:
            return
        for rate, most in self._counting(act):
            times = self._times[rate].setdefault(act.who, deque(maxlen=most or None))
            window = _whole(self._rates[rate].get("seconds")) * _SECOND_NS
            full = most == 0 or (len(times) == most and times[0] > entry.recorded_at - window)
            if act.verb not in UNBOUNDED:
                self._require(not full, entry, f"the rate {rate}", most)
            times.append(entry.recorded_at)
        self.allowed(entry, act)

    def allowed(self, entry: Entry, act: Act) -> None:
        """An intent that is allowed here, at once or by a consent."""
        if act.flow is None or act.requirement.verdict is not Verdict.ALLOW:
            return
        for scope, of in (("ledger", None), ("principal", act.who), ("flow", act.flow)):
            limit = self._limits.get(limit_id(scope, of))
            most = None if limit is None else limit.get("concurrent")
            if isinstance(most, int):
                running = sum(_runs(each, scope, of) for each in self._acts.open if each is not act)
                self._require(running < most, entry, f"the limit {limit_id(scope, of)}", most)

    def _counting(self, act: Act) -> Iterator[tuple[str, int]]:
        """The rates in force that count an act, and how many they let in."""
        for who in (act.who, None):
            for verb in (act.verb, None):
                rate = rate_id(who, verb)
                most = self._rates.get(rate, {}).get("count")
                if most is not None:
                    yield rate, _whole(most)

    def _require(self, holds: bool, entry: Entry, what: str, most: int) -> None:
        message = f"entry {entry.index} lets in one more than {what}: {most}"
        expected, found = "a DENY", "no DENY"
        self._tally.require(holds, entry.index, "body.decision", expected, found, message)


def _runs(act: Act, scope: str, of: str | None) -> bool:
    """Whether it is a run that counts: allowed, and not ended."""
    if act.flow is None or act.requirement.verdict is not Verdict.ALLOW:
        return False
    return scope == "ledger" or of == (act.flow if scope == "flow" else act.who)


def _whole(number: Json) -> int:
    """A number of a mutation, in what it can be; 0 for none, which the check of receipts finds."""
    return max(0, min(number, MAX_NS)) if isinstance(number, int) else 0
