"""The database: a managed local Neo4j with its guard, or a connection to somebody else's.

ManagedDatabase(home, cache, deploy).start() -> Connection
external_connection(uri, username, password, database) -> Connection
open_driver(connection) -> the driver; guard_status(driver, connection) -> GuardStatus
"""

from typing import TYPE_CHECKING

from logos_graph.database.connection import DEFAULT_DATABASE, Connection, external_connection
from logos_graph.database.driver import named_failures, open_driver, ping
from logos_graph.database.guard import GUARD_VERSION, GuardState, GuardStatus, guard_status
from logos_graph.database.options import DatabaseOptions
from logos_graph.database.server import DatabaseState, DatabaseStatus, ManagedDatabase

if TYPE_CHECKING:
    from neo4j import Driver as Driver  # for annotations above this layer

__all__ = [
    "DEFAULT_DATABASE",
    "GUARD_VERSION",
    "Connection",
    "DatabaseOptions",
    "DatabaseState",
    "DatabaseStatus",
    "GuardState",
    "GuardStatus",
    "ManagedDatabase",
    "external_connection",
    "guard_status",
    "named_failures",
    "open_driver",
    "ping",
]
