"""A secret under a passphrase: Argon2id (RFC 9106) makes a key of it, XSalsa20-Poly1305 the box.

Both are libsodium's. Pure: salt and nonce come from whoever keeps the secret.
"""

from __future__ import annotations

from dataclasses import dataclass

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from logos_graph.errors import InvalidInput, Rejected

__all__ = ["NONCE_BYTES", "SALT_BYTES", "STRENGTH", "Strength", "box_key", "open_box", "seal"]

SALT_BYTES: int = argon2id.SALTBYTES
NONCE_BYTES: int = SecretBox.NONCE_SIZE
_MAX_OPERATIONS = 64
_MAX_MEMORY = 1 << 30


@dataclass(frozen=True, slots=True)
class Strength:
    """What a guess at the passphrase costs. operations: passes; memory: bytes."""

    operations: int
    memory: int


STRENGTH = Strength(operations=3, memory=64 << 20)
"""RFC 9106, section 4, the second recommended option: 64 MiB, three passes."""


def box_key(passphrase: bytes, salt: bytes, strength: Strength) -> bytes:
    """The key of a box; this is what takes its time, once for each salt.

    Raises InvalidInput E_SEAL for numbers that Argon2id does not take, or that would hang.
    """
    fits = (
        len(salt) == SALT_BYTES
        and argon2id.OPSLIMIT_MIN <= strength.operations <= _MAX_OPERATIONS
        and argon2id.MEMLIMIT_MIN <= strength.memory <= _MAX_MEMORY
    )
    if not fits:
        raise InvalidInput("E_SEAL", "these are no parameters of Argon2id that are used here")
    found: bytes = argon2id.kdf(
        SecretBox.KEY_SIZE, passphrase, salt, strength.operations, strength.memory
    )
    return found


def seal(key: bytes, nonce: bytes, secret: bytes) -> bytes:
    """The box: the secret, and the proof that nobody changed it."""
    return SecretBox(key).encrypt(secret, nonce).ciphertext


def open_box(key: bytes, nonce: bytes, box: bytes) -> bytes:
    """What was sealed. Raises Rejected E_PASSPHRASE: another key, or a changed box."""
    try:
        return SecretBox(key).decrypt(box, nonce)
    except (CryptoError, ValueError, TypeError):
        raise Rejected("E_PASSPHRASE", "the passphrase does not open it") from None
