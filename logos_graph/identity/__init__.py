"""DIDs, keys and signatures: who signed which bytes, and for what purpose.

A principal is a `did:key` over an Ed25519 public key. Only one text exists for one key, weak keys
are refused before they are used, and every signature is over a domain tag and the bytes, or over
the text of a C2SP note, which can be no tagged bytes. Pure: the randomness of a new key comes from
the keystore, at the edge.
"""

from logos_graph.identity.did import Did, did_key, parse_did, public_key
from logos_graph.identity.signing import (
    SIGNATURE_DIGITS,
    Signer,
    is_note_text,
    verify,
    verify_note_text,
)

__all__ = [
    "SIGNATURE_DIGITS",
    "Did",
    "Signer",
    "did_key",
    "is_note_text",
    "parse_did",
    "public_key",
    "verify",
    "verify_note_text",
]
