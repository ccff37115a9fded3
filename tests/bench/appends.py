"""Appends by one client and by many, each beside what the same server takes without a ledger."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from logos_graph.ledger import Entry
from tests.bench.ground import Ground, at_once
from tests.bench.timing import Figures, percentile, timed

__all__ = ["CLIENTS", "grown", "one_client", "together"]

CLIENTS = (16, 64)
_PASSES = 5
"""Of many clients and of the rows without them; the median pass counts."""


def grown(ground: Ground, size: int) -> Figures:
    """To this many entries, as fast as it goes."""
    start = time.perf_counter()
    count = ground.grow(size)
    return {f"ledger_{size}_grown_entries_per_s": count / (time.perf_counter() - start)}


def one_client(ground: Ground, size: int) -> Figures:
    """One entry in one append, again and again; between two of them, a node in a bare commit."""
    row = ground.last_rows(1)[0]
    for _ in range((1 if ground.stage.warmed else 3) * ground.rounds):  # both warm up alike
        _one_by_one(ground)
        ground.bare.one_node(row)
    ground.stage.warmed += 1
    floors, wholes = list[float](), list[float]()
    with _watched(ground) as appends:
        for _ in range(ground.rounds):
            wholes.append(_one_by_one(ground))
            floors.append(timed(partial(ground.bare.one_node, row)))
    seconds = [each for each, _ in appends]
    name, half = f"ledger_{size}", statistics.median(seconds)
    return {
        f"{name}_append_p50_ms": half * 1e3,
        f"{name}_append_p99_ms": percentile(seconds, 0.99) * 1e3,
        f"{name}_append_with_signing_p50_ms": statistics.median(wholes) * 1e3,
        f"floor_{name}_bare_commit_p50_ms": statistics.median(floors) * 1e3,
        f"floor_{name}_bare_commit_p99_ms": percentile(floors, 0.99) * 1e3,
        f"{name}_append_times_bare_commit": half / statistics.median(floors),
    }


def together(ground: Ground, size: int, clients: int) -> Figures:
    """Threads that append their acts, each when its last is durable; then the rows, bare."""
    each = max(ground.rounds // clients, 3)
    entries, seconds, floors, batch = 2 * clients * each, list[float](), list[float](), 1
    for _ in range(_PASSES):
        works = [
            partial(_one_after_another, ground.commit, [ground.act() for _ in range(each)])
            for _ in range(clients)
        ]
        with _watched(ground) as appends:
            seconds.append(at_once(works))
        batch = max(1, round(statistics.mean(count for _, count in appends)))
        rows = ground.last_rows(entries)
        parts = [rows[first : first + batch] for first in range(0, len(rows), batch)]
        floors.append(timed(partial(_one_after_another, ground.bare.many, parts)))
    name, took, floor = (
        f"ledger_{size}_{clients}_clients",
        *map(statistics.median, (seconds, floors)),
    )
    return {
        f"{name}_acts_per_s": entries / 2 / took,
        f"{name}_entries_per_s": entries / took,
        f"{name}_entries_per_commit": float(batch),
        f"floor_{name}_bare_unwind_rows_per_s": entries / floor,
        f"{name}_times_slower_than_bare_unwind": took / floor,
    }


# --- how it is measured ---------------------------------------------------------------------------


def _one_by_one(ground: Ground) -> float:
    """The two entries of an act, each in a commit of its own; mean seconds of the two."""
    drafts = ground.act()
    return sum(timed(partial(ground.commit, [draft])) for draft in drafts) / len(drafts)


@contextmanager
def _watched(ground: Ground) -> Iterator[list[tuple[float, int]]]:
    """Seconds and entries of each append to the store, while the context lasts."""
    seen, store = list[tuple[float, int]](), ground.system.store
    append = store.append

    def watching(expected: Any, entries: Sequence[Entry], *more: Any, **named: Any) -> None:
        start = time.perf_counter()
        append(expected, entries, *more, **named)
        seen.append((time.perf_counter() - start, len(entries)))

    store.append = watching  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        store.append = append  # type: ignore[method-assign]


def _one_after_another(work: Callable[[Any], None], pieces: Sequence[Any]) -> None:
    for piece in pieces:
        work(piece)
