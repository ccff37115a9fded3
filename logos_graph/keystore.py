"""Private keys of this home: one file a key, readable by its owner only.

    <home>/keys/<name>.json   {"did": "did:key:…", "name": "…", "seed": "<64 hex>"}   mode 0600

The supervisor's own key is the one named `supervisor`. Names are lower-case words; a file that
others may read is refused rather than used.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from logos_graph.errors import EnvironmentFault, InvalidInput, Rejected
from logos_graph.files import write_new
from logos_graph.identity import Did, Signer

__all__ = ["SUPERVISOR", "KeyStore", "StoredKey", "write_secret"]

SUPERVISOR = "supervisor"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*", re.ASCII)
_MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key of this home, without its secret."""

    name: str
    did: Did
    path: Path


class KeyStore:
    """Keys under one folder, made there and never overwritten."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str) -> Signer:
        """A new Ed25519 key under this name; Rejected E_KEY_EXISTS if the name is taken."""
        path = self._path(name)
        seed = secrets.token_bytes(32)
        signer = Signer.from_seed(seed)
        text = json.dumps({"did": signer.did, "name": name, "seed": seed.hex()}, indent=1)
        try:
            write_secret(path, f"{text}\n".encode())
        except FileExistsError:
            raise Rejected(
                "E_KEY_EXISTS",
                f"there is a key named {name!r} in this home already",
                hint="choose another name, or use `logos key list`",
                name=name,
            ) from None
        return signer

    def load(self, name: str) -> Signer:
        """The key of this name; InvalidInput E_NO_KEY, EnvironmentFault E_KEY_FILE."""
        path = self._path(name)
        if not path.exists():
            raise InvalidInput(
                "E_NO_KEY",
                f"this home has no key named {name!r}",
                hint=f"`logos key list` shows the keys; `logos key new {name}` makes one",
                name=name,
            )
        entry = self._read(path)
        try:
            signer = Signer.from_seed(bytes.fromhex(entry["seed"]))
        except (ValueError, InvalidInput):
            raise _damaged(path) from None
        if signer.did != entry["did"]:  # it would sign as somebody else than `key list` shows
            raise _damaged(path)
        return signer

    def has(self, name: str) -> bool:
        """Whether there is a key of this name."""
        return self._path(name).exists()

    def remove(self, name: str) -> None:
        """Forgets a key that was made but never registered."""
        self._path(name).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[StoredKey]:
        for path in sorted(self._folder.glob("*.json")):
            entry = self._read(path)
            yield StoredKey(entry["name"], Did(entry["did"]), path)

    def _path(self, name: str) -> Path:
        if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
            raise InvalidInput(
                "E_KEY_NAME",
                f"{name!r} is no key name",
                hint=f"lower-case letters, digits, '-' and '.', at most {_MAX_NAME}",
                name=name,
            )
        return self._folder / f"{name}.json"

    @staticmethod
    def _read(path: Path) -> dict[str, str]:
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise EnvironmentFault(
                "E_KEY_FILE",
                f"{path} may be read by others (mode {mode:04o})",
                hint=f"chmod 600 '{path}', and consider the key stolen",
                path=str(path),
            )
        try:
            entry = json.loads(path.read_text())
            return {key: str(entry[key]) for key in ("did", "name", "seed")}
        except (ValueError, KeyError, TypeError):
            raise _damaged(path) from None


def write_secret(path: Path, secret: bytes) -> None:
    """Writes a file for its owner only, as `write_new` does; makes its folder.

    Raises FileExistsError if the name is taken: a secret is never overwritten.
    """
    write_new(path, secret, mode=0o600, folder_mode=0o700)


def _damaged(path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        "E_KEY_FILE",
        f"{path} is no key file",
        hint="restore it from a backup",
        path=str(path),
    )
