"""What the supervisor needs to turn a source into a node that runs, as Protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from logos_graph.canon import ContentId
from logos_graph.execution import Host
from logos_graph.graph import Descriptor

__all__ = [
    "Admission",
    "AdmittedModule",
    "Builder",
    "BuiltModule",
    "Diagnostic",
    "ImportedFunction",
    "LoadableHost",
]


class BuiltModule(Protocol):
    """A compiled source, and what compiled it."""

    @property
    def module(self) -> bytes:
        """The binary."""

    @property
    def toolchain(self) -> str:
        """The compiler and its flags, in one line."""

    @property
    def flags(self) -> Sequence[str]:
        """What the compiler was called with, but for paths."""

    @property
    def sdk(self) -> ContentId:
        """Content id of the SDK's sources."""

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """The compiler's warnings."""


class Diagnostic(Protocol):
    """One message of the compiler."""

    def to_json(self) -> dict[str, object]:
        """level, code, message, line, column, rendered."""


class Builder(Protocol):
    """Compiles one untrusted Rust file in a sandbox."""

    def build(self, source: bytes) -> BuiltModule:
        """Raises Rejected E_COMPILE with the compiler's diagnostics."""


class ImportedFunction(Protocol):
    """A function that a module calls from outside."""

    @property
    def module(self) -> str:
        """Where it comes from."""

    @property
    def name(self) -> str:
        """What it is called there."""


class AdmittedModule(Protocol):
    """A module that passed every check; nothing of it has run."""

    @property
    def id(self) -> ContentId:
        """The node's id: the content id of the binary."""

    @property
    def descriptor(self) -> Descriptor:
        """What it says of itself: name, docs, ports."""

    @property
    def imports(self) -> Sequence[ImportedFunction]:
        """What it imports."""

    @property
    def size(self) -> int:
        """Of the binary, in bytes."""

    @property
    def needs(self) -> frozenset[str]:
        """The capabilities without which it would not be admitted."""


class Admission(Protocol):
    """The screen between a compiled binary and the graph."""

    def admit(self, module: bytes, granted: frozenset[str]) -> AdmittedModule:
        """Raises Rejected E_ADMIT_…, naming the check that failed."""


class LoadableHost(Host, Protocol):
    """Runs nodes; each must be loaded once in a process."""

    def loaded(self, node: ContentId) -> bool:
        """Whether the node can be called."""

    def needs(self, node: ContentId) -> frozenset[str]:
        """The capabilities that a loaded node asks for."""

    def load(self, node: ContentId, module: bytes) -> None:
        """Makes a node callable."""
