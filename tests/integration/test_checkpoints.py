"""Checkpoints kept elsewhere: a ledger that was rolled back, forked or exchanged is found out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Tag
from logos_graph.identity import Signer
from logos_graph.keystore import KeyStore
from logos_graph.ledger import ledger_origin, sign_checkpoint
from logos_graph.ledger.merkle import EMPTY_ROOT, hash_leaf, leaf_data, nodes_of, root_of
from logos_graph.ledger.note import Note, NoteSignature, parse_note
from logos_graph.settings import Settings
from logos_graph.wiring import System, start_database, stop_database

if TYPE_CHECKING:
    from tests.integration.conftest import Logos


@dataclass(frozen=True)
class Story:
    """What was said of one ledger, stage by stage; at the end it is the forked one."""

    folder: Path
    sizes: list[int]
    grown: Any
    restored: Any
    restored_shown: str
    signed_after_restore: Any
    forked: Any
    signed_after_fork: Any
    kept: dict[str, bytes]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, cache: Path, logos: Logos) -> Iterator[Story]:
    """Grown after three checkpoints; restored from a copy of before the third; grown otherwise."""
    base = tmp_path_factory.mktemp("checkpoints")
    settings = Settings(base / "home", cache, "supervisor", None)
    folder, data, older = base / "kept elsewhere", settings.home / "neo4j" / "data", base / "older"

    def run(*words: str | Path, status: int = 0) -> Any:
        ended = logos(*words, "--json", home=settings.home)
        assert ended.status == status, ended
        return ended.document

    def grow(name: str) -> None:
        """One more principal: an intent and its receipt."""
        run("key", "new", name, "--type", "service")

    def start() -> None:
        start_database(settings, lambda _line: None)

    sign = ("ledger", "checkpoint", "--to", folder)
    verify = ("ledger", "verify", "--against", folder)
    try:
        start()
        sizes = [run(*sign)["size"]]
        grow("first")
        sizes.append(run(*sign)["size"])
        stop_database(settings)
        shutil.copytree(data, older)
        start()
        grow("second")
        sizes.append(run(*sign)["size"])
        grow("third")
        grown = run(*verify)
        stop_database(settings)
        shutil.rmtree(data)
        shutil.copytree(older, data)
        start()
        restored, shown = run(*verify, status=1), logos(*verify, home=settings.home).out
        after_restore = run(*sign, status=1)
        for name in ("other-second", "other-third"):
            grow(name)
        forked, after_fork = run(*verify, status=1), run(*sign, status=1)
        kept = {path.name: path.read_bytes() for path in folder.iterdir()}
        yield Story(folder, sizes, grown, restored, shown, after_restore, forked, after_fork, kept)
    finally:
        stop_database(settings)


def told(document: Any) -> list[tuple[int, str | None]]:
    """What is said of each checkpoint: its size, and the error's code."""
    return [
        (item["size"], item["error"] and item["error"]["code"]) for item in document["checkpoints"]
    ]


# --- one ledger, and what became of it ------------------------------------------------------------


def test_a_ledger_that_grew_fits_every_checkpoint_that_was_taken_of_it(story: Story) -> None:
    assert story.grown["verified"]
    assert story.sizes == sorted(set(story.sizes))
    assert story.grown["entries"] > story.sizes[-1]
    assert told(story.grown) == [(size, None) for size in story.sizes]


def test_a_database_restored_from_an_older_copy_is_found_out(story: Story) -> None:
    first, second, third = story.sizes
    restored = story.restored
    assert not restored["verified"]
    assert all(check["ok"] for check in restored["invariants"])  # by itself it is a good ledger
    assert told(restored) == [(first, None), (second, None), (third, "E_CHECKPOINT_ROLLBACK")]
    last = restored["checkpoints"][2]
    assert (last["error"]["expected"], last["error"]["found"]) == (third, second)
    assert restored["entries"] == second
    (line,) = (line for line in story.restored_shown.splitlines() if "BROKEN" in line)
    assert Path(last["file"]).name in line
    assert "E_CHECKPOINT_ROLLBACK" in line
    assert story.restored_shown.splitlines()[-1] == "not verified"


