"""What an author says of a node, tried on WebAssembly: the examples and the `#[test]`s of the file.

    1. the file is screened, built and admitted, as for publishing; each capability that it imports
       is there, for an example answers it itself and a test is answered by nobody
    2. each example is run on the node that was built
    3. each test becomes an export (host/src/screen/author_tests.rs) of a module built from the same
       file with `--cfg test`, and is called in an instance of its own

Nothing of the file ever runs outside of the WebAssembly host.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory
from typing import Final

import logos_wasm_host

from logos_graph.canon import ContentId
from logos_graph.errors import InvalidInput
from logos_graph.execution.executor import NodeFailure
from logos_graph.graph.capabilities import Capability
from logos_graph.wasm.admission import Admitted, admit
from logos_graph.wasm.builder import Builder, Built, check_source
from logos_graph.wasm.examples import parse_examples, run_example
from logos_graph.wasm.runtime import WasmHost
from logos_graph.wasm.screen import read_apart, refuse

__all__ = ["AuthorTest", "Outcome", "State", "Trial", "prepare_tests", "try_out"]

_ALL: Final = frozenset(Capability)
_NOT_BUILT: Final = "its #[cfg(…)] does not hold"


class State(StrEnum):
    """How it ended."""

    OK = "ok"
    FAILED = "failed"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One example or test. kind: `example` or `test`. detail: why it failed or was ignored."""

    kind: str
    name: str
    line: int
    state: State
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """The node as it was built and admitted, and what came of each example and test."""

    admitted: Admitted
    built: Built
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class AuthorTest:
    """A `#[test]` by the path its author knows, and the export that runs it.

    panics: part of the message that it must panic with; None when it must not.
    ignored: why it is not run; None when it is.
    """

    name: str
    export: str
    line: int
    panics: str | None
    ignored: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source that exports its tests, and the line of each line of the node's documentation."""

    source: bytes
    tests: tuple[AuthorTest, ...]
    docs: tuple[int, ...]


def prepare_tests(source: bytes) -> Prepared:
    """The tests of a source, which keeps its lines.

    Raises as `screen` does, and Rejected E_TEST_FORM (async, parameters, a result, an attribute
    that cannot be read) and E_TEST_PLACE (in a function or a macro, under another name).
    """
    found = read_apart(lambda: logos_wasm_host.author_tests(source))
    refuse(found.findings, source)
    tests = tuple(AuthorTest(*row) for row in found.tests)
    return Prepared(found.source.encode(), tests, tuple(found.docs))


def try_out(builder: Builder, source: bytes) -> Trial:
    """Build a file and run its examples and tests.

    Raises as `Builder.build`, `admit`, `parse_examples` and `prepare_tests` do.
    """
    check_source(source)
    prepared = prepare_tests(source)
    built = builder.build(source)
    admitted = admit(built.module, _ALL)
    with TemporaryDirectory() as folder:
        host = WasmHost(Path(folder), token_bytes(32))
        outcomes = [
            *_examples(host, admitted, built.module, prepared),
            *_tests(host, builder, prepared),
        ]
    return Trial(admitted, built, tuple(outcomes))


def _examples(
    host: WasmHost, admitted: Admitted, module: bytes, prepared: Prepared
) -> Iterator[Outcome]:
    examples = parse_examples(admitted.descriptor, prepared.docs)
    if examples:
        host.load(admitted.id, module)
    for number, example in enumerate(examples, 1):
        why = run_example(host, admitted.id, admitted.descriptor, example)
        state = State.FAILED if why else State.OK
        yield Outcome("example", f"example {number}", example.line, state, why)


def _tests(host: WasmHost, builder: Builder, prepared: Prepared) -> Iterator[Outcome]:
    node: ContentId | None = None
    if any(test.ignored is None for test in prepared.tests):
        module = builder.build_tests(prepared.source)
        node = admit(module, _ALL).id
        host.load(node, module)
    for test in prepared.tests:
        if node is None or test.ignored is not None:
            yield Outcome("test", test.name, test.line, State.IGNORED, test.ignored or "")
            continue
        try:
            why = _run_test(host, node, test)
        except InvalidInput:  # E_NODE_EXPORT: the compiler left it out
            yield Outcome("test", test.name, test.line, State.IGNORED, _NOT_BUILT)
            continue
        yield Outcome("test", test.name, test.line, State.FAILED if why else State.OK, why)


def _run_test(host: WasmHost, node: ContentId, test: AuthorTest) -> str:
    """Why the test fails; empty when it passes."""
    try:
        host.call_export(node, test.export)
    except NodeFailure as failure:
        if failure.code != "E_NODE_PANIC":
            return f"{failure.code}: {failure.reason}"
        if test.panics is None:
            return failure.reason
        if test.panics not in failure.reason:
            return f"panics with another message: {failure.reason}"
        return ""
    return "" if test.panics is None else "it does not panic, as it should"
