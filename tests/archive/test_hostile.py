"""Folders that were made to do harm: nothing is followed, waited for, or read without end."""

from __future__ import annotations

import os
import shutil
import socket
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logos_graph.archive import verify_archive
from logos_graph.cli.main import logos
from logos_graph.cli.program import run_program
from logos_graph.errors import NotVerified
from logos_graph.ledger import sign_checkpoint
from tests.archive.conftest import LEDGER, Kept, kept
from tests.ledger.conftest import SUPERVISOR

TERABYTE = 1 << 40
FILES = (
    "checkpoint",
    "export.json",
    "entries/000.p/30",
    "tile/0/000.p/30",
    "tile/entries/000.p/30",
)


@pytest.fixture
def folder(short: Kept, tmp_path: Path) -> Path:
    short.export(tmp_path / "export")
    return tmp_path / "export"


def fault(folder: Path) -> NotVerified:
    with pytest.raises(NotVerified) as refused:
        verify_archive(folder, None)
    return refused.value


def files_of(folder: Path) -> list[Path]:
    return [folder / file for file in FILES] + [next((folder / "blobs").glob("*/*"))]


def linked(path: Path) -> None:
    aside = path.parent.parent.parent / "aside"
    path.rename(aside)
    path.symlink_to(aside)


def looped(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def made_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("spoil", [linked, looped, piped, made_folder, endless])
def test_what_is_no_plain_file_is_not_read(
    folder: Path, spoil: Callable[[Path], None], number: int
) -> None:
    path = files_of(folder)[number]
    spoil(path)
    refused = fault(folder)
    assert (refused.code, refused.data["file"]) == (
        "E_EXPORT_FOREIGN", path.relative_to(folder).as_posix(),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["entries", "entries/000.p", "tile", "tile/0", "blobs"])
def test_a_link_to_a_folder_is_not_followed(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).rename(tmp_path / "aside")
    (folder / name).symlink_to(tmp_path / "aside")
    assert fault(folder).code == "E_EXPORT_FOREIGN"


@pytest.mark.parametrize("name", ["link", "pipe", "socket"])
def test_other_things_than_files_are_foreign(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(folder)
    if name == "link":
        Path(name).symlink_to("/etc/passwd")
    elif name == "pipe":
        os.mkfifo(name)
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(name)
    refused = fault(folder)
    assert (refused.code, refused.data["file"]) == ("E_EXPORT_FOREIGN", name)


@pytest.mark.parametrize("number", range(6))
def test_a_file_without_end_is_not_read_to_its_end(folder: Path, number: int) -> None:
    path = files_of(folder)[number]
    for data in (b"", path.read_bytes()):
        path.write_bytes(data)
        os.truncate(path, TERABYTE)
        refused = fault(folder)
        assert refused.data["file"] == path.relative_to(folder).as_posix()
        assert refused.code in ("E_EXPORT_SIZE", "E_EXPORT_FORM", "E_EXPORT_TILE", "E_ENTRY_FORM")


@pytest.mark.parametrize("size", [1 << 20, 1 << 40, (1 << 63) - 1])
def test_a_size_that_is_only_claimed_costs_nothing(folder: Path, size: int) -> None:
    (folder / "checkpoint").write_bytes(sign_checkpoint(LEDGER, size, bytes(32), SUPERVISOR).data)
    assert fault(folder).code == "E_EXPORT_MISSING"


def test_a_checkpoint_of_nothing_proves_nothing(folder: Path) -> None:
    (folder / "checkpoint").write_bytes(sign_checkpoint(LEDGER, 0, bytes(32), SUPERVISOR).data)
    assert fault(folder).code == "E_EXPORT_FORM"


def test_folders_are_entered_no_deeper_than_an_export_goes(folder: Path) -> None:
    deep = folder / "entries" / "/".join(["x001"] * 300)
    deep.mkdir(parents=True)
    refused = fault(folder)
    assert refused.code == "E_EXPORT_FOREIGN"
    assert len(str(refused.data["file"]).split("/")) <= 3
    shutil.rmtree(folder / "entries" / "x001")
    verify_archive(folder, None)


def test_a_folder_with_a_thousand_strangers_is_refused_at_the_first(folder: Path) -> None:
    for number in range(1000):
        (folder / f"stranger {number}").touch()
    assert fault(folder).code == "E_EXPORT_FOREIGN"


def test_a_name_that_is_no_text_is_printed_all_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "entries" / os.fsdecode(b"\xff\xfe\x1b[31m")).touch()
    for options in ([], ["--json"]):
        assert run_program(logos, "logos", ["verify", str(folder), *options]) == 1
    printed = capsys.readouterr()
    assert "E_EXPORT_FOREIGN" in printed.out
    assert "E_EXPORT_FOREIGN" in printed.err
    assert "\x1b[31m" not in printed.out + printed.err


@pytest.mark.parametrize("what", ["nothing", "a file"])
def test_a_path_that_is_no_export_is_wrong_use_or_not_verified(tmp_path: Path, what: str) -> None:
    if what == "nothing":
        refused = fault(tmp_path)
        assert refused.code == "E_EXPORT_MISSING"
        assert str(tmp_path) in refused.message
        assert "logos ledger export" in refused.hint
        assert fault(tmp_path / "nowhere").code == "E_EXPORT_MISSING"
    else:
        (tmp_path / "file").touch()
        assert fault(tmp_path / "file").code == "E_EXPORT_FOREIGN"


ODD: list[dict[str, Any]] = [
    {"kind": "node", "id": "x"},
    {"kind": "node", "id": "b3:" + "0" * 64, "source": ["../../etc/passwd"]},
    {"kind": "node", "id": "b3:../../../../etc/passwd", "source": None},
    {"kind": "draft", "id": "x"},
    {"kind": "policy", "id": "b3:" + "0" * 64, "text": 5},
    {"kind": "policy", "id": "b3:" + "0" * 64, "text": "another"},
]


@pytest.mark.parametrize("mutation", ODD)
def test_entries_that_name_what_cannot_be_are_refused_with_their_index(
    folder: Path, tmp_path: Path, mutation: dict[str, Any]
) -> None:
    """Their supervisor signed them: a stranger's ledger is a good chain, and still hostile."""
    odd = kept(4)
    odd.book.receipt(odd.book.intent(), mutation)
    with pytest.raises(NotVerified):
        odd.export(tmp_path / "odd")
    lines = "".join(f"{each.text}\n{each.signature}\n" for each in odd.book.entries).encode()
    shutil.copytree(folder, tmp_path / "forged")
    (tmp_path / "forged" / "entries" / "000.p" / "6").write_bytes(lines)
    note = sign_checkpoint(LEDGER, 6, bytes(32), SUPERVISOR)
    (tmp_path / "forged" / "checkpoint").write_bytes(note.data)
    refused = fault(tmp_path / "forged")
    assert (refused.code, refused.data["index"]) == ("E_CONTENT", 5)
    assert refused.data["file"] == "entries/000.p/6"


def test_the_memory_of_a_verification_does_not_grow_with_what_the_entries_hold(
    tmp_path: Path,
) -> None:
    peaks = []
    for length in (30, 240):
        folder = tmp_path / str(length)
        kept(length, note="x" * 100_000).export(folder)
        tracemalloc.start()
        verify_archive(folder, None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 4_000_000  # of the 11 MB that it holds more
