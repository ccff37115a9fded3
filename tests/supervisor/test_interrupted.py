"""A thread may be interrupted at any line of the queue: nobody waits for it, and the queue goes on.

Each case is a whole life: one thread leads a batch, the next one leads those that gathered and is
interrupted at the n-th line it executes there, until there is no n-th line any more.
"""

from __future__ import annotations

import linecache
import os
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

import pytest

from logos_graph.errors import LogosError
from logos_graph.supervisor import commits
from logos_graph.supervisor.commits import CommitQueue, Submission

PATIENCE = 20


class Interruption:
    """Interrupts its thread at the n-th line of the queue's module.

    But for lines that say `with`: a signal is not handled between a block and its lock's release.
    """

    def __init__(self, line: int) -> None:
        self.left, self.struck = line, False

    def trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename != commits.__file__:
            return None
        line = linecache.getline(commits.__file__, frame.f_lineno)
        if event == "line" and not line.lstrip().startswith("with "):
            self.left -= 1
            if self.left == 0:
                self.struck = True
                raise KeyboardInterrupt
        return self.trace


class Life:
    """Four threads at one queue: `first` leads, and the interrupted one after it."""

    def __init__(self, interruption: Interruption) -> None:
        self.interruption = interruption
        self.queue = CommitQueue(100, PATIENCE, self.settle)
        self.made = [Submission(lambda _view, _now: [], {}, begins=True) for _ in range(4)]
        self.begun = threading.Event()
        self.ended: dict[int, str] = {}
        self.settled: list[Submission] = []

    def settle(self, batch: Sequence[Submission]) -> Sequence[Submission]:
        rest: Sequence[Submission] = ()
        if self.made[0] in batch:
            self.begun.set()
            while self.queue.waiting < 3 and not self.interruption.struck:
                os.sched_yield()
        elif self.made[1] in batch:
            rest = batch[2:]  # too much for one transaction
        self.settled += [each for each in batch if each not in rest]
        for each in batch:
            if each not in rest:
                each.settle()
        return rest

    def submit(self, number: int, *, traced: bool = False) -> None:
        if traced:
            sys.settrace(self.interruption.trace)
        try:
            self.queue.submit(self.made[number])
            self.ended[number] = "written"
        except LogosError as error:
            self.ended[number] = error.code
        except KeyboardInterrupt:
            self.ended[number] = "interrupted"
        finally:
            sys.settrace(None)

    def live(self) -> None:
        threads = [
            threading.Thread(target=self.submit, args=(n,), kwargs={"traced": n == 1}, daemon=True)
            for n in range(4)
        ]
        threads[0].start()
        self.begun.wait()
        for place, thread in enumerate(threads[1:]):
            while self.queue.waiting < place and not self.interruption.struck:
                os.sched_yield()
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert [thread.is_alive() for thread in threads] == [False] * 4


def test_an_interruption_at_any_line_leaves_nobody_waiting() -> None:
    line, last = 0, False
    while not last:
        line += 1
        interruption = Interruption(line)
        life = Life(interruption)
        life.live()
        last = not interruption.struck
        told = [life.ended[number] for number in range(4)]
        assert told[1] == ("written" if last else "interrupted"), line
        for number in (0, 2, 3):
            # Told an error, it may have been written; told nothing, it was.
            assert told[number] in ("written", "E_UNKNOWN_OUTCOME"), (line, told)
        written = [life.settled.count(each) for each in life.made]
        assert max(written) == 1, (line, written)
        for number in range(4):
            assert told[number] != "written" or written[number] == 1, (line, told)
        after = Submission(lambda _view, _now: [], {}, begins=True)
        life.queue.submit(after)  # and the queue still works
        assert after in life.settled
        assert life.queue.waiting == 0
    assert line > 20


@pytest.mark.parametrize("interrupted", [False, True])
def test_what_has_its_end_is_never_put_back(*, interrupted: bool) -> None:
    """A leader is interrupted when it has settled one part, and gives another one back."""
    queue: CommitQueue

    def settle(batch: Sequence[Submission]) -> Sequence[Submission]:
        for each in batch:
            each.settle()
        if interrupted:
            raise KeyboardInterrupt
        return batch

    queue = CommitQueue(100, PATIENCE, settle)
    one = Submission(lambda _view, _now: [], {}, begins=True)
    if interrupted:
        with pytest.raises(KeyboardInterrupt):
            queue.submit(one)
    else:
        queue.submit(one)
    assert queue.waiting == 0
