"""A TCP proxy on loopback, between the driver and the server, that fails where it is told to.

It knows of Bolt what it takes to see single messages: the handshake, the chunks that a message is
sent in, and the byte that names it (https://neo4j.com/docs/bolt/current/bolt/message/). A fault is
set for the n-th message of a kind, before that message is passed on or after:

| fault | what happens to it |
|---|---|
| cut before | it is dropped, and the connection with it, on both sides |
| cut after | it is passed on, then the connection is cut on both sides |
| held | it waits until it is released; then it is passed on, or dropped with the connection |
| work | something else is done first, then it is passed on |
| late | its sender's connection is cut at once; released, it arrives at the server all the same |
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

__all__ = ["Fault", "Message", "Proxy", "Side"]

Side = Literal["asked", "answered"]
"""Which way a message goes: from the driver, or from the server."""

_MANIFEST = bytes([0, 0, 1, 0xFF])
_KINDS = {
    0x01: "HELLO", 0x02: "GOODBYE", 0x0F: "RESET", 0x10: "RUN", 0x11: "BEGIN", 0x12: "COMMIT",
    0x13: "ROLLBACK", 0x2F: "DISCARD", 0x3F: "PULL", 0x54: "TELEMETRY", 0x66: "ROUTE",
    0x6A: "LOGON", 0x6B: "LOGOFF", 0x70: "SUCCESS", 0x71: "RECORD", 0x7E: "IGNORED",
    0x7F: "FAILURE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One message of Bolt. body: without the chunks' headers; raw: as it was sent."""

    side: Side
    kind: str
    body: bytes
    raw: bytes


def _any(_message: Message) -> bool:
    return True


