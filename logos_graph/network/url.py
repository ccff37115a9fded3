"""The one strict reading of a URL: what is not exactly right is refused, nothing is mended.

    scheme://host[:port][/path][?query]

Grants name origins by exact text, so there is one text per origin: lower case, no user, no trailing
dot, no percent or number tricks in the host. The parts go to the connection as they are: no second
parser ever sees the URL, and none can read it in another way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, NoReturn

from logos_graph.errors import Rejected

__all__ = ["Url", "parse_url"]

_MAX_LENGTH: Final = 8192
_MAX_HOST: Final = 253
_MAX_PORT: Final = 65535
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_CHARACTERS: Final = re.compile(r"[!-~]*")
_PARTS: Final = re.compile(r"(https?)://([^/?]*)(/[^?]*)?(\?.*)?")
_AUTHORITY: Final = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::(.*))?")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_BRACKETED: Final = re.compile(r"\[[0-9a-f:.]+\]")
# RFC 3986: pchar and "/"; a query has "?" as well.
_PATH: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY: Final = re.compile(r"\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class Url:
    """host: as in a grant, IPv6 in brackets. target: path and query, as they are sent."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a grant names them."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """The header Host: the port only when it is not the scheme's own."""
        if self.port == _DEFAULT_PORTS[self.scheme]:
            return self.host
        return f"{self.host}:{self.port}"

    @property
    def name(self) -> str:
        """What is resolved, and what the server's certificate is for: no brackets."""
        return self.host.strip("[]")


def parse_url(text: str) -> Url:
    """The parts of a URL. Raises Rejected E_HTTP_URL, with what is wrong with it."""
    if len(text) > _MAX_LENGTH:
        _refuse(f"it is longer than {_MAX_LENGTH} characters")
    if not _CHARACTERS.fullmatch(text):
        _refuse("it holds a space, a control character or one outside of ASCII")
    if "#" in text:
        _refuse("it has a fragment, which is never sent")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        _refuse("it does not begin with http:// or https:// in lower case")
    scheme, authority, path, query = parts.groups()
    if not _PATH.fullmatch(path or "") or not _QUERY.fullmatch(query or "?"):
        _refuse("its path or query holds a character that has to be percent-encoded")
    host, port = _split(authority)
    _check_host(host)
    number = _DEFAULT_PORTS[scheme] if port is None else _port(port)
    return Url(scheme, host, number, (path or "/") + (query or ""))


def _split(authority: str) -> tuple[str, str | None]:
    if "@" in authority:
        _refuse("it names a user")
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        _refuse("its host cannot be told from its port")
    return found[1], found[2]


def _port(text: str) -> int:
    if not _PORT.fullmatch(text) or int(text) > _MAX_PORT:
        _refuse(f"its port is no number from 1 to {_MAX_PORT}")
    return int(text)


def _check_host(host: str) -> None:
    if host.startswith("["):
        if not _BRACKETED.fullmatch(host) or not _is_address(IPv6Address, host[1:-1]):
            _refuse("its host is no IPv6 address")
        return
    labels = host.split(".")
    if len(host) > _MAX_HOST or not all(map(_LABEL.fullmatch, labels)):
        _refuse("its host is no name of lower-case letters, digits and hyphens")
    if _NUMBER.fullmatch(labels[-1]) and not _is_address(IPv4Address, host):
        _refuse("its host is a number, but no IPv4 address in four parts")


def _is_address(kind: type[IPv4Address | IPv6Address], text: str) -> bool:
    try:
        kind(text)
    except AddressValueError:
        return False
    return True


def _refuse(reason: str) -> NoReturn:
    raise Rejected(
        "E_HTTP_URL", f"the URL is refused: {reason}", hint="scheme://host[:port][/path][?query]"
    )
