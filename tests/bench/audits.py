"""What is done with a ledger that is written: verifying, proving, carrying it away; its bytes."""

from __future__ import annotations

import os
import shutil
import statistics
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair

from logos_graph.settings import Settings
from logos_graph.wiring import start_database, stop_database
from tests.bench.commands import logos, module
from tests.bench.ground import Ground
from tests.bench.stage import shared_cache
from tests.bench.timing import Figures, timed

__all__ = ["carried", "proved", "space", "verified"]

_PARTS = ("invariants", "chain", "read")
"""Of a verification, each without what the one before it adds."""

_SIGNATURES = 10_000
"""That each core verifies for the floor."""

_SAMPLE = 200
"""Entries of which the mean length of a text is taken."""

_STARTS = 3
"""Of a command that does next to nothing; the median counts."""


def verified(ground: Ground, size: int, by_parts: bool) -> Figures:
    """The command; signatures alone; by_parts: also the parts that it is made of (chain.py)."""
    home = ground.stage.home
    whole = logos(home, "ledger", "verify")
    parts = {part: module(home, "tests.bench.chain", part).seconds for part in _PARTS if by_parts}
    entries, intents = whole.document["entries"], whole.document["counts"]["intents"]
    length = round(statistics.mean(len(row["text"]) for row in ground.last_rows(_SAMPLE)))
    bare, name = _signatures_per_s(length), f"ledger_{size}"
    return {
        f"{name}_entries_when_verified": float(entries),
        f"{name}_verify_entries_per_s": entries / whole.seconds,
        f"{name}_verify_signatures_per_s": (entries + intents) / whole.seconds,
        f"{name}_verify_peak_mib": whole.peak_mib,
        **{f"{name}_verify_{part}_entries_per_s": entries / took for part, took in parts.items()},
        f"floor_{name}_ed25519_per_s_all_cores": bare,
        f"{name}_verify_share_of_ed25519": entries / whole.seconds / bare,
        f"{name}_verify_signatures_share_of_ed25519": (entries + intents) / whole.seconds / bare,
    }


def proved(ground: Ground, size: int, folder: Path) -> Figures:
    """The proof of one approval, with and without the modules that can run it again."""
    run, home = str((ground.stage.approve().result or {})["run"]), ground.stage.home
    starts = [logos(home, "ledger", "show", "--limit", "1").seconds for _ in range(_STARTS)]
    out = {f"floor_ledger_{size}_command_that_shows_an_entry_s": statistics.median(starts)}
    for name, words in (("proof", []), ("proof_with_modules", ["--with-modules"])):
        file = folder / f"{size}.{name}"
        made = logos(home, "run", "prove", run, "--output", file, *words)
        checked = logos(home, "verify", file)
        out |= {
            f"ledger_{size}_{name}_bytes": float(file.stat().st_size),
            f"ledger_{size}_{name}_made_s": made.seconds,
            f"ledger_{size}_{name}_verified_s": checked.seconds,
        }
    return out


def carried(ground: Ground, size: int, folder: Path) -> Figures:
    """Out into a folder, checked there, and into an empty database that is running already."""
    target, empty = folder / f"{size}.export", folder / f"{size}.rebuilt"
    exported = logos(ground.stage.home, "ledger", "export", target)
    checked = logos(ground.stage.home, "verify", target)
    settings = Settings(empty, shared_cache(), "supervisor", None)
    try:
        start_database(settings, lambda _line: None, found=False)
        rebuilt = logos(
            empty, "ledger", "rebuild", target, "--supervisor", ground.stage.operator.did
        )
    finally:
        stop_database(settings)
        shutil.rmtree(empty, ignore_errors=True)
    stored = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    shutil.rmtree(target)
    entries = exported.document["size"]
    return {
        f"ledger_{size}_export_entries_per_s": entries / exported.seconds,
        f"ledger_{size}_export_verify_entries_per_s": entries / checked.seconds,
        f"ledger_{size}_export_bytes_per_entry": stored / entries,
        f"ledger_{size}_rebuild_entries_per_s": entries / rebuilt.seconds,
    }


def space(home: Path, entries: int) -> Figures:
    """What lies in the database's folder for each entry, once it is stopped: all is written then.

    Transaction logs are bounded, so apart.
    """
    data = home / "neo4j" / "data"
    found = {
        name: sum(path.stat().st_size for path in (data / name / "neo4j").rglob("*"))
        for name in ("databases", "transactions")
    }
    return {
        "ledger_database_bytes_per_entry": found["databases"] / entries,
        "ledger_database_log_bytes": float(found["transactions"]),
    }


# --- how it is measured ---------------------------------------------------------------------------


def _signatures_per_s(length: int) -> float:
    """libsodium's verification of texts as long as an entry's, on every core, with nothing else."""
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(_verify_signatures, [(100, length)] * cores))  # the processes are there
        work = [(_SIGNATURES, length)] * cores
        seconds = timed(lambda: list(pool.map(_verify_signatures, work)))
    return cores * _SIGNATURES / seconds


def _verify_signatures(work: tuple[int, int]) -> None:
    count, length = work
    public, secret = crypto_sign_seed_keypair(bytes(32))
    signed = crypto_sign(b"x" * length, secret)
    for _ in range(count):
        crypto_sign_open(signed, public)
