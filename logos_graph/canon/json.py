r"""Canonical JSON: null, bool, integer, string, array, object, and one text for each value.

The canonical text is UTF-8 without spaces; object keys are sorted by their UTF-8 bytes; integers
are in shortest decimal form, of any size; strings are in NFC, with the short escapes
`\b \t \n \f \r \" \\`, other control characters as `\u00xx` in lower case, and everything else raw
(DEL and U+2028 too). Source: JSON✯Atomic (LogLine Paper II).

What is refused, each by its own code (InvalidInput; the last is Rejected):

    E_SIZE           longer than the limit                 E_NUM_FMT  1e2, 01, +1, .5, 0x10
    E_UTF8           bad UTF-8, or half a surrogate pair   E_DUP_KEY  one key twice in an object
    E_DEPTH          nested deeper than the limit          E_NFC      string or key not in NFC
    E_FLOAT          1.5, NaN, Infinity                    E_JSON     not JSON at all
    E_NOT_CANONICAL  the right value in another text (`verify` only)

Python's C scanner and encoder do the work; what they are too lenient about is checked around them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import NoReturn, TypeAlias

from logos_graph.canon.integers import LONG_BITS, integer_from_text
from logos_graph.canon.plain import UNKNOWN, canonical_value, render, written
from logos_graph.errors import InvalidInput, Rejected

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Json", "encode", "encode_text", "parse", "verify"]

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
"""A JSON value of this product: no floats, and tuples are not arrays."""

MAX_BYTES = 4 * 1024 * 1024
"""Default limit of a text, in bytes of UTF-8."""

MAX_DEPTH = 64
"""Default limit of nesting: `[]` is 1 deep, `[{}]` is 2 deep, a scalar is 0 deep."""


def parse(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Json:
    """The value of any JSON text (RFC 8259) that holds only canonical JSON's values.

    Order of keys, white space, escapes and `-0` are free here; the value that comes back has one
    canonical text. Raises InvalidInput with the codes at the head of this module.
    """
    text = _decode(data, max_bytes)
    if text.count("[") + text.count("{") > max_depth:
        _check_depth(text, max_depth)
    try:
        value: Json = _SCANNER.decode(text)
    except json.JSONDecodeError as error:
        _refuse_syntax(text, error)
    plain = text.isascii() or unicodedata.is_normalized("NFC", text)
    if not plain or "\\u" in text:
        _check_all_strings(value)
    return value


def encode(value: Json, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> bytes:
    """The canonical bytes of `value`.

    Raises InvalidInput: E_FLOAT, E_UTF8, E_NFC, E_DEPTH, E_SIZE as above, and E_JSON for a Python
    value that JSON has no word for (a tuple, bytes, a key that is not a string); `data["path"]`
    says where.
    """
    try:
        long_integers = _check_types(value, max_depth)
    except _FaultError as fault:
        raise fault.as_refusal() from None
    text = render(value) if long_integers else written(value)
    # A part of a text in NFC is in NFC, so one look at the whole answers for every string. The
    # converse fails (the escape \n before a combining tilde): then each string is looked at.
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        _check_all_strings(value)
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        _check_all_strings(value)  # names the string; nothing but half a pair gets here
        raise
    if len(data) > max_bytes:
        _refuse_size(len(data), max_bytes)
    return data


def encode_text(value: Json, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> str:
    """The canonical text of `value`; raises as `encode` does."""
    return encode(value, max_bytes=max_bytes, max_depth=max_depth).decode("utf-8")


def verify(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Json:
    """The value of `data`, which must be its canonical bytes.

    Raises what `parse` raises, and Rejected E_NOT_CANONICAL with the `offset` of the first byte
    that differs from the canonical form.
    """
    found = canonical_value(data, max_bytes, max_depth)
    if found is not UNKNOWN:
        return found  # type: ignore[return-value]
    value = parse(data, max_bytes=max_bytes, max_depth=max_depth)
    canonical = encode(value, max_bytes=max_bytes, max_depth=max_depth)
    if canonical == data:
        return value
    pairs = enumerate(zip(data, canonical, strict=False))
    shorter = min(len(data), len(canonical))
    offset = next((at for at, (found, wanted) in pairs if found != wanted), shorter)
    raise Rejected(
        "E_NOT_CANONICAL",
        f"the JSON is not in canonical form: it differs at byte {offset}",
        hint="`logos json canonize` prints the canonical form.",
        offset=offset,
    )


# --- reading ---------------------------------------------------------------------------------


def _decode(data: bytes | str, max_bytes: int) -> str:
    if len(data) > max_bytes:  # of a str: characters, never more than its bytes
        _refuse_size(len(data), max_bytes)
    try:
        if isinstance(data, bytes):
            return data.decode("utf-8")
        if not data.isascii() and (size := len(data.encode("utf-8"))) > max_bytes:
            _refuse_size(size, max_bytes)
    except UnicodeError as error:
        offset = error.start if isinstance(error, UnicodeDecodeError | UnicodeEncodeError) else 0
        raise InvalidInput(
            "E_UTF8", f"the text is not UTF-8 at offset {offset}", offset=offset
        ) from None
    return data


_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|([\[{])|([\]}])', re.DOTALL)


def _check_depth(text: str, max_depth: int) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        if match.group(1):
            depth += 1
            if depth > max_depth:
                offset = len(text[: match.start()].encode("utf-8"))
                raise InvalidInput(
                    "E_DEPTH",
                    f"the JSON nests deeper than {max_depth} at byte {offset}",
                    offset=offset,
                    limit=max_depth,
                )
        elif match.group(2):
            depth -= 1


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                safe = key[:100].encode("utf-8", "backslashreplace").decode("utf-8")
                raise InvalidInput("E_DUP_KEY", f"the key {key!a:.100} is there twice", key=safe)
            seen.add(key)
    return members


def _refuse_fraction(number: str) -> NoReturn:
    if "." in number:
        _refuse_float(number)
    _refuse_number(number)


def _refuse_float(number: str) -> NoReturn:
    raise InvalidInput(
        "E_FLOAT",
        f"{number:.100} is a float; canonical JSON has none",
        hint="Write an integer in the smallest unit, or a decimal as a string.",
        number=number[:100],
    )


def _refuse_number(number: str) -> NoReturn:
    raise InvalidInput(
        "E_NUM_FMT",
        f"the number {number!a:.100} is not in plain decimal form",
        hint="Write digits only: no exponent, no leading zero, no plus sign.",
        number=number[:100],
    )


_SCANNER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=integer_from_text,
    parse_float=_refuse_fraction,
    parse_constant=_refuse_float,
)


_NUMBER_LIKE = re.compile(r"[-+.0-9][-+.0-9a-zA-Z_]*")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")


def _refuse_syntax(text: str, error: json.JSONDecodeError) -> NoReturn:
    """Tell a number in a wrong form from text that is not JSON.

    The scanner stops inside `01` (after the 0) and before `+1`; the word around its stop decides.
    """
    start = error.pos
    while start > 0 and text[start - 1] in "+-.0123456789":
        start -= 1
    word = _NUMBER_LIKE.match(text, start)
    in_value = error.msg.startswith(("Expecting value", "Expecting ',' delimiter", "Extra data"))
    stopped_in_word = word is not None and word.end() > error.pos
    if in_value and word and stopped_in_word and _INTEGER.fullmatch(word.group()) is None:
        _refuse_number(word.group())
    offset = len(text[: error.pos].encode("utf-8"))
    raise InvalidInput(
        "E_JSON",
        f"not JSON at byte {offset} (line {error.lineno}, column {error.colno}): {error.msg}",
        offset=offset,
        line=error.lineno,
        column=error.colno,
    ) from None


def _refuse_size(size: int, max_bytes: int) -> NoReturn:
    raise InvalidInput(
        "E_SIZE",
        f"the JSON has at least {size} bytes; the limit is {max_bytes}",
        size=size,
        limit=max_bytes,
    )


# --- checking and writing --------------------------------------------------------------------


class _FaultError(Exception):
    """A refusal on its way out of nested values; each level adds its own step of the path."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.steps: list[str | int] = []

    def as_refusal(self) -> InvalidInput:
        path = "$"
        for step in reversed(self.steps):
            path += f"[{step}]" if isinstance(step, int) else f".{step}"
        safe = path.encode("utf-8", "backslashreplace").decode("utf-8")
        return InvalidInput(
            self.code, f"{self.message}, at {safe:.200}", hint=self.hint, path=safe[:1000]
        )


