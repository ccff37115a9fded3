"""The ledger by itself: appends, shared commits, growth, verification; each beside its floor.

| figure | measured | floor | aim |
|---|---|---|---|
| append | one act's entries, one client, inside the store | a bare commit of one node | 1.5 times |
| batched | entries per second of 16 and 64 threads | a bare UNWIND of the same rows | 2 times |
| growth | both at every size, first against last | | 10 % |
| verify | entries per second of `logos ledger verify` | Ed25519 on all cores | 80 % |
| export, rebuild | entries per second of `logos ledger export`, `rebuild` (with a start) | |
| proof | bytes and seconds of `logos run prove`, seconds of `logos verify` | `ledger show` | |

The ledger grows by acts that are refused (an intent and its ghost, two entries), made and signed by
the product's own functions, and committed through its own journal, many at a time.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from logos_graph.canon import Tag
from logos_graph.identity import Signer, verify
from logos_graph.ledger import Entry
from logos_graph.settings import Settings
from logos_graph.supervisor import bodies
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.decide import decide
from logos_graph.supervisor.journal import Journal
from logos_graph.wiring import System, stop_database
from tests.bench.bare import Bare, bare_server
from tests.bench.stage import Stage, shared_cache
from tests.bench.timing import Figures, percentile, timed

__all__ = ["SIZES", "ledger"]

SIZES = (10_000, 100_000, 500_000)
"""How long the ledger is when it is measured."""

_CLIENTS = (16, 64)
_GROWN_AT_ONCE = 250
"""Acts in one transaction while the ledger grows to the next size."""

_AIMS: Figures = {
    "aim_ledger_append_times_bare_commit": 1.5,
    "aim_ledger_times_slower_than_bare": 2.0,
    "aim_ledger_grows_per_cent": 10.0,
    "aim_ledger_verify_share_of_ed25519": 0.8,
}

_SIGNED = 4000
"""Signatures that each core verifies for the floor."""


@dataclass
class _Ground:
    """A stage with its journal, and a bare server beside it."""

    stage: Stage
    bare: Bare
    system: System = field(init=False)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.system = self.stage.system
        self.journal = self.system.supervisor._journal

    @property
    def rounds(self) -> int:
        return self.stage.rounds

    @property
    def length(self) -> int:
        return self.journal.view.head.index + 1

    def act(self) -> list[Draft]:
        """An act that ends as it is recorded: an intent that asks for no such verb, its ghost."""
        signed = self.stage.sign(self.stage.operator, "no.such.verb", {})
        view = self.journal.view
        judged = decide(view, signed, self.system.clock.now_ns(), _no_inputs)
        assert judged.cause is not None
        return [
            bodies.intent(signed, judged, self.system.writers.own),
            bodies.ghost(signed, judged.cause, view.policy.id),
        ]

    def commit(self, drafts: Sequence[Draft]) -> None:
        self.journal.commit(lambda _view, _now_ns: drafts)

    def last_rows(self, count: int) -> list[dict[str, Any]]:
        """The ledger's last entries as the database has them: what a bare UNWIND is to write."""
        text = (
            "MATCH (entry:LedgerEntry) WHERE entry.index > $after"
            " RETURN properties(entry) AS row ORDER BY entry.index"
        )
        with self.system.driver.session(database=self.system.connection.database) as session:
            found = session.run(text, after=self.length - 1 - count)
            return [record["row"] for record in found]


def ledger(home: Path, cache: Path, rounds: int, sizes: Sequence[int]) -> Figures:
    """All of it; `home` is an empty folder."""
    with bare_server(home / "bare", cache) as bare, Stage(home / "home", rounds) as stage:
        ground = _Ground(stage, bare)
        out: Figures = {}
        for size in sizes:
            out |= _grown(ground, size)
            out |= _one_client(ground, size)
            for clients in _CLIENTS:
                out |= _together(ground, size, clients)
            out |= _verified(ground, size)
            out |= _proved(ground, size, home / f"{size}.proof")
            out |= _carried(ground, size, home)
            out |= _space(ground, size)
        return out | _growth(out, sizes) | _AIMS


# --- one measurement each -------------------------------------------------------------------------


