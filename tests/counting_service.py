"""A real HTTP service on loopback that counts how often it was really called, and misbehaves.

    with counting_service() as service:
        service.next(Fail(503, times=2), DROP_AFTER_READING)
        ...                                      # somebody sends requests to service.url
        assert service.counts() == {key: 4}      # by Idempotency-Key, whatever came of each
        assert service.done() == {key: 2}        # those that it really carried out

Each request meets the next behaviour of the plan; when the plan is over, `usual`, which is ANSWER.
A behaviour with a key of its own (`service.next(..., key=KEY)`) is kept for requests under it.

| behaviour | what becomes of a request | counted | carried out |
|---|---|---|---|
| ANSWER | 200, `ok` | yes | yes |
| Fail(status, times=1) | that status | yes | no |
| DROP_BEFORE_READING | it is not read, the connection is reset | as a connection | no |
| DROP_AFTER_READING | it was read and carried out, and the connection is reset | yes | yes |
| DROP_HALFWAY | half of the answer comes, then the connection ends | yes | yes |
| SLOW | it is carried out, and answered after `service.let_go()`, or at the end | yes | yes |

`service.refuse()` takes no connections at all until `service.take()`: the port is closed, and stays
the service's own. What was received stands in `service.calls`, in order. Everything may be called
from any thread; `service.wait_for(count)` returns when so many requests were received.

The service does twice what comes twice: it shows what reached it, not what a good service makes of
it. Nothing here sleeps, and nothing is timed.
"""

from __future__ import annotations

import socket
import struct
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Condition, Event, Thread

__all__ = [
    "ANSWER",
    "DROP_AFTER_READING",
    "DROP_BEFORE_READING",
    "DROP_HALFWAY",
    "SLOW",
    "Behaviour",
    "Call",
    "CountingService",
    "Fail",
    "Way",
    "counting_service",
]


@dataclass(frozen=True)
class Way:
    """What becomes of one request; named in the table above."""

    name: str
    reads: bool = True
    carries_out: bool = True


@dataclass(frozen=True)
class Fail:
    """A status instead of an answer, so many times."""

    status: int
    times: int = 1


Behaviour = Way | Fail

ANSWER = Way("answer")
DROP_BEFORE_READING = Way("drop before reading", reads=False, carries_out=False)
DROP_AFTER_READING = Way("drop after reading")
DROP_HALFWAY = Way("drop halfway")
SLOW = Way("slow")

_MAX_REQUEST = 1024 * 1024
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, no time, so that closing resets the connection."""


@dataclass(frozen=True)
class Call:
    """One request as it was received. key: its Idempotency-Key; "" without one."""

    key: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    carried_out: bool


class CountingService:
    """The service; see the head of this file. Made by `counting_service`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.connections = 0
        self.usual: Behaviour = ANSWER
        self._plan: dict[str | None, deque[Behaviour]] = defaultdict(deque)
        self._changed = Condition()
        self._go = Event()
        self._ended = False
        self._threads: list[Thread] = []
        # Holds the port for as long as the service lives; it never listens itself.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._held.bind(("127.0.0.1", 0))
        self.port: int = self._held.getsockname()[1]
        self._listener: socket.socket | None = None
        self.take()

    @property
    def url(self) -> str:
        """Scheme, host and port, as a grant names them."""
        return f"http://127.0.0.1:{self.port}"

    # what it is told ----------------------------------------------------------------------------

    def next(self, *behaviours: Behaviour, key: str | None = None) -> None:
        """How it meets the next requests, one after the other; those under `key` only, if given."""
        with self._changed:
            for each in behaviours:
                times = each.times if isinstance(each, Fail) else 1
                self._plan[key].extend([each] * times)

    def let_go(self) -> None:
        """Answers what is SLOW, and all that will be until `hold`."""
        self._go.set()

    def hold(self) -> None:
        """What is SLOW waits again."""
        self._go.clear()

    def refuse(self) -> None:
        """Takes no connections: they are refused."""
        with self._changed:
            listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
            listener.close()

    def take(self) -> None:
        """Takes connections again."""
        with self._changed:
            assert self._listener is None
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind(("127.0.0.1", self.port))
            listener.listen()
            self._listener = listener
            self._start(self._accept, listener)

    def forget(self) -> None:
        """Begins to count anew, with no plan."""
        with self._changed:
            self.calls.clear()
            self._plan.clear()
            self.connections, self.usual = 0, ANSWER

    # what it has seen ---------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """How often each key was received."""
        with self._changed:
            return dict(Counter(call.key for call in self.calls))

    def done(self) -> dict[str, int]:
        """How often what came under each key was carried out."""
        with self._changed:
            return dict(Counter(call.key for call in self.calls if call.carried_out))

    def wait_for(self, count: int) -> None:
        """Returns when so many requests were received since the beginning, or `forget`."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.calls) >= count)

    # how it works -------------------------------------------------------------------------------

    def stop(self) -> None:
        """Ends it, and all that is under way."""
        self._ended = True
        self._go.set()
        self.refuse()
        for thread in self._threads:
            thread.join()
        self._held.close()

    def _start(self, work: object, connection: socket.socket) -> None:
        assert callable(work)
        thread = Thread(target=work, args=(connection,))
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._changed:
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(60)  # who connects and says nothing does not hold up the end
            # A connection that is reset at once may fail in its connecting, with no byte sent.
            connection.recv(1, socket.MSG_PEEK)
            way = self._unread()
            call = None if way is not None else _received(connection)
            if call is None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                return
            self._meet(connection, call)

    def _unread(self) -> Behaviour | None:
        """The next behaviour, if it is one that reads nothing."""
        with self._changed:
            plan = self._plan[None]
            if (plan[0] if plan else self.usual) != DROP_BEFORE_READING:
                return None
            return plan.popleft() if plan else self.usual

    def _meet(self, connection: socket.socket, call: Call) -> None:
        with self._changed:
            plan = self._plan[call.key] or self._plan[None]
            way = plan.popleft() if plan else self.usual
            done = isinstance(way, Way) and way.carries_out
            counted = Call(call.key, call.method, call.target, call.headers, call.body, done)
            self.calls.append(counted)
            self._changed.notify_all()
        if way == SLOW:
            self._go.wait()
        if way in (DROP_BEFORE_READING, DROP_AFTER_READING):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            return
        status = way.status if isinstance(way, Fail) else 200
        answer = _answer(status, b"ok" if status == 200 else b"not today")
        connection.sendall(answer[: len(answer) // 2] if way == DROP_HALFWAY else answer)


def _answer(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} said\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def _received(connection: socket.socket) -> Call | None:
    """One whole request; None when the other side ends before."""
    data = bytearray()
    while b"\r\n\r\n" not in data:
        if not _more(connection, data):
            return None
    head, _, rest = bytes(data).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.partition(":") for line in lines]
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    body, length = bytearray(rest), int(dict(headers).get("content-length", "0"))
    while len(body) < length:
        if not _more(connection, body):
            return None
    key = dict(headers).get("idempotency-key", "")
    return Call(key, method, target, headers, bytes(body), carried_out=False)


def _more(connection: socket.socket, data: bytearray) -> bool:
    part = connection.recv(65536)
    data += part
    return bool(part) and len(data) <= _MAX_REQUEST


@contextmanager
def counting_service() -> Iterator[CountingService]:
    """The service, until the end of the block."""
    service = CountingService()
    try:
        yield service
    finally:
        service.stop()
