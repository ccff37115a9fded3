"""connection.json: what a home remembers of its server between two commands."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

from logos_graph.database.connection import DEFAULT_DATABASE, Connection
from logos_graph.database.files import write_atomically
from logos_graph.database.ports import LOOPBACK
from logos_graph.database.process import Process
from logos_graph.errors import EnvironmentFault

__all__ = ["EXPLORER", "SUPERVISOR", "ServerRecord", "read_record", "write_record"]

SUPERVISOR = "neo4j"
"""The database user that the product writes as: the one that Neo4j itself creates."""

EXPLORER = "explorer"
"""The read-only database user, for people in Browser."""

_PASSWORD_BYTES = 24


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """process is None after a clean stop; ready once the process has answered."""

    bolt_port: int
    http_port: int
    password: str = field(repr=False)
    explorer_password: str = field(repr=False)
    process: Process | None = None
    ready: bool = False

    @classmethod
    def new(cls, bolt_port: int, http_port: int) -> ServerRecord:
        """A server that never ran, with passwords nobody else knows.

        Hexadecimal: a password goes to a command of the database, which takes what begins with a
        hyphen for an option.
        """
        return cls(
            bolt_port,
            http_port,
            password=secrets.token_hex(_PASSWORD_BYTES),
            explorer_password=secrets.token_hex(_PASSWORD_BYTES),
        )

    def stopped(self) -> ServerRecord:
        """The same server, not running."""
        return replace(self, process=None, ready=False)

    def running_as(self, process: Process, *, ready: bool) -> ServerRecord:
        """The same server in this process."""
        return replace(self, process=process, ready=ready)

    @property
    def is_alive(self) -> bool:
        """Whether the process that was started for it still runs."""
        return self.process is not None and self.process.is_alive()

    @property
    def http(self) -> str:
        """The address of the server's web pages."""
        return f"http://{LOOPBACK}:{self.http_port}"

    def connection(self) -> Connection:
        """How the product reaches it, as the user that may write."""
        host = f"{LOOPBACK}:{self.bolt_port}"
        return Connection(
            uri=f"bolt://{host}",
            username=SUPERVISOR,
            password=self.password,
            database=DEFAULT_DATABASE,
            browser_url=f"{self.http}/browser/?dbms=bolt://{EXPLORER}@{host}&db={DEFAULT_DATABASE}",
            explorer_username=EXPLORER,
            explorer_password=self.explorer_password,
            managed=True,
        )


def write_record(path: Path, record: ServerRecord) -> None:
    """Replace connection.json as a whole; its mode is 0600."""
    connection = record.connection()
    fields = {
        "uri": connection.uri,
        "http": record.http,
        "browser": connection.browser_url,
        "username": connection.username,
        "password": record.password,
        "explorer_username": EXPLORER,
        "explorer_password": record.explorer_password,
        "bolt_port": record.bolt_port,
        "http_port": record.http_port,
        "pid": record.process.pid if record.process else None,
        "born": record.process.born if record.process else None,
        "ready": record.ready,
    }
    write_atomically(path, json.dumps(fields, indent=2) + "\n")


def read_record(path: Path) -> ServerRecord | None:
    """None when the home has no server yet; EnvironmentFault E_CONNECTION_FILE when unreadable."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    try:
        fields = json.loads(text)
        pid = fields["pid"]
        return ServerRecord(
            bolt_port=int(fields["bolt_port"]),
            http_port=int(fields["http_port"]),
            password=str(fields["password"]),
            explorer_password=str(fields["explorer_password"]),
            process=None if pid is None else Process(int(pid), str(fields["born"])),
            ready=bool(fields["ready"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise _unreadable(path, f"{type(error).__name__}: {error}") from error


def _unreadable(path: Path, reason: str) -> EnvironmentFault:
    return EnvironmentFault(
        "E_CONNECTION_FILE",
        f"{path} cannot be read: {reason}",
        hint="restore the file from a backup: it alone holds the database's passwords",
        path=str(path),
    )
