"""Thresholds: the condition under which a value travels along an edge.

A threshold is a half-open interval of an integer or decimal (`{"at_least": 30, "below": 70}`,
either side may be left out) or one value of a bool or an enum (`{"is": true}`, `{"is": "eur"}`).
All of them are intervals over the *ordinals* of the type: an integer itself, a decimal's units of
its last digit, 0 and 1 for false and true, a case's index. So one proof serves all: the thresholds
that leave one port must cut its ordinals into parts without a gap and without an overlap, so that
every value goes exactly one way (LOGOS, "approval thresholds are edges").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.graph.codec_scalars import decimal_text, decimal_unscaled
from logos_graph.graph.typetree import Bool, Decimal, Enum, Integer, Type

__all__ = ["Threshold", "domain", "parse_threshold", "prove_cover"]

_Ordered: TypeAlias = Bool | Enum | Integer | Decimal


def domain(type_: _Ordered) -> tuple[int, int]:
    """The half-open interval of all ordinals of the type."""
    match type_:
        case Bool():
            return 0, 2
        case Enum(_, cases):
            return 0, len(cases)
        case _:
            return type_.low, type_.high


@dataclass(frozen=True, slots=True)
class Threshold:
    """Ordinals `low <= ordinal < high` of a type; made by `parse_threshold`, never empty."""

    type: _Ordered
    low: int
    high: int

    def holds(self, value: Json) -> bool:
        """Whether a value of the type (in its JSON form) travels."""
        return self.low <= _ordinal(self.type, value) < self.high

    @property
    def json(self) -> dict[str, Json]:
        """The one JSON form: a side is there only when it excludes something."""
        if isinstance(self.type, Bool | Enum):
            return {"is": _value(self.type, self.low)}
        lowest, end = domain(self.type)
        sides: dict[str, Json] = {}
        if self.low > lowest:
            sides["at_least"] = _value(self.type, self.low)
        if self.high < end:
            sides["below"] = _value(self.type, self.high)
        return sides

    @property
    def text(self) -> str:
        """`below 30`, `[30, 70)`, `70 and above`, `true`, `eur or usd`."""
        if isinstance(self.type, Bool | Enum):
            return " or ".join(_shown(self.type, each) for each in range(self.low, self.high))
        lowest, end = domain(self.type)
        if self.low == lowest:
            return "any value" if self.high == end else f"below {_shown(self.type, self.high)}"
        if self.high == end:
            return f"{_shown(self.type, self.low)} and above"
        return f"[{_shown(self.type, self.low)}, {_shown(self.type, self.high)})"


def parse_threshold(type_: Type, value: object, path: str = "when") -> Threshold:
    """Read `{"at_least"?, "below"?}` or `{"is"}` against the type of the port it leaves.

    Raises InvalidInput: E_THRESHOLD_TYPE (this type has no thresholds), E_THRESHOLD_FORM,
    E_THRESHOLD_VALUE (a bound is no value of the type), E_THRESHOLD_EMPTY (no value passes),
    E_THRESHOLD_WHOLE (every value passes: an edge without a threshold says the same).
    """
    if not isinstance(type_, Bool | Enum | Integer | Decimal):
        raise InvalidInput(
            "E_THRESHOLD_TYPE",
            f"{path}: values of type {type_.text} have no thresholds",
            hint="thresholds are for integers, decimals, bools and enums",
            path=path,
            type=type_.text,
        )
    discrete = isinstance(type_, Bool | Enum)
    allowed = {"is"} if discrete else {"at_least", "below"}
    if not isinstance(value, dict) or not value or not value.keys() <= allowed:
        form = (
            "{ is = VALUE }" if discrete else "{ at_least = VALUE, below = VALUE }, or one of them"
        )
        raise InvalidInput(
            "E_THRESHOLD_FORM", f"{path}: a threshold of {type_.text} is {form}", path=path
        )
    bounds = {key: _bound(type_, each, f"{path}.{key}") for key, each in value.items()}
    lowest, end = domain(type_)
    low = bounds["is"] if discrete else bounds.get("at_least", lowest)
    threshold = Threshold(type_, low, low + 1 if discrete else bounds.get("below", end))
    if threshold.low >= threshold.high:
        raise InvalidInput(
            "E_THRESHOLD_EMPTY", f"{path}: no value is in {threshold.text}", path=path
        )
    if (threshold.low, threshold.high) == (lowest, end):
        raise InvalidInput(
            "E_THRESHOLD_WHOLE",
            f"{path}: every {type_.text} passes this threshold",
            hint="leave `when` out: the value then always travels",
            path=path,
        )
    return threshold


def prove_cover(type_: Type, thresholds: Iterable[Threshold], port: str = "the port") -> None:
    """Prove that distinct thresholds cut the type's values into parts; equal ones are one part.

    port: what messages call the port that they leave.
    Raises Rejected: E_THRESHOLD_OVERLAP (names both), E_THRESHOLD_GAP (names what is uncovered).
    """
    parts = sorted(set(thresholds), key=lambda part: (part.low, part.high))
    if not parts:
        return
    ordered = parts[0].type
    if ordered != type_:
        raise InvalidInput("E_THRESHOLD_TYPE", f"{port}: thresholds of {ordered}, not of {type_}")
    at, end = domain(ordered)
    gaps: list[Threshold] = []
    for previous, part in zip([None, *parts], parts, strict=False):
        if previous is not None and part.low < previous.high:
            _overlap(port, previous, part)
        if part.low > at:
            gaps.append(Threshold(ordered, at, part.low))
        at = part.high
    if at < end:
        gaps.append(Threshold(ordered, at, end))
    if gaps:
        uncovered = ", ".join(gap.text for gap in gaps)
        raise Rejected(
            "E_THRESHOLD_GAP",
            f"{port}: no edge takes {uncovered}",
            hint="the thresholds that leave one port must cover every value of its type",
            port=port,
            uncovered=[_sides(gap) for gap in gaps],
        )


def _overlap(port: str, first: Threshold, second: Threshold) -> None:
    both = Threshold(first.type, second.low, min(first.high, second.high))
    raise Rejected(
        "E_THRESHOLD_OVERLAP",
        f"{port}: {both.text} is taken by two different thresholds, {first.text} and {second.text}",
        hint="thresholds that leave one port are equal or have no value in common",
        port=port,
        overlap=_sides(both),
        thresholds=[_sides(first), _sides(second)],
    )


def _sides(interval: Threshold) -> Json:
    """An interval as error data: a list of cases, or the JSON form of a threshold."""
    if isinstance(interval.type, Bool | Enum):
        return [_value(interval.type, each) for each in range(interval.low, interval.high)]
    return interval.json


def _ordinal(type_: _Ordered, value: Json) -> int:
    match type_:
        case Decimal(scale):
            unscaled = decimal_unscaled(value, scale) if isinstance(value, str) else None
            if unscaled is not None:
                return unscaled
        case Enum(_, cases):
            if value in cases:
                return cases.index(str(value))
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
        if not isinstance(value, bool | int | str):
            raise InvalidInput("E_THRESHOLD_VALUE", f"{_brief(value)} is no {type_.text}")
        ordinal = _ordinal(type_, value)
    except InvalidInput as error:
        example = ' (as a string, such as "47.50")' if isinstance(type_, Decimal) else ""
        raise InvalidInput(
            "E_THRESHOLD_VALUE",
            f"{path}: {error.message}",
            hint=f"write a {type_}{example}",
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
        case Bool():
            return bool(ordinal)
        case Integer():
            return ordinal


def _shown(type_: _Ordered, ordinal: int) -> str:
    value = _value(type_, ordinal)
    return str(value).lower() if isinstance(value, bool) else str(value)
