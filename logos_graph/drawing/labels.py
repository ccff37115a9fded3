"""Types and names as labels: short, on one line, without what could not be drawn."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from logos_graph.errors import LogosError
from logos_graph.graph.types import parse_type
from logos_graph.graph.typetree import Enum, List, Option, Record, Tuple, Type, Variant

__all__ = ["LONGEST_LABEL", "clipped", "drawable", "short_type"]

LONGEST_LABEL: Final = 40
"""Most characters of a name or a type on a label."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@lru_cache(maxsize=4096)
def short_type(text: str) -> str:
    """A type without what its records, enums and variants consist of: `list<record payment>`.

    What is no type is clipped like any text.
    """
    try:
        return clipped(_named(parse_type(text)))
    except LogosError:
        return clipped(text)


def _named(type_: Type) -> str:
    match type_:
        case Record(name, _):
            return f"record {name}"
        case Enum(name, _):
            return f"enum {name}"
        case Variant(name, _):
            return f"variant {name}"
        case List(item):
            return f"list<{_named(item)}>"
        case Option(item):
            return f"option<{_named(item)}>"
        case Tuple(items):
            return f"tuple<{', '.join(map(_named, items))}>"
        case _:
            return type_.text


def clipped(text: str, most: int = LONGEST_LABEL) -> str:
    """The text on one line of at most so many characters."""
    line = " ".join(drawable(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def drawable(text: str) -> str:
    """The text; what has no look, moves the pen or turns the line becomes U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "\ufffd" if unicodedata.category(each) in _UNSEEN and each != "\n" else each
        for each in text
    )
