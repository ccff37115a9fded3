"""The stock adapters: each is built, and every example of it run as WebAssembly."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput, LogosError
from logos_graph.graph import ports_codec
from logos_graph.graph.component import Port
from logos_graph.graph.types import parse_type
from logos_graph.graph.typetree import Type
from logos_graph.wasm.adapters import adapter, adapter_names, adapter_purpose, field_adapter
from logos_graph.wasm.author_tests import State, try_out
from logos_graph.wasm.builder import MAX_SOURCE, Builder
from logos_graph.wasm.rust_types import samples
from tests.graph.test_codec import TYPES

PAYMENT = (
    "record payment { from-account: string, amount: decimal<2>, type: enum way-1 { up, down-2 },"
    " limit: variant limit { none, up-to: decimal<4> }, history: list<record past-payment"
    " { at: u64, ok: bool }>, pair: tuple<s8, option<bytes>>, a-1: u8 }"
)


@pytest.mark.parametrize("name", adapter_names())
def test_an_adapter_builds_without_a_warning_and_does_what_its_examples_say(
    name: str, cache: Path
) -> None:
    trial = try_out(Builder(cache), adapter(name).encode())
    assert trial.built.diagnostics == ()
    assert trial.admitted.descriptor.name == name
    assert trial.admitted.needs == frozenset()
    assert adapter_purpose(name) in trial.admitted.descriptor.docs
    assert len(trial.outcomes) >= 1
    assert {outcome.state for outcome in trial.outcomes} == {State.OK}, trial.outcomes


@pytest.mark.parametrize(
    "field", ["from-account", "amount", "type", "limit", "history", "pair", "a-1"]
)
def test_a_field_is_taken_out_of_a_record_of_exactly_this_type(field: str, cache: Path) -> None:
    type_ = parse_type(PAYMENT)
    name, source = field_adapter(type_, field)
    trial = try_out(Builder(cache), source.encode())
    assert trial.built.diagnostics == ()
    descriptor = trial.admitted.descriptor
    assert descriptor.name == name == f"payment-{field}"
    assert [(port.name, port.type) for port in descriptor.inputs] == [("record", type_)]
    assert [port.name for port in descriptor.outputs] == [field]
    assert [outcome.state for outcome in trial.outcomes] == [State.OK], trial.outcomes


def test_the_same_type_and_field_give_the_same_node(cache: Path, tmp_path: Path) -> None:
    text = "record pair { one: u8, other: string }"
    spaced = "record  pair {one:u8,other:string}"
    first, again = (field_adapter(parse_type(each), "other") for each in (text, spaced))
    assert first == again
    ids = {try_out(Builder(each), first[1].encode()).admitted.id for each in (cache, tmp_path)}
    assert len(ids) == 1


@given(TYPES)
def test_a_sample_is_a_value_of_its_type(type_: Type) -> None:
    codec = ports_codec((Port("value", type_),))
    value: dict[str, Json] = {"value": samples(type_)}
    ((_, read),) = codec.read(b"".join(codec.write(value)))
    assert read == value["value"]


@given(TYPES)
def test_any_type_gives_a_bounded_source_or_a_named_refusal(type_: Type) -> None:
    record = parse_type(f"record whole {{ one: {type_.text}, two: bool }}")
    (made, again) = (_made(record), _made(record))
    assert made == again
    assert made == "E_ADAPTER_TYPE" or 0 < len(made.encode()) < MAX_SOURCE


def _made(record: Type) -> str:
    """The source of the adapter for the field `two`, or the code of the refusal."""
    try:
        return field_adapter(record, "two")[1]
    except LogosError as refused:
        return refused.code


@pytest.mark.parametrize(
    ("text", "field", "code"),
    [
        ("u8", "amount", "E_ADAPTER_RECORD"),
        ("record payment { amount: u8 }", "sum", "E_ADAPTER_FIELD"),
        ("record payment { self: u8 }", "self", "E_ADAPTER_TYPE"),
        ("record self { amount: u8 }", "amount", "E_ADAPTER_TYPE"),
        ("record a { x: record b { y: u8 }, z: record b { y: u16 } }", "x", "E_ADAPTER_TYPE"),
    ],
)
def test_what_cannot_be_made_is_refused_by_name(text: str, field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        field_adapter(parse_type(text), field)
    assert refused.value.code == code


def test_an_adapter_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        adapter("../starter")
    assert refused.value.code == "E_ADAPTER"
