"""The codec: one binary form and one JSON form for each value, and nothing else is read."""

from base64 import b64encode
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Json
from logos_graph.canon import encode as canonical
from logos_graph.errors import InvalidInput
from logos_graph.graph.codec import MAX_VALUE, decode, encode, ports_codec
from logos_graph.graph.codec_scalars import decimal_text
from logos_graph.graph.component import Port
from logos_graph.graph.types import parse_type
from logos_graph.graph.typetree import (
    Bool,
    Bytes,
    Case,
    Decimal,
    Enum,
    Field,
    Integer,
    List,
    Option,
    Record,
    String,
    Tuple,
    Type,
    Variant,
)

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
SCALARS: st.SearchStrategy[Type] = st.one_of(
    st.just(Bool()),
    st.just(String()),
    st.just(Bytes()),
    st.builds(Integer, st.sampled_from([8, 16, 32, 64]), st.booleans()),
    st.builds(Decimal, st.integers(0, 18)),
    st.builds(Enum, NAMES, st.lists(NAMES, min_size=1, max_size=4, unique=True).map(tuple)),
)


def _around(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    fields = st.lists(
        st.builds(Field, NAMES, inner), min_size=1, max_size=4, unique_by=lambda each: each.name
    )
    cases = st.lists(
        st.builds(Case, NAMES, st.none() | inner),
        min_size=1,
        max_size=4,
        unique_by=lambda each: each.name,
    )
    return st.one_of(
        st.builds(List, inner),
        st.builds(Option, inner.filter(lambda type_: not isinstance(type_, Option))),
        st.builds(Tuple, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Record, NAMES, fields.map(tuple)),
        st.builds(Variant, NAMES, cases.map(tuple)),
    )


TYPES = st.recursive(SCALARS, _around, max_leaves=8)
NFC_TEXT = st.text(st.characters(exclude_categories=["Cs", "Mn"]), max_size=8).filter(
    lambda text: text == normalize("NFC", text)
)


def values(type_: Type) -> st.SearchStrategy[Json]:
    """All JSON values of a type."""
    match type_:
        case Bool():
            return st.booleans()
        case Integer():
            return st.integers(type_.low, type_.high - 1)
        case Decimal(scale):
            digits = st.integers(-(10**6), 10**6) | st.integers(Decimal.low, Decimal.high - 1)
            return digits.map(lambda unscaled: decimal_text(unscaled, scale))
        case String():
            return NFC_TEXT
        case Bytes():
            return st.binary(max_size=8).map(lambda data: b64encode(data).decode())
        case List(item):
            return st.lists(values(item), max_size=3)
        case Option(item):
            return st.none() | values(item)
        case Tuple(items):
            return st.tuples(*map(values, items)).map(list)
        case Record(_, fields):
            return st.fixed_dictionaries({field.name: values(field.type) for field in fields})
        case Enum(_, cases):
            return st.sampled_from(cases)
        case Variant(_, cases):
            return st.one_of(
                [
                    st.fixed_dictionaries(
                        {case.name: values(case.type) if case.type else st.none()}
                    )
                    for case in cases
                ]
            )


TYPED_VALUES = TYPES.flatmap(lambda type_: st.tuples(st.just(type_), values(type_)))


@given(TYPES)
def test_a_printed_type_reads_back_as_itself(type_: Type) -> None:
    assert parse_type(type_.text) == type_
    assert parse_type(type_.text.replace(" ", "  ").replace(",", " ,")) == type_


@given(TYPED_VALUES)
def test_every_value_comes_back_as_it_was(typed: tuple[Type, Json]) -> None:
    type_, value = typed
    back = decode(type_, encode(type_, value))
    assert back == value
    assert canonical(back) == canonical(value)  # True is not 1 here


@given(TYPED_VALUES, st.data())
def test_cut_bytes_are_refused_or_are_another_exact_value(
    typed: tuple[Type, Json], data: st.DataObject
) -> None:
    type_, value = typed
    whole = encode(type_, value)
    cut = whole[: data.draw(st.integers(0, max(0, len(whole) - 1)))]
    _refused_or_exact(type_, cut)


@given(TYPED_VALUES, st.data())
def test_a_flipped_byte_is_refused_or_is_another_exact_value(
    typed: tuple[Type, Json], data: st.DataObject
) -> None:
    type_, value = typed
    whole = bytearray(encode(type_, value))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    _refused_or_exact(type_, bytes(whole))


@given(TYPES, st.binary(max_size=64))
def test_any_bytes_are_refused_or_are_an_exact_value(type_: Type, data: bytes) -> None:
    _refused_or_exact(type_, data)


def _refused_or_exact(type_: Type, data: bytes) -> None:
    code, value = _decoded(type_, data)
    if code:
        assert code.startswith("E_CODEC_")
    else:
        assert encode(type_, value) == data


def _decoded(type_: Type, data: bytes) -> tuple[str, Json]:
    try:
        return "", decode(type_, data)
    except InvalidInput as refused:
        return refused.code, None


def test_every_truncation_of_a_payment_is_refused() -> None:
    type_ = parse_type("record p { amount: decimal<2>, note: option<string>, days: list<u16> }")
    whole = encode(type_, {"amount": "1.00", "note": "é", "days": [1, 2]})
    for end in range(len(whole)):
        with pytest.raises(InvalidInput) as refused:
            decode(type_, whole[:end])
        assert refused.value.code == "E_CODEC_TRUNCATED"
    with pytest.raises(InvalidInput) as refused:
        decode(type_, whole + b"\0")
    assert refused.value.code == "E_CODEC_TRAILING"


@pytest.mark.parametrize(
    ("type_text", "value", "hexadecimal"),
    [
        ("bool", True, "01"),
        ("u16", 258, "0201"),
        ("s8", -1, "ff"),
        ("decimal<2>", "-0.05", "fb" + "ff" * 15),
        ("decimal<0>", "7", "07" + "00" * 15),
        ("string", "é", "02000000c3a9"),
        ("bytes", "AQI=", "020000000102"),
        ("list<u8>", [7, 8], "020000000708"),
        ("option<u8>", None, "00"),
        ("option<u8>", 9, "0109"),
        ("tuple<u8, bool>", [1, False], "0100"),
        ("record r { b: u8, a: u8 }", {"a": 1, "b": 2}, "0201"),
        ("enum e { x, y }", "y", "01000000"),
        ("variant v { x, y: u8 }", {"x": None}, "00000000"),
        ("variant v { x, y: u8 }", {"y": 5}, "0100000005"),
        ("variant v { x: option<u8> }", {"x": None}, "0000000000"),
    ],
)
def test_the_binary_form_is_the_documented_one(
    type_text: str, value: Json, hexadecimal: str
) -> None:
    type_ = parse_type(type_text)
    assert encode(type_, value).hex() == hexadecimal
    assert decode(type_, bytes.fromhex(hexadecimal)) == value


@pytest.mark.parametrize(
    ("type_text", "value", "code"),
    [
        ("bool", 1, "E_VALUE_TYPE"),
        ("u8", True, "E_VALUE_TYPE"),
        ("u8", 1.0, "E_VALUE_TYPE"),
        ("u8", "1", "E_VALUE_TYPE"),
        ("u8", 256, "E_VALUE_RANGE"),
        ("u8", -1, "E_VALUE_RANGE"),
        ("u8", 10**2000, "E_VALUE_RANGE"),
        ("decimal<2>", 1, "E_VALUE_TYPE"),
        ("decimal<2>", "1", "E_VALUE_DECIMAL"),
        ("decimal<2>", "1.0", "E_VALUE_DECIMAL"),
        ("decimal<2>", "1.000", "E_VALUE_DECIMAL"),
        ("decimal<2>", "-0.00", "E_VALUE_DECIMAL"),
        ("decimal<2>", "01.00", "E_VALUE_DECIMAL"),
        ("decimal<2>", "+1.00", "E_VALUE_DECIMAL"),
        ("decimal<2>", "1.00\n", "E_VALUE_DECIMAL"),
        ("decimal<2>", "١.٠٠", "E_VALUE_DECIMAL"),
        ("decimal<0>", "1.", "E_VALUE_DECIMAL"),
        ("decimal<0>", str(1 << 127), "E_VALUE_DECIMAL"),
        ("decimal<2>", "9" * 5000 + ".00", "E_VALUE_DECIMAL"),
        ("string", "e\u0301", "E_VALUE_NFC"),
        ("string", "\ud800", "E_VALUE_UTF8"),
        ("bytes", "AQI", "E_VALUE_BASE64"),
        ("bytes", "AQJ=", "E_VALUE_BASE64"),
        ("bytes", "A QI=", "E_VALUE_BASE64"),
        ("bytes", "é", "E_VALUE_BASE64"),
        ("tuple<u8>", [], "E_VALUE_LENGTH"),
        ("list<u8>", {}, "E_VALUE_TYPE"),
        ("record r { a: u8 }", {}, "E_VALUE_FIELD_MISSING"),
        ("record r { a: u8 }", {"a": 1, "b": 2}, "E_VALUE_FIELD_UNKNOWN"),
        ("enum e { a }", "b", "E_VALUE_CASE"),
        ("variant v { a }", {"b": None}, "E_VALUE_CASE"),
        ("variant v { a }", "a", "E_VALUE_TYPE"),
        ("variant v { a }", {"a": 1}, "E_VALUE_TYPE"),
        ("bytes", "AAAA" * (MAX_VALUE // 3), "E_VALUE_SIZE"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_own_code(
    type_text: str, value: Json, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        encode(parse_type(type_text), value)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("type_text", "hexadecimal", "code"),
    [
        ("bool", "02", "E_CODEC_BOOL"),
        ("option<u8>", "0201", "E_CODEC_OPTION"),
        ("enum e { a }", "01000000", "E_CODEC_CASE"),
        ("variant v { a }", "ffffffff", "E_CODEC_CASE"),
        ("string", "01000000ff", "E_CODEC_UTF8"),
        ("string", "03000000eda080", "E_CODEC_UTF8"),
        ("string", "0300000065cc81", "E_CODEC_NFC"),
        ("string", "ffffffff41", "E_CODEC_TRUNCATED"),
        ("list<bool>", "ffffffff01", "E_CODEC_TRUNCATED"),
    ],
)
def test_bytes_that_are_no_value_are_refused_by_their_own_code(
    type_text: str, hexadecimal: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode(parse_type(type_text), bytes.fromhex(hexadecimal))
    assert refused.value.code == code


def test_a_refusal_names_the_path_of_the_value() -> None:
    type_ = parse_type("record p { history: list<record past { amount: decimal<2> }> }")
    value: Json = {"history": [{"amount": "1.00"}, {"amount": "1.5"}]}
    with pytest.raises(InvalidInput) as refused:
        encode(type_, value, "payment")
    assert refused.value.data["path"] == "payment.history[1].amount"
    assert refused.value.message.startswith("payment.history[1].amount: '1.5' is no decimal<2>")
    variant = parse_type("tuple<u8, variant v { a: list<bool> }>")
    with pytest.raises(InvalidInput) as refused:
        decode(variant, bytes.fromhex("00 00000000 02000000 01 07"), "answer")
    assert refused.value.data["path"] == "answer[1].a[1]"


def test_a_ports_codec_names_the_port_that_is_wrong() -> None:
    codec = ports_codec((Port("total", parse_type("u8")), Port("safe", parse_type("bool"))))
    assert codec.read(b"\x07\x01") == [(b"\x07", 7), (b"\x01", True)]
    with pytest.raises(InvalidInput) as refused:
        codec.read(b"\x07\x02")
    assert refused.value.data["path"] == "safe"
