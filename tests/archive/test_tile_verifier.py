"""An export is a log by C2SP's tlog-tiles: the verifiers of others accept it, and find what is not.

They know nothing of entries: what they check are the checkpoint, the tiles and the entry bundles.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from logos_graph.ledger import checkpoint_key
from tests.archive.conftest import Kept, files, kept
from tests.golang import Program
from tests.ledger.conftest import ALICE, SUPERVISOR


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 513])
def test_an_export_of_any_size_is_verified_with_its_proofs(
    long: Kept, tmp_path: Path, tile_verifier: Program, size: int
) -> None:
    long.export(tmp_path, size)
    answer = tile_verifier(tmp_path, checkpoint_key(long.book.ledger, SUPERVISOR.did).text)
    assert answer.status == 0, answer
    assert answer.out.startswith(f"size {size}, ")


def test_another_key_is_not_the_log_s(tmp_path: Path, tile_verifier: Program) -> None:
    log = kept(3)
    log.export(tmp_path)
    for ledger, key in ((log.book.ledger, ALICE), ("other", SUPERVISOR)):
        assert tile_verifier(tmp_path, checkpoint_key(ledger, key.did).text).status == 1


def test_a_flipped_byte_in_checkpoint_tile_or_bundle_is_found(
    tmp_path: Path, tile_verifier: Program
) -> None:
    log = kept(5)
    log.export(tmp_path)
    key = checkpoint_key(log.book.ledger, SUPERVISOR.did).text
    found = {
        name: data
        for name, data in files(tmp_path).items()
        if name == "checkpoint" or name.startswith("tile/")
    }
    assert len(found) == 3
    for name, data in found.items():
        for at in range(0, len(data), max(1, len(data) // 17)):
            changed = bytearray(data)
            changed[at] ^= 1
            (tmp_path / name).write_bytes(changed)
            assert tile_verifier(tmp_path, key).status == 1, (name, at)
        (tmp_path / name).write_bytes(data)
    assert tile_verifier(tmp_path, key).status == 0
