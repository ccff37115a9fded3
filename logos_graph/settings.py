"""Everything configurable, in one place, read once from the environment.

| variable | meaning | default |
|---|---|---|
| LOGOS_HOME | keys, ledger id, managed database | the platform's data folder for `logos` |
| LOGOS_CACHE | what can be made again: jars, builds, compiled nodes | its cache folder |
| LOGOS_AS | the principal that signs | `supervisor`; `-` where a key is given |
| LOGOS_KEY_FILE, LOGOS_KEY_FD | a key file, or an open descriptor that holds one: `-` | unset |
| LOGOS_PASSPHRASE_FILE, LOGOS_PASSPHRASE_FD | the passphrase of key files | a terminal |
| LOGOS_UNENCRYPTED_KEYS | `1`: new keys are not encrypted, as by `--unencrypted` | unset |
| LOGOS_QUEUE | with so many of one process waiting, no new intent is taken | 1024 |
| LOGOS_COMMIT_TIMEOUT | how long one may wait there, and then take to write, in seconds | 30 |
| NEO4J_URI | an existing server instead of the managed one | unset |
| NEO4J_USERNAME, NEO4J_PASSWORD, NEO4J_DATABASE | of that server | `neo4j`, unset, `neo4j` |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from logos_graph.errors import InvalidInput

__all__ = ["GIVEN_KEY", "ExternalServer", "Settings"]

GIVEN_KEY = "-"
"""The principal whose key the environment gives: an agent's, that has no home."""


@dataclass(frozen=True, slots=True)
class ExternalServer:
    """A Neo4j server that somebody else runs, as named in the environment."""

    uri: str
    username: str
    password: str | None = field(repr=False)
    database: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment as this process saw it when it started."""

    home: Path
    cache: Path
    signer: str
    external: ExternalServer | None
    queue: int = 1024
    commit_timeout: int = 30
    key_file: Path | None = None
    key_descriptor: int | None = None
    passphrase_file: Path | None = None
    passphrase_descriptor: int | None = None
    unencrypted: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Reads the variables above. Raises InvalidInput E_SETTING."""
        env = os.environ if environment is None else environment
        key_file, key_descriptor = _file(env, "LOGOS_KEY_FILE"), _descriptor(env, "LOGOS_KEY_FD")
        given = key_file is not None or key_descriptor is not None
        return cls(
            home=_folder(env.get("LOGOS_HOME"), "data"),
            cache=_folder(env.get("LOGOS_CACHE"), "cache"),
            signer=env.get("LOGOS_AS") or (GIVEN_KEY if given else "supervisor"),
            external=_external(env),
            queue=_number(env, "LOGOS_QUEUE", 1024, 1, 1_000_000),
            commit_timeout=_number(env, "LOGOS_COMMIT_TIMEOUT", 30, 1, 3600),
            key_file=key_file,
            key_descriptor=key_descriptor,
            passphrase_file=_file(env, "LOGOS_PASSPHRASE_FILE"),
            passphrase_descriptor=_descriptor(env, "LOGOS_PASSPHRASE_FD"),
            unencrypted=env.get("LOGOS_UNENCRYPTED_KEYS") == "1",
        )


def _folder(given: str | None, kind: str) -> Path:
    if given:
        return Path(given).expanduser().absolute()
    from platformdirs import PlatformDirs  # only needed where nothing was given

    dirs = PlatformDirs("logos", appauthor=False)
    return (dirs.user_data_path if kind == "data" else dirs.user_cache_path).absolute()


def _file(env: Mapping[str, str], name: str) -> Path | None:
    given = env.get(name)
    return Path(given).expanduser().absolute() if given else None


def _descriptor(env: Mapping[str, str], name: str) -> int | None:
    return _number(env, name, 0, 0, 65_535) if env.get(name) else None


def _number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number within these limits."""
    text = env.get(name)
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
    if not least <= number <= most:
        raise InvalidInput(
            "E_SETTING",
            f"{name} is {text[:40]!r}",
            hint=f"set it to a whole number from {least} to {most}, or unset it",
            variable=name,
        )
    return number


def _external(env: Mapping[str, str]) -> ExternalServer | None:
    uri = env.get("NEO4J_URI")
    if not uri:
        return None
    return ExternalServer(
        uri=uri,
        username=env.get("NEO4J_USERNAME") or "neo4j",
        password=env.get("NEO4J_PASSWORD") or None,
        database=env.get("NEO4J_DATABASE") or None,
    )
