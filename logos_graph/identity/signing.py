"""Ed25519 signatures (RFC 8032) over a domain tag and bytes, made and checked by libsodium.

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

__all__ = ["SIGNATURE_DIGITS", "Signer", "verify"]

SIGNATURE_DIGITS = 128
"""A signature's text: so many lower-case hex digits (64 bytes, R then S)."""

_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_SIGNATURE_BYTES = 64
_SEED_BYTES = 32


class Signer:
    """The holder of one private key; signs and nothing else.

    The key has no accessor, and neither `repr` nor pickling shows it.
    """

    __slots__ = ("_secret", "did")

    did: Did

    def __init__(self, secret: bytes, did: Did) -> None:
        self._secret = secret
        self.did = did

    @classmethod
    def from_seed(cls, seed: bytes) -> Signer:
        """The signer of a 32-byte seed (RFC 8032's private key). Raises InvalidInput E_KEY."""
        if len(seed) != _SEED_BYTES:
            raise InvalidInput("E_KEY", f"a seed has {_SEED_BYTES} bytes, not {len(seed)}")
        public, secret = crypto_sign_seed_keypair(seed)
        return cls(secret, did_key(public))

    def sign(self, tag: Tag, data: bytes) -> str:
        """The signature over the tagged data, as 128 lower-case hex digits."""
        return crypto_sign(tagged(tag, data), self._secret)[:_SIGNATURE_BYTES].hex()

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
    try:
        crypto_sign_open(bytes.fromhex(signature) + tagged(tag, data), key)
    except BadSignatureError:
        _refuse(did, tag, "it does not fit these bytes and this key")


def _refuse(did: Did, tag: Tag, reason: str) -> NoReturn:
    raise Rejected(
        "E_SIGNATURE",
        f"the signature of {did} for {tag.value} is refused: {reason}",
        hint="Sign the canonical bytes again, with the key that the DID names.",
        did=did,
        purpose=tag.value,
    )
