"""A few threads of this process, one for each core, that make calls before their turn.

They are started with the first call. A call belongs to whoever takes it first: a worker, or the one
who needs its result and finds that no worker has begun it, and makes it at once. So a pool that is
busy, or has no thread at all, holds nobody up.

What a call raises is kept for whoever asks for its result, and for nobody else. A process that
ends waits for the calls that are under way (gas bounds them) and makes no further ones. A child
that was forked has no workers: it makes itself what its parent had begun, and starts its own.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

__all__ = ["Work", "Workers", "shared_workers"]

Result = TypeVar("Result")


class Work(Generic[Result]):
    """One call. `result` and `drop` are for the one thread that submitted it."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._taken = Lock()
        self._process = os.getpid()
        self._ended = Event()
        self._given: list[Result] = []
        self._raised: BaseException | None = None

    def result(self) -> Result:
        """What the call gave or raised, whoever made it; made here if nobody has begun it."""
        if self._taken.acquire(blocking=False) or self._process != os.getpid():
            return self._call()
        self._ended.wait()
        if self._raised is not None:
            raise self._raised
        return self._given[0]

    def drop(self) -> None:
        """Nobody needs it: it is not made any more, if nobody has begun it."""
        self._taken.acquire(blocking=False)

    def make(self) -> None:
        """What a worker does. Raises nothing."""
        if not self._taken.acquire(blocking=False):
            return
        try:
            self._given.append(self._call())
        except BaseException as raised:  # noqa: BLE001 - told to whoever needs the result
            self._raised = raised
        finally:
            self._ended.set()


class Workers:
    """The threads, and the calls that wait for them, the oldest first."""

    def __init__(self, count: int) -> None:
        self._waiting: SimpleQueue[Work[object] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        for number in range(count):
            thread = Thread(target=self._work, name=f"nodes-{number}", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no thread to spare: fewer, or none, do it too
                break
            self._threads.append(thread)

    def submit(self, call: Callable[[], Result]) -> Work[Result]:
        """To be made by the next worker that has nothing else to do."""
        work = Work(call)
        if self._threads:
            self._waiting.put(work)  # type: ignore[arg-type]
        return work

    def close(self) -> None:
        """Makes no further call, and waits for those that are under way."""
        threads, self._threads = self._threads, []
        try:
            while True:
                self._waiting.get_nowait()
        except Empty:
            for _ in threads:
                self._waiting.put(None)
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        while (work := self._waiting.get()) is not None:
            work.make()
            del work  # or its values would be kept until the next one


_starting = Lock()
_shared: Workers | None = None


def shared_workers(count: int) -> Workers:
    """Those of this process, started now if they were not yet, then so many."""
    global _shared
    if _shared is None:
        with _starting:
            if _shared is None:
                _shared = Workers(count)
                atexit.register(_shared.close)
    return _shared


def _forget() -> None:
    """In a forked child, where there are no threads but one, and locks are as they were."""
    global _shared, _starting
    if _shared is not None:
        atexit.unregister(_shared.close)
    _shared, _starting = None, Lock()


os.register_at_fork(after_in_child=_forget)
