"""DIDs, keys and signatures: who signed which bytes, and for what purpose.

A principal is a `did:key` over an Ed25519 public key, or a `did:logline` that has such a key.
Only one text exists for one key, weak keys are refused before they are used, and every signature is
over a domain tag and the bytes, or over the text of a C2SP note, which can be no tagged bytes.
Pure: the randomness of a new key comes from the keystore, at the edge.
"""

from logos_graph.identity.did import (
    LOGLINE_KINDS,
    Did,
    did_key,
    did_logline,
    is_key,
    look,
    named_by,
    parse_did,
    parse_key,
    public_key,
)
from logos_graph.identity.sealing import (
    NONCE_BYTES,
    SALT_BYTES,
    STRENGTH,
    Strength,
    box_key,
    open_box,
    seal,
)
from logos_graph.identity.signing import (
    SIGNATURE_DIGITS,
    Signer,
    is_note_text,
    verify,
    verify_note_text,
)

__all__ = [
    "LOGLINE_KINDS",
    "NONCE_BYTES",
    "SALT_BYTES",
    "SIGNATURE_DIGITS",
    "STRENGTH",
    "Did",
    "Signer",
    "Strength",
    "box_key",
    "did_key",
    "did_logline",
    "is_key",
    "is_note_text",
    "look",
    "named_by",
    "open_box",
    "parse_did",
    "parse_key",
    "public_key",
    "seal",
    "verify",
    "verify_note_text",
]
