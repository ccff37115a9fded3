"""The driver, opened in one way, with its failures named. Imports `neo4j` only when called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logos_graph.database.connection import Connection
from logos_graph.errors import EnvironmentFault, InvalidInput
from logos_graph.resources import statement

if TYPE_CHECKING:
    from neo4j import Driver

__all__ = [
    "GuardStatus",
    "create_explorer",
    "guard_status",
    "named_failures",
    "open_driver",
    "ping",
]

_CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class GuardStatus:
    """Whether the guard watches the database; version is None when it does not."""

    active: bool
    version: str | None


def open_driver(connection: Connection) -> Driver:
    """A driver for the connection; one per process, closed by whoever opened it.

    Nothing is asked of the server yet: see ping. Raises InvalidInput E_NEO4J_URI.
    """
    from neo4j import GraphDatabase
    from neo4j.exceptions import ConfigurationError

    try:
        return GraphDatabase.driver(
            connection.uri,
            auth=(connection.username, connection.password),
            connection_timeout=_CONNECT_SECONDS,
            connection_acquisition_timeout=3 * _CONNECT_SECONDS,
            telemetry_disabled=True,
            notifications_min_severity="OFF",
        )
    except (ConfigurationError, ValueError) as error:
        raise InvalidInput(
            "E_NEO4J_URI",
            f"{connection.uri!r} is not the address of a Neo4j database: {error}",
            hint="write bolt://HOST:PORT or neo4j+s://HOST",
            uri=connection.uri,
        ) from error


def ping(connection: Connection) -> None:
    """Ask the database `RETURN 1`.

    Raises EnvironmentFault E_PASSWORD, E_DATABASE_NAME (no such database on that server),
    E_DATABASE_UNREACHABLE.
    """
    with open_driver(connection) as driver, named_failures(connection):
        _run(driver, "database/ping", connection.database)


def guard_status(driver: Driver, database: str) -> GuardStatus:
    """Ask the guard itself; on a server without it the function does not exist."""
    from neo4j.exceptions import ClientError

    try:
        with driver.session(database=database) as session:
            status = session.run(statement("database/guard")).single(strict=True)["status"]
    except ClientError as error:
        # No such function here, or a database in which no function can be called.
        if str(error.code).startswith("Neo.ClientError.Statement."):
            return GuardStatus(active=False, version=None)
        raise
    guards = status.get("active") is True and status.get("database") == database
    return GuardStatus(active=guards, version=status["version"] if guards else None)


def create_explorer(connection: Connection) -> None:
    """Create the connection's read-only user where it is not there yet."""
    with open_driver(connection) as driver, named_failures(connection):
        _run(
            driver,
            "database/create_explorer",
            "system",
            username=connection.explorer_username,
            password=connection.explorer_password,
        )


def _run(driver: Driver, name: str, database: str, **parameters: str | None) -> None:
    """One statement, not retried: whoever waits for a server asks again himself."""
    with driver.session(database=database) as session:
        session.run(statement(name), parameters).consume()


@contextmanager
def named_failures(connection: Connection) -> Iterator[None]:
    """What goes wrong between here and the server, as EnvironmentFault.

    E_PASSWORD, E_DATABASE_NAME, E_DATABASE_UNREACHABLE, or E_DATABASE when the server answers with
    a failure of its own. A ClientError of another kind passes: it is about the statement.
    """
    from neo4j.exceptions import (
        AuthError,
        ClientError,
        DriverError,
        Neo4jError,
        ServiceUnavailable,
        SessionExpired,
    )

    try:
        yield
    except AuthError as error:
        raise EnvironmentFault(
            "E_PASSWORD",
            f"{connection.uri} refuses the password of user {connection.username!r}",
            hint=(
                "connection.json does not belong to this database: restore it from a backup"
                if connection.managed
                else "set NEO4J_USERNAME and NEO4J_PASSWORD to a user of that server"
            ),
            uri=connection.uri,
        ) from error
    except ClientError as error:
        if error.code != "Neo.ClientError.Database.DatabaseNotFound":
            raise
        raise EnvironmentFault(
            "E_DATABASE_NAME",
            f"{connection.uri} has no database {connection.database!r}",
            hint="set NEO4J_DATABASE to one that is there",
            database=connection.database,
        ) from error
    except (ServiceUnavailable, SessionExpired, OSError) as error:
        raise _unreachable(connection, error) from error
    except (DriverError, Neo4jError) as error:
        raise EnvironmentFault(
            "E_DATABASE",
            f"the database at {connection.uri} failed: {error}",
            hint="`logos doctor`; the server's own log says more",
            uri=connection.uri,
        ) from error


def _unreachable(connection: Connection, error: Exception) -> EnvironmentFault:
    return EnvironmentFault(
        "E_DATABASE_UNREACHABLE",
        f"the database at {connection.uri} does not answer: {error}",
        hint="`logos up`" if connection.managed else "see that the server at NEO4J_URI runs",
        uri=connection.uri,
    )
