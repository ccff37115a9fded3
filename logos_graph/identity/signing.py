"""Ed25519 signatures (RFC 8032) over a domain tag and bytes, made and checked by libsodium.

One thing is signed without a tag, because its specification fixes the bytes: the text of a C2SP
note (https://c2sp.org/signed-note). It cannot be taken for anything else: every tagged message
begins with `logos/…` and a zero byte, and a note's text, which is checked here before a key touches
it, holds no control character but newline, so no zero byte. No bytes are both.

libsodium refuses S not below the group order (a malleated signature), R or a key of low order, and
a key that is not canonically encoded; so one key and message have no second valid signature that
somebody else could make from the first.
"""

from __future__ import annotations

import re
from typing import NoReturn

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

from logos_graph.canon import Tag, tagged
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.identity.did import Did, did_key, public_key

__all__ = ["SIGNATURE_DIGITS", "Signer", "is_note_text", "verify", "verify_note_text"]

SIGNATURE_DIGITS = 128
"""A signature's text: so many lower-case hex digits (64 bytes, R then S)."""

_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_NOTE_TEXT = re.compile(r"[^\x00-\x09\x0b-\x1f\ud800-\udfff]*\n")
_SIGNATURE_BYTES = 64
_SEED_BYTES = 32


class Signer:
    """The holder of one private key; signs and nothing else.

    key: the `did:key` of its public key. did: the principal that it signs for: the same, or a
    `did:logline`. The private key has no accessor, and neither `repr` nor pickling shows it.
    """

    __slots__ = ("_secret", "did", "key")

    did: Did
    key: Did

    def __init__(self, secret: bytes, key: Did, did: Did | None = None) -> None:
        self._secret = secret
        self.key = key
        self.did = key if did is None else did

    @classmethod
    def from_seed(cls, seed: bytes, did: Did | None = None) -> Signer:
        """The signer of a 32-byte seed (RFC 8032's private key). Raises InvalidInput E_KEY."""
        if len(seed) != _SEED_BYTES:
            raise InvalidInput("E_KEY", f"a seed has {_SEED_BYTES} bytes, not {len(seed)}")
        public, secret = crypto_sign_seed_keypair(seed)
        return cls(secret, did_key(public), did)

    def sign(self, tag: Tag, data: bytes) -> str:
        """The signature over the tagged data, as 128 lower-case hex digits."""
        return crypto_sign(tagged(tag, data), self._secret)[:_SIGNATURE_BYTES].hex()

    def sign_note_text(self, text: str) -> bytes:
        """The 64 bytes of the signature over a note's text; InvalidInput E_NOTE_TEXT if it is none.

        Not tagged; why that is safe is said at the head of this module.
        """
        if not is_note_text(text):
            raise InvalidInput(
                "E_NOTE_TEXT",
                "a note's text ends in a newline and holds no other control characters",
            )
        return crypto_sign(text.encode(), self._secret)[:_SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"Signer({self.did})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not to be pickled")


def verify(did: Did, tag: Tag, data: bytes, signature: str) -> None:
    """Return if `signature` is `did`'s over the tagged data.

    Raises Rejected E_SIGNATURE if it is not, in whatever way, and what `public_key` raises.
    """
    key = public_key(did)
    if _SIGNATURE.fullmatch(signature) is None:
        _refuse(did, tag, f"it is not {SIGNATURE_DIGITS} lower-case hex digits")
    if not _fits(bytes.fromhex(signature), tagged(tag, data), key):
        _refuse(did, tag, "it does not fit these bytes and this key")


def verify_note_text(did: Did, text: str, signature: bytes) -> None:
    """Return if `signature` is `did`'s over the text of a note; raises as `verify` does."""
    key = public_key(did)
    if not is_note_text(text):
        _refuse(did, "a note", "no note has this text")
    if len(signature) != _SIGNATURE_BYTES:
        _refuse(did, "a note", f"it is not {_SIGNATURE_BYTES} bytes")
    if not _fits(signature, text.encode(), key):
        _refuse(did, "a note", "it does not fit this text and this key")


def is_note_text(text: str) -> bool:
    """Whether this can be the text of a C2SP note: see the head of this module."""
    return _NOTE_TEXT.fullmatch(text) is not None


def _fits(signature: bytes, message: bytes, key: bytes) -> bool:
    try:
        crypto_sign_open(signature + message, key)
    except BadSignatureError:
        return False
    return True


def _refuse(did: Did, purpose: str, reason: str) -> NoReturn:
    raise Rejected(
        "E_SIGNATURE",
        f"the signature of {did} for {purpose} is refused: {reason}",
        hint="Sign the canonical bytes again, with the key that the DID names.",
        did=did,
        purpose=str(purpose),
    )
