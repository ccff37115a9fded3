"""Test vectors of canonical JSON, for any implementation: a file with one JSON object a line.

Each has a `name`, the bytes as `input` (text) or `input_hex`, and one of

    canonical   the one canonical text (and `id`, its content id, where it is given)
    error       the code of the refusal
    offset      a value in another text: where that first differs from the canonical bytes
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from logos_graph.canon import content_id, encode, parse, verify
from logos_graph.errors import InvalidInput, LogosError, Rejected

__all__ = ["Vector", "parse_vectors"]

_KINDS = ("canonical", "error", "offset")


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector. kind: one of the three above; identity: None where the vector names none."""

    name: str
    data: bytes
    kind: str
    expected: str | int
    identity: str | None

    def fault(self) -> str | None:
        """What this implementation does otherwise; None when it agrees."""
        try:
            if self.kind == "offset":
                verify(self.data)
                return "its bytes pass as canonical"
            text = encode(parse(self.data))
        except Rejected as error:
            offset = error.data.get("offset")
            if error.code == "E_NOT_CANONICAL" and offset == self.expected:
                return None
            return f"refused: {error.message}"
        except LogosError as error:
            return None if self.expected == error.code else f"refused: {error}"
        return self._other(text)

    def _other(self, text: bytes) -> str | None:
        if self.kind == "error":
            return f"accepted as {text.decode()}"
        if text.decode() != self.expected:
            return f"canonical is {text.decode()}"
        if self.identity not in (None, content_id(text)):
            return f"id is {content_id(text)}"
        return None


def parse_vectors(text: str) -> list[Vector]:
    """The vectors of a file. Raises InvalidInput E_VECTORS, with the line."""
    lines = enumerate(text.split("\n"), 1)
    return [_vector(line, number) for number, line in lines if line.strip()]


def _vector(line: str, number: int) -> Vector:
    # Not read by canon: vectors hold, as inputs, what canon refuses.
    try:
        value: Any = json.loads(line)
        kind = next(kind for kind in _KINDS if kind in value)
        given = value.get("input_hex")
        data = value["input"].encode() if given is None else bytes.fromhex(given)
        return Vector(str(value["name"]), data, kind, value[kind], value.get("id"))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        raise InvalidInput(
            "E_VECTORS",
            f"line {number} is not a test vector",
            hint="each line is an object with name, input or input_hex, and one of "
            + ", ".join(_KINDS),
            line=number,
        ) from None
