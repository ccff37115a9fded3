"""Commitments: what a principal binds itself to, for success, for doubt and for failure.

One string: `emit:EVENT`, `escalate:ROLE`, `retry:N` or `abort`, optionally followed by
`@TARGET`.
Source: LogLine Paper I, section II.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NoReturn

from logos_graph.canon import shown
from logos_graph.errors import InvalidInput

__all__ = ["MAX_RETRIES", "Action", "Commitment", "parse_commitment"]

MAX_RETRIES = 99

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}")
_RETRIES = re.compile(r"[1-9][0-9]?")


class Action(StrEnum):
    """What is done."""

    EMIT = "emit"
    ESCALATE = "escalate"
    RETRY = "retry"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class Commitment:
    """One commitment.

    argument: the event for emit, the handler for escalate, the count (1 to 99) for retry, None for
    abort. target: to whom, or None. Raises InvalidInput E_COMMITMENT if the parts do not fit.
    """

    action: Action
    argument: str | None = None
    target: str | None = None

    def __post_init__(self) -> None:
        argument = self.argument
        if self.action is Action.ABORT:
            if argument is not None:
                _refuse(self.text, "abort takes no argument")
        elif argument is None:
            _refuse(self.text, f"{self.action} needs an argument")
        elif self.action is Action.RETRY:
            if _RETRIES.fullmatch(argument) is None:
                _refuse(self.text, f"retry takes a count from 1 to {MAX_RETRIES}")
        elif _NAME.fullmatch(argument) is None:
            _refuse(self.text, f"{argument!a:.80} is not a name")
        if self.target is not None and _NAME.fullmatch(self.target) is None:
            _refuse(self.text, f"{self.target!a:.80} is not a target")

    @property
    def text(self) -> str:
        """The one string that parses back to this commitment."""
        argument = "" if self.argument is None else f":{self.argument}"
        target = "" if self.target is None else f"@{self.target}"
        return f"{self.action}{argument}{target}"


def parse_commitment(text: object) -> Commitment:
    """The commitment that `text` is, exactly. Raises InvalidInput E_COMMITMENT."""
    if not isinstance(text, str):
        _refuse(text, "it is not a string")
    return _parse(text)


@lru_cache(maxsize=4096)  # most are said again and again; what is refused is not kept
def _parse(text: str) -> Commitment:
    head, at, target = text.partition("@")
    name, colon, argument = head.partition(":")
    try:
        action = Action(name)
    except ValueError:
        _refuse(text, f"{name!a:.80} is not an action")
    return Commitment(action, argument if colon else None, target if at else None)


def _refuse(text: object, reason: str) -> NoReturn:
    raise InvalidInput(
        "E_COMMITMENT",
        f"{shown(text, 120)} is not a commitment: {reason}",
        hint="Write emit:EVENT, escalate:ROLE, retry:N or abort, then @TARGET if there is one.",
    )
