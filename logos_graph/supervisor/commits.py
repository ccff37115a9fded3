"""The queue before the ledger: many threads submit, one at a time writes for all that wait.

    1. submit   a submission takes its place in the queue; a full queue refuses it
    2. lead     the first in the queue writes: its thread takes the batch that has gathered
    3. settle   each submission of the batch gets its own end: it took hold, or its own error
    4. pass on  whoever is first now leads next

No thread of its own: the one that would have waited for its own transaction carries the others'.
While it writes, the next batch gathers; who submits alone is its own batch and waits for nobody.

A thread may be interrupted between any two steps. Who leads, and what it has in hand, is therefore
the queue's to know and not the thread's: whoever goes passes on what it had.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from logos_graph.canon import ContentId
from logos_graph.errors import EnvironmentFault, LogosError
from logos_graph.supervisor.compose import Compose

__all__ = ["MAX_BATCH", "CommitQueue", "Submission"]

MAX_BATCH = 256
"""Submissions in one batch."""


class Submission:
    """What one thread asks the ledger to take, and how that ended.

    begins: it is about a new intent: a full queue refuses that, and not the end of what has begun.
    asks_store: composing it asks the store, which has only what is committed; so nothing that is
    not may come before it: it is the first of its batch. tried: the last entry of each attempt that
    did not take hold, as far as is known. open_on: the head that an attempt follows which nobody
    answered, so that it may take hold for as long as that is the head.
    """

    __slots__ = (
        "_error", "_turn",
        "asks_store", "begins", "blobs", "compose", "open_on", "settled", "tried",
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
        self.open_on: ContentId | None = None
        self.settled = False
        self._error: BaseException | None = None
        self._turn = threading.Event()

    def settle(self, error: BaseException | None = None) -> None:
        """It took hold; or this is why it did not. Its thread goes on.

        With an attempt of it still open, no error says for certain that it did not.
        """
        if error is not None and self.open_on is not None:
            error = _open_outcome(error)
        self._error, self.settled = error, True
        self._turn.set()

    def wake(self) -> None:
        """Its thread goes on: it has its end, or leads the next batch."""
        self._turn.set()

    def wait(self, seconds: float | None) -> bool:
        """Until it is settled or leads; False if that took longer."""
        return self._turn.wait(seconds)

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
        self._leader: Submission | None = None
        self._in_hand = list[Submission]()

    @property
    def waiting(self) -> int:
        """How many submissions no batch has taken yet."""
        return len(self._waiting)

    def submit(self, submission: Submission) -> None:
        """Returns when it took hold.

        Raises what it was settled with; EnvironmentFault E_QUEUE_FULL or E_QUEUE_TIMEOUT when
        nothing of it was tried; E_UNKNOWN_OUTCOME if the thread that wrote it was interrupted.
        """
        try:
            self._enter(submission)
            if self._leader is not submission:
                self._wait(submission)
            if self._leader is submission:
                self._lead(submission)
        except BaseException:
            self._leave(submission)
            raise
        submission.check()

    def _enter(self, submission: Submission) -> None:
        with self._lock:
            if submission.begins and len(self._waiting) >= self._limit:
                raise _full(self._limit)
            self._waiting.append(submission)  # 1
            if self._leader is None:
                self._leader = submission

    def _wait(self, submission: Submission) -> None:
        if submission.wait(self._seconds):
            return
        with self._lock:
            if self._leader is submission:
                return
            late = submission in self._waiting
            if late:
                self._waiting.remove(submission)
        if late:
            raise _late(self._seconds)
        submission.wait(None)  # a batch has it: how it ends is known when that does

    def _leave(self, submission: Submission) -> None:
        """Its thread was interrupted: nobody may wait for it to lead."""
        with self._lock:
            if submission in self._waiting:
                self._waiting.remove(submission)
        self._pass_on(submission)

    def _lead(self, leader: Submission) -> None:
        rest: Sequence[Submission] = ()
        try:
            rest = self._settle(self._taken())  # 2, 3
        finally:
            self._pass_on(leader, rest)  # 4

    def _taken(self) -> list[Submission]:
        """The next batch: from the first on, up to one that must itself be first."""
        with self._lock:
            count = 1
            for each in islice(self._waiting, 1, MAX_BATCH):
                if each.asks_store:
                    break
                count += 1
            self._in_hand = [*islice(self._waiting, count)]
            for _ in self._in_hand:
                self._waiting.popleft()
            return [*self._in_hand]

    def _pass_on(self, leader: Submission, rest: Sequence[Submission] = ()) -> None:
        """Nothing that it had in hand stays without an end; rest: what gets its place back.

        It may be done twice, after an interruption: then it does what was not done the first time.
        """
        with self._lock:
            if self._leader is leader:
                left = [each for each in self._in_hand if not each.settled]
                back = [each for each in left if each in rest and each not in self._waiting]
                self._waiting.extendleft(reversed(back))
                for each in self._in_hand:
                    if each.settled:
                        each.wake()
                    elif each not in self._waiting:
                        each.settle(_interrupted())
                self._in_hand = []
                self._leader = self._waiting[0] if self._waiting else None
            if self._leader is not None:
                self._leader.wake()


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


def _open_outcome(error: BaseException) -> BaseException:
    """An attempt was never answered, and nothing took hold after it: so it still may."""
    if isinstance(error, LogosError) and error.code == "E_UNKNOWN_OUTCOME":
        return error
    reason = error.message if isinstance(error, LogosError) else repr(error)
    return EnvironmentFault(
        "E_UNKNOWN_OUTCOME",
        f"it was not written so far, and may yet be: {reason}",
        hint="look at `logos ledger show` before you sign it again",
    )
