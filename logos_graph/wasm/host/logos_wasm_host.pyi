"""The host of untrusted WebAssembly nodes, in Rust; Python reaches it through logos_graph.wasm.

Every function gives up the interpreter's lock while it works.
"""

from collections.abc import Callable
from typing import Final, final

BUILD_ID: Final[str]
"""This build of the host on this kind of processor; artefacts of another are not restored.

A hash over whatever decides how a module is judged and compiled: sources, locked dependencies, the
table of gas prices, the processor's features.
"""
COST_VERSION: Final[int]
"""Version of the gas prices and frame sizes."""
IMPORTS: Final[list[tuple[str, str, str, str, list[str]]]]
"""What a node may import: module, name, parameters, results, and the capabilities of which one is
needed; parameters and results as in `i32 i64`."""
MAX_MODULE_BYTES: Final[int]
MAX_INPUT_BYTES: Final[int]
MAX_OUTPUT_BYTES: Final[int]

LogRow = tuple[str, str]
"""A line of the log: its level (debug, info, warn, error) and its text."""

class NodeStopped(Exception):
    """A call did not come to its end. args: code `E_NODE_…`, reason, gas used, lines logged."""

    args: tuple[str, str, int, list[LogRow]]
    def __init__(self, code: str, reason: str, gas: int = 0, log: list[LogRow] = ...) -> None: ...

class HostRefused(Exception):
    """The host cannot do it, or is at fault. args: code `E_ADMIT_…` or `E_HOST_…`, message."""

    args: tuple[str, str]

@final
class Inspection:
    """What admission says about a module."""

    @property
    def checks(self) -> list[tuple[str, str, str]]:
        """(name, code or "" when it passes, detail), in the order of the report."""
    @property
    def descriptor(self) -> bytes | None:
        """The descriptor's bytes, when there is exactly one."""
    @property
    def imports(self) -> list[tuple[str, str]]:
        """(module, name) of each import."""

def inspect(module: bytes, granted: list[str]) -> Inspection:
    """Judges a module for a node that holds these capabilities. Runs none of it."""

def admission_checks() -> list[tuple[str, str, str]]:
    """(name, code of its refusal, what it demands) of every check of `inspect`, in order."""

@final
class CompiledNode:
    """A node that is ready to be called, by any number of threads at once."""

    @staticmethod
    def compile(module: bytes) -> CompiledNode:
        """Admits and compiles (40 to 220 ms). Raises HostRefused."""
    @staticmethod
    def restore(artefact: bytes) -> CompiledNode:
        """Loads machine code: ONLY bytes that `artefact` gave under this BUILD_ID, authenticated.

        Raises HostRefused.
        """
    def artefact(self) -> bytes:
        """The machine code, for `restore`."""
    def call(
        self,
        data: bytes,
        gas: int,
        memory: int,
        answer: Callable[[str, bytes], bytes] | None = None,
    ) -> tuple[bytes, int, list[LogRow]]:
        """One call in a fresh instance: (values without the status byte, gas used, lines logged).

        `memory` in bytes. `answer` is asked for what the node asks of the outside: (operation,
        request) -> answer, both as the codec writes them. Whatever it raises ends the call and
        comes out of it; a NodeStopped of code and reason alone gets the call's gas and log.
        Raises NodeStopped; HostRefused E_HOST_FAULT when the host is at fault.
        """
    def call_export(self, name: str, gas: int, memory: int) -> tuple[int, list[LogRow]]:
        """One call of an exported function without parameters and results: (gas, lines logged).

        As `call`, with nobody to answer. Raises HostRefused E_HOST_EXPORT when there is none.
        """

def screen(source: bytes) -> list[tuple[str, str, int, int]]:
    """What a source may not hold: (code `E_SOURCE_…`, message, line, column), from the top down.

    Raises ValueError for what is not UTF-8, and OSError when the machine has no thread to spare.
    """

@final
class AuthorTests:
    """A source whose tests are exports."""

    @property
    def findings(self) -> list[tuple[str, str, int, int]]:
        """As of `screen`, and E_TEST_…; all else is empty when there are any."""
    @property
    def source(self) -> str:
        """The source with an exported function for each test, line for line as it was."""
    @property
    def tests(self) -> list[tuple[str, str, int, str | None, str | None]]:
        """(name, export, line, part of the message when it must panic, why it is not run)."""
    @property
    def docs(self) -> list[int]:
        """The line of each line of the node's documentation."""

def author_tests(source: bytes) -> AuthorTests:
    """Makes the tests of a source callable. Raises as `screen` does."""

def assemble(text: str) -> bytes:
    """WebAssembly text to binary. Raises ValueError with the place of the mistake."""
