"""Real nodes: Rust source, built, admitted and called; how each way to fail is told to people."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from logos_graph.canon import ContentId
from logos_graph.execution.executor import NodeFailure
from logos_graph.wasm.admission import admit
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.runtime import WasmHost

FIVE = struct.pack("<I", 5)


class Workshop:
    """A builder and a host that share a folder."""

    def __init__(self, folder: Path) -> None:
        self._builder = Builder(folder)
        self.host = WasmHost(folder / "compiled", b"a key of this test only")

    def node(self, body: str, items: str = "") -> ContentId:
        """A node over one u32, published as far as this layer goes."""
        source = f"""use logos_sdk::prelude::*;
{items}
node! {{ fn rule(number: u32) -> result: u32 {{
{body}
}} }}
"""
        module = self._builder.build(source.encode()).module
        admitted = admit(module)
        assert admitted.imports == ()
        self.host.load(admitted.id, module)
        return admitted.id

    def failure(self, node: ContentId, gas: int = 50_000_000) -> NodeFailure:
        with pytest.raises(NodeFailure) as caught:
            self.host.call(node, FIVE, gas=gas)
        return caught.value


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


def test_a_node_computes(workshop: Workshop) -> None:
    node = workshop.node("number * 2")
    assert workshop.host.call(node, FIVE).output == struct.pack("<I", 10)


def test_a_panic_is_told_with_its_message_and_its_line(workshop: Workshop) -> None:
    error = workshop.failure(workshop.node("let none: [u32; 0] = []; none[number as usize]"))
    assert error.code == "E_NODE_PANIC"
    assert "index out of bounds" in error.reason
    assert "node.rs:4" in error.reason


def test_an_arithmetic_overflow_is_a_panic_and_no_wrong_number(workshop: Workshop) -> None:
    error = workshop.failure(workshop.node("number - 6"))
    assert error.code == "E_NODE_PANIC"
    assert "overflow" in error.reason


def test_a_failure_of_the_nodes_own_is_told_in_its_words(workshop: Workshop) -> None:
    error = workshop.failure(workshop.node('return Err(Failure::new("no such account"));'))
    assert (error.code, error.reason) == ("E_NODE_FAILED", "no such account")


def test_an_endless_loop_uses_up_its_gas(workshop: Workshop) -> None:
    error = workshop.failure(workshop.node("let mut n = number; loop { n = n.rotate_left(n); }"))
    assert (error.code, error.gas) == ("E_NODE_GAS", 50_000_000)


def test_too_much_memory_is_told_as_such(workshop: Workshop) -> None:
    body = "let mut all = Vec::new(); loop { all.push(vec![number as u8; 1 << 20]); }"
    assert workshop.failure(workshop.node(body)).code == "E_NODE_MEMORY"


def test_unbounded_recursion_ends_and_the_process_lives_on(workshop: Workshop) -> None:
    items = """fn deep(n: u32) -> u32 { if n == 0 { 0 } else { deep(n - 1).max(wide(n)) } }
#[inline(never)] fn wide(n: u32) -> u32 { let all = [n; 64]; all[n as usize % 64] }"""
    error = workshop.failure(workshop.node("deep(number * 1_000_000)", items), gas=10**9)
    # The call depth, or before it the stack that the node keeps in its own memory.
    assert error.code in {"E_NODE_STACK", "E_NODE_TRAP"}
    assert workshop.host.call(workshop.node("number"), FIVE).output == FIVE
