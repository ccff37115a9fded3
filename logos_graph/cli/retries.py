"""A retry policy on the command line: attempts=4,first=200ms,factor=1.5,ceiling=5s,statuses=502+503

What is left out is as by default; `unknown`, without a value, says that the service knows the key.
"""

from __future__ import annotations

import re

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput

__all__ = ["retry_limit", "retry_text"]

_MS = re.compile(r"([0-9]{1,5})(ms|s)")
_FACTOR = re.compile(r"[0-9]{1,2}(\.[0-9])?")
_NUMBER = re.compile(r"[0-9]{1,3}")
_STATUSES = re.compile(r"(?:[0-9]{3}(?:\+[0-9]{3}){0,15})?")
_HINT = "as in attempts=4,first=200ms,factor=2,ceiling=5s,statuses=502+503,unknown"


def retry_limit(text: str) -> dict[str, Json]:
    """The limit `retry` that a text says; its bounds are judged with it.

    Raises InvalidInput E_USAGE for a text of another form.
    """
    policy: dict[str, Json] = {}
    for part in text.split(",") if text else ():
        name, _, value = part.partition("=")
        field = {"first": "first_ms", "ceiling": "ceiling_ms"}.get(name, name)
        said = part == "unknown" or _value(name, value)
        if said is None or field in policy:
            raise InvalidInput("E_USAGE", f"--retry: {part[:40]!r} does not say it", hint=_HINT)
        policy[field] = said
    return policy


def _value(name: str, text: str) -> Json:
    """None for what has another form."""
    match name:
        case "attempts" if _NUMBER.fullmatch(text):
            return int(text)
        case "first" | "ceiling" if found := _MS.fullmatch(text):
            return int(found[1]) * (1000 if found[2] == "s" else 1)
        case "factor" if found := _FACTOR.fullmatch(text):
            return text if found[1] else int(text)
        case "statuses" if _STATUSES.fullmatch(text):
            return [*sorted(map(int, text.split("+")))] if text else []
        case _:
            return None


def retry_text(policy: Json) -> str:
    """All of a policy as `retry_limit` reads it, with what it leaves to the defaults."""
    from logos_graph.graph.retry import parse_retry

    retry = parse_retry(policy)
    whole, tenth = divmod(retry.factor_tenths, 10)
    texts = (
        f"attempts={retry.attempts}",
        f"first={_ms(retry.first_ms)}",
        f"factor={whole}.{tenth}" if tenth else f"factor={whole}",
        f"ceiling={_ms(retry.ceiling_ms)}",
        f"statuses={'+'.join(map(str, sorted(retry.statuses)))}",
    )
    return ",".join((*texts, "unknown") if retry.unknown else texts)


def _ms(number: int) -> str:
    return f"{number}ms" if number % 1000 else f"{number // 1000}s"