def _check_types(value: Json, room: int) -> bool:
    """Whether an integer is too long for the C encoder; every type and the depth are checked."""
    kind = type(value)
    if kind is dict or kind is list:
        return _check_container(value, kind, room)  # type: ignore[arg-type]
    return _check_scalar(value)


def _check_container(value: dict[str, Json] | list[Json], kind: type, room: int) -> bool:
    if room <= 0:
        raise _FaultError("E_DEPTH", "the value nests deeper than the limit")
    long_integers = False
    items = value.items() if kind is dict else enumerate(value)  # type: ignore[union-attr]
    for step, item in items:
        if kind is dict and not isinstance(step, str):
            raise _FaultError("E_JSON", f"the key {step!r:.50} is not a string")
        item_kind = type(item)
        if item_kind is str or item_kind is bool or item is None:
            continue
        try:
            if item_kind is dict or item_kind is list:
                long_integers |= _check_container(item, item_kind, room - 1)  # type: ignore[arg-type]
            else:
                long_integers |= _check_scalar(item)
        except _FaultError as fault:
            fault.steps.append(step)
            raise
    return long_integers


def _check_scalar(value: Json) -> bool:
    if isinstance(value, int):
        return value.bit_length() > LONG_BITS
    if value is None or isinstance(value, str):
        return False
    if isinstance(value, float):
        raise _FaultError(
            "E_FLOAT",
            f"{value!r} is a float; canonical JSON has none",
            hint="Write an integer in the smallest unit, or a decimal as a string.",
        )
    raise _FaultError("E_JSON", f"a {type(value).__name__} is not a JSON value")


def _check_all_strings(value: Json) -> None:
    try:
        _check_strings(value)
    except _FaultError as fault:
        raise fault.as_refusal() from None


def _check_strings(value: Json) -> None:
    if isinstance(value, str):
        _check_string(value)
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for step, item in items:
            try:
                if isinstance(step, str):
                    _check_string(step)
                _check_strings(item)
            except _FaultError as fault:
                fault.steps.append(step)
                raise


_SURROGATE = re.compile("[\ud800-\udfff]")


def _check_string(text: str) -> None:
    if text.isascii():
        return
    if _SURROGATE.search(text) is not None:
        raise _FaultError("E_UTF8", f"the string {text!a:.100} holds half a surrogate pair")
    if not unicodedata.is_normalized("NFC", text):
        raise _FaultError(
            "E_NFC",
            f"the string {text!a:.100} is not in Unicode normal form C",
            hint="Normalise it to NFC before it is signed or hashed.",
        )
