"""The managed server's life: started once, found again, stopped, recovered."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from logos_graph.database import DatabaseState, ManagedDatabase, open_driver, ping
from logos_graph.database.ports import is_listening
from logos_graph.database.process import Process, spawn
from logos_graph.database.record import ServerRecord, read_record, write_record

if TYPE_CHECKING:
    from tests.database.conftest import Fault, NewDatabase

START = (
    "import sys; from pathlib import Path; from logos_graph.database import ManagedDatabase;"
    "ManagedDatabase(Path(sys.argv[1]), Path(sys.argv[2])).start()"
)


def start_elsewhere(home: Path, cache: Path) -> subprocess.Popen[bytes]:
    """Another process that starts the home's server, as a second `logos up` would."""
    return subprocess.Popen([sys.executable, "-c", START, str(home), str(cache)])


def recorded(home: Path) -> ServerRecord:
    record = read_record(home / "neo4j" / "connection.json")
    assert record is not None
    return record


def process_of(home: Path) -> Process:
    process = recorded(home).process
    assert process is not None
    return process


def test_a_home_without_a_server_says_so(new_database: NewDatabase, fault: Fault) -> None:
    database = new_database()
    assert database.status().state is DatabaseState.NEW
    assert not database.stop()
    with fault("E_DATABASE_DOWN"):
        database.connection()


def test_a_running_server_is_found_again(running: ManagedDatabase, running_home: Path) -> None:
    before = process_of(running_home)
    connection = running.start()
    assert process_of(running_home) == before
    assert connection == running.connection()
    status = running.status()
    assert (status.state, status.pid) == (DatabaseState.RUNNING, before.pid)
    ping(connection)


def test_passwords_are_in_one_private_file_only(
    running: ManagedDatabase, running_home: Path
) -> None:
    record = recorded(running_home)
    assert record.password != record.explorer_password
    path = running_home / "neo4j" / "connection.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["uri"] == running.connection().uri
    command = Path(f"/proc/{process_of(running_home).pid}/cmdline").read_bytes()
    for password in (record.password, record.explorer_password):
        assert password.encode() not in command
        for file in running_home.rglob("*"):
            if file.is_file() and file != path:
                assert password.encode() not in file.read_bytes(), file


def test_the_server_inherits_no_secrets(running_home: Path, running: ManagedDatabase) -> None:
    environment = Path(f"/proc/{process_of(running_home).pid}/environ").read_bytes()
    names = {entry.partition(b"=")[0] for entry in environment.split(b"\0") if entry}
    assert names <= {b"PATH", b"HOME", b"LANG", b"LC_ALL", b"TZ", b"TMPDIR", b"LD_LIBRARY_PATH"}


def test_no_statement_and_no_wait_for_the_server_is_without_end(running: ManagedDatabase) -> None:
    wanted = {
        "db.transaction.timeout": "5m",
        "server.bolt.connection_keep_alive": "15s",
        "server.bolt.connection_keep_alive_for_requests": "ALL",
        "server.bolt.connection_keep_alive_probes": "2",
    }
    with open_driver(running.connection()) as driver, driver.session() as session:
        rows = session.run(
            "SHOW SETTINGS YIELD name, value WHERE name IN $names RETURN name, value",
            names=list(wanted),
        )
        assert {row["name"]: row["value"] for row in rows} == wanted


def test_browser_is_served_and_loads_nothing_from_elsewhere(running: ManagedDatabase) -> None:
    with urllib.request.urlopen(running.connection().browser_url or "") as answer:
        assert answer.status == 200
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_it_listens_on_loopback_only(running_home: Path, running: ManagedDatabase) -> None:
    record = recorded(running_home)
    own = {f"{record.bolt_port:04X}", f"{record.http_port:04X}"}
    loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
    seen = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            address, _, port = line.split()[1].partition(":")
            if port in own and line.split()[3] == "0A":  # listening
                assert address in loopback
                seen.add(port)
    assert seen == own


def test_two_starts_at_once_start_one_server(
    new_database: NewDatabase, tmp_path: Path, cache: Path
) -> None:
    home = tmp_path / "home"
    database = new_database(home)
    first, second = start_elsewhere(home, cache), start_elsewhere(home, cache)
    assert (first.wait(), second.wait()) == (0, 0)
    running = [
        entry.name
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and str(home).encode() in _command(entry)
    ]
    assert running == [str(process_of(home).pid)]
    ping(database.connection())
    assert database.stop()
    assert not database.stop()
    assert database.status().state is DatabaseState.STOPPED


def _command(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


def test_a_killed_server_is_started_again_with_what_it_held(
    new_database: NewDatabase, used_home: Path
) -> None:
    database = new_database(used_home)
    with open_driver(database.start()) as driver, driver.session() as session:
        session.run("CREATE CONSTRAINT kept FOR (n:Kept) REQUIRE n.id IS UNIQUE").consume()
    killed = process_of(used_home)
    killed.send(signal.SIGKILL)
    assert killed.wait(10)
    assert database.status().state is DatabaseState.CRASHED
    with open_driver(database.start()) as driver, driver.session() as session:
        rows = list(session.run("SHOW CONSTRAINTS YIELD name"))
    assert [row["name"] for row in rows] == ["kept"]
    assert process_of(used_home) != killed


def test_a_server_whose_starter_was_killed_is_taken_over(
    new_database: NewDatabase, used_home: Path, cache: Path
) -> None:
    database = new_database(used_home)
    starter = start_elsewhere(used_home, cache)
    while recorded(used_home).process is None:
        assert starter.poll() is None
        os.sched_yield()
    starter.kill()
    starter.wait()
    orphan = process_of(used_home)
    assert database.status().state is DatabaseState.STARTING
    ping(database.start())
    assert process_of(used_home) == orphan


def test_a_server_that_hangs_is_killed(new_database: NewDatabase, used_home: Path) -> None:
    database = new_database(used_home, stop_timeout=0.5)
    database.start()
    hanging = process_of(used_home)
    hanging.send(signal.SIGSTOP)
    assert database.stop()
    assert not hanging.is_alive()


def test_a_port_that_somebody_took_is_chosen_again(
    new_database: NewDatabase, used_home: Path
) -> None:
    before = recorded(used_home)
    database = new_database(used_home)
    with socket.create_server(("127.0.0.1", before.bolt_port)):
        ping(database.start())
        after = recorded(used_home)
        assert after.bolt_port != before.bolt_port
        assert after.http_port == before.http_port
        assert database.stop()
        assert not is_listening(after.bolt_port)
        assert not is_listening(after.http_port)


def test_a_recycled_process_number_is_never_killed(
    new_database: NewDatabase, used_home: Path, tmp_path: Path
) -> None:
    stranger = spawn(["/bin/sh", "-c", "exec sleep 600"], {"PATH": "/bin"}, tmp_path / "out")
    try:
        path = used_home / "neo4j" / "connection.json"
        stale = replace(stranger, born="before")
        write_record(path, recorded(used_home).running_as(stale, ready=True))
        database = new_database(used_home)
        assert database.status().state is DatabaseState.CRASHED
        assert not database.stop()
        assert stranger.is_alive()
    finally:
        stranger.send(signal.SIGKILL)
        stranger.wait(10)
