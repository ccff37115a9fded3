"""Structural types of the values that travel on edges: the tree, its one text, its id.

    bool · u8 u16 u32 u64 s8 s16 s32 s64 · decimal<SCALE> · string · bytes
    list<T> · option<T> · tuple<A, B> · record NAME { field: T, … }
    enum NAME { case, … } · variant NAME { case, case: T, … }

Two ports fit together when their types have the same text; there is no coercion and no subtyping
(LOGOS, "no implicit coercion"). There is no float: a value on an edge must be exact to be replayed.

What a type may be is checked where it is made, so that a `Type` that exists is well-formed:
no name twice, nothing without a field or a case (an empty value would let four bytes stand for four
billion list items), no `option<option<T>>` (its JSON `null` would have two meanings).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, TypeAlias

from logos_graph.canon import ContentId, content_id
from logos_graph.errors import InvalidInput

__all__ = [
    "BUILTIN_WORDS",
    "INTEGER_WORDS",
    "MAX_NAME",
    "MAX_SCALE",
    "MAX_TYPE_DEPTH",
    "MAX_TYPE_TEXT",
    "Bool",
    "Bytes",
    "Case",
    "Decimal",
    "Enum",
    "Field",
    "Integer",
    "List",
    "Option",
    "Record",
    "String",
    "Tuple",
    "Type",
    "Variant",
    "check_name",
    "type_depth",
]

MAX_TYPE_TEXT = 16 * 1024
"""Longest type text in characters, as written and as printed."""
MAX_TYPE_DEPTH = 16
"""Deepest nesting; a scalar has depth 1."""
MAX_SCALE = 18
"""Most fraction digits of a decimal."""
MAX_NAME = 64

INTEGER_WORDS = {f"{sign}{bits}": (bits, sign == "s") for sign in "us" for bits in (8, 16, 32, 64)}
BUILTIN_WORDS = frozenset(INTEGER_WORDS) | {
    "bool",
    "bytes",
    "decimal",
    "enum",
    "list",
    "option",
    "record",
    "string",
    "tuple",
    "variant",
}

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")


def check_name(name: str, what: str, *, code: str = "E_TYPE_NAME") -> str:
    """Give `name` back if it is kebab-case (`risk-score`) of at most 64 characters; else refuse it.

    what: how the message calls the thing ("a port", "a placement").
    """
    if len(name) > MAX_NAME or not _NAME.match(name):
        shown = name if len(name) <= MAX_NAME else name[:MAX_NAME] + "…"
        raise InvalidInput(
            code,
            f"{shown!r} is not a name for {what}",
            hint=f"names are kebab-case, as in risk-score, of at most {MAX_NAME} characters",
            name=shown,
        )
    return name


class _Identified:
    """What every type has: its canonical text and the content id of that text."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The one canonical line of this type."""
        return _text(self)

    @property
    def id(self) -> ContentId:
        """Content id of the text's UTF-8 bytes."""
        return _id(self)

    def __str__(self) -> str:
        return _text(self)


@dataclass(frozen=True, slots=True)
class Bool(_Identified):
    """`bool`."""


