"""One request and its answer: what is sent, what comes back, and what a grant lets through."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from logos_graph.canon import Json, encode, parse
from logos_graph.errors import InvalidInput, LogosError, Rejected
from logos_graph.graph.capabilities import OPERATIONS, HttpLimits
from tests.network.servers import OK, ask, call, limits, request, serving


def refused(given: dict[str, Json], grant: HttpLimits) -> LogosError:
    with pytest.raises(LogosError) as caught:
        request(given, grant)
    return caught.value


# --- what is sent ---------------------------------------------------------------------------------


def test_the_request_on_the_wire_is_the_nodes_with_its_key_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    with serving(OK) as server:
        origin = f"http://127.0.0.1:{server.port}"
        given = call(
            "POST", f"{origin}/a/../b?c=%20", ("X-Case", "one"), ("x-case", ""), body=b"hi"
        )
        outcome = request(given, limits(f"POST {origin}"))
    assert outcome["answered"]
    host = origin.removeprefix("http://").encode()
    assert server.seen == [
        b"POST /a/../b?c=%20 HTTP/1.1\r\nHost: " + host + b"\r\nIdempotency-Key: b3:key\r\n"
        b"Connection: close\r\n"
        b"Content-Length: 2\r\nAccept-Encoding: identity\r\nX-Case: one\r\nx-case: \r\n\r\nhi"
    ]


def test_a_node_may_ask_for_an_encoding_and_gets_the_encoded_bytes() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08"
    with serving(answer) as server:
        origin = f"http://127.0.0.1:{server.port}"
        given = call("GET", origin, ("ACCEPT-encoding", "gzip"))
        outcome: Any = request(given, limits(f"GET {origin}"))
    assert b"identity" not in server.seen[0]
    assert base64.b64decode(outcome["answered"]["body"]) == b"\x1f\x8b\x08"


def test_nothing_is_kept_between_two_calls() -> None:
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    with serving(answer) as server:
        assert ask(server) == ask(server)
    assert len(server.seen) == 2  # each on a connection of its own
    assert server.seen[0] == server.seen[1]


# --- what comes back ------------------------------------------------------------------------------


def test_an_answer_comes_as_status_headers_and_body() -> None:
    answer = b"HTTP/1.1 404 No\r\nB: 1\r\nA: 2\r\nb:  3 \r\nContent-Length: 2\r\n\r\n\x00\xff"
    with serving(answer) as server:
        assert ask(server) == {
            "answered": {
                "status": 404,
                "headers": [
                    {"name": "b", "value": "1"},
                    {"name": "a", "value": "2"},
                    {"name": "b", "value": "3"},
                    {"name": "content-length", "value": "2"},
                ],
                "body": "AP8=",
            }
        }


def test_every_byte_of_a_header_survives_the_codec_and_the_record() -> None:
    odd = bytes(byte for byte in range(1, 256) if byte not in b"\t\n\v\f\r ")
    with serving(b"HTTP/1.1 200 OK\r\nX: " + odd + b"\r\nContent-Length: 0\r\n\r\n") as server:
        outcome = ask(server)
    codec = OPERATIONS["http.request"].answer_codec
    (written,) = codec.write({"outcome": outcome})
    ((_, read),) = codec.read(written)
    assert parse(encode(read)) == outcome
    assert outcome["answered"]["headers"][0]["value"].encode("latin-1") == odd


def test_odd_bytes_of_a_requests_header_are_sent_as_they_came() -> None:
    with serving(OK) as server:
        origin = f"http://127.0.0.1:{server.port}"
        request(call("GET", origin, ("X", "a\xff\x80 b")), limits(f"GET {origin}"))
    assert b"\r\nX: a\xff\x80 b\r\n" in server.seen[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\nwhole",
        b"HTTP/1.1 200 OK\r\n\r\nwhole",
        b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nwhole, and more than was announced",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;x=y\r\nwho\r\n2\r\nle\r\n0\r\nT: 1\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole",
    ],
    ids=["HTTP/1.0", "to the end", "length", "chunks", "preliminary answers"],
)  # fmt: skip
def test_an_answer_is_framed_in_any_of_https_ways(answer: bytes) -> None:
    with serving(answer) as server:
        answered = ask(server)["answered"]
    assert (answered["status"], base64.b64decode(answered["body"])) == (200, b"whole")


def test_the_answer_to_head_has_a_length_and_no_body() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n") as server:
        assert ask(server, method="HEAD")["answered"]["body"] == ""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    with serving(OK) as secret:
        location = f"http://127.0.0.1:{secret.port}/".encode()
        answer = b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
        with serving(answer % (status, location)) as server:
            answered = ask(server)["answered"]
    assert answered["status"] == status
    assert answered["headers"][0] == {"name": "location", "value": location.decode()}
    assert secret.seen == []


# --- what a grant lets through --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("PUT", "http://127.0.0.1:{port}/"),
        ("post", "http://127.0.0.1:{port}/"),
        ("POST ", "http://127.0.0.1:{port}/"),
        ("POST\r\nX: y", "http://127.0.0.1:{port}/"),
        ("", "http://127.0.0.1:{port}/"),
        ("POST", "https://127.0.0.1:{port}/"),
        ("POST", "http://127.0.0.1/"),
        ("POST", "http://localhost:{port}/"),
        ("POST", "http://127.0.0.2:{port}/"),
        ("POST", "http://a.127.0.0.1.example:{port}/"),
        ("CONNECT", "http://127.0.0.1:{port}/"),
    ],
)
def test_what_no_target_names_exactly_is_refused_and_not_sent(method: str, url: str) -> None:
    with serving(OK) as server:
        origin = f"http://127.0.0.1:{server.port}"
        error = refused(
            call(method, url.format(port=server.port)),
            limits(f"POST {origin}", f"GET {origin}", f"CONNECT {origin}"),
        )
    assert isinstance(error, Rejected)
    assert error.code == "E_HTTP_NOT_ALLOWED"
    assert server.seen == []


@pytest.mark.parametrize(
    "name",
    [
        "Host", "content-length", "Transfer-Encoding", "CONNECTION", "Upgrade", "Expect",
        "Proxy-Authorization", "proxy-connection", "TE", "Trailer", "Keep-Alive", "HTTP2-Settings",
        "Idempotency-Key", "idempotency-key",
        "", "a b", "a:", "a\n", "ü", "a" * 16_384,
    ],
)  # fmt: skip
def test_a_header_that_is_not_the_nodes_to_set_is_refused(name: str) -> None:
    grant = limits("GET http://a.example")
    error = refused(call("GET", "http://a.example", (name, "x")), grant)
    assert (type(error), error.code) == (Rejected, "E_HTTP_HEADER")


@pytest.mark.parametrize(
    "value", ["a\r\nX: y", "a\nb", "a\rb", "\x00", "a\x01", "\x7f", " a", "a ", "\ta", "ż", "😀"]
)
def test_a_headers_value_cannot_begin_another_header(value: str) -> None:
    grant = limits("GET http://a.example")
    error = refused(call("GET", "http://a.example", ("X", value)), grant)
    assert (type(error), error.code) == (Rejected, "E_HTTP_HEADER")


def test_more_headers_than_allowed_are_refused() -> None:
    grant = limits("GET http://a.example")
    error = refused(call("GET", "http://a.example", *[("X", "y")] * 65), grant)
    assert error.code == "E_HTTP_HEADER"


def test_a_body_larger_than_the_grant_allows_is_refused_and_not_sent() -> None:
    with serving(OK) as server:
        origin = f"http://127.0.0.1:{server.port}"
        grant = limits(f"POST {origin}", request_bytes=4)
        error = refused(call("POST", origin, body=b"12345"), grant)
        assert (type(error), error.code) == (Rejected, "E_HTTP_TOO_LARGE")
        assert server.seen == []
        assert "answered" in request(call("POST", origin, body=b"1234"), grant)


def test_what_is_no_request_at_all_is_refused() -> None:
    given = call("GET", "http://a.example") | {"body": "not base64"}
    error = refused(given, limits("GET http://a.example"))
    assert (type(error), error.code) == (InvalidInput, "E_VALUE_BASE64")
