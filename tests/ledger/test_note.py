"""Signed notes: other implementations' notes are ours, and nothing else is."""

from __future__ import annotations

from base64 import b64decode, b64encode
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from logos_graph.canon import Tag
from logos_graph.errors import InvalidInput, NotVerified, Rejected
from logos_graph.identity import Signer, did_key, is_note_text, verify, verify_note_text
from logos_graph.ledger.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    NoteKey,
    NoteSignature,
    parse_note,
    sign_note,
    verify_note,
)

# The example of golang.org/x/mod/sumdb/note: key, signer and note.
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER_NOTE = (
    f"{PETER_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFY"
    "C2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of c2sp.org/signed-note: an empty line in the text, a key that nobody here knows.
QUASIMODO = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFS"
    "QU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)

SIGNER, OTHER = Signer.from_seed(bytes(range(32))), Signer.from_seed(bytes(32))
KEY, STRANGER = NoteKey("log.example/1", SIGNER.did), NoteKey("witness.example/w", OTHER.did)
PETER = Signer.from_seed(PETER_SEED)
WITNESS = NoteSignature("witness.example/w", b"\x00\x01\x02\x03", b"timestamp and signature")

texts = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\x7f"), max_size=60
).map(lambda text: text + "\n")
names = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1).map(
    lambda name: name.replace("+", "-")
)
signatures = st.builds(
    NoteSignature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)
)
notes = st.builds(Note, texts, st.lists(signatures, min_size=1, max_size=20).map(tuple))


def refusal(data: bytes | str) -> str:
    with pytest.raises(NotVerified) as raised:
        parse_note(data if isinstance(data, bytes) else data.encode())
    return raised.value.code


# --- other implementations' ----------------------------------------------------------------------


def test_go_s_example_is_signed_and_verified_to_the_byte() -> None:
    key = NoteKey("PeterNeumann", PETER.did)
    assert key.text == PETER_KEY
    assert did_key(b64decode(PETER_KEY.split("+", 2)[2])[1:]) == PETER.did
    assert sign_note(PETER_TEXT, key, PETER).data == PETER_NOTE.encode()
    note = parse_note(PETER_NOTE.encode())
    assert note.text == PETER_TEXT
    assert verify_note(note, [key]) == (key,)


def test_the_specification_s_example_is_read_and_printed_as_it_is() -> None:
    note = parse_note(QUASIMODO.encode())
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert [line.name for line in note.signatures] == ["quasimodo.example/salvatore"]
    assert note.data == QUASIMODO.encode()


# --- form -----------------------------------------------------------------------------------------


@given(note=notes)
def test_what_is_printed_reads_back(note: Note) -> None:
    assert parse_note(note.data) == note


@given(note=notes, draw=st.data())
def test_what_reads_at_all_prints_as_it_was(note: Note, draw: st.DataObject) -> None:
    """Bytes flipped, taken out, put in: refused, or exactly another note."""
    data = bytearray(note.data)
    at = draw.draw(st.integers(0, len(data) - 1))
    data[at : at + draw.draw(st.integers(0, 2))] = draw.draw(st.binary(max_size=2))
    with suppress(NotVerified):
        assert parse_note(bytes(data)).data == bytes(data)


LINE = WITNESS.line


@pytest.mark.parametrize(
    "data",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        f"text\n{LINE}",
        f"text\n\n{LINE}"[:-1],
        f"text\n\n{LINE}\n",
        f"text\n\n{LINE}more\n",
        f"text\r\n\r\n{LINE}",
        f"te\0xt\n\n{LINE}",
        f"te\txt\n\n{LINE}",
        f"text\n\n{LINE.replace('—', '-')}",
        f"text\n\n{LINE.replace('— ', '—')}",
        f"text\n\n {LINE}",
        f"text\n\n{LINE[:-1]} \n",
        f"text\n\n{LINE.replace('witness', 'wit+ness')}",
        "text\n\n" + LINE.replace("witness", "wit\u00a0ness"),
        "text\n\n" + LINE.replace("witness", "wit\u2028ness"),
        f"text\n\n—  {LINE.split(' ', 2)[2]}",
        "text\n\n— name\n",
        "text\n\n— name \n",
        "text\n\n— name AAAA\n",
        "text\n\n— name AAAAAA==\n",
        "text\n\n— name AAAAAAE\n",
        "text\n\n— name AAAAAAF=\n",
        "text\n\n— name AAAAAA=E\n",
        "text\n\n— name AAAA-AE=\n",
        b"te\xffxt\n\n" + LINE.encode(),
        b"te\xed\xa0\x80xt\n\n" + LINE.encode(),
        "text\n\n" + LINE * (MAX_SIGNATURES + 1),
        "x" * MAX_NOTE_BYTES + "\n\n" + LINE,
    ],
)
def test_what_is_not_exactly_a_note_is_refused(data: bytes | str) -> None:
    assert refusal(data) == "E_NOTE_FORM"


def test_as_many_signatures_as_are_allowed_are_read() -> None:
    assert len(parse_note(f"text\n\n{LINE * MAX_SIGNATURES}".encode()).signatures) == MAX_SIGNATURES


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "\u3000", "a\0", "\ud800"])
def test_a_key_with_a_name_that_no_line_can_carry_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        NoteKey(name, SIGNER.did)
    assert raised.value.code == "E_NOTE_NAME"


