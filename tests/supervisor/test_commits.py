"""The queue before the ledger: bounded, in order, led by who waits; nobody waits for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

import pytest

from logos_graph.errors import EnvironmentFault
from logos_graph.supervisor.commits import MAX_BATCH, CommitQueue, Submission
from tests.supervisor.paper import code_of


def submission(*, asks_store: bool = False, begins: bool = True) -> Submission:
    return Submission(lambda _view, _now: [], {}, asks_store=asks_store, begins=begins)


class Written:
    """Settles batches, and keeps them; the first one stands still until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[Submission]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.rest: Callable[[Sequence[Submission]], Sequence[Submission]] = lambda _batch: ()

    def __call__(self, batch: Sequence[Submission]) -> Sequence[Submission]:
        self.batches.append([*batch])
        if len(self.batches) == 1:
            self.begun.set()
            self.go_on.wait()
        rest = self.rest(batch)
        for each in batch:
            if each not in rest:
                each.settle()
        return rest


@pytest.fixture
def written() -> Written:
    return Written()


class Crowd:
    """Threads that submit, one after the other, while the first batch stands still."""

    def __init__(self, queue: CommitQueue, written: Written) -> None:
        self.queue, self.written = queue, written
        self.threads: list[threading.Thread] = []
        self.codes: dict[Submission, str | None] = {}

    def submit(self, each: Submission) -> Submission:
        def run() -> None:
            self.codes[each] = code_of(lambda: self.queue.submit(each))

        before, thread = self.queue.waiting, threading.Thread(target=run)
        self.threads.append(thread)
        thread.start()
        if len(self.threads) == 1:
            self.written.begun.wait()
        else:
            while self.queue.waiting == before and each not in self.codes:
                os.sched_yield()
        return each

    def end(self) -> None:
        self.written.go_on.set()
        for thread in self.threads:
            thread.join()


def test_who_submits_alone_writes_at_once(written: Written) -> None:
    written.go_on.set()
    queue, one = CommitQueue(4, 30, written), submission()
    queue.submit(one)
    assert written.batches == [[one]]


def test_those_that_wait_are_one_batch_in_their_order(written: Written) -> None:
    crowd = Crowd(CommitQueue(100, 30, written), written)
    made = [crowd.submit(submission()) for _ in range(12)]
    crowd.end()
    assert written.batches == [made[:1], made[1:]]
    assert set(crowd.codes.values()) == {None}


def test_one_that_asks_the_store_is_the_first_of_its_batch(written: Written) -> None:
    crowd = Crowd(CommitQueue(100, 30, written), written)
    asking = (False, False, True, False, True, True, False)
    made = [crowd.submit(submission(asks_store=asks)) for asks in asking]
    crowd.end()
    assert written.batches == [made[:1], made[1:2], made[2:4], made[4:5], made[5:]]


def test_a_batch_is_bounded(written: Written) -> None:
    crowd = Crowd(CommitQueue(1000, 30, written), written)
    for _ in range(MAX_BATCH + 3):
        crowd.submit(submission())
    crowd.end()
    assert [len(batch) for batch in written.batches] == [1, MAX_BATCH, 2]


def test_what_a_batch_leaves_is_the_beginning_of_the_next(written: Written) -> None:
    crowd = Crowd(CommitQueue(100, 30, written), written)
    made = [crowd.submit(submission()) for _ in range(5)]
    written.rest = lambda batch: batch[2:]
    crowd.end()
    assert written.batches == [made[:1], made[1:], made[3:]]
    assert set(crowd.codes.values()) == {None}


def test_a_full_queue_refuses_and_takes_again_when_there_is_room(written: Written) -> None:
    queue = CommitQueue(2, 30, written)
    crowd = Crowd(queue, written)
    made = [crowd.submit(submission()) for _ in range(3)]
    late = submission()
    with pytest.raises(EnvironmentFault) as refused:
        queue.submit(late)
    assert refused.value.code == "E_QUEUE_FULL"
    assert "LOGOS_QUEUE" in refused.value.hint
    begun = crowd.submit(submission(begins=False))  # what ends an intent is never refused
    crowd.end()
    queue.submit(late)
    assert written.batches == [made[:1], [*made[1:], begun], [late]]


def test_one_that_waits_too_long_leaves_and_is_never_written(written: Written) -> None:
    queue = CommitQueue(100, 0.01, written)
    crowd = Crowd(queue, written)
    first = crowd.submit(submission())
    with pytest.raises(EnvironmentFault) as refused:
        queue.submit(submission())
    assert refused.value.code == "E_QUEUE_TIMEOUT"
    assert "LOGOS_COMMIT_TIMEOUT" in refused.value.hint
    crowd.end()
    assert written.batches == [[first]]


def test_an_interrupted_leader_leaves_nobody_waiting(written: Written) -> None:
    def interrupt(batch: Sequence[Submission]) -> Sequence[Submission]:
        if len(written.batches) == 1:
            raise KeyboardInterrupt
        return ()

    written.rest = interrupt
    queue = CommitQueue(100, 30, written)
    ended: list[type[BaseException]] = []

    def lead() -> None:
        try:
            queue.submit(submission())
        except BaseException as error:  # noqa: BLE001 - looked at below
            ended.append(type(error))

    leader = threading.Thread(target=lead)
    leader.start()
    written.begun.wait()
    crowd = Crowd(queue, written)
    crowd.threads.append(leader)
    other = crowd.submit(submission())
    crowd.end()
    assert ended == [KeyboardInterrupt]
    assert crowd.codes == {other: None}


def test_what_an_interrupted_leader_had_in_hand_is_told_that_nobody_knows(
    written: Written,
) -> None:
    def interrupt(batch: Sequence[Submission]) -> Sequence[Submission]:
        if len(written.batches) == 2:
            raise RuntimeError("interrupted")
        return ()

    written.rest = interrupt
    crowd = Crowd(CommitQueue(100, 30, written), written)
    first = crowd.submit(submission())
    leader_ended: list[BaseException] = []

    def lead() -> None:
        try:
            crowd.queue.submit(submission())
        except RuntimeError as error:
            leader_ended.append(error)

    leader = threading.Thread(target=lead)
    leader.start()
    while crowd.queue.waiting == 0:
        os.sched_yield()
    crowd.threads.append(leader)
    others = [crowd.submit(submission()) for _ in range(2)]
    crowd.end()
    assert len(leader_ended) == 1
    assert crowd.codes == {first: None, **dict.fromkeys(others, "E_UNKNOWN_OUTCOME")}
