"""What rustc says, as data: an author (human or agent) can act on a line and a code.

Source: rustc's JSON output, https://doc.rust-lang.org/rustc/json.html.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

__all__ = ["Diagnostic", "Level", "parse_diagnostics"]

_MOST: Final = 100
_SUMMARY: Final = re.compile(r"aborting due to |\d+ warnings? emitted")


class Level(StrEnum):
    """How grave a diagnostic is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of the compiler.

    code: rustc's own (`E0308`, `unused_variables`), None when it has none.
    message: what is wrong, and what rustc notes at that very place.
    line, column: where in the author's file, counted from 1; None when nowhere in it.
    rendered: the message as rustc shows it to people, with the lines of source.
    """

    level: Level
    code: str | None
    message: str
    line: int | None
    column: int | None
    rendered: str

    def to_json(self) -> dict[str, object]:
        """The fields as a JSON object."""
        return asdict(self)


def parse_diagnostics(messages: bytes, file: str) -> tuple[Diagnostic, ...]:
    """The diagnostics in rustc's stderr, without its closing summaries: errors first, at most 100.

    file: the author's file as rustc names it; only places in it are told.
    Lines that are not JSON (a crash of the compiler) are left out: the exit status tells of those.
    """
    found: list[Diagnostic] = []
    # Only a line feed ends a line: the author's own U+2028 and the like stand in JSON as they are.
    for line in messages.split(b"\n"):
        try:
            spoken = json.loads(line.decode(errors="replace"))
        except ValueError:
            continue
        if isinstance(spoken, dict) and _is_diagnostic(spoken):
            found.append(_diagnostic(spoken, file))
    found.sort(key=lambda each: each.level is not Level.ERROR)
    return tuple(found[:_MOST])


def _is_diagnostic(spoken: dict[str, Any]) -> bool:
    if "message" not in spoken or "level" not in spoken or spoken["level"] == "failure-note":
        return False
    return bool(spoken.get("spans")) or not _SUMMARY.match(spoken["message"])


def _diagnostic(spoken: dict[str, Any], file: str) -> Diagnostic:
    code = spoken.get("code")
    line, column = _place(spoken.get("spans", []), file)
    return Diagnostic(
        level=_level(spoken["level"]),
        code=code["code"] if code else None,
        message=": ".join([spoken["message"], *_labels(spoken.get("spans", []))]),
        line=line,
        column=column,
        rendered=spoken.get("rendered") or spoken["message"],
    )


def _labels(spans: list[dict[str, Any]]) -> list[str]:
    """What stands at the primary places: "expected `u32`, found `&str`", or a constant's panic."""
    return [span["label"] for span in spans if span["is_primary"] and span.get("label")]


def _level(name: str) -> Level:
    if name.startswith("error"):  # also "error: internal compiler error"
        return Level.ERROR
    return Level.WARNING if name == "warning" else Level.NOTE


def _place(spans: list[dict[str, Any]], file: str) -> tuple[int | None, int | None]:
    """The primary place in the author's file; inside a macro, the place where it was called."""
    for span in sorted(spans, key=lambda each: not each["is_primary"]):
        place: dict[str, Any] | None = span
        while place is not None:
            if place["file_name"] == file:
                return place["line_start"], place["column_start"]
            expansion = place.get("expansion")
            place = expansion["span"] if expansion else None
    return None, None
