"""The queue before the ledger: many threads submit, one at a time writes for all that wait.

    1. submit   a submission takes its place in the queue; a full queue refuses it
    2. lead     the first in the queue writes: its thread takes the batch that has gathered
    3. settle   each submission of the batch gets its own end: it took hold, or its own error
    4. pass on  whoever is first now leads next

No thread of its own: the one that would have waited for its own transaction carries the others'.
While it writes, the next batch gathers; who submits alone is its own batch and waits for nobody.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from logos_graph.canon import ContentId
from logos_graph.errors import EnvironmentFault
from logos_graph.supervisor.compose import Compose

__all__ = ["MAX_BATCH", "CommitQueue", "Submission"]

MAX_BATCH = 256
"""Submissions in one batch."""


class Submission:
    """What one thread asks the ledger to take, and how that ended.

    begins: it is about a new intent: a full queue refuses that, and not the end of what has begun.
    asks_store: composing it asks the store, which has only what is committed; so nothing that is
    not may come before it: it is the first of its batch. tried: the last entry of each attempt that
    was found not to have taken hold.
    """

    __slots__ = (
        "_error", "_leads", "_turn",
        "asks_store", "begins", "blobs", "compose", "settled", "tried",
    )  # fmt: skip

    def __init__(
        self,
        compose: Compose,
        blobs: Mapping[ContentId, bytes],
        *,
        asks_store: bool = False,
        begins: bool = False,
    ) -> None:
        self.compose, self.blobs = compose, blobs
        self.asks_store, self.begins = asks_store, begins
        self.tried = set[ContentId]()
        self.settled = False
        self._error: BaseException | None = None
        self._leads = False
        self._turn = threading.Event()

    def settle(self, error: BaseException | None = None) -> None:
        """It took hold; or this is why it did not. Its thread goes on."""
        self._error, self.settled = error, True
        self._turn.set()

    def appoint(self) -> None:
        """Its thread leads the next batch."""
        self._leads = True
        self._turn.set()

    def wait(self, seconds: float | None) -> bool:
        """Until it is settled or leads; False if that took longer."""
        return self._turn.wait(seconds)

    @property
    def leads(self) -> bool:
        """Whether its thread is to write the next batch."""
        return self._leads and not self.settled

    def check(self) -> None:
        """Raises what it was settled with."""
        if self._error is not None:
            raise self._error


Settle = Callable[[Sequence[Submission]], Sequence[Submission]]
"""Settles a batch; gives back the last of it, if it is too much for one transaction."""


class CommitQueue:
    """A bounded queue of submissions. Safe to use from several threads.

    limit: with so many waiting, no new intent is taken. seconds: how long each may wait until a
    batch takes it.
    """

    def __init__(self, limit: int, seconds: float, settle: Settle) -> None:
        self._limit, self._seconds, self._settle = limit, seconds, settle
        self._lock = threading.Lock()
        self._waiting = deque[Submission]()
        self._led = False

    @property
    def waiting(self) -> int:
        """How many submissions no batch has taken yet."""
        return len(self._waiting)

    def submit(self, submission: Submission) -> None:
        """Returns when it took hold.

        Raises what it was settled with; EnvironmentFault E_QUEUE_FULL or E_QUEUE_TIMEOUT when
        nothing of it was tried; E_UNKNOWN_OUTCOME if the thread that wrote it was interrupted.
        """
        with self._lock:
            if submission.begins and len(self._waiting) >= self._limit:
                raise _full(self._limit)
            self._waiting.append(submission)  # 1
            if not self._led:
                self._led = True
                submission.appoint()
        try:
            self._wait(submission)
            if submission.leads:
                self._lead()
        except BaseException:
            self._leave(submission)
            raise
        submission.check()

    def _wait(self, submission: Submission) -> None:
        if submission.wait(self._seconds):
            return
        with self._lock:
            late = submission in self._waiting and not submission.leads
            if late:
                self._waiting.remove(submission)
        if late:
            raise _late(self._seconds)
        submission.wait(None)  # a batch has it: how it ends is known when that does

    def _leave(self, submission: Submission) -> None:
        """Its thread was interrupted: nobody may wait for it to lead."""
        with self._lock:
            led = submission.leads
            if submission in self._waiting:
                self._waiting.remove(submission)
        if led:
            self._pass_on()

    def _lead(self) -> None:
        batch = self._taken()  # 2
        rest: Sequence[Submission] = ()
        try:
            rest = self._settle(batch)  # 3
        finally:
            for submission in batch:
                if not submission.settled and submission not in rest:
                    submission.settle(_interrupted())
            self._pass_on(rest)  # 4

    def _taken(self) -> list[Submission]:
        """The next batch: from the first on, up to one that must itself be first."""
        with self._lock:
            batch = [self._waiting.popleft()]
            while self._waiting and len(batch) < MAX_BATCH and not self._waiting[0].asks_store:
                batch.append(self._waiting.popleft())
            return batch

    def _pass_on(self, rest: Sequence[Submission] = ()) -> None:
        with self._lock:
            self._waiting.extendleft(reversed(rest))
            self._led = bool(self._waiting)
            if self._led:
                self._waiting[0].appoint()


def _full(limit: int) -> EnvironmentFault:
    return EnvironmentFault(
        "E_QUEUE_FULL",
        f"{limit} submissions wait for the ledger already; this one was not taken",
        hint="nothing of it was written: try again later, or set LOGOS_QUEUE to let more wait",
        limit=limit,
    )


def _late(seconds: float) -> EnvironmentFault:
    return EnvironmentFault(
        "E_QUEUE_TIMEOUT",
        f"it was not the submission's turn within {seconds:g} s",
        hint="nothing of it was written: try again later; LOGOS_COMMIT_TIMEOUT sets how long",
        seconds=seconds,
    )


def _interrupted() -> EnvironmentFault:
    return EnvironmentFault(
        "E_UNKNOWN_OUTCOME",
        "the thread that wrote it was interrupted: whether it was written is not known",
        hint="it may have been: look at `logos ledger show` before you sign it again",
    )
