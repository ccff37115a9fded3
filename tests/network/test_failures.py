"""Each way in which a request fails has its code, and the code says whether anything was sent."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from logos_graph.graph import retry
from logos_graph.graph.retry import FAILURES, Sent
from tests.counting_service import (
    DROP_AFTER_READING,
    DROP_BEFORE_READING,
    DROP_HALFWAY,
    SLOW,
    CountingService,
    Fail,
    Way,
    counting_service,
)
from tests.network.servers import KEY, call, code, limits, request


@pytest.fixture
def service() -> Iterator[CountingService]:
    with counting_service() as service:
        yield service


def ask(service: CountingService, scheme: str = "http", seconds: int = 5) -> dict[str, object]:
    origin = f"{scheme}://127.0.0.1:{service.port}"
    grant = limits(f"POST {origin}", seconds=seconds)
    return request(call("POST", origin + "/pay", body=b"5"), grant)


@pytest.mark.parametrize(
    ("way", "failure", "received", "done"),
    [
        (DROP_BEFORE_READING, "E_HTTP_BROKEN", 0, 0),
        (DROP_AFTER_READING, "E_HTTP_BROKEN", 1, 1),
        (DROP_HALFWAY, "E_HTTP_PROTOCOL", 1, 1),
        (SLOW, "E_HTTP_TIMEOUT", 1, 1),
    ],
    ids=lambda given: given.name if isinstance(given, Way) else None,
)
def test_whether_a_request_took_place_is_unknown_once_a_byte_of_it_was_sent(
    service: CountingService, way: Way, failure: str, received: int, done: int
) -> None:
    service.next(way)
    assert code(ask(service, seconds=1)) == failure
    assert FAILURES[failure] is Sent.UNKNOWN
    assert service.counts().get(KEY, 0) == received
    assert service.done().get(KEY, 0) == done
    assert service.connections == 1  # nothing is tried again by itself


def test_a_refused_connection_sent_nothing(service: CountingService) -> None:
    service.refuse()
    assert FAILURES[code(ask(service))] is Sent.NO
    service.take()
    assert "answered" in ask(service)
    assert service.counts() == {KEY: 1}


def test_a_handshake_that_fails_sent_nothing(service: CountingService) -> None:
    failed = code(ask(service, "https", seconds=1))  # the service waits for the end of a request
    assert (failed, FAILURES[failed]) == ("E_HTTP_HANDSHAKE", Sent.NO)
    assert service.counts() == {}


def test_a_name_that_does_not_resolve_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failed = code(request(call("GET", "http://a.example"), limits("GET http://a.example")))
    assert (failed, FAILURES[failed]) == ("E_HTTP_NAME", Sent.NO)


def test_a_status_is_an_answer_and_no_failure(service: CountingService) -> None:
    service.next(Fail(503, times=2))
    answers = [ask(service) for _ in range(3)]
    assert [each["answered"]["status"] for each in answers] == [503, 503, 200]  # type: ignore[index]
    assert (service.counts(), service.done()) == ({KEY: 3}, {KEY: 1})


def test_the_key_is_sent_once_and_as_it_is(service: CountingService) -> None:
    ask(service)
    (received,) = service.calls
    assert [value for name, value in received.headers if name == "idempotency-key"] == [KEY]


def test_the_table_of_failures_is_the_list_of_failures() -> None:
    rows = re.findall(r"^\| (E_HTTP_\w+) \| (\w+) \|", retry.__doc__ or "", re.MULTILINE)
    assert {name: sent.value for name, sent in FAILURES.items()} == dict(rows)