def test_a_forked_ledger_is_found_out(story: Story) -> None:
    forked = story.forked
    assert not forked["verified"]
    assert all(check["ok"] for check in forked["invariants"])
    assert forked["entries"] > story.sizes[-1]
    assert [code for _, code in told(forked)] == [None, None, "E_CHECKPOINT_FORK"]


def test_nothing_is_signed_that_a_checkpoint_in_the_folder_contradicts(story: Story) -> None:
    """Else one signature would make the rolled back or forked ledger a checkpointed one."""
    for refused, code in (
        (story.signed_after_restore, "E_CHECKPOINT_ROLLBACK"),
        (story.signed_after_fork, "E_CHECKPOINT_FORK"),
    ):
        assert refused["error"]["code"] == code
        assert refused["error"]["file"] == story.restored["checkpoints"][2]["file"]
    assert len(story.kept) == len(story.sizes)


# --- the shared ledger ----------------------------------------------------------------------------


def checkpoint(logos: Logos, folder: Path) -> Any:
    ended = logos("ledger", "checkpoint", "--to", folder, "--json")
    assert (ended.status, ended.err) == (0, "")
    return ended.document


def test_a_checkpoint_is_the_signed_root_over_the_entries(
    system: System, logos: Logos, tmp_path: Path
) -> None:
    found = checkpoint(logos, tmp_path / "new" / "folder")
    entries = list(system.store.entries(0))
    nodes = nodes_of(hash_leaf(leaf_data(entry)) for entry in entries)
    supervisor = system.keys.load("supervisor")
    note = sign_checkpoint(system.ledger, len(entries), root_of(len(entries), nodes), supervisor)
    assert found["note"].encode() == note.data == Path(found["file"]).read_bytes()
    assert Path(found["file"]).name == f"{system.ledger}-{len(entries)}.checkpoint"
    assert found["note"].splitlines()[:3] == [found["origin"], str(found["size"]), found["root"]]
    assert found["key"].startswith(f"{found['origin']}+")
    printed = logos("ledger", "checkpoint", "--to", tmp_path / "new" / "folder")
    assert printed.out.startswith(found["note"])
    assert sorted((tmp_path / "new" / "folder").iterdir()) == [Path(found["file"])]


def test_a_witness_s_signature_stays_when_the_same_checkpoint_is_taken_again(
    logos: Logos, tmp_path: Path
) -> None:
    file = Path(checkpoint(logos, tmp_path)["file"])
    note = parse_note(file.read_bytes())
    witness = NoteSignature("witness.example/w", b"\4\3\2\1", bytes(72))
    cosigned = Note(note.text, (*note.signatures, witness)).data
    file.write_bytes(cosigned)
    assert checkpoint(logos, tmp_path)["note"].encode() == cosigned == file.read_bytes()


def test_another_checkpoint_of_that_name_is_not_overwritten(
    system: System, logos: Logos, tmp_path: Path
) -> None:
    file = Path(checkpoint(logos, tmp_path)["file"])
    other = sign_checkpoint(system.ledger, 0, EMPTY_ROOT, system.keys.load("supervisor")).data
    file.write_bytes(other)
    ended = logos("ledger", "checkpoint", "--to", tmp_path, "--json")
    assert (ended.status, ended.document["error"]["code"]) == (1, "E_CHECKPOINT_EXISTS")
    assert file.read_bytes() == other


def test_two_ledgers_mixed_are_told_apart(story: Story, logos: Logos, tmp_path: Path) -> None:
    mine = checkpoint(logos, tmp_path)
    foreign = next(story.folder.iterdir())
    shutil.copy(foreign, tmp_path)
    ended = logos("ledger", "verify", "--against", tmp_path, "--json")
    assert ended.status == 1
    assert sorted(told(ended.document), key=str) == [
        (mine["size"], None), (None, "E_CHECKPOINT_LEDGER"),
    ]  # fmt: skip
    (error,) = (item["error"] for item in ended.document["checkpoints"] if not item["ok"])
    assert (error["file"], error["expected"]) == (str(tmp_path / foreign.name), mine["origin"])
    assert foreign.name.startswith(error["found"].removeprefix("logos-ledger/"))


