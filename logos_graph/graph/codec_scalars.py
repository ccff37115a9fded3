"""The codec's leaves: what a refusal inside it looks like, and the types without parts.

An encoder appends a value's bytes; a decoder reads at an offset and gives value and end. A refusal
climbs out of nested values as `Refused`, collecting the path on its way, so that the fast path pays
nothing for paths.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import NoReturn, TypeAlias
from unicodedata import is_normalized

from logos_graph.canon import Json
from logos_graph.graph.typetree import MAX_SCALE, Bool, Bytes, Decimal, Integer, String

__all__ = [
    "MAX_VALUE",
    "Codec",
    "Decode",
    "Encode",
    "Refused",
    "decimal_text",
    "decimal_unscaled",
    "refuse",
    "scalar_codec",
    "take_u32",
    "truncated",
    "wrong_json",
]

MAX_VALUE = 1024 * 1024
"""Longest binary form of one value, in bytes."""

Encode: TypeAlias = Callable[[Json, list[bytes]], None]
Decode: TypeAlias = Callable[[bytes, int], tuple[Json, int]]
Codec: TypeAlias = tuple[Encode, Decode]

_U32 = struct.Struct("<I")
_TRUE, _FALSE = b"\x01", b"\x00"
_DECIMAL_TEXT = 48  # sign, 39 digits of an i128, point, and room for a scale's leading zero
_INTEGER_FORMATS = {8: "b", 16: "h", 32: "i", 64: "q"}


class Refused(Exception):
    """A value or bytes that do not fit; `path` holds the segments, innermost first."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path: list[str] = []


def refuse(code: str, message: str) -> NoReturn:
    """Leave the codec with a refusal."""
    raise Refused(code, message)


def wrong_json(expected: str, value: object) -> NoReturn:
    """Refuse a JSON value of another kind than the type asks for."""
    kinds = {
        type(None): "null",
        bool: "a bool",
        int: "an integer",
        str: "a string",
        list: "an array",
        dict: "an object",
        float: "a float",
    }
    found = kinds.get(type(value), f"a {type(value).__name__}")
    refuse("E_VALUE_TYPE", f"expected {expected}, found {found}")


def take_u32(data: bytes, at: int) -> tuple[int, int]:
    """A u32 and where it ends."""
    if at + 4 > len(data):
        truncated(4, data, at)
    return _U32.unpack_from(data, at)[0], at + 4


def truncated(wanted: int, data: bytes, at: int) -> NoReturn:
    """Refuse bytes that end too early."""
    found = len(data) - at
    refuse("E_CODEC_TRUNCATED", f"{wanted} bytes are needed here and {found} are left")


def scalar_codec(type_: Bool | Integer | Decimal | String | Bytes) -> Codec:
    """Encoder and decoder of a type without parts."""
    match type_:
        case Bool():
            return _encode_bool, _decode_bool
        case Integer():
            return _integer(type_)
        case Decimal(scale):
            return _decimal(scale)
        case String():
            return _encode_string, _decode_string
        case Bytes():
            return _encode_bytes, _decode_bytes


def _encode_bool(value: Json, out: list[bytes]) -> None:
    if value is True:
        out.append(_TRUE)
    elif value is False:
        out.append(_FALSE)
    else:
        wrong_json("a bool", value)


def _decode_bool(data: bytes, at: int) -> tuple[Json, int]:
    if at >= len(data):
        truncated(1, data, at)
    byte = data[at]
    if byte > 1:
        refuse("E_CODEC_BOOL", f"a bool is 0 or 1, not {byte}")
    return byte == 1, at + 1


def _integer(type_: Integer) -> Codec:
    letter = _INTEGER_FORMATS[type_.bits]
    form = struct.Struct("<" + (letter if type_.signed else letter.upper()))
    size, word, low, high = form.size, type_.word, type_.low, type_.high

    def encode(value: Json, out: list[bytes]) -> None:
        if type(value) is not int:
            wrong_json(f"an integer ({word})", value)
        if not low <= value < high:
            shown = (
                str(value) if abs(value) < 1 << 128 else f"a number of {value.bit_length()} bits"
            )
            refuse("E_VALUE_RANGE", f"{shown} is no {word}: {low} to {high - 1}")
        out.append(form.pack(value))

    def decode(data: bytes, at: int) -> tuple[Json, int]:
        if at + size > len(data):
            truncated(size, data, at)
        return form.unpack_from(data, at)[0], at + size

    return encode, decode


