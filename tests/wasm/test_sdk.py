"""The SDK: what a node says about itself, and how it speaks with the host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logos_graph.canon import Json, content_id
from logos_graph.errors import Rejected
from logos_graph.execution import NodeFailure
from logos_graph.graph.codec import ports_codec
from logos_graph.graph.descriptor import Descriptor
from logos_graph.graph.types import parse_type
from logos_graph.wasm.admission import admit
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.runtime import WasmHost

ECHO = """use logos_sdk::prelude::*;

enumeration! { pub enum Outcome { Approved, /// To a person.
    HandedOver, HTTPError } }
variant! {
    /// How far.
    ///
    /// Or not.
    pub enum Limit { None, UpTo(Decimal<2>), /// One by one.
        Steps(Vec<u16>) }
}
record! {
    /// An inner record.
    #[derive(Eq)]
    pub struct PastPayment { amount: Decimal<18>, /** Its "kind". */ r#type: Option<bool> }
}
record! {
    pub struct Everything {
        flags: Vec<bool>,
        small: (u8, i8, u16, i16),
        large: (u32, i32, u64, i64),
        /// Who pays: "IBAN".
        from_account: String,
        raw: Bytes,
        history: Vec<PastPayment>,
        limit: Limit,
        outcome: Option<Outcome>,
        alone: (Decimal<0>,),
    }
}

node! {
    /// Gives back what it gets: "quoted", a \\ backslash and é.
    ///
    /// Second paragraph.
    fn echo_all(
        /// What comes.
        everything: Everything,
        other: String,
    ) -> (
        /// What goes.
        same: Everything,
        other: String,
    ) {
        (everything, other)
    }
}
"""
EVERYTHING = (
    "record everything { flags: list<bool>, small: tuple<u8, s8, u16, s16>,"
    " large: tuple<u32, s32, u64, s64>, from-account: string, raw: bytes,"
    " history: list<record past-payment { amount: decimal<18>, type: option<bool> }>,"
    " limit: variant limit { none, up-to: decimal<2>, steps: list<u16> },"
    " outcome: option<enum outcome { approved, handed-over, http-error }>,"
    " alone: tuple<decimal<0>> }"
)

MISBEHAVE = """use logos_sdk::prelude::*;

enumeration! { pub enum How { Well, Fail, Panic, Overflow, Index, Unwrap, Sum, Long } }

node! {
    fn misbehave(how: How, number: u32) -> (result: u32) {
        match how {
            How::Well => number,
            How::Fail => fail!("no luck with {}", number),
            How::Panic => panic!("number {} is bad", number),
            How::Overflow => number + u32::MAX,
            How::Index => [1, 2, 3][number as usize],
            How::Unwrap => "x".parse::<u32>()?,
            How::Sum => (Decimal::<2>::MAX + Decimal::ONE).units() as u32,
            How::Long => panic!("{}", "é".repeat(2000)),
        }
    }
}
"""


class Node:
    """A node built, admitted and loaded."""

    def __init__(self, builder: Builder, host: WasmHost, source: str) -> None:
        module = builder.build(source.encode()).module
        self.id = content_id(module)
        self.descriptor: Descriptor = admit(module).descriptor
        self._host = host
        host.load(self.id, module)

    def raw(self, data: bytes) -> bytes:
        return self._host.call(self.id, data).output

    def encode(self, *values: Json) -> bytes:
        names = [port.name for port in self.descriptor.inputs]
        codec = ports_codec(self.descriptor.inputs)
        return b"".join(codec.write(dict(zip(names, values, strict=True))))

    def __call__(self, *values: Json) -> list[Json]:
        codec = ports_codec(self.descriptor.outputs)
        return [value for _, value in codec.read(self.raw(self.encode(*values)))]


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def load(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Node]:
    host = WasmHost(tmp_path_factory.mktemp("host"), bytes(range(32)))
    return lambda source: Node(builder, host, source)


@pytest.fixture(scope="module")
def echo(load: Callable[[str], Node]) -> Node:
    return load(ECHO)


@pytest.fixture(scope="module")
def misbehave(load: Callable[[str], Node]) -> Node:
    return load(MISBEHAVE)


def test_the_descriptor_has_names_docs_and_types_in_the_hosts_own_words(echo: Node) -> None:
    said = echo.descriptor
    assert said.name == "echo-all"
    assert said.docs == (
        'Gives back what it gets: "quoted", a \\ backslash and é.\n\nSecond paragraph.'
    )
    assert [(port.name, port.type.text) for port in said.inputs] == [
        ("everything", EVERYTHING),
        ("other", "string"),
    ]
    assert [(port.name, port.type.text) for port in said.outputs] == [
        ("same", EVERYTHING),
        ("other", "string"),
    ]
    assert parse_type(EVERYTHING).text == EVERYTHING


def test_the_docs_of_fields_and_cases_are_in_the_descriptor(echo: Node) -> None:
    everything, other = echo.descriptor.inputs
    assert everything.docs == "What comes."
    assert everything.members == (
        ("from-account", 'Who pays: "IBAN".'),
        ("history", "An inner record."),
        ("history.type", 'Its "kind". '),
        ("limit", "How far.\n\nOr not."),
        ("limit.steps", "One by one."),
        ("outcome.handed-over", "To a person."),
    )
    assert echo.descriptor.outputs[0].members == everything.members
    assert other.members == ()


def test_docs_as_long_as_a_descriptor_can_hold_are_built(builder: Builder) -> None:
    fields = "".join(f"/// {'words ' * 50}\nfield_{at}: u8,\n" for at in range(60))
    docs = f"/// {'words ' * 20}\n" * 100
    source = (
        "use logos_sdk::prelude::*;\n"
        f"record! {{ pub struct Wide {{ {fields} }} }}\n"
        f"node! {{\n{docs} fn rule(wide: Wide) -> same: Wide {{ wide }} }}"
    )
    descriptor = admit(builder.build(source.encode()).module).descriptor
    assert len(descriptor.docs) > 10_000
    assert len(descriptor.inputs[0].members) == len(descriptor.outputs[0].members) == 60


def test_a_value_may_nest_as_deep_as_a_type(load: Callable[[str], Node]) -> None:
    port = "Vec<" * 15 + "u8" + ">" * 15
    node = load(
        "use logos_sdk::prelude::*;\n"
        f"node! {{ fn rule(value: {port}) -> same: {port} {{ value }} }}"
    )
    value: Json = 7
    for _ in range(15):
        value = [value]
    assert node(value) == [value]


def integers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low = -(1 << (bits - 1)) if signed else 0
    return st.integers(low, low + (1 << bits) - 1)


def decimals(scale: int) -> st.SearchStrategy[str]:
    def text(units: int) -> str:
        digits = str(abs(units)).rjust(scale + 1, "0")
        sign = "-" if units < 0 else ""
        return sign + (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits)

    return integers(128, signed=True).map(text)


TEXTS = st.text(st.characters(codec="ascii")) | st.sampled_from(["", "é", "𝔘", "日本", "\0\n"])
FOUR_INTEGERS = {
    name: st.tuples(*(integers(b, signed=s) for b in bits for s in (False, True))).map(list)
    for name, bits in (("small", (8, 16)), ("large", (32, 64)))
}
EVERYTHINGS = st.fixed_dictionaries(
    {
        "flags": st.lists(st.booleans()),
        **FOUR_INTEGERS,
        "from-account": TEXTS,
        "raw": st.sampled_from(["", "AA==", "/+8=", "AAEC"]),
        "history": st.lists(
            st.fixed_dictionaries({"amount": decimals(18), "type": st.none() | st.booleans()}),
            max_size=4,
        ),
        "limit": st.one_of(
            st.just({"none": None}),
            st.fixed_dictionaries({"up-to": decimals(2)}),
            st.fixed_dictionaries({"steps": st.lists(integers(16, signed=False), max_size=4)}),
        ),
        "outcome": st.sampled_from([None, "approved", "handed-over", "http-error"]),
        "alone": st.tuples(decimals(0)).map(list),
    }
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(everything=EVERYTHINGS, other=TEXTS)
def test_node_and_host_agree_on_the_bytes_of_every_value(
    echo: Node, everything: Json, other: str
) -> None:
    assert echo(everything, other) == [everything, other]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(everything=EVERYTHINGS, cut=st.integers(1, 10_000))
def test_an_input_that_ends_early_is_refused_by_the_node(
    echo: Node, everything: Json, cut: int
) -> None:
    data = echo.encode(everything, "other")
    with pytest.raises(NodeFailure, match="the input ends too early") as failed:
        echo.raw(data[: -1 - cut % len(data)])
    assert failed.value.code == "E_NODE_FAILED"


def test_bytes_left_over_are_refused_by_the_node(misbehave: Node) -> None:
    with pytest.raises(NodeFailure, match="bytes left over"):
        misbehave.raw(misbehave.encode("well", 1) + b"\0")


@pytest.mark.parametrize(
    ("port", "data", "reason"),
    [
        ("bool", b"\2", "a bool is neither 0 nor 1"),
        ("Option<u8>", b"\2\0", "an option's mark is neither 0 nor 1"),
        ("String", b"\1\0\0\0\xff", "a string is not UTF-8"),
        ("Vec<u8>", b"\xff\xff\xff\xff\0", "the input ends too early"),
        ("How", b"\2\0\0\0", "there is no such case"),
        ("Which", b"\2\0\0\0", "there is no such case"),
    ],
)
def test_bytes_that_are_no_value_are_refused_by_the_node(
    load: Callable[[str], Node], port: str, data: bytes, reason: str
) -> None:
    node = load(
        "use logos_sdk::prelude::*;\n"
        "enumeration! { pub enum How { A, B } }\nvariant! { pub enum Which { A, B(u8) } }\n"
        f"node! {{ fn rule(value: {port}) -> ok: bool {{ drop(value); true }} }}"
    )
    with pytest.raises(NodeFailure, match=reason) as failed:
        node.raw(data)
    assert failed.value.code == "E_NODE_FAILED"


def test_a_failure_that_the_node_reports_is_its_reason(misbehave: Node) -> None:
    assert misbehave("well", 7) == [7]
    with pytest.raises(NodeFailure) as failed:
        misbehave("fail", 7)
    assert (failed.value.code, failed.value.reason) == ("E_NODE_FAILED", "no luck with 7")
    with pytest.raises(NodeFailure, match="invalid digit"):
        misbehave("unwrap", 7)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("panic", "number 7 is bad (node.rs:10)"),
        ("overflow", "attempt to add with overflow (node.rs:11)"),
        ("index", "index out of bounds: the len is 3 but the index is 7 (node.rs:12)"),
        ("sum", "a decimal sum does not fit (node.rs:14)"),
        ("long", "é" * 510),
    ],
)
def test_a_panic_tells_its_message_and_its_line(misbehave: Node, how: str, reason: str) -> None:
    with pytest.raises(NodeFailure) as failed:
        misbehave(how, 7)
    assert (failed.value.code, failed.value.reason) == ("E_NODE_PANIC", reason)


@pytest.mark.parametrize(
    ("port", "reason"),
    [
        ("f64", "`f64: Port` is not satisfied"),
        ("Vec<f32>", "`f32: Port` is not satisfied"),
        ("usize", "`usize: Port` is not satisfied"),
        ("Option<Option<u8>>", "two ways to say nothing"),
        ("Decimal<19>", "at most 18 fraction digits"),
        ("Vec<" * 16 + "u8" + ">" * 16, "nests deeper than 16"),
    ],
)
def test_a_type_that_no_port_has_does_not_compile(builder: Builder, port: str, reason: str) -> None:
    source = (
        f"use logos_sdk::prelude::*;\nnode! {{ fn rule(value: {port}) -> ok: bool {{ true }} }}"
    )
    assert reason in compile_errors(builder, source)


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ("record! { pub struct P { a__b: u8 } }", "underscores in a name"),
        ("record! { pub struct P { a_: u8 } }", "underscores in a name"),
        ("record! { pub struct P { é: u8 } }", "starts with a letter"),
        ("record! { pub struct P { a" + "b" * 64 + ": u8 } }", "at most 64 characters"),
        ("record! { pub struct P { again: Vec<P> } }", "E0391"),
        ("record! { pub struct P { } }", "expected"),
    ],
)
def test_a_record_that_has_no_type_text_does_not_compile(
    builder: Builder, declared: str, reason: str
) -> None:
    rule = "node! { fn rule(value: P) -> ok: bool { true } }"
    source = f"use logos_sdk::prelude::*;\n{declared}\n{rule}"
    assert reason in compile_errors(builder, source)


def test_a_decimal_constant_with_the_wrong_digits_does_not_compile(builder: Builder) -> None:
    source = (
        "use logos_sdk::prelude::*;\nnode! { fn rule(value: u8) -> ok: bool { value > 1 } }\n"
        'const A: Decimal<2> = Decimal::literal("1.5");'
    )
    assert "exactly the fraction digits" in compile_errors(builder, source)


def compile_errors(builder: Builder, source: str) -> str:
    with pytest.raises(Rejected) as refused:
        builder.build(source.encode())
    assert refused.value.code == "E_COMPILE"
    return str(refused.value.data["diagnostics"])


def test_memory_that_a_node_gives_back_last_is_used_again(load: Callable[[str], Node]) -> None:
    node = load(
        "use logos_sdk::prelude::*;\n"
        "node! { fn rule(rounds: u32) -> sum: u64 {\n"
        "    (0..rounds).map(|round| vec![round as u8; 1 << 16].len() as u64).sum()\n"
        "} }"
    )
    assert node(1_000) == [1_000 << 16]  # four times the memory that a call has


def test_a_module_holds_no_path_of_this_machine(builder: Builder) -> None:
    module = builder.build(ECHO.encode()).module
    assert str(Path(__file__).parents[2]).encode() not in module
    assert b"/builder/" not in module
