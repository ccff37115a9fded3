"""The codec has two halves, one in the host and one in every node. Here both read the same mutated
bytes: what one takes for a value the other takes for the same value, or neither does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos_graph.canon import ContentId, content_id
from logos_graph.errors import InvalidInput
from logos_graph.execution import NodeFailure
from logos_graph.graph.codec import decode, encode
from logos_graph.graph.types import parse_type
from logos_graph.wasm.admission import admit
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.runtime import WasmHost
from tests.fuzz.seeds import EVERYTHING, VALUES

TYPE = parse_type(EVERYTHING)
VALUE = encode(TYPE, dict(VALUES)[EVERYTHING])
ECHO = """use logos_sdk::prelude::*;
enumeration! { pub enum Outcome { Approved, HandedOver, Refused } }
variant! { pub enum Limit { None, UpTo(Decimal<2>), Steps(Vec<u16>), Nested(Option<Outcome>) } }
record! {
    pub struct Payment { amount: Decimal<18>, approved: Option<bool>, outcome: Outcome }
}
record! {
    pub struct Everything {
        small: (u8, i8, u16, i16),
        large: (u32, i32, u64, i64),
        account: String,
        raw: Bytes,
        history: Vec<Payment>,
        limit: Limit,
        flags: Vec<Vec<bool>>,
    }
}
node! { fn echo(everything: Everything) -> same: Everything { everything } }
"""


@dataclass(frozen=True)
class Halves:
    """The host's half, and the one in a node that gives back what it gets."""

    host: WasmHost
    node: ContentId

    def agree(self, data: bytes) -> bool:
        """Whether the bytes are a value, as both say."""
        inside, (outside, code) = self._echoed(data), _decoded(data)
        if code == "E_CODEC_NFC":
            # That text is in NFC is for the host to check, on the way in and on the way out.
            assert inside in (None, data)
            return False
        assert inside == outside, (code, data.hex())
        assert inside in (None, data)
        return inside is not None

    def _echoed(self, data: bytes) -> bytes | None:
        try:
            return self.host.call(self.node, data).output
        except NodeFailure as failed:
            if failed.code != "E_NODE_FAILED":
                raise
            return None


def _decoded(data: bytes) -> tuple[bytes | None, str]:
    """The bytes of the value that the host reads, or the code of its refusal."""
    try:
        return encode(TYPE, decode(TYPE, data)), ""
    except InvalidInput as refused:
        return None, refused.code


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Halves:
    host = WasmHost(tmp_path_factory.mktemp("host"), bytes(range(32)))
    module = Builder(tmp_path_factory.mktemp("cache")).build(ECHO.encode()).module
    assert [port.type for port in admit(module).descriptor.inputs] == [TYPE]
    node = content_id(module)
    host.load(node, module)
    return Halves(host, node)


def flipped() -> Iterator[bytes]:
    """The value with each byte changed in turn, in each of its bits and in all."""
    for at in range(len(VALUE)):
        for change in (*(1 << bit for bit in range(8)), 0xFF):
            yield VALUE[:at] + bytes([VALUE[at] ^ change]) + VALUE[at + 1 :]


def test_both_take_the_value_itself(halves: Halves) -> None:
    assert halves.agree(VALUE)


def test_both_refuse_every_truncation_and_every_byte_more(halves: Halves) -> None:
    others = [VALUE[:end] for end in range(len(VALUE))]
    others += [VALUE + bytes([byte]) for byte in range(256)]
    assert not any(halves.agree(other) for other in others)


def test_both_judge_every_flipped_byte_alike(halves: Halves) -> None:
    verdicts = [halves.agree(other) for other in flipped()]
    assert any(verdicts)
    assert not all(verdicts)


@settings(
    deadline=None, max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_both_judge_any_mutation_alike(halves: Halves, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(VALUE)))
    end = data.draw(st.integers(start, min(start + 8, len(VALUE))))
    halves.agree(VALUE[:start] + data.draw(st.binary(max_size=8)) + VALUE[end:])
