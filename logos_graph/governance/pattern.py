r"""Regular expressions of verb schemas, in a dialect whose worst case is known before it is run.

Python's `re` backtracks: a pattern such as `(a+)+$` takes longer than the universe lasts on thirty
characters. Schemas are registered by principals who are not trusted with the supervisor's time, so
a pattern is read by the small parser below first. It admits the common part of ECMA-262 (the
dialect of JSON Schema) and Python: literals, escapes, classes, groups, alternatives, greedy
quantifiers and anchors. There are no backreferences, no look-around, no lazy or possessive
quantifiers, no flags.

While it reads, the parser counts the ways a match can be attempted:

    literal, class, anchor   1
    sequence                 the product of its parts
    alternatives             the sum of the branches
    X{m,n}                   n - m + 1 when X has one way, else the sum of ways(X)^k for k in m..n
                             (`*` and `+` repeat up to the string's maximal length)

Each way reads at most as many characters as it is wide, and an unanchored pattern is tried at every
position; the product is an upper bound of the steps a backtracking matcher takes. Past `MAX_STEPS`
the pattern is refused. Nested quantifiers multiply to an exponent and fall out by this one rule.

`$` is compiled as Python's `\Z`: Python's own `$` also matches before a final line feed, and a
value with a line feed at its end would pass `^[a-z]+$`. Classes such as `\d` mean ASCII, as in
ECMA-262.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Never

from logos_graph.errors import Rejected

__all__ = ["MAX_PATTERN_LENGTH", "MAX_STEPS", "MAX_SUBJECT_LENGTH", "compile_pattern"]

MAX_PATTERN_LENGTH: Final = 256
"""Characters in a pattern."""
MAX_SUBJECT_LENGTH: Final = 4096
"""Characters a pattern may be matched against: the largest maxLength beside a pattern."""
MAX_STEPS: Final = 10_000_000
"""Upper bound of the matcher's steps for one match: well under a second."""

_MAX_GROUP_DEPTH: Final = 8
_MAX_REPEAT: Final = MAX_SUBJECT_LENGTH
_QUANTIFIER: Final = re.compile(r"\*|\+|\?|\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}")
_ESCAPABLE: Final = frozenset("dDwWsSnrt\\^$.|?*+()[]{}/-")
_SPECIAL: Final = frozenset("*+?{}])")


@dataclass(frozen=True, slots=True)
class _Part:
    """What one piece of a pattern can cost: ways to attempt it, characters it can span."""

    ways: int
    width: int
    anchored: bool = False

    def then(self, other: _Part) -> _Part:
        return _Part(
            _saturate(self.ways * other.ways),
            _saturate(self.width + other.width),
            self.anchored or (self.width == 0 and other.anchored),
        )

    def beside(self, other: _Part) -> _Part:
        return _Part(
            _saturate(self.ways + other.ways),
            max(self.width, other.width),
            self.anchored and other.anchored,
        )

    def repeated(self, least: int, most: int) -> _Part:
        if self.ways == 1:
            ways = most - least + 1
        else:
            ways = 0
            for count in range(least, most + 1):
                ways += _saturate(self.ways ** min(count, 64))
                if ways > MAX_STEPS:
                    break
        return _Part(_saturate(ways), _saturate(self.width * most), self.anchored and least > 0)


_EMPTY: Final = _Part(ways=1, width=0)
_CHARACTER: Final = _Part(ways=1, width=1)
_START: Final = _Part(ways=1, width=0, anchored=True)


@lru_cache(maxsize=1024)
def compile_pattern(text: str, max_length: int) -> re.Pattern[str]:
    """The pattern, ready for `search` on strings of at most `max_length` characters.

    Raises:
        Rejected: E_VERB_PATTERN, outside the dialect or too costly; `data["offset"]` where known.
    """
    if len(text) > MAX_PATTERN_LENGTH:
        _refuse(text, f"it is longer than {MAX_PATTERN_LENGTH} characters")
    if not 0 <= max_length <= MAX_SUBJECT_LENGTH:
        _refuse(text, f"the maxLength beside it must be at most {MAX_SUBJECT_LENGTH}")
    reader = _Reader(text, max_length)
    whole = reader.alternatives(depth=0)
    if reader.position != len(text):
        _refuse(text, "a closing bracket has no partner", reader.position)
    starts = 1 if whole.anchored else max_length + 1
    if starts * whole.ways * (min(whole.width, max_length) + 1) > MAX_STEPS:
        _refuse(
            text,
            "matching it could take too long",
            hint="anchor it with ^, take quantifiers out of quantified groups, "
            "give repetitions and maxLength smaller limits",
        )
    return re.compile("".join(reader.translated), re.ASCII)