# --- signatures -----------------------------------------------------------------------------------


def test_unknown_signatures_are_kept_and_prove_nothing() -> None:
    signed = sign_note("text\n", KEY, SIGNER)
    cosigned = Note(signed.text, (WITNESS, *signed.signatures, WITNESS))
    assert parse_note(cosigned.data) == cosigned
    assert verify_note(cosigned, [STRANGER, KEY]) == (KEY,)
    with pytest.raises(NotVerified) as raised:
        verify_note(cosigned, [STRANGER])
    assert raised.value.code == "E_NOTE_UNSIGNED"
    with pytest.raises(NotVerified):
        verify_note(cosigned, [])


def test_two_known_keys_are_both_named() -> None:
    one, two = sign_note("text\n", KEY, SIGNER), sign_note("text\n", STRANGER, OTHER)
    both = Note("text\n", one.signatures + two.signatures)
    assert verify_note(both, [STRANGER, KEY]) == (KEY, STRANGER)


@given(text=texts, other=texts)
def test_a_signature_of_one_text_is_none_of_another(text: str, other: str) -> None:
    assume(text != other)
    signed = sign_note(text, KEY, SIGNER)
    verify_note(signed, [KEY])
    with pytest.raises(NotVerified) as raised:
        verify_note(Note(other, signed.signatures), [KEY])
    assert raised.value.code == "E_NOTE_SIGNATURE"


@given(bit=st.integers(0, 511))
def test_one_bad_signature_of_a_known_key_spoils_the_note(bit: int) -> None:
    signed = sign_note("text\n", KEY, SIGNER)
    (good,) = signed.signatures
    flipped = bytearray(good.signature)
    flipped[bit // 8] ^= 1 << bit % 8
    bad = NoteSignature(good.name, good.key_id, bytes(flipped))
    for lines in ((bad,), (good, bad), (bad, good)):
        with pytest.raises(NotVerified) as raised:
            verify_note(Note("text\n", lines), [KEY])
        assert raised.value.code == "E_NOTE_SIGNATURE"


@pytest.mark.parametrize("length", [1, 63, 65, 72])
def test_a_known_key_s_signature_of_another_length_is_refused(length: int) -> None:
    line = NoteSignature(KEY.name, KEY.id, bytes(length))
    with pytest.raises(NotVerified) as raised:
        verify_note(Note("text\n", (line,)), [KEY])
    assert raised.value.code == "E_NOTE_SIGNATURE"


def test_another_s_signature_under_a_known_name_or_id_alone_does_not_count() -> None:
    forged = sign_note("text\n", NoteKey(KEY.name, OTHER.did), OTHER).signatures[0]
    for line in (forged, NoteSignature("log.example/2", KEY.id, forged.signature)):
        with pytest.raises(NotVerified) as raised:
            verify_note(Note("text\n", (line,)), [KEY])
        assert raised.value.code == "E_NOTE_UNSIGNED"


# --- a note's signature is nothing else -----------------------------------------------------------


@given(text=texts, tag=st.sampled_from(Tag))
def test_a_note_s_signature_is_none_for_a_tagged_purpose(text: str, tag: Tag) -> None:
    signature = SIGNER.sign_note_text(text).hex()
    prefix = f"{tag.value}\0"
    for data in (text.encode(), text.removeprefix(prefix).encode(), b""):
        with pytest.raises(Rejected):
            verify(SIGNER.did, tag, data, signature)


@given(data=st.binary(max_size=80), tag=st.sampled_from(Tag))
def test_no_tagged_bytes_are_a_note_s_text_so_none_can_be_signed_as_one(
    data: bytes, tag: Tag
) -> None:
    tagged = f"{tag.value}\0" + data.decode("latin-1") + "\n"
    assert not is_note_text(tagged)
    with pytest.raises(InvalidInput) as raised:
        SIGNER.sign_note_text(tagged)
    assert raised.value.code == "E_NOTE_TEXT"
    signature = bytes.fromhex(SIGNER.sign(tag, tagged.encode()[len(tag.value) + 1 :]))
    with pytest.raises(Rejected):
        verify_note_text(SIGNER.did, tagged, signature)


@pytest.mark.parametrize("text", ["", "text", "te\0xt\n", "te\txt\n", "text\r\n", "\ud800\n"])
def test_what_is_no_note_s_text_is_not_signed(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        SIGNER.sign_note_text(text)
    assert raised.value.code == "E_NOTE_TEXT"


def test_base64_with_bits_to_spare_is_one_text_only() -> None:
    data = sign_note("text\n", KEY, SIGNER).data.decode()
    encoded = data.rstrip("\n").rsplit(" ", 1)[1]
    assert b64encode(b64decode(encoded)).decode() == encoded
    spare = chr(ord(encoded[-2]) + 1)
    assert b64decode(f"{encoded[:-2]}{spare}=") == b64decode(encoded)
    assert refusal(data.replace(encoded, f"{encoded[:-2]}{spare}=")) == "E_NOTE_FORM"
