"""C2SP signed notes (https://c2sp.org/signed-note): a text, and who signed it.

    the text, which ends in a newline
                                            an empty line, the last one
    — name base64(key id, signature)        one line for each signature

`parse_note` and `Note.data` are inverse: what is not exactly of this form is refused, base64 that
is not the shortest way to write its bytes included. Signatures by unknown keys are kept as they
are: there a witness's cosignature stands. `verify_note` wants at least one signature by a known
key, and none by a known key that does not verify.

A key is known by its name and its id, the first four bytes of SHA-256(name, newline, 0x01, the
Ed25519 public key). The id only finds the key; what is trusted is the key itself.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn

from logos_graph.errors import InvalidInput, NotVerified, Rejected
from logos_graph.identity import Did, Signer, is_note_text, public_key, verify_note_text

__all__ = [
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURES",
    "Note",
    "NoteKey",
    "NoteSignature",
    "parse_note",
    "sign_note",
    "verify_note",
]

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
"""Bounds of what is read; those of Go's golang.org/x/mod/sumdb/note."""

_DASH = "\u2014 "
_ED25519 = b"\x01"
_ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class NoteKey:
    """Whose signature counts, and under which name. Raises InvalidInput E_NOTE_NAME."""

    name: str
    did: Did

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise InvalidInput(
                "E_NOTE_NAME",
                f"{self.name!a:.100} is no name of a note's key",
                hint="It is not empty, and holds no space, no plus and no control character.",
            )

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names this key."""
        return sha256(self.name.encode() + b"\n" + self._encoded).digest()[:_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as other verifiers of notes are told it: name+id+base64(type, public key)."""
        return f"{self.name}+{self.id.hex()}+{b64encode(self._encoded).decode()}"

    @property
    def _encoded(self) -> bytes:
        return _ED25519 + public_key(self.did)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the key it names, and the signature, of whatever type."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line, with its newline."""
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text with signatures; made by `parse_note` and `sign_note` only.

    The text means nothing before `verify_note` has returned.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    @property
    def data(self) -> bytes:
        """The note as it is sent and kept."""
        return "".join((self.text, "\n", *(s.line for s in self.signatures))).encode()


def sign_note(text: str, key: NoteKey, signer: Signer) -> Note:
    """The text, signed as `key`, which must be the signer's. Raises InvalidInput E_NOTE_TEXT."""
    assert key.did == signer.did
    return Note(text, (NoteSignature(key.name, key.id, signer.sign_note_text(text)),))


def parse_note(data: bytes) -> Note:
    """The note that these bytes are, exactly. Raises NotVerified E_NOTE_FORM."""
    if len(data) > MAX_NOTE_BYTES:
        _refuse_form(f"it has more than {MAX_NOTE_BYTES} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_form(f"it is not UTF-8 at byte {error.start}")
    if not is_note_text(whole):
        _refuse_form("it holds a control character, or does not end in a newline")
    cut = whole.rfind("\n\n")
    if cut < 0:
        _refuse_form("no empty line stands between a text and signatures")
    text, lines = whole[: cut + 1], whole[cut + 2 :].split("\n")[:-1]
    if not 0 < len(lines) <= MAX_SIGNATURES:
        _refuse_form(f"it has {len(lines)} signatures, not 1 to {MAX_SIGNATURES}")
    return Note(text, tuple(_parse_line(number, line) for number, line in enumerate(lines, 1)))


def verify_note(note: Note, keys: Sequence[NoteKey]) -> tuple[NoteKey, ...]:
    """Those of these keys that signed the note: at least one.

    Raises NotVerified: E_NOTE_SIGNATURE if a signature by one of them does not verify,
    E_NOTE_UNSIGNED if none of them signed.
    """
    known = {(key.name, key.id): key for key in keys}
    signed = dict[NoteKey, None]()
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue  # a witness's, say: not ours to judge
        try:
            verify_note_text(key.did, note.text, line.signature)
        except Rejected as error:
            raise NotVerified(
                "E_NOTE_SIGNATURE",
                f"the signature of {key.name} does not fit the note's text",
                hint="the text was changed after it was signed, or somebody else signed it",
                key=key.text,
            ) from error
        signed[key] = None
    if not signed:
        raise NotVerified(
            "E_NOTE_UNSIGNED",
            "the note is signed by no known key",
            hint="another signed it, or a later key of a ledger that is older here: rolled back",
            keys=[key.text for key in keys],
        )
    return tuple(signed)


def _parse_line(number: int, line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not (line.startswith(_DASH) and space and _is_name(name)):
        _refuse_form(f"its signature line {number} is not `\u2014 name base64`")
    try:
        data = b64decode(encoded, validate=True)
    except ValueError:
        data = b""
    if len(data) <= _ID_BYTES or b64encode(data).decode() != encoded:
        _refuse_form(f"its signature line {number} does not end in base64 of id and signature")
    return NoteSignature(name, data[:_ID_BYTES], data[_ID_BYTES:])


def _is_name(name: str) -> bool:
    odd = any(character.isspace() or character == "+" for character in name)
    return bool(name) and not odd and is_note_text(name + "\n")


def _refuse_form(reason: str) -> NoReturn:
    raise NotVerified("E_NOTE_FORM", f"this is no signed note: {reason}")
