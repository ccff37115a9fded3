"""The managed database: one server for one home, started, found again, stopped.

1. A lock file lets one command at a time start or stop; a second one waits and finds it done.
2. What runs is known by process number and birth, so that nobody else's process is touched.
3. The machine is checked, the jars and the guard are there or made.
4. Ports are chosen once; again when somebody took one in the meantime.
5. The first password is set, the server started, and it counts as started when it answers.
6. A server that died (or was killed) is started again; Neo4j recovers its own store.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from logos_graph.database.configuration import ServerConfiguration, render_configuration
from logos_graph.database.connection import Connection
from logos_graph.database.distribution import Progress, resolve_distribution
from logos_graph.database.driver import create_explorer, ping
from logos_graph.database.failures import PORT_TAKEN, explain_failure
from logos_graph.database.files import Layout, exclusive, write_atomically
from logos_graph.database.guard_build import build_guard
from logos_graph.database.java import find_compiler, find_java
from logos_graph.database.launch import Launcher
from logos_graph.database.machine import check_disk, check_memory
from logos_graph.database.options import DatabaseOptions
from logos_graph.database.ports import free_port, is_free, is_listening
from logos_graph.database.process import Process
from logos_graph.database.record import SUPERVISOR, ServerRecord, read_record, write_record
from logos_graph.errors import EnvironmentFault
from logos_graph.resources import locate

__all__ = ["DatabaseState", "DatabaseStatus", "ManagedDatabase"]

_POLL_SECONDS = 0.1
_KILL_SECONDS = 10.0
_STARTS = 3


class DatabaseState(StrEnum):
    """What a home's server is doing."""

    NEW = "new"
    """It never ran."""
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    CRASHED = "crashed"
    """It ended without being stopped; the next start recovers it."""


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """pid and resident_bytes are None while it does not run; addresses, before its first start."""

    state: DatabaseState
    uri: str | None = None
    browser_url: str | None = None
    pid: int | None = None
    resident_bytes: int | None = None


def _silent(_line: str) -> None:
    """Nobody listens."""


