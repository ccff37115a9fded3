"""One ledger entry: what it says, its canonical text, the hash and the signature of that text.

The text is canonical JSON of body, index, kind, ledger, policy_hash, prev_hash, recorded_at,
trace_id and version. hash = BLAKE3 over the tag of entry hashes and the text; signature = the
supervisor's, over the tag of entry signatures and the text. `recorded_at` is a hybrid logical
clock: nanoseconds since the epoch, but always later than the entry before, whatever the machine's
clock did.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from logos_graph.canon import (
    ContentId,
    Json,
    Tag,
    encode,
    parse_content_id,
    parse_known,
    shown,
    tagged_id,
    verify,
)
from logos_graph.errors import InvalidInput, LogosError, NotVerified
from logos_graph.identity import SIGNATURE_DIGITS, Signer
from logos_graph.ledger.bodies import EntryKind, check_body
from logos_graph.logline import MAX_NS, parse_ledger_id

__all__ = [
    "FIELDS",
    "GENESIS_PREV_HASH",
    "MAX_ENTRY_BYTES",
    "VERSION",
    "Entry",
    "Head",
    "Stored",
    "entry_fields",
    "make_entry",
    "mutations_of",
    "no_head",
    "parse_entry",
    "trusted_entry",
]

VERSION = 1
"""The form that this code writes and reads."""

MAX_ENTRY_BYTES = 16 * 1024 * 1024
"""Longest text of an entry, in bytes: a flow of 10,000 placements, or a run of one, fits."""

GENESIS_PREV_HASH = ContentId("b3:" + "0" * 64)
"""What the first entry names as the one before it."""

FIELDS = (
    "body",
    "index",
    "kind",
    "ledger",
    "policy_hash",
    "prev_hash",
    "recorded_at",
    "trace_id",
    "version",
)
"""The members of an entry's text."""

_FIELDS = frozenset(FIELDS)
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_KINDS = {kind.value: kind for kind in EntryKind}
_SIGNATURE = re.compile(rf"[0-9a-f]{{{SIGNATURE_DIGITS}}}")


class Stored(NamedTuple):
    """An entry as it is stored."""

    text: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a ledger ends: index, hash and recorded_at (ns) of its last entry."""

    ledger: str
    index: int
    hash: ContentId
    recorded_at: int


def no_head(ledger: str) -> Head:
    """The head of a ledger without entries: what genesis follows."""
    return Head(ledger, -1, GENESIS_PREV_HASH, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, well-formed; `verify_chain` says whether it is genuine and in its place.

    recorded_at: nanoseconds. policy_hash: the policy in force where one judged, else None.
    body: see bodies.py; not to be changed. Made by `make_entry` and `parse_entry` only.
    """

    ledger: str
    index: int
    prev_hash: ContentId
    trace_id: str
    recorded_at: int
    kind: EntryKind
    policy_hash: ContentId | None
    body: dict[str, Json]
    text: str
    hash: ContentId
    signature: str
    version: int = VERSION

    @property
    def head(self) -> Head:
        """The ledger's head while this entry is the last."""
        return Head(self.ledger, self.index, self.hash, self.recorded_at)


def make_entry(
    head: Head | None,
    kind: EntryKind,
    body: dict[str, Json],
    *,
    trace_id: str,
    now_ns: int,
    policy_hash: ContentId | None,
    signer: Signer,
    ledger: str,
) -> Entry:
    """The entry that follows `head`, signed.

    head: None, or `no_head(ledger)`, for genesis. trace_id: a ULID; now_ns: the clock; both are
    made at the edge. Raises InvalidInput E_ENTRY_FIELD (with `data["field"]`), E_ENTRY_BODY,
    E_MUTATION, and what `canon.encode` raises (E_SIZE, E_FLOAT, … in the body).
    """
    previous = no_head(ledger) if head is None else head
    fields: dict[str, Json] = {
        "body": body,
        "index": previous.index + 1,
        "kind": kind.value,
        "ledger": ledger,
        "policy_hash": policy_hash,
        "prev_hash": previous.hash,
        "recorded_at": max(now_ns, previous.recorded_at + 1),
        "trace_id": trace_id,
        "version": VERSION,
    }
    if ledger != previous.ledger:
        _refuse("ledger", f"{ledger} does not continue {previous.ledger}")
    _check_fields(fields)
    data = encode(fields, max_bytes=MAX_ENTRY_BYTES)
    return _build(
        fields,
        data.decode("utf-8"),
        tagged_id(Tag.ENTRY_HASH, data),
        signer.sign(Tag.ENTRY_SIGNATURE, data),
    )


