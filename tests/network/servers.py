"""Real servers on loopback that answer as a script says, whatever HTTP may think of it."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from logos_graph.canon import Json
from logos_graph.graph.capabilities import OPERATIONS, Capability, HttpLimits, parse_limits
from logos_graph.network.http import read

TLS = Path(__file__).parent / "tls"
HANDSHAKE = b"\x16"
KEY = "b3:key"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Script = Callable[[socket.socket], None]


class Server:
    """A listener on 127.0.0.1: `seen` holds each request as it came, `ended` says it is over."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[bytes] = []
        self.ended = Event()
        self._script, self._tls = script, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        self.ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # A client that hangs up on a script is what many scripts are there for.
            with suppress(OSError), connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        if self._tls:
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                self.seen.append(received(secured))
                self._script(secured)
        else:
            self.seen.append(received(connection))
            self._script(connection)


def silent(connection: socket.socket) -> None:
    """Says nothing until the client is gone."""
    connection.recv(1)


def received(connection: socket.socket) -> bytes:
    """One request: the head, and as much body as it announces; or the start of a handshake."""
    data = b""
    while b"\r\n\r\n" not in data and not data.startswith(HANDSHAKE):
        part = connection.recv(65536)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            missing = int(line.split(b":")[1]) - len(body)
            while missing > 0:
                part = connection.recv(65536)
                data, missing = data + part, missing - len(part)
    return data


@contextmanager
def serving(answer: bytes | Script, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server whose every answer is these bytes, or what the script sends."""
    script = (
        (lambda connection: connection.sendall(answer)) if isinstance(answer, bytes) else answer
    )
    server = Server(script, tls)
    try:
        yield server
    finally:
        server.stop()


def limits(*allow: str, **others: Json) -> HttpLimits:
    """The limits of a grant; one that reaches private addresses and ends soon, unless said."""
    parsed = parse_limits(
        Capability.HTTP, {"allow": [*allow], "private": True, "seconds": 5, **others}
    )
    assert isinstance(parsed, HttpLimits)
    return parsed


def call(method: str, url: str, *headers: tuple[str, str], body: bytes = b"") -> dict[str, Json]:
    """A request as a node makes it."""
    return {
        "method": method,
        "url": url,
        "headers": [{"name": name, "value": value} for name, value in headers],
        "body": base64.b64encode(body).decode(),
    }


def request(
    given: dict[str, Json], grant: HttpLimits, trusted: Path | None = None
) -> dict[str, Any]:
    """The outcome of one request."""
    return read(given, grant, trusted=trusted).send(KEY)


def ask(server: Server, path: str = "/", method: str = "GET", **given: Json) -> dict[str, Any]:
    """The outcome of one request to a server, under a grant for it; it must fit its type."""
    origin = f"http://127.0.0.1:{server.port}"
    outcome = request(call(method, origin + path), limits(f"{method} {origin}", **given))
    assert OPERATIONS["http.request"].answer_codec.write({"outcome": outcome})
    return outcome


def code(outcome: dict[str, Any]) -> str:
    """The code of a failure."""
    return str(outcome["failed"]).partition(":")[0]