def _grown(ground: _Ground, size: int) -> Figures:
    """To this many entries, as fast as it goes."""
    start, before = time.perf_counter(), ground.length
    while ground.length < size:
        acts = min(_GROWN_AT_ONCE, (size - ground.length + 1) // 2)
        ground.commit([draft for _ in range(acts) for draft in ground.act()])
    grown = ground.length - before
    if not grown:
        return {}
    return {f"ledger_{size}_grown_entries_per_s": grown / (time.perf_counter() - start)}


def _one_client(ground: _Ground, size: int) -> Figures:
    """Inside the store: what the database takes for one act, and for one bare node."""
    row = ground.last_rows(1)[0]
    appends, floors, wholes = list[float](), list[float](), list[float]()
    store = ground.system.store
    append = store.append

    def timing(*arguments: Any, **named: Any) -> None:
        start = time.perf_counter()
        append(*arguments, **named)
        appends.append(time.perf_counter() - start)

    for _ in range(3 * ground.rounds):  # both servers warm up alike
        ground.commit(ground.act())
        ground.bare.one_node(row)
    store.append = timing  # type: ignore[method-assign]
    try:
        for _ in range(ground.rounds):
            drafts = ground.act()
            wholes.append(timed(partial(ground.commit, drafts)))
            floors.append(timed(partial(ground.bare.one_node, row)))
    finally:
        store.append = append  # type: ignore[method-assign]
    name = f"ledger_{size}"
    return {
        f"{name}_append_p50_ms": statistics.median(appends) * 1e3,
        f"{name}_append_p99_ms": percentile(appends, 0.99) * 1e3,
        f"{name}_commit_of_journal_p50_ms": statistics.median(wholes) * 1e3,
        f"floor_{name}_bare_commit_p50_ms": statistics.median(floors) * 1e3,
        f"floor_{name}_bare_commit_p99_ms": percentile(floors, 0.99) * 1e3,
        f"{name}_append_times_bare_commit": statistics.median(appends) / statistics.median(floors),
    }


def _together(ground: _Ground, size: int, clients: int) -> Figures:
    """Threads that append their acts, each when its last is durable; then the rows, bare."""
    each = max(ground.rounds // 10, 5)
    acts = [[ground.act() for _ in range(each)] for _ in range(clients)]
    batches, store = list[int](), ground.system.store
    append = store.append

    def counting(expected: Any, entries: Sequence[Entry], *more: Any, **named: Any) -> None:
        batches.append(len(entries))
        append(expected, entries, *more, **named)

    store.append = counting  # type: ignore[method-assign]
    try:
        seconds = _at_once([partial(_one_after_another, ground.commit, mine) for mine in acts])
    finally:
        store.append = append  # type: ignore[method-assign]
    entries = 2 * clients * each
    rows, batch = ground.last_rows(entries), max(1, round(statistics.mean(batches)))
    parts = [rows[first : first + batch] for first in range(0, len(rows), batch)]
    floor = timed(partial(_one_after_another, ground.bare.many, parts))
    name = f"ledger_{size}_{clients}_clients"
    return {
        f"{name}_appends_per_s": clients * each / seconds,
        f"{name}_entries_per_s": entries / seconds,
        f"{name}_entries_per_commit": batch,
        f"floor_{name}_bare_rows_per_s": len(rows) / floor,
        f"{name}_times_slower_than_bare": seconds / floor,
    }


def _one_after_another(work: Callable[[Any], None], pieces: Sequence[Any]) -> None:
    for piece in pieces:
        work(piece)


def _at_once(works: Sequence[Callable[[], None]]) -> float:
    """Seconds from when all threads are ready until the last is done."""
    together = threading.Barrier(len(works) + 1)

    def run(work: Callable[[], None]) -> None:
        together.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(run, work) for work in works]
        together.wait()
        start = time.perf_counter()
        for each in running:
            each.result()  # a client that failed fails the benchmark
        return time.perf_counter() - start


def _logos(home: Path, *words: str | Path) -> tuple[Any, float]:
    """What the installed command says, in a process of its own, and the seconds it takes."""
    program = str(Path(sys.executable).parent / "logos")
    places = {"LOGOS_HOME": str(home), "LOGOS_CACHE": str(shared_cache())}
    command = [program, *map(str, words), "--json"]
    start = time.perf_counter()
    done = subprocess.run(
        command, env=os.environ | places, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout), seconds


def _verified(ground: _Ground, size: int) -> Figures:
    """As anybody verifies it; signatures beside it."""
    document, seconds = _logos(ground.stage.home, "ledger", "verify")
    verified, bare = document["entries"] / seconds, _signatures_per_s()
    return {
        f"ledger_{size}_verify_entries_per_s": verified,
        f"floor_ledger_{size}_ed25519_per_s_all_cores": bare,
        f"ledger_{size}_verify_share_of_ed25519": verified / bare,
    }


def _signatures_per_s() -> float:
    """Signatures over texts as long as an entry's, on every core."""
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(_verify_signatures, [100] * cores))  # the processes are there
        seconds = timed(lambda: list(pool.map(_verify_signatures, [_SIGNED] * cores)))
    return cores * _SIGNED / seconds


