"""Thresholds: the condition under which a value travels along an edge.

A threshold is a half-open interval of an integer or decimal (`{"at_least": 30, "below": 70}`,
either side may be left out), or one value of a bool, a case of an enum or of a variant, or several
cases (`{"is": true}`, `{"is": "eur"}`, `{"is": ["eur", "usd"]}`). A case of a variant is meant
whatever it carries.

All of them are sets of *ordinals* of the type: an integer itself, a decimal's units of its last
digit, 0 and 1 for false and true, a case's index. So one proof serves all: the thresholds that
leave one port must cut its ordinals into parts without a gap and without an overlap, so that every
value goes exactly one way (LOGOS, "approval thresholds are edges").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.graph import parts as sets
from logos_graph.graph.codec_scalars import decimal_text, decimal_unscaled
from logos_graph.graph.parts import Parts
from logos_graph.graph.typetree import Bool, Decimal, Enum, Integer, Type, Variant

__all__ = ["Threshold", "domain", "parse_threshold", "prove_cover"]

_Ordered: TypeAlias = Bool | Enum | Variant | Integer | Decimal
_Discrete: TypeAlias = Bool | Enum | Variant


def domain(type_: _Ordered) -> tuple[int, int]:
    """The half-open interval of all ordinals of the type."""
    match type_:
        case Bool():
            return 0, 2
        case Enum(_, cases) | Variant(_, cases):
            return 0, len(cases)
        case _:
            return type_.low, type_.high


@dataclass(frozen=True, slots=True)
class Threshold:
    """The ordinals of a type with which a value travels; made by `parse_threshold`, never empty.

    Of an integer or decimal they are one interval; an enum and a variant may have several.
    """

    type: _Ordered
    parts: Parts

    def holds(self, value: Json) -> bool:
        """Whether a value of the type (in its JSON form) travels."""
        return sets.holds(self.parts, _ordinal(self.type, value))

    @property
    def json(self) -> dict[str, Json]:
        """The one JSON form: a side is there only when it excludes something; cases in order."""
        if isinstance(self.type, _Discrete):
            cases = [_value(self.type, each) for each in sets.ordinals(self.parts)]
            return {"is": cases[0] if len(cases) == 1 else cases}
        lowest, end = domain(self.type)
        ((low, high),) = self.parts
        sides: dict[str, Json] = {}
        if low > lowest:
            sides["at_least"] = _value(self.type, low)
        if high < end:
            sides["below"] = _value(self.type, high)
        return sides

    @property
    def text(self) -> str:
        """`below 30`, `[30, 70)`, `70 and above`, `true`, `eur or usd`."""
        if isinstance(self.type, _Discrete):
            return " or ".join(_shown(self.type, each) for each in sets.ordinals(self.parts))
        return " or ".join(_interval(self.type, low, high) for low, high in self.parts)


def _interval(type_: _Ordered, low: int, high: int) -> str:
    lowest, end = domain(type_)
    if low == lowest:
        return "any value" if high == end else f"below {_shown(type_, high)}"
    if high == end:
        return f"{_shown(type_, low)} and above"
    return f"[{_shown(type_, low)}, {_shown(type_, high)})"


def parse_threshold(type_: Type, value: object, path: str = "when") -> Threshold:
    """Read `{"at_least"?, "below"?}` or `{"is"}` against the type of the port it leaves.

    Cases may be written in any order. Raises InvalidInput: E_THRESHOLD_TYPE (this type has no
    thresholds), E_THRESHOLD_FORM (a case twice, too), E_THRESHOLD_VALUE (a bound is no value of the
    type), E_THRESHOLD_EMPTY (no value passes), E_THRESHOLD_WHOLE (every value passes: an edge
    without a threshold says the same).
    """
    if not isinstance(type_, _Ordered):
        raise InvalidInput(
            "E_THRESHOLD_TYPE",
            f"{path}: values of type {type_.text} have no thresholds",
            hint="thresholds are for integers, decimals, bools, enums and variants",
            path=path,
            type=type_.text,
        )
    discrete = isinstance(type_, _Discrete)
    allowed = {"is"} if discrete else {"at_least", "below"}
    if not isinstance(value, dict) or not value or not value.keys() <= allowed:
        raise _form(type_, path)
    parts = _cases(type_, value["is"], path) if discrete else _sides(type_, value, path)
    threshold = Threshold(type_, parts)
    if all(low >= high for low, high in parts):
        shown = f"no value is in {threshold.text}" if parts else "no case is named"
        raise InvalidInput("E_THRESHOLD_EMPTY", f"{path}: {shown}", path=path)
    if parts == (domain(type_),):
        raise InvalidInput(
            "E_THRESHOLD_WHOLE",
            f"{path}: every {type_.text} passes this threshold",
            hint="leave `when` out: the value then always travels",
            path=path,
        )
    return threshold


def _sides(type_: _Ordered, value: Mapping[str, object], path: str) -> Parts:
    bounds = {key: _bound(type_, each, f"{path}.{key}") for key, each in value.items()}
    lowest, end = domain(type_)
    return ((bounds.get("at_least", lowest), bounds.get("below", end)),)


def _cases(type_: _Ordered, value: object, path: str) -> Parts:
    """One value, or a list of cases."""
    if not isinstance(value, list):
        at = _bound(type_, value, f"{path}.is")
        return ((at, at + 1),)
    found = [_bound(type_, each, f"{path}.is[{index}]") for index, each in enumerate(value)]
    if isinstance(type_, Bool) or len(set(found)) < len(found):
        raise _form(type_, path)
    return sets.union((at, at + 1) for at in found)


def _form(type_: Type, path: str) -> InvalidInput:
    if isinstance(type_, Bool):
        form = "{ is = VALUE }"
    elif isinstance(type_, _Discrete):
        form = "{ is = CASE } or { is = [CASE, CASE] }, each case once"
    else:
        form = "{ at_least = VALUE, below = VALUE }, or one of them"
    return InvalidInput(
        "E_THRESHOLD_FORM", f"{path}: a threshold of {type_.text} is {form}", path=path
    )


def prove_cover(
    type_: Type, thresholds: Iterable[Threshold], port: str = "the port"
) -> tuple[Threshold, ...]:
    """Prove that distinct thresholds cut the type's values into parts; equal ones are one part.

    Gives the parts, in the order of their first values. port: what messages call the port that
    they leave. Raises Rejected: E_THRESHOLD_OVERLAP (names both), E_THRESHOLD_GAP (names what is
    uncovered).
    """
    distinct = sorted({each.parts: each for each in thresholds}.values(), key=lambda one: one.parts)
    if not distinct:
        return ()
    ordered = distinct[0].type
    if any(each.type != type_ for each in distinct):
        raise InvalidInput("E_THRESHOLD_TYPE", f"{port}: thresholds of {ordered}, not of {type_}")
    # Intervals in order: one that begins before another's end is of another threshold.
    pieces = sorted((piece, at) for at, each in enumerate(distinct) for piece in each.parts)
    for ((_, end), one), ((low, _), other) in pairwise(pieces):
        if low < end:
            _overlap(port, distinct[one], distinct[other])
    gaps = [
        Threshold(ordered, (gap,))
        for gap in sets.rest(sets.union(piece for piece, _ in pieces), domain(ordered))
    ]
    if gaps:
        uncovered = ", ".join(gap.text for gap in gaps)
        raise Rejected(
            "E_THRESHOLD_GAP",
            f"{port}: no edge takes {uncovered}",
            hint="the thresholds that leave one port must cover every value of its type",
            port=port,
            uncovered=[_told(gap) for gap in gaps],
        )
    return tuple(distinct)


def _overlap(port: str, first: Threshold, second: Threshold) -> None:
    both = Threshold(first.type, sets.intersection(first.parts, second.parts))
    raise Rejected(
        "E_THRESHOLD_OVERLAP",
        f"{port}: {both.text} is taken by two different thresholds, {first.text} and {second.text}",
        hint="thresholds that leave one port are equal or have no value in common",
        port=port,
        overlap=_told(both),
        thresholds=[_told(first), _told(second)],
    )


def _told(interval: Threshold) -> Json:
    """Values as error data: a list of cases, or the JSON form of a threshold."""
    if isinstance(interval.type, _Discrete):
        return [_value(interval.type, each) for each in sets.ordinals(interval.parts)]
    return interval.json


@lru_cache(maxsize=256)
def _indexes(type_: Enum | Variant) -> dict[str, int]:
    """The ordinal of each case."""
    return {name: at for at, name in enumerate(_names(type_))}


def _names(type_: Enum | Variant) -> tuple[str, ...]:
    if isinstance(type_, Enum):
        return type_.cases
    return tuple(case.name for case in type_.cases)


def _ordinal(type_: _Ordered, value: Json) -> int:
    """The ordinal of a value in its JSON form; of a variant, that of its case."""
    if isinstance(type_, Variant):
        value = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else None
    return _named(type_, value)


def _named(type_: _Ordered, value: object) -> int:
    """The ordinal of a value as thresholds name it: a case by its name."""
    match type_:
        case Decimal(scale):
            unscaled = decimal_unscaled(value, scale) if isinstance(value, str) else None
            if unscaled is not None:
                return unscaled
        case Enum() | Variant():
            at = _indexes(type_).get(value) if isinstance(value, str) else None
            if at is not None:
                return at
        case Bool():
            if isinstance(value, bool):
                return int(value)
        case Integer():
            if isinstance(value, int) and not isinstance(value, bool):
                return value
    raise InvalidInput("E_THRESHOLD_VALUE", f"{_brief(value)} is no {type_.text}")


def _bound(type_: _Ordered, value: object, path: str) -> int:
    """The ordinal of a bound as written; it must be a value of the type."""
    try:
        ordinal = _named(type_, value)
    except InvalidInput as error:
        example = ' (as a string, such as "47.50")' if isinstance(type_, Decimal) else ""
        raise InvalidInput(
            "E_THRESHOLD_VALUE",
            f"{path}: {error.message}",
            hint=f"write a {'case of ' if isinstance(type_, Variant) else ''}{type_}{example}",
            path=path,
        ) from None
    lowest, end = domain(type_)
    if not lowest <= ordinal < end:
        raise InvalidInput(
            "E_THRESHOLD_VALUE",
            f"{path}: {_brief(value)} is no {type_.text}: {lowest} to {end - 1}",
            path=path,
        )
    return ordinal


def _brief(value: object) -> str:
    """A value as messages show it; an integer of any size must not stall or fail the message."""
    if isinstance(value, int) and value.bit_length() > 128:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, bool | int):
        return str(value).lower()
    return repr(value[:64]) if isinstance(value, str) else f"a {type(value).__name__}"


def _value(type_: _Ordered, ordinal: int) -> Json:
    match type_:
        case Decimal(scale):
            return decimal_text(ordinal, scale)
        case Enum(_, cases):
            return cases[ordinal]
        case Variant(_, cases):
            return cases[ordinal].name
        case Bool():
            return bool(ordinal)
        case Integer():
            return ordinal


def _shown(type_: _Ordered, ordinal: int) -> str:
    value = _value(type_, ordinal)
    return str(value).lower() if isinstance(value, bool) else str(value)
