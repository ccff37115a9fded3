"""Private keys of this home: one file a key, readable by its owner only.

    <home>/keys/<name>.json   {"did": "did:key:…", "name": "…", "seed": "<64 hex>"}   mode 0600

The key by which this home keeps its ledger is the one named `supervisor`. A key that is to follow
it is made under the name `supervisor-next`; once the ledger names it, it gets the name
`supervisor`, and the one before it becomes `supervisor-retired-1`, `-2` and so on. No key is ever
deleted or written anew by that, and whoever signs the ledger finds a key by its DID, whatever its
name is just then.

A key's name is its file's; `name` in the file is the one under which it was made. Names are
lower-case words; a file that others may read is refused rather than used.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from logos_graph.errors import EnvironmentFault, InvalidInput, Rejected
from logos_graph.files import sync_folder, write_new
from logos_graph.identity import Did, Signer

__all__ = ["NEXT_SUPERVISOR", "SUPERVISOR", "KeyStore", "StoredKey", "write_secret"]

SUPERVISOR = "supervisor"
NEXT_SUPERVISOR = "supervisor-next"
_RETIRED = "supervisor-retired"
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
        return self._signer(path)

    def find(self, did: Did) -> Signer | None:
        """The key of this DID, whatever its name; None if this home does not have it.

        Raises EnvironmentFault E_KEY_FILE if it is in none of the files that can be read, and one
        cannot be.
        """
        fault: EnvironmentFault | None = None
        for _ in range(
            2
        ):  # names that change while they are read are as they will be the next time
            fault = None
            for path in sorted(self._folder.glob("*.json")):
                try:
                    if self._read(path)["did"] == did:
                        return self._signer(path)
                except EnvironmentFault as error:
                    fault = error
                except FileNotFoundError:
                    continue
        if fault is not None:
            raise fault
        return None

    def settle(self, supervisors: Sequence[Did]) -> None:
        """Names the supervisor's keys as their ledger has them: its keys, in their order.

        Each step is one change of one name, and leaves every key under a name at least; what was
        interrupted goes on at the next call. Does nothing when the key named `supervisor` is not
        one that this ledger retired: a home may keep several ledgers.
        """
        named = self._folder / f"{SUPERVISOR}.json"
        if len(supervisors) < 2 or not named.exists():
            return
        with self._locked():
            places = self._places()
            following = places.get(supervisors[-1])
            old = Did(self._read(named)["did"])
            if following is None or old not in supervisors[:-1]:
                return
            number = supervisors.index(old) + 1
            with suppress(FileExistsError):  # the first step was done before
                os.link(named, self._folder / f"{_RETIRED}-{number}.json")
            sync_folder(self._folder)
            if old in self._places(but=named):
                following.replace(named)
                sync_folder(self._folder)

    def _places(self, *, but: Path | None = None) -> dict[Did, Path]:
        """Where each key is that can be read."""
        places: dict[Did, Path] = {}
        for path in self._folder.glob("*.json"):
            with suppress(EnvironmentFault, FileNotFoundError):
                if path != but:
                    places[Did(self._read(path)["did"])] = path
        return places

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time changes names."""
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _signer(self, path: Path) -> Signer:
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
            with suppress(FileNotFoundError):  # it has another name by now
                yield StoredKey(path.stem, Did(self._read(path)["did"]), path)

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