def _verify_signatures(count: int) -> None:
    signer, text = Signer.from_seed(bytes(32)), b"x" * 1200
    signature = signer.sign(Tag.ENTRY_SIGNATURE, text)
    for _ in range(count):
        verify(signer.did, Tag.ENTRY_SIGNATURE, text, signature)


def _proved(ground: _Ground, size: int, file: Path) -> Figures:
    """The proof of one approval, with and without the modules that can run it again."""
    run, home = str((ground.stage.approve().result or {})["run"]), ground.stage.home
    _, bare = _logos(home, "ledger", "show", "--limit", "1")
    out = {f"floor_ledger_{size}_process_s": bare}
    for name, words in (("proof", []), ("proof_with_modules", ["--with-modules"])):
        _, proving = _logos(home, "run", "prove", run, "--output", file, *words)
        _, verifying = _logos(home, "verify", file)
        out |= {
            f"ledger_{size}_{name}_bytes": float(file.stat().st_size),
            f"ledger_{size}_{name}_made_s": proving,
            f"ledger_{size}_{name}_verified_s": verifying,
        }
    return out


def _carried(ground: _Ground, size: int, home: Path) -> Figures:
    """Out into a folder, checked there, and into an empty database again."""
    folder, empty = home / f"{size}.export", home / f"{size}.rebuilt"
    did = ground.stage.operator.did
    exported, exporting = _logos(ground.stage.home, "ledger", "export", folder)
    _, verifying = _logos(ground.stage.home, "verify", folder)
    try:
        _, rebuilding = _logos(empty, "ledger", "rebuild", folder, "--supervisor", did)
    finally:
        stop_database(Settings(empty, shared_cache(), "supervisor", None))
        shutil.rmtree(empty, ignore_errors=True)
    entries = exported["size"]
    shutil.rmtree(folder)
    return {
        f"ledger_{size}_export_entries_per_s": entries / exporting,
        f"ledger_{size}_export_verify_entries_per_s": entries / verifying,
        f"ledger_{size}_rebuild_entries_per_s": entries / rebuilding,
    }


def _space(ground: _Ground, size: int) -> Figures:
    """What lies in the database's folder for each entry; transaction logs are bounded, so apart."""
    data = ground.stage.home / "neo4j" / "data"
    per_entry = {
        name: sum(path.stat().st_size for path in (data / name / "neo4j").rglob("*")) / size
        for name in ("databases", "transactions")
    }
    return {
        f"ledger_{size}_store_bytes_per_entry": per_entry["databases"],
        f"ledger_{size}_log_bytes_per_entry": per_entry["transactions"],
    }


def _growth(found: Figures, sizes: Sequence[int]) -> Figures:
    """How much longer an append takes at the last size than at the first, per cent."""
    first, last = (
        [
            found[f"ledger_{size}_append_p50_ms"],
            1 / found[f"ledger_{size}_64_clients_entries_per_s"],
        ]
        for size in (sizes[0], sizes[-1])
    )
    names = ("append_grows_per_cent", "batched_grows_per_cent")
    return {
        f"ledger_{name}": (late / early - 1) * 100
        for name, early, late in zip(names, first, last, strict=True)
    }


def _no_inputs(*_arguments: object) -> None:
    """A verb that there is not has no inputs to check."""
