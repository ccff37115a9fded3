"""Integers that may be judged: those of 64 bits, signed or not.

Canonical JSON holds integers of any length, but Python refuses to write one of more than some
thousand digits, and so does whatever puts values into messages. No verb and no policy has a use for
such a number: it is refused before anything looks at it.
"""

from __future__ import annotations

from typing import Final

from logos_graph.canon import Json

__all__ = ["find_long_integer"]

_RANGE: Final = range(-(2**63), 2**64)


def find_long_integer(value: Json) -> str | None:
    """The JSON path of an integer that does not fit 64 bits; None if there is none."""
    return _path_of(value) if _has_long(value) else None


def _has_long(value: Json) -> bool:
    """The same question without the paths, which nearly always nobody needs."""
    todo: list[Json] = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, int) and item not in _RANGE:
            return True
    return False


def _path_of(value: Json) -> str | None:
    todo: list[tuple[str, Json]] = [("$", value)]
    while todo:
        path, item = todo.pop()
        if isinstance(item, dict):
            todo.extend((f"{path}.{name}", member) for name, member in item.items())
        elif isinstance(item, list):
            todo.extend((f"{path}[{index}]", member) for index, member in enumerate(item))
        elif isinstance(item, int) and item not in _RANGE:
            return path
    return None
