"""Durable engines beside this product: the same workload, on the same machine, in the same run.

    tests/bench/peers/run [--quick] [--json FILE] [--ours FILE] [NAME…]

An approval is seven pure steps over a small payment (tests/bench/workload.py); in the peers each
step's result is on disk before the next one begins, here the intent before the first and all values
before the answer. Every answer is checked. Each engine runs as it is shipped, and is stopped before
the next. Nothing listens outside of 127.0.0.1, and nothing is left.

| figure | means |
|---|---|
| p50, p99 | ms of a whole approval, one client |
| step, long step | ms: p50 / 7; a workflow of 500 trivial steps in a row / 500 |
| 8, 32 clients | approvals per second, each client sends its next when its last is answered |
| replay | steps per second: the state of the long workflow again from what was recorded |
| recover | s: after kill -9 in the long workflow, from a new process to its state |
| memory | MiB (PSS) of all its processes, and of the clients that are in them |
| cold | s: from the first start command to the first approval |

Ours are those of tests/bench/run, measured first. The ratio is theirs / ours, or ours / theirs for
what is better when it is more: above 1 we are better.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.memory import pss_mib
from tests.bench.peers.dbos_ import DbosOnPostgres, DbosOnSqlite
from tests.bench.peers.engine import ROOT, Engine
from tests.bench.peers.floor import Floor
from tests.bench.peers.restate_ import Restate
from tests.bench.peers.temporal_ import Temporal, TemporalTuned
from tests.bench.workload import LONG_STEPS, STEPS

Row = dict[str, float]

ENGINES: dict[str, type[Engine]] = {
    each.name: each
    for each in (Floor, DbosOnSqlite, DbosOnPostgres, Restate, Temporal, TemporalTuned)
}
FIGURES = {
    "approval_p50_ms": ("p50", False),
    "approval_p99_ms": ("p99", False),
    "step_ms": ("step", False),
    "long_step_ms": ("long step", False),
    "approvals_per_s_8": ("8 clients", True),
    "approvals_per_s_32": ("32 clients", True),
    "replay_steps_per_s": ("replay", True),
    "recover_s": ("recover", False),
    "memory_mib": ("memory", False),
    "cold_start_s": ("cold", False),
}
"""Name: heading, and whether more is better."""

OURS = "logos"
_OUR_PARTS = ("approval", "throughput", "long", "replay", "recover", "memory", "start")


def main() -> None:
    """Measures, prints the tables, writes the JSON; status 1 when an engine failed."""
    parser = argparse.ArgumentParser(
        prog="tests/bench/peers/run", description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([OURS, *ENGINES]))
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes figures and ratios")
    parser.add_argument("--ours", type=Path, metavar="FILE", help="ours, of `tests/bench/run`")
    parser.add_argument("--quick", action="store_true", help="a fifth of the rounds and the time")
    arguments = parser.parse_args()
    names = arguments.names or [OURS, *ENGINES]
    unknown = sorted({*names} - {OURS, *ENGINES})
    if unknown:
        parser.error(f"no engine {', '.join(unknown)}; there are {', '.join([OURS, *ENGINES])}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # engines are stopped on the way out
    rows: dict[str, Row] = {}
    if arguments.ours:
        rows[OURS] = json.loads(arguments.ours.read_text())
    elif OURS in names:
        rows[OURS] = _ours(quick=arguments.quick)
    notes = {}
    for name in [name for name in names if name != OURS]:
        try:
            rows[name] = _measured(ENGINES[name], quick=arguments.quick)
        except Exception as error:  # noqa: BLE001 - the others are measured all the same
            notes[name] = f"not measured: {error}"
        else:
            notes[name] = ENGINES[name].durability
    _print(rows, notes)
    if arguments.json:
        report = {"figures": rows, "ratios": _ratios(rows), "notes": notes}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    sys.exit(1 if rows.keys() != {*names} | rows.keys() else 0)


def _ours(*, quick: bool) -> Row:
    """The figures of tests/bench/run."""
    _say(OURS)
    with tempfile.TemporaryDirectory(prefix="peers ") as folder:
        file = Path(folder) / "ours.json"
        words = [ROOT / "tests/bench/run", "--json", file, *(["--quick"] if quick else [])]
        environment = {name: at for name, at in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run(
            [*map(str, words), *_OUR_PARTS], check=True, stdout=sys.stderr, env=environment
        )
        figures: Row = json.loads(file.read_text())
        return figures


def _measured(kind: type[Engine], *, quick: bool) -> Row:
    """All figures of one engine, which is stopped whatever happens."""
    _say(kind.name)
    folder = Path(tempfile.mkdtemp(prefix="peers-", dir="/var/tmp"))  # a disk: /tmp may be memory
    engine = kind(folder)
    try:
        reason = engine.missing()
        if reason is not None:
            raise RuntimeError(reason)
        engine.prepare()
        return _figures(engine, rounds=40 if quick else 200, seconds=3 if quick else 15)
    except Exception:
        for log in sorted(folder.glob("log-*")):
            print(log.read_text(errors="replace")[-2000:], file=sys.stderr)
        raise
    finally:
        try:
            engine.stop()
        finally:
            shutil.rmtree(folder)


def _figures(engine: Engine, *, rounds: int, seconds: float) -> Row:
    begun = time.perf_counter()
    engine.start()
    engine.load(1, 1, None)
    row = {"cold_start_s": time.perf_counter() - begun}
    engine.load(1, rounds // 4, None)  # it warms up
    each = sorted(engine.load(1, rounds, None)["each"])
    row["approval_p50_ms"] = statistics.median(each) * 1e3
    row["approval_p99_ms"] = each[min(len(each) - 1, int(0.99 * len(each)))] * 1e3
    row["step_ms"] = row["approval_p50_ms"] / len(STEPS)
    row["long_step_ms"] = engine.long(LONG_STEPS) / LONG_STEPS * 1e3
    for clients in (8, 32):
        engine.load(clients, clients, None)  # the connections
        load = engine.load(clients, None, seconds)
        row[f"approvals_per_s_{clients}"] = len(load["each"]) / load["whole"]
    row["recover_s"], replayed = engine.recover(LONG_STEPS)
    row["replay_steps_per_s"] = LONG_STEPS / replayed
    engine.load(1, 1, None)
    row["memory_mib"] = pss_mib(*engine.pids())
    return row


def _ratios(rows: dict[str, Row]) -> dict[str, Row]:
    ours = rows.get(OURS, {})
    return {
        name: {
            figure: ours[figure] / row[figure] if more else row[figure] / ours[figure]
            for figure, (_, more) in FIGURES.items()
            if ours.get(figure) and row.get(figure)
        }
        for name, row in rows.items()
        if name != OURS and ours
    }


def _print(rows: dict[str, Row], notes: dict[str, str]) -> None:
    headings = [heading for heading, _ in FIGURES.values()]
    print("| |", " | ".join(headings), "|\n|---" + "|---" * len(headings) + "|")
    for name, row in rows.items():
        print(f"| {name} |", " | ".join(_number(row.get(figure)) for figure in FIGURES), "|")
    for name, row in _ratios(rows).items():
        print(f"| {name}, ratio |", " | ".join(_number(row.get(each)) for each in FIGURES), "|")
    for name, note in notes.items():
        print(f"{name}: {note}")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _say(name: str) -> None:
    print(f"… {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
