"""Hostile use of every import, and calls that try to leave something for the next."""

from __future__ import annotations

import base64
import struct
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logos_wasm_host import IMPORTS, CompiledNode, NodeStopped, assemble

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.execution.executor import NodeFailure
from logos_graph.wasm.runtime import WasmHost
from tests.wasm.guests import DESCRIPTOR, module

GAS = 20_000_000
MEMORY = 4 * 65_536
KEY = b"a key of this test only"
WIDTH = {"i32": 32, "i64": 64}

# Addresses and lengths around every border of a node with one page, and around what wraps.
EDGES = [0, 1, 2, 3, 8, 16, 4096, 65_528, 65_535, 65_536, 65_537, 2**31 - 1, 2**31, 2**32 - 16]
EDGES += [2**32 - 8, 2**32 - 4, 2**32 - 1]


def caller(row: tuple[str, str, str, str, list[str]]) -> CompiledNode:
    """A node that hands its input, eight bytes each, to one import as its parameters."""
    prefix = "" if row[0] == "logos" else "wasi_"
    arguments = "".join(
        f"({kind}.load (i32.add (local.get $at) (i32.const {8 * index})))"
        for index, kind in enumerate(row[2].split())
    )
    call = f"(call ${prefix}{row[1]} {arguments})"
    body = f"(drop {call})" if row[3] else call
    done = "(i32.store8 (i32.const 0) (i32.const 0)) (i64.const 1)"
    return CompiledNode.compile(module(body + done, names=(row[1],)))


def some_answer(operation: str, request: bytes) -> bytes:
    """An answer of the right form, and a long one where the length is free."""
    if operation == "clock.now":
        return bytes(8)
    if operation == "random.bytes":
        return request + bytes(int.from_bytes(request, "little"))
    if operation == "kv.get":
        return b"\1" + struct.pack("<I", 5) + b"12345"
    return b"" if operation.startswith("kv.") else bytes(100)


CODES = {"E_NODE_CALL", "E_NODE_TRAP", "E_NODE_GAS"}


def outcome(node: CompiledNode, arguments: tuple[int, ...], gas: int = GAS) -> tuple[Any, ...]:
    """What a call gave, or (code, reason, gas, log) of its end."""
    data = b"".join((value % 2**64).to_bytes(8, "little") for value in arguments)
    try:
        return node.call(data, gas, MEMORY, some_answer)
    except NodeStopped as stopped:
        ended = stopped.args
    assert ended[0] in CODES, ended
    return ended


