"""With TLS a server proves the name that was asked for, whatever its address."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import certifi
import pytest

from logos_graph.network.transport import authorities
from tests.network.servers import OK, TLS, Script, call, code, limits, request, serving, silent

CERTIFICATE = TLS / "certificate.pem"


@pytest.fixture
def certified() -> ssl.SSLContext:
    """A server's side: a certificate for `localhost` and 127.0.0.1 that it signed itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, TLS / "key.pem")
    return context


def ask(
    answer: bytes | Script,
    server_side: ssl.SSLContext | None,
    trusted: Path | None,
    host: str = "localhost",
) -> dict[str, Any]:
    with serving(answer, server_side) as server:
        origin = f"https://{host}:{server.port}"
        grant = limits(f"GET {origin}", seconds=5)
        return request(call("GET", origin), grant, trusted=trusted)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_that_proves_its_name_is_asked(host: str, certified: ssl.SSLContext) -> None:
    assert ask(OK, certified, CERTIFICATE, host)["answered"]["body"] == "b2s="


def test_a_certificate_that_nobody_vouches_for_is_refused(certified: ssl.SSLContext) -> None:
    assert code(ask(OK, certified, None)) == "E_HTTP_CERTIFICATE"


def test_a_certificate_for_another_name_is_refused(
    certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert code(ask(OK, certified, CERTIFICATE, "bank.example")) == "E_HTTP_CERTIFICATE"


def test_a_server_without_tls_is_refused() -> None:
    assert code(ask(OK, None, CERTIFICATE)) == "E_HTTP_HANDSHAKE"


def test_names_and_certificates_are_checked_and_old_protocols_are_refused() -> None:
    public = authorities(certifi.where())
    assert public.verify_mode == ssl.CERT_REQUIRED
    assert public.check_hostname
    assert public.minimum_version == ssl.TLSVersion.TLSv1_2
    assert public.cert_store_stats()["x509_ca"] > 50


def test_a_handshake_that_never_ends_is_cut() -> None:
    with serving(silent) as server:
        origin = f"https://localhost:{server.port}"
        outcome = request(call("GET", origin), limits(f"GET {origin}", seconds=1))
    assert code(outcome) == "E_HTTP_HANDSHAKE"


def test_an_answer_that_somebody_cut_is_a_failure(certified: ssl.SSLContext) -> None:
    """Without a length only the end of TLS itself proves that an answer is whole."""

    def cut(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\npay 1")
        connection.shutdown(socket.SHUT_WR)  # of TCP; TLS did not say goodbye

    assert code(ask(cut, certified, CERTIFICATE)) == "E_HTTP_BROKEN"
