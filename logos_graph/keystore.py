"""Private keys of this home: one file a key, readable by its owner only.

    <home>/keys/<name>.json                                                          mode 0600
    {"did": whom it signs for, "key": "did:key:…", "name": "…", "seed": "<64 hex>"}
    {"did", "key", "name", "sealed": {"kdf": "argon2id", "operations", "memory", "salt",
                                      "nonce", "box"}}

`key` is left out where `did` is the key itself. A sealed file holds its seed in a box that a
passphrase opens; the files of a home share one salt, so that a process computes Argon2id once for
all of them. A file that is not sealed is protected by its mode alone: that is for what must start
with nobody there, above all the supervisor's key (`logos up` makes it so unless it is given a
passphrase).

The key by which this home keeps its ledger is the one named `supervisor`. A key that is to follow
another is made under that one's name and `-next`; once the ledger names it, it gets the name, and
the one before it becomes `<name>-retired-1`, `-2` and so on. No key is ever deleted or written anew
by that, and whoever signs finds a key by itself, whatever its name is just then.

A key's name is its file's; `name` in the file is the one under which it was made. Names are
lower-case words; a file that others may read is refused rather than used.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from logos_graph.errors import EnvironmentFault, InvalidInput, Rejected
from logos_graph.files import sync_folder, write_new
from logos_graph.identity import (
    NONCE_BYTES,
    SALT_BYTES,
    STRENGTH,
    Did,
    Signer,
    Strength,
    box_key,
    open_box,
    seal,
)
from logos_graph.passphrase import Passphrases

__all__ = ["NEXT", "NEXT_SUPERVISOR", "SUPERVISOR", "KeyStore", "StoredKey", "write_secret"]

SUPERVISOR = "supervisor"
NEXT = "-next"
NEXT_SUPERVISOR = SUPERVISOR + NEXT
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*", re.ASCII)
_MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key of this home, without its secret. did: whom it signs for; key: its own name.

    sealed: whether it takes a passphrase to use it.
    """

    name: str
    did: Did
    path: Path
    key: Did
    sealed: bool


