"""An intent: a LogLine meant for one ledger, once; and its signature.

What is signed is the canonical text of `{"ledger", "logline", "nonce"}` under the tag of intents.
The ledger's id keeps an act from being replayed elsewhere, the nonce from being replayed here, and
lets the same act be meant twice. The LogLine in it is its immutable PENDING form: `confirmed_by`
null, `status` PENDING; consents, receipts and ghosts are ledger entries that point to its id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from logos_graph.canon import (
    MAX_BYTES,
    ContentId,
    Json,
    Tag,
    content_id,
    encode,
    encode_parsed,
    shown,
)
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.identity import SIGNATURE_DIGITS, Did, Signer, verify
from logos_graph.logline.logline import LogLine, parse_logline
from logos_graph.logline.status import Status

__all__ = [
    "MAX_INTENT_BYTES",
    "Intent",
    "SignedIntent",
    "parse_intent",
    "parse_ledger_id",
    "parse_nonce",
    "parse_signed_intent",
    "sign_intent",
    "verify_intent",
    "verify_recorded_intent",
]

MAX_INTENT_BYTES = MAX_BYTES
"""Longest canonical text of an intent; bounds `this` (a node's source fits, a binary hardly)."""

_NONCE = re.compile(r"[0-9A-Za-z]{26,64}")
_LEDGER_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_SIGNATURE = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Intent:
    """A LogLine for one ledger, with a nonce; `text` and `cid` are fixed when it is made.

    Raises InvalidInput E_LEDGER_ID, E_NONCE, E_INTENT_FORM (the LogLine is not in its PENDING
    form), and what `canon.encode` raises (E_SIZE, E_NFC, … of `this`).
    """

    ledger: str
    nonce: str
    logline: LogLine
    text: bytes = field(init=False, repr=False)
    cid: ContentId = field(init=False)

    def __post_init__(self) -> None:
        parse_ledger_id(self.ledger)
        parse_nonce(self.nonce)
        _check_pending(self.logline)
        text = encode(self.json, max_bytes=MAX_INTENT_BYTES)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "cid", content_id(text))

    @property
    def json(self) -> dict[str, Json]:
        """What is signed, as JSON."""
        return {"ledger": self.ledger, "logline": self.logline.json, "nonce": self.nonce}


@dataclass(frozen=True, slots=True)
class SignedIntent:
    """An intent and a signature; that it verifies is `verify_intent`'s word, not this type's."""

    intent: Intent
    signature: str

    @property
    def json(self) -> dict[str, Json]:
        """The form in which intents are submitted and recorded."""
        return {"intent": self.intent.json, "signature": self.signature}


def parse_ledger_id(text: object) -> str:
    """A ledger's id: 1 to 64 of letters, digits, `.`, `_`, `-`. Raises InvalidInput E_LEDGER_ID."""
    if not isinstance(text, str) or _LEDGER_ID.fullmatch(text) is None:
        raise InvalidInput("E_LEDGER_ID", f"{shown(text, 100)} is not the id of a ledger")
    return text


def parse_nonce(text: object) -> str:
    """A nonce: 26 to 64 letters and digits. Raises InvalidInput E_NONCE."""
    if not isinstance(text, str) or _NONCE.fullmatch(text) is None:
        raise InvalidInput(
            "E_NONCE",
            f"{shown(text, 100)} is not a nonce",
            hint="Take 26 to 64 random letters and digits, new for each intent; a ULID will do.",
        )
    return text


def parse_intent(value: Json) -> Intent:
    """The intent that `{"ledger", "logline", "nonce"}` is.

    Raises what `parse_logline` and `Intent` raise.
    """
    members = _members(value, "intent", ("ledger", "logline", "nonce"))
    return Intent(
        ledger=parse_ledger_id(members["ledger"]),
        nonce=parse_nonce(members["nonce"]),
        logline=parse_logline(members["logline"]),
    )


def parse_signed_intent(value: Json) -> SignedIntent:
    """The signed intent that `{"intent", "signature"}` is: its structure, not its signature.

    Raises what `parse_intent` raises, and InvalidInput E_FIELD_TYPE for the signature's form.
    """
    members = _members(value, "signed intent", ("intent", "signature"))
    signature = _parse_signature(members["signature"])
    return SignedIntent(parse_intent(members["intent"]), signature)


def _parse_signature(signature: Json) -> str:
    if (
        not isinstance(signature, str)
        or len(signature) != SIGNATURE_DIGITS
        or _SIGNATURE.fullmatch(signature) is None
    ):
        raise InvalidInput(
            "E_FIELD_TYPE",
            f"the signature is not {SIGNATURE_DIGITS} lower-case hex digits",
            field="signature",
        )
    return signature


def sign_intent(intent: Intent, signer: Signer) -> SignedIntent:
    """The intent, signed by its own actor. Raises Rejected E_SIGNER for anybody else."""
    if signer.did != intent.logline.who:
        raise Rejected(
            "E_SIGNER",
            f"{signer.did} cannot sign an intent of {intent.logline.who}",
            hint="The key that signs is the one that `who` names.",
        )
    return SignedIntent(intent, signer.sign(Tag.INTENT, intent.text))


def verify_intent(signed: SignedIntent, key: Did | None = None) -> None:
    """Return if the signature is that of `who`. Raises Rejected E_SIGNATURE if it is not.

    key: the one that `who` has at that index of its ledger; by default `who` is its key's name.
    """
    signer = signed.intent.logline.who if key is None else key
    verify(signer, Tag.INTENT, signed.intent.text, signed.signature)


def verify_recorded_intent(
    intent: Json, signature: Json, key: Did | None = None
) -> tuple[str, ContentId]:
    """The ledger and the id of an intent that was parsed from canonical JSON, and is `who`'s.

    The same as `parse_signed_intent` and `verify_intent`, and what they raise; a LogLine has one
    text, so that what was parsed needs not be made again of its parts.
    """
    members = _members(intent, "intent", ("ledger", "logline", "nonce"))
    parse_nonce(members["nonce"])
    ledger, line = parse_ledger_id(members["ledger"]), parse_logline(members["logline"])
    _check_pending(line)
    text = encode_parsed(intent).encode()
    if len(text) > MAX_INTENT_BYTES:
        encode(intent, max_bytes=MAX_INTENT_BYTES)  # refuses it
    verify(line.who if key is None else key, Tag.INTENT, text, _parse_signature(signature))
    return ledger, content_id(text)


def _members(value: Json, name: str, fields: tuple[str, ...]) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise InvalidInput("E_FIELD_TYPE", f"the {name} is not a JSON object", field=name)
    for wanted in fields:
        if wanted not in value:
            raise InvalidInput("E_MISSING_FIELD", f"the {name} has no field {wanted}", field=wanted)
    if len(value) > len(fields):
        extra = min(value.keys() - set(fields))
        raise InvalidInput("E_UNKNOWN_FIELD", f"the {name} has no field {extra!a:.80}", field=extra)
    return value


def _check_pending(logline: LogLine) -> None:
    if logline.status is not Status.PENDING:
        _refuse_form("status", f"status is {logline.status}, not PENDING")
    if logline.confirmed_by is not None:
        _refuse_form("confirmed_by", "confirmed_by is not null")


def _refuse_form(name: str, reason: str) -> None:
    raise InvalidInput(
        "E_INTENT_FORM",
        f"the LogLine is not in the form that is signed: {reason}",
        hint="Consents, receipts and ghosts are ledger entries; the signed line stays as it was.",
        field=name,
    )
