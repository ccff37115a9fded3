"""The `format` words a verb schema may use: a closed set, each of them really checked.

JSON Schema lets a validator ignore a format it does not know. Here an unknown one is refused when
the schema is registered, so that a schema never promises what nobody looks at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from jsonschema import FormatChecker

from logos_graph.canon import parse_content_id
from logos_graph.errors import LogosError
from logos_graph.identity import parse_did
from logos_graph.logline import parse_when

__all__ = ["DECIMAL", "FORMATS", "FORMAT_CHECKER", "is_decimal"]

DECIMAL: Final = "decimal"
"""The format whose values policy sees as Cedar decimals."""

_DECIMAL: Final = re.compile(r"(-?)(0|[1-9][0-9]{0,63})(?:\.[0-9]{1,32})?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def is_decimal(text: str) -> bool:
    """A plain decimal number such as `47500.00`: no exponent, no leading zero, no negative zero."""
    found = _DECIMAL.fullmatch(text)
    return found is not None and not (found[1] and set(text) <= set("-0."))


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except LogosError:
            return False
        return True

    return check


FORMATS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = MappingProxyType(
    {
        DECIMAL: (is_decimal, 'a decimal number in a string, such as "47500.00"'),
        "content-id": (_parses(parse_content_id), 'a content id, "b3:" and 64 hex digits'),
        "did": (_parses(parse_did), 'a DID, "did:key:z6Mk…"'),
        "when": (_parses(parse_when), "an instant in UTC with nine fraction digits and Z"),
        "date": (_is_date, "a calendar date, YYYY-MM-DD"),
    }
)
"""Format -> (check of a string, what was expected in words)."""


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, (check, _) in FORMATS.items():
        checker.checkers[name] = (_only_strings(check), ())
    return checker


def _only_strings(check: Callable[[str], bool]) -> Callable[[object], bool]:
    # A format says nothing about other types (JSON Schema Validation 2020-12, section 7.1).
    return lambda value: not isinstance(value, str) or check(value)


FORMAT_CHECKER: Final = _checker()
