"""Every way in which the server can fail to start, provoked, and told by its own name."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from logos_graph.database import DatabaseOptions, DatabaseState, ManagedDatabase
from logos_graph.database.configuration import ServerConfiguration, render_configuration
from logos_graph.database.distribution import resolve_distribution
from logos_graph.database.failures import explain_failure
from logos_graph.database.files import Layout
from logos_graph.database.guard_build import build_guard
from logos_graph.database.java import find_compiler, find_java
from logos_graph.database.launch import Launcher
from logos_graph.database.ports import free_port
from logos_graph.resources import locate

if TYPE_CHECKING:
    from tests.database.conftest import Fault, NewDatabase

FOLDERS = DatabaseOptions().jvm_folders


def test_no_java(new_database: NewDatabase, tmp_path: Path, fault: Fault) -> None:
    with fault("E_NO_JAVA"):
        new_database(environment={"PATH": str(tmp_path)}, jvm_folders=()).start()


def test_a_java_of_the_wrong_version(
    new_database: NewDatabase, tmp_path: Path, fault: Fault
) -> None:
    launcher = tmp_path / "jdk" / "bin" / "java"
    launcher.parent.mkdir(parents=True)
    launcher.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    launcher.chmod(0o755)
    environment = {"JAVA_HOME": str(tmp_path / "jdk"), "PATH": str(tmp_path)}
    with fault("E_JAVA_VERSION") as caught:
        new_database(environment=environment, jvm_folders=()).start()
    assert "11" in caught[0].message


def test_no_maven_and_no_jars(tmp_path: Path, fault: Fault) -> None:
    java = find_java(os.environ, FOLDERS)
    environment = {"JAVA_HOME": str(java.home), "PATH": str(tmp_path)}
    database = ManagedDatabase(tmp_path / "home", tmp_path / "cache", environment=environment)
    with fault("E_NO_MAVEN"):
        database.start()


def test_a_fixed_port_that_is_taken(new_database: NewDatabase, fault: Fault) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for name in ("bolt_port", "http_port"):
            with fault("E_PORT_TAKEN") as caught:
                new_database(**{name: port}).start()
            assert str(port) in caught[0].message


def test_a_port_taken_between_the_look_and_the_bind(
    used_home: Path, cache: Path, fault: Fault
) -> None:
    """The server itself is started on a taken port, as when somebody is faster than it is."""
    layout = Layout(used_home / "neo4j")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        configuration = ServerConfiguration(
            bolt_port=taken.getsockname()[1],
            http_port=free_port(),
            supervisor="neo4j",
            heap_initial="64m",
            heap_max="512m",
            page_cache="64m",
        )
        text = render_configuration(locate("deploy"), configuration)
        (layout.conf / "neo4j.conf").write_text(text)
        assert _launcher(layout, cache).start_server(DatabaseOptions()).wait(120)
    with fault("E_PORT_TAKEN"):
        raise explain_failure(layout.console)


def _launcher(layout: Layout, cache: Path) -> Launcher:
    java, deploy = find_java(os.environ, FOLDERS), locate("deploy")
    distribution = resolve_distribution(
        cache,
        deploy,
        environment=os.environ,
        java_home=java.home,
        progress=lambda line: None,
    )
    guard = build_guard(
        cache,
        deploy,
        distribution,
        find_compiler=lambda: find_compiler(os.environ, FOLDERS),
        progress=lambda line: None,
    )
    return Launcher(java.launcher, distribution.lib, guard, layout, os.environ)


def test_a_store_that_another_server_uses(
    new_database: NewDatabase, running: ManagedDatabase, running_home: Path, fault: Fault
) -> None:
    """A second home whose data are the first one's: its own record knows no process."""
    database = new_database()
    second = Layout(running_home.parent / "second" / "neo4j")
    second.make()
    (second.root / "data").rmdir()
    (second.root / "data").symlink_to(running_home / "neo4j" / "data")
    record = json.loads((running_home / "neo4j" / "connection.json").read_text())
    second.record.write_text(json.dumps(record | {"pid": None, "born": None, "ready": False}))
    database = new_database(second.root.parent)
    with fault("E_STORE_IN_USE"):
        database.start()
    assert running.status().state is DatabaseState.RUNNING


def test_a_password_that_is_not_the_databases(
    new_database: NewDatabase, used_home: Path, fault: Fault
) -> None:
    path = used_home / "neo4j" / "connection.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"password": "not-the-password"}))
    database = new_database(used_home)
    with fault("E_PASSWORD"):
        database.start()
    assert database.status().state is DatabaseState.STOPPED


def test_a_store_whose_passwords_are_lost(
    new_database: NewDatabase, used_home: Path, fault: Fault
) -> None:
    (used_home / "neo4j" / "connection.json").unlink()
    with fault("E_PASSWORD"):
        new_database(used_home).start()


def test_a_connection_file_that_cannot_be_read(
    new_database: NewDatabase, used_home: Path, fault: Fault
) -> None:
    (used_home / "neo4j" / "connection.json").write_text("{half")
    with fault("E_CONNECTION_FILE"):
        new_database(used_home).start()


def test_more_memory_than_the_machine_has(new_database: NewDatabase, fault: Fault) -> None:
    with fault("E_MEMORY") as caught:
        new_database(heap_max="1t").start()
    assert caught[0].data["wanted"] == 2**40 + 128 * 2**20


