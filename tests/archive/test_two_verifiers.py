"""Our verifier and the one of docs/examples/verify, which has no code of ours, judge alike.

An export is changed in many ways that nobody chose; each of the two takes it or refuses it, and
both must do the same: what one takes and the other refuses has a form that is not written down.
"""

from __future__ import annotations

import random
import shutil
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from logos_graph.archive import export_ledger, verify_archive
from logos_graph.errors import NotVerified
from logos_graph.identity import Did
from logos_graph.ledger import accept_supervision, checkpoint_key
from tests.archive.conftest import LEDGER, Kept
from tests.archive.test_second_verifier import AnySource
from tests.golang import Program
from tests.ledger.conftest import ALICE, BOB, SUPERVISOR, Book

Change = Callable[[Path, random.Random], None]


@pytest.fixture(scope="module")
def whole(short: Kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that was continued twice."""
    folder = tmp_path_factory.mktemp("whole") / "export"
    for size in (5, 17, 30):
        short.export(folder, size)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "export"))


def ours(folder: Path, trusted: Did | None = None) -> bool:
    """Whether our own takes it. Its report may still say that an invariant is broken."""
    try:
        verify_archive(folder, trusted)
    except NotVerified:
        return False
    return True


def a_file(folder: Path, choice: random.Random) -> Path:
    return choice.choice(sorted(path for path in folder.rglob("*") if path.is_file()))


def a_folder(folder: Path, choice: random.Random) -> Path:
    return choice.choice([folder, *sorted(path for path in folder.rglob("*") if path.is_dir())])


def a_bit(folder: Path, choice: random.Random) -> None:
    path = a_file(folder, choice)
    data = bytearray(path.read_bytes())
    data[choice.randrange(len(data))] ^= 1 << choice.randrange(8)
    path.write_bytes(data)


def a_byte_more(folder: Path, choice: random.Random) -> None:
    path = a_file(folder, choice)
    data = path.read_bytes()
    at = choice.randrange(len(data) + 1)
    path.write_bytes(data[:at] + choice.choice([b"\n", b" ", b"0", b"\0", b"\xff"]) + data[at:])


def a_piece_less(folder: Path, choice: random.Random) -> None:
    path = a_file(folder, choice)
    data = path.read_bytes()
    at, length = choice.randrange(len(data)), choice.choice([1, 2, 32, 196, len(data)])
    path.write_bytes(data[:at] + data[at + length :])


def no_file(folder: Path, choice: random.Random) -> None:
    a_file(folder, choice).unlink()


def another_file(folder: Path, choice: random.Random) -> None:
    a_file(folder, choice).replace(a_file(folder, choice))


def a_copy(folder: Path, choice: random.Random) -> None:
    names = ("000", "001", "x000", "000.p", "1", "29", "0" * 64, "staged.tmp", ".hidden", "é")
    target = a_folder(folder, choice) / choice.choice(names)
    if not target.exists():
        shutil.copy(a_file(folder, choice), target)


def a_folder_more(folder: Path, choice: random.Random) -> None:
    names = ("000", "001", "x000", "000.p", "aa", "ff", "blobs", "tile", "1", "new")
    (a_folder(folder, choice) / choice.choice(names)).mkdir(exist_ok=True)


def no_folder(folder: Path, choice: random.Random) -> None:
    found = a_folder(folder, choice)
    if found != folder:
        shutil.rmtree(found)


def a_link(folder: Path, choice: random.Random) -> None:
    path = a_file(folder, choice)
    aside = folder.parent / "aside"
    path.rename(aside)
    path.symlink_to(aside)


def a_linked_folder(folder: Path, choice: random.Random) -> None:
    path = a_folder(folder, choice)
    if path != folder:
        aside = folder.parent / "aside"
        path.rename(aside)
        path.symlink_to(aside)


CHANGES: tuple[Change, ...] = (
    a_bit, a_byte_more, a_piece_less, no_file, another_file, a_copy, a_folder_more, no_folder,
    a_link, a_linked_folder,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_they_judge_alike_what_was_changed_at_random(
    whole: Path, tmp_path: Path, second_verifier: Program, change: Change
) -> None:
    refused = 0
    for seed in range(25):
        folder = tmp_path / str(seed) / "export"
        shutil.copytree(whole, folder)
        change(folder, random.Random(seed))
        answer, taken = second_verifier(folder), ours(folder)
        assert (answer.status == 0) == taken, (seed, answer, taken)
        assert answer.status in (0, 1), (seed, answer)
        refused += not taken
    assert refused > 5


def line(name: str, key_id: bytes, signature: bytes) -> str:
    return f"\u2014 {name} {b64encode(key_id + signature).decode()}\n"


KEY = checkpoint_key(LEDGER, SUPERVISOR.did)
WITNESS = line("witness.example", b"abcd", b"s" * 72)
NOTES: dict[str, tuple[Callable[[str], str], bool]] = {
    "a witness": (lambda note: note + WITNESS, True),
    "a witness first": (lambda note: note.replace("\n\n", f"\n\n{WITNESS}"), True),
    "a witness of a strange name": (lambda note: note + line("w\ufffd", b"abcd", b"s"), True),
    "99 witnesses": (lambda note: note + WITNESS * 99, True),
    "100 witnesses": (lambda note: note + WITNESS * 100, False),
    "our key, and a wrong signature": (lambda n: n + line(KEY.name, KEY.id, b"s" * 64), False),
    "our key twice": (lambda note: note + note.split("\n\n")[1], True),
    "a name with a plus": (lambda note: note + line("a+b", b"abcd", b"s"), False),
    "a name with a space": (lambda note: note + line("a\u2003b", b"abcd", b"s"), False),
    "an id alone": (lambda note: note + line("w", b"abcd", b""), False),
    "no dash": (lambda note: note + WITNESS.replace("\u2014", "-"), False),
    "a line more in the text": (lambda note: note.replace("\n\n", "\nmore\n\n"), False),
    "another name of ours": (lambda note: note.replace(f" {KEY.name} ", " other "), False),
    "by somebody else": (
        lambda n: n.split("\n\n")[0] + "\n\n"
        + line(KEY.name, checkpoint_key(LEDGER, ALICE.did).id, b"s" * 64), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTES)
def test_they_judge_alike_what_stands_in_the_checkpoint(
    folder: Path, second_verifier: Program, name: str
) -> None:
    change, good = NOTES[name]
    path = folder / "checkpoint"
    path.write_bytes(change(path.read_bytes().decode()).encode())
    assert (second_verifier(folder).status == 0, ours(folder)) == (good, good)


def test_they_judge_alike_a_wrong_signature_of_a_retired_key(
    tmp_path: Path, second_verifier: Program
) -> None:
    """It is no witness's: whoever names one of the ledger's keys must have it."""
    book = Book()
    signature = accept_supervision(book.ledger, SUPERVISOR.did, BOB)
    handed = {"kind": "supervisor", "did": BOB.did, "previous": SUPERVISOR.did}
    book.receipt(book.intent(did="supervisor.rotate_key"), {**handed, "signature": signature})
    export_ledger(tmp_path, AnySource(book.entries, BOB))
    assert (second_verifier(tmp_path).status == 0, ours(tmp_path)) == (True, True)
    path, retired = tmp_path / "checkpoint", checkpoint_key(book.ledger, SUPERVISOR.did)
    path.write_text(path.read_text() + line(retired.name, retired.id, b"s" * 64))
    assert (second_verifier(tmp_path).status == 0, ours(tmp_path)) == (False, False)
