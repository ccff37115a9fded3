"""The ledger of all these tests, exported by the command: verifiers that are not ours accept it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from logos_graph.ledger import checkpoint_key
from tests.golang import Program
from tests.integration.conftest import Cast, Logos


@pytest.fixture(scope="module")
def exported(example: Cast, logos: Logos, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared ledger, with the modules, sources, policies and schemas that it names."""
    folder = tmp_path_factory.mktemp("exports") / "copy"
    ended = logos("ledger", "export", folder)
    assert ended.status == 0, ended
    return folder


def test_the_second_verifier_accepts_the_export_of_a_real_ledger(
    exported: Path, example: Cast, second_verifier: Program
) -> None:
    answer = second_verifier(exported, example.operator.did)
    assert (answer.status, answer.err) == (0, "")
    assert f"of ledger {example.system.ledger}\n" in answer.out
    assert answer.out.endswith("\nok\n")


def test_the_verifiers_of_others_accept_its_checkpoint_tiles_and_bundles(
    exported: Path, example: Cast, tile_verifier: Program
) -> None:
    key = checkpoint_key(example.system.ledger, example.operator.did)
    answer = tile_verifier(exported, key.text)
    assert answer.status == 0, answer


@pytest.mark.parametrize("index", [0, 7])
def test_both_find_the_entry_that_was_changed(
    exported: Path,
    example: Cast,
    second_verifier: Program,
    logos: Logos,
    tmp_path: Path,
    index: int,
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(exported, copy)
    file = next(path for path in sorted((copy / "entries").rglob("*")) if path.is_file())
    lines = file.read_bytes().split(b"\n")
    lines[2 * index] = lines[2 * index].replace(b'"trace_id":"0', b'"trace_id":"1')
    file.write_bytes(b"\n".join(lines))
    answer = second_verifier(copy)
    assert (answer.status, answer.err[: len(f"entry {index}: ")]) == (1, f"entry {index}: ")
    ours = logos("verify", copy, "--json")
    assert (ours.status, ours.document["error"]["index"]) == (1, index)
