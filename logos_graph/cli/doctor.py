"""logos doctor: what this machine has and lacks, each with the command that mends it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.errors import EnvironmentFault, LogosError

if TYPE_CHECKING:
    from logos_graph.settings import Settings

__all__ = ["doctor"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for. needed: nothing works, or not everything, without it."""

    name: str
    ok: bool
    detail: str
    mend: str = ""
    needed: bool = True

    def to_json(self) -> dict[str, object]:
        """The finding as the document lists it."""
        return {
            "name": self.name,
            "ok": self.ok,
            "needed": self.needed,
            "detail": self.detail,
            "mend": self.mend,
        }


@click.command()
@with_output
def doctor(out: Printer) -> int:
    """Check what the product needs of this machine. Status 3 when something needed is missing."""
    from logos_graph.settings import Settings

    settings = Settings.from_environment()
    findings = [*_programs(settings), *_toolchain(), *_database(settings)]
    healthy = all(finding.ok or not finding.needed for finding in findings)
    out.document({"healthy": healthy, "checks": [finding.to_json() for finding in findings]})
    out.table(
        ("what", "state", "detail"),
        [(finding.name, _state(finding), finding.detail) for finding in findings],
    )
    for finding in findings:
        if not finding.ok and finding.mend:
            out.line(f"{finding.name}: {finding.mend}")
    return 0 if healthy else EnvironmentFault.exit_status


def _state(finding: Finding) -> str:
    if finding.ok:
        return "ok"
    return "missing" if finding.needed else "not needed now"


def _look(name: str, find: Callable[[], object], *, needed: bool = True) -> Finding:
    """Turns a search that raises into a finding."""
    try:
        return Finding(name, True, str(find()), needed=needed)
    except LogosError as error:
        return Finding(name, False, error.message, error.hint, needed)


def _programs(settings: Settings) -> Iterator[Finding]:
    """What the managed database needs; nothing of it where somebody else runs the server."""
    from logos_graph.database import DatabaseOptions, DatabaseState, ManagedDatabase
    from logos_graph.database.java import find_compiler, find_java, find_maven

    managed = settings.external is None
    folders = DatabaseOptions().jvm_folders
    # Jars and guard are fetched and built once, by the first start.
    first = managed and (
        ManagedDatabase(settings.home, settings.cache).status().state is DatabaseState.NEW
    )
    yield _look("java", lambda: find_java(os.environ, folders).home, needed=managed)
    yield _look("javac", lambda: find_compiler(os.environ, folders), needed=first)
    yield _look("maven", lambda: find_maven(os.environ), needed=first)


def _toolchain() -> Iterator[Finding]:
    """What builds nodes, and what runs them."""
    from logos_graph.wasm.toolchain import TOOLCHAIN_HINT, find_toolchain

    yield _look("rust for nodes", lambda: find_toolchain().version)
    sandbox = shutil.which("bwrap")
    yield Finding("bubblewrap", sandbox is not None, sandbox or "no bwrap found", TOOLCHAIN_HINT)
    yield _host()


def _host() -> Finding:
    try:
        from logos_graph.wasm import runtime
    except ImportError as error:
        mend = "deploy/install builds it"
        return Finding("wasm host", False, f"it is not installed: {error}", mend)
    return Finding("wasm host", True, runtime.__name__)


def _database(settings: Settings) -> Iterator[Finding]:
    from logos_graph.wiring import open_system

    try:
        with open_system(settings) as system:
            head = system.reader.head()
            guard = system.guard
            yield Finding("database", True, system.connection.uri)
            yield Finding(
                "guard",
                guard.active,
                guard.told,
                guard.hint,
            )
            yield Finding(
                "ledger", head is not None, "none yet" if head is None else head.ledger, "logos up"
            )
    except LogosError as error:
        yield Finding("database", False, error.message, error.hint)
