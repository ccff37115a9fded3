"""The database: a managed local Neo4j with its guard, or a connection to somebody else's.

ManagedDatabase(home, cache, deploy).start() -> Connection
external_connection(uri, username, password, database) -> Connection
open_driver(connection) -> the driver; guard_status(driver, database) -> GuardStatus
"""

from logos_graph.database.connection import DEFAULT_DATABASE, Connection, external_connection
from logos_graph.database.driver import GuardStatus, guard_status, open_driver, ping
from logos_graph.database.options import DatabaseOptions
from logos_graph.database.server import DatabaseState, DatabaseStatus, ManagedDatabase

__all__ = [
    "DEFAULT_DATABASE",
    "Connection",
    "DatabaseOptions",
    "DatabaseState",
    "DatabaseStatus",
    "GuardStatus",
    "ManagedDatabase",
    "external_connection",
    "guard_status",
    "open_driver",
    "ping",
]
