"""Nodes by themselves, without a database: calls, threads, compiling, loading, admission, codec.

Machines are shared and clocks wander, so each figure is measured in several passes and the best
pass counts: what else the machine did can only have made it slower. Floors stand beside it.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Barrier
from typing import Any

from logos_graph.canon import ContentId
from logos_graph.graph import ports_codec
from logos_graph.wasm.admission import Admitted, admit
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.runtime import WasmHost
from tests.bench.other_host import fresh_instance
from tests.bench.timing import Figures, percentile, timed

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "payment-approval"
OWN = [Path(__file__).with_name(f"{name}.rs") for name in ("identity", "longer")]
RULE = "amount-score"
STEPS = 50_000
PASSES = 7
KEY = b"a key of this benchmark only"

Work = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """One node with an input: as the host takes it, and a plain Python function for the floor."""

    name: str
    module: bytes
    admitted: Admitted
    data: bytes
    plain: Work

    @property
    def node(self) -> ContentId:
        return self.admitted.id


def nodes(shared: Path, rounds: int) -> Figures:
    """All of it. `shared`: where the SDK is kept; `rounds`: how often a thing is done in a pass."""
    if find_spec("wasmtime") is None:
        print("wasmtime is not installed, so nothing is compared with it; to install it:")
        print("  .venv/bin/pip install --require-hashes -r tests/bench/requirements.lock")
    builder = Builder(shared)
    modules = {
        file.stem: builder.build(file.read_bytes()).module
        for file in [*OWN, *sorted((EXAMPLE / "nodes").glob("*.rs"))]
    }
    with tempfile.TemporaryDirectory(prefix="logos bench ") as folder:
        cache = Path(folder) / "calls"
        host = WasmHost(cache, KEY)
        identity, rule = _identity(modules["identity"]), _rule(modules[RULE])
        longer = _longer(modules["longer"])
        out: Figures = {}
        for sample, often in (identity, 10), (rule, 10), (longer, 1):
            host.load(sample.node, sample.module)
            out |= calls(host, sample, rounds * often)
            out |= threads(host, cache, sample, rounds * often)
        out |= loading(Path(folder), modules)
    return out | admission(modules) | codec(rule, rounds)


def calls(host: WasmHost, sample: Sample, rounds: int) -> Figures:
    """One isolated, metered call with a warm module, beside other ways to the same output."""
    result = host.call(sample.node, sample.data)
    name = f"{sample.name}_call"
    out = {
        **_spread(name, lambda: host.call(sample.node, sample.data), rounds),
        f"{name}_gas": float(result.gas),
        f"floor_{name}_plain_python_p50_us": _spread("", sample.plain, rounds)["_p50_us"],
    }
    other = fresh_instance(sample.module)
    if other is None:
        return out
    if other(sample.data) != result.output:
        raise RuntimeError(f"{sample.name} gives another output under wasmtime")
    out |= _spread(f"{name}_wasmtime", lambda: other(sample.data), max(rounds // 10, 20))
    ratio = out[f"{name}_wasmtime_p50_us"] / out[f"{name}_p50_us"]
    return out | {f"{name}_times_faster_than_wasmtime": ratio}


def threads(host: WasmHost, cache: Path, sample: Sample, rounds: int) -> Figures:
    """Calls per second by one thread and by two, beside what two processes make of this machine.

    The passes are short and take turns, so that all have their share of quiet moments.
    """
    name = sample.name
    ways: dict[str, Work] = {
        f"{name}_calls_per_s_1_thread": lambda: _in_threads(host, sample, 1, rounds),
        f"{name}_calls_per_s_2_threads": lambda: _in_threads(host, sample, 2, rounds),
    }
    with ExitStack() as stack:
        for count, noun in (1, "process"), (2, "processes"):
            working = stack.enter_context(processes(cache, sample, count, rounds))
            ways[f"floor_{name}_calls_per_s_{count}_{noun}"] = working
        out = dict.fromkeys(ways, 0.0)
        for _ in range(PASSES * 3):
            out = {way: max(out[way], work()) for way, work in ways.items()}
    one, two, one_process, two_processes = out.values()
    return out | {
        f"{name}_two_threads_times_one": two / one,
        f"floor_{name}_two_processes_times_one": two_processes / one_process,
    }


def loading(folder: Path, modules: Mapping[str, bytes]) -> Figures:
    """Making a module ready: compiled and kept under a MAC; restored from there. Per module."""
    compiled, cached = [], []
    for module in modules.values():
        node = admit(module).id
        fresh = [folder / f"{node[-16:]}-{number}" for number in range(3)]
        compiled.append(min(_load(cache, node, module) for cache in fresh))
        cached.append(min(_load(cache, node, module) for cache in fresh * 5))
    return {
        "compile_median_ms": statistics.median(compiled) * 1e3,
        "compile_longest_ms": max(compiled) * 1e3,
        "cached_load_median_ms": statistics.median(cached) * 1e3,
        "cached_load_longest_ms": max(cached) * 1e3,
        "module_median_kb": statistics.median(map(len, modules.values())) / 1e3,
    }


def admission(modules: Mapping[str, bytes]) -> Figures:
    """Every check on every module, the descriptor read."""
    size = sum(map(len, modules.values()))
    seconds = sum(_best(partial(admit, module), 5) for module in modules.values())
    return {"admission_mb_per_s": size / seconds / 1e6}


def codec(sample: Sample, rounds: int) -> Figures:
    """The payment between its JSON and its binary form, in Python; MB are those of the binary."""
    port = ports_codec(sample.admitted.descriptor.inputs)
    values = dict(zip(["payment"], [value for _, value in port.read(sample.data)], strict=True))
    size = len(sample.data)
    return {
        "codec_value_bytes": float(size),
        "codec_encode_mb_per_s": size / _best(lambda: port.write(values), rounds) / 1e6,
        "codec_decode_mb_per_s": size / _best(lambda: port.read(sample.data), rounds) / 1e6,
    }


# --- what is called -------------------------------------------------------------------------------


def _identity(module: bytes) -> Sample:
    data = (5).to_bytes(4, "little")
    return Sample("identity", module, admit(module), data, lambda: _same(5))


def _same(number: int) -> int:
    return number


def _longer(module: bytes) -> Sample:
    data = STEPS.to_bytes(4, "little")
    return Sample("longer", module, admit(module), data, plain_longer)


def plain_longer() -> int:
    """The steps of longer.rs in Python."""
    state, mask = 88_172_645_463_325_252, 2**64 - 1
    for _ in range(STEPS):
        state ^= state << 13 & mask
        state ^= state >> 7
        state ^= state << 17 & mask
    return state


def _rule(module: bytes) -> Sample:
    admitted = admit(module)
    values = json.loads((EXAMPLE / "payments" / "ok.json").read_text())
    (data,) = ports_codec(admitted.descriptor.inputs).write(values)
    return Sample("rule", module, admitted, data, lambda: plain_rule(values["payment"]))


def plain_rule(payment: dict[str, Any]) -> int:
    """The rule `amount-score` as one would write it in Python; no isolation, no limits."""
    history = [int(past["amount"].replace(".", "")) for past in payment["history"]]
    if not history:
        return 75
    mean, rest = divmod(sum(history), len(history))
    mean += 2 * rest > len(history) or (2 * rest == len(history) and mean % 2)
    amount = int(payment["amount"].replace(".", ""))
    return max(0, min(100, amount * 100 // (mean * 4 + 100)))


# --- how it is measured ---------------------------------------------------------------------------


def _load(cache: Path, node: ContentId, module: bytes) -> float:
    """Seconds until a host that was just started can call the node."""
    host = WasmHost(cache, KEY)
    return timed(lambda: host.load(node, module))


def _spread(name: str, work: Work, rounds: int) -> Figures:
    """Median and 99th percentile of the pass with the best median."""
    for _ in range(rounds // 10):
        work()
    passes = [[timed(work) for _ in range(rounds)] for _ in range(PASSES)]
    best = min(passes, key=statistics.median)
    return {
        f"{name}_p50_us": statistics.median(best) * 1e6,
        f"{name}_p99_us": percentile(best, 0.99) * 1e6,
    }


def _best(work: Work, rounds: int) -> float:
    """Seconds for one, by the best of several passes."""

    def many() -> None:
        for _ in range(rounds):
            work()

    return min(timed(many) for _ in range(PASSES * 5)) / rounds


def _in_threads(host: WasmHost, sample: Sample, count: int, rounds: int) -> float:
    """Calls per second of all threads together; the clock starts when all of them are there."""
    ready = Barrier(count + 1)

    def client() -> None:
        ready.wait()
        _call_often(host, sample.node, sample.data, rounds)

    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(client) for _ in range(count)]
        ready.wait()
        start = time.perf_counter()
        for done in running:
            done.result()
        return count * rounds / (time.perf_counter() - start)


@contextmanager
def processes(
    cache: Path, sample: Sample, count: int, rounds: int
) -> Iterator[Callable[[], float]]:
    """The same with processes, which wait at a gate until they are asked."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(count + 1)
    given = (cache, sample.node, sample.module, sample.data, rounds, gate)
    children = [context.Process(target=_child, args=given, daemon=True) for _ in range(count)]
    for child in children:
        child.start()

    def once() -> float:
        gate.wait()
        start = time.perf_counter()
        gate.wait()
        return count * rounds / (time.perf_counter() - start)

    try:
        yield once
    finally:
        for child in children:
            child.terminate()
            child.join()


def _child(
    cache: Path, node: ContentId, module: bytes, data: bytes, rounds: int, gate: Any
) -> None:
    host = WasmHost(cache, KEY)
    host.load(node, module)
    while True:
        gate.wait()
        _call_often(host, node, data, rounds)
        gate.wait()


def _call_often(host: WasmHost, node: ContentId, data: bytes, rounds: int) -> None:
    call = host.call
    for _ in range(rounds):
        call(node, data)
