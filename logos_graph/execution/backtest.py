"""What another flow would have said to many runs, counted in flat memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from heapq import heappush, heappushpop

from logos_graph.canon import ContentId, Json, encode_text
from logos_graph.execution.whatif import WhatIf

__all__ = ["MAX_KINDS", "Backtest", "Row"]

MAX_KINDS = 1000
"""How many different changes are counted one by one; those beyond are counted together."""


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One run. index: of the entry that recorded it; rows are told the youngest first."""

    index: int
    run: ContentId = field(compare=False)
    json: dict[str, Json] = field(compare=False)


class Backtest:
    """Takes one run after the other."""

    def __init__(self, limit: int, *, only_different: bool) -> None:
        """limit: how many rows are kept, the youngest."""
        self._limit, self._only_different = limit, only_different
        self._rows: list[Row] = []
        self.changes: Counter[tuple[str, str, str]] = Counter()
        self.endings: Counter[tuple[str, str]] = Counter()
        self.runs = self.same = self.different = self.unanswered = self.further = 0

    def take(self, run: ContentId, index: int, found: WhatIf) -> None:
        """Counts what was found of one run. index: of the entry that recorded it."""
        self.runs += 1
        before, after = found.endings
        outcome = "same" if found.same else "different"
        if found.unanswered is not None:
            outcome, self.unanswered = "unanswered", self.unanswered + 1
        elif found.same:
            self.same += 1
        else:
            self.different += 1
            for change in found.outputs:
                self._count(change.output, _text(change.before), _text(change.after))
            if before != after and ((before, after) in self.endings or self._has_room):
                self.endings[before, after] += 1
        if outcome == "same" and self._only_different:
            return
        row = Row(
            index,
            run,
            {
                "run": run,
                "flow": found.before.flow,
                "outcome": outcome,
                "outputs": [change.json for change in found.outputs],
                "status": {"from": before, "to": after},
            },
        )
        if len(self._rows) < self._limit:
            heappush(self._rows, row)
        else:
            heappushpop(self._rows, row)

    @property
    def rows(self) -> list[Row]:
        """Those that are kept, the youngest first."""
        return sorted(self._rows, reverse=True)

    @property
    def _has_room(self) -> bool:
        return len(self.changes) + len(self.endings) < MAX_KINDS

    def _count(self, *change: str) -> None:
        output, before, after = change
        if (output, before, after) in self.changes or self._has_room:
            self.changes[output, before, after] += 1
        else:
            self.further += 1


def _text(value: Json) -> str:
    return "" if value is None else encode_text(value)
