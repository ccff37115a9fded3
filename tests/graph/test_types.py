"""Types: what is read, what is printed, what is refused."""

import pytest

from logos_graph.canon import content_id
from logos_graph.errors import InvalidInput
from logos_graph.graph.types import parse_type
from logos_graph.graph.typetree import (
    MAX_TYPE_DEPTH,
    MAX_TYPE_TEXT,
    Bool,
    Enum,
    Integer,
    List,
    Option,
    Tuple,
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("bool", "bool"),
        (" u8 ", "u8"),
        ("s64", "s64"),
        ("decimal< 2 >", "decimal<2>"),
        ("decimal<0>", "decimal<0>"),
        ("list<option<string>>", "list<option<string>>"),
        ("tuple<bool,bytes>", "tuple<bool, bytes>"),
        ("record past{amount:decimal<2>,at:u64,}", "record past { amount: decimal<2>, at: u64 }"),
        ("enum currency {\n eur,\n usd\n}", "enum currency { eur, usd }"),
        ("variant answer{yes,no:string}", "variant answer { yes, no: string }"),
        ("record record { list: list<u8> }", "record record { list: list<u8> }"),
    ],
)
def test_any_spacing_is_read_and_one_is_printed(written: str, canonical: str) -> None:
    type_ = parse_type(written)
    assert type_.text == str(type_) == canonical
    assert type_.id == content_id(canonical.encode())
    assert parse_type(canonical) == type_


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E_TYPE_SYNTAX"),
        ("u8 u8", "E_TYPE_SYNTAX"),
        ("list<u8", "E_TYPE_SYNTAX"),
        ("list", "E_TYPE_SYNTAX"),
        ("enum e { a,, b }", "E_TYPE_SYNTAX"),
        ("record r { a b }", "E_TYPE_SYNTAX"),
        ("record { a: u8 }", "E_TYPE_SYNTAX"),
        ("u8;", "E_TYPE_SYNTAX"),
        ("ü8", "E_TYPE_SYNTAX"),
        ("f64", "E_TYPE_UNKNOWN"),
        ("u7", "E_TYPE_UNKNOWN"),
        ("Bool", "E_TYPE_UNKNOWN"),
        ("decimal<19>", "E_TYPE_SCALE"),
        ("decimal<02>", "E_TYPE_SCALE"),
        ("decimal<two>", "E_TYPE_SCALE"),
        ("option<option<u8>>", "E_TYPE_OPTION"),
        ("record r { }", "E_TYPE_EMPTY"),
        ("tuple<>", "E_TYPE_EMPTY"),
        ("enum e {}", "E_TYPE_EMPTY"),
        ("record r { a: u8, a: u8 }", "E_TYPE_DUPLICATE"),
        ("enum e { a, a }", "E_TYPE_DUPLICATE"),
        ("variant v { a: u8, a }", "E_TYPE_DUPLICATE"),
        ("enum Big { a }", "E_TYPE_NAME"),
        ("enum e { snake_case }", "E_TYPE_NAME"),
        ("enum e { a- }", "E_TYPE_NAME"),
        ("enum e { " + "a" * 65 + " }", "E_TYPE_NAME"),
        ("list<" * MAX_TYPE_DEPTH + "u8" + ">" * MAX_TYPE_DEPTH, "E_TYPE_DEPTH"),
        ("list<" * 2000 + "u8" + ">" * 2000, "E_TYPE_DEPTH"),
        (" " * MAX_TYPE_TEXT + "u8", "E_TYPE_SIZE"),
    ],
)
def test_what_is_not_a_type_is_refused_by_its_own_code(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_type(text)
    assert refused.value.code == code


def test_the_deepest_type_is_read() -> None:
    around = MAX_TYPE_DEPTH - 1
    text = "list<" * around + "u8" + ">" * around
    assert parse_type(text).text == text


def test_a_type_whose_canonical_text_would_be_too_long_is_refused() -> None:
    # Shorter than the limit as written; each comma gains a space when printed.
    cases = ",".join(f"c{index}" for index in range(2500))
    written = f"enum e{{{cases}}}"
    assert len(written) <= MAX_TYPE_TEXT < len(written.replace(",", ", "))
    with pytest.raises(InvalidInput) as refused:
        parse_type(written)
    assert refused.value.code == "E_TYPE_SIZE"


def test_a_syntax_error_names_the_column() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_type("list<u8]")
    assert refused.value.data["column"] == 8
    assert "column 8: expected '>', found ']'" in refused.value.message


def test_a_named_type_stands_for_its_type() -> None:
    named = {"past": parse_type("record past { at: u64 }")}
    assert parse_type("list<past>", named) == List(named["past"])


def test_named_types_cannot_double_for_ever() -> None:
    named = {"a0": parse_type("tuple<u64, u64, u64, u64, u64, u64, u64, u64>")}

    def double() -> None:
        for level in range(1, 12):
            eight = ", ".join([f"a{level - 1}"] * 8)
            named[f"a{level}"] = parse_type(f"tuple<{eight}>", named)

    with pytest.raises(InvalidInput) as refused:
        double()
    assert refused.value.code == "E_TYPE_SIZE"


def test_named_types_cannot_nest_deeper_than_written_ones() -> None:
    deep = parse_type("list<" * 10 + "u8" + ">" * 10)
    assert parse_type("list<" * 5 + "deep" + ">" * 5, {"deep": deep})
    with pytest.raises(InvalidInput) as refused:
        parse_type("list<" * 6 + "deep" + ">" * 6, {"deep": deep})
    assert refused.value.code == "E_TYPE_DEPTH"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Integer(12, signed=False),
        lambda: Option(Option(Bool())),
        lambda: Tuple(()),
        lambda: Enum("e", ("a", "a")),
    ],
)
def test_an_ill_formed_type_cannot_be_made(make: object) -> None:
    with pytest.raises(InvalidInput):
        make()  # type: ignore[operator]
