"""Reads a flow file (TOML) into a draft; nothing is checked here but the form.

    [flow]        name = "payment-approval"
    [types]       past = "record past { amount: decimal<2>, at: u64 }"   # optional; usable below
    [inputs]      payment = "record payment { amount: decimal<2>, history: list<past> }"
    [placements]  score = "risk-score"                     # a node or flow, by name or id
    [[edges]]     from = "score.total"  to = "approve.score"  when = { below = 30 }
    [outputs]     decision = ["approve.decision", "reject.decision"]     # one source or several

An unknown key is refused with its path. Size and nesting are bounded before the TOML parser, which
recurses, sees the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping

from logos_graph.errors import InvalidInput
from logos_graph.graph.component import Port
from logos_graph.graph.draft import DraftEdge, FlowDraft, parse_endpoint
from logos_graph.graph.flow import OUTPUT, Endpoint
from logos_graph.graph.types import parse_type
from logos_graph.graph.typetree import BUILTIN_WORDS, Type, check_name

__all__ = ["MAX_FLOW_FILE", "MAX_FLOW_FILE_NESTING", "parse_flow_file"]

MAX_FLOW_FILE = 3 * 1024 * 1024
"""Longest flow file in bytes of UTF-8."""
MAX_FLOW_FILE_NESTING = 16
"""How deep brackets may nest, and how many parts a dotted key may have."""

# Strings and comments hide brackets; what is left of them is nesting. Where a string does not end,
# the TOML parser stops with an error of its own, so nothing after it needs to be right.
_LEXEME = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # up to two quotes before the closing three are content
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}]",
    re.DOTALL,
)
_DOTS = re.compile(rf"(?:\.[^.\n=\]]*){{{MAX_FLOW_FILE_NESTING},}}")


def parse_flow_file(text: str) -> FlowDraft:
    """Read a flow file.

    Raises InvalidInput: E_FLOW_FILE_SIZE, E_FLOW_FILE_NESTING, E_FLOW_FILE (not TOML; line named),
    E_FLOW_KEY (unknown key), E_FLOW_MISSING, E_FLOW_FIELD_TYPE, E_FLOW_ENDPOINT, E_TYPE_*.
    """
    document = _toml(text)
    _only(document, ("flow", "types", "inputs", "placements", "edges", "outputs"), "")
    header = _table(document, "flow", required=True)
    _only(header, ("name",), "flow.")
    named = _types(_table(document, "types"))
    inputs = tuple(
        Port(name, _type(text, f"inputs.{name}", named))
        for name, text in _strings(_table(document, "inputs"), "inputs")
    )
    placements = tuple(_strings(_table(document, "placements", required=True), "placements"))
    edges = (*_edges(document.get("edges", [])), *_outputs(_table(document, "outputs")))
    return FlowDraft(_string(header.get("name"), "flow.name"), inputs, placements, edges)


def _toml(text: str) -> dict[str, object]:
    if len(text) > MAX_FLOW_FILE or len(text.encode("utf-8", "replace")) > MAX_FLOW_FILE:
        raise InvalidInput(
            "E_FLOW_FILE_SIZE",
            f"the flow file is longer than {MAX_FLOW_FILE} bytes",
            limit=MAX_FLOW_FILE,
        )
    _check_nesting(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            "E_FLOW_FILE", f"the flow file is not TOML: {str(error)[:200]}"
        ) from error
    except ValueError as error:  # the TOML parser hands Python's own limit on digits through
        raise InvalidInput(
            "E_FLOW_FILE", "the flow file holds a number or date that cannot be read"
        ) from error


def _check_nesting(text: str) -> None:
    depth = 0
    bare: list[str] = []
    at = 0
    for lexeme in _LEXEME.finditer(text):
        bare.append(text[at : lexeme.start()])
        at = lexeme.end()
        token = lexeme.group()
        if token in ("[", "{"):
            depth += 1
        elif token in ("]", "}"):
            depth = max(0, depth - 1)
        if depth > MAX_FLOW_FILE_NESTING:
            raise _nesting(text, lexeme.start())
    bare.append(text[at:])
    # A quoted part of a dotted key counts as the text around it: what is hidden has no dots in it.
    if _DOTS.search("".join(bare)):
        raise _nesting(text, 0)


def _nesting(text: str, at: int) -> InvalidInput:
    line = text.count("\n", 0, at) + 1
    where = f" (line {line})" if at else ""
    return InvalidInput(
        "E_FLOW_FILE_NESTING",
        f"the flow file nests deeper than {MAX_FLOW_FILE_NESTING}{where}",
        limit=MAX_FLOW_FILE_NESTING,
    )


def _types(table: Mapping[str, object]) -> dict[str, Type]:
    named: dict[str, Type] = {}
    for name, text in _strings(table, "types"):
        check_name(name, "a type")
        if name in BUILTIN_WORDS:
            raise InvalidInput("E_TYPE_NAME", f"types.{name}: {name} is a type already", name=name)
        named[name] = _type(text, f"types.{name}", named)
    return named


def _type(text: str, path: str, named: Mapping[str, Type]) -> Type:
    try:
        return parse_type(text, named)
    except InvalidInput as error:
        raise InvalidInput(
            error.code, f"{path}: {error.message}", hint=error.hint, **{**error.data, "path": path}
        ) from error


def _edges(value: object) -> Iterable[DraftEdge]:
    if not isinstance(value, list):
        raise _wrong("edges", "an array of tables, written [[edges]]")
    for index, edge in enumerate(value):
        path = f"edges[{index}]"
        if not isinstance(edge, dict):
            raise _wrong(path, "a table")
        _only(edge, ("from", "to", "when"), f"{path}.")
        yield DraftEdge(
            parse_endpoint(_string(edge.get("from"), f"{path}.from"), f"{path}.from"),
            parse_endpoint(_string(edge.get("to"), f"{path}.to"), f"{path}.to"),
            _when(edge.get("when"), f"{path}.when"),
            path,
        )


def _when(value: object, path: str) -> object:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _wrong(path, "a table, as in { below = 30 }")
    _only(value, ("at_least", "below", "is"), f"{path}.")
    return value


def _outputs(table: Mapping[str, object]) -> Iterable[DraftEdge]:
    for name, value in table.items():
        path = f"outputs.{name}"
        check_name(name, "an output port", code="E_PORT_NAME")
        sources = value if isinstance(value, list) else [value]
        if not sources:
            raise _wrong(path, "a source, or an array of them that is not empty")
        for source in sources:
            end = parse_endpoint(_string(source, path), path)
            yield DraftEdge(end, Endpoint(OUTPUT, name), None, path)


def _only(table: Mapping[str, object], known: tuple[str, ...], path: str) -> None:
    for key in table:
        if key not in known:
            raise InvalidInput(
                "E_FLOW_KEY",
                f"unknown key {path}{key[:64]}",
                hint=f"keys here: {', '.join(known)}",
                path=f"{path}{key[:64]}",
            )


def _table(
    document: Mapping[str, object], key: str, *, required: bool = False
) -> Mapping[str, object]:
    value = document.get(key)
    if value is None:
        if required:
            raise _missing(key)
        return {}
    if not isinstance(value, dict):
        raise _wrong(key, "a table")
    return value


def _strings(table: Mapping[str, object], path: str) -> Iterable[tuple[str, str]]:
    for key, value in table.items():
        yield key, _string(value, f"{path}.{key[:64]}")


def _string(value: object, path: str) -> str:
    if value is None:
        raise _missing(path)
    if not isinstance(value, str):
        raise _wrong(path, "a string")
    return value


def _missing(path: str) -> InvalidInput:
    return InvalidInput("E_FLOW_MISSING", f"{path} is missing", path=path)


def _wrong(path: str, expected: str) -> InvalidInput:
    return InvalidInput("E_FLOW_FIELD_TYPE", f"{path}: expected {expected}", path=path)
