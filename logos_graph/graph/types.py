"""The reader of types: text to the tree of `typetree`.

`parse_type` accepts any spacing and a type prints one: `parse_type(t.text) == t` for every type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from logos_graph.errors import InvalidInput
from logos_graph.graph.typetree import (
    BUILTIN_WORDS,
    INTEGER_WORDS,
    MAX_NAME,
    MAX_SCALE,
    MAX_TYPE_DEPTH,
    MAX_TYPE_TEXT,
    Bool,
    Bytes,
    Case,
    Decimal,
    Enum,
    Field,
    Integer,
    List,
    Option,
    Record,
    String,
    Tuple,
    Type,
    Variant,
    type_depth,
)

__all__ = ["parse_type"]

_T = TypeVar("_T")
_TOKEN = re.compile(r"\s*(?:([A-Za-z0-9_-]+)|([<>{},:])|(\Z)|(.))", re.DOTALL)
_WORD, _END = 1, 3  # groups of _TOKEN
_NO_NAMES: Mapping[str, Type] = {}


def parse_type(text: str, named: Mapping[str, Type] = _NO_NAMES) -> Type:
    """Read a type in any spacing; a trailing comma is allowed.

    named: types that a bare name may stand for (the `[types]` of a flow file).
    Raises InvalidInput: E_TYPE_SYNTAX, E_TYPE_UNKNOWN, E_TYPE_NAME, E_TYPE_DUPLICATE, E_TYPE_EMPTY,
    E_TYPE_OPTION, E_TYPE_SCALE, E_TYPE_DEPTH, E_TYPE_SIZE.
    """
    if len(text) > MAX_TYPE_TEXT:
        raise _too_long()
    parser = _Parser(text, named)
    parsed = parser.type(1)
    parser.end()
    if len(parsed.text) > MAX_TYPE_TEXT:
        raise _too_long()
    return parsed


class _Parser:
    """Recursive descent over one type text; recursion is bounded by MAX_TYPE_DEPTH."""

    def __init__(self, text: str, named: Mapping[str, Type]) -> None:
        self._text = text
        self._named = named
        self._expanded = 0
        self._token_at = 0
        self._ahead = self._read(0)

    def type(self, depth: int) -> Type:
        if depth > MAX_TYPE_DEPTH:
            raise InvalidInput(
                "E_TYPE_DEPTH", f"the type nests deeper than {MAX_TYPE_DEPTH}", limit=MAX_TYPE_DEPTH
            )
        word = self._word("a type")
        if word in INTEGER_WORDS:
            return Integer(*INTEGER_WORDS[word])
        match word:
            case "bool":
                return Bool()
            case "string":
                return String()
            case "bytes":
                return Bytes()
            case "decimal":
                return self._decimal()
            case "list" | "option":
                self._expect("<")
                item = self.type(depth + 1)
                self._expect(">")
                return List(item) if word == "list" else Option(item)
            case "tuple":
                return Tuple(tuple(self._members("<", ">", lambda: self.type(depth + 1))))
            case "record":
                name = self._word("a record's name")
                return Record(name, tuple(self._members("{", "}", lambda: self._field(depth))))
            case "enum":
                name = self._word("an enum's name")
                return Enum(name, tuple(self._members("{", "}", lambda: self._word("a case"))))
            case "variant":
                name = self._word("a variant's name")
                return Variant(name, tuple(self._members("{", "}", lambda: self._case(depth))))
            case _:
                return self._name(word, depth)

    def end(self) -> None:
        kind, token = self._next()
        if kind != _END:
            raise self._unexpected("the end of the type", token)

    def _decimal(self) -> Decimal:
        self._expect("<")
        scale = self._word("a number of fraction digits")
        if not re.fullmatch(r"0|[1-9][0-9]?", scale):
            raise InvalidInput(
                "E_TYPE_SCALE", f"decimal<{scale[:MAX_NAME]}>: a scale is 0 to {MAX_SCALE}"
            )
        self._expect(">")
        return Decimal(int(scale))

    def _field(self, depth: int) -> Field:
        name = self._word("a field's name")
        self._expect(":")
        return Field(name, self.type(depth + 1))

    def _case(self, depth: int) -> Case:
        name = self._word("a case")
        if self._peek() != ":":
            return Case(name)
        self._next()
        return Case(name, self.type(depth + 1))

    def _name(self, word: str, depth: int) -> Type:
        """A named type, expanded; what is expanded is counted, or names could double for ever."""
        type_ = self._named.get(word)
        if type_ is None:
            raise InvalidInput(
                "E_TYPE_UNKNOWN",
                f"there is no type {word[:MAX_NAME]!r}",
                hint="types: " + ", ".join(sorted(BUILTIN_WORDS | set(self._named))),
                name=word[:MAX_NAME],
            )
        self._expanded += len(type_.text)
        if self._expanded > MAX_TYPE_TEXT:
            raise _too_long()
        if depth - 1 + type_depth(type_) > MAX_TYPE_DEPTH:
            raise InvalidInput(
                "E_TYPE_DEPTH", f"the type nests deeper than {MAX_TYPE_DEPTH}", limit=MAX_TYPE_DEPTH
            )
        return type_

    def _members(self, opening: str, closing: str, member: Callable[[], _T]) -> list[_T]:
        self._expect(opening)
        members: list[_T] = []
        while self._peek() != closing:
            members.append(member())
            if self._peek() != ",":
                break
            self._next()
        self._expect(closing)
        return members

    def _word(self, what: str) -> str:
        kind, token = self._next()
        if kind != _WORD:
            raise self._unexpected(what, token)
        return token

    def _expect(self, punctuation: str) -> None:
        _, token = self._next()
        if token != punctuation:
            raise self._unexpected(repr(punctuation), token)

    def _peek(self) -> str:
        return self._ahead[1]

    def _next(self) -> tuple[int, str]:
        kind, token, self._token_at, end = self._ahead
        self._ahead = self._read(end)
        return kind, token

    def _read(self, at: int) -> tuple[int, str, int, int]:
        """The token from here on: its group in _TOKEN, its text, its start and its end."""
        match = _TOKEN.match(self._text, at)
        assert match is not None  # the last alternative takes anything
        kind = match.lastindex or 0
        return kind, match[kind], match.start(kind), match.end()

    def _unexpected(self, wanted: str, found: str) -> InvalidInput:
        shown = repr(found[:MAX_NAME]) if found else "the end"
        return InvalidInput(
            "E_TYPE_SYNTAX",
            f"type text, column {self._token_at + 1}: expected {wanted}, found {shown}",
            column=self._token_at + 1,
        )


def _too_long() -> InvalidInput:
    return InvalidInput(
        "E_TYPE_SIZE",
        f"the type's text is longer than {MAX_TYPE_TEXT} characters",
        limit=MAX_TYPE_TEXT,
    )
