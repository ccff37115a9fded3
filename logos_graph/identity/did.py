"""The two kinds of DIDs: a key's own name, and the name of a principal that outlives its keys.

`did:key:` + `z` (base58btc) + the digits of 0xed 0x01 (multicodec ed25519-pub) and the 32 bytes of
the key; hence the constant `z6Mk`. Sources: the did:key method (W3C CCG), RFC 8032 for the key.
One key, one name, and back.

`did:logline:<kind>:<name>`, with a kind of agent, person or service and a name of at most 64 ASCII
letters (lower-case), digits and hyphens, the first a letter. It is the same principal whatever key
it has: which one signs for it at which index is what the ledger says. Source: Paper I, `who`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NewType, NoReturn

from nacl.bindings import crypto_core_ed25519_is_valid_point

from logos_graph.errors import InvalidInput
from logos_graph.identity import base58

__all__ = [
    "KEY_BYTES",
    "LOGLINE_KINDS",
    "Did",
    "did_key",
    "did_logline",
    "is_key",
    "look",
    "named_by",
    "parse_did",
    "parse_key",
    "public_key",
]

Did = NewType("Did", str)
"""The name of a principal, or of a key: `did:key:z6Mk…` (56 characters), `did:logline:…`."""

LOGLINE_KINDS = ("agent", "person", "service")
"""What a principal with a name of its own can be."""

KEY_BYTES = 32

_LOGLINE = re.compile(r"did:logline:(agent|person|service):([a-z][a-z0-9-]{0,63})", re.ASCII)
_ALIKE = str.maketrans({"0": "o", "1": "l", "-": ""})
_PREFIX = "did:key:z"
_LENGTH = 56
_ED25519_PUB = b"\xed\x01"


def did_key(public: bytes) -> Did:
    """The DID of a public key. Raises InvalidInput E_KEY if the key is none, or a weak one."""
    _check_key(public)
    return Did(_PREFIX + base58.encode(_ED25519_PUB + public))


@lru_cache(maxsize=4096)
def public_key(did: Did) -> bytes:
    """The 32 key bytes that a DID names.

    Raises InvalidInput: E_DID if the text is not exactly the did:key of an Ed25519 key, E_KEY if
    the key is of low or mixed order, not on the curve, or not canonically encoded.
    """
    if not did.startswith(_PREFIX) or len(did) != _LENGTH or not did.isascii():
        _refuse_did(did, "expected did:key:z6Mk and 44 base58 digits")
    try:
        data = base58.decode(did[len(_PREFIX) :])
    except InvalidInput as error:
        _refuse_did(did, error.message)
    # One name for one key: what does not encode to itself is another spelling, and refused.
    if _PREFIX + base58.encode(data) != did:
        _refuse_did(did, "not the canonical base58 form")
    if data[:2] != _ED25519_PUB or len(data) != len(_ED25519_PUB) + KEY_BYTES:
        _refuse_did(did, "not an Ed25519 public key")
    key = data[2:]
    _check_key(key)
    return key


def did_logline(kind: str, name: str) -> Did:
    """The DID of a principal of this kind and name; InvalidInput E_DID for what is none."""
    did = Did(f"did:logline:{kind}:{name}")
    named_by(did)
    return did


def named_by(did: Did) -> tuple[str, str]:
    """The kind and the name in a `did:logline`; InvalidInput E_DID for any other text."""
    found = _LOGLINE.fullmatch(did)
    if found is None:
        _refuse_did(
            did,
            "expected did:logline:, agent, person or service, and a name of at most 64 lower-case "
            "ASCII letters, digits and hyphens, a letter first",
        )
    return found[1], found[2]


def is_key(did: str) -> bool:
    """Whether a DID names a key rather than a principal that has one."""
    return not did.startswith("did:logline:")


def look(name: str) -> str:
    """What a name looks like at a glance: names of one look are taken for each other.

    `0` is `o`, `1` is `l`, `rn` is `m`, `vv` is `w`, hyphens are passed over.
    """
    return name.translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def parse_key(text: object) -> Did:
    """The `did:key` that `text` is, exactly; raises as `public_key` does."""
    if not isinstance(text, str):
        raise InvalidInput("E_DID", f"a DID is a string, not a {type(text).__name__}")
    did = Did(text)
    public_key(did)
    return did


def parse_did(text: object) -> Did:
    """The DID of either kind that `text` is, exactly; raises as `public_key` does."""
    if isinstance(text, str) and not is_key(text):
        named_by(Did(text))
        return Did(text)
    return parse_key(text)


def _refuse_did(did: str, reason: str) -> NoReturn:
    raise InvalidInput(
        "E_DID",
        f"{did!a:.120} is not a DID of this product: {reason}",
        hint="`logos key list` shows the DIDs of your keys.",
    )


def _check_key(public: bytes) -> None:
    """Only points of the prime-order subgroup, canonically encoded.

    A key of low order would verify signatures over any message; a second encoding of one point
    would be a second principal. libsodium's check refuses both, and what is not on the curve.
    """
    if len(public) != KEY_BYTES or not crypto_core_ed25519_is_valid_point(public):
        raise InvalidInput(
            "E_KEY",
            f"{public.hex():.80} is not a usable Ed25519 public key",
            hint="It must be 32 bytes: a canonical point of the prime-order subgroup.",
        )
