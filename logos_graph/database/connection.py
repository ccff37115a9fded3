"""How to reach a database: the managed one, or one that somebody else runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from logos_graph.errors import InvalidInput

__all__ = ["DEFAULT_DATABASE", "Connection", "external_connection"]

DEFAULT_DATABASE = "neo4j"
_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything a driver needs; printing it shows no password.

    managed: started by this product, hence guarded, with Browser and a read-only explorer.
    """

    uri: str
    username: str
    password: str = field(repr=False)
    database: str = DEFAULT_DATABASE
    browser_url: str | None = None
    explorer_username: str | None = None
    explorer_password: str | None = field(default=None, repr=False)
    managed: bool = False


def external_connection(
    uri: str, username: str | None, password: str | None, database: str | None
) -> Connection:
    """A connection to somebody else's server, from NEO4J_URI and its companions.

    Raises InvalidInput E_NEO4J_URI (not an address of a database) or E_NEO4J_CREDENTIALS.
    """
    parts = urlsplit(uri)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise InvalidInput(
            "E_NEO4J_URI",
            f"NEO4J_URI {uri!r} is not the address of a Neo4j database",
            hint=f"write SCHEME://HOST:PORT with one of {', '.join(_SCHEMES)}",
            uri=uri,
        )
    if not username or not password:
        missing = "NEO4J_PASSWORD" if username else "NEO4J_USERNAME"
        raise InvalidInput(
            "E_NEO4J_CREDENTIALS",
            f"NEO4J_URI is set, {missing} is not",
            hint=f"set {missing}, or unset NEO4J_URI to use the managed database",
            missing=missing,
        )
    return Connection(uri, username, password, database or DEFAULT_DATABASE)
