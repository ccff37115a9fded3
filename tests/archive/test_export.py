"""An export: what is in it, and how it goes on after whatever interrupted it."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from logos_graph.archive import Archive, export_ledger, verify_archive
from logos_graph.archive.staging import Staging
from logos_graph.archive.writer import export_staged
from logos_graph.canon import content_id, parse
from logos_graph.errors import Conflict, EnvironmentFault, NotVerified, Rejected
from logos_graph.identity import Signer
from logos_graph.ledger import sign_checkpoint
from logos_graph.ledger.merkle import hash_leaf, leaf_data, nodes_of, root_of
from logos_graph.ledger.tiles import Span, decode_bundle, split_hashes
from tests.archive.conftest import Kept, files, kept
from tests.ledger.conftest import SUPERVISOR


def test_an_export_holds_the_entries_their_tree_and_what_they_name(
    long: Kept, tmp_path: Path
) -> None:
    done = long.export(tmp_path / "a" / "b")
    found = files(tmp_path / "a" / "b")
    leaves = [leaf_data(entry) for entry in long.book.entries]
    hashes = [hash_leaf(leaf) for leaf in leaves]
    nodes, size = nodes_of(hashes), len(leaves)
    for number in range(3):
        span = Span(number, 256 if number < 2 else size - 512)
        entries = long.book.entries[span.first : span.end]
        text = "".join(f"{entry.text}\n{entry.signature}\n" for entry in entries).encode()
        assert found.pop(f"entries/{span.path}") == text
        assert (
            decode_bundle(found.pop(f"tile/entries/{span.path}"), span.width)
            == (leaves[span.first : span.end])
        )
        assert split_hashes(found.pop(f"tile/0/{span.path}")) == hashes[span.first : span.end]
    assert split_hashes(found.pop("tile/1/000.p/2")) == [nodes[8, index] for index in range(2)]
    checkpoint = found.pop("checkpoint")
    root = root_of(size, nodes)
    assert checkpoint == sign_checkpoint(long.book.ledger, size, root, SUPERVISOR).data
    assert checkpoint == done.note.data
    assert checkpoint.split(b"\n")[2] == b64encode(root)
    assert parse(found.pop("export.json")) == {
        "format": "logos-export/1", "head": long.book.entries[-1].hash, "ledger": long.book.ledger,
        "size": size, "state": None, "supervisor": SUPERVISOR.did,
    }  # fmt: skip
    assert all(path == f"blobs/{path[6:8]}/{content_id(data)[3:]}" for path, data in found.items())
    named = {content_id(data) for data in found.values()}
    told = (b"permit;", b"permit; // 1", b"{}", b'{"type":"object"}')
    assert named == {*long.contents, *map(content_id, told)}


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 513, 520])
def test_an_export_of_any_size_is_verified(long: Kept, tmp_path: Path, size: int) -> None:
    long.export(tmp_path, size)
    report = verify_archive(tmp_path, SUPERVISOR.did)
    assert (report.checkpoint.size, report.head) == (size, long.book.entries[size - 1].head)
    assert list(Archive(tmp_path).entries()) == long.book.entries[:size]
    assert list(Archive(tmp_path).entries(size // 2)) == long.book.entries[size // 2 : size]


@pytest.mark.parametrize(
    "sizes",
    [(1, 2, 3), (10, 255, 256, 257), (256, 512), (256, 300, 300, 520), (512, 520), (520,) * 2],
)  # fmt: skip
def test_an_export_goes_on_with_what_is_new(
    long: Kept, tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    before = 0
    for size in sizes:
        source = long.source(size)
        done = export_ledger(tmp_path / "grown", source)
        assert (done.already, done.size) == (before, size)
        assert source.asked == [max(before - 1, 0) // 256 * 256]
        assert verify_archive(tmp_path / "grown", SUPERVISOR.did).checkpoint.size == size
        before = size
    long.export(tmp_path / "at once", before)
    grown, at_once = files(tmp_path / "grown"), files(tmp_path / "at once")
    assert at_once.items() <= grown.items()
    assert all(".p/" in path for path in grown.keys() - at_once.keys())


@pytest.mark.parametrize("breaks_at", [0, 1, 255, 256, 300, 511, 512, 519])
def test_an_interrupted_export_goes_on_from_its_last_checkpoint(
    long: Kept, tmp_path: Path, breaks_at: int
) -> None:
    source = long.source()
    source.breaks_at = breaks_at
    with pytest.raises(KeyboardInterrupt):
        export_ledger(tmp_path / "a", source, step=1)
    there = breaks_at // 256 * 256
    assert not list((tmp_path / "a").glob("*.tmp"))
    if there:
        assert verify_archive(tmp_path / "a", SUPERVISOR.did).checkpoint.size == there
    done = long.export(tmp_path / "a")
    assert done.already == there
    assert verify_archive(tmp_path / "a", SUPERVISOR.did).checkpoint.size == 520
    long.export(tmp_path / "b")
    assert files(tmp_path / "b").items() <= files(tmp_path / "a").items()


def test_an_export_that_stopped_between_any_two_files_goes_on(short: Kept, tmp_path: Path) -> None:
    """A process that dies leaves what has its name, and perhaps a part of what has not yet."""
    written: list[str] = []

    class Noting(Staging):
        def put(self, path: str, data: bytes) -> None:
            written.append(path)
            if len(written) == dies_at:
                (self.folder / "staged.tmp").write_bytes(data[: len(data) // 2])
                raise KeyboardInterrupt
            super().put(path, data)

        def close(self) -> None:
            pass  # it died: nothing is cleaned up, but for the lock

    dies_at = 0
    while True:
        dies_at += 1
        folder = tmp_path / str(dies_at)
        short.export(folder, 20)
        staging, source = Noting(folder), short.source()
        written.clear()
        try:
            export_staged(staging, source)
        except KeyboardInterrupt:
            Staging.close(staging)
        else:
            Staging.close(staging)
            break
        short.export(folder)
        assert verify_archive(folder, SUPERVISOR.did).checkpoint.size == 30
    assert written[-1] == "checkpoint"
    assert len(written) == dies_at - 1 > 3


def test_a_cosigned_checkpoint_of_the_same_size_stays(short: Kept, tmp_path: Path) -> None:
    done = short.export(tmp_path)
    cosigned = done.note.data + "— witness.example ".encode() + b64encode(bytes(76)) + b"\n"
    (tmp_path / "checkpoint").write_bytes(cosigned)
    assert short.export(tmp_path).note.data == cosigned
    assert (tmp_path / "checkpoint").read_bytes() == cosigned
    verify_archive(tmp_path, SUPERVISOR.did)


def refused(short: Kept, folder: Path, size: int | None = None) -> str:
    before = files(folder)
    with pytest.raises((Rejected, NotVerified)) as error:
        short.export(folder, size)
    assert files(folder) == before
    return error.value.code


def test_the_folder_of_another_ledger_is_refused(short: Kept, tmp_path: Path) -> None:
    kept(10, "01JYYYYYYYYYYYYYYYYYYYYYYY").export(tmp_path)
    assert refused(short, tmp_path) == "E_EXPORT_OTHER"
    (tmp_path / "export.json").unlink()
    assert refused(short, tmp_path) == "E_EXPORT_OTHER"


@pytest.mark.parametrize("size", [10, 30])
def test_the_folder_of_a_fork_is_refused(short: Kept, tmp_path: Path, size: int) -> None:
    """Signed by the same key, in the same ledger: two histories, and none overwrites the other."""
    kept(30, fork=True).export(tmp_path, size)
    assert refused(short, tmp_path) == "E_EXPORT_OTHER"


def test_a_fork_of_full_files_is_refused(long: Kept, tmp_path: Path) -> None:
    kept(512, fork=True).export(tmp_path)
    assert refused(long, tmp_path) == "E_EXPORT_OTHER"


def test_a_ledger_that_was_rolled_back_does_not_replace_its_export(
    short: Kept, tmp_path: Path
) -> None:
    short.export(tmp_path, 20)
    assert refused(short, tmp_path, 19) == "E_EXPORT_OTHER"


def test_a_folder_with_other_things_is_left_alone(short: Kept, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert refused(short, tmp_path) == "E_EXPORT_OTHER"


def test_nothing_is_signed_over_tiles_that_somebody_changed(short: Kept, tmp_path: Path) -> None:
    short.export(tmp_path, 20)
    tile = tmp_path / "tile" / "0" / "000.p" / "20"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    assert refused(short, tmp_path) == "E_EXPORT_DAMAGED"
    tile.unlink()
    assert refused(short, tmp_path) == "E_EXPORT_DAMAGED"


def test_nothing_is_signed_after_a_checkpoint_by_another_key(short: Kept, tmp_path: Path) -> None:
    short.export(tmp_path, 20)
    stranger = Signer.from_seed(b"x" * 32)
    note = sign_checkpoint(short.book.ledger, 20, bytes(32), stranger)
    (tmp_path / "checkpoint").write_bytes(note.data)
    assert refused(short, tmp_path) == "E_NOTE_UNSIGNED"
    with pytest.raises(NotVerified, match="checkpoint: ") as named:
        short.export(tmp_path)
    assert "rolled back" in named.value.hint


def test_contents_that_are_not_what_they_are_called_are_not_exported(
    short: Kept, tmp_path: Path
) -> None:
    source = short.source()
    source.contents = dict.fromkeys(short.contents, b"another thing")
    with pytest.raises(NotVerified) as error:
        export_ledger(tmp_path, source)
    assert (error.value.code, error.value.data["index"]) == ("E_EXPORT_CONTENT", 2)
    assert not (tmp_path / "checkpoint").exists()


def test_one_process_at_a_time_exports_to_a_folder(short: Kept, tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    try:
        with pytest.raises(Conflict, match="E_EXPORT_BUSY"):
            short.export(tmp_path)
    finally:
        staging.close()
    short.export(tmp_path)


def test_a_place_that_cannot_be_written_to_is_named(short: Kept, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(EnvironmentFault) as error:
            short.export(folder)
        assert error.value.code == "E_FOLDER"
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "export.json").mkdir()
    with pytest.raises((EnvironmentFault, NotVerified)) as blocked:
        short.export(tmp_path / "blocked")
    assert blocked.value.code in ("E_FOLDER", "E_EXPORT_FOREIGN")
