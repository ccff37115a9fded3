"""The driver, opened in one way, with its failures named. Imports `neo4j` only when called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from logos_graph.database.connection import Connection
from logos_graph.errors import EnvironmentFault, InvalidInput
from logos_graph.resources import statement

if TYPE_CHECKING:
    from neo4j import Driver

__all__ = [
    "create_explorer",
    "named_failures",
    "open_driver",
    "ping",
]

_CONNECT_SECONDS = 10.0
_TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut"


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
            connection_write_timeout=3 * _CONNECT_SECONDS,
            # How long it waits for an answer the server tells it: connection_keep_alive.
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

    E_PASSWORD, E_DATABASE_NAME, E_DATABASE_UNREACHABLE, E_DATABASE_TIME (the server ended a
    statement that took too long), E_DATABASE_BUSY (another transaction stood in the way: it can be
    tried again), or E_DATABASE when the server answers with another failure of its own. A
    ClientError of another kind passes: it is about the statement.
    """
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        yield
    except (DriverError, Neo4jError, OSError) as error:
        fault = _fault(connection, error)
        if fault is None:
            raise
        raise fault from error


def _fault(connection: Connection, error: Exception) -> EnvironmentFault | None:
    from neo4j import exceptions

    uri = connection.uri
    match error:
        case exceptions.AuthError():
            return _password_refused(connection)
        case exceptions.ClientError(code="Neo.ClientError.Database.DatabaseNotFound"):
            return _no_such_database(connection)
        case exceptions.ClientError(code=str(code)) if code.startswith(_TIMED_OUT):
            return EnvironmentFault(
                "E_DATABASE_TIME",
                f"the database at {uri} ended a statement that took too long",
                hint="ask for less; deploy/neo4j/neo4j.conf says how long one may take",
                uri=uri,
            )
        # The second is what `IF NOT EXISTS` comes to when somebody else makes the same just now.
        case (
            exceptions.TransientError()
            | exceptions.ClientError(
                code="Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"
            )
        ):
            return EnvironmentFault(
                "E_DATABASE_BUSY",
                f"the database at {uri} asks to try again: {error.message}",
                hint="try again",
                uri=uri,
            )
        case exceptions.ClientError():
            return None
        case exceptions.ServiceUnavailable() | exceptions.SessionExpired() | OSError():
            return _unreachable(connection, error)
    return EnvironmentFault(
        "E_DATABASE",
        f"the database at {uri} failed: {error}",
        hint="`logos doctor`; the server's own log says more",
        uri=uri,
    )


def _no_such_database(connection: Connection) -> EnvironmentFault:
    return EnvironmentFault(
        "E_DATABASE_NAME",
        f"{connection.uri} has no database {connection.database!r}",
        hint="set NEO4J_DATABASE to one that is there",
        database=connection.database,
    )


def _unreachable(connection: Connection, error: Exception) -> EnvironmentFault:
    return EnvironmentFault(
        "E_DATABASE_UNREACHABLE",
        f"the database at {connection.uri} does not answer: {' '.join(str(error).split())}",
        hint="`logos up`" if connection.managed else "see that the server at NEO4J_URI runs",
        uri=connection.uri,
    )


def _password_refused(connection: Connection) -> EnvironmentFault:
    return EnvironmentFault(
        "E_PASSWORD",
        f"{connection.uri} refuses the password of user {connection.username!r}",
        hint=(
            "connection.json does not belong to this database: restore it from a backup"
            if connection.managed
            else "set NEO4J_USERNAME and NEO4J_PASSWORD to a user of that server"
        ),
        uri=connection.uri,
    )
