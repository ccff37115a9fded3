"""The benchmarks' command: a fresh home, the workload published, each figure beside its floor.

    tests/bench/run [--json FILE] [--quick] [--sizes N,N,…] [--exported N,N,…] [NAME…]

| name | measures | beside |
|---|---|---|
| approval | one client: intent, seven steps, values, receipt; p50, p99, where it goes | floors |
| throughput | approvals per second, 8 and 32 clients in one process | 1 client |
| long | a run of 500 trivial steps in a row, per step | |
| call | one isolated, metered node call from Python | a call that does nothing |
| replay | a run of 500 steps read from the graph and replayed | the same without reading |
| effects | a run with one request to a service of this machine | |
| recover | kill -9 in a run of 500 steps: from the next process to its end | |
| memory | PSS of server and client, after what was measured before | |
| start | `logos up` of a stopped home, to the first approval of a new process | |
| flows | check, publish, plan, run, replay, draw of 100 to 10,000 placements | each other |
| policy_diff | `logos policy diff` over 100,000 past intents | bare cedarpy |
| ledger | appends by 1, 16 and 64 clients, verification, bytes, as the ledger grows | bare Neo4j |
| branches | a wide flow of long nodes, no database | one step at a time, two processes |
| trajectory | what a decision's trajectory costs after 100 to 100,000 acts, no database | |
| gate | no database: admit and decide, and what each part of it takes | bare Cedar, Ed25519 |
| nodes | no database: calls, threads, compiling, loading, admission, codec | wasmtime, Python |

Nothing here is a test: machines differ, and a slow one is not wrong.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from tests.bench import branches, figures, flows, gate, ledger, lives, nodes, policies, trajectory
from tests.bench.stage import Stage, shared_cache
from tests.bench.timing import Figures

BENCHMARKS = {
    "approval": figures.approval,
    "throughput": figures.throughput,
    "call": figures.call,
    "long": lives.long,
    "replay": lives.replay,
    "effects": lives.effects,
    "recover": lives.recover,
    "memory": lives.memory,
    "start": lives.start,
    "flows": flows.flows,
    "policy_diff": policies.policy_diff,
}
BRANCHES, GATE, NODES, LEDGER, TRAJECTORY = "branches", "gate", "nodes", "ledger", "trajectory"
NAMES = [*BENCHMARKS, BRANCHES, GATE, LEDGER, NODES, TRAJECTORY]


def main() -> None:
    """Runs the named benchmarks, all by default, and prints a line a figure."""
    parser = argparse.ArgumentParser(
        prog="tests/bench/run", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures, flat")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds")
    parser.add_argument(
        "--sizes", type=_sizes, default=ledger.SIZES, metavar="N,N,…",
        help="how long `ledger` makes it: " + ",".join(map(str, ledger.SIZES)),
    )  # fmt: skip
    parser.add_argument(
        "--exported", type=_sizes, metavar="N,N,…",
        help="at which of these it exports and rebuilds it: the first",
    )  # fmt: skip
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers are stopped on the way out
    names, rounds = arguments.names or NAMES, 40 if arguments.quick else 400
    results: Figures = {}
    if NODES in names:  # before the database, which takes memory and a share of the processors
        results |= shown(nodes.nodes(shared_cache(), rounds))
    if TRAJECTORY in names:
        results |= trajectory.trajectory(rounds, shown)
    if GATE in names:
        results |= shown(gate.gate(rounds))
    if BRANCHES in names:
        results |= shown(branches.branches(shared_cache(), rounds))
    staged = [name for name in names if name in BENCHMARKS]
    if staged:
        with (
            tempfile.TemporaryDirectory(prefix="logos bench ", dir="/var/tmp") as home,
            Stage(Path(home), rounds) as stage,
        ):
            for name in staged:
                results |= shown(BENCHMARKS[name](stage))
    if LEDGER in names:
        with tempfile.TemporaryDirectory(prefix="logos bench ", dir="/var/tmp") as home:
            sizes = arguments.sizes
            exported = arguments.exported or sizes[:1]
            results |= ledger.ledger(Path(home), shared_cache(), rounds, sizes, exported, shown)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


def _sizes(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    sizes = tuple(int(part) for part in parts if part.isdecimal())
    if len(sizes) != len(parts) or sizes[0] < 1 or list(sizes) != sorted({*sizes}):
        raise argparse.ArgumentTypeError(f"not whole numbers, each more than the last: {text}")
    return sizes


def shown(results: Figures) -> Figures:
    """Prints a line a figure, with what was aimed at beside it."""
    for figure, value in results.items():
        print(f"{figure:58s} {value:14.3f}{_aim(figure, value)}", flush=True)
    return results


def _aim(figure: str, value: float) -> str:
    for name, (least, most) in ledger.AIMS.items():
        if figure.startswith("ledger_") and figure.endswith(name):
            aim = f"at most {most:g}" if least <= 0 else f"at least {least:g}"
            return f"   aim: {aim}, {'met' if least <= value <= most else 'missed'}"
    return ""


if __name__ == "__main__":
    main()
