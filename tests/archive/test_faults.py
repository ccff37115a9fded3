"""What somebody may do to an export, and what is said of it: the code, the file, the index."""

from __future__ import annotations

import os
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from logos_graph.archive import Archive, verify_archive
from logos_graph.archive.rest import check_span
from logos_graph.archive.verify import check_files, check_named
from logos_graph.canon import ContentId
from logos_graph.errors import NotVerified
from logos_graph.identity import Did, Signer
from logos_graph.ledger import Entry, parse_checkpoint, parse_note, sign_checkpoint, verify_chain
from logos_graph.ledger.contents import contents_of
from logos_graph.ledger.merkle import hash_leaf, leaf_data
from logos_graph.ledger.tiles import Span, Tiler
from tests.archive.conftest import DENIED, files, holds, kept
from tests.ledger.conftest import SUPERVISOR

EVERY_BYTE = "LOGOS_EVERY_BYTE"
STRIDE = 1 if os.environ.get(EVERY_BYTE) else 23
"""Of entries and contents every 23rd byte is changed, unless all of them are asked for."""


@dataclass
class Sound:
    """An export that is as it should be, to be spoilt, and what its entries are."""

    folder: Path

    def __post_init__(self) -> None:
        self.archive = Archive(self.folder)
        self.report = verify_archive(self.folder, None)
        self.size = self.report.checkpoint.size
        self.supervisor = self.report.keys[0]
        self.entries = list(self.archive.entries())
        self.files = files(self.folder)
        self.contents = set[ContentId]()
        for entry in self.entries:
            check_named(self.archive, entry, self.contents)

    def put(self, file: str, data: bytes) -> None:
        (self.folder / file).write_bytes(data)

    def fault(self) -> NotVerified:
        """What is said of the whole of it."""
        with pytest.raises(NotVerified) as refused:
            verify_archive(self.folder, self.supervisor)
        assert refused.value.data["file"]
        return refused.value