def decimal_text(unscaled: int, scale: int) -> str:
    """`(-5, 2)` is `-0.05`."""
    digits = str(abs(unscaled)).zfill(scale + 1)
    sign = "-" if unscaled < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits


@lru_cache(maxsize=MAX_SCALE + 1)
def _decimal_pattern(scale: int) -> re.Pattern[str]:
    fraction = rf"\.[0-9]{{{scale}}}" if scale else ""
    return re.compile(rf"-?(?:0|[1-9][0-9]*){fraction}")


def decimal_unscaled(text: str, scale: int) -> int | None:
    """`("-0.05", 2)` is -5; None when it is not exactly the text of a decimal<scale>."""
    if len(text) > _DECIMAL_TEXT or not _decimal_pattern(scale).fullmatch(text):
        return None
    unscaled = int(text.replace(".", ""))
    if not Decimal.low <= unscaled < Decimal.high or (not unscaled and text[0] == "-"):
        return None
    return unscaled


def _decimal(scale: int) -> Codec:
    example = decimal_text(475 * 10**scale, scale)

    def encode(value: Json, out: list[bytes]) -> None:
        if type(value) is not str:
            wrong_json(f"a decimal as a string, such as {example!r}", value)
        unscaled = decimal_unscaled(value, scale)
        if unscaled is None:
            refuse(
                "E_VALUE_DECIMAL",
                f"{value[:_DECIMAL_TEXT]!r} is no decimal<{scale}>: it has exactly {scale} fraction"
                f" digits, as in {example!r}, and fits 128 bits",
            )
        out.append(unscaled.to_bytes(16, "little", signed=True))

    def decode(data: bytes, at: int) -> tuple[Json, int]:
        end = at + 16
        if end > len(data):
            truncated(16, data, at)
        return decimal_text(int.from_bytes(data[at:end], "little", signed=True), scale), end

    return encode, decode


def _encode_string(value: Json, out: list[bytes]) -> None:
    if type(value) is not str:
        wrong_json("a string", value)
    if not value.isascii() and not is_normalized("NFC", value):
        refuse("E_VALUE_NFC", "the string is not in Unicode normal form C")
    try:
        data = value.encode()
    except UnicodeEncodeError:
        refuse("E_VALUE_UTF8", "the string holds a lone surrogate")
    out.append(_U32.pack(len(data)))
    out.append(data)


def _decode_string(data: bytes, at: int) -> tuple[Json, int]:
    raw, end = _take(data, at)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        refuse("E_CODEC_UTF8", f"the string is not UTF-8 at byte {error.start}")
    if not text.isascii() and not is_normalized("NFC", text):
        refuse("E_CODEC_NFC", "the string is not in Unicode normal form C")
    return text, end


def _encode_bytes(value: Json, out: list[bytes]) -> None:
    if type(value) is not str:
        wrong_json("bytes as a base64 string", value)
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        refuse("E_VALUE_BASE64", "this is not standard base64 with padding")
    if base64.b64encode(data).decode() != value:  # spare bits that are not zero
        refuse("E_VALUE_BASE64", "this base64 is not the one form of its bytes")
    out.append(_U32.pack(len(data)))
    out.append(data)


def _decode_bytes(data: bytes, at: int) -> tuple[Json, int]:
    raw, end = _take(data, at)
    return base64.b64encode(raw).decode(), end


def _take(data: bytes, at: int) -> tuple[bytes, int]:
    start = at + 4
    if start > len(data):
        truncated(4, data, at)
    end = start + _U32.unpack_from(data, at)[0]
    if end > len(data):
        truncated(end - start, data, start)
    return data[start:end], end
