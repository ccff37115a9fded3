"""How a request may fail, and when it is worth another try.

Whatever a try leads to is judged by one question: can another one do harm? It cannot when nothing
was sent, or when the service itself says that it is worth it. When it is not known what became of
the request, only the service can make a second one harmless, by its idempotency key; the grant says
whether it does.

| a failure's code | sent | says that | tried again |
|---|---|---|---|
| E_HTTP_NAME | no | the name does not resolve | yes |
| E_HTTP_CONNECT | no | nobody takes the connection, or not in time | yes |
| E_HTTP_HANDSHAKE | no | the connection was taken, but not secured, or not in time | yes |
| E_HTTP_ADDRESS | no | the name resolves to an address that the grant does not reach | no |
| E_HTTP_CERTIFICATE | no | the server did not prove its name | no |
| E_HTTP_BROKEN | unknown | the connection broke before there was a whole answer | if `unknown` |
| E_HTTP_TIMEOUT | unknown | there was no whole answer within the grant's seconds | if `unknown` |
| E_HTTP_PROTOCOL | unknown | what came is no answer of HTTP/1.x, or not all of one | if `unknown` |
| E_HTTP_LOST | unknown | the process died after it announced the try | if `unknown` |
| E_HTTP_TOO_LARGE | yes | it was answered, with more than the grant allows | no |

The list is closed. An answer is tried again when its status is one of the policy's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from logos_graph.canon import Json

__all__ = ["FAILURES", "LOST", "Retry", "RetryMisfit", "Sent", "parse_retry"]


class Sent(StrEnum):
    """Whether a request that failed can have had an effect."""

    NO = "no"
    """Not a byte of it was sent."""
    UNKNOWN = "unknown"
    """Some or all of it was sent, and there is no whole answer."""
    YES = "yes"
    """It was answered."""


FAILURES: Final[Mapping[str, Sent]] = MappingProxyType(
    {
        "E_HTTP_NAME": Sent.NO,
        "E_HTTP_CONNECT": Sent.NO,
        "E_HTTP_HANDSHAKE": Sent.NO,
        "E_HTTP_ADDRESS": Sent.NO,
        "E_HTTP_CERTIFICATE": Sent.NO,
        "E_HTTP_BROKEN": Sent.UNKNOWN,
        "E_HTTP_TIMEOUT": Sent.UNKNOWN,
        "E_HTTP_PROTOCOL": Sent.UNKNOWN,
        "E_HTTP_LOST": Sent.UNKNOWN,
        "E_HTTP_TOO_LARGE": Sent.YES,
    }
)
"""Every code of `{"failed": "CODE: what happened"}`."""

LOST: Final[Mapping[str, Json]] = MappingProxyType(
    {"failed": "E_HTTP_LOST: the process that sent it died before there was an answer"}
)
"""The outcome of a try that was announced by a process that died; told by the next one."""

_LASTING: Final = frozenset({"E_HTTP_ADDRESS", "E_HTTP_CERTIFICATE"})
"""Failures that another try does not mend, though nothing was sent."""

MAX_ATTEMPTS: Final = 10
MAX_MS: Final = 60_000
_MAX_STATUSES: Final = 16
_FACTOR: Final = re.compile(r"(?:[1-9]\.[1-9])")
_WORTH_IT: Final = frozenset({408, 425, 429, *range(500, 600)})
_DEFAULTS: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "attempts": 3, "first_ms": 200, "factor": 2, "ceiling_ms": 5000,
        "statuses": [429, 502, 503, 504], "unknown": False,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Retry:
    """When a request is sent once more, and how long after the outcome before.

    attempts: tries in all. first_ms, ceiling_ms: the first delay, and the longest. factor_tenths:
    by how much each delay is longer than the one before. statuses: answers that are worth another
    try. unknown: so are requests of which nobody knows what became of them.
    """

    attempts: int
    first_ms: int
    factor_tenths: int
    ceiling_ms: int
    statuses: frozenset[int]
    unknown: bool

    def goes_on(self, attempt: int, outcome: Json) -> bool:
        """Whether this outcome of that try, counted from 1, leads to another one."""
        return attempt < self.attempts and self._is_worth_it(outcome)

    def delay_ns(self, attempt: int) -> int:
        """From the outcome of this try to the next one."""
        ms = self.first_ms
        for _ in range(attempt - 1):
            ms = min(ms * self.factor_tenths // 10, self.ceiling_ms)
        return 1_000_000 * ms

    def _is_worth_it(self, outcome: Json) -> bool:
        match outcome:
            case {"answered": {"status": int(status)}}:
                return status in self.statuses
            case {"failed": str(text)}:
                code = text.partition(":")[0]
                sent = FAILURES.get(code)
                if sent is Sent.NO:
                    return code not in _LASTING
                return sent is Sent.UNKNOWN and self.unknown
            case _:
                return False


class RetryMisfit(ValueError):
    """A policy that is none: which field of it, and what belongs there."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(field, expected)
        self.field, self.expected = field, expected


def parse_retry(policy: Json) -> Retry:
    """The policy of a grant's `retry`; what it does not say is as by default.

        {"attempts": 3, "first_ms": 200, "factor": 2, "ceiling_ms": 5000,
         "statuses": [429, 502, 503, 504], "unknown": false}

    factor: a number, or a text with one digit after the point, "1.5". Raises RetryMisfit.
    """
    if not isinstance(policy, dict):
        raise RetryMisfit("", "an object")
    for field in sorted(policy):
        if field not in _DEFAULTS:
            raise RetryMisfit(field, f"one of {', '.join(_DEFAULTS)}")
    said = {**_DEFAULTS, **policy}
    ceiling = _number(said, "ceiling_ms", 1, MAX_MS)
    return Retry(
        _number(said, "attempts", 2, MAX_ATTEMPTS),
        _number(said, "first_ms", 1, ceiling),
        _tenths(said["factor"]),
        ceiling,
        _statuses(said["statuses"]),
        _flag(said["unknown"]),
    )


def _number(said: Mapping[str, Json], field: str, least: int, most: int) -> int:
    value = said[field]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RetryMisfit(field, f"a number from {least} to {most}")
    return value


def _tenths(factor: Json) -> int:
    if isinstance(factor, int) and not isinstance(factor, bool) and 1 <= factor <= 10:
        return 10 * factor
    if isinstance(factor, str) and _FACTOR.fullmatch(factor):
        return int(factor.replace(".", ""))
    raise RetryMisfit("factor", 'a number from 1 to 10, or a text such as "1.5"')


def _statuses(value: Json) -> frozenset[int]:
    found: list[int] = []
    if isinstance(value, list):
        found = [each for each in value if type(each) is int and each in _WORTH_IT]
    if not isinstance(value, list) or len(value) > _MAX_STATUSES or found != sorted({*found}):
        raise RetryMisfit("statuses", f"at most {_MAX_STATUSES} of them, each once, in their order")
    if len(found) != len(value):
        raise RetryMisfit("statuses", "none but 408, 425, 429 and 500 to 599")
    return frozenset(found)


def _flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise RetryMisfit("unknown", "true or false")
    return value
