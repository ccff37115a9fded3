"""Who has an allowed intent in hand: by which entry, for how long, and who may take it from him.

Whoever carries an intent out holds it by the entry that gave it to him: the one that allowed it, a
failed attempt of his, or a `claim`. The index of that entry is the fencing token. He remembers it,
and whatever he writes for the intent is composed only while the view still names it (hands.py):
compare and swap on the ledger's head does the rest, so a process that was stopped for an hour and
goes on can think that it still holds the intent, but can record nothing of it, nor send anything.

| who it was given to | who may claim it |
|---|---|
| waits for its next attempt | nobody yet; from then on anybody |
| a thread of this process has it | nobody of this process |
| lives, and its time is not over | nobody |
| lives, and its time is over (it hangs, or was stopped) | anybody |
| is dead (the kernel let go of its lock), or unknown here | anybody |

His time is the run's time limit and a grace, from when the claiming entry was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from logos_graph.canon import ContentId
from logos_graph.supervisor import bodies
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.journal import Journal
from logos_graph.supervisor.limits import Limits, run_seconds
from logos_graph.supervisor.ports import PendingIntent, Writers
from logos_graph.supervisor.view import View

__all__ = ["CLAIMED_AT_ONCE", "GRACE_S", "Claims", "lease_end", "waits"]

GRACE_S = 5
"""How much longer than its run may take a live process holds an intent, in seconds.

Safety does not rest on it: whoever comes too late can record nothing. It saves work done twice.
"""

CLAIMED_AT_ONCE = 50
"""How many intents are claimed by one transaction: others that recover too find some left."""

_SECOND_NS = 1_000_000_000


class Claims:
    """What this process may take up. has_in_hand: whether a thread of it carries an intent out."""

    def __init__(
        self, journal: Journal, writers: Writers, has_in_hand: Callable[[ContentId], bool]
    ) -> None:
        self._journal, self._writers = journal, writers
        self._has_in_hand = has_in_hand

    def held(self, view: View, pending: PendingIntent, now_ns: int) -> bool:
        """Whether somebody who lives, and whose time is not over, carries it out."""
        if pending.decision["outcome"] != "ALLOW" or waits(pending, now_ns):
            return False
        failed = pending.attempts > 0 and pending.claimed == pending.attempt_index
        if failed or pending.writer == self._writers.own:
            return self._has_in_hand(pending.cid)
        return now_ns < lease_end(view.limits, pending) and self._writers.alive(pending.writer)

    def free(self, view: View, pending: PendingIntent, now_ns: int) -> bool:
        """Whether it is to be carried out now, and nobody does."""
        if pending.decision["outcome"] != "ALLOW" or waits(pending, now_ns):
            return False
        return not self._has_in_hand(pending.cid) and not self.held(view, pending, now_ns)

    def take(self, cids: Iterable[ContentId]) -> Sequence[ContentId]:
        """Claims those of these intents that are free, so that nobody else carries them out.

        Raises what Journal.commit raises.
        """
        wanted, taken = list(cids), list[ContentId]()

        def compose(view: View, now_ns: int) -> Sequence[Draft]:
            taken[:] = [
                cid
                for cid in wanted
                if (pending := view.pending.get(cid)) and self.free(view, pending, now_ns)
            ]
            return [bodies.claim(cid, self._writers.own) for cid in taken]

        self._journal.commit(compose)
        return taken


def waits(pending: PendingIntent, now_ns: int) -> bool:
    """Whether its next attempt is still to come."""
    return pending.wake_at is not None and now_ns < pending.wake_at


def lease_end(limits: Limits, pending: PendingIntent) -> int:
    """Until when its holder has it, if he lives (ns)."""
    seconds = run_seconds(limits, pending.who, pending.flow) + GRACE_S
    return pending.begun_at + seconds * _SECOND_NS
