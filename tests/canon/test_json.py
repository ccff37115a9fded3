"""Canonical JSON: one text for each value, and every refusal by its own code."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import (
    MAX_BYTES,
    Json,
    encode,
    encode_parsed,
    encode_text,
    json_id,
    parse,
    parse_known,
    verify,
)
from logos_graph.errors import InvalidInput, LogosError, Rejected

VECTORS = Path(__file__).parent / "vectors"


def vectors(name: str) -> list[object]:
    lines = (VECTORS / name).read_text(encoding="utf-8").splitlines()
    return [pytest.param(row, id=row["name"]) for row in map(json.loads, lines)]


def nfc(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


TEXT = st.text(st.characters(codec="utf-8"), max_size=20).filter(nfc)
SCALARS = st.none() | st.booleans() | st.integers() | TEXT
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=30,
)


def code_of(raised: pytest.ExceptionInfo[LogosError]) -> str:
    return raised.value.code


@pytest.mark.parametrize("row", vectors("accepted.jsonl"))
def test_every_accepted_text_has_this_canonical_form_and_id(row: dict[str, str]) -> None:
    value = parse(row["input"].encode())
    assert encode(value) == row["canonical"].encode()
    assert encode_text(value) == row["canonical"]
    assert json_id(value) == row["id"]
    assert verify(row["canonical"].encode()) == value
    assert parse(row["input"]) == value


@pytest.mark.parametrize("row", vectors("refused.jsonl"))
def test_every_refused_text_has_its_own_code(row: dict[str, str]) -> None:
    data = bytes.fromhex(row["input_hex"])
    for read in (parse, verify):
        with pytest.raises(InvalidInput) as raised:
            read(data)
        assert code_of(raised) == row["error"]
        json.dumps(raised.value.to_json(), ensure_ascii=False).encode()


@pytest.mark.parametrize("row", vectors("not_canonical.jsonl"))
def test_another_text_of_a_value_is_named_by_its_first_wrong_byte(row: dict[str, str]) -> None:
    data = row["input"].encode()
    parse(data)
    with pytest.raises(Rejected) as raised:
        verify(data)
    assert code_of(raised) == "E_NOT_CANONICAL"
    assert raised.value.data["offset"] == row["offset"]


@given(VALUES)
def test_what_was_encoded_parses_back(value: Json) -> None:
    data = encode(value)
    assert parse(data) == value
    assert verify(data) == value
    assert encode(parse(data)) == data


@given(VALUES)
def test_what_is_known_to_be_canonical_has_the_same_text_and_value(value: Json) -> None:
    text = encode_text(value)
    assert encode_parsed(value) == text
    assert parse_known(text) == value


@given(VALUES)
def test_any_json_writer_s_text_leads_to_the_same_canonical_text(value: Json) -> None:
    for other in (json.dumps(value), json.dumps(value, indent=2, ensure_ascii=False)):
        assert encode(parse(other)) == encode(value)


@given(st.dictionaries(TEXT, st.none(), min_size=2))
def test_keys_are_in_the_order_of_their_utf8_bytes(value: dict[str, Json]) -> None:
    keys = list(json.loads(encode(value)))
    assert keys == sorted(keys, key=lambda key: key.encode())


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode(errors="ignore")))
def test_hostile_bytes_are_refused_by_code_or_have_one_canonical_text(data: bytes) -> None:
    try:
        value = parse(data)
    except InvalidInput:
        return
    assert verify(encode(value)) == value


@given(st.text(alphabet='[]{}",:01-+.eE \\utfnl\u0301', max_size=24))
def test_almost_json_is_read_as_python_reads_it_or_refused(text: str) -> None:
    try:
        value = parse(text)
    except InvalidInput:
        return
    assert json.loads(text) == value


@pytest.mark.parametrize("digits", [639, 640, 641, 4300, 4301, 20_000])
def test_integers_of_any_size_survive_whatever_python_s_own_limit_is(digits: int) -> None:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        for text in ("9" * digits, "-1" + "0" * (digits - 1), "1" + "0" * (digits - 2) + "7"):
            value = parse(text)
            assert isinstance(value, int)
            assert encode_text(value) == encode_parsed(value) == text
            assert parse_known(f'{{"n":{text}}}') == {"n": value}
            assert encode_text({"b": [value], "a": "\n"}) == '{"a":"\\n","b":[' + text + "]}"
        assert parse("9" * digits) == 10**digits - 1
    finally:
        sys.set_int_max_str_digits(before)


@given(st.integers(min_value=-(10**1500), max_value=10**1500))
def test_long_integers_are_python_s_digits(value: int) -> None:
    assert encode_text(value) == str(value)
    assert parse(str(value)) == value


def test_the_size_limit_is_exact() -> None:
    assert parse('"abc"', max_bytes=5) == "abc"
    assert encode("é", max_bytes=4) == '"é"'.encode()
    for refused in (
        lambda: parse('"abcd"', max_bytes=5),
        lambda: parse('"é"', max_bytes=3),
        lambda: parse('"é"'.encode(), max_bytes=3),
        lambda: encode("é", max_bytes=3),
        lambda: parse(" " * (MAX_BYTES + 1)),
        lambda: encode("a" * (MAX_BYTES - 1)),
    ):
        with pytest.raises(InvalidInput) as raised:
            refused()
        assert code_of(raised) == "E_SIZE"
    assert len(encode("a" * (MAX_BYTES - 2))) == MAX_BYTES


def test_a_nest_that_would_overflow_the_stack_is_refused_by_depth() -> None:
    for text in ("[" * 200_000, '{"":' * 200_000, '["' + "\\\\" * 50 + '",' + "[" * 70):
        with pytest.raises(InvalidInput) as raised:
            parse(text)
        assert code_of(raised) == "E_DEPTH"
    circle: list[Json] = []
    circle.append(circle)
    with pytest.raises(InvalidInput) as raised:
        encode(circle)
    assert code_of(raised) == "E_DEPTH"


def test_depth_is_counted_alike_in_reading_and_writing() -> None:
    deep: Json = 1
    for _ in range(64):
        deep = [deep]
    assert parse(encode(deep)) == deep
    with pytest.raises(InvalidInput) as raised:
        encode([deep])
    assert code_of(raised) == "E_DEPTH"


@pytest.mark.parametrize(
    ("value", "code", "path"),
    [
        ({"a": [0, {"b": 1.5}]}, "E_FLOAT", "$.a[1].b"),
        (float("nan"), "E_FLOAT", "$"),
        ({"a": ["x", "e\u0301"]}, "E_NFC", "$.a[1]"),
        ({"e\u0301": 1}, "E_NFC", "$.e\u0301"),
        (["\ud800"], "E_UTF8", "$[0]"),
        ({"\udfff": 1}, "E_UTF8", "$.\\udfff"),
        ((1, 2), "E_JSON", "$"),
        ({"a": b"x"}, "E_JSON", "$.a"),
        ({1: 2}, "E_JSON", "$"),
        ({"a": {None: 2}}, "E_JSON", "$.a"),
        ([{1, 2}], "E_JSON", "$[0]"),
    ],
)
def test_a_value_that_is_not_canonical_json_is_refused_where_it_stands(
    value: Json, code: str, path: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        encode(value)
    assert (raised.value.code, raised.value.data["path"]) == (code, path)
    str(raised.value).encode()


def test_a_string_enum_is_written_as_its_value() -> None:
    class Colour(StrEnum):
        RED = "red"

    assert encode({"c": Colour.RED, Colour.RED: 1}) == b'{"c":"red","red":1}'


def test_numbers_that_python_takes_for_equal_have_different_texts() -> None:
    assert encode([True, 1, False, 0]) == b"[true,1,false,0]"


def test_not_json_is_located_by_line_column_and_byte() -> None:
    with pytest.raises(InvalidInput) as raised:
        parse('{"é":\n  tru}')
    assert (raised.value.code, raised.value.data["offset"]) == ("E_JSON", 9)
    assert (raised.value.data["line"], raised.value.data["column"]) == (2, 3)


# --- the short way for what is canonical already ----------------------------------------------


def slowly(data: bytes, **limits: int) -> Json:
    """`verify` by its definition."""
    value = parse(data, **limits)
    if encode(value, **limits) != data:
        raise Rejected("E_NOT_CANONICAL", "it is not")
    return value


def outcome(check: Callable[..., Json], data: bytes, **limits: int) -> tuple[str, object]:
    try:
        return "value", encode(check(data, **limits), max_depth=1000)
    except LogosError as error:
        return "error", error.code


FRAGMENTS = st.sampled_from(
    [*'[]{},:"-.0123456789eE\\ \n', "true", "null", "NaN", "Infinity", "-0", "1.5", "1e2", "01",
     "\u00e9", "e\u0301", "\u0303", "\\n\u0303", "\\u0041", "\\ud800", "\\u0007", "\\u001F",
     '"a"', '"b":1', '{"a":1,"a":2}', '{"b":1,"a":2}', "[[[[", "]]]]", "9" * 700, "\ud800",
     "\u2028", "\x7f", "\ufeff"]
)  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=8).map("".join), st.integers(0, 4))
def test_the_short_way_refuses_what_the_long_one_does(text: str, depth: int) -> None:
    for data in (text.encode("utf-8", "surrogatepass"), text.encode("utf-16", "surrogatepass")):
        for limits in ({}, {"max_depth": depth}, {"max_bytes": depth * 4}):
            assert outcome(verify, data, **limits) == outcome(slowly, data, **limits)


@given(VALUES, st.integers(0, 200), st.sampled_from([b"", b" ", b"0", b'"', b"\xff", b"e\xcc\x81"]))
def test_what_was_changed_in_one_place_is_judged_by_both_alike(
    value: Json, at: int, put: bytes
) -> None:
    data = encode(value)
    assert outcome(verify, data) == ("value", data)
    changed = data[:at] + put + data[at + 1 :]
    assert outcome(verify, changed) == outcome(slowly, changed)


@pytest.mark.parametrize("data", [b"[" * 5000, b"[" * 200_000, b"9" * 5000, b"-" + b"9" * 5000])
def test_the_short_way_gives_up_where_the_long_one_knows_better(data: bytes) -> None:
    assert outcome(verify, data) == outcome(slowly, data)