def test_the_database_of_another_ledger_does_not_pass_for_the_one_that_was_checkpointed(
    story: Story, logos: Logos
) -> None:
    ended = logos("ledger", "verify", "--against", story.folder, "--json")
    assert (ended.status, ended.document["verified"]) == (1, False)
    assert {code for _, code in told(ended.document)} == {"E_CHECKPOINT_LEDGER"}


def test_each_file_that_is_no_checkpoint_of_this_ledger_is_told_by_name(
    system: System, logos: Logos, tmp_path: Path
) -> None:
    good = Path(checkpoint(logos, tmp_path)["file"])
    note = parse_note(good.read_bytes())
    stranger = Signer.from_seed(bytes(32))
    (signed,) = note.signatures
    origin, size, root = note.text.splitlines()
    claimed = f"{origin}\n{int(size) - 1}\n{root}\n"
    tagged = bytes.fromhex(stranger.sign(Tag.STATE, note.text.encode()))
    files = {
        "empty": (b"", "E_NOTE_FORM"),
        "half": (good.read_bytes()[:-20], "E_NOTE_FORM"),
        "unsigned": (note.text.encode(), "E_NOTE_FORM"),
        "large": (good.read_bytes() * 10_000, "E_FILE_SIZE"),
        "by a stranger": (sign_checkpoint(system.ledger, 1, bytes(32), stranger).data, "UNSIGNED"),
        "tagged": (Note(note.text, (NoteSignature(origin, b"abcd", tagged),)).data, "UNSIGNED"),
        "another size": (Note(claimed, (signed,)).data, "E_NOTE_SIGNATURE"),
        "no checkpoint": (Note("hello\n", (signed,)).data, "E_CHECKPOINT_FORM"),
    }
    for name, (data, _) in files.items():
        (tmp_path / f"{name}.checkpoint").write_bytes(data)
    (tmp_path / "folder.checkpoint").mkdir()
    (tmp_path / "notes.txt").write_text("nothing to do with it")
    ended = logos("ledger", "verify", "--against", tmp_path, "--json")
    assert ended.status == 1
    found = {
        Path(item["file"]).stem: item["error"]["code"]
        for item in ended.document["checkpoints"]
        if not item["ok"]
    }
    wanted = {
        name: code.replace("UNSIGNED", "E_NOTE_UNSIGNED") for name, (_, code) in files.items()
    }
    assert found == wanted | {"folder": "E_FILE"}
    assert len(ended.document["checkpoints"]) == len(found) + 1
    refused = logos("ledger", "checkpoint", "--to", tmp_path, "--json").document["error"]
    assert Path(refused["file"]).stem in found


def test_a_folder_without_a_checkpoint_proves_nothing(logos: Logos, tmp_path: Path) -> None:
    ended = logos("ledger", "verify", "--against", tmp_path, "--json")
    assert (ended.status, ended.document["error"]["code"]) == (1, "E_NO_CHECKPOINT")
    ended = logos("ledger", "verify", "--against", tmp_path / "nowhere", "--json")
    assert (ended.status, ended.document["error"]["code"]) == (2, "E_USAGE")


def test_only_the_supervisor_s_home_signs_checkpoints(
    settings: Settings, system: System, logos: Logos, tmp_path: Path
) -> None:
    KeyStore(tmp_path / "home" / "keys").create("supervisor")
    given = system.connection
    ended = logos(
        "ledger", "checkpoint", "--to", tmp_path / "kept", "--json", home=tmp_path / "home",
        NEO4J_URI=given.uri, NEO4J_USERNAME=given.username, NEO4J_PASSWORD=given.password,
    )  # fmt: skip
    assert (ended.status, ended.document["error"]["code"]) == (1, "E_NOT_SUPERVISOR")
    assert not (tmp_path / "kept").exists()
    assert ledger_origin(system.ledger) == f"logos-ledger/{system.ledger}"