def test_memory_that_the_system_does_not_give(used_home: Path, cache: Path, tmp_path: Path) -> None:
    """The Java machine starts under a limit of 600 MiB of addresses: its heap finds no room."""
    script = (
        "import sys, resource; from pathlib import Path;"
        "from logos_graph.database import ManagedDatabase;"
        "from logos_graph.errors import EnvironmentFault\n"
        "resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))\n"
        "try: ManagedDatabase(Path(sys.argv[1]), Path(sys.argv[2])).start()\n"
        "except EnvironmentFault as fault: print(fault.code, bool(fault.hint))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(used_home), str(cache)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "E_MEMORY True\n", done.stderr


def test_a_disk_that_is_nearly_full(new_database: NewDatabase, fault: Fault) -> None:
    with fault("E_DISK_FULL"):
        new_database(free_disk=2**60).start()


def test_a_folder_that_cannot_be_made(
    new_database: NewDatabase, tmp_path: Path, fault: Fault
) -> None:
    (tmp_path / "file").write_text("in the way")
    with fault("E_FOLDER"):
        new_database(tmp_path / "file" / "home").start()


def test_a_start_that_takes_too_long_leaves_nothing_behind(
    new_database: NewDatabase, used_home: Path, fault: Fault
) -> None:
    database = new_database(used_home, start_timeout=0.2)
    with fault("E_START_TIMEOUT"):
        database.start()
    assert database.status().state is DatabaseState.STOPPED
    assert str(used_home).encode() not in b"".join(
        path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _readable(path)
    )


def _readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("server.no.such.setting=1", "E_CONFIGURATION"),
        ("server.bolt.enabled=perhaps", "E_CONFIGURATION"),
        ("dbms.security.auth_enabled=false", "E_GUARD"),
        ("server.logos.guard.supervisor=", "E_GUARD"),
    ],
)
def test_a_configuration_that_the_server_refuses(
    new_database: NewDatabase,
    used_home: Path,
    own_deploy: Path,
    fault: Fault,
    line: str,
    code: str,
) -> None:
    conf = own_deploy / "neo4j" / "neo4j.conf"
    name = line.partition("=")[0] + "="
    kept = [old for old in conf.read_text().splitlines() if not old.startswith(name)]
    conf.write_text("\n".join([*kept, line]) + "\n")
    with fault(code) as caught:
        new_database(used_home, deploy=own_deploy).start()
    assert caught[0].data["lines"]


def test_a_server_that_ends_for_a_reason_nobody_knows(
    new_database: NewDatabase, used_home: Path, fault: Fault
) -> None:
    database = new_database(used_home, jvm_flags=("-XX:+NoSuchFlagAtAll",))
    with fault("E_DATABASE_START") as caught:
        database.start()
    lines = caught[0].data["lines"]
    assert isinstance(lines, list)
    assert any("NoSuchFlagAtAll" in line for line in lines)
    assert database.status().state is DatabaseState.STOPPED


def test_a_process_that_not_even_killing_ends(tmp_path: Path, cache: Path) -> None:
    """The first process of a PID namespace is one: no signal from within the namespace ends it."""
    home = tmp_path / "home"
    inside = tmp_path / "inside.py"
    inside.write_text(UNENDING)
    words = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, str(inside)]
    done = subprocess.run(
        [*words, str(home), str(cache)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and "unshare" in done.stderr:
        pytest.skip(f"a PID namespace of its own takes root: {done.stderr.strip()}")
    assert done.stdout == "E_STOP True\n", done.stderr


UNENDING = """
import signal, subprocess, sys
from pathlib import Path

from logos_graph.database import DatabaseOptions, ManagedDatabase, server
from logos_graph.database.files import Layout
from logos_graph.database.process import Process, _born
from logos_graph.database.record import ServerRecord, write_record
from logos_graph.errors import EnvironmentFault

home, cache = Path(sys.argv[1]), Path(sys.argv[2])
if len(sys.argv) == 3:  # the namespace's first process
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    layout = Layout(home / "neo4j")
    layout.make()
    record = ServerRecord.new(1, 2).running_as(Process(1, _born(1)), ready=True)
    write_record(layout.record, record)
    subprocess.run([sys.executable, *sys.argv, "stop"], check=True)
else:
    server._KILL_SECONDS = 0.2
    try:
        ManagedDatabase(home, cache, options=DatabaseOptions(stop_timeout=0.2)).stop()
    except EnvironmentFault as fault:
        print(fault.code, bool(fault.hint))
"""


def test_a_size_that_is_none(new_database: NewDatabase, fault: Fault) -> None:
    for size in ("", "lots", "512", "0m", "1.5g"):
        with fault("E_SIZE_FORMAT"):
            new_database(heap_max=size).start()


def test_a_server_without_the_guards_jar_does_not_start(
    used_home: Path, cache: Path, tmp_path: Path, fault: Fault
) -> None:
    layout = Layout(used_home / "neo4j")
    guarded = _launcher(layout, cache)
    bare = Launcher(guarded.java, guarded.lib, tmp_path / "no.jar", layout, os.environ)
    assert bare.start_server(DatabaseOptions()).wait(60)
    with fault("E_GUARD"):
        raise explain_failure(layout.console)
