"""docs/examples/verify: a verifier with no code of ours says the same of an export as ours does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from logos_graph.archive import export_ledger, verify_archive
from logos_graph.canon import Tag, encode_text, tagged_id
from logos_graph.errors import NotVerified
from logos_graph.identity import Did, Signer
from logos_graph.ledger import (
    MAX_ENTRY_BYTES,
    Checkpoint,
    Entry,
    EntryKind,
    Head,
    Note,
    accept_supervision,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
)
from logos_graph.ledger.contents import Content
from logos_graph.ledger.entry import entry_fields
from logos_graph.logline import format_when
from tests.archive.conftest import Kept, files, kept
from tests.golang import Program, go
from tests.ledger import worked
from tests.ledger.conftest import (
    AGENT,
    ALICE,
    BOB,
    HOUR,
    SUPERVISOR,
    Book,
    alarm,
    forge,
    tell_story,
)

SIZE = 12
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class AnySource:
    """Entries as they are, good or bad, and whoever signs their checkpoint."""

    listed: list[Entry]
    signer: Signer = SUPERVISOR

    @property
    def head(self) -> Head:
        return self.listed[-1].head

    def entries(self, first: int) -> Iterator[Entry]:
        return iter(self.listed[first:])

    def content(self, content: Content) -> bytes:
        raise AssertionError(content)

    def key(self, size: int) -> Did:
        return self.signer.did

    def sign(self, size: int, root: bytes) -> Note:
        return sign_checkpoint(self.head.ledger, size, root, self.signer)

    def open_checkpoint(self, data: bytes) -> Checkpoint:
        return parse_checkpoint(parse_note(data).text)


@pytest.fixture(scope="module")
def small() -> Kept:
    return kept(SIZE)


@pytest.fixture
def folder(small: Kept, tmp_path: Path) -> Path:
    """An export of a few entries, to be damaged."""
    small.export(tmp_path / "export")
    return tmp_path / "export"


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 513])
def test_an_export_of_any_size_is_verified(
    long: Kept, tmp_path: Path, second_verifier: Program, size: int
) -> None:
    long.export(tmp_path, size)
    answer = second_verifier(tmp_path, SUPERVISOR.did)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.endswith("\nok\n")


def test_the_worked_example_of_the_page_is_verified(
    tmp_path: Path, second_verifier: Program
) -> None:
    export_ledger(tmp_path, AnySource(worked.entries(), worked.SIGNERS["supervisor"]))
    answer = second_verifier(tmp_path, worked.SIGNERS["supervisor"].did)
    assert (answer.status, answer.err) == (0, "")
    assert f"root {worked.values()['root of 3 in base64']}, " in answer.out


def test_an_entry_of_every_kind_is_verified(tmp_path: Path, second_verifier: Program) -> None:
    book = Book()
    tell_story(book)
    cid, next_at = book.intent(), format_when(book.now + HOUR)
    book.add("claim", {"intent": cid, "writer": "v"})
    failed = {"intent": cid, "number": 1, "failure": {}, "consequence": "if_not", "writer": "v"}
    book.add("attempt", {**failed, "next_at": next_at})
    book.add("expiry", {"intent": cid})
    book.add("checkpoint", {})
    book.add("alarm", alarm(cid))
    assert {entry.kind for entry in book.entries} == set(EntryKind)
    export_ledger(tmp_path, AnySource(book.entries))
    assert second_verifier(tmp_path, SUPERVISOR.did).out.endswith("\nok\n")
    verify_archive(tmp_path, SUPERVISOR.did)


@pytest.mark.parametrize("more", [0, 1])
def test_an_entry_is_as_long_as_the_page_allows_and_no_longer(
    tmp_path: Path, second_verifier: Program, more: int
) -> None:
    book = Book()
    short = book.add("checkpoint", {"told": ""})
    told = "x" * (MAX_ENTRY_BYTES + more - len(short.text))
    text = short.text.replace('"told":""', f'"told":"{told}"')
    signature = SUPERVISOR.sign(Tag.ENTRY_SIGNATURE, text.encode())
    hash_ = tagged_id(Tag.ENTRY_HASH, text.encode())
    long = replace(short, body={"told": told}, text=text, signature=signature, hash=hash_)
    export_ledger(tmp_path, AnySource([book.entries[0], long]))
    answer = second_verifier(tmp_path, SUPERVISOR.did)
    if not more:
        assert answer.out.endswith("\nok\n"), answer
        verify_archive(tmp_path, SUPERVISOR.did)
        return
    assert (answer.status, answer.err[:8]) == (1, "entry 1:")
    with pytest.raises(NotVerified):
        verify_archive(tmp_path, SUPERVISOR.did)


@pytest.mark.parametrize(
    "quorum",
    [
        2,
        {"kind": "KOfN", "k": 0},
        {"kind": "KOfN", "k": 101},
        {"kind": "All", "of": []},
        {"kind": "All", "of": [AGENT.did]},
        {"kind": "Majority", "of": sorted([ALICE.did, BOB.did], reverse=True)},
        {"kind": "Majority", "of": [ALICE.did, ALICE.did]},
        {"kind": "Weighted", "threshold": 10, "weights": {ALICE.did: 4, BOB.did: 5}},
        {"kind": "Weighted", "threshold": 4, "weights": {ALICE.did: 5, BOB.did: -1}},
        {"kind": "Weighted", "threshold": 0, "weights": {ALICE.did: 5}},
    ],
    ids=lambda quorum: encode_text(quorum)[:40],
)
@pytest.mark.parametrize("also", [False, True])
def test_a_decision_that_waits_for_no_quorum_is_refused(
    tmp_path: Path, second_verifier: Program, quorum: Any, also: bool
) -> None:
    book = Book()
    asked = book.require()
    book.intent(decision=asked)
    wrong = {"also": [{"role": "treasury", "quorum": quorum}]} if also else {"quorum": quorum}
    last = book.entries[-1]
    book.entries[-1] = forge(last, body={**last.body, "decision": {**asked, **wrong}})
    export_ledger(tmp_path, AnySource(book.entries))
    answer = second_verifier(tmp_path, SUPERVISOR.did)
    assert (answer.status, answer.err[:8]) == (1, "entry 1:")


def test_each_kind_of_quorum_is_verified(tmp_path: Path, second_verifier: Program) -> None:
    book, both = Book(), sorted([ALICE.did, BOB.did])
    for quorum in (
        {"kind": "All", "of": both},
        {"kind": "Majority", "of": both},
        {"kind": "Weighted", "threshold": 9, "weights": {ALICE.did: 4, BOB.did: 5}},
    ):
        told = {"role": "treasury", "quorum": quorum}
        book.intent(decision={**book.require(), **told, "also": [told]})
    export_ledger(tmp_path, AnySource(book.entries))
    assert second_verifier(tmp_path, SUPERVISOR.did).out.endswith("\nok\n")


def test_it_runs_as_its_head_says(folder: Path, cache: Path) -> None:
    answer = go(cache, "run", ".", str(folder), folder=ROOT / "docs" / "examples" / "verify")
    assert answer.out.endswith("\nok\n"), answer.err


def test_an_export_that_was_continued_is_verified_with_what_the_earlier_one_left(
    long: Kept, tmp_path: Path, second_verifier: Program
) -> None:
    for size in (3, 200, 300, 513):
        long.export(tmp_path, size)
    assert (tmp_path / "entries" / "000.p" / "3").exists()
    assert second_verifier(tmp_path).status == 0
    stale = tmp_path / "tile" / "entries" / "000.p" / "3"
    stale.write_bytes(stale.read_bytes().replace(b"0", b"1", 1))
    assert second_verifier(tmp_path).err.startswith("entry 0: tile/entries/000.p/3 ")


def test_the_ledger_of_somebody_else_is_refused(folder: Path, second_verifier: Program) -> None:
    answer = second_verifier(folder, ALICE.did)
    assert (answer.status, answer.err[:8]) == (1, "entry 0:")
    assert second_verifier().status == 2


def _places(data: bytes) -> list[int]:
    """Bytes all over a file: the first, the last, and some of every line."""
    return sorted({0, len(data) - 1, *range(1, len(data), max(1, len(data) // 23))})


def test_a_flipped_byte_is_found_wherever_it_is(folder: Path, second_verifier: Program) -> None:
    for name, data in files(folder).items():
        for at in _places(data):
            changed = bytearray(data)
            changed[at] ^= 1
            (folder / name).write_bytes(changed)
            answer, where = second_verifier(folder), _where(name, data, at)
            assert (answer.status, answer.err[: len(where)]) == (1, where), (name, at, answer)
        (folder / name).write_bytes(data)


def _where(name: str, data: bytes, at: int) -> str:
    """How the first offender is named: an entry by its index, else a file."""
    match name.split("/"):
        case ["entries", *_]:
            index = data[:at].count(b"\n") // 2
        case ["tile", "entries", *_]:
            index = at // 196
        case ["tile", *_]:
            index = at // 32
        case _:
            return f"{name}: "
    return f"entry {index}: "


def _lines(change: Callable[[list[bytes]], object]) -> Callable[[Path], None]:
    """Changes the entries of a folder: each two lines."""

    def damage(folder: Path) -> None:
        file = folder / "entries" / "000.p" / str(SIZE)
        lines = file.read_bytes().splitlines(keepends=True)
        pairs = [b"".join(lines[at : at + 2]) for at in range(0, len(lines), 2)]
        change(pairs)
        file.write_bytes(b"".join(pairs))

    return damage


def _swap(pairs: list[bytes]) -> None:
    pairs[4], pairs[5] = pairs[5], pairs[4]


def _write(name: str, data: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    return damage


def _cut(folder: Path) -> None:
    """The last entries are gone from everywhere but the checkpoint."""
    shutil.rmtree(folder / "entries")
    kept(SIZE - 2).export(folder.parent / "shorter")
    shutil.copytree(folder.parent / "shorter" / "entries", folder / "entries")


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "an entry removed": (_lines(lambda pairs: pairs.pop(4)), "entry 4: "),
    "an entry doubled": (_lines(lambda pairs: pairs.insert(4, pairs[4])), "entry 5: "),
    "two entries swapped": (_lines(_swap), "entry 4: "),
    "the last entries cut": (_cut, f"entry {SIZE - 2}: "),
    "an entry more": (_lines(lambda pairs: pairs.append(pairs[0])), f"entry {SIZE}: "),
    "a strange file": (_write("tile/0/001", b""), "tile/0/001: "),
    "a strange blob": (_write("blobs/00/" + "0" * 64, b""), "blobs/00/"),
    "no checkpoint": (lambda folder: (folder / "checkpoint").unlink(), "checkpoint: "),
    "no tile": (lambda folder: shutil.rmtree(folder / "tile" / "0"), "entry 0: "),
    "no blobs": (lambda folder: shutil.rmtree(folder / "blobs"), "entry 0: "),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_taken_away_or_added_is_found(
    folder: Path, second_verifier: Program, damage: str
) -> None:
    do, where = DAMAGES[damage]
    do(folder)
    answer = second_verifier(folder)
    assert (answer.status, answer.err[: len(where)]) == (1, where), answer
    with pytest.raises(NotVerified):  # the product's own verifier
        verify_archive(folder, SUPERVISOR.did)


def _forged(book: Book, at: int, signer: Signer = SUPERVISOR, **changes: Any) -> None:
    """Changes an entry and signs it anew; those after it no longer follow, and are left out."""
    book.entries[at:] = [forge(book.entries[at], signer, **changes)]


def _body(book: Book, index: int, **changes: Any) -> dict[str, Any]:
    return {**book.entries[index].body, **changes}


def _rotate(book: Book, new: Signer, accepted_by: Signer | None = None) -> None:
    signature = accept_supervision(book.ledger, SUPERVISOR.did, accepted_by or new)
    handed = {"kind": "supervisor", "did": new.did, "previous": SUPERVISOR.did}
    book.receipt(book.intent(did="supervisor.rotate_key"), {**handed, "signature": signature})


def _after_rotation(book: Book, signer: Signer) -> None:
    _rotate(book, BOB)
    book.intent()
    _forged(book, 5, signer)


FORGERIES: dict[str, Callable[[Book], object]] = {
    "by a stranger": lambda book: _forged(book, 2, ALICE),
    "of another ledger": lambda book: _forged(book, 2, ledger="other"),
    "out of order": lambda book: _forged(book, 2, index=3),
    "not after the one before": lambda book: _forged(book, 2, prev_hash=book.entries[0].hash),
    "at an earlier time": lambda book: _forged(book, 2, recorded_at=book.entries[1].recorded_at),
    "with a trace that is none": lambda book: _forged(book, 2, trace_id="x"),
    "with a replayed intent": lambda book: _forged(
        book, 2, kind=book.entries[1].kind, body=book.entries[1].body
    ),
    "with an intent by nobody": lambda book: _forged(
        book, 1, body=_body(book, 1, signature="0" * 128)
    ),
    "with another cid": lambda book: _forged(book, 1, body=_body(book, 1, cid="b3:" + "0" * 64)),
    "by the retired key": lambda book: _after_rotation(book, SUPERVISOR),
    "of a new key that never agreed": lambda book: _rotate(book, BOB, accepted_by=ALICE),
    "of a key that is the supervisor's": lambda book: _rotate(book, SUPERVISOR),
}
OFFENDERS = {"with an intent by nobody": 1, "with another cid": 1, "by the retired key": 5}
OFFENDERS |= {"of a new key that never agreed": 4, "of a key that is the supervisor's": 4}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_entry_that_is_signed_and_wrong_is_found(
    tmp_path: Path, second_verifier: Program, forgery: str
) -> None:
    book = Book()
    book.receipt(book.intent())
    FORGERIES[forgery](book)
    export_ledger(tmp_path, AnySource(book.entries))
    answer, where = second_verifier(tmp_path), f"entry {OFFENDERS.get(forgery, 2)}: "
    assert (answer.status, answer.err[: len(where)]) == (1, where), answer


def test_a_key_signs_from_the_entry_after_its_rotation_on(
    tmp_path: Path, second_verifier: Program
) -> None:
    book = Book()
    book.receipt(book.intent())
    _after_rotation(book, BOB)
    export_ledger(tmp_path / "good", AnySource(book.entries, BOB))
    export_ledger(tmp_path / "retired", AnySource(book.entries, SUPERVISOR))
    for key in (SUPERVISOR, BOB):
        assert second_verifier(tmp_path / "good", key.did).status == 0
    answer = second_verifier(tmp_path / "retired")
    assert (answer.status, answer.err[:12]) == (1, "checkpoint: ")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"index":2', '"index": 2'),
        lambda text: text.replace('"index":2', '"index":2.0'),
        lambda text: text.replace('"index":2', '"index":-2'),
        lambda text: text.replace("emit", "\\u0065mit"),
        lambda text: text.replace('"kind":"receipt",', '"kind":"receipt","kind":"receipt",'),
        lambda text: text[:-1] + ',"x":null}',
    ],
)
def test_a_text_that_is_not_canonical_is_found_though_it_is_signed(
    tmp_path: Path, second_verifier: Program, change: Callable[[str], str]
) -> None:
    book = Book()
    book.receipt(book.intent())
    entry = book.entries[2]
    text = change(entry.text)
    assert text != entry.text == encode_text(entry_fields(entry))
    signature = SUPERVISOR.sign(Tag.ENTRY_SIGNATURE, text.encode())
    hash_ = tagged_id(Tag.ENTRY_HASH, text.encode())
    book.entries[2] = replace(entry, text=text, signature=signature, hash=hash_)
    export_ledger(tmp_path, AnySource(book.entries))
    assert second_verifier(tmp_path).err.startswith("entry 2: ")
