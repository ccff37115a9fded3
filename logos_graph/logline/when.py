"""Moments: nanoseconds since 1970-01-01T00:00:00Z inside, ISO 8601 in UTC outside.

One text for each moment: `2026-11-22T05:38:00.000000000Z`, always nine digits of fraction and a Z.
Leap seconds have no number in this count and are refused. Moments end in the year 2262, where a
signed 64-bit count of nanoseconds ends.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from logos_graph.canon import shown
from logos_graph.errors import InvalidInput

__all__ = ["MAX_NS", "NS_PER_SECOND", "format_when", "parse_when"]

MAX_NS = 2**63 - 1
NS_PER_SECOND = 1_000_000_000

_WHEN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.([0-9]{9})Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def parse_when(text: object) -> int:
    """Nanoseconds since the epoch. Raises InvalidInput E_WHEN for any other text or range."""
    match = _WHEN.fullmatch(text) if isinstance(text, str) else None
    if match is not None:
        try:
            whole = datetime.fromisoformat(match.group(1) + "+00:00")
        except ValueError:
            match = None
    if match is not None:
        moment = (whole - _EPOCH) // _SECOND * NS_PER_SECOND + int(match.group(2))
        if 0 <= moment <= MAX_NS:
            return moment
    raise InvalidInput(
        "E_WHEN",
        f"{shown(text)} is not a moment in UTC with nanoseconds, from 1970 to 2262",
        hint="Write it as 2026-11-22T05:38:00.000000000Z: nine digits of fraction, then Z.",
    )


def format_when(ns: int) -> str:
    """The text of a moment; the inverse of `parse_when`, and bounded as it is."""
    if not 0 <= ns <= MAX_NS:
        raise InvalidInput("E_WHEN", f"{ns} ns is not a moment from 1970 to 2262")
    seconds, fraction = divmod(ns, NS_PER_SECOND)
    whole = _EPOCH + timedelta(seconds=seconds)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
