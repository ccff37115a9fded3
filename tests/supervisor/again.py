"""What an auditor finds who makes every decision again, beside the other checks."""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.ledger import Entry, InvariantReport, State, Stored, SupervisorKeys, Walk
from logos_graph.supervisor.decided_again import Again, decided_again, look_again
from logos_graph.supervisor.parts import cut

__all__ = ["again", "audited"]


def again(entries: Sequence[Entry]) -> Again:
    """Of all decisions in these."""
    keys = SupervisorKeys()
    for entry in entries:
        keys.apply(entry)
    rows = (Stored(each.text, each.hash, each.signature) for each in entries)
    return decided_again(map(look_again, cut(rows, keys, entries[-1].head)))


def audited(entries: Sequence[Entry], state: State | None) -> InvariantReport:
    """I1 to I5, as `logos ledger verify` has them."""
    walk = Walk(None)
    for entry in entries:
        walk.take(entry)
    found = again(entries)
    walk.judged_again(found.note, found.first)
    return walk.report(state)
