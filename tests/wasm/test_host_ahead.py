"""Real nodes begun before their turn: the same bytes, and a pool that survives what befalls it."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logos_wasm_host import assemble

from logos_graph.canon import ContentId, Json, content_id, encode
from logos_graph.execution import HostResult, RunRecord, execute
from logos_graph.execution.plan import Plan, plan
from logos_graph.execution.replay import replay
from logos_graph.graph import Component, Node, Port, check_flow, parse_flow_file, parse_type
from logos_graph.wasm.runtime import WasmHost, imports_anything
from logos_graph.wasm.workers import Work, shared_workers
from tests.execution.test_calls import Ticking
from tests.wasm.guests import imports

KEY = b"a key of this test only"
U32 = parse_type("u32")
X, Z, Y = (Port(name, U32) for name in "xzy")
LONG, SHORT = 300_000, 10
"""Rounds of a loop: with these a call is long, or not."""


def module(rounds: int, inputs: int, before: str = "", names: tuple[str, ...] = ()) -> bytes:
    """Mixes the sum of its inputs for so many rounds; fails when the sum is a multiple of seven."""
    total = "(i32.load (i32.const 4096))"
    if inputs == 2:
        total = f"(i32.add {total} (i32.load (i32.const 4100)))"
    return assemble(
        f"""(module {imports(*names) if names else ""}
          (memory (export "memory") 1)
          (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
          (func (export "logos_call") (param i32 i32) (result i64)
            (local $sum i32) (local $round i32)
            (local.set $sum {total})
            {before}
            (if (i32.eqz (i32.rem_u (local.get $sum) (i32.const 7))) (then unreachable))
            (loop $again
              (local.set $sum (i32.add
                (i32.mul (local.get $sum) (i32.const 1664525)) (i32.const 1013904223)))
              (br_if $again (i32.lt_u
                (local.tee $round (i32.add (local.get $round) (i32.const 1)))
                (i32.const {rounds}))))
            (i32.store (i32.const 1) (local.get $sum))
            (i64.const 5))
          (@custom "logos.descriptor" "{{}}"))"""
    )


MODULES = {
    "long": module(LONG, 1),
    "join": module(LONG, 2),
    "short": module(SHORT, 1),
    "asks": module(
        LONG, 1, "(local.set $sum (i32.add (local.get $sum) (i32.wrap_i64 (call $clock_now))))",
        ("clock_now",),
    ),
}  # fmt: skip
NODES: dict[str, Component] = {
    name: Node(content_id(data), (X, Z) if name == "join" else (X,), (Y,))
    for name, data in MODULES.items()
}


class OneByOne(WasmHost):
    """Begins nothing before its turn."""

    @property
    def room(self) -> int:
        return 0


class Beside(WasmHost):
    """Has two cores, whatever the machine has."""

    begun = 0

    @property
    def room(self) -> int:
        return 6

    def call_ahead(self, node: ContentId, data: bytes) -> Work[HostResult]:
        self.begun += 1
        return shared_workers(2).submit(lambda: self.call(node, data))


@cache
def hosts(folder: Path) -> tuple[OneByOne, Beside]:
    alone, beside = OneByOne(folder, KEY), Beside(folder, KEY)
    for host in (alone, beside):
        for name, data in MODULES.items():
            host.load(NODES[name].id, data)
    return alone, beside


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def planned(kinds: list[str], sources: list[list[str]]) -> Plan:
    """Placements p0, p1, … of these nodes, each fed from these ports."""
    edges = "".join(
        f'[[edges]]\nfrom = "{source}"\nto = "p{at}.{port.name}"\n'
        for at, (kind, froms) in enumerate(zip(kinds, sources, strict=True))
        for source, port in zip(froms, NODES[kind].inputs, strict=True)
    )
    text = (
        '[flow]\nname = "drawn"\n[inputs]\nx = "u32"\n[placements]\n'
        + "".join(f'p{at} = "{kind}"\n' for at, kind in enumerate(kinds))
        + edges
        + "[outputs]\n"
        + "".join(f'o{at} = "p{at}.y"\n' for at in range(len(kinds)))
    )
    flow = check_flow(parse_flow_file(text), NODES.__getitem__)
    return plan(flow, {component.id: component for component in NODES.values()})


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    kinds = draw(st.lists(st.sampled_from(sorted(NODES)), min_size=2, max_size=9))
    sources = [
        [
            draw(st.sampled_from(["input.x", *(f"p{earlier}.y" for earlier in range(at))]))
            for _ in NODES[kind].inputs
        ]
        for at, kind in enumerate(kinds)
    ]
    return planned(kinds, sources)


def run(host: WasmHost, ready: Plan, x: int) -> bytes:
    inputs: dict[str, Json] = {"x": x}
    return encode(execute(ready, inputs, host, Ticking()).to_mutation("run", "intent"))


@settings(max_examples=60, deadline=None)
@given(ready=plans(), x=st.integers(0, 2**32 - 1))
def test_plans_with_parallel_branches_on_and_off_give_the_same_bytes(
    folder: Path, ready: Plan, x: int
) -> None:
    alone, beside = hosts(folder)
    for _ in range(2):  # the second time, no node is cold
        assert run(beside, ready, x) == run(alone, ready, x)
    record = execute(ready, {"x": x}, beside, Ticking())
    assert replay(record, ready, beside).same


WIDE = (["long"] * 8, [["input.x"]] * 8)


def done(record: RunRecord) -> bool:
    assert record.failure is None, record.failure
    return len(record.outputs) == len(WIDE[0])


def test_a_wide_flow_begins_all_but_its_first_step_when_its_node_is_known_to_be_long(
    folder: Path,
) -> None:
    host = Beside(folder, KEY)
    host.load(NODES["long"].id, MODULES["long"])
    assert done(execute(planned(*WIDE), {"x": 1}, host))
    assert host.begun == 6  # the first was cold, and the second was called at its turn
    assert done(execute(planned(*WIDE), {"x": 1}, host))
    assert host.begun == 6 + 7


def test_long_is_what_asks_nothing_and_took_much_gas_last_time(folder: Path) -> None:
    host, _ = hosts(folder)
    data = (1).to_bytes(4, "little")
    for name in ("long", "short"):
        host.call(NODES[name].id, data)
    host.call(NODES["asks"].id, data, lambda _operation, _arguments: {"time": 1})
    assert NODES["long"].id in host.long
    assert not {NODES["short"].id, NODES["asks"].id} & {*host.long}
    assert [name for name in MODULES if host.asks(NODES[name].id)] == ["asks"]


def test_an_empty_import_section_is_none() -> None:
    header = b"\0asm\1\0\0\0"
    assert not imports_anything(header)
    assert not imports_anything(header + b"\x02\x01\x00")
    assert imports_anything(header + b"\x00\x02\x01a" + b"\x01\x01\x00" + b"\x02\x05\x01aaaa")


def _in_child(folder: Path, sender: Any) -> None:
    _, beside = hosts(folder)  # as the parent left it
    before = beside.begun
    record = execute(planned(*WIDE), {"x": 1}, beside)
    sender.send((encode(record.to_mutation("run", "intent")), beside.begun - before))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_starts_workers_of_its_own(folder: Path) -> None:
    _, beside = hosts(folder)
    ready = planned(*WIDE)
    execute(ready, {"x": 1}, beside)
    expected = execute(ready, {"x": 1}, beside)
    assert beside.begun
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_in_child, args=(folder, theirs))
    child.start()
    assert ours.poll(60)
    assert ours.recv() == (encode(expected.to_mutation("run", "intent")), 7)
    child.join()
    assert child.exitcode == 0


LEAVES = """
import sys
from pathlib import Path
from tests.wasm.test_host_ahead import LONG, NODES, Beside, KEY, module
from logos_graph.canon import content_id
endless = module(2**31, 1)
host = Beside(Path(sys.argv[1]), KEY)
host.load(content_id(endless), endless)
begun = [host.call_ahead(content_id(endless), bytes([1, 0, 0, 0])) for _ in range(20)]
while not any(work._taken.locked() for work in begun):
    pass
print("leaving", flush=True)
"""


def test_a_process_ends_in_good_order_while_calls_are_under_way(folder: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LEAVES, str(folder)], capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "leaving\n", "")
