"""Many submissions at once, in one batch for certain: the first stands still until all wait."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from logos_graph.canon import ContentId
from logos_graph.errors import LogosError
from logos_graph.governance import Conducts
from logos_graph.ledger import Entry, Head
from logos_graph.ledger.merkle import Frontier
from logos_graph.logline import SignedIntent
from logos_graph.settings import Settings
from logos_graph.store import Neo4jStore
from logos_graph.supervisor import Outcome
from logos_graph.wiring import System, open_system

Ended = Outcome | LogosError
PATIENCE = 600
"""Seconds: however slow this machine is."""


class CountingStore(Neo4jStore):
    """The real one; it keeps how many entries each transaction brought that took hold."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.transactions: list[int] = []

    def append(
        self,
        expected: Head | None,
        entries: Sequence[Entry],
        blobs: Mapping[ContentId, bytes],
        tree: Frontier,
        conducts: Conducts,
    ) -> None:
        super().append(expected, entries, blobs, tree, conducts)
        self.transactions.append(len(entries))


class Gathering:
    """A process of its own at the gate, whose submissions can be made to come at once."""

    def __init__(self, system: System, append_seconds: float) -> None:
        self.system = system
        self.store = CountingStore(system.driver, system.connection, append_seconds)
        system.__dict__["store"] = self.store
        self.meanwhile: Callable[[], object] = lambda: None
        self.held: ContentId | None = None
        self._begun = threading.Event()
        self._count = 0

    def watch(self, step: str, intent: ContentId) -> None:
        """Holds the first one, once, while it is composed."""
        if (step, intent) != ("admitted", self.held):
            return
        self.held = None
        self._begun.set()
        while self.system.supervisor.waiting < self._count:
            os.sched_yield()
        self.meanwhile()

    def at_once(
        self, first: SignedIntent, others: Sequence[SignedIntent], *, twins: int = 0
    ) -> list[Ended]:
        """How each ended, or was refused; the others are all in the batch after the first.

        twins: how many of them are there again, and wait for the first of their kind.
        """
        ended: dict[int, Ended] = {}

        def submit(number: int, signed: SignedIntent) -> None:
            try:
                ended[number] = self.system.supervisor.execute(signed)
            except LogosError as error:
                ended[number] = error

        threads = [
            threading.Thread(target=submit, args=each) for each in enumerate([first, *others])
        ]
        _ = self.system.supervisor  # it finishes what was left before anything is held
        self.held, self._count = first.intent.cid, len(others) - twins
        self.store.transactions.clear()
        self._begun.clear()
        threads[0].start()
        self._begun.wait()
        for thread in threads[1:]:
            thread.start()
        for thread in threads:
            thread.join()
        return [ended[number] for number in range(len(threads))]


@contextmanager
def gathering(
    settings: Settings, *, queue: int = 1024, wait: int = PATIENCE, append: float = PATIENCE
) -> Iterator[Gathering]:
    """Opens the system with its own journal; wait, append: seconds in the queue, in the server."""
    with open_system(replace(settings, queue=queue, commit_timeout=wait)) as system:
        made = Gathering(system, append)
        system.watch = made.watch
        yield made


def codes(ended: Sequence[Ended]) -> list[str]:
    """The status of what was recorded, the code of what was not."""
    return [each.code if isinstance(each, LogosError) else each.status for each in ended]
