"""Ids, moments, sizes and thresholds as people read and write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from logos_graph.cli.retries import retry_text
from logos_graph.errors import InvalidInput

__all__ = [
    "duration_ns",
    "imports_text",
    "iso_ns",
    "limits_text",
    "moment",
    "moment_ns",
    "one_line",
    "ports_text",
    "short",
    "short_value",
    "size",
    "threshold_text",
]

_SHORT_ID = len("b3:") + 12
_SHORT_VALUE = 60
_DURATION = re.compile(r"([0-9]{1,9})(s|m|h|d|w)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def short(identity: str | None) -> str | None:
    """The first digits of a content id, accepted back by every command; other texts stay whole."""
    if identity is None or not identity.startswith("b3:"):
        return identity
    return identity[:_SHORT_ID]


def short_value(text: str) -> str:
    """A value on one short line."""
    return text if len(text) <= _SHORT_VALUE else text[: _SHORT_VALUE - 1] + "…"


def one_line(text: str) -> str:
    """Several lines, and what they are indented by, as one."""
    return " ".join(text.split())


def moment(ns: int) -> str:
    """A moment in UTC, to the second."""
    from logos_graph.logline import format_when

    return format_when(ns)[:19].replace("T", " ") + "Z"


def duration_ns(text: str) -> int:
    """The nanoseconds of `90s`, `15m`, `1h`, `7d`, `2w`; InvalidInput E_DURATION."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidInput(
            "E_DURATION",
            f"{text[:40]!r} is not a duration",
            hint="a whole number and one of s, m, h, d, w, as in 90s, 1h, 7d",
        )
    return int(match[1]) * _UNIT_S[match[2]] * 1_000_000_000


def iso_ns(text: str) -> int | None:
    """Nanoseconds since the epoch of an ISO 8601 moment with its zone, as `2026-11-01T00:00Z`; None
    for any other text, and for moments before 1970 or after 2262.
    """
    from logos_graph.logline import MAX_NS, parse_when

    try:
        return parse_when(text)  # all nine digits of a fraction, as documents have them
    except InvalidInput:
        pass
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        return None
    if then.tzinfo is None:
        return None
    ns = (then.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1) * 1000
    return ns if 0 <= ns <= MAX_NS else None


def moment_ns(text: str, now_ns: int) -> int:
    """A moment, or so long ago: `2026-11-01T00:00Z`, `7d`; InvalidInput E_WHEN."""
    found = iso_ns(text)
    if found is not None:
        return found
    try:
        return max(0, now_ns - duration_ns(text))
    except InvalidInput:
        raise InvalidInput(
            "E_WHEN",
            f"{text[:40]!r} is no moment with its zone, and no duration",
            hint="as in 2026-11-01T00:00Z, or 90s, 15m, 1h, 7d ago",
        ) from None


def size(count: int) -> str:
    """Bytes as KiB or MiB."""
    if count < 1024:
        return f"{count} B"
    if count < 1024 * 1024:
        return f"{count / 1024:.1f} KiB"
    return f"{count / 1024 / 1024:.1f} MiB"


def threshold_text(when: Mapping[str, Any] | None) -> str:
    """`>= 30, < 70`, `is high`, `is eur or usd`, or nothing."""
    if not when:
        return ""
    if "is" in when:
        values = when["is"] if isinstance(when["is"], list) else [when["is"]]
        return "is " + " or ".join(
            str(value).lower() if isinstance(value, bool) else str(value) for value in values
        )
    signs = (("at_least", ">="), ("below", "<"))
    return ", ".join(f"{sign} {when[key]}" for key, sign in signs if when.get(key) is not None)


def imports_text(imports: list[dict[str, Any]]) -> str:
    """Module and name of what is imported, on one line."""
    return ", ".join(f"{item['module']}.{item['name']}" for item in imports) or "none"


def limits_text(limits: Mapping[str, Any]) -> str:
    """The limits of a grant, on one line."""
    return "; ".join(f"{name} {_limit_text(name, limits[name])}" for name in limits) or "-"


def _limit_text(name: str, value: Any) -> str:
    if name == "retry":
        return retry_text(value)
    return ", ".join(value) if isinstance(value, list) else str(value).lower()


def ports_text(ports: list[Mapping[str, Any]]) -> str:
    """The names of ports, on one line."""
    return ", ".join(str(port["name"]) for port in ports) or "-"
