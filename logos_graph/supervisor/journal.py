"""The ledger's writing end: entries are composed on a view, and committed only if it is current.

Every process that writes has one journal. Compare-and-swap on the ledger's head keeps them apart:
what was composed on a view that turns out to be old is composed again on the new one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from logos_graph.canon import ContentId
from logos_graph.errors import Conflict, EnvironmentFault, LogosError
from logos_graph.ledger import Entry, make_entry
from logos_graph.supervisor.compose import Compose, Draft
from logos_graph.supervisor.ports import Clock, Signers, Snapshot, Store
from logos_graph.supervisor.view import View

__all__ = ["Journal"]

_ATTEMPTS = 100
"""How often a commit is composed again because somebody else's took hold first."""


class Journal:
    """A view of the ledger, and the only way to extend it. Safe to use from several threads.

    An entry is signed by the key that the ledger names for its index: after a rotation, which any
    process may have written, that is another one.
    """

    def __init__(self, store: Store, snapshot: Snapshot, signers: Signers, clock: Clock) -> None:
        self._store, self._signers, self._clock = store, signers, clock
        self._lock = threading.RLock()
        self.view = View(snapshot)

    def commit(
        self,
        compose: Compose,
        blobs: Mapping[ContentId, bytes] | None = None,
    ) -> None:
        """Composes entries on the view, appends them to its head, and moves the view along.

        What is judged and what is recorded is one instant, never before the ledger's last. Raises
        what `compose` raises on a current view, what Store.append raises, Rejected
        E_NOT_SUPERVISOR if this home does not have the key that signs, and Conflict E_BUSY.
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                now_ns = max(self._clock.now_ns(), self.view.head.recorded_at + 1)
                try:
                    entries = self._chain(compose(self.view, now_ns), now_ns)
                    self._store.append(self.view.head, entries, blobs or {})
                except EnvironmentFault:
                    raise
                except LogosError as error:
                    # a refusal may rest on an old view: believe it only when nothing has changed
                    if not self.catch_up() and not _head_moved(error):
                        raise
                    continue
                self.view.apply(entries)
                return
        raise Conflict(
            "E_BUSY",
            f"other writers were first {_ATTEMPTS} times in a row",
            hint="try again",
        )

    def catch_up(self) -> bool:
        """Reads the entries that others have committed; whether there were any."""
        with self._lock:
            before = self.view.head.index
            self.view.catch_up(self._store.entries(before + 1))
            return self.view.head.index > before

    def _chain(self, drafts: Sequence[Draft], now_ns: int) -> list[Entry]:
        trace_id = self._clock.fresh_id()
        head, keys, entries = self.view.head, self.view.keys.copy(), list[Entry]()
        for draft in drafts:
            entry = make_entry(
                head,
                draft.kind,
                draft.body,
                trace_id=trace_id,
                now_ns=now_ns,
                policy_hash=draft.policy_hash,
                signer=self._signers(keys.at(head.index + 1)),
                ledger=head.ledger,
            )
            keys.apply(entry)
            entries.append(entry)
            head = entry.head
        return entries


def _head_moved(error: LogosError) -> bool:
    return isinstance(error, Conflict) and error.code == "E_HEAD_MOVED"
