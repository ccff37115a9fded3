"""Cuts Cedar text into its rules and bounds how deep each can nest, before the engine parses it.

The engine's parser recurses over the syntax tree without a limit: a few thousand brackets, or one
`&&` chained a few thousand times, overflow its stack and end the process instead of raising an
error. How deep its evaluator gets depends on the stack of the thread it runs in, and a judgement
must not depend on that. So the depth of every rule is estimated from its tokens, never too low:

    depth(level) = its && || if when unless  +  the longest run of . + - * and brackets between
                   commas, comparisons and those words  +  the deepest bracket inside  +  1

where a level is what stands between one pair of brackets, or the whole rule. Strings and comments
are told apart by the engine's own rules, so that nothing can hide in one for only one of the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Never

from logos_graph.errors import Rejected

__all__ = ["MAX_DEPTH", "MAX_RULE_LENGTH", "Statement", "refuse_at", "statements"]

MAX_DEPTH: Final = 128
"""Estimated depth of one rule; every thread's stack suffices to parse and evaluate it."""
MAX_RULE_LENGTH: Final = 8192
"""Characters of one rule, with the comments inside it."""

_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+|//[^\n\r]*) | (?P<string>"(?:\\.|[^"\\])*") | (?P<quote>")
    | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<end>;)
    | (?P<join>&&|\|\||\b(?:if|when|unless)\b)
    | (?P<cut>,|==|!=|<=?|>=?|\b(?:in|is|has|like|then|else)\b)
    | (?P<link>[.+*-])
    | (?P<other>\w+|.)""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One rule: the line it begins at (from 1) and its text."""

    line: int
    text: str


@dataclass(slots=True)
class _Level:
    """What was seen so far between one pair of brackets."""

    joins: int = 0
    run: int = 0
    longest: int = 0
    inside: int = 0

    @property
    def depth(self) -> int:
        return self.joins + max(self.longest, self.run) + self.inside + 1

    def end_run(self) -> None:
        self.longest = max(self.longest, self.run)
        self.run = 0


def statements(text: str) -> Iterator[Statement]:
    """The rules of a policy text in order; what follows the last `;` is one too, unless blank.

    Raises:
        Rejected: E_POLICY_SYNTAX, a rule is too long or too deep, or a string is not closed.
    """
    line, begun, start, levels = 1, 0, 0, [_Level()]
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind != "blank" and not begun:
            begun, start = line, token.start()
        line += token[0].count("\n")
        if kind == "quote":
            refuse_at(begun, "a string is not closed")
        if begun and token.end() - start > MAX_RULE_LENGTH:
            refuse_at(begun, f"the rule is longer than {MAX_RULE_LENGTH} characters")
        _note(levels, str(kind))
        if len(levels) > MAX_DEPTH or levels[0].depth > MAX_DEPTH:
            refuse_at(begun, f"the rule is nested deeper than {MAX_DEPTH}")
        if kind == "end":
            yield Statement(begun, text[start : token.end()])
            begun, levels = 0, [_Level()]
    if begun:
        while len(levels) > 1:
            _note(levels, "close")
        if levels[0].depth > MAX_DEPTH:
            refuse_at(begun, f"the rule is nested deeper than {MAX_DEPTH}")
        yield Statement(begun, text[start:])


def _note(levels: list[_Level], kind: str) -> None:
    """Counts one token; what ends a bracket's level is added to the level around it."""
    level = levels[-1]
    match kind:
        case "open":
            level.run += 1
            levels.append(_Level())
        case "close" if len(levels) > 1:
            levels.pop()
            levels[-1].inside = max(levels[-1].inside, level.depth)
        case "join":
            level.joins += 1
            level.end_run()
        case "cut":
            level.end_run()
        case "link":
            level.run += 1
        case "end":
            while len(levels) > 1:
                _note(levels, "close")


def refuse_at(line: int, why: str) -> Never:
    """Raises E_POLICY_SYNTAX for the rule that begins at this line."""
    raise Rejected(
        "E_POLICY_SYNTAX",
        f"the policy cannot be parsed: {why} (in the rule that begins at line {line})",
        hint="a rule is permit or forbid (principal, action, resource), with when { … } if need be,"
        " and ends with ;",
        line=line,
    )
