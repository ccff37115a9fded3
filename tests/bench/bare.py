"""A server of the same make without the guard: what Neo4j alone takes for a commit.

The guard refuses whatever is not the ledger's, so the floors cannot be measured on the server that
the ledger is on. This one has the same jars, memory, flags and disk, and runs at the same time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from logos_graph.database import Connection, DatabaseOptions, open_driver, ping
from logos_graph.database import launch as launching
from logos_graph.database.configuration import ServerConfiguration, render_configuration
from logos_graph.database.distribution import resolve_distribution
from logos_graph.database.files import Layout
from logos_graph.database.java import find_java
from logos_graph.database.ports import free_port
from logos_graph.errors import EnvironmentFault
from logos_graph.resources import locate

if TYPE_CHECKING:
    from neo4j import Driver

__all__ = ["Bare", "bare_server"]

_MAIN = "org.neo4j.server.CommunityEntryPoint"
_PASSWORD = "a password of this benchmark"


class Bare:
    """Commits of nodes that mean nothing."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def one_node(self, row: Mapping[str, Any]) -> None:
        """One node, one statement, one commit."""
        self._run("CREATE (node:Bare) SET node = $row", row=row)

    def many(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """A node a row, one statement, one commit."""
        self._run("UNWIND $rows AS row CREATE (node:Bare) SET node = row", rows=rows)

    def _run(self, text: str, **parameters: object) -> None:
        with self._driver.session(database="neo4j") as session:
            session.run(text, parameters).consume()


@contextmanager
def bare_server(home: Path, cache: Path) -> Iterator[Bare]:
    """Runs for as long as the context lasts."""
    options, layout = DatabaseOptions(), Layout(home / "neo4j")
    layout.make()
    ports = free_port(), free_port()
    _configure(layout, options, ports)
    java, deploy = find_java(os.environ, options.jvm_folders), locate("deploy")
    jars = resolve_distribution(
        cache, deploy, environment=os.environ, java_home=java.home, progress=lambda _line: None
    )
    launcher = launching.Launcher(java.launcher, jars.lib, home / "none.jar", layout, os.environ)
    launcher.set_first_password(_PASSWORD)
    with mock.patch.object(launching, "_SERVER_MAIN", _MAIN):
        process = launcher.start_server(options)
    connection = Connection(f"bolt://127.0.0.1:{ports[0]}", "neo4j", _PASSWORD)
    try:
        while not _answers(connection):
            if process.wait(0.2):
                raise RuntimeError(layout.console.read_text())
        with open_driver(connection) as driver:
            yield Bare(driver)
    finally:
        process.send(signal.SIGKILL)  # nothing on it is needed any more
        process.wait(10)


def _configure(layout: Layout, options: DatabaseOptions, ports: tuple[int, int]) -> None:
    configuration = ServerConfiguration(
        bolt_port=ports[0],
        http_port=ports[1],
        supervisor="nobody",
        heap_initial=options.heap_initial,
        heap_max=options.heap_max,
        page_cache=options.page_cache,
    )
    text = render_configuration(locate("deploy"), configuration)
    lines = [line for line in text.splitlines() if not line.startswith("server.logos.")]
    (layout.conf / "neo4j.conf").write_text("\n".join(lines) + "\n")


def _answers(connection: Connection) -> bool:
    try:
        ping(connection)
    except EnvironmentFault:
        return False
    return True
