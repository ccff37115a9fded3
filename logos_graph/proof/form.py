"""The proof file: one canonical JSON document, in which every byte counts.

    {"checkpoint": the signed note's text, as ledger/checkpoint.py writes it
     "entries": [{"entry": the entry itself, "proof": [base64, …], "signature": hex}, …]
     "format": "logos-proof/1"
     "intent": the CID of the intent that it is about
     "modules": {node id: base64 of the binary, …}, empty unless they were asked for
     "run": the run's id}

The entries are in the ledger's order, genesis first, each once. An entry stands there as JSON: what
is hashed and signed is its canonical text, and since the whole file is canonical, that text stands
in the file byte by byte. `proof` is the inclusion proof of its leaf in the checkpoint's tree, from
the leaf upwards, each hash in base64.

What is not exactly of this form is refused, base64 that is not the shortest way to write its bytes
included, so that no two files say the same.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from logos_graph.canon import (
    MAX_DEPTH,
    ContentId,
    Json,
    Tag,
    encode,
    encode_text,
    parse_content_id,
    shown,
    tagged_id,
    verify,
)
from logos_graph.errors import InvalidInput, LogosError, NotVerified
from logos_graph.ledger import MAX_ENTRY_BYTES, Entry, parse_entry
from logos_graph.ledger.entry import entry_fields
from logos_graph.ledger.merkle import HASH_BYTES

__all__ = [
    "FORMAT",
    "MAX_PROOF_BYTES",
    "ProofFile",
    "ProvedEntry",
    "encode_proof",
    "parse_proof",
]

FORMAT = "logos-proof/1"
MAX_PROOF_BYTES = 64 * 1024 * 1024
"""Bounds of what is read: the file, in bytes, and how many there are of what it holds."""
MAX_ENTRIES = 10_000
MAX_MODULES = 1_000
MAX_PATH = 64
_MAX_DEPTH = MAX_DEPTH + 3  # an entry's own, and the three levels around it
_WRITTEN_BY = "`logos run prove RUN` writes one; a copy has every byte of it"
_FIELDS = frozenset({"checkpoint", "entries", "format", "intent", "modules", "run"})
_ENTRY_FIELDS = frozenset({"entry", "proof", "signature"})


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """An entry, well-formed, and its inclusion proof; neither is verified yet."""

    entry: Entry
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ProofFile:
    """What a proof file says. checkpoint: the note's bytes. modules: empty if there are none."""

    intent: ContentId
    run: ContentId
    checkpoint: bytes
    entries: tuple[ProvedEntry, ...]
    modules: Mapping[ContentId, bytes] = field(default_factory=dict)


def encode_proof(proof: ProofFile) -> bytes:
    """The file's bytes. Raises InvalidInput E_SIZE for more than MAX_PROOF_BYTES."""
    document: Json = {
        "checkpoint": proof.checkpoint.decode(),
        "entries": [
            {
                "entry": entry_fields(each.entry),
                "proof": [b64encode(node).decode() for node in each.path],
                "signature": each.entry.signature,
            }
            for each in proof.entries
        ],
        "format": FORMAT,
        "intent": proof.intent,
        "modules": {str(node): b64encode(data).decode() for node, data in proof.modules.items()},
        "run": proof.run,
    }
    return encode(document, max_bytes=MAX_PROOF_BYTES, max_depth=_MAX_DEPTH)


def parse_proof(data: bytes) -> ProofFile:
    """The proof that these bytes are, exactly; the inverse of `encode_proof`.

    Raises InvalidInput E_NOT_A_PROOF for what is no canonical JSON of this format at all, and
    NotVerified E_PROOF_FORM (`data["field"]`, and `data["index"]` for one of the entries).
    """
    document = _document(data)
    if document.keys() != _FIELDS:
        odd = min(document.keys() ^ _FIELDS)
        _refuse(odd[:100], "it is missing" if odd in _FIELDS else "a proof has no such field")
    entries = _array(document["entries"], "entries")
    if not 0 < len(entries) <= MAX_ENTRIES:
        _refuse("entries", f"there are {len(entries)}, not 1 to {MAX_ENTRIES}")
    return ProofFile(
        _id(document["intent"], "intent"),
        _id(document["run"], "run"),
        _text(document["checkpoint"], "checkpoint").encode(),
        tuple(_entry(place, value) for place, value in enumerate(entries)),
        _modules(document["modules"]),
    )


def _document(data: bytes) -> dict[str, Json]:
    try:
        value = verify(data, max_bytes=MAX_PROOF_BYTES, max_depth=_MAX_DEPTH)
    except LogosError as error:
        raise InvalidInput(
            "E_NOT_A_PROOF",
            f"this is no proof of a run, whose form is canonical JSON: {error.message}",
            hint=_WRITTEN_BY,
            cause=error.code,
        ) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InvalidInput(
            "E_NOT_A_PROOF", f"this is no proof of the format {FORMAT}", hint=_WRITTEN_BY
        )
    return value


def _entry(place: int, value: Json) -> ProvedEntry:
    where = f"entries[{place}]"
    members = _object(value, where)
    if members.keys() != _ENTRY_FIELDS:
        _refuse(where, "it has exactly entry, proof and signature")
    path = _array(members["proof"], f"{where}.proof")
    if len(path) > MAX_PATH:
        _refuse(f"{where}.proof", f"there are more than {MAX_PATH} hashes")
    try:
        text = encode_text(members["entry"], max_bytes=MAX_ENTRY_BYTES)
        hash_ = tagged_id(Tag.ENTRY_HASH, text.encode())
        entry = parse_entry(text, hash_, _text(members["signature"], f"{where}.signature"))
    except LogosError as error:
        if error.code == "E_PROOF_FORM":
            raise
        _refuse(where, error.message, cause=error.code)
    hashes = tuple(_bytes(each, f"{where}.proof") for each in path)
    if any(len(each) != HASH_BYTES for each in hashes):
        _refuse(f"{where}.proof", f"a hash has {HASH_BYTES} bytes")
    return ProvedEntry(entry, hashes)


def _modules(value: Json) -> dict[ContentId, bytes]:
    members = _object(value, "modules")
    if len(members) > MAX_MODULES:
        _refuse("modules", f"there are more than {MAX_MODULES}")
    return {
        _id(node, "modules"): _bytes(module, f"modules.{node[:80]}")
        for node, module in members.items()
    }


def _id(value: Json, field_: str) -> ContentId:
    try:
        return parse_content_id(value)
    except LogosError as error:
        _refuse(field_, error.message)


def _bytes(value: Json, field_: str) -> bytes:
    text = _text(value, field_)
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or b64encode(data).decode() != text:  # spare bits that are not zero
        _refuse(field_, "it is not standard base64 with padding")
    return data


def _text(value: Json, field_: str) -> str:
    return value if isinstance(value, str) else _refuse(field_, f"{shown(value)} is not a text")


def _array(value: Json, field_: str) -> list[Json]:
    return value if isinstance(value, list) else _refuse(field_, f"{shown(value)} is no array")


def _object(value: Json, field_: str) -> dict[str, Json]:
    return value if isinstance(value, dict) else _refuse(field_, f"{shown(value)} is no object")


def _refuse(field_: str, reason: str, *, cause: str = "") -> NoReturn:
    message = f"the proof is not well-formed in {field_}: {reason}"
    more = {"cause": cause} if cause else {}
    raise NotVerified("E_PROOF_FORM", message, field=field_, **more)
