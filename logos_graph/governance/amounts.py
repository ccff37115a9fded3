"""What an act is about in numbers: the amount that its verb points at in `this`.

A verb may name it by a JSON pointer (RFC 6901) into `this`, to an integer or to a decimal in a
text. It is counted in whole units, rounded up, so that many small fractions never count as nothing.
A verb that points at an amount has one in every act: what is missing, negative or beyond MOST is
refused, for else the sum of the last day could be kept low by leaving it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Never

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.governance.formats import is_decimal

__all__ = ["MOST", "amount_of", "check_pointer", "told_amount"]

MOST: Final = 10**12
"""Whole units of one act; so the sum of a day fits 64 bits, in policy and in the graph."""

_MAX_POINTER: Final = 200
_POINTER: Final = re.compile(r"(/([^~/]|~[01])*)+")
_WANTED: Final = f"an integer or a decimal in a string, from 0 to {MOST}"


def check_pointer(pointer: Json) -> str | None:
    """The pointer; None for a verb without an amount. Rejected E_VERB_AMOUNT."""
    if pointer is None:
        return None
    if (
        not isinstance(pointer, str)
        or len(pointer) > _MAX_POINTER
        or not _POINTER.fullmatch(pointer)
    ):
        raise Rejected(
            "E_VERB_AMOUNT",
            f"a verb's amount is a JSON pointer into `this`, of 1 to {_MAX_POINTER} characters",
            hint='as in "/payment/amount"; null, or nothing at all, for a verb without an amount',
        )
    return pointer


def amount_of(pointer: str | None, this: Mapping[str, Json]) -> int:
    """The amount of an act in whole units, rounded up; 0 where the verb names none.

    Raises Rejected E_THIS_AMOUNT with `data["path"]`, the pointer, and `data["expected"]`.
    """
    if pointer is None:
        return 0
    found = told_amount(pointer, this)
    if found is None:
        _refuse(pointer)
    return found


def told_amount(pointer: str | None, this: Mapping[str, Json]) -> int | None:
    """The same, of a payload that may be wrong; None where there is no such amount."""
    found = None if pointer is None else _whole(_at(pointer, this))
    return found if found is not None and 0 <= found <= MOST else None


def _at(pointer: str, this: Json | Mapping[str, Json]) -> Json | Mapping[str, Json]:
    """What the pointer leads to; None if it leads nowhere."""
    found = this
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and re.fullmatch(r"0|[1-9][0-9]{0,8}", name):
            found = found[int(name)] if int(name) < len(found) else None
        else:
            return None
    return found


def _whole(value: object) -> int | None:
    """An integer or a decimal's text as whole units, rounded up; None for what is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or len(value) > _MAX_POINTER or not is_decimal(value):
        return None
    whole, _, fraction = value.removeprefix("-").partition(".")
    if value.startswith("-"):
        return -1  # below nothing, however little: it is refused
    return int(whole) + (1 if fraction.strip("0") else 0)


def _refuse(pointer: str) -> Never:
    raise Rejected(
        "E_THIS_AMOUNT",
        f"`this` does not have the verb's amount at {pointer}: expected {_WANTED}",
        hint="`logos verb show` says where a verb has its amount",
        path=pointer,
        expected=_WANTED,
    )
