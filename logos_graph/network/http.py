"""One HTTP request for a node, within its grant: from the node's arguments to its answer.

    1. read      the arguments have the operation's types; the URL and the headers are strict
    2. allow     method, scheme, host and port are those of one target of the grant, exactly
    3. resolve   the name, once; every address is vetted                          transport.py
    4. ask       one connection, one request, HTTP/1.1, nothing kept afterwards
    5. answer    status, headers and body as they came, within the grant's limits

`read` does steps 1 and 2, once for all tries, and raises: the node asked for what it may not. Each
`send` does the others. What goes wrong there is an answer too, `{"failed": "E_HTTP_…: …"}`, for the
node to deal with; graph/retry.py has every code, and which of them say that nothing was sent.

Never: a redirect followed, a proxy or credentials of the environment, a cookie kept, a body decoded
(`Content-Encoding` is the node's business), an upgrade, a second try of its own.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import certifi
import httpcore

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.graph.capabilities import OPERATIONS, HttpLimits, Target
from logos_graph.network.headers import Headers, request_headers, with_key
from logos_graph.network.transport import Deadline, Failed, VettedNetwork, authorities
from logos_graph.network.url import Url, parse_url

__all__ = ["HttpRequest", "read"]

_OPERATION: Final = OPERATIONS["http.request"]
_VERSIONS: Final = (b"HTTP/1.0", b"HTTP/1.1")
_MAX_ANSWER_HEADERS: Final = 256
_MAX_ANSWER_HEADER_BYTES: Final = 64 * 1024
_FRAMING: Final = 8
"""Bytes on the wire for a byte of body, at most: chunks may be as short as one byte."""
_OVERHEAD: Final = 256 * 1024
"""Bytes on the wire besides: headers, preliminary answers, the handshake's are not counted."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request that the grant with these limits allows; nothing of it is sent.

    trusted: a PEM file of the certificate authorities that vouch for servers' names.
    """

    method: str
    url: Url
    headers: Headers
    body: bytes
    limits: HttpLimits
    trusted: Path

    def send(self, key: str) -> dict[str, Json]:
        """Sends it once; the outcome, as OPERATIONS["http.request"] types it.

        key: tells the service which requests are tries of one.
        """
        limits = self.limits
        deadline = Deadline(limits.seconds)
        network = VettedNetwork(  # 3
            deadline, private=limits.private, most_read=_FRAMING * limits.response_bytes + _OVERHEAD
        )
        try:
            with httpcore.HTTPConnection(
                httpcore.Origin(self.url.scheme.encode(), self.url.name.encode(), self.url.port),
                ssl_context=authorities(str(self.trusted)),
                network_backend=network,
            ) as connection:
                response = connection.handle_request(_sent(self, key))  # 4
                return {"answered": _answer(response, limits)}  # 5
        except Failed as failed:
            return {"failed": str(failed)}
        except httpcore.RemoteProtocolError:
            return {"failed": "E_HTTP_PROTOCOL: this is no complete answer of HTTP/1.x"}


def read(
    request: Mapping[str, Json], limits: HttpLimits, *, trusted: Path | None = None
) -> HttpRequest:
    """The request that a node makes, in the JSON of OPERATIONS["http.request"].

    trusted: instead of the public certificate authorities. Raises Rejected E_HTTP_URL,
    E_HTTP_HEADER, E_HTTP_NOT_ALLOWED and E_HTTP_TOO_LARGE (the body); InvalidInput E_VALUE_… for
    what is no request at all.
    """
    fields: dict[str, Any] = dict(request)
    _OPERATION.request_codec.write({"request": fields})  # 1: has the operation's types
    body = base64.b64decode(fields["body"])
    if len(body) > limits.request_bytes:
        raise Rejected(
            "E_HTTP_TOO_LARGE",
            f"the request's body has {len(body)} bytes: the grant allows {limits.request_bytes}",
        )
    method, url = fields["method"], parse_url(fields["url"])
    given = [(header["name"], header["value"]) for header in fields["headers"]]
    headers = request_headers(url, method, given, body)
    call = HttpRequest(method, url, headers, body, limits, trusted or Path(certifi.where()))
    _allow(call, limits)  # 2
    return call


def _allow(call: HttpRequest, limits: HttpLimits) -> None:
    # CONNECT would make a tunnel of the connection, to wherever its target says.
    wanted = Target(call.method, call.url.scheme, call.url.host, call.url.port)
    if wanted not in limits.allow or call.method == "CONNECT":
        raise Rejected(
            "E_HTTP_NOT_ALLOWED",
            f"the grant does not allow {call.method[:16]!r} on {call.url.origin}",
            hint="a grant of http names method and origin exactly, such as"
            " `POST https://api.example.com`",
        )


def _sent(call: HttpRequest, key: str) -> httpcore.Request:
    url = httpcore.URL(
        scheme=call.url.scheme.encode(),
        host=call.url.name.encode(),
        port=call.url.port,
        target=call.url.target.encode(),
    )
    return httpcore.Request(
        call.method.encode("ascii"), url, headers=with_key(call.headers, key), content=call.body
    )


def _answer(response: httpcore.Response, limits: HttpLimits) -> dict[str, Json]:
    if response.extensions["http_version"] not in _VERSIONS:
        raise Failed("E_HTTP_PROTOCOL", "the answer is of another version than HTTP/1.0 and 1.1")
    headers = response.headers
    size = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > _MAX_ANSWER_HEADERS or size > _MAX_ANSWER_HEADER_BYTES:
        raise Failed("E_HTTP_TOO_LARGE", f"the answer has {len(headers)} headers, {size} bytes")
    body = bytearray()
    for part in response.iter_stream():
        body += part
        if len(body) > limits.response_bytes:
            raise Failed(
                "E_HTTP_TOO_LARGE", f"the answer's body has more than {limits.response_bytes} bytes"
            )
    return {
        "status": response.status,
        "headers": [
            {"name": name.decode("ascii").lower(), "value": value.decode("latin-1")}
            for name, value in headers
        ],
        "body": base64.b64encode(body).decode("ascii"),
    }
