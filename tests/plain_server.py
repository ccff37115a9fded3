"""A stock Community server: the same jars, its own main class, no guard, no passwords."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from logos_graph.database import Connection, DatabaseOptions, ping
from logos_graph.database.distribution import resolve_distribution
from logos_graph.database.java import find_java
from logos_graph.database.ports import free_port
from logos_graph.resources import locate
from logos_graph.settings import ExternalServer, Settings
from logos_graph.wiring import start_database

__all__ = ["plain_server", "unguarded_server", "variables"]

_CONFIGURATION = """
server.bolt.listen_address=127.0.0.1:{port}
server.http.enabled=false
dbms.security.auth_enabled=false
dbms.usage_report.enabled=false
server.bolt.telemetry.enabled=false
server.memory.pagecache.size=64m
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
internal.server.bolt.thread_pool_shutdown_wait_time=0s
"""
_OPEN = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")


@contextmanager
def plain_server(home: Path, cache: Path) -> Iterator[Connection]:
    """The server while it runs, with its data in `home`."""
    port = free_port()
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "neo4j.conf").write_text(_CONFIGURATION.format(port=port))
    java = find_java(os.environ, DatabaseOptions().jvm_folders)
    lib = resolve_distribution(
        cache, locate("deploy"), environment=os.environ, java_home=java.home,
        progress=lambda _line: None,
    ).lib  # fmt: skip
    command = [
        str(java.launcher), "-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        *(f"--add-opens={module}=ALL-UNNAMED" for module in _OPEN), "-cp", f"{lib}/*",
        "org.neo4j.server.CommunityEntryPoint",
        f"--home-dir={home}", f"--config-dir={home / 'conf'}", "--console-mode",
    ]  # fmt: skip
    connection = Connection(f"bolt://127.0.0.1:{port}", "anyone", "any")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            printed = []
            for line in server.stdout:  # ends with the process, if it does not start
                printed.append(line)
                if line.rstrip().endswith("Started."):
                    break
            assert server.poll() is None, printed
            ping(connection)
            yield connection
        finally:
            server.terminate()


@contextmanager
def unguarded_server(home: Path, cache: Path) -> Iterator[Settings]:
    """A home whose ledger is in such a server while it runs."""
    with plain_server(home / "server", cache) as server:
        address = ExternalServer(server.uri, server.username, server.password, None)
        settings = Settings(home, cache, "supervisor", address)
        start_database(settings, lambda _line: None)
        yield settings


def variables(settings: Settings) -> dict[str, str]:
    """The environment in which `logos` uses this server."""
    server = settings.external
    assert server is not None
    named = {
        "NEO4J_URI": server.uri,
        "NEO4J_USERNAME": server.username,
        "NEO4J_PASSWORD": server.password,
        "NEO4J_DATABASE": server.database,
    }
    return {name: value for name, value in named.items() if value}