class ManagedDatabase:
    """The Neo4j server of one home. Every method may be called from several processes at once."""

    def __init__(
        self,
        home: Path,
        cache: Path,
        deploy: Path | None = None,
        options: DatabaseOptions | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        progress: Progress = _silent,
    ) -> None:
        """Nothing is touched yet.

        home: state lives in `<home>/neo4j`. cache: jars, shared by all homes. deploy: the folder
        that holds `neo4j/` and `guard/` (default: the installation's own). environment: PATH and
        JAVA_HOME to look for programs in (default: this process's). progress: told what takes long.
        """
        self._layout = Layout(home.absolute() / "neo4j")
        self._cache = cache.absolute()
        self._deploy = (deploy or locate("deploy")).absolute()
        self._options = options or DatabaseOptions()
        self._environment = os.environ if environment is None else environment
        self._progress = progress

    def start(self) -> Connection:
        """Start the server unless it runs, wait until it answers.

        Raises EnvironmentFault: E_NO_JAVA, E_JAVA_VERSION, E_NO_JAVAC, E_NO_MAVEN, E_MAVEN,
        E_JAR_CORRUPT, E_GUARD_BUILD, E_MEMORY, E_DISK_FULL, E_FOLDER, E_CONNECTION_FILE,
        E_PASSWORD, E_PORT_TAKEN, E_STORE_IN_USE, E_START_TIMEOUT, E_CONFIGURATION, E_GUARD,
        E_FIRST_PASSWORD, E_DATABASE_START.
        """
        running = self._answering()
        if running is not None:
            return running.connection()
        self._layout.make()
        with exclusive(self._layout.lock):
            record = read_record(self._layout.record)
            if record is not None and record.is_alive:
                # Somebody else started it meanwhile, or was killed while it was starting.
                return self._finish(record).connection()
            return self._start(record).connection()

    def stop(self) -> bool:
        """Stop the server if it runs; whether it did. A server that hangs is killed.

        Raises EnvironmentFault E_CONNECTION_FILE, or E_STOP when even killing did not end it.
        """
        if not self._layout.record.exists():
            return False
        with exclusive(self._layout.lock):
            record = read_record(self._layout.record)
            if record is None or record.process is None:
                return False
            was_alive = record.is_alive
            self._end(record.process)
            try:
                write_record(self._layout.record, record.stopped())
            except EnvironmentFault as fault:
                # It has ended, whatever the record says; the process it names is known to be dead.
                if fault.code != "E_DISK_FULL":
                    raise
            return was_alive

    def status(self) -> DatabaseStatus:
        """What the server is doing, from the home and the process table; asks no server."""
        record = read_record(self._layout.record)
        if record is None:
            return DatabaseStatus(DatabaseState.NEW)
        connection = record.connection()
        found = DatabaseStatus(DatabaseState.STOPPED, connection.uri, connection.browser_url)
        if record.process is None:
            return found
        if not record.is_alive:
            return replace(found, state=DatabaseState.CRASHED)
        return replace(
            found,
            state=DatabaseState.RUNNING if record.ready else DatabaseState.STARTING,
            pid=record.process.pid,
            resident_bytes=record.process.resident_bytes(),
        )

    def connection(self) -> Connection:
        """How to reach the running server; EnvironmentFault E_DATABASE_DOWN when there is none."""
        record = read_record(self._layout.record)
        if record is None or not record.ready or not record.is_alive:
            raise EnvironmentFault(
                "E_DATABASE_DOWN",
                f"the database of {self._layout.root.parent} is not running",
                hint="logos up",
                home=str(self._layout.root.parent),
            )
        return record.connection()

    def _answering(self) -> ServerRecord | None:
        record = read_record(self._layout.record)
        if record is None or not record.ready or not record.is_alive:
            return None
        return record if is_listening(record.bolt_port) else None

    def _start(self, record: ServerRecord | None) -> ServerRecord:
        check_disk(self._layout.root, self._options)
        check_memory(self._options)
        launcher = self._launcher()
        record = self._with_ports(record or self._new_record())
        for attempt in range(_STARTS):
            try:
                return self._launch(launcher, record)
            except EnvironmentFault as fault:
                # Between the look and the bind somebody else may take a port that was free.
                if fault.code != PORT_TAKEN or self._ports_are_fixed or attempt == _STARTS - 1:
                    raise
                record = replace(record, bolt_port=free_port(), http_port=free_port())
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _launcher(self) -> Launcher:
        java = find_java(self._environment, self._options.jvm_folders)
        distribution = resolve_distribution(
            self._cache,
            self._deploy,
            environment=self._environment,
            java_home=java.home,
            progress=self._progress,
        )
        guard = build_guard(
            self._cache,
            self._deploy,
            distribution,
            find_compiler=lambda: find_compiler(self._environment, self._options.jvm_folders),
            progress=self._progress,
        )
        return Launcher(java.launcher, distribution.lib, guard, self._layout, self._environment)

    def _new_record(self) -> ServerRecord:
        if self._layout.system_store.exists():
            raise EnvironmentFault(
                "E_PASSWORD",
                f"{self._layout.root / 'data'} holds a database, but {self._layout.record},"
                " which holds its passwords, is missing",
                hint="restore connection.json from a backup, or use another LOGOS_HOME",
                path=str(self._layout.record),
            )
        return ServerRecord.new(0, 0)

    @property
    def _ports_are_fixed(self) -> bool:
        return self._options.bolt_port is not None or self._options.http_port is not None

    def _with_ports(self, record: ServerRecord) -> ServerRecord:
        """The fixed ports, the recorded ones that are still free, or new ones."""
        bolt = self._port("bolt", self._options.bolt_port, record.bolt_port, frozenset())
        http = self._port("http", self._options.http_port, record.http_port, frozenset({bolt}))
        return replace(record, bolt_port=bolt, http_port=http)

    @staticmethod
    def _port(name: str, fixed: int | None, recorded: int, avoid: frozenset[int]) -> int:
        if fixed is None:
            return recorded if recorded and is_free(recorded) else free_port(avoid)
        if not is_free(fixed):
            raise EnvironmentFault(
                PORT_TAKEN,
                f"the {name} port {fixed} is taken by another program",
                hint="stop that program, or let the database choose a port",
                port=fixed,
            )
        return fixed

    def _launch(self, launcher: Launcher, record: ServerRecord) -> ServerRecord:
        # Recorded before anything depends on it: a crash in here leaves passwords that are known.
        write_record(self._layout.record, record.stopped())
        configuration = ServerConfiguration(
            bolt_port=record.bolt_port,
            http_port=record.http_port,
            supervisor=SUPERVISOR,
            heap_initial=self._options.heap_initial,
            heap_max=self._options.heap_max,
            page_cache=self._options.page_cache,
        )
        text = render_configuration(self._deploy, configuration)
        write_atomically(self._layout.conf / "neo4j.conf", text)
        if not self._layout.system_store.exists():
            self._progress("setting up the database's users")
            launcher.set_first_password(record.password)
        self._progress("starting the database")
        process = launcher.start_server(self._options)
        started = record.running_as(process, ready=False)
        write_record(self._layout.record, started)
        return self._finish(started)

    def _finish(self, record: ServerRecord) -> ServerRecord:
        """Wait until the server answers, and complete it; a failure leaves no server behind."""
        process = record.process
        if process is None:
            return record
        try:
            self._wait_until_it_answers(process, record)
            create_explorer(record.connection())
        except BaseException:  # Ctrl-C as well: a server nobody waits for is not left half-started
            self._end(process)
            write_record(self._layout.record, record.stopped())
            raise
        ready = record.running_as(process, ready=True)
        write_record(self._layout.record, ready)
        return ready

    def _wait_until_it_answers(self, process: Process, record: ServerRecord) -> None:
        deadline = time.monotonic() + self._options.start_timeout
        while time.monotonic() < deadline:
            if not process.is_alive():
                raise explain_failure(self._layout.console)
            # Browser's pages come a moment after the Bolt port: started means both.
            if is_listening(record.bolt_port) and is_listening(record.http_port):
                try:
                    ping(record.connection())
                except EnvironmentFault as fault:
                    if fault.code != "E_DATABASE_UNREACHABLE":
                        raise
                else:
                    return
            time.sleep(_POLL_SECONDS)
        raise EnvironmentFault(
            "E_START_TIMEOUT",
            f"the database did not answer within {self._options.start_timeout:g} s",
            hint=f"see {self._layout.console}; a slow machine may need a longer limit",
            console=str(self._layout.console),
        )

    def _end(self, process: Process) -> None:
        process.send(signal.SIGTERM)
        if process.wait(self._options.stop_timeout):
            return
        # A server whose disk is full hangs in its own shutdown; its log makes killing safe.
        process.send(signal.SIGKILL)
        if not process.wait(_KILL_SECONDS):
            raise EnvironmentFault(
                "E_STOP", f"process {process.pid} does not end", hint="see what it waits for: ps"
            )