@dataclass(slots=True, eq=False)
class Fault:
    """What is to happen, once, to the `number`-th message (from 1) that goes this way and matches.

    refuse: no connection is accepted any more from that moment on (see Proxy.accept).
    often: it happens to every such message from then on.
    reached: set when it happens. release: lets go of what is held or late.
    """

    side: Side
    number: int = 1
    match: Callable[[Message], bool] = _any
    cut: Literal["before", "after"] | None = None
    held: bool = False
    late: bool = False
    refuse: bool = False
    work: Callable[[], object] | None = None
    often: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Lets go of the message."""
        self._released.set()

    def wait(self) -> None:
        """Until it is released."""
        self._released.wait()


class Proxy:
    """`with Proxy(port) as proxy:` listens on `proxy.port`, for the server on `port`."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._faults: list[Fault] = []
        self._seen: list[Message] = []
        self._open: set[socket.socket] = set()
        self._refusing = False
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Proxy:
        self._start(self._accept_all)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            faults, self._refusing = [*self._faults], True
        for fault in faults:
            fault.release()
        _shut(self._listener)
        self._listener.close()
        self.cut_all()
        for thread in self._threads:
            thread.join()

    @property
    def uri(self) -> str:
        """Where a driver connects to."""
        return f"bolt://127.0.0.1:{self.port}"

    def inject(self, fault: Fault) -> Fault:
        """Sets a fault; its count, and what `seen` gives, begin here."""
        with self._changed:
            self._faults.append(fault)
            self._seen.clear()
        return fault

    def clear(self) -> None:
        """No fault is set, nothing was seen."""
        with self._changed:
            for fault in self._faults:
                fault.release()
            self._faults.clear()
            self._seen.clear()

    def seen(self, side: Side) -> list[Message]:
        """The messages that came this way since the last fault was set."""
        with self._changed:
            return [message for message in self._seen if message.side == side]

    def wait_for(self, side: Side, kind: str, number: int = 1) -> None:
        """Until so many messages of this kind came this way since the last fault was set."""

        def there() -> bool:
            return sum((each.side, each.kind) == (side, kind) for each in self._seen) >= number

        with self._changed:
            if not self._changed.wait_for(there, timeout=60):
                raise TimeoutError(f"no {kind} was {side}")

    def wait_for_more(self, side: Side, than: int) -> None:
        """Until more messages than that came this way since the last fault was set."""

        def there() -> bool:
            return sum(each.side == side for each in self._seen) > than

        with self._changed:
            if not self._changed.wait_for(there, timeout=60):
                raise TimeoutError(f"nothing more was {side}")

    def accept(self) -> None:
        """Connections are accepted again."""
        self._refusing = False

    def cut_all(self) -> None:
        """Every open connection is cut, on both sides."""
        with self._changed:
            ends = [*self._open]
        for end in ends:
            _shut(end)

    # --- connections ------------------------------------------------------------------------------

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept_all(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(lambda client=client: self._serve(client))  # type: ignore[misc]

    def _serve(self, client: socket.socket) -> None:
        with client:
            if self._refusing:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.upstream))
            except OSError:
                return
            with server:
                self._join(_Link(client, server))

    def _join(self, link: _Link) -> None:
        for end in (link.client, link.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            self._open |= {link.client, link.server}
        try:
            with suppress(OSError, EOFError):
                _shake_hands(link.client, link.server)
                back = threading.Thread(target=self._answers, args=(link,), daemon=True)
                back.start()
                self._questions(link)
                back.join()
        finally:
            with self._changed:
                self._open -= {link.client, link.server}

    def _questions(self, link: _Link) -> None:
        """Passes the driver's messages on until either end closes; then neither goes on."""
        try:
            with suppress(OSError, EOFError):
                while self._passed_on(_read_message("asked", link.client), link):
                    pass
        finally:
            if not link.gone:
                link.cut()

    def _answers(self, link: _Link) -> None:
        """Passes the server's messages on; those to a driver that is gone are only seen."""
        try:
            with suppress(OSError, EOFError):
                while self._passed_on(_read_message("answered", link.server), link):
                    pass
        finally:
            link.cut()

    def _passed_on(self, message: Message, link: _Link) -> bool:
        """Whether the connection goes on after this message."""
        sink = link.server if message.side == "asked" else link.client
        fault = self._fault_of(message)
        if fault is not None and fault.late:
            link.gone = True
            link.client.shutdown(socket.SHUT_WR)  # what it sent already can still be read
        if fault is not None and (fault.held or fault.late):
            fault.wait()
        if fault is not None and fault.work is not None:
            fault.work()
        if fault is not None and fault.cut == "before":
            return False
        if message.side == "asked" or not link.gone:
            sink.sendall(message.raw)
        return fault is None or fault.cut is None

    def _fault_of(self, message: Message) -> Fault | None:
        if message.kind == "NOOP":
            return None
        with self._changed:
            self._seen.append(message)
            self._changed.notify_all()
            for fault in self._faults:
                if fault.side != message.side or not fault.match(message):
                    continue
                fault.number -= 1
                if fault.number == 0 or (fault.often and fault.number < 0):
                    self._refusing = self._refusing or fault.refuse
                    fault.reached.set()
                    return fault
        return None


@dataclass(slots=True, eq=False)
class _Link:
    """A connection's two ends. gone: the driver's is cut, the server does not know."""

    client: socket.socket
    server: socket.socket
    gone: bool = False

    def cut(self) -> None:
        _shut(self.client)
        _shut(self.server)


# --- Bolt -----------------------------------------------------------------------------------------


def _shake_hands(client: socket.socket, server: socket.socket) -> None:
    """Four bytes and four offers; one answer, or a manifest that is answered with a choice."""
    server.sendall(_exactly(client, 20))
    answer = _exactly(server, 4)
    if answer == _MANIFEST:
        count, number = _varint(server)
        answer += count + _exactly(server, 4 * number) + _varint(server)[0]
        client.sendall(answer)
        server.sendall(_exactly(client, 4) + _varint(client)[0])
    else:
        client.sendall(answer)


def _varint(source: socket.socket) -> tuple[bytes, int]:
    raw, value = b"", 0
    while True:
        (byte,) = last = _exactly(source, 1)
        value |= (byte & 0x7F) << (7 * len(raw))
        raw += last
        if byte < 0x80:
            return raw, value


def _read_message(side: Side, source: socket.socket) -> Message:
    """The next message; NOOP is the empty chunk by which a server says that it lives."""
    raw, body = bytearray(), bytearray()
    while True:
        header = _exactly(source, 2)
        raw += header
        (length,) = struct.unpack(">H", header)
        if not length and not body:
            return Message(side, "NOOP", b"", bytes(raw))
        if length:
            chunk = _exactly(source, length)
            raw += chunk
            body += chunk
        else:
            return Message(side, _KINDS.get(body[1], hex(body[1])), bytes(body), bytes(raw))


def _exactly(source: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        part = source.recv(count - len(found))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
