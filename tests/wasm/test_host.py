"""Calls: what a node may do in one, and how each way to misbehave ends."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logos_wasm_host import MAX_INPUT_BYTES, CompiledNode, HostRefused, assemble

from logos_graph.canon import ContentId, content_id
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.execution.executor import NodeFailure
from logos_graph.wasm.runtime import WasmHost

HOSTILE = Path(__file__).parent / "hostile"
STOPPED = sorted(p for p in HOSTILE.glob("*.wat") if p.read_text().startswith(";; stopped "))
KEY = b"a key of this test only"
GAS = 20_000_000
"""Enough for every well-behaved node here, and soon used up by the others."""

ECHO = """(module
  (memory (export "memory") 33)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64)
    (i32.store8 (i32.const 4095) (i32.const 0))
    (i64.or (i64.const 0x00000fff00000000)
            (i64.extend_i32_u (i32.add (local.get 1) (i32.const 1)))))
  (@custom "logos.descriptor" "{}"))"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> WasmHost:
    return WasmHost(tmp_path_factory.mktemp("compiled"), KEY)


def load(host: WasmHost, text: str) -> ContentId:
    wasm = assemble(text)
    node = content_id(wasm)
    host.load(node, wasm)
    return node


def failure(host: WasmHost, node: ContentId, data: bytes = b"", gas: int = GAS) -> NodeFailure:
    with pytest.raises(NodeFailure) as caught:
        host.call(node, data, gas=gas)
    return caught.value


def test_there_are_hostile_modules_to_stop() -> None:
    assert len(STOPPED) >= 30


@pytest.mark.parametrize("path", STOPPED, ids=lambda p: p.stem)
def test_a_hostile_node_is_stopped_by_its_own_code_and_the_process_lives_on(
    host: WasmHost, path: Path
) -> None:
    text = path.read_text(encoding="utf-8")
    code, _, reason = text.splitlines()[0].removeprefix(";; stopped ").partition(": ")
    node = load(host, text)
    error = failure(host, node, b"input")
    assert error.code == code
    assert reason in error.reason
    assert 0 <= error.gas <= GAS
    echo = load(host, ECHO)
    assert host.call(echo, b"still here").output == b"still here"


@pytest.mark.parametrize("path", STOPPED, ids=lambda p: p.stem)
def test_a_hostile_node_is_stopped_in_the_same_way_with_the_same_gas_each_time(
    host: WasmHost, path: Path
) -> None:
    node = load(host, path.read_text(encoding="utf-8"))
    first, second = failure(host, node, b"input"), failure(host, node, b"input")
    assert (first.code, first.reason, first.gas) == (second.code, second.reason, second.gas)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=2_000))
def test_what_goes_in_comes_out(host: WasmHost, data: bytes) -> None:
    assert host.call(load(host, ECHO), data).output == data


def test_gas_is_the_same_for_the_same_input(host: WasmHost) -> None:
    node = load(host, ECHO)
    assert len({host.call(node, b"x" * 100).gas for _ in range(10)}) == 1


def test_a_call_leaves_nothing_for_the_next(host: WasmHost) -> None:
    """The node gives what it finds at 9000, then writes its input's length there."""
    text = """(module
      (memory (export "memory") 1)
      (global $count (mut i32) (i32.const 0))
      (func (export "logos_alloc") (param i32) (result i32) i32.const 16384)
      (func (export "logos_call") (param i32 i32) (result i64)
        (i32.store (i32.const 1) (i32.load (i32.const 9000)))
        (i32.store (i32.const 5) (global.get $count))
        (i32.store (i32.const 9000) (local.get 1))
        (global.set $count (local.get 1))
        (i64.const 9))
      (@custom "logos.descriptor" "{}"))"""
    node = load(host, text)
    for length in (7, 8, 9):
        assert host.call(node, b"." * length).output == bytes(8)


def test_memory_given_back_by_a_greedy_node_is_zero_for_the_next(host: WasmHost) -> None:
    """One node fills 16 MiB with ones; the other looks for one anywhere in its own."""
    fill = load(
        host,
        """(module
          (memory (export "memory") 256)
          (func (export "logos_alloc") (param i32) (result i32) i32.const 0)
          (func (export "logos_call") (param i32 i32) (result i64)
            (memory.fill (i32.const 0) (i32.const 1) (i32.const 16777216))
            (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))
            (i64.const 1))
          (@custom "logos.descriptor" "{}"))""",
    )
    look = load(
        host,
        """(module
          (memory (export "memory") 256)
          (func (export "logos_alloc") (param i32) (result i32) i32.const 0)
          (func (export "logos_call") (param i32 i32) (result i64) (local $at i32) (local $or i64)
            (loop
              (local.set $or (i64.or (local.get $or) (i64.load (local.get $at))))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (br_if 0 (i32.lt_u (local.get $at) (i32.const 16777216))))
            (i64.store (i32.const 1) (local.get $or))
            (i64.const 9))
          (@custom "logos.descriptor" "{}"))""",
    )
    for _ in range(3):
        host.call(fill, b"")
        assert host.call(look, b"").output == bytes(8)


