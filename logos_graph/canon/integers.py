"""Integers of any size to and from decimal digits.

Python refuses conversions of more than some thousand digits (a process-wide setting) because its
own algorithms are quadratic. Canonical JSON has no such limit, only that of the whole text, so long
integers go through divide and conquer here, whatever the setting is.
"""

from __future__ import annotations

import decimal

__all__ = ["LONG_BITS", "integer_from_text", "integer_to_text"]

LONG_BITS = 2000
"""Up to so many bits (under 640 digits) Python converts whatever the process's setting is."""

_CHUNK_DIGITS = 640


def integer_from_text(text: str) -> int:
    """The integer of a JSON integer token: optional minus, digits."""
    if len(text) <= _CHUNK_DIGITS:
        return int(text)
    negative = text[0] == "-"
    magnitude = _from_digits(text[negative:], {})
    return -magnitude if negative else magnitude


def _from_digits(digits: str, powers: dict[int, int]) -> int:
    if len(digits) <= _CHUNK_DIGITS:
        return int(digits)
    low = _CHUNK_DIGITS
    while low * 2 < len(digits):
        low *= 2
    if low not in powers:
        powers[low] = 10**low
    return _from_digits(digits[:-low], powers) * powers[low] + _from_digits(digits[-low:], powers)


def integer_to_text(value: int) -> str:
    """The shortest decimal form: no leading zero, no plus, never `-0`."""
    if value.bit_length() <= LONG_BITS:
        return int.__repr__(value)
    with decimal.localcontext() as context:
        # Exact or an exception: libmpdec multiplies in subquadratic time, Python's `//` does not.
        context.prec = decimal.MAX_PREC
        context.Emax = decimal.MAX_EMAX
        context.Emin = decimal.MIN_EMIN
        context.traps[decimal.Inexact] = True
        return format(_to_decimal(value, {}), "f")


def _to_decimal(value: int, powers: dict[int, decimal.Decimal]) -> decimal.Decimal:
    if value.bit_length() <= LONG_BITS:
        return decimal.Decimal(value)
    low = LONG_BITS
    while low * 2 < value.bit_length():
        low *= 2
    if low not in powers:
        powers[low] = decimal.Decimal(2) ** low
    high = value >> low
    return _to_decimal(high, powers) * powers[low] + _to_decimal(value - (high << low), powers)
