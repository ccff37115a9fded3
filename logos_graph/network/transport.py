"""One connection for one request: a vetted address, a deadline, a bounded number of bytes.

The name is resolved once, every address of the answer is judged (address.py), and the connection
goes to exactly such an address: a name that resolves differently the next time is not asked again.
With TLS the server proves the *name*, whatever its address.

The deadline is one for the whole: resolving, connecting, the handshake and every read and write get
what is left of it, so that a server that sends a byte now and then gains nothing.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, TypeAlias

import httpcore

from logos_graph.graph.retry import FAILURES
from logos_graph.network.address import may_reach

__all__ = ["Deadline", "Failed", "VettedNetwork", "authorities"]

_Address: TypeAlias = IPv4Address | IPv6Address
_SocketOption: TypeAlias = tuple[Any, ...]

_MAX_ADDRESSES: Final = 8
"""Addresses of one name that are tried, each for its share of the time that is left."""


_LATE: Final = {
    "E_HTTP_NAME": "the host's name did not resolve",
    "E_HTTP_CONNECT": "there was no connection",
    "E_HTTP_HANDSHAKE": "the connection was not secured",
    "E_HTTP_TIMEOUT": "there was no whole answer",
}
"""What did not happen in time: only with the last one anything was sent."""


class Failed(Exception):
    """A request that went wrong on its way; the text is `E_HTTP_…: ` and what happened."""

    def __init__(self, code: str, reason: str) -> None:
        assert code in FAILURES  # the list is closed
        super().__init__(f"{code}: {reason}")


class Deadline:
    """The moment at which a request has to be over."""

    def __init__(self, seconds: int) -> None:
        self._seconds, self._end = seconds, time.monotonic() + seconds

    def left(self, code: str) -> float:
        """Seconds, more than none. Raises Failed with this code, that of what is being done."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.passed(code)
        return left

    def passed(self, code: str) -> Failed:
        """What happens when it has passed: `_LATE` has the codes."""
        return Failed(code, f"{_LATE[code]} within {self._seconds} s")


@cache
def authorities(file: str) -> ssl.SSLContext:
    """The client's side of TLS, 1.2 or newer, with the certificate authorities of a PEM file."""
    context = _Authorities(ssl.PROTOCOL_TLS_CLIENT)  # checks certificates and names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(file)
    ssl.SSLContext.set_alpn_protocols(context, ["http/1.1"])
    return context


class _Authorities(ssl.SSLContext):
    """Threads share it, so it is never changed once it is made.

    httpcore sets the protocols for every connection anew, which frees what another thread's
    handshake may be copying at that moment.
    """

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Does nothing: they are set already."""


class VettedNetwork(httpcore.NetworkBackend):
    """Opens connections to addresses that may be reached.

    private: whether loopback and private addresses may be. most_read: bytes of one connection.
    What fails is raised as Failed, but for httpcore's WriteError: after it the answer is still
    read, since a server may refuse a body before it has taken all of it.
    """

    def __init__(self, deadline: Deadline, *, private: bool, most_read: int) -> None:
        self._deadline, self._private, self._most_read = deadline, private, most_read

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to a vetted address of this host."""
        addresses = _addresses(host, port, self._deadline)
        if not all(may_reach(address, private=self._private) for address in addresses):
            raise Failed("E_HTTP_ADDRESS", "the host has an address that the grant does not reach")
        return _Stream(_connect(addresses, port, self._deadline), self._deadline, self._most_read)


def _addresses(host: str, port: int, deadline: Deadline) -> list[_Address]:
    """The host's own address, or what its name resolves to, once."""
    try:
        return [ip_address(host)]
    except ValueError:
        found = _resolve(host, port, deadline)
    try:
        addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
    except ValueError:
        addresses = []
    if not addresses:
        raise Failed("E_HTTP_NAME", "the host's name does not resolve")
    return addresses


def _resolve(host: str, port: int, deadline: Deadline) -> list[Any]:
    """`getaddrinfo` cannot be told when to give up: it runs aside, and is left there if late."""
    answers: SimpleQueue[list[Any]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError):
            answers.put([])

    Thread(target=ask, name="resolve", daemon=True).start()
    try:
        return answers.get(timeout=deadline.left("E_HTTP_NAME"))
    except Empty:
        raise deadline.passed("E_HTTP_NAME") from None


def _connect(addresses: list[_Address], port: int, deadline: Deadline) -> socket.socket:
    tried = addresses[:_MAX_ADDRESSES]
    for later, address in zip(reversed(range(len(tried))), tried, strict=True):
        with suppress(OSError):  # the next address is another chance
            return _connect_one(address, port, deadline.left("E_HTTP_CONNECT") / (later + 1))
    deadline.left("E_HTTP_CONNECT")  # whether it was the time that ended
    raise Failed("E_HTTP_CONNECT", "the host does not take the connection")


def _connect_one(address: _Address, port: int, seconds: float) -> socket.socket:
    connection = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
    try:
        connection.settimeout(seconds)
        connection.connect((str(address), port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


class _Stream(httpcore.NetworkStream):
    """Bytes both ways, under the deadline, and no more than `most` of them to read."""

    def __init__(self, connection: socket.socket, deadline: Deadline, most: int) -> None:
        self._socket, self._deadline, self._most = connection, deadline, most
        self._answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes; none at the end."""
        with self._timed(_broken):
            data = self._socket.recv(max_bytes)
        if not data and not self._answered:
            raise Failed("E_HTTP_BROKEN", "the connection was closed before any answer")
        self._answered = True
        self._most -= len(data)
        if self._most < 0:
            raise Failed("E_HTTP_TOO_LARGE", "the answer takes more bytes than the grant allows")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends all of it."""
        left = memoryview(buffer)
        while left:
            with self._timed(httpcore.WriteError):
                left = left[self._socket.send(left) :]

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection under TLS, once the server has proved that name."""
        try:
            with self._timed(_untrusted, "E_HTTP_HANDSHAKE"):
                secured = ssl_context.wrap_socket(
                    self._socket,
                    server_hostname=server_hostname,
                    suppress_ragged_eofs=False,  # an answer that somebody cut is no answer
                )
        except BaseException:
            self.close()
            raise
        return _Stream(secured, self._deadline, self._most)

    def close(self) -> None:
        """Ends the connection, at once."""
        self._socket.close()

    @contextmanager
    def _timed(
        self, fault: Callable[[OSError], Exception], late: str = "E_HTTP_TIMEOUT"
    ) -> Iterator[None]:
        self._socket.settimeout(self._deadline.left(late))
        try:
            yield
        except TimeoutError:
            raise self._deadline.passed(late) from None
        except OSError as error:
            raise fault(error) from None


def _broken(error: OSError) -> Failed:
    if isinstance(error, ssl.SSLError):
        return Failed("E_HTTP_BROKEN", "the secured connection was cut or tampered with")
    return Failed("E_HTTP_BROKEN", "the connection broke")


def _untrusted(error: OSError) -> Failed:
    if isinstance(error, ssl.SSLCertVerificationError):
        message = f"the certificate is refused: {error.verify_message}"
        return Failed("E_HTTP_CERTIFICATE", message)
    return Failed("E_HTTP_HANDSHAKE", "the handshake failed")
