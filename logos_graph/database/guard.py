"""Whether the database guards the ledger itself, by the guard of this product's version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from logos_graph.database.connection import Connection
from logos_graph.database.driver import named_failures
from logos_graph.resources import statement

if TYPE_CHECKING:
    from neo4j import Driver

__all__ = ["GUARD_VERSION", "GuardState", "GuardStatus", "guard_status"]

GUARD_VERSION = "0.3.0"
"""The guard that this product was made with: GuardStatus.VERSION of deploy/guard."""


class GuardState(StrEnum):
    """What was found where the guard should be."""

    ACTIVE = "active"
    OTHER_VERSION = "other_version"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class GuardStatus:
    """version: of the guard that watches the database; None when none does."""

    version: str | None

    @property
    def state(self) -> GuardState:
        """Active only with the rules that this product counts on."""
        if self.version is None:
            return GuardState.MISSING
        same = self.version == GUARD_VERSION
        return GuardState.ACTIVE if same else GuardState.OTHER_VERSION

    @property
    def active(self) -> bool:
        """Whether the guard is there, and of the expected version."""
        return self.state is GuardState.ACTIVE

    @property
    def told(self) -> str:
        """In a few words, for a person."""
        match self.state:
            case GuardState.ACTIVE:
                return f"active, version {self.version}"
            case GuardState.OTHER_VERSION:
                return f"another version (found {self.version}, expected {GUARD_VERSION})"
            case GuardState.MISSING:
                return "missing"

    @property
    def warning(self) -> str | None:
        """What somebody who writes must know; None when the guard is active."""
        match self.state:
            case GuardState.ACTIVE:
                return None
            case GuardState.OTHER_VERSION:
                return (
                    f"the database's guard is {self.told}: it may let pass what this one refuses;"
                    f" {self.hint}"
                )
            case GuardState.MISSING:
                return (
                    "the database is not guarded: whoever has its password can change what is"
                    " recorded there; `logos ledger verify` finds that out afterwards"
                )

    @property
    def hint(self) -> str:
        """How to come to an active guard."""
        if self.state is GuardState.OTHER_VERSION:
            return (
                "start the server with this guard: `logos down`, then `logos up`, if it is managed"
            )
        return "use the managed database, or install deploy/guard on that server"

    def to_json(self) -> dict[str, object]:
        """The guard as commands' documents have it."""
        return {
            "active": self.active,
            "state": self.state.value,
            "version": self.version,
            "expected": GUARD_VERSION,
        }


def guard_status(driver: Driver, connection: Connection) -> GuardStatus:
    """Ask the guard itself; on a server without it the function does not exist.

    Raises EnvironmentFault as ping does.
    """
    from neo4j.exceptions import ClientError

    database = connection.database
    try:
        with named_failures(connection), driver.session(database=database) as session:
            status = session.run(statement("database/guard")).single(strict=True)["status"]
    except ClientError as error:
        # No such function here, or a database in which no function can be called.
        if str(error.code).startswith("Neo.ClientError.Statement."):
            return GuardStatus(None)
        raise
    guards = status.get("active") is True and status.get("database") == database
    return GuardStatus(status["version"] if guards else None)
