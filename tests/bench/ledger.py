"""The ledger by itself: appends, shared commits, growth, verification; each beside its floor.

| figure | measured | floor | aim |
|---|---|---|---|
| append | one entry, one client, inside the store | a bare commit of one node | at most 1.5 times |
| clients | entries per second of 16, 64 threads | a bare UNWIND of these rows | at most 2 times |
| growth | both at the last size | both at the first | at most 10 % more |
| verify | `logos ledger verify`, entries per second | Ed25519 on all cores | at least 80 % |
| proof | `logos run prove` and `logos verify FILE` | a command that shows an entry | |
| export | `logos ledger export`, `logos verify DIR`, `logos ledger rebuild` | | |
| bytes | of the database at the end, per entry | | |

The ledger grows by acts that are refused: an intent and its ghost, two entries, three signatures.
They are signed, judged, chained and committed by the product's own functions, some hundred in one
transaction while it grows. Floors are of the same run: a server of the same make without the guard
(bare.py) on the same disk, and libsodium.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.bench.appends import CLIENTS, grown, one_client, together
from tests.bench.audits import carried, proved, space, verified
from tests.bench.bare import bare_server
from tests.bench.ground import Ground
from tests.bench.stage import Stage
from tests.bench.timing import Figures

__all__ = ["AIMS", "SIZES", "ledger"]

SIZES = (10_000, 100_000, 500_000)
"""How long the ledger is when a stage begins; measuring adds some thousand entries."""

AIMS: Mapping[str, tuple[float, float]] = {
    "append_times_bare_commit": (0, 1.5),
    "times_slower_than_bare_unwind": (0, 2),
    "grows_per_cent": (-math.inf, 10),
    "verify_share_of_ed25519": (0.8, math.inf),
}
"""Least and most, by the end of a figure's name; floors have none."""


def ledger(
    home: Path,
    cache: Path,
    rounds: int,
    sizes: Sequence[int],
    exported: Sequence[int],
    shown: Callable[[Figures], Figures],
) -> Figures:
    """All of it. home: an empty folder. exported: the sizes at which it is exported and rebuilt.

    shown: is given each part as soon as it is measured.
    """
    with bare_server(home / "bare", cache) as bare, Stage(home / "home", rounds) as stage:
        ground, out = Ground(stage, bare), Figures()
        for size in sizes:
            out |= shown(grown(ground, size))
            out |= shown(one_client(ground, size))
            for clients in CLIENTS:
                out |= shown(together(ground, size, clients))
            # the parts' shares hardly depend on the size, and they take as long as the whole
            out |= shown(verified(ground, size, size < sizes[-1] or len(sizes) == 1))
            out |= shown(proved(ground, size, home))
            if size in exported:
                out |= shown(carried(ground, size, home))
    out |= shown(space(stage.home, ground.length))
    return out | shown(_growth(out, sizes[0], sizes[-1]))


def _growth(found: Figures, first: int, last: int) -> Figures:
    """How much longer an append and its floor take at the last size than at the first, per cent."""
    out = Figures()
    for name, figure, is_rate in (
        ("ledger_append_grows_per_cent", "ledger_{}_append_p50_ms", False),
        *(_batched_growth(clients) for clients in CLIENTS),
        ("floor_ledger_bare_commit_grows_per_cent", "floor_ledger_{}_bare_commit_p50_ms", False),
    ):
        early, late = found[figure.format(first)], found[figure.format(last)]
        out[name] = ((early / late if is_rate else late / early) - 1) * 100
    return out


def _batched_growth(clients: int) -> tuple[str, str, bool]:
    part = f"{clients}_clients"
    return f"ledger_{part}_grows_per_cent", f"ledger_{{}}_{part}_entries_per_s", True
