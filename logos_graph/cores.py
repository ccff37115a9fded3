"""All cores for the dear part of a check: entries are looked at in processes of their own.

The entries come out in the order in which they went in, and so few are under way at once that
memory does not grow with their number. On one core, or for a short ledger, the same is done here.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from logos_graph.errors import EnvironmentFault, LogosError
from logos_graph.identity import Did
from logos_graph.ledger import (
    Entry,
    Head,
    Proof,
    Stored,
    SupervisorKeys,
    parse_entry,
    prove,
    trusted_entry,
)

if TYPE_CHECKING:
    from logos_graph.supervisor.parts import Part

__all__ = ["Prover", "Watch", "apart", "in_parts", "unseen", "usable_cores"]

_Item = TypeVar("_Item")
_Part = TypeVar("_Part")
_Result = TypeVar("_Result")

_BATCH = 256
_AHEAD = 3
"""Batches that wait for each core."""

_WORTHWHILE = 4000
"""Entries from which on it pays to start processes."""


class Watch(Protocol):
    """Sees what is looked at pass: the same items, of so many; `label` says what is done."""

    def __call__(self, items: Iterable[_Item], total: int, label: str) -> Iterator[_Item]:
        """Gives each item on."""


def unseen(items: Iterable[_Item], total: int, label: str) -> Iterator[_Item]:  # noqa: ARG001
    """Nobody watches."""
    return iter(items)


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def apart(
    work: Callable[[_Part], _Result], parts: Iterable[_Part], *, cores: int
) -> Iterator[_Result]:
    """What `work` makes of each part, in order, in so many processes; on one core it is done here.

    Few parts are under way at once. What `work` or `parts` raises is raised here, in its place.
    work: a function of a module, as it is looked up by name there. Raises EnvironmentFault E_WORKER
    if a process ended.
    """
    if cores < 2:
        yield from map(work, parts)
        return
    under_way: deque[Future[_Result]] = deque()
    executor = ProcessPoolExecutor(
        cores, multiprocessing.get_context("spawn"), initializer=_ignore_interrupts
    )
    try:
        for part in parts:
            under_way.append(executor.submit(work, part))
            if len(under_way) > cores * _AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool as error:
        raise EnvironmentFault(
            "E_WORKER", f"a process that looked at entries ended: {error}", hint="try again"
        ) from error
    finally:
        _let_go(executor)


def in_parts(
    look: Callable[[Part], _Result],
    rows: Iterable[Stored],
    keys: SupervisorKeys,
    head: Head,
    watch: Watch,
) -> Iterator[_Result]:
    """What `look` makes of each part of a ledger, in order, on all cores if that is worth it.

    rows: all entries up to the head. watch: sees the parts pass, as they are judged again. Raises
    as `cut` and `look`, and EnvironmentFault E_WORKER.
    """
    from logos_graph.supervisor.parts import cut, parts_of  # policies: not for every process

    cores = usable_cores() if head.index >= _WORTHWHILE else 1
    done = apart(look, cut(rows, keys, head), cores=cores)
    return watch(done, parts_of(head.index + 1), "judging again")


class Prover:
    """Implements logos_graph.ledger.Proven for the entry that `entries` gave last."""

    def __init__(
        self, signer: Callable[[], Did | None], total: int, *, cores: int | None = None
    ) -> None:
        """signer: whose key is in force by what has been walked, None for nobody's that is known.

        total: how many are to be proven.
        cores: how many to use; by default all, unless they are not worth their start.
        """
        self._signer = signer
        worthwhile = total >= _WORTHWHILE
        self._cores = (usable_cores() if worthwhile else 1) if cores is None else cores
        self._place = -1
        self._entry: Entry | None = None
        self._by: Did | None = None
        self._proof: Proof = (False, False)

    def entry(self, signer: Did, entry: Entry) -> bool:
        """See Proven."""
        return self._proof[0] and entry is self._entry and self._by in (None, signer)

    def intent(self, entry: Entry) -> bool:
        """See Proven."""
        return self._proof[1] and entry is self._entry

    def entries(
        self, stored: Iterable[Stored], *, first: int = 0, below: int = 0
    ) -> Iterator[Entry]:
        """The entries, in order. NotVerified E_ENTRY_FORM, E_CHAIN_HASH for what is none.

        What `stored` raises (a LogosError) is raised in its place, after the entries before it.
        first: the place of the first one in the chain. below: so many of the first are known to be
        genuine already.
        """
        self._place = first - 1
        rows = iter(stored)
        for row in islice(rows, below):
            yield self._give(row, None, (True, True))
        prove_all = self._apart if self._cores > 1 else self._here
        for batch, signer, proofs in prove_all(rows):
            for row, proof in zip(batch, proofs, strict=True):
                yield self._give(row, signer, proof)

    def _give(self, row: Stored, signer: Did | None, proof: Proof) -> Entry:
        self._place += 1
        entry = trusted_entry(*row) if proof[0] else parse_entry(*row, at=self._place)
        self._entry, self._by, self._proof = entry, signer, proof
        return entry

    def _here(self, rows: Iterator[Stored]) -> Iterator[_Proven]:
        for row in rows:
            signer = self._signer()
            yield [row], signer, _prove_all([row], signer)

    def _apart(self, rows: Iterator[Stored]) -> Iterator[_Proven]:
        yield from self._here(islice(rows, 1))  # genesis says whose key signs the others
        under_way: deque[tuple[list[Stored], Did | None, Future[list[Proof]]]] = deque()
        reading = _Batches(rows)
        executor = ProcessPoolExecutor(
            self._cores, multiprocessing.get_context("spawn"), initializer=_ignore_interrupts
        )
        try:
            while True:
                while len(under_way) < self._cores * _AHEAD and (batch := reading.next()):
                    signer = self._signer()
                    future = executor.submit(_prove_all, batch, signer)
                    under_way.append((batch, signer, future))
                if not under_way:
                    reading.check()
                    return
                batch, signer, future = under_way.popleft()
                yield batch, signer, future.result()
        except BrokenProcessPool as error:
            raise EnvironmentFault(
                "E_WORKER", f"a process that verified entries ended: {error}", hint="try again"
            ) from error
        finally:
            _let_go(executor)


_Proven = tuple[list[Stored], Did | None, list[Proof]]
"""Entries as they are stored, by whose key they were looked at, and what was found."""


class _Batches:
    """Rows, so many at once; what reading them raises waits until those before were looked at."""

    def __init__(self, rows: Iterator[Stored]) -> None:
        self._rows = rows
        self._error: LogosError | None = None

    def next(self) -> list[Stored]:
        """The next ones; none at the end, or after an error."""
        batch = list[Stored]()
        if self._error is None:
            try:
                batch.extend(islice(self._rows, _BATCH))
            except LogosError as error:
                self._error = error
        return batch

    def check(self) -> None:
        """Raises what ended the rows, if that was an error."""
        if self._error is not None:
            raise self._error


def _prove_all(rows: list[Stored], signer: Did | None) -> list[Proof]:
    if signer is None:
        return [(False, False)] * len(rows)
    return [prove(*row, signer) for row in rows]


def _let_go(executor: ProcessPoolExecutor) -> None:
    """Not waited for: what is left half-way may be collected as garbage by any thread, the one that
    tends these processes too, and that cannot wait for itself."""
    executor.shutdown(wait=False, cancel_futures=True)


def _ignore_interrupts() -> None:
    """Ctrl-C is for the process that waits for these."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
