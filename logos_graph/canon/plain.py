"""Canonical JSON as Python's C scanner and encoder read and write it, in one step each.

For values and texts of which nothing is to be refused: what these two do not do exactly is left to
json.py, which looks at every part.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, NoReturn

from logos_graph.canon.integers import integer_from_text, integer_to_text

if TYPE_CHECKING:
    from logos_graph.canon.json import Json

__all__ = ["UNKNOWN", "canonical_value", "encode_parsed", "parse_known", "render", "written"]

UNKNOWN = object()
"""In the place of a value: it takes a closer look to tell."""

_ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,  # the depth limit ends a circle before the encoder sees it
    allow_nan=False,
    sort_keys=True,  # by code points, which is the order of the UTF-8 bytes
    separators=(",", ":"),
)


def _once() -> Callable[[Any, int], Any] | None:
    """What `_ENCODER.encode` makes anew at every call; None for a Python without it."""
    make = getattr(json.encoder, "c_make_encoder", None)
    settings = (None, _ENCODER.default, encode_basestring, None, ":", ",", True, False, False)
    return None if make is None else make(*settings)


_CHUNKS = _once()


def _leave(number: str) -> NoReturn:
    raise ValueError(number)


_SCAN = json.JSONDecoder(parse_float=_leave, parse_constant=_leave).scan_once  # type: ignore[attr-defined]


_ANY_SCANNER = json.JSONDecoder(parse_int=integer_from_text)


def written(value: Json) -> str:
    """The canonical text, of types that JSON has; ValueError for an integer that is too long."""
    return _ENCODER.encode(value) if _CHUNKS is None else "".join(_CHUNKS(value, 0))


def encode_parsed(value: Json) -> str:
    """The canonical text of what is made of parts of canonical JSON, as `verify` gives it.

    The caller vouches for that: neither types nor strings are looked at, nor size and depth.
    """
    try:
        return written(value)
    except ValueError:
        return render(value)


def parse_known(text: str) -> Json:
    """The value of a text that is known to be canonical JSON."""
    try:
        return _SCAN(text, 0)[0]  # type: ignore[no-any-return]
    except (ValueError, StopIteration, RecursionError):
        value: Json = _ANY_SCANNER.decode(text)
        return value


def canonical_value(data: bytes, max_bytes: int, max_depth: int) -> object:
    """The value of canonical bytes, without a step of Python for each member; or UNKNOWN.

    What the C scanner reads and the C encoder writes back to the same text has no key twice, no
    other form of a number, order or escape; what it would let through besides is left to `parse`:
    a float, a constant, a text too deep, too long or not in NFC, and an integer that is too long.
    """
    if len(data) > max_bytes:
        return UNKNOWN
    try:
        text = data.decode("utf-8")
        value, end = _SCAN(text, 0)
        if end != len(text) or written(value) != text:
            return UNKNOWN
    except (ValueError, StopIteration, RecursionError):
        return UNKNOWN
    brackets = text.count("[") + text.count("{")
    if brackets > max_depth and _deeper(value, max_depth):
        return UNKNOWN
    return value if text.isascii() or unicodedata.is_normalized("NFC", text) else UNKNOWN


def _deeper(value: Json, room: int) -> bool:
    """Whether the value nests deeper than this."""
    if isinstance(value, dict):
        return room == 0 or any(_deeper(item, room - 1) for item in value.values())
    if isinstance(value, list):
        return room == 0 or any(_deeper(item, room - 1) for item in value)
    return False


def render(value: Json) -> str:
    """The canonical text without the C encoder, which cannot write long integers."""
    if isinstance(value, dict):
        members = (f"{encode_basestring(key)}:{render(value[key])}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(render, value)) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return integer_to_text(value)
    return written(value)
