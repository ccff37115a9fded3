"""What the ledger's benchmarks stand on: a stage with its journal, and a bare server beside it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from logos_graph.supervisor import bodies
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.decide import decide
from logos_graph.supervisor.journal import Journal
from logos_graph.wiring import System
from tests.bench.bare import Bare
from tests.bench.noflows import NoFlows
from tests.bench.stage import Stage
from tests.bench.timing import timed

__all__ = ["Ground", "at_once", "resting"]

_ACTS_AT_ONCE = 250
"""What a thread commits with one submission while the ledger grows."""

_GROWERS = 2
"""One signs and judges while the other's entries are written."""

_PROGRESS = 50_000
"""Entries after which it is said how far it has grown."""


@dataclass
class Ground:
    """The ledger that grows, and what its figures are compared with."""

    stage: Stage
    bare: Bare
    system: System = field(init=False)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.system = self.stage.system
        self.journal = self.system.supervisor._journal

    @property
    def rounds(self) -> int:
        """How often what is measured by itself is repeated."""
        return self.stage.rounds

    @property
    def length(self) -> int:
        """Entries of the ledger."""
        return self.journal.view.head.index + 1

    def act(self) -> tuple[Draft, Draft]:
        """An act that ends as it is recorded: an intent that asks for no such verb, its ghost.

        Signed by its actor, checked and judged as at the gate.
        """
        signed = self.stage.sign(self.stage.operator, "no.such.verb", {})
        view = self.journal.view
        judged = decide(view, signed, self.system.clock.now_ns(), NoFlows())
        assert judged.cause is not None
        return (
            bodies.intent(signed, judged, self.system.writers.own),
            bodies.ghost(signed, judged.cause, view.policy.id),
        )

    def commit(self, drafts: Sequence[Draft]) -> None:
        """Through the product's journal: signed, chained, durable.

        A decision was made before; it rests on the entry right before its own, as every one does.
        """
        self.journal.commit(
            lambda view, _now_ns: [
                resting(draft, view.head.index + place) for place, draft in enumerate(drafts)
            ]
        )

    def grow(self, size: int) -> int:
        """To about this many entries, as fast as it goes; how many came in addition."""
        before, lock = self.length, threading.Lock()
        acts, told = (size - before + 1) // 2, before
        shares = [_ACTS_AT_ONCE] * (acts // _ACTS_AT_ONCE)
        shares += [acts % _ACTS_AT_ONCE] if acts > 0 and acts % _ACTS_AT_ONCE else []

        def grower() -> None:
            nonlocal told
            while True:
                with lock:
                    if not shares:
                        return
                    share = shares.pop()
                    if self.length - told >= _PROGRESS:
                        told = self.length
                        print(f"… {told} entries", file=sys.stderr, flush=True)
                self.commit([draft for _ in range(share) for draft in self.act()])

        at_once([grower] * _GROWERS)
        return self.length - before

    def last_rows(self, count: int) -> list[dict[str, Any]]:
        """The ledger's last entries as the database has them: what a bare UNWIND is to write."""
        text = (
            "MATCH (entry:LedgerEntry {ledger: $ledger}) WHERE entry.index > $after"
            " RETURN properties(entry) AS row ORDER BY entry.index"
        )
        parameters = {"ledger": self.system.ledger, "after": self.length - 1 - count}
        with self.system.driver.session(database=self.system.connection.database) as session:
            return [record["row"] for record in session.run(text, parameters)]


def resting(draft: Draft, revision: int) -> Draft:
    """The draft; its decision, if it tells one, is of this revision."""
    decision = draft.body.get("decision")
    if not isinstance(decision, dict):
        return draft
    return replace(draft, body={**draft.body, "decision": {**decision, "revision": revision}})


def at_once(works: Sequence[Callable[[], None]]) -> float:
    """Seconds from when all threads are ready until the last is done."""
    together = threading.Barrier(len(works) + 1)

    def run(work: Callable[[], None]) -> None:
        together.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(run, work) for work in works]
        together.wait()
        return timed(partial(_all_done, running))


def _all_done(running: Sequence[Any]) -> None:
    for each in running:
        each.result()  # a thread that failed fails the benchmark
