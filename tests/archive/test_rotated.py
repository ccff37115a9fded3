"""Exports of a ledger whose key was rotated: each part is signed by the key of its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from logos_graph.archive import verify_archive
from logos_graph.errors import NotVerified
from logos_graph.identity import Signer
from logos_graph.ledger import parse_checkpoint, parse_note, sign_checkpoint
from tests.archive.conftest import LEDGER, Kept, holds
from tests.ledger.conftest import STRANGER
from tests.ledger.test_rotation import FIRST, SECOND, THIRD, Rotated


@pytest.fixture(scope="module")
def rotated() -> Kept:
    """Three keys, with acts before, between and after their rotations."""
    book = Rotated(LEDGER)
    for new in (SECOND, THIRD):
        book.receipt(book.intent())
        book.rotate(new)
    book.receipt(book.intent())
    return Kept(book, {})


def test_an_export_goes_on_over_every_rotation(rotated: Kept, tmp_path: Path) -> None:
    keys = rotated.source().keys
    for size in range(1, len(rotated.book.entries) + 1):
        rotated.export(tmp_path, size)
        report = verify_archive(tmp_path, FIRST.did)
        assert holds(report, rotated.book)
        assert report.checked == verify_archive(tmp_path, None).checked
        assert (report.signed_by, report.checkpoint.size) == (keys.at(size), size)
    assert report.keys == (FIRST.did, SECOND.did, THIRD.did)


@pytest.mark.parametrize("trusted", [FIRST, SECOND, THIRD])
def test_it_is_known_by_any_of_its_keys(rotated: Kept, tmp_path: Path, trusted: Signer) -> None:
    rotated.export(tmp_path)
    assert holds(verify_archive(tmp_path, trusted.did), rotated.book)
    with pytest.raises(NotVerified, match="E_CHAIN_SUPERVISOR"):
        verify_archive(tmp_path, STRANGER.did)


@pytest.mark.parametrize(("signer", "code"), [(FIRST, "KEY"), (SECOND, "KEY"), (STRANGER, "NOTE")])
def test_a_checkpoint_by_a_key_that_was_not_valid_then_is_refused(
    rotated: Kept, tmp_path: Path, signer: Signer, code: str
) -> None:
    rotated.export(tmp_path)
    known = parse_checkpoint(parse_note((tmp_path / "checkpoint").read_bytes()).text)
    forged = sign_checkpoint(LEDGER, known.size, known.root, signer)
    (tmp_path / "checkpoint").write_bytes(forged.data)
    with pytest.raises(NotVerified) as refused:
        verify_archive(tmp_path, FIRST.did)
    assert refused.value.code == {"KEY": "E_CHECKPOINT_KEY", "NOTE": "E_NOTE_UNSIGNED"}[code]
    assert refused.value.data["file"] == "checkpoint"
    with pytest.raises(NotVerified, match=refused.value.code):
        rotated.export(tmp_path)