class KeyStore:
    """Keys under one folder, made there and never overwritten."""

    def __init__(
        self,
        folder: Path,
        passphrases: Passphrases | None = None,
        strength: Strength = STRENGTH,
    ) -> None:
        """passphrases: asked when a sealed key is used. strength: of what is sealed from now on."""
        self._folder, self._strength = folder, strength
        self._passphrases = Passphrases() if passphrases is None else passphrases

    def create(
        self, name: str, *, did: Did | None = None, passphrase: bytes | None = None
    ) -> Signer:
        """A new Ed25519 key under this name; Rejected E_KEY_EXISTS if the name is taken.

        did: whom it signs for; by default it is a principal itself. passphrase: what seals it;
        with None the file's mode is all that protects it.
        """
        path = self._path(name)
        seed = secrets.token_bytes(32)
        signer = Signer.from_seed(seed, did)
        told = {"did": signer.did, "name": name}
        if did is not None:
            told["key"] = signer.key
        try:
            write_secret(path, self._text(told, seed, passphrase))
        except FileExistsError:
            raise Rejected(
                "E_KEY_EXISTS",
                f"there is a key named {name!r} in this home already",
                hint="choose another name, or use `logos key list`",
                name=name,
            ) from None
        return signer

    def follower(self, name: str, did: Did) -> Signer:
        """The key that is to follow the one of this name, sealed as that one is; made if need be.

        did: whom it is to sign for. One that is there already is of a rotation that was
        interrupted, was refused, or waits.
        """
        following = name + NEXT
        if self.has(following):
            return self.load(following)
        sealed = self.has(name) and self.stored(name).sealed
        passphrase = self._passphrases.ask(name) if sealed else None
        if passphrase is not None:
            self.load(name)  # the same one opens both
        return self.create(
            following, did=None if name == SUPERVISOR else did, passphrase=passphrase
        )

    def stored(self, name: str) -> StoredKey:
        """What is known of a key without its secret; raises as `load` does."""
        path = self._path(name)
        if not path.exists():
            raise _missing(name)
        return _stored(path, self._read(path))

    def encrypt(self, name: str, passphrase: bytes) -> None:
        """Seals a key's file; Rejected E_KEY_SEALED, and what `load` raises."""
        self._rewrite(name, passphrase, sealed=False)

    def decrypt(self, name: str) -> None:
        """Takes the seal off; Rejected E_KEY_PLAIN, and what `load` raises."""
        self._rewrite(name, None, sealed=True)

    def _rewrite(self, name: str, passphrase: bytes | None, *, sealed: bool) -> None:
        stored = self.stored(name)
        if stored.sealed is not sealed:
            code, is_ = ("E_KEY_PLAIN", "not ") if sealed else ("E_KEY_SEALED", "")
            raise Rejected(code, f"the key {name!r} is {is_}encrypted already", name=name)
        entry = self._read(stored.path)
        seed = self._seed(stored.path, entry)
        told: dict[str, str] = {
            field: str(entry[field]) for field in ("did", "name", "key") if field in entry
        }
        staged = stored.path.with_suffix(f".{secrets.token_hex(4)}.tmp")
        with self._locked():
            write_secret(staged, self._text(told, seed, passphrase))
            staged.replace(stored.path)
            sync_folder(self._folder)

    def _text(self, told: Mapping[str, str], seed: bytes, passphrase: bytes | None) -> bytes:
        entry: dict[str, object] = {**told}
        if passphrase is None:
            entry["seed"] = seed.hex()
        else:
            salt, strength = self._salt()
            nonce = secrets.token_bytes(NONCE_BYTES)
            box = seal(_box_key(passphrase, salt, strength), nonce, seed)
            entry["sealed"] = {
                "kdf": "argon2id", "operations": strength.operations, "memory": strength.memory,
                "salt": salt.hex(), "nonce": nonce.hex(), "box": box.hex(),
            }  # fmt: skip
        return f"{json.dumps(entry, indent=1)}\n".encode()

    def _salt(self) -> tuple[bytes, Strength]:
        """That of this home's sealed keys, with its strength; a new one if there is none."""
        for path in sorted(self._folder.glob("*.json")):
            with suppress(EnvironmentFault, FileNotFoundError):
                entry = self._read(path)
                if "sealed" in entry:
                    salt, strength = _parameters(path, entry["sealed"])
                    if strength == self._strength:
                        return salt, strength
        return secrets.token_bytes(SALT_BYTES), self._strength

    def load(self, name: str) -> Signer:
        """The key of this name; InvalidInput E_NO_KEY, EnvironmentFault E_KEY_FILE."""
        path = self._path(name)
        if not path.exists():
            raise _missing(name)
        return self._signer(path)

    def find(self, key: Did) -> Signer | None:
        """The key of this `did:key`, whatever its name; None if this home does not have it.

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
                    if _key_of(self._read(path)) == key:
                        return self._signer(path)
                except EnvironmentFault as error:
                    fault = error
                except FileNotFoundError:
                    continue
        if fault is not None:
            raise fault
        return None

    def settle(self, keys: Sequence[Did], name: str = SUPERVISOR) -> None:
        """Names a principal's keys as the ledger has them: its keys, in their order.

        Each step is one change of one name, and leaves every key under a name at least; what was
        interrupted goes on at the next call. Does nothing when the key of this name is not
        one that this ledger retired: a home may keep several ledgers.
        """
        named = self._path(name)
        if len(keys) < 2 or not named.exists():
            return
        with self._locked():
            places = self._places()
            following = places.get(keys[-1])
            old = _key_of(self._read(named))
            if following is None or old not in keys[:-1]:
                return
            number = keys.index(old) + 1
            with suppress(FileExistsError):  # the first step was done before
                os.link(named, self._folder / f"{name}-retired-{number}.json")
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
                    places[_key_of(self._read(path))] = path
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
        return self._opened(path, self._read(path))

    def _opened(self, path: Path, entry: Mapping[str, Any]) -> Signer:
        try:
            signer = Signer.from_seed(self._seed(path, entry), Did(str(entry["did"])))
        except (ValueError, KeyError, InvalidInput) as error:
            if isinstance(error, InvalidInput) and error.code.startswith("E_PASSPHRASE"):
                raise
            raise _damaged(path) from None
        if signer.key != _key_of(entry):  # it would sign as somebody else than `key list` shows
            raise _damaged(path)
        return signer

    def _seed(self, path: Path, entry: Mapping[str, Any]) -> bytes:
        """Raises EnvironmentFault E_PASSPHRASE, and what Passphrases.ask raises."""
        if "seed" in entry:
            return bytes.fromhex(str(entry["seed"]))
        salt, strength = _parameters(path, entry["sealed"])
        key = _box_key(self._passphrases.ask(path.stem), salt, strength)
        nonce, box = (bytes.fromhex(str(entry["sealed"][name])) for name in ("nonce", "box"))
        try:
            return open_box(key, nonce, box)
        except Rejected as error:
            raise EnvironmentFault(
                "E_PASSPHRASE",
                f"the passphrase does not open {path}",
                hint="keys of one home may have different ones: name this key's",
                path=str(path),
            ) from error

    def has(self, name: str) -> bool:
        """Whether there is a key of this name."""
        return self._path(name).exists()

    def remove(self, name: str) -> None:
        """Forgets a key that was made but never registered."""
        self._path(name).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[StoredKey]:
        for path in sorted(self._folder.glob("*.json")):
            with suppress(FileNotFoundError):  # it has another name by now
                yield _stored(path, self._read(path))

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
    def _read(path: Path) -> dict[str, Any]:
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise EnvironmentFault(
                "E_KEY_FILE",
                f"{path} may be read by others (mode {mode:04o})",
                hint=f"chmod 600 '{path}', and consider the key stolen",
                path=str(path),
            )
        try:
            return parse_key_file(path.read_bytes())
        except (ValueError, KeyError, TypeError):
            raise _damaged(path) from None

    def given(self, text: bytes, path: Path) -> Signer:
        """The key in what has the form of a key file, wherever that came from (`path` names it)."""
        try:
            entry = parse_key_file(text)
        except (ValueError, KeyError, TypeError):
            raise _damaged(path) from None
        return self._opened(path, entry)


@lru_cache(maxsize=8)
def _box_key(passphrase: bytes, salt: bytes, strength: Strength) -> bytes:
    """Once for each passphrase and salt in a process: it takes a good part of a second."""
    return box_key(passphrase, salt, strength)


def parse_key_file(text: bytes) -> dict[str, Any]:
    """The members of a key file; ValueError, KeyError or TypeError for what is none."""
    entry = json.loads(text)
    told = {name: str(entry[name]) for name in ("did", "name")}
    if "key" in entry:
        told["key"] = str(entry["key"])
    if "sealed" in entry and "seed" not in entry:
        return {**told, "sealed": {**entry["sealed"]}}
    return {**told, "seed": str(entry["seed"])}


def _key_of(entry: Mapping[str, Any]) -> Did:
    return Did(str(entry.get("key") or entry["did"]))


def _stored(path: Path, entry: Mapping[str, Any]) -> StoredKey:
    return StoredKey(path.stem, Did(entry["did"]), path, _key_of(entry), "sealed" in entry)


def _parameters(path: Path, sealed: Mapping[str, Any]) -> tuple[bytes, Strength]:
    try:
        strength = Strength(int(sealed["operations"]), int(sealed["memory"]))
        if sealed["kdf"] == "argon2id":
            return bytes.fromhex(str(sealed["salt"])), strength
    except (KeyError, TypeError, ValueError):
        pass
    raise _damaged(path)


def write_secret(path: Path, secret: bytes) -> None:
    """Writes a file for its owner only, as `write_new` does; makes its folder.

    Raises FileExistsError if the name is taken: a secret is never overwritten.
    """
    write_new(path, secret, mode=0o600, folder_mode=0o700)


def _missing(name: str) -> InvalidInput:
    return InvalidInput(
        "E_NO_KEY",
        f"this home has no key named {name!r}",
        hint=f"`logos key list` shows the keys; `logos key new {name}` makes one",
        name=name,
    )


def _damaged(path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        "E_KEY_FILE",
        f"{path} is no key file",
        hint="restore it from a backup",
        path=str(path),
    )
