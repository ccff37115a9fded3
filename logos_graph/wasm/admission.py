"""Admission: what an untrusted module must be before it becomes a node. Nothing of it is run.

The host's Rust half reads and judges the binary in linear time; each refusal has its own code and
names the culprit (an import, an operator, a number and its limit). Here the verdict becomes Python
objects, and the descriptor is read.

`all_checks` lists them; docs/admission.md is that list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import logos_wasm_host

from logos_graph.canon import ContentId, content_id
from logos_graph.errors import LogosError, Rejected
from logos_graph.graph.capabilities import EVERY_CAPABILITY
from logos_graph.graph.descriptor import Descriptor, parse_descriptor

__all__ = [
    "Admitted",
    "Check",
    "Demand",
    "Import",
    "admit",
    "all_checks",
    "imports_of",
    "inspect",
    "needs_of",
]

_HINTS = {
    "E_ADMIT_GRANT": "grant the node this capability, or build it without what needs it",
    "E_ADMIT_IMPORT": "nodes reach the outside by granted capabilities only",
    "E_ADMIT_DESCRIPTOR": "declare the node with the SDK's node! macro",
    "E_ADMIT_EXPORT": "declare the node with the SDK's node! macro",
    "E_ADMIT_COMPONENT": "build for wasm32-unknown-unknown, which gives a module",
}
_FEATURE_HINT = "build for wasm32-unknown-unknown without further target features"
_DEFAULT_HINT = "`logos node inspect` shows every check"


@dataclass(frozen=True, slots=True)
class Check:
    """One named check: `detail` is what was found, or the culprit; `code` is empty when ok."""

    name: str
    ok: bool
    detail: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a check asks of a module, and the codes by which it refuses."""

    name: str
    codes: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class Import:
    """A function that the node calls from outside."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A module that may become a node. `size` in bytes."""

    id: ContentId
    descriptor: Descriptor
    imports: tuple[Import, ...]
    size: int

    @property
    def needs(self) -> frozenset[str]:
        """The capabilities without which it would not be admitted."""
        return needs_of(self.imports)


# Of an import that one of several capabilities opens, none is needed by itself.
_NEEDS = {
    Import(module, name): capabilities if len(capabilities) == 1 else []
    for module, name, _, _, capabilities in logos_wasm_host.IMPORTS
}


def needs_of(imports: Iterable[Import]) -> frozenset[str]:
    """The capabilities that these imports ask for; what cannot be imported asks for none."""
    return frozenset(chain.from_iterable(_NEEDS.get(each, ()) for each in imports))


def imports_of(module: bytes) -> tuple[Import, ...]:
    """What an admitted module imports."""
    return _imports(logos_wasm_host.inspect(module, sorted(EVERY_CAPABILITY)))


_DESCRIPTOR = Demand(
    "descriptor-content",
    (
        "E_DESCRIPTOR_JSON",
        "E_DESCRIPTOR_FORM",
        "E_DESCRIPTOR_ABI",
        "E_DESCRIPTOR_NAME",
        "E_PORT_COUNT",
        "E_PORT_NAME",
        "E_PORT_DUPLICATE",
        "E_PORT_TYPE",
        "E_TYPE_SYNTAX",
        "E_TYPE_UNKNOWN",
        "E_TYPE_NAME",
        "E_TYPE_DUPLICATE",
        "E_TYPE_EMPTY",
        "E_TYPE_OPTION",
        "E_TYPE_SCALE",
        "E_TYPE_DEPTH",
        "E_TYPE_SIZE",
    ),
    "canonical JSON of exactly the known keys, port names that differ, types that exist",
)


def all_checks() -> list[Demand]:
    """Every check, in the order of the report."""
    host = logos_wasm_host.admission_checks()
    return [*(Demand(name, (code,), what) for name, code, what in host), _DESCRIPTOR]


def inspect(module: bytes, granted: frozenset[str] = frozenset()) -> list[Check]:
    """Every check on a module for a node that holds these capabilities, in a fixed order.

    Never raises for what the module holds: a refusal is a Check that is not ok. A binary that
    cannot be read has only the checks up to `well-formed`.
    """
    return _judge(module, granted).checks


def admit(module: bytes, granted: frozenset[str] = frozenset()) -> Admitted:
    """The module's id and descriptor, when every check passes.

    Raises Rejected with the first failed check's code; data: `check`, `detail`, and `failed`, the
    names of all that failed.
    """
    verdict = _judge(module, granted)
    failed = [check for check in verdict.checks if not check.ok]
    if verdict.descriptor is None or failed:
        first = failed[0]  # a missing descriptor is a failed check as well
        raise Rejected(
            first.code,
            f"the module is not admitted: {first.name}: {first.detail}",
            hint=_hint(first.code),
            check=first.name,
            detail=first.detail,
            failed=[check.name for check in failed],
        )
    return Admitted(content_id(module), verdict.descriptor, verdict.imports, len(module))


def _hint(code: str) -> str:
    feature = any(code in demand.codes for demand in all_checks() if demand.what == "not used")
    return _HINTS.get(code, _FEATURE_HINT if feature else _DEFAULT_HINT)


@dataclass(frozen=True, slots=True)
class _Verdict:
    checks: list[Check]
    descriptor: Descriptor | None
    imports: tuple[Import, ...]


def _judge(module: bytes, granted: frozenset[str]) -> _Verdict:
    found = logos_wasm_host.inspect(module, sorted(granted))
    checks = [Check(name, not code, detail, code) for name, code, detail in found.checks]
    descriptor = None
    if found.descriptor is not None:
        descriptor, check = _read_descriptor(found.descriptor)
        checks.append(check)
    return _Verdict(checks, descriptor, _imports(found))


def _imports(found: logos_wasm_host.Inspection) -> tuple[Import, ...]:
    return tuple(Import(module, name) for module, name in found.imports)


def _read_descriptor(data: bytes) -> tuple[Descriptor | None, Check]:
    name = "descriptor-content"
    try:
        descriptor = parse_descriptor(data)
    except LogosError as error:
        return None, Check(name, False, error.message, error.code)
    ports = f"{len(descriptor.inputs)} inputs, {len(descriptor.outputs)} outputs"
    return descriptor, Check(name, True, f"{descriptor.name}: {ports}")
