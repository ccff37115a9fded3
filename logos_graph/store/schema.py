"""Constraints and indexes: applied when the database starts, again and again without harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logos_graph.database import Connection, named_failures
from logos_graph.resources import statement, statement_names

if TYPE_CHECKING:
    from neo4j import Driver

__all__ = ["apply_schema"]


def apply_schema(driver: Driver, connection: Connection) -> None:
    """Creates what of cypher/schema is not there yet, and waits for the indexes."""
    with named_failures(connection), driver.session(database=connection.database) as session:
        for name in statement_names("schema"):
            session.run(statement(name)).consume()
        session.run(statement("read/await_indexes")).consume()
