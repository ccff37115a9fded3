"""The guard is armed before anybody can reach the server."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from logos_graph.database import Connection, ManagedDatabase, open_driver

if TYPE_CHECKING:
    from tests.guard.conftest import Chain


def hammer(connection: Connection, ended: Event) -> Counter[str]:
    """Write as fast as the server (not) answers; how often each thing came of it."""
    from neo4j.exceptions import DriverError, Neo4jError

    outcomes: Counter[str] = Counter()
    while not ended.is_set() or not outcomes.keys() - {"unreachable"}:
        try:
            with open_driver(connection) as driver, driver.session(database="neo4j") as session:
                session.run("CREATE (:Window)").consume()
            outcomes["written"] += 1
        except Neo4jError as error:
            outcomes[str(error.code)] += 1
        except DriverError:
            outcomes["unreachable"] += 1
            ended.wait(0.02)  # leaves the processor to the server that is starting
    return outcomes


def test_no_write_slips_in_while_the_server_starts(
    tmp_path: Path, cache: Path, chain: Chain
) -> None:
    database = ManagedDatabase(tmp_path / "home", cache)
    try:
        connection = database.start()
        with open_driver(connection) as driver:
            chain.unfounded("here").by(driver).commit()
        database.stop()
        reader = replace(
            connection,
            username=str(connection.explorer_username),
            password=str(connection.explorer_password),
        )
        ended = Event()
        with ThreadPoolExecutor() as pool:
            results = [pool.submit(hammer, user, ended) for user in (connection, reader)]
            try:
                database.start()
            finally:
                ended.set()
            for result in results:
                outcomes = result.result()
                assert outcomes["written"] == 0
                assert outcomes["Neo.ClientError.Security.Forbidden"] > 0, outcomes
        with open_driver(connection) as driver:
            assert not chain.by(driver).run("MATCH (w:Window) RETURN w")
            assert len(chain.by(driver).run("MATCH (e:LedgerEntry) RETURN e")) == 1
    finally:
        database.stop()
        shutil.rmtree(tmp_path / "home")