@pytest.fixture(scope="module")
def sound(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Sound:
    folder = tmp_path_factory.mktemp("spoilt") / "export"
    shutil.copytree(real, folder)
    return Sound(folder)


@pytest.fixture(autouse=True)
def mended(sound: Sound) -> Iterator[None]:
    """After every test the export is as it was."""
    yield
    now = files(sound.folder)
    for file in now.keys() - sound.files.keys():
        (sound.folder / file).unlink()
    for file, data in sound.files.items():
        if now.get(file) != data:
            sound.put(file, data)
    verify_archive(sound.folder, sound.supervisor)


def test_the_export_has_everything_in_it(sound: Sound) -> None:
    kinds = {entry.kind.value for entry in sound.entries}
    assert kinds >= {"genesis", "intent", "receipt", "ghost"}
    bodies: list[Any] = [entry.body for entry in sound.entries]
    mutations = {each["kind"] for body in bodies for each in body.get("mutations", [])}
    assert mutations >= {"draft", "node", "name", "flow", "run"}
    assert {path.split("/")[0] for path in sound.files} == {
        "checkpoint", "export.json", "tile", "entries", "blobs",
    }  # fmt: skip
    assert sum(path.startswith("entries/") for path in sound.files) == 3
    assert 20 <= sound.size <= 40


# --- every byte -----------------------------------------------------------------------------------


def flips(
    sound: Sound, file: str, check: Callable[[int], object], stride: int = 1
) -> Iterator[tuple[int, NotVerified]]:
    """Changes one byte at a time; each place, and the refusal that `check` of it must raise."""
    data = sound.files[file]
    descriptor = os.open(sound.folder / file, os.O_RDWR)
    try:
        for at in range(0, len(data), stride):
            os.pwrite(descriptor, bytes([data[at] ^ (1 << at % 8)]), at)
            with pytest.raises(NotVerified) as refused:
                check(at)
            yield at, refused.value
            os.pwrite(descriptor, data[at : at + 1], at)
    finally:
        os.close(descriptor)


def ends_of(data: bytes) -> list[int]:
    """Where each entry ends in its file."""
    lines = data.splitlines(keepends=True)
    return [*accumulate(len(text) + len(signature) for text, signature in batched(lines))]


def batched(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(lines[::2], lines[1::2], strict=True))


@pytest.mark.parametrize("file", ["checkpoint", "export.json"])
def test_every_byte_of_what_names_the_whole_counts(sound: Sound, file: str) -> None:
    """With another size, what is named is the first file that such an export had otherwise."""
    size = str(sound.size).encode()
    digits = sound.files["checkpoint"].index(b"\n" + size + b"\n") + 1
    for at, refused in flips(sound, file, lambda _at: verify_archive(sound.folder, None)):
        of_another_size = file == "checkpoint" and digits <= at < digits + len(size)
        assert refused.data["file"] == file or of_another_size, (at, refused)


def test_every_byte_of_an_entry_counts_and_its_index_is_named(sound: Sound) -> None:
    """Each entry is verified as it is in a walk over all of them: after the one before it."""
    file = f"entries/000.p/{sound.size}"
    ends = ends_of(sound.files[file])

    def verify(at: int) -> None:
        index = bisect_right(ends, at)
        after = sound.entries[index - 1].head if index else None
        next(
            verify_chain(
                sound.archive.entries(index, size=sound.size), sound.supervisor, after=after
            )
        )

    for at, refused in flips(sound, file, verify, STRIDE):
        assert refused.data["index"] == bisect_right(ends, at), (at, refused)


def test_the_whole_names_the_file_and_the_index_of_a_changed_entry(sound: Sound) -> None:
    file = f"entries/000.p/{sound.size}"
    data, ends = sound.files[file], ends_of(sound.files[file])
    for index, end in enumerate(ends):
        for at in (ends[index - 1] + 20 if index else 20, end - 150, end - 130, end - 2, end - 1):
            sound.put(file, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            refused = sound.fault()
            assert (refused.data["file"], refused.data["index"]) == (file, index), (at, refused)


def test_every_byte_of_a_content_counts(sound: Sound) -> None:
    for identity in sorted(sound.contents):
        file = f"blobs/{identity[3:5]}/{identity[3:]}"
        for at, refused in flips(sound, file, partial(read_blob, sound.archive, identity), STRIDE):
            assert (refused.code, refused.data["file"]) == ("E_EXPORT_CONTENT", file), at


def read_blob(archive: Archive, identity: ContentId, _at: int) -> bytes:
    return archive.blob(identity)


def test_every_byte_of_a_tile_and_of_a_bundle_counts(sound: Sound) -> None:
    leaves, tree = [leaf_data(entry) for entry in sound.entries], Tiler()
    for leaf in leaves:
        tree.append(hash_leaf(leaf))
    span = Span(0, sound.size)
    for file, width in ((f"tile/0/{span.path}", 32), (f"tile/entries/{span.path}", 196)):
        for at, refused in flips(
            sound, file, lambda _at: check_files(sound.archive, span, leaves, tree.partial())
        ):
            assert refused.code == "E_EXPORT_TILE"
            assert (refused.data["file"], refused.data["index"]) == (file, at // width)


def test_every_byte_of_what_an_earlier_export_left_counts(sound: Sound) -> None:
    last = f"000.p/{sound.size}"
    earlier = [path for path in sound.files if ".p/" in path and not path.endswith(last)]
    assert len(earlier) == 6
    for file in earlier:
        stride = STRIDE if file.startswith("entries/") else 1
        check = partial(look_at, sound, file)
        for at, refused in flips(sound, file, check, stride):
            assert (refused.code, refused.data["file"]) == ("E_EXPORT_TILE", file), at


def look_at(sound: Sound, file: str, _at: int) -> None:
    check_span(sound.archive, file, sound.size)


def test_a_byte_more_and_a_byte_less_count_in_every_file(sound: Sound) -> None:
    for file, data in sound.files.items():
        for changed in (data[:-1], data + b"\n", data + data[-1:], b"", b"\x00" * len(data)):
            sound.put(file, changed)
            refused = sound.fault()
            assert refused.data["file"] == file, refused
        sound.put(file, data)


# --- lines ----------------------------------------------------------------------------------------


def spoilt_lines(lines: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Every line removed, doubled, swapped with the next; with the entry that is first wrong."""
    for at in range(len(lines)):
        yield at // 2, [*lines[:at], *lines[at + 1 :]]
        yield (at + 1) // 2, [*lines[: at + 1], *lines[at:]]
        if at + 1 < len(lines):
            yield at // 2, [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


def test_every_line_removed_doubled_or_swapped_is_found_at_its_entry(sound: Sound) -> None:
    file = f"entries/000.p/{sound.size}"
    lines = sound.files[file].splitlines(keepends=True)
    for index, spoilt in spoilt_lines(lines):
        sound.put(file, b"".join(spoilt))
        refused = sound.fault()
        assert (refused.data["file"], refused.data["index"]) == (file, index), refused


def test_every_entry_removed_doubled_or_swapped_is_found_at_its_place(sound: Sound) -> None:
    file = f"entries/000.p/{sound.size}"
    lines = sound.files[file].splitlines(keepends=True)
    pairs = [text + signature for text, signature in batched(lines)]
    for at, pair in enumerate(pairs):
        spoilt = [(at, [*pairs[:at], *pairs[at + 1 :]]), (at + 1, [*pairs[: at + 1], *pairs[at:]])]
        if at + 1 < len(pairs):
            spoilt.append((at, [*pairs[:at], pairs[at + 1], pair, *pairs[at + 2 :]]))
        for index, changed in spoilt:
            sound.put(file, b"".join(changed))
            refused = sound.fault()
            assert (refused.data["file"], refused.data["index"]) == (file, index), refused


# --- files ----------------------------------------------------------------------------------------


def test_every_file_that_is_missing_is_named(sound: Sound) -> None:
    for file, data in sound.files.items():
        (sound.folder / file).unlink()
        if file.startswith("blobs/"):
            refused = sound.fault()
            named = next(e for e in sound.entries if names(e, file))
            assert refused.data["index"] == named.index
        elif ".p/" in file and not file.endswith(f"/{sound.size}"):
            verify_archive(sound.folder, sound.supervisor)  # nobody needs the earlier ones
            sound.put(file, data)
            continue
        else:
            refused = sound.fault()
        assert (refused.code, refused.data["file"]) == ("E_EXPORT_MISSING", file)
        sound.put(file, data)


def names(entry: Entry, blob: str) -> bool:
    return any(content.id[3:] == blob[-64:] for content in contents_of(entry))


@pytest.mark.parametrize(
    "file",
    [
        "README", "checkpoint.bak", "staged.tmp", "entries.tmp", ".hidden", "\n\x1b[2J",
        "entries/000", "entries/000.p/255", "entries/001.p/1", "entries/x000/001",
        "entries/x001/x001/x001/000", "entries/000.p/copy", "entries/000.p/x/y",
        "entries/\udcff\udcfe", "tile/0/000", "tile/1/000.p/1", "tile/2/000.p/1",
        "tile/00/000.p/1", "tile/10/000.p/1", "tile/x/000.p/1", "tile/entries/000",
        "blobs/" + "0" * 64, "blobs/00/" + "0" * 64, "blobs/00/" + "0" * 63, "blobs/gg/x",
    ],
)  # fmt: skip
def test_a_file_that_does_not_belong_there_is_named(sound: Sound, file: str) -> None:
    path = sound.folder / file
    folders = [each for each in path.parents if not each.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    refused = sound.fault()
    path.unlink()
    for folder in folders:
        folder.rmdir()
    assert refused.code == "E_EXPORT_FOREIGN"
    assert file.startswith(str(refused.data["file"]))


def test_a_content_under_the_name_of_another_is_refused(sound: Sound) -> None:
    one, other, *_ = (path for path in sound.files if path.startswith("blobs/"))
    sound.put(one, sound.files[other])
    refused = sound.fault()
    assert (refused.code, refused.data["file"]) == ("E_EXPORT_CONTENT", one)


# --- other ledgers, other keys --------------------------------------------------------------------


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two ledgers of one supervisor, equally long."""
    folders = tmp_path_factory.mktemp("two") / "one", tmp_path_factory.mktemp("two") / "other"
    kept(30).export(folders[0])
    kept(30, "01JYYYYYYYYYYYYYYYYYYYYYYY").export(folders[1])
    return folders


@pytest.mark.parametrize("part", ["checkpoint", "export.json", "entries", "tile", "tile/entries"])
def test_two_ledgers_are_not_mixed(two: tuple[Path, Path], tmp_path: Path, part: str) -> None:
    mixed = tmp_path / "mixed"
    shutil.copytree(two[0], mixed)
    if (two[1] / part).is_dir():
        shutil.rmtree(mixed / part)
        shutil.copytree(two[1] / part, mixed / part)
    else:
        shutil.copy(two[1] / part, mixed / part)
    with pytest.raises(NotVerified) as refused:
        verify_archive(mixed, SUPERVISOR.did)
    assert str(refused.value.data["file"]).startswith(
        {"entries": "checkpoint", "tile": "tile"}.get(part, part)
    )


def test_entries_of_two_ledgers_are_no_chain(two: tuple[Path, Path], tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    shutil.copytree(two[0], mixed)
    file = "entries/000.p/30"
    one, other = ((folder / file).read_bytes().splitlines(keepends=True) for folder in two)
    for at in range(1, 30):
        (mixed / file).write_bytes(b"".join([*one[: 2 * at], *other[2 * at :]]))
        with pytest.raises(NotVerified) as refused:
            verify_archive(mixed, SUPERVISOR.did)
        assert (refused.value.code, refused.value.data["index"]) == ("E_CHAIN_LEDGER", at)


def signed_by(sound: Sound, signer: Signer, ledger: str | None = None) -> None:
    known = parse_checkpoint(parse_note(sound.files["checkpoint"]).text)
    note = sign_checkpoint(ledger or sound.report.head.ledger, known.size, known.root, signer)
    sound.put("checkpoint", note.data)


def test_a_checkpoint_by_another_key_is_refused(sound: Sound) -> None:
    signed_by(sound, Signer.from_seed(b"x" * 32))
    refused = sound.fault()
    assert (refused.code, refused.data["file"]) == ("E_NOTE_UNSIGNED", "checkpoint")


def test_an_export_of_another_supervisor_is_not_the_trusted_one(sound: Sound) -> None:
    with pytest.raises(NotVerified) as refused:
        verify_archive(sound.folder, Did(SUPERVISOR.did))
    assert refused.value.code in ("E_CHAIN_SIGNATURE", "E_CHAIN_SUPERVISOR")


def test_a_ledger_that_breaks_an_invariant_is_told_in_the_report(tmp_path: Path) -> None:
    """A genuine chain of entries that no gate would have written."""
    wrong = kept(9)
    wrong.book.receipt(wrong.book.intent(decision=DENIED))
    wrong.export(tmp_path)
    report = verify_archive(tmp_path, None)
    assert not report.ok
    assert {check.name for check in report.checked.checks if not check.ok} == {"I2", "I4"}


def test_a_ledger_that_keeps_them_is_told_as_well(sound: Sound, tmp_path: Path) -> None:
    assert sound.report.ok
    by_hand = kept(31)
    by_hand.export(tmp_path)
    assert holds(verify_archive(tmp_path, None), by_hand.book)
