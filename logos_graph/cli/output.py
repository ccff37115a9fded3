"""What commands print: tables and lines for people, one JSON document for programs, errors.

Texts come from strangers (agents name nodes, write reasons and messages), so nothing that could
move the cursor, set colours or reorder a line reaches a terminal: such characters are shown as
escapes. JSON documents are ASCII.
"""

from __future__ import annotations

import json
import os
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from types import NoneType
from typing import TextIO, TypeVar

import click

from logos_graph.errors import LogosError

__all__ = ["Printer", "ReaderGoneError", "clean", "show_error", "wants_colour"]

_T = TypeVar("_T")

_PATIENCE_S = 1.0
_REFRESH_S = 0.2
_GAP = "  "
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_COLOURS = {
    "ALLOW": "green", "COMMITTED": "green", "done": "green", "ok": "green", "running": "green",
    "REQUIRE": "yellow", "PENDING": "yellow", "not_taken": "yellow",
    "DENY": "red", "GHOST": "red", "failed": "red", "BROKEN": "red", "missing": "red",
}  # fmt: skip


class ReaderGoneError(Exception):
    """Whoever read the output went away (`logos ledger show | head`)."""


class Printer:
    """Prints in the way that the caller asked for."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._colours = not as_json and wants_colour(sys.stdout)

    def document(self, value: object) -> None:
        """The one JSON document; nothing unless --json was given."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, indent=2) + "\n")

    def line(self, text: str = "") -> None:
        """One line for people."""
        if not self.as_json:
            sys.stdout.write(clean(text) + "\n")

    def block(self, text: str) -> None:
        """Several lines for people, kept as they are."""
        for line in text.expandtabs(4).rstrip("\n").split("\n"):
            self.line(line)

    def title(self, text: str) -> None:
        """A heading for people."""
        if not self.as_json:
            sys.stdout.write(self._style(clean(text), bold=True) + "\n")

    def fields(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Names and values, aligned; None is shown as `-`."""
        if self.as_json:
            return
        shown = [(name, _cell(value)) for name, value in pairs]
        width = max((_width(name) for name, _ in shown), default=0)
        for name, value in shown:
            sys.stdout.write(f"{_pad(name, width)}{_GAP}{self._coloured(value, value)}\n")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Rows under headings, aligned: numbers to the right, all else to the left."""
        if self.as_json:
            return
        listed = [list(row) for row in rows]
        if not listed:
            self.line("none")
            return
        cells = [[_cell(value) for value in row] for row in listed]
        right = [
            {type(row[at]) for row in listed} - {NoneType} == {int} for at in range(len(columns))
        ]
        widths = [
            max(_width(column), *(_width(row[at]) for row in cells))
            for at, column in enumerate(columns)
        ]
        heading = _row([column.upper() for column in columns], widths, right)
        sys.stdout.write(self._style("".join(heading).rstrip(), bold=True) + "\n")
        for row in cells:
            padded = _row(row, widths, right)
            line = "".join(
                self._coloured(cell, text) for cell, text in zip(row, padded, strict=True)
            )
            sys.stdout.write(line.rstrip() + "\n")

    def note(self, text: str) -> None:
        """A remark on stderr."""
        sys.stderr.write(clean(text) + "\n")

    def progress(self, text: str) -> None:
        """What takes a while now, on stderr, where a person watches."""
        if sys.stderr.isatty():
            self.note(f"{text} …")

    def counted(self, items: Iterable[_T], total: int, label: str) -> Iterator[_T]:
        """The same items; after a second, a terminal sees how far they are."""
        if not sys.stderr.isatty():
            yield from items
            return
        due, shown = time.monotonic() + _PATIENCE_S, False
        for number, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now >= due:
                due, shown = now + _REFRESH_S, True
                sys.stderr.write(f"\r\033[K{label} {number}/{total}")
                sys.stderr.flush()
        if shown:
            sys.stderr.write("\r\033[K")

    def _coloured(self, value: str, text: str) -> str:
        colour = _COLOURS.get(value)
        return text if colour is None else self._style(text, fg=colour)

    def _style(self, text: str, *, fg: str | None = None, bold: bool | None = None) -> str:
        return click.style(text, fg=fg, bold=bold) if self._colours else text


def show_error(error: LogosError, as_json: bool) -> None:
    """The error as a JSON document on stdout, or for people on stderr."""
    if as_json:
        sys.stdout.write(json.dumps({"error": error.to_json()}, indent=2, default=str) + "\n")
        return
    sys.stdout.flush()  # what came before stays before, where both go to one place
    head = f"error[{error.code}]"
    if wants_colour(sys.stderr):
        head = click.style(head, fg="red", bold=True)
    sys.stderr.write(f"{head}: {clean(error.message)}\n")
    for text in _rendered(error):
        for line in text.expandtabs(4).rstrip("\n").split("\n"):
            sys.stderr.write(clean(line) + "\n")
    if error.hint:
        first, *further = error.hint.split("\n")
        sys.stderr.write(f"hint: {clean(first)}\n")
        for line in further:
            sys.stderr.write(f"  {clean(line)}\n")


def _rendered(error: LogosError) -> list[str]:
    """A compiler's own words, where the error carries them."""
    diagnostics = error.data.get("diagnostics")
    if not isinstance(diagnostics, list):
        return []
    texts = (item.get("rendered") for item in diagnostics if isinstance(item, dict))
    return [text for text in texts if isinstance(text, str)]


def wants_colour(stream: TextIO) -> bool:
    """Colour only on a terminal, and not where NO_COLOR or a dumb terminal says otherwise."""
    environment = os.environ
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def clean(text: str) -> str:
    """The text on one line, with everything that a terminal would act on shown as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in _HARMFUL
        else character
        for character in text
    )


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(str(value))


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _pad(text: str, width: int, *, right: bool = False) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """Each cell in its column's width, with the gap that follows it."""
    return [
        _pad(cell, width, right=to_right) + _GAP
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
