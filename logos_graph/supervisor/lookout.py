"""Looks for patterns after a ghost, and raises the alarm; costs nothing after anything else.

    1. which principals have new ghosts: by the view, nothing is asked
    2. which patterns their remembered ghosts make, of which no alarm is open: by the view
    3. only then the graph is asked, by the pattern's statement, on the view that is written to
    4. the alarm is an entry of its own, once for each pattern and window

A process that dies between a ghost and its alarm leaves it to the next one that looks.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from logos_graph.identity import Did
from logos_graph.ledger import EntryKind
from logos_graph.ledger.alarms import alarm_id
from logos_graph.ledger.patterns import SHOWN_INTENTS, Pattern
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.journal import Journal
from logos_graph.supervisor.ports import Clock, Store
from logos_graph.supervisor.view import View

__all__ = ["Lookout"]


class Lookout:
    """Of one supervisor. Safe to use from several threads."""

    def __init__(self, journal: Journal, store: Store, clock: Clock) -> None:
        self._journal, self._store, self._clock = journal, store, clock
        self._lock = threading.Lock()
        self._looked = -1

    def look(self) -> None:
        """Raises what alarms are due on the ghosts since it looked last.

        Raises what the ledger does not take; then it looks again the next time.
        """
        latest = self._journal.view.watched.latest
        if not latest or latest[-1][0] <= self._looked:
            return
        with self._lock:
            new = list(dict.fromkeys(who for index, who in latest if index > self._looked))
            for who in new:
                self._look_at(who)
            self._looked = max(self._looked, latest[-1][0])

    def _look_at(self, who: Did) -> None:
        view = self._journal.view
        now_ns = max(self._clock.now_ns(), view.head.recorded_at + 1)
        if not view.watched.suspected(who, now_ns):
            return

        def compose(view: View, now_ns: int) -> Sequence[Draft]:
            found = view.watched.suspected(who, now_ns)
            drafts = (self._alarm(view, pattern, who, now_ns) for pattern in found)
            return [each for each in drafts if each is not None]

        self._journal.commit(compose, asks_store=True)

    def _alarm(self, view: View, pattern: Pattern, who: Did, now_ns: int) -> Draft | None:
        intents = self._store.ghosts_of(
            pattern.statement,
            who,
            since_ns=now_ns - pattern.window_ns,
            after=view.watched.lifted.get(who, -1),
            threshold=pattern.threshold,
        )
        if not intents:
            return None
        return Draft(
            EntryKind.ALARM,
            {
                "id": alarm_id(pattern.name, who, intents[-1]),
                "pattern": pattern.name,
                "severity": pattern.severity,
                "who": who,
                "window_s": pattern.window_s,
                "threshold": pattern.threshold,
                "count": len(intents),
                "intents": [*intents[-SHOWN_INTENTS:]],
                "opened_by": intents[-1],
            },
            view.policy.id,
        )