class _Reader:
    """Recursive descent over the dialect; also writes the text that Python compiles."""

    __slots__ = ("max_length", "position", "text", "translated")

    def __init__(self, text: str, max_length: int) -> None:
        self.text = text
        self.max_length = max_length
        self.position = 0
        self.translated: list[str] = []

    def alternatives(self, depth: int) -> _Part:
        whole = self.sequence(depth)
        while self.peek() == "|":
            self.copy(1)
            whole = whole.beside(self.sequence(depth))
        return whole

    def sequence(self, depth: int) -> _Part:
        whole = _EMPTY
        while (head := self.peek()) and head not in "|)":
            whole = whole.then(self.piece(depth))
        return whole

    def piece(self, depth: int) -> _Part:
        anchor = self.peek() in ("^", "$")
        part = self.atom(depth)
        found = _QUANTIFIER.match(self.text, self.position)
        if found is None:
            return part
        if anchor:
            self.refuse("an anchor cannot be repeated")
        least, most = self.bounds(found)
        self.copy(found.end() - found.start())
        if _QUANTIFIER.match(self.text, self.position):
            self.refuse("a quantifier follows a quantifier (lazy, possessive: not allowed)")
        return part.repeated(least, most)

    def bounds(self, found: re.Match[str]) -> tuple[int, int]:
        match found[0]:
            case "*":
                return 0, self.max_length
            case "+":
                return 1, max(1, self.max_length)
            case "?":
                return 0, 1
        least = int(found[1])
        if found[2] is None:
            most = least
        else:
            most = int(found[3]) if found[3] else max(least, self.max_length)
        if least > most or most > _MAX_REPEAT:
            self.refuse("the repetition's limits are out of order or too large")
        return least, most

    def atom(self, depth: int) -> _Part:
        head = self.peek()
        if head == "(":
            return self.group(depth)
        if head == "[":
            self.character_class()
        elif head == "\\":
            self.escape()
        elif head == "^":
            self.copy(1)
            return _START
        elif head == "$":
            self.position += 1
            self.translated.append(r"\Z")
            return _EMPTY
        elif head in _SPECIAL:
            self.refuse(f"{head!r} stands where a character was expected; escape it as \\{head}")
        else:
            self.copy(1)
        return _CHARACTER

    def group(self, depth: int) -> _Part:
        if depth == _MAX_GROUP_DEPTH:
            self.refuse(f"groups are nested deeper than {_MAX_GROUP_DEPTH}")
        opening = "(?:" if self.text.startswith("(?:", self.position) else "("
        self.copy(len(opening))
        if self.peek() == "?":
            self.refuse("look-around, flags and named groups are not allowed")
        inner = self.alternatives(depth + 1)
        if self.peek() != ")":
            self.refuse("a group is not closed")
        self.copy(1)
        return inner

    def character_class(self) -> None:
        self.copy(1)
        if self.peek() == "^":
            self.copy(1)
        if self.peek() in ("]", ""):
            self.refuse("a character class is empty or not closed")
        while (head := self.peek()) != "]":
            if head in ("", "["):
                self.refuse("a character class is not closed, or holds a [ that is not escaped")
            # Doubled marks in a class are set operations in ECMA-262 (flag v); Python warns.
            if self.text[self.position : self.position + 2] in ("--", "&&", "||", "~~"):
                self.refuse("a doubled mark in a character class is ambiguous; escape it")
            if head == "\\":
                self.escape()
            else:
                self.copy(1)
        self.copy(1)

    def escape(self) -> None:
        if self.text[self.position + 1 : self.position + 2] not in _ESCAPABLE:
            self.refuse("unknown escape (backreferences, \\b, \\p and \\u are not allowed)")
        self.copy(2)

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def copy(self, count: int) -> None:
        self.translated.append(self.text[self.position : self.position + count])
        self.position += count

    def refuse(self, why: str) -> Never:
        _refuse(self.text, why, self.position)


def _saturate(number: int) -> int:
    """Keeps the arithmetic small: past the limit, all that matters is that it is past."""
    return min(number, MAX_STEPS + 1)


def _refuse(text: str, why: str, offset: int | None = None, *, hint: str = "") -> Never:
    shown = text if len(text) <= 60 else text[:57] + "…"
    at = "" if offset is None else f" (at character {offset + 1})"
    raise Rejected(
        "E_VERB_PATTERN",
        f"the pattern {shown!r} is refused: {why}{at}",
        hint=hint or "patterns are literals, classes, groups, alternatives and greedy quantifiers",
        pattern=shown,
        offset=offset,
    )