@pytest.mark.parametrize("row", IMPORTS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_no_argument_of_any_import_does_more_than_end_the_call(
    row: tuple[str, str, str, str, list[str]],
) -> None:
    node = caller(row)
    count = len(row[2].split())
    for edge in EDGES:
        arguments = (edge,) * count
        assert outcome(node, arguments) == outcome(node, arguments)
    if count > 1:
        for first, second in product(EDGES, EDGES):
            outcome(node, (*(1,) * (count - 2), first, second))
            outcome(node, (first, second, *(64,) * (count - 2)))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_arguments_at_random_give_the_same_outcome_twice(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(IMPORTS))
    value = st.sampled_from(EDGES) | st.integers(0, 2**64 - 1)
    arguments = tuple(data.draw(value) for _ in row[2].split())
    node = _callers.setdefault(row[1], None) or caller(row)
    _callers[row[1]] = node
    assert outcome(node, arguments) == outcome(node, arguments)


_callers: dict[str, CompiledNode | None] = {}


def test_an_answer_longer_than_its_bound_never_reaches_the_node() -> None:
    """The bound is the extension's own, for whoever answers without types."""
    (row,) = (row for row in IMPORTS if row[1] == "http_request")
    node = caller(row)
    data = bytes(16)
    assert node.call(data, GAS, MEMORY, lambda *_: bytes(1 << 20))[0] == b""
    with pytest.raises(NodeStopped) as caught:
        node.call(data, GAS, MEMORY, lambda *_: bytes((1 << 20) + 1))
    assert caught.value.args[0] == "E_NODE_CALL"


@pytest.mark.parametrize("answer", [b"", b"\2", b"\1", b"\1\5\0\0\0abc", b"\0\0", b"\1" + bytes(5)])
def test_an_answer_that_is_none_of_its_type_ends_the_call(answer: bytes) -> None:
    (row,) = (row for row in IMPORTS if row[1] == "kv_get")
    data = (16).to_bytes(8, "little") + (3).to_bytes(8, "little")
    with pytest.raises(NodeStopped) as caught:
        caller(row).call(data, GAS, MEMORY, lambda *_: answer)
    assert caught.value.args[1] == "kv_get: the answer does not fit what was asked"


PAGES = 40
LEAK = """(global $g (mut i64) (i64.const 0))
  (global $h (mut f64) (f64.const 0))"""
FILL = f"""
  (drop (memory.grow (i32.const {PAGES - 1})))
  (memory.fill (i32.const 0) (i32.const 0x53) (i32.const {PAGES * 65_536}))
  (global.set $g (i64.const 0x5353535353535353)) (global.set $h (f64.const 53))
  (i32.store (i32.const 16) (i32.const 0x79656b))
  (drop (call $kv_get (i32.const 16) (i32.const 3)))
  (call $log_write (i32.const 1) (i32.const 64) (i32.const 64))"""
LEAVES = {
    "done": "(i32.store8 (i32.const 0) (i32.const 0)) (i64.const 1)",
    "failed": "(i32.store8 (i32.const 0) (i32.const 1)) (i64.const 64)",
    "trapped": "unreachable",
    "out of gas": "(loop (br 0)) unreachable",
    "wrong": "(call $take_answer (i32.const 0) (i32.const 1)) (i64.const 1)",
}
# Gives an or over all of its memory, each global, and how much memory it began with.
LOOK = f"""(local $or i64)
  (local.set $or (i64.extend_i32_u (i32.sub (memory.size) (i32.const 1))))
  (drop (memory.grow (i32.const {PAGES - 1})))
  (local.set $at (i32.const 0))
  (loop
    (local.set $or (i64.or (local.get $or) (i64.load (local.get $at))))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if 0 (i32.lt_u (local.get $at) (i32.const {PAGES * 65_536}))))
  (local.set $or (i64.or (local.get $or) (global.get $g)))
  (local.set $or (i64.or (local.get $or) (i64.reinterpret_f64 (global.get $h))))
  (i64.store (i32.const 1) (local.get $or))
  (i64.const 9)"""
NAMES = ("kv_get", "take_answer", "log_write")
SECRET = base64.b64encode(b"S" * 1_000).decode()


def secret(operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
    return {"value": SECRET}


def bare(body: str, more: str = "") -> bytes:
    """A node whose memory holds nothing to begin with."""
    return module(body, more, NAMES).replace(b"key", b"\0\0\0")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> WasmHost:
    return WasmHost(tmp_path_factory.mktemp("compiled"), KEY)


def loaded(host: WasmHost, wasm: bytes) -> ContentId:
    host.load(content_id(wasm), wasm)
    return content_id(wasm)


@pytest.mark.parametrize("how", LEAVES)
def test_whatever_a_call_leaves_behind_no_later_call_on_any_thread_finds_it(
    host: WasmHost, how: str
) -> None:
    """One node fills all there is with a secret; others look everywhere for it, and it for itself.

    It ends in each way that a call can end. The waiting answer must be gone, and so must the log.
    """
    fill = loaded(host, bare(FILL + LEAVES[how], LEAK))
    look = loaded(host, bare(LOOK, LEAK))
    take = loaded(host, bare("(call $take_answer (i32.const 0) (i32.const 1000)) (i64.const 1)"))

    def work(turn: int) -> bool:
        if turn % 3 == 0:
            try:
                log = host.call(fill, b"", secret, gas=GAS).log
            except NodeFailure as failure:
                log = failure.log
            return [record.text for record in log] == ["S" * 64]
        if turn % 3 == 1:
            seen = host.call(look, b"")
            return seen.output == bytes(8) and seen.log == ()
        try:
            host.call(take, b"")
        except NodeFailure as failure:
            return failure.reason == "take_answer: no answer waits"
        return False

    assert all(work(turn) for turn in range(6))
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(90)))


def test_a_node_finds_its_own_table_and_globals_as_they_were_declared(host: WasmHost) -> None:
    wasm = assemble(
        f"""(module
          (memory (export "memory") 1)
          (global $turn (mut i32) (i32.const 41))
          (table 2 funcref) (elem (i32.const 0) $one $two)
          (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
          (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
          (func (export "logos_call") (param i32 i32) (result i64)
            (global.set $turn (i32.add (global.get $turn) (i32.const 1)))
            (i32.store8 (i32.const 1) (global.get $turn))
            (i32.store8 (i32.const 2) (call_indirect (result i32) (i32.const 0)))
            (i32.store8 (i32.const 3) (call_indirect (result i32) (i32.const 1)))
            (i64.const 4))
          {DESCRIPTOR})"""
    )
    node = loaded(host, wasm)
    with ThreadPoolExecutor(4) as pool:
        outputs = set(pool.map(lambda _: host.call(node, b"").output, range(40)))
    assert outputs == {bytes([42, 1, 2])}