def parse_entry(text: str, hash: str, signature: str, *, at: int | None = None) -> Entry:  # noqa: A002
    """The entry that a stored text, hash and signature are, exactly.

    at: the place where it was found, for the error's `index`. Raises NotVerified: E_ENTRY_FORM (not
    canonical, a field missing or wrong; `data["field"]`), E_CHAIN_HASH (not the text's hash).
    """
    name = "the entry" if at is None else f"entry {at}"
    try:
        data = text.encode("utf-8", "surrogatepass")
        fields = verify(data, max_bytes=MAX_ENTRY_BYTES)
        if not isinstance(fields, dict):
            _refuse("text", "an entry is a JSON object")
        _check_fields(fields)
        if _SIGNATURE.fullmatch(signature) is None:
            _refuse("signature", f"it is not {SIGNATURE_DIGITS} lower-case hex digits")
    except LogosError as error:
        raise NotVerified(
            "E_ENTRY_FORM",
            f"{name} is not well-formed: {error.message}",
            index=at,
            field=error.data.get("field", "text"),
            cause=error.code,
        ) from error
    actual = tagged_id(Tag.ENTRY_HASH, data)
    if actual != hash:
        raise NotVerified(
            "E_CHAIN_HASH",
            f"{name} is stored under the hash of another text",
            index=fields["index"] if at is None else at,
            field="hash",
            expected=actual,
            found=hash,
        )
    return _build(fields, text, actual, signature)


def trusted_entry(text: str, hash: str, signature: str) -> Entry:  # noqa: A002
    """The entry of a text that `parse_entry` took before, or that a signed tree has as its leaf.

    Only that the hash is the text's is looked at. Raises NotVerified as `parse_entry`.
    """
    if tagged_id(Tag.ENTRY_HASH, text.encode("utf-8", "surrogatepass")) != hash:
        return parse_entry(text, hash, signature)
    fields = parse_known(text)
    assert isinstance(fields, dict)  # an entry's text is an object's
    return _build(fields, text, ContentId(hash), signature)


def mutations_of(receipt: Entry) -> list[dict[str, Json]]:
    """What a receipt makes and changes, in order."""
    found = receipt.body["mutations"]
    assert isinstance(found, list)  # the entry's form was checked when it was made or read
    return [each for each in found if isinstance(each, dict)]


def entry_fields(entry: Entry) -> dict[str, Json]:
    """What the entry's text is the canonical form of."""
    return {
        "body": entry.body,
        "index": entry.index,
        "kind": entry.kind.value,
        "ledger": entry.ledger,
        "policy_hash": entry.policy_hash,
        "prev_hash": entry.prev_hash,
        "recorded_at": entry.recorded_at,
        "trace_id": entry.trace_id,
        "version": entry.version,
    }


def _build(fields: dict[str, Json], text: str, hash_: ContentId, signature: str) -> Entry:
    """The entry of fields that `_check_fields` has passed; only there are their types known."""
    return Entry(
        ledger=fields["ledger"],  # type: ignore[arg-type]
        index=fields["index"],  # type: ignore[arg-type]
        prev_hash=fields["prev_hash"],  # type: ignore[arg-type]
        trace_id=fields["trace_id"],  # type: ignore[arg-type]
        recorded_at=fields["recorded_at"],  # type: ignore[arg-type]
        kind=_KINDS[str(fields["kind"])],
        policy_hash=fields["policy_hash"],  # type: ignore[arg-type]
        body=fields["body"],  # type: ignore[arg-type]
        text=text,
        hash=hash_,
        signature=signature,
    )


def _check_fields(fields: dict[str, Json]) -> None:
    """Every member of an entry's text is there, has its type, and lies in its range."""
    if fields.keys() != _FIELDS:
        odd = min(fields.keys() ^ _FIELDS)
        _refuse(odd, "it is missing" if odd in FIELDS else "an entry has no such field")
    if fields["version"] is True or fields["version"] != VERSION:
        _refuse("version", f"{shown(fields['version'])} is not {VERSION}")
    for name in ("index", "recorded_at"):
        number = fields[name]
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MAX_NS:
            _refuse(name, "it is not a whole number from 0 below 2 to the power of 63")
    _check_ids(fields)
    kind, body = fields["kind"], fields["body"]
    if not isinstance(kind, str) or kind not in _KINDS:
        _refuse("kind", f"{shown(kind)} is not a kind of entry")
    if (kind == EntryKind.GENESIS) != (fields["index"] == 0):
        _refuse("kind", f"entry {fields['index']} is of kind {kind}; genesis is entry 0, alone")
    if not isinstance(body, dict):
        _refuse("body", "it is not a JSON object")
    check_body(_KINDS[kind], body)


def _check_ids(fields: dict[str, Json]) -> None:
    name = "ledger"
    try:
        parse_ledger_id(fields[name])
        name = "prev_hash"
        parse_content_id(fields[name])
        name = "policy_hash"
        if fields[name] is not None:
            parse_content_id(fields[name])
    except InvalidInput as error:
        _refuse(name, error.message)
    trace_id = fields["trace_id"]
    if not isinstance(trace_id, str) or _ULID.fullmatch(trace_id) is None:
        _refuse("trace_id", f"{shown(trace_id)} is not a ULID")


def _refuse(field: str, reason: str) -> NoReturn:
    raise InvalidInput("E_ENTRY_FIELD", f"the entry's field {field}: {reason}", field=field)
