"""The screen: what a node's source may not hold, told before anything is built.

The host's Rust half reads the source as Rust (host/src/screen.rs); here what it finds becomes an
error. It is for the author's sake, early and by name: the sandbox and admission hold without it.

| code | stands for |
|---|---|
| E_SOURCE_SYNTAX | no Rust |
| E_SOURCE_DEPTH | nested deeper than parsers can go |
| E_SOURCE_NODE | no `node!` at the top of the file, or more than one |
| E_SOURCE_UNSAFE | `unsafe` |
| E_SOURCE_EXTERN | `extern` blocks, functions and crates |
| E_SOURCE_LINK | attributes for the linker: `no_mangle`, `export_name`, `link_section`, `used`, … |
| E_SOURCE_INCLUDE | `include!`, `include_str!`, `include_bytes!` |
| E_SOURCE_ENV | `env!`, `option_env!` |
| E_SOURCE_ASM | `asm!`, `global_asm!`, `naked_asm!` |
| E_SOURCE_PATH | `mod name;`, `#[path]` |
| E_SOURCE_CRATE_ATTRIBUTE | `#![…]` |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import logos_wasm_host

from logos_graph.errors import EnvironmentFault, Rejected
from logos_graph.wasm.diagnostics import Diagnostic, Level

__all__ = ["Finding", "read_apart", "refuse", "screen"]

Finding = tuple[str, str, int, int]
"""Code, message, line and column, both counted from 1."""

_T = TypeVar("_T")

_HINTS: Final = {
    "E_SOURCE_SYNTAX": "mend it there, or what stands just before it",
    "E_SOURCE_NODE": "`logos node new NAME` writes a file to start from",
    "E_SOURCE_DEPTH": "a node is one small rule: split the work into several nodes",
}
_SHOWN: Final = 200
"""Most characters of a source's line that are shown."""
_DEFAULT_HINT: Final = "a node needs none of this: take it out"


def screen(source: bytes) -> None:
    """Refuse a source that holds what nodes may not; `source` is UTF-8.

    Raises Rejected with the first finding's code; data: `line`, `column`, all `findings`, and the
    same as `diagnostics`, as the compiler's own refusals have them.
    EnvironmentFault E_SCREEN when the machine cannot read it.
    """
    refuse(read_apart(lambda: logos_wasm_host.screen(source)), source)


def refuse(findings: Sequence[Finding], source: bytes) -> None:
    """Raise Rejected for the first of these things found in a source, if there is one."""
    if not findings:
        return
    lines = source.decode().split("\n")
    code, message, line, column = findings[0]
    raise Rejected(
        code,
        f"line {line}, column {column}: {message}",
        hint=_HINTS.get(code, _DEFAULT_HINT if code.startswith("E_SOURCE_") else ""),
        line=line,
        column=column,
        findings=[
            {"code": code, "message": message, "line": line, "column": column}
            for code, message, line, column in findings
        ],
        diagnostics=[_diagnostic(lines, *each).to_json() for each in findings],
    )


def _diagnostic(
    lines: Sequence[str], code: str, message: str, line: int, column: int
) -> Diagnostic:
    """As the compiler shows its own: with the line of the source, and the place in it."""
    margin = " " * len(str(line))
    rendered = f"error[{code}]: {message}\n{margin}--> node.rs:{line}:{column}"
    if line <= len(lines) and column <= _SHOWN:
        text = "".join(map(_visible, lines[line - 1][:_SHOWN]))
        before = "".join("\t" if each == "\t" else " " for each in text[: column - 1])
        rendered += f"\n{margin} |\n{line} | {text}\n{margin} | {before}^"
    return Diagnostic(Level.ERROR, code, message, line, column, rendered)


def _visible(character: str) -> str:
    """What moves a terminal's cursor, or turns text around, is not shown."""
    return (
        character if character.isprintable() or character == "\t" else "\N{REPLACEMENT CHARACTER}"
    )


def read_apart(read: Callable[[], _T]) -> _T:
    """What a reader of sources gives; it needs a thread of its own."""
    try:
        return read()
    except OSError as error:
        raise EnvironmentFault(
            "E_SCREEN",
            f"there is no thread to read the source in: {error}",
            hint="let other work end first",
        ) from error
