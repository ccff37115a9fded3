"""Proof files that were changed by somebody without the supervisor's key."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from logos_graph.canon import content_id
from logos_graph.errors import LogosError
from logos_graph.ledger import parse_checkpoint, parse_note, sign_checkpoint
from logos_graph.ledger.note import Note, NoteSignature
from tests.integration.proofs.forging import (
    STRANGER,
    Document,
    Forger,
    Proofs,
    read,
    write,
)


def test_a_forger_who_changes_nothing_is_not_refused(proofs: Proofs) -> None:
    """Else the other tests here would show nothing."""
    for data in (proofs.approval, proofs.transfer, proofs.pays, proofs.ticks):
        assert proofs.verify(proofs.forger.forge(data, lambda _: None)).record
        assert write(read(data)) == data


def test_any_changed_byte_is_refused(proofs: Proofs) -> None:
    """The file without its modules, so that every part of it comes to its turn."""
    document = read(proofs.transfer)
    document["modules"] = {}
    data = write(document)
    proofs.verify(data)
    for place in range(0, len(data), max(1, len(data) // 400)):
        for flip in (1, 0x20):
            forged = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
            with pytest.raises(LogosError):
                proofs.verify(forged)


@given(choice=st.data())
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_byte_more_or_less_or_another_is_refused(proofs: Proofs, choice: st.DataObject) -> None:
    data = proofs.approval
    place = choice.draw(st.integers(0, len(data) - 1))
    byte = bytes([choice.draw(st.integers(0, 255))])
    forged = choice.draw(
        st.sampled_from(
            [
                data[:place] + byte + data[place + 1 :],
                data[:place] + data[place + 1 :],
                data[:place] + byte + data[place:],
                data[:place],
                data + byte,
            ]
        )
    )
    assume(forged != data)
    with pytest.raises(LogosError):
        proofs.verify(forged)


def test_a_path_that_leads_elsewhere_is_no_inclusion(proofs: Proofs) -> None:
    def other_hash(document: Document) -> None:
        document["entries"][3]["proof"][0] = b64encode(bytes(32)).decode()

    def shorter(document: Document) -> None:
        document["entries"][3]["proof"].pop()

    def longer(document: Document) -> None:
        document["entries"][3]["proof"].append(b64encode(bytes(32)).decode())

    def of_another(document: Document) -> None:
        document["entries"][3]["proof"] = document["entries"][4]["proof"]

    for change in (other_hash, shorter, longer, of_another):
        assert proofs.changed(proofs.approval, change) == "E_PROOF_INCLUSION"


def test_the_checkpoint_of_another_size_or_ledger_or_key_is_refused(proofs: Proofs) -> None:
    document = read(proofs.approval)
    note = parse_note(document["checkpoint"].encode())
    found = parse_checkpoint(note.text)
    supervisor = proofs.forger.supervisor
    ledger = found.origin.removeprefix("logos-ledger/")
    other_size = sign_checkpoint(ledger, found.size * 4, found.root, supervisor).data.decode()
    other_root = sign_checkpoint(ledger, found.size, bytes(32), supervisor).data.decode()
    smaller = sign_checkpoint(ledger, 1, found.root, supervisor).data.decode()
    foreign = sign_checkpoint("elsewhere", found.size, found.root, supervisor).data.decode()
    stranger = sign_checkpoint(ledger, found.size, found.root, STRANGER).data.decode()
    (line,) = note.signatures
    claimed = Note(note.text, (NoteSignature(line.name, line.key_id, bytes(64)),)).data.decode()
    for text, code in (
        (other_size, "E_PROOF_INCLUSION"),
        (other_root, "E_PROOF_INCLUSION"),
        (smaller, "E_PROOF_INCLUSION"),
        (foreign, "E_PROOF_CHECKPOINT"),
        (stranger, "E_PROOF_CHECKPOINT"),
        (claimed, "E_PROOF_CHECKPOINT"),
        ("", "E_PROOF_CHECKPOINT"),
    ):
        assert proofs.refused(write({**document, "checkpoint": text})).code == code, text


def test_an_entry_of_another_ledger_or_out_of_its_order_is_refused(proofs: Proofs) -> None:
    def foreign(document: Document) -> None:
        document["entries"][2]["entry"]["ledger"] = "another"

    def doubled(document: Document) -> None:
        document["entries"].insert(3, document["entries"][3])

    def swapped(document: Document) -> None:
        entries = document["entries"]
        entries[3], entries[4] = entries[4], entries[3]

    def without_genesis(document: Document) -> None:
        document["entries"].pop(0)

    for change in (foreign, doubled, swapped, without_genesis):
        assert proofs.changed(proofs.approval, change) == "E_PROOF_ORDER"
    for data in (proofs.approval, proofs.pays):
        document = read(data)
        assert proofs.refused(write({**document, "intent": content_id(b"")})).code == (
            "E_PROOF_INTENT"
        )
        assert proofs.refused(write({**document, "run": content_id(b"")})).code == "E_PROOF_RUN"


def test_an_entry_that_the_supervisor_did_not_sign_is_refused(proofs: Proofs) -> None:
    stranger = Forger(STRANGER)
    document = read(stranger.forge(proofs.approval, lambda _: None))
    document["checkpoint"] = read(proofs.approval)["checkpoint"]
    assert proofs.refused(write(document)).code == "E_PROOF_SIGNATURE"


def test_a_whole_ledger_of_a_stranger_is_told_by_its_key(proofs: Proofs) -> None:
    """By itself it is as good as any: whose ledger it must be is for the verifier to know."""

    def taken_over(document: Document) -> None:
        document["entries"][0]["entry"]["body"]["supervisor"] = STRANGER.did

    forged = Forger(STRANGER).forge(proofs.approval, taken_over)
    assert proofs.verify(forged).supervisor == STRANGER.did
    assert proofs.refused(forged, proofs.supervisor).code == "E_PROOF_SUPERVISOR"
    assert proofs.verify(proofs.approval, proofs.supervisor).record
