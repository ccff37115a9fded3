"""The ledger's writing end: entries are composed on a view, and committed only if it is current.

Every process that writes has one journal. Compare-and-swap on the ledger's head keeps them apart:
what was composed on a view that turns out to be old is composed again on the new one. Within a
process submissions share commits (commits.py):

    1. compose   each submission of a batch in turn, on a fork of the view that has those before it
    2. append    the entries of all of them, in one transaction
    3. settle    the view adopts the fork; only now is anybody told, so that a refusal that rests on
                 another's entries is never told before those are durable

| what comes of an append | what becomes of the batch |
|---|---|
| it took hold | each submission has its own end: recorded, or refused |
| another process was first | read on, compose again |
| it certainly did not take hold, and may when tried again | after a pause, compose again |
| it was refused | halved, until the one that was refused is alone with its refusal |
| its outcome is not known, or the database cannot | each submission is told so |
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from copy import copy

from logos_graph.canon import ContentId
from logos_graph.errors import Conflict, EnvironmentFault, LogosError, NotVerified
from logos_graph.ledger import Entry, make_entry
from logos_graph.supervisor.batch import Batch
from logos_graph.supervisor.commits import CommitQueue, Submission
from logos_graph.supervisor.compose import Compose
from logos_graph.supervisor.ports import NOT_WRITTEN, Clock, Signers, Snapshot, Store
from logos_graph.supervisor.view import View

__all__ = ["Journal"]

_ATTEMPTS = 100
"""How often a commit is composed again because somebody else's took hold first."""

