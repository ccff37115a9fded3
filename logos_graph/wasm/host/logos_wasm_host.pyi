"""The host of untrusted WebAssembly nodes, in Rust; Python reaches it through logos_graph.wasm.

Every function gives up the interpreter's lock while it works.
"""

from typing import Final, final

BUILD_ID: Final[str]
"""This build of the host on this kind of processor; artefacts of another are not restored."""
COST_VERSION: Final[int]
"""Version of the gas prices and frame sizes."""
MAX_MODULE_BYTES: Final[int]
MAX_INPUT_BYTES: Final[int]
MAX_OUTPUT_BYTES: Final[int]

class NodeStopped(Exception):
    """A call did not come to its end. args: code `E_NODE_…`, reason, gas used."""

    args: tuple[str, str, int]

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
    def call(self, data: bytes, gas: int, memory: int) -> tuple[bytes, int]:
        """One call in a fresh instance: (values without the status byte, gas used).

        `memory` in bytes. Raises NodeStopped; HostRefused E_HOST_FAULT when the host is at fault.
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
