"""Which private key signs for whom: a name, what the ledger says of it, and the keys at hand."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from logos_graph.errors import InvalidInput, Rejected
from logos_graph.identity import Did, Signer, is_key
from logos_graph.keystore import SUPERVISOR, KeyStore
from logos_graph.passphrase import Passphrases, read_secret
from logos_graph.settings import GIVEN_KEY, Settings

if TYPE_CHECKING:
    from logos_graph.store import Reader

__all__ = ["named_signer", "supervisor_key"]


def named_signer(settings: Settings, keys: KeyStore, reader: Reader, name: str) -> Signer:
    """The key that signs as `name`; what KeyStore.load and KeyStore.given raise.

    `supervisor` is the key in force of this ledger, whatever its file is called, `-` the one that
    the environment gives; another name is a key's, or else that of a principal whose key this home
    has under another name. Whoever outlives its keys signs by the one in force.
    """
    if name == GIVEN_KEY:
        return _given(settings, keys)
    if name == SUPERVISOR:
        wanted = [Did(str(each["did"])) for each in reader.supervisors()[-1:]]
    elif keys.has(name) and is_key(keys.stored(name).did):
        wanted = []
    else:
        wanted = _keys_of(keys, reader, name)
    for key in wanted:
        signer = keys.find(key)
        if signer is not None:
            return signer
    return keys.load(name)


def supervisor_key(keys: KeyStore, passphrases: Passphrases) -> Signer:
    """The key that keeps the ledger of this home, whichever process made it.

    It must start with nobody there: it is sealed if the environment gives a passphrase, and else
    protected by its file's mode alone, until `logos key encrypt supervisor`.
    """
    if not keys.has(SUPERVISOR):
        with suppress(Rejected):  # E_KEY_EXISTS: another process made it just now
            keys.create(SUPERVISOR, passphrase=passphrases.given())
    return keys.load(SUPERVISOR)


def _given(settings: Settings, keys: KeyStore) -> Signer:
    file, descriptor = settings.key_file, settings.key_descriptor
    if file is None and descriptor is None:
        raise InvalidInput(
            "E_NO_KEY",
            f"{GIVEN_KEY!r} is the key that the environment gives, and it gives none",
            hint="name a key file in LOGOS_KEY_FILE, or its open descriptor in LOGOS_KEY_FD",
        )
    text = read_secret(file, descriptor, "E_KEY_FILE")
    return keys.given(text, file or Path(f"descriptor {descriptor}"))


def _keys_of(keys: KeyStore, reader: Reader, name: str) -> list[Did]:
    """The keys in force of whom the ledger, or a key's file, calls so."""
    dids = [str(each["did"]) for each in reader.principals() if each["name"] == name]
    if not dids and keys.has(name):
        dids = [keys.stored(name).did]
    found = reader.principal_keys()
    for did in dids:  # what came into force since then has its name from now on
        keys.settle(found.keys(Did(did)), name)
    return [key for did in dids if (key := found.current(did)) is not None]
