"""Types of ports as Rust: the SDK's macros declare each, so that it has the same text outside."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import count
from typing import Final

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput
from logos_graph.graph.typetree import (
    Bool,
    Bytes,
    Decimal,
    Enum,
    Integer,
    List,
    Option,
    Record,
    String,
    Tuple,
    Type,
    Variant,
)

__all__ = ["RUST_WORDS", "RustTypes", "field_name", "samples"]

_WORDS: Final = (
    "abstract as async await become box break const continue crate do dyn else enum "
    "extern false final fn for gen if impl in let loop macro match mod move mut "
    "override priv pub ref return self static struct super trait true try type typeof "
    "unsafe unsized use virtual where while yield"
)
RUST_WORDS: Final = frozenset(_WORDS.split())
"""Words of Rust, none of which can be a plain name."""
_NEVER_RAW: Final = frozenset({"crate", "self", "super"})
_MOST_PARTS: Final = 2_000
"""Parts of one type: what a source can hold is bounded."""
_ODD: Final = "    #[allow(non_camel_case_types)]\n"


class RustTypes:
    """The types that one source declares. Names are made of those outside, `past-payment` as
    `PastPayment`; where that would read back as another name, words keep their underscores.
    """

    def __init__(self) -> None:
        self._declared: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._parts = 0

    @property
    def declarations(self) -> str:
        """Every declaration, each after those that it needs."""
        return "".join(f"\n{each}" for each in self._declared.values())

    def name(self, type_: Type) -> str:
        """How Rust calls the type; what it needs is declared.

        Raises InvalidInput E_ADAPTER_TYPE.
        """
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _refused(f"a type of more than {_MOST_PARTS} parts", "take it apart before")
        match type_:
            case Bool():
                return "bool"
            case Integer(bits, signed):
                return f"{'i' if signed else 'u'}{bits}"
            case Decimal(scale):
                return f"::logos_sdk::Decimal<{scale}>"
            case String():
                return "::std::string::String"
            case Bytes():
                return "::logos_sdk::Bytes"
            case List(item):
                return f"::std::vec::Vec<{self.name(item)}>"
            case Option(item):
                return f"::std::option::Option<{self.name(item)}>"
            case Tuple(items):
                return f"({', '.join(map(self.name, items))},)"
            case Record() | Enum() | Variant():
                return self._declare(type_)

    def _declare(self, type_: Record | Enum | Variant) -> str:
        ident = _type_name(type_.name)
        known = self._texts.setdefault(ident, type_.text)
        if known != type_.text:
            raise _refused(
                f"two types called {type_.name}", "give one of them another name, or write the node"
            )
        if ident not in self._declared:
            self._declared[ident] = self._declaration(ident, type_)
        return ident

    def _declaration(self, ident: str, type_: Record | Enum | Variant) -> str:
        match type_:
            case Record(_, fields):
                macro, kind = "record", "struct"
                members = [f"{field_name(each.name)}: {self.name(each.type)}" for each in fields]
            case Enum(_, cases):
                macro, kind = "enumeration", "enum"
                members = [_type_name(each) for each in cases]
            case Variant(_, payloads):
                macro, kind = "variant", "enum"
                members = [
                    _type_name(each.name) + (f"({self.name(each.type)})" if each.type else "")
                    for each in payloads
                ]
        lines = "".join(f"        {member},\n" for member in members)
        names = [ident, *(_type_name(each) for each in _cases(type_))]
        odd = any("_" in name for name in names)
        return f"{macro}! {{\n{_ODD if odd else ''}    pub {kind} {ident} {{\n{lines}    }}\n}}\n"


def _cases(type_: Record | Enum | Variant) -> tuple[str, ...]:
    match type_:
        case Enum(_, cases):
            return cases
        case Variant(_, payloads):
            return tuple(each.name for each in payloads)
        case _:
            return ()


def field_name(name: str) -> str:
    """A kebab-case name as Rust's fields, functions and ports have it."""
    ident = name.replace("-", "_")
    if ident in _NEVER_RAW:
        raise _refused(f"{name} as a name", "Rust keeps this word for itself")
    return f"r#{ident}" if ident in RUST_WORDS else ident


def _type_name(name: str) -> str:
    words = [word.capitalize() for word in name.split("-")]
    joined = "".join(words)
    ident = joined if _kebab(joined) == name else "_".join(words)
    if ident == "Self":
        raise _refused(f"{name} as a name", "Rust keeps this word for itself")
    return ident


def _kebab(ident: str) -> str:
    """As the SDK reads a name (sdk/src/text.rs), of one without underscores."""
    kebab = ""
    for at, letter in enumerate(ident):
        after = ident[at + 1 : at + 2]
        begins = letter.isupper() and (not ident[at - 1].isupper() or after.islower())
        kebab += ("-" if at and begins else "") + letter.lower()
    return kebab


def samples(type_: Type) -> Json:
    """A value of the type, in which numbers and texts are told apart where that is possible."""
    return _sample(type_, count(1))


def _sample(type_: Type, numbers: Iterator[int]) -> Json:
    match type_:
        case Bool():
            return next(numbers) % 2 == 1
        case Integer():
            return next(numbers) % 100
        case Decimal(scale):
            number = str(next(numbers))
            return f"{number}.{'0' * scale}" if scale else number
        case String():
            return f"text {next(numbers)}"
        case Bytes():
            return base64.b64encode(f"{next(numbers)}".encode()).decode()
        case List(item):
            return [_sample(item, numbers)]
        case Option(item):
            return _sample(item, numbers)
        case Tuple(items):
            return [_sample(item, numbers) for item in items]
        case Record(_, fields):
            return {field.name: _sample(field.type, numbers) for field in fields}
        case Enum(_, cases):
            return cases[next(numbers) % len(cases)]
        case Variant(_, payloads):
            case = payloads[next(numbers) % len(payloads)]
            return {case.name: _sample(case.type, numbers) if case.type else None}


def _refused(what: str, hint: str) -> InvalidInput:
    return InvalidInput("E_ADAPTER_TYPE", f"an adapter cannot have {what}", hint=hint)
