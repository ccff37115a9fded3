"""I4: what the entries come to, beside what is stored."""

from __future__ import annotations

from logos_graph.ledger.report import Comparison, Finding
from logos_graph.ledger.state import State
from logos_graph.ledger.tally import Tally

__all__ = ["compare_stored"]


def compare_stored(tally: Tally, state: State, stored: State | Comparison | None) -> None:
    """Counts what there is to compare, and tells the first thing that is stored otherwise.

    state: folded from the entries. stored: the state that is stored, or the whole graph beside what
    the ledger makes of it; None: nothing was compared.
    """
    tally.count = state.count()
    if isinstance(stored, Comparison):
        tally.count = stored.count
        for finding in stored.findings[:1]:
            _tell(tally, finding)
        return
    difference = None if stored is None else state.first_difference(stored)
    if difference is not None:
        name, fields = f"{difference.kind} {difference.key}", ", ".join(difference.fields)
        tally.require(
            False,
            difference.index,
            name,
            difference.expected,
            difference.found,
            f"{name} is stored otherwise than the ledger tells it"
            + (f", in {fields}" if fields else ""),
        )


def _tell(tally: Tally, finding: Finding) -> None:
    name, field = f"{finding.kind} {finding.key}", finding.field
    message = f"{name} is {finding.what}" + (f" in {field}" if field else "")
    tally.require(False, finding.index, name, finding.expected, finding.found, message)
