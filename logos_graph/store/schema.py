"""Constraints and indexes: applied when the database starts, again and again without harm."""

from __future__ import annotations

from logos_graph.store.connection import Driver, database_errors
from logos_graph.store.statements import Statements

__all__ = ["apply_schema"]


def apply_schema(driver: Driver, database: str) -> None:
    """Creates what of cypher/schema is not there yet, and waits for the indexes."""
    with database_errors(), driver.session(database=database) as session:
        for name in Statements.names("schema"):
            session.run(Statements.get(name)).consume()
        session.run(Statements.get("read/await_indexes")).consume()
