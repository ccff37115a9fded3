"""Headers: which ones a node may send, and how they are carried both ways.

A value is bytes on the wire and text in the record. Each byte is the character of its number
(latin-1), both ways: nothing is lost, nothing has two forms, and every such text is in Unicode
normal form C already. Names of an answer's headers come in lower case, in the server's order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NoReturn, TypeAlias

from logos_graph.errors import Rejected
from logos_graph.network.url import Url

__all__ = ["MAX_HEADERS", "MAX_HEADER_BYTES", "Headers", "request_headers", "with_key"]

Headers: TypeAlias = list[tuple[bytes, bytes]]

MAX_HEADERS: Final = 64
"""Most headers that a node may send."""
MAX_HEADER_BYTES: Final = 16 * 1024
"""Most bytes of all their names and values."""

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"(?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?")
_RESERVED: Final = frozenset(
    {
        "connection", "content-length", "expect", "host", "http2-settings", "idempotency-key",
        "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_RESERVED_PREFIX: Final = "proxy-"
_WITH_BODY: Final = frozenset({"PATCH", "POST", "PUT"})


def request_headers(
    url: Url, method: str, given: Sequence[tuple[str, str]], body: bytes
) -> Headers:
    """What is sent but for the key: the host's own headers, then the node's in their order.

    An answer comes as it is sent: the host asks for `Accept-Encoding: identity` unless the node
    asks for something else, and never decodes. Raises Rejected E_HTTP_HEADER.
    """
    if len(given) > MAX_HEADERS:
        _refuse(f"there are {len(given)} of them: at most {MAX_HEADERS}")
    size = sum(len(name) + len(value) for name, value in given)
    if size > MAX_HEADER_BYTES:
        _refuse(f"they take {size} bytes: at most {MAX_HEADER_BYTES}")
    headers: Headers = [(b"Host", url.authority.encode()), (b"Connection", b"close")]
    if body or method in _WITH_BODY:
        headers.append((b"Content-Length", str(len(body)).encode()))
    if not any(name.lower() == "accept-encoding" for name, _ in given):
        headers.append((b"Accept-Encoding", b"identity"))
    headers.extend(_checked(name, value) for name, value in given)
    return headers


def with_key(headers: Headers, key: str) -> Headers:
    """What is sent: a service that knows the header does what comes twice under it once.

    draft-ietf-httpapi-idempotency-key-header; the value is not quoted, as services have it today.
    """
    return [*headers[:1], (b"Idempotency-Key", key.encode("ascii")), *headers[1:]]


def _checked(name: str, value: str) -> tuple[bytes, bytes]:
    if not _TOKEN.fullmatch(name):
        _refuse(f"{name[:64]!r} is no header's name")
    lower = name.lower()
    if lower in _RESERVED or lower.startswith(_RESERVED_PREFIX):
        _refuse(f"{name} is set by the host alone")
    if not _VALUE.fullmatch(value):
        _refuse(f"the value of {name} holds what cannot be sent, or begins or ends with a space")
    return name.encode("ascii"), value.encode("latin-1")


def _refuse(reason: str) -> NoReturn:
    raise Rejected("E_HTTP_HEADER", f"the headers are refused: {reason}")
