"""A server that the tests of faults may kill, and what stands between it and its clients."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from logos_graph.database import Connection, DatabaseOptions, ManagedDatabase
from logos_graph.settings import ExternalServer, Settings
from logos_graph.wiring import System, found_database, open_system
from tests.faults.account import Account, check_ledger
from tests.faults.proxy import Proxy

WRITER = Path(__file__).with_name("writer.py")
# A server that lives for minutes starts faster without the second compiler.
QUICK = ("-XX:TieredStopAtLevel=1",)

Writers = Callable[..., "subprocess.Popen[str]"]


@dataclass(frozen=True)
class Ground:
    """A home with a server of its own."""

    settings: Settings
    options: DatabaseOptions
    deploy: Path | None = None

    @property
    def database(self) -> ManagedDatabase:
        return ManagedDatabase(self.settings.home, self.settings.cache, self.deploy, self.options)

    @property
    def data(self) -> Path:
        """The database's own files."""
        return self.settings.home / "neo4j" / "data"

    @property
    def connection(self) -> Connection:
        return self.database.connection()

    @property
    def port(self) -> int:
        return int(self.connection.uri.rpartition(":")[2])

    def start(self) -> None:
        """Starts it, and founds its ledger if it has none."""
        self.database.start()
        with self.opened() as system:
            found_database(system, lambda _line: None)

    def kill(self) -> None:
        """`kill -9` of the server's process; it is gone when this returns."""
        pid = self.database.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while self.database.status().pid is not None:
            os.sched_yield()

    @contextmanager
    def opened(self, proxy: Proxy | None = None) -> Iterator[System]:
        """The system over it, straight or through a proxy."""
        settings = self.settings
        if proxy is not None:
            server = ExternalServer(proxy.uri, "neo4j", self.connection.password, None)
            settings = replace(settings, external=server)
        with open_system(settings) as system:
            yield system

    def verify(self) -> None:
        """`logos ledger verify`, the installed command: the invariants I1 to I5 hold."""
        places = {"LOGOS_HOME": self.settings.home, "LOGOS_CACHE": self.settings.cache}
        done = subprocess.run(
            [str(Path(sys.executable).parent / "logos"), "ledger", "verify", "--json"],
            env={**os.environ, **{name: str(path) for name, path in places.items()}},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["verified"]

    def check(self, account: Account) -> None:
        """See check_ledger; the system is opened anew, by the next process as it were."""
        with self.opened() as system:
            check_ledger(system, account)


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Ground]:
    """The server that all but the greediest tests share; each leaves it running and sound."""
    home = tmp_path_factory.mktemp("faults") / "home"
    ground = Ground(Settings(home, cache, "supervisor", None), DatabaseOptions(jvm_flags=QUICK))
    try:
        ground.start()
        yield ground
    finally:
        ground.database.stop()


@pytest.fixture(scope="module")
def verified(ground: Ground) -> Iterator[None]:
    """After all that a module's tests did to it, the ledger verifies."""
    yield
    ground.verify()


@pytest.fixture
def proxy(ground: Ground) -> Iterator[Proxy]:
    """A way to the server that can be broken."""
    with Proxy(ground.port) as proxy:
        yield proxy


@pytest.fixture
def writers(ground: Ground) -> Iterator[Writers]:
    """Starts writer.py; it has said that it is ready."""
    started: list[subprocess.Popen[str]] = []

    def run(proxy: Proxy, log: Path, name: str, *, threads: int, count: int) -> Any:
        places = {"LOGOS_HOME": ground.settings.home, "LOGOS_CACHE": ground.settings.cache}
        environment = {**os.environ, **{key: str(path) for key, path in places.items()}}
        words = [proxy.uri, str(log), str(threads), str(count), name]
        pipe = subprocess.PIPE
        writer = subprocess.Popen(
            [sys.executable, str(WRITER), *words],
            env=environment | {"NEO4J_PASSWORD": ground.connection.password},
            stdin=pipe, stdout=pipe, text=True,
        )  # fmt: skip
        started.append(writer)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        return writer

    yield run
    for writer in started:
        with writer:  # closes its pipes
            writer.kill()


def say(writer: subprocess.Popen[str], word: str) -> None:
    """A line for a writer."""
    assert writer.stdin is not None
    writer.stdin.write(word + "\n")
    writer.stdin.flush()


def ended(writer: subprocess.Popen[str]) -> None:
    """Waits for a writer's own end."""
    assert writer.stdout is not None
    assert writer.stdout.read() == "done\n"
    assert writer.wait() == 0
