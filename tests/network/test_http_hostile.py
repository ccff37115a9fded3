"""Servers and names that mean harm: each is cut off, named, and leaves nothing behind."""

from __future__ import annotations

import socket
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from tests.network.servers import OK, Script, ask, call, code, limits, request, serving, silent

MORE_THAN_ENOUGH = 100_000


def endless(first: bytes, then: bytes) -> Script:
    """Sends for as long as somebody reads."""

    def script(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(MORE_THAN_ENOUGH):
            connection.sendall(then)

    return script


def dripping(first: bytes, then: bytes) -> Script:
    """Sends a little, again and again, always sooner than a single read would give up."""

    def script(connection: socket.socket) -> None:
        connection.sendall(first)
        slow = Event()
        while not slow.wait(0.05):
            connection.sendall(then)

    return script


# --- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["a header", "headers", "body", "chunks", "preliminary answers"],
)
def test_a_server_that_drips_is_cut_when_the_whole_takes_too_long(
    first: bytes, then: bytes
) -> None:
    with serving(dripping(first, then)) as server:
        assert code(ask(server, seconds=1)) == "E_HTTP_TIMEOUT"


def test_a_server_that_says_nothing_is_left() -> None:
    with serving(silent) as server:
        assert code(ask(server, seconds=1)) == "E_HTTP_TIMEOUT"


def test_a_name_that_takes_too_long_to_resolve_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    end = Event()

    def never(*_: object, **__: object) -> list[Any]:
        end.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    try:
        outcome = request(
            call("GET", "http://a.example"), limits("GET http://a.example", seconds=1)
        )
    finally:
        end.set()
    assert code(outcome) == "E_HTTP_NAME"


# --- size -----------------------------------------------------------------------------------------


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        (HEAD, b"X: y\r\n" * 1000, "E_HTTP_PROTOCOL"),
        (HEAD + b"X: ", b"x" * 4096, "E_HTTP_PROTOCOL"),
        (HEAD + b"\r\n", b"x" * 4096, "E_HTTP_TOO_LARGE"),
        (HEAD + b"Content-Length: 9999999\r\n\r\n", b"x" * 4096, "E_HTTP_TOO_LARGE"),
        (b"", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 1000, "E_HTTP_TOO_LARGE"),
        (CHUNKED, b"1;" + b"x" * 4096 + b"\r\ny\r\n", "E_HTTP_TOO_LARGE"),
        (CHUNKED + b"1;", b"x" * 4096, "E_HTTP_PROTOCOL"),
        (CHUNKED + b"0\r\n", b"X: y\r\n" * 1000, "E_HTTP_PROTOCOL"),
    ],
    ids=[
        "headers", "a header", "body", "announced body", "preliminary answers", "extensions",
        "an extension", "trailers",
    ],
)  # fmt: skip
def test_an_endless_answer_is_a_failure(first: bytes, then: bytes, expected: str) -> None:
    with serving(endless(first, then)) as server:
        assert code(ask(server, response_bytes=65536)) == expected


def test_many_headers_that_end_are_still_too_many() -> None:
    with serving(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n") as server:
        assert code(ask(server)) == "E_HTTP_TOO_LARGE"


def test_an_answer_one_byte_too_long_is_a_failure_and_never_a_cut_answer() -> None:
    def answer(size: int) -> bytes:
        return b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * size

    with serving(answer(100)) as server:
        assert "answered" in ask(server, response_bytes=100)
    with serving(answer(101)) as server:
        assert code(ask(server, response_bytes=100)) == "E_HTTP_TOO_LARGE"


# --- protocol -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        b"hello",
        b"HTTP/0.9 200 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwho",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nwhole!",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nwhole!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxyz",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nanything",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_complete_http_answer_is_a_failure(answer: bytes) -> None:
    with serving(answer) as server:
        assert code(ask(server)) == "E_HTTP_PROTOCOL"


def test_a_connection_that_is_closed_without_a_word_is_broken() -> None:
    with serving(b"") as server:
        assert code(ask(server)) == "E_HTTP_BROKEN"


def test_a_server_that_refuses_a_body_before_it_is_sent_is_heard() -> None:
    answer = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    with serving(answer) as server:
        origin = f"http://127.0.0.1:{server.port}"
        grant = limits(f"POST {origin}", request_bytes=500_000)
        outcome: Any = request(call("POST", origin, body=b"x" * 500_000), grant)
    assert outcome["answered"]["status"] == 413


def test_a_port_where_nobody_listens_is_a_failure() -> None:
    with serving(OK) as server:
        pass
    assert code(ask(server)) == "E_HTTP_CONNECT"


# --- names and addresses --------------------------------------------------------------------------


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Makes names resolve to these addresses, one list for each time; gives what was asked."""

    def resolve(*answers: list[str]) -> list[str]:
        asked: list[str] = []
        left = iter(answers)

        def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
            asked.append(host)
            return [(0, 0, 0, "", (address, port)) for address in next(left)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return resolve


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
        ["1.1.1.1", "127.0.0.1"],
    ],
)
def test_a_name_with_one_private_address_is_not_connected_to(
    addresses: list[str], names: Callable[..., list[str]]
) -> None:
    names(addresses)
    with serving(OK) as server:
        origin = f"http://a.example:{server.port}"
        outcome = request(call("GET", origin), limits(f"GET {origin}", private=False))
    assert code(outcome) == "E_HTTP_ADDRESS"
    assert server.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "0.0.0.0"])
def test_an_address_in_the_grant_itself_still_needs_private(host: str) -> None:
    outcome = request(call("GET", f"http://{host}/"), limits(f"GET http://{host}", private=False))
    assert code(outcome) == "E_HTTP_ADDRESS"


def test_the_metadata_of_a_cloud_is_out_of_reach_even_with_private(
    names: Callable[..., list[str]],
) -> None:
    names(["169.254.169.254"])
    outcome = request(call("GET", "http://a.example"), limits("GET http://a.example"))
    assert code(outcome) == "E_HTTP_ADDRESS"


def test_a_name_is_resolved_once_so_rebinding_has_no_hold(names: Callable[..., list[str]]) -> None:
    asked = names(["127.0.0.1"], ["127.0.0.2"])
    with serving(OK) as server:
        origin = f"http://a.example:{server.port}"
        assert "answered" in request(call("GET", origin), limits(f"GET {origin}"))
    assert asked == ["a.example"]
    assert f"Host: a.example:{server.port}".encode() in server.seen[0]


def test_the_next_address_is_tried_when_one_does_not_answer(
    names: Callable[..., list[str]],
) -> None:
    names(["::1", "127.0.0.1"])
    with serving(OK) as server:
        origin = f"http://a.example:{server.port}"
        assert "answered" in request(call("GET", origin), limits(f"GET {origin}"))


@pytest.mark.parametrize("addresses", [[], ["not an address"]])
def test_a_name_without_an_address_is_a_failure(
    addresses: list[str], names: Callable[..., list[str]]
) -> None:
    names(addresses)
    outcome = request(call("GET", "http://a.example"), limits("GET http://a.example"))
    assert code(outcome) == "E_HTTP_NAME"
