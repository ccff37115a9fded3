"""base58btc, strictly: exactly one text for each byte string.

Source: draft-msporny-base58-03, and the multibase table (prefix `z`). Quadratic, hence the bound.
"""

from __future__ import annotations

from logos_graph.errors import InvalidInput

__all__ = ["MAX_DIGITS", "decode", "encode"]

MAX_DIGITS = 128
"""Longest text that is read; a key's has 47 digits."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_ALPHABET)}


def encode(data: bytes) -> str:
    """The digits of `data`; each leading zero byte is a leading `1`."""
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, value = divmod(number, 58)
        digits = _ALPHABET[value] + digits
    zeros = len(data) - len(data.lstrip(b"\x00"))
    return "1" * zeros + digits


def decode(text: str) -> bytes:
    """The bytes whose digits are `text`. Raises InvalidInput E_BASE58."""
    if len(text) > MAX_DIGITS:
        raise InvalidInput("E_BASE58", f"{len(text)} base58 digits; the limit is {MAX_DIGITS}")
    number = 0
    for digit in text:
        value = _VALUES.get(digit)
        if value is None:
            raise InvalidInput("E_BASE58", f"{digit!a} is not a base58 digit")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
