"""Start the server's process, and set its first password.

The first password goes to Neo4j's own tool through an argument file of the Java launcher that only
its owner can read: on the command line itself any user of the machine could read it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from logos_graph.database.files import Layout, write_atomically
from logos_graph.database.options import DatabaseOptions
from logos_graph.database.process import Process, spawn
from logos_graph.errors import EnvironmentFault

__all__ = ["Launcher"]

_SERVER_MAIN = "logos.guard.GuardMain"
_ADMIN_MAIN = "org.neo4j.cli.AdminTool"
_ADMIN_SECONDS = 120
# The server gets nothing else of the environment: no JAVA_TOOL_OPTIONS, no NEO4J_*, no secrets.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_FLAGS = (
    *(
        f"--add-opens=java.base/{name}=ALL-UNNAMED"
        for name in ("java.nio", "java.io", "sun.nio.ch")
    ),
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dlog4j2.disable.jmx=true",
    "-Djava.awt.headless=true",
    "-Dfile.encoding=UTF-8",
)


@dataclass(frozen=True, slots=True)
class Launcher:
    """java: the launcher; lib: the server's jars; guard: the guard's jar."""

    java: Path
    lib: Path
    guard: Path
    layout: Layout
    environment: Mapping[str, str]

    def start_server(self, options: DatabaseOptions) -> Process:
        """The server, detached, printing to logs/console.log; it is not ready yet."""
        command = [
            str(self.java),
            f"-Xms{options.heap_initial}",
            f"-Xmx{options.heap_max}",
            # A small heap is collected well by one thread, and costs a third of the memory.
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            # A server without memory answers nobody: end it, the next start recovers.
            "-XX:+ExitOnOutOfMemoryError",
            f"-XX:ErrorFile={self.layout.root / 'logs' / 'java-error-%p.log'}",
            *_FLAGS,
            *options.jvm_flags,
            "-cp",
            self._class_path(),
            _SERVER_MAIN,
            f"--home-dir={self.layout.root}",
            f"--config-dir={self.layout.conf}",
            "--console-mode",
        ]
        return spawn(command, self._environment(), self.layout.console)

    def set_first_password(self, password: str) -> None:
        """Before the first start only; EnvironmentFault E_FIRST_PASSWORD when the tool fails."""
        arguments = self.layout.root / "run" / "first-password"
        words = [*_FLAGS, "-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData"]
        words += ["-cp", self._class_path(), _ADMIN_MAIN, "dbms", "set-initial-password", password]
        write_atomically(arguments, _argument_file(words))
        try:
            done = subprocess.run(
                [str(self.java), f"@{arguments}"],
                env=self._environment()
                | {"NEO4J_HOME": str(self.layout.root), "NEO4J_CONF": str(self.layout.conf)},
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=_ADMIN_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        finally:
            arguments.unlink()
        if done.returncode != 0:
            self.layout.console.write_text(done.stdout + done.stderr, encoding="utf-8")
            raise EnvironmentFault(
                "E_FIRST_PASSWORD",
                "the database's first password could not be set",
                hint=f"see {self.layout.console}",
                output=done.stderr.splitlines()[-5:],
            )

    def _class_path(self) -> str:
        parts = (self.guard, self.layout.conf / "*", self.lib / "*")
        return os.pathsep.join(map(str, parts))

    def _environment(self) -> dict[str, str]:
        return {name: self.environment[name] for name in _INHERITED if name in self.environment}


def _argument_file(words: Sequence[str]) -> str:
    """Words as java(1) reads them from a file: quoted, backslash and quote escaped."""
    escaped = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return "".join(f'"{word}"\n' for word in escaped)