@dataclass(frozen=True, slots=True)
class Integer(_Identified):
    """`u8` to `u64`, `s8` to `s64`."""

    bits: int
    signed: bool

    def __post_init__(self) -> None:
        if self.word not in INTEGER_WORDS:
            raise InvalidInput("E_TYPE_UNKNOWN", f"there is no integer type {self.word}")

    @property
    def word(self) -> str:
        """`u8`, `s64`, …"""
        return f"{'s' if self.signed else 'u'}{self.bits}"

    @property
    def low(self) -> int:
        """The least value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """One more than the greatest value."""
        return 1 << (self.bits - 1 if self.signed else self.bits)


@dataclass(frozen=True, slots=True)
class Decimal(_Identified):
    """`decimal<SCALE>`: an exact number with SCALE fraction digits; an i128 of units 10^-SCALE."""

    scale: int

    low: ClassVar[int] = -(1 << 127)
    high: ClassVar[int] = 1 << 127

    def __post_init__(self) -> None:
        if not 0 <= self.scale <= MAX_SCALE:
            raise InvalidInput(
                "E_TYPE_SCALE", f"a decimal has 0 to {MAX_SCALE} fraction digits, not {self.scale}"
            )


@dataclass(frozen=True, slots=True)
class String(_Identified):
    """`string`: Unicode text in NFC."""


@dataclass(frozen=True, slots=True)
class Bytes(_Identified):
    """`bytes`."""


@dataclass(frozen=True, slots=True)
class List(_Identified):
    """`list<T>`."""

    item: Type


@dataclass(frozen=True, slots=True)
class Option(_Identified):
    """`option<T>`: a T or nothing."""

    item: Type

    def __post_init__(self) -> None:
        if isinstance(self.item, Option):
            raise InvalidInput(
                "E_TYPE_OPTION",
                "option<option<…>> has two ways to say nothing",
                hint="use one option, or a variant with named cases",
            )


@dataclass(frozen=True, slots=True)
class Tuple(_Identified):
    """`tuple<A, B>`: at least one item."""

    items: tuple[Type, ...]

    def __post_init__(self) -> None:
        if not self.items:
            raise InvalidInput("E_TYPE_EMPTY", "a tuple needs at least one item")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Record(_Identified):
    """`record NAME { field: T, … }`; fields in the declared order, which is that on the wire."""

    name: str
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        _check_members("record", self.name, [field.name for field in self.fields], "field")


@dataclass(frozen=True, slots=True)
class Enum(_Identified):
    """`enum NAME { case, … }`."""

    name: str
    cases: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_members("enum", self.name, list(self.cases), "case")


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a variant; `type` is its payload's, or None."""

    name: str
    type: Type | None = None


@dataclass(frozen=True, slots=True)
class Variant(_Identified):
    """`variant NAME { case, case: T, … }`."""

    name: str
    cases: tuple[Case, ...]

    def __post_init__(self) -> None:
        _check_members("variant", self.name, [case.name for case in self.cases], "case")


Type: TypeAlias = (
    Bool | Integer | Decimal | String | Bytes | List | Option | Tuple | Record | Enum | Variant
)
"""Any type a value on an edge may have."""


@lru_cache(maxsize=1024)
def type_depth(type_: Type) -> int:
    """How deep a type nests; a scalar is 1."""
    match type_:
        case List(item) | Option(item):
            return 1 + type_depth(item)
        case Tuple(items):
            return 1 + max(type_depth(item) for item in items)
        case Record(_, fields):
            return 1 + max(type_depth(field.type) for field in fields)
        case Variant(_, cases):
            return 1 + max(type_depth(case.type) if case.type else 0 for case in cases)
        case _:
            return 1


def _check_members(kind: str, name: str, members: list[str], member: str) -> None:
    check_name(name, f"a {kind}")
    if not members:
        raise InvalidInput("E_TYPE_EMPTY", f"{kind} {name} needs at least one {member}")
    seen: set[str] = set()
    for each in members:
        if check_name(each, f"a {member} of {kind} {name}") in seen:
            raise InvalidInput("E_TYPE_DUPLICATE", f"{kind} {name} has the {member} {each} twice")
        seen.add(each)


@lru_cache(maxsize=4096)
def _id(type_: _Identified) -> ContentId:
    return content_id(_text(type_).encode())


@lru_cache(maxsize=4096)
def _text(type_: _Identified) -> str:
    match type_:
        case Integer():
            return type_.word
        case Decimal(scale):
            return f"decimal<{scale}>"
        case List(item):
            return f"list<{item.text}>"
        case Option(item):
            return f"option<{item.text}>"
        case Tuple(items):
            return f"tuple<{', '.join(item.text for item in items)}>"
        case Record(name, fields):
            return _braced("record", name, [f"{field.name}: {field.type}" for field in fields])
        case Enum(name, cases):
            return _braced("enum", name, list(cases))
        case Variant(name, cases):
            shown = [f"{case.name}: {case.type}" if case.type else case.name for case in cases]
            return _braced("variant", name, shown)
        case _:
            return type(type_).__name__.lower()


def _braced(kind: str, name: str, members: list[str]) -> str:
    return f"{kind} {name} {{ {', '.join(members)} }}"
