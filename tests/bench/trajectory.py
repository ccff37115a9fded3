"""What a decision's trajectory costs, by how many acts its principal has ended; no database.

One principal's acts over the 90 days that are looked back on, a tenth of them ghosts, folded from
entries as a supervisor's view does. Beside it what it would cost to add them up each time.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from logos_graph.canon import content_id
from logos_graph.governance import Conducts
from logos_graph.ledger import Entry, EntryKind
from tests.bench.timing import Figures, percentile, timed

__all__ = ["SIZES", "trajectory"]

SIZES = (100, 10_000, 100_000)
"""Acts that have ended."""

_DAY_NS = 24 * 3600 * 10**9
_SPAN_NS = 89 * _DAY_NS
_START = 20_000 * _DAY_NS
_WHO, _VERB = "did:key:of-the-benchmark", "pay"
_HASH = content_id(b"")
_REPEATED = 100
"""Calls in one measurement: one alone is about as long as the clock's own reading."""


def trajectory(rounds: int, shown: Callable[[Figures], Figures]) -> Figures:
    """The figures of each size, shown as soon as they are known; then how the last compares."""
    out = Figures()
    for size in SIZES:
        out |= shown(_of(size, rounds))
    first, last = (out[f"trajectory_{size}_acts_p50_us"] for size in (SIZES[1], SIZES[-1]))
    return out | shown({"trajectory_10000_to_100000_acts_grows_per_cent": (last / first - 1) * 100})


def _of(size: int, rounds: int) -> Figures:
    entries, conducts = list(_entries(size)), Conducts()
    steps = list[float]()
    for entry in entries:
        steps.append(timed(partial(conducts.after, entry)))
        conducts = conducts.after(entry)
    now_ns = _START + _SPAN_NS + _DAY_NS - 1

    def ask() -> None:
        for _ in range(_REPEATED):
            conducts.trajectory(_WHO, now_ns).to_json()

    times = [timed(ask) / _REPEATED for _ in range(rounds)]
    name = f"trajectory_{size}_acts"
    return {
        f"{name}_p50_us": statistics.median(times) * 1e6,
        f"{name}_p99_us": percentile(times, 0.99) * 1e6,
        f"{name}_step_of_an_entry_p50_us": statistics.median(steps) * 1e6,
        f"floor_{name}_added_up_again_ms": timed(lambda: _added_up(entries)) * 1e3,
    }


def _added_up(entries: list[Entry]) -> None:
    conducts = Conducts()
    for entry in entries:
        conducts = conducts.after(entry)
    conducts.trajectory(_WHO, entries[-1].recorded_at)


def _entries(size: int) -> Iterator[Entry]:
    """An intent and its end, so often, spread evenly over the days; unsigned: only folded here."""
    verb = {"name": _VERB, "risk": "L3", "amount": "/amount"}
    yield _entry(0, 0, EntryKind.GENESIS, {"verbs": [verb]})
    line = {"who": _WHO, "did": _VERB, "this": {"amount": "12.50"}}
    for act in range(size):
        cid, at = f"act {act}", _SPAN_NS * (act + 1) // size
        intent = {"cid": cid, "decision": {"outcome": "ALLOW"}, "intent": {"logline": line}}
        yield _entry(2 * act + 1, at, EntryKind.INTENT, intent)
        if act % 10:
            done = {"intent": cid, "consequence": "if_ok", "mutations": []}
            yield _entry(2 * act + 2, at, EntryKind.RECEIPT, done)
        else:
            ghost = {"intent": cid, "cause": {"type": "PolicyDeny"}}
            yield _entry(2 * act + 2, at, EntryKind.GHOST, ghost)


def _entry(index: int, at: int, kind: EntryKind, body: dict[str, Any]) -> Entry:
    return Entry("bench", index, _HASH, "", _START + at, kind, None, body, "", _HASH, "")