_PAUSES_S = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Before each further attempt at what the database could not do."""


class Journal:
    """A view of the ledger, and the only way to extend it. Safe to use from several threads.

    An entry is signed by the key that the ledger names for its index: after a rotation, which any
    process may have written, that is another one.

    view: committed entries only. limit, seconds: see CommitQueue.
    """

    def __init__(
        self,
        store: Store,
        snapshot: Snapshot,
        signers: Signers,
        clock: Clock,
        *,
        limit: int = 1024,
        seconds: float = 30.0,
    ) -> None:
        self._store, self._signers, self._clock = store, signers, clock
        self._lock = threading.RLock()
        self._queue = CommitQueue(limit, seconds, self.settle)
        self.view = View(snapshot)

    @property
    def waiting(self) -> int:
        """How many submissions wait for the batch that is being written."""
        return self._queue.waiting

    def commit(
        self,
        compose: Compose,
        blobs: Mapping[ContentId, bytes] | None = None,
        *,
        asks_store: bool = False,
        begins: bool = False,
    ) -> None:
        """Composes entries on the view, appends them to its head, and moves the view along.

        What is judged and what is recorded is one instant, never before the ledger's last. Raises
        what `compose` raises on a current view, what Store.append raises, Rejected
        E_NOT_SUPERVISOR if this home does not have the key that signs, and Conflict E_BUSY; what
        CommitQueue.submit raises; and NotVerified E_CHAIN_ROLLBACK when the ledger is behind what
        this view has seen. compose: may be called several times, and may be given a
        view with entries that are not committed; the last call counts. asks_store: it asks the
        store, so its view is to have nothing that the store does not have. begins: see Submission.
        """
        self._queue.submit(Submission(compose, blobs or {}, asks_store=asks_store, begins=begins))

    def catch_up(self) -> bool:
        """Reads the entries that others have committed; whether there were any."""
        with self._lock:
            return bool(self._read_on())

    def _read_on(self) -> set[ContentId]:
        """The hashes of the entries that others have committed, once the view has them."""
        found = set[ContentId]()

        def passing() -> Iterator[Entry]:
            for entry in self._store.entries(self.view.head.index + 1):
                found.add(entry.hash)
                yield entry

        self.view.catch_up(passing())
        return found

    # a batch ------------------------------------------------------------------------------------

    def settle(self, batch: Sequence[Submission]) -> Sequence[Submission]:
        """Settles a batch, as the queue asks; gives back the last of it if it is too much."""
        with self._lock:
            parts, rest = [list(batch)], list[Submission]()
            while parts:
                part = parts.pop()
                try:
                    halves, left = self._write(part)
                except Exception as error:  # noqa: BLE001 - whatever it is, each of them is told
                    for each in part:
                        if not each.settled:
                            each.settle(copy(error))
                    continue
                parts += reversed(halves)
                rest += left
            return rest

    def _write(self, part: list[Submission]) -> tuple[list[list[Submission]], Sequence[Submission]]:
        """Composes and appends until it is known what comes of it.

        Returns the halves to go on with when it was refused, and those of it that are left for
        another transaction. Raises what all of them are to be told.
        """
        moved, pauses = 0, iter(_PAUSES_S)
        while moved < _ATTEMPTS:
            self._look_over(part)
            batch = Batch(self.view, self._entries)
            batch.compose(part)  # 1
            try:
                if batch.entries:  # 2
                    self._append(batch)
                elif self._caught_up(part):  # a refusal is believed only when nothing has changed
                    moved += 1
                    continue
            except EnvironmentFault as fault:
                batch.note_tried(self.view.head.hash if "under_way" in fault.data else None)
                pause = next(pauses, None)
                if fault.code != NOT_WRITTEN or pause is None:
                    batch.tell(fault)
                    return [], batch.rest
                threading.Event().wait(pause)
                self._caught_up(part)
            except Exception as error:  # noqa: BLE001 - one of the batch is at fault, not this
                batch.note_tried()
                if self._caught_up(part):
                    moved += 1
                    continue
                if _head_moved(error):
                    self._check_not_behind()
                    moved += 1
                    continue
                return batch.halves(error), batch.rest
            else:
                self.view.adopt(batch.view)  # 3
                self._look_over(part)
                batch.end()
                return [], batch.rest
        raise Conflict(
            "E_BUSY",
            f"other writers were first {_ATTEMPTS} times in a row",
            hint="try again",
        )

    def _append(self, batch: Batch) -> None:
        view = self.view
        self._store.append(view.head, batch.entries, batch.blobs, view.tree, view.conducts)

    def _look_over(self, part: list[Submission]) -> None:
        """Who was told its end is written no more; what follows another head is open no more."""
        part[:] = [each for each in part if not each.settled]
        for each in part:
            if each.open_on != self.view.head.hash:
                each.open_on = None

    def _caught_up(self, part: list[Submission]) -> bool:
        """Whether others were first. What turns out to be an attempt of ours did take hold."""
        found = self._read_on()
        for each in [each for each in part if each.tried & found]:
            each.settle()
            part.remove(each)
        return bool(found)

    def _check_not_behind(self) -> None:
        """That the ledger still has what this view has seen of it; NotVerified E_CHAIN_ROLLBACK.

        A database that was restored from an older copy does not, nor one with another ledger.
        """
        seen = self.view.head
        found = self._store.entry(seen.index)
        if found is None or found.hash != seen.hash:
            raise NotVerified(
                "E_CHAIN_ROLLBACK",
                f"the ledger has lost entry {seen.index}, which this process has seen",
                hint="the database was restored from an older copy, or is another one: compare it"
                " with a checkpoint, `logos ledger verify --against DIR`",
                index=seen.index,
                expected=seen.hash,
                found=None if found is None else found.hash,
            )

    def _entries(self, view: View, compose: Compose) -> list[Entry]:
        """What a submission adds to a view, signed."""
        now_ns = max(self._clock.now_ns(), view.head.recorded_at + 1)
        trace_id = self._clock.fresh_id()
        head, keys, entries = view.head, view.keys.copy(), list[Entry]()
        for draft in compose(view, now_ns):
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


def _head_moved(error: Exception) -> bool:
    return isinstance(error, LogosError) and error.code == "E_HEAD_MOVED"
