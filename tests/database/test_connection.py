"""Connections: somebody else's server, and what a connection shows of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from logos_graph.database import (
    Connection,
    ManagedDatabase,
    external_connection,
    guard_status,
    named_failures,
    open_driver,
    ping,
)
from logos_graph.database.ports import free_port
from logos_graph.database.process import Process
from logos_graph.database.record import ServerRecord, read_record, write_record

if TYPE_CHECKING:
    from tests.database.conftest import Fault


def test_an_external_server_is_taken_as_given() -> None:
    connection = external_connection("neo4j+s://db.example.org", "ann", "secret", None)
    assert connection == Connection("neo4j+s://db.example.org", "ann", "secret", "neo4j")
    assert not connection.managed
    assert connection.browser_url is None


@pytest.mark.parametrize("uri", ["", "localhost:7687", "http://localhost:7474", "bolt://"])
def test_an_address_that_is_none_is_refused(uri: str, fault: Fault) -> None:
    with fault("E_NEO4J_URI"):
        external_connection(uri, "ann", "secret", None)


def test_credentials_are_needed(fault: Fault) -> None:
    for username, password in ((None, "x"), ("ann", None), ("", ""), ("ann", "")):
        with fault("E_NEO4J_CREDENTIALS"):
            external_connection("bolt://localhost:7687", username, password, None)


def test_no_password_is_ever_printed() -> None:
    record = ServerRecord.new(1, 2)
    for thing in (record, record.connection()):
        assert record.password not in repr(thing)
        assert record.explorer_password not in repr(thing)


def test_what_is_recorded_is_read_back(tmp_path: Path, fault: Fault) -> None:
    path = tmp_path / "connection.json"
    assert read_record(path) is None
    record = ServerRecord.new(1, 2).running_as(Process(3, "then"), ready=True)
    write_record(path, record)
    assert read_record(path) == record
    assert path.stat().st_mode & 0o777 == 0o600
    for broken in ("", "{}", "[]", path.read_text().replace("1", "one")):
        path.write_text(broken)
        with fault("E_CONNECTION_FILE"):
            read_record(path)


def test_an_external_server_is_asked_and_its_guard_found(running: ManagedDatabase) -> None:
    managed = running.connection()
    connection = external_connection(managed.uri, managed.username, managed.password, "neo4j")
    ping(connection)
    with open_driver(connection) as driver:
        assert guard_status(driver, connection).active


def test_a_server_that_does_not_answer_is_named(fault: Fault) -> None:
    with fault("E_DATABASE_UNREACHABLE") as caught:
        ping(external_connection(f"bolt://127.0.0.1:{free_port()}", "ann", "secret", None))
    assert "\n" not in caught[0].message


def test_a_guard_that_cannot_be_asked_is_named(running: ManagedDatabase, fault: Fault) -> None:
    nobody = external_connection(f"bolt://127.0.0.1:{free_port()}", "ann", "secret", None)
    given = running.connection()
    for connection, code in (
        (nobody, "E_DATABASE_UNREACHABLE"),
        (replace(given, password="wrong-password"), "E_PASSWORD"),
        (replace(given, database="elsewhere"), "E_DATABASE_NAME"),
    ):
        with open_driver(connection) as driver, fault(code):
            guard_status(driver, connection)


def test_a_refused_password_is_named(running: ManagedDatabase, fault: Fault) -> None:
    with fault("E_PASSWORD"):
        ping(replace(running.connection(), password="wrong-password"))


def test_a_database_that_is_not_there_is_named(running: ManagedDatabase, fault: Fault) -> None:
    with fault("E_DATABASE_NAME"):
        ping(replace(running.connection(), database="elsewhere"))


def test_a_statement_that_takes_too_long_is_ended_and_named(
    running: ManagedDatabase, fault: Fault
) -> None:
    from neo4j import Query

    connection = running.connection()
    endless = "UNWIND range(1, 10000000) AS a UNWIND range(1, 10000000) AS b RETURN sum(a * b)"
    with (
        open_driver(connection) as driver,
        driver.session() as session,
        fault("E_DATABASE_TIME"),
        named_failures(connection),
    ):
        session.run(Query(endless, timeout=0.2)).consume()


def test_a_deadlock_is_named_as_something_to_try_again(
    running: ManagedDatabase, fault: Fault
) -> None:
    from neo4j.exceptions import TransientError

    with fault("E_DATABASE_BUSY"), named_failures(running.connection()):
        raise TransientError("deadlock")