def test_the_memory_limit_is_the_calls_own(host: WasmHost) -> None:
    node = load(host, ECHO)  # 33 pages at the start
    assert host.call(node, b"", memory=33 * 65_536).output == b""
    with pytest.raises(NodeFailure) as caught:
        host.call(node, b"", memory=33 * 65_536 - 1)
    assert caught.value.code == "E_NODE_MEMORY"


def test_an_input_over_the_limit_is_refused_before_the_node_runs(host: WasmHost) -> None:
    node = load(host, ECHO)
    assert len(host.call(node, bytes(MAX_INPUT_BYTES - 1)).output) == MAX_INPUT_BYTES - 1
    error = failure(host, node, bytes(MAX_INPUT_BYTES + 1))
    assert (error.code, error.gas) == ("E_NODE_INPUT", 0)


def test_a_node_that_was_not_loaded_is_not_called(host: WasmHost) -> None:
    with pytest.raises(InvalidInput) as caught:
        host.call(content_id(b"nobody's module"), b"")
    assert caught.value.code == "E_NODE_NOT_LOADED"


@pytest.mark.parametrize(("gas", "memory"), [(-1, 0), (2**63, 0), (0, -1), (0, 2**63)])
def test_an_allowance_is_a_number_that_makes_sense(host: WasmHost, gas: int, memory: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        host.call(load(host, ECHO), b"", gas=gas, memory=memory)
    assert caught.value.code == "E_NODE_ALLOWANCE"


def test_bytes_are_only_loaded_under_their_own_id(host: WasmHost) -> None:
    with pytest.raises(InvalidInput) as caught:
        host.load(content_id(b"other"), assemble(ECHO))
    assert caught.value.code == "E_MODULE_ID"


def test_a_module_that_admission_refuses_is_not_compiled(host: WasmHost) -> None:
    wasm = assemble('(module (import "env" "system" (func)))')
    with pytest.raises(Rejected) as caught:
        host.load(content_id(wasm), wasm)
    assert caught.value.code == "E_ADMIT_IMPORT"


def test_threads_call_side_by_side_and_each_gets_its_own_answer(host: WasmHost) -> None:
    echo = load(host, ECHO)
    trap = load(host, (HOSTILE / "trap_division.wat").read_text())

    def work(thread: int) -> bool:
        for turn in range(100):
            data = f"{thread}/{turn}".encode()
            if host.call(echo, data).output != data:
                return False
            failure(host, trap)
        return True

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(16)))


def test_two_threads_that_load_one_node_both_can_call_it(tmp_path: Path) -> None:
    host = WasmHost(tmp_path, KEY)
    with ThreadPoolExecutor(8) as pool:
        nodes = list(pool.map(lambda _: load(host, ECHO), range(8)))
    assert host.call(nodes[0], b"x").output == b"x"


def test_a_trap_is_survived_after_faulthandler_has_taken_the_signals(host: WasmHost) -> None:
    node = load(host, (HOSTILE / "trap_out_of_bounds.wat").read_text())
    was_enabled = faulthandler.is_enabled()
    faulthandler.enable()
    try:
        assert failure(host, node).code == "E_NODE_TRAP"
    finally:
        if not was_enabled:
            faulthandler.disable()


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_process_that_enables_faulthandler_late_survives_each_kind_of_trap() -> None:
    """In a process of its own: pytest has a faulthandler, a program has not."""
    files = [str(HOSTILE / f"{name}.wat") for name in ("trap_division", "trap_out_of_bounds")]
    done = run_python(
        f"""
import faulthandler, pathlib
from logos_wasm_host import CompiledNode, NodeStopped, assemble
for file in {files!r}:
    node = CompiledNode.compile(assemble(pathlib.Path(file).read_text()))
    for late in (False, True, True):
        if late:
            faulthandler.enable()
        try:
            node.call(b"", 1_000_000, 1 << 20)
        except NodeStopped as stopped:
            print(stopped.args[1])
"""
    )
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.splitlines()
        == ["integer divide by zero"] * 3 + ["out of bounds memory access"] * 3
    )


def child(wasm: bytes, connection: object) -> None:
    node = CompiledNode.compile(wasm)
    connection.send(node.call(b"spawned", GAS, 1 << 22))  # type: ignore[attr-defined]


def test_a_spawned_process_compiles_for_itself() -> None:
    CompiledNode.compile(assemble(ECHO))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=child, args=(assemble(ECHO), theirs))
    process.start()
    theirs.close()
    assert ours.recv()[0] == b"spawned"
    process.join()
    assert process.exitcode == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_calls_and_restores_and_is_told_that_it_cannot_compile() -> None:
    node = CompiledNode.compile(assemble(ECHO))
    artefact = node.artefact()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        outcome = b""
        try:
            outcome += node.call(b"called ", GAS, 1 << 22)[0]
            outcome += CompiledNode.restore(artefact).call(b"restored ", GAS, 1 << 22)[0]
            CompiledNode.compile(assemble(ECHO))
        except HostRefused as refused:
            outcome += refused.args[0].encode()
        finally:
            os.write(write, outcome)
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == b"called restored E_HOST_FORKED"
    os.waitpid(pid, 0)
