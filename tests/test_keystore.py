"""Keys at rest: readable by their owner alone, never overwritten, refused when in doubt."""

from __future__ import annotations

import json
import os
import resource
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from logos_graph.canon import Tag
from logos_graph.errors import EnvironmentFault, InvalidInput, LogosError, Rejected
from logos_graph.identity import Did, verify
from logos_graph.keystore import NEXT_SUPERVISOR, SUPERVISOR, KeyStore, write_secret

BAD_NAMES = (
    *("", "A", "1", "-a", ".a", "a-", "a.", "a--b", "a..b", "a_b", "a b", "a\n", "é", "a\0"),
    *("..", "../a", "a/b", "/a", "a.json/../b", "x" * 65),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the keys are; not there yet."""
    return tmp_path / "home" / "keys"


@pytest.fixture
def keys(folder: Path) -> KeyStore:
    return KeyStore(folder)


@pytest.fixture
def open_handed() -> Iterator[None]:
    """A shell that takes no permission away from what is made."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_key_that_was_made_signs_as_the_same_principal_later(keys: KeyStore) -> None:
    made = keys.create("agent")
    loaded = keys.load("agent")
    assert loaded.did == made.did
    verify(made.did, Tag.INTENT, b"text", loaded.sign(Tag.INTENT, b"text"))


def test_two_keys_are_two_principals(keys: KeyStore) -> None:
    assert keys.create("one").did != keys.create("other").did


@pytest.mark.usefixtures("open_handed")
def test_a_key_is_for_its_owner_only_whatever_the_umask(keys: KeyStore, folder: Path) -> None:
    keys.create("agent")
    assert mode(folder / "agent.json") == 0o600
    assert mode(folder) == 0o700


@pytest.mark.parametrize("given", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o666])
def test_a_key_that_others_may_touch_is_refused_not_used(
    keys: KeyStore, folder: Path, given: int
) -> None:
    keys.create("agent")
    path = folder / "agent.json"
    path.chmod(given)
    for use in (lambda: keys.load("agent"), lambda: list(keys)):
        with pytest.raises(EnvironmentFault) as refused:
            use()
        assert refused.value.code == "E_KEY_FILE"
        assert refused.value.data["path"] == str(path)
        assert f"{given:04o}" in refused.value.message
    path.chmod(0o600)
    keys.load("agent")


def test_a_key_is_never_overwritten(keys: KeyStore, folder: Path) -> None:
    first = keys.create("agent")
    before = (folder / "agent.json").read_bytes()
    with pytest.raises(Rejected) as refused:
        keys.create("agent")
    assert refused.value.code == "E_KEY_EXISTS"
    assert (folder / "agent.json").read_bytes() == before
    assert keys.load("agent").did == first.did
    assert [path.name for path in folder.iterdir()] == ["agent.json"]


def test_of_many_who_make_one_key_at_once_one_does(keys: KeyStore, folder: Path) -> None:
    clients = 8
    together = threading.Barrier(clients)
    made: list[str] = []
    refused: list[str] = []

    def make() -> None:
        together.wait()
        try:
            made.append(keys.create("agent").did)
        except Rejected as error:
            refused.append(error.code)

    threads = [threading.Thread(target=make) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [keys.load("agent").did]
    assert refused == ["E_KEY_EXISTS"] * (clients - 1)
    assert [path.name for path in folder.iterdir()] == ["agent.json"]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("use", [KeyStore.create, KeyStore.load, KeyStore.has, KeyStore.remove])
def test_what_is_no_name_reaches_no_file(
    keys: KeyStore, tmp_path: Path, use: Callable[[KeyStore, str], object], name: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        use(keys, name)
    assert refused.value.code == "E_KEY_NAME"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [SUPERVISOR, "a", "a1", "agent-1.of-bank", "x" * 64])
def test_a_name_is_lower_case_words(keys: KeyStore, folder: Path, name: str) -> None:
    assert not keys.has(name)
    keys.create(name)
    assert keys.has(name)
    assert [path.name for path in folder.iterdir()] == [f"{name}.json"]


def test_a_key_that_is_not_there_is_named(keys: KeyStore) -> None:
    keys.create("agent")
    with pytest.raises(InvalidInput) as refused:
        keys.load("agent-2")
    assert refused.value.code == "E_NO_KEY"
    assert refused.value.data["name"] == "agent-2"


def _good(folder: Path) -> dict[str, str]:
    entry: dict[str, str] = json.loads((folder / "agent.json").read_text())
    return entry


DAMAGES: dict[str, Callable[[dict[str, str]], bytes]] = {
    "empty": lambda good: b"",
    "cut": lambda good: json.dumps(good).encode()[:-20],
    "not-utf-8": lambda good: b"\xff\xfe",
    "null": lambda good: b"null",
    "list": lambda good: b"[]",
    "no-seed": lambda good: json.dumps({**good, "seed": None, "sead": good["seed"]}).encode(),
    "no-did": lambda good: json.dumps({"name": good["name"], "seed": good["seed"]}).encode(),
    "seed-no-hex": lambda good: json.dumps({**good, "seed": "z" * 64}).encode(),
    "seed-short": lambda good: json.dumps({**good, "seed": good["seed"][:-2]}).encode(),
    "seed-long": lambda good: json.dumps({**good, "seed": good["seed"] + "00"}).encode(),
    "seed-of-another": lambda good: json.dumps({**good, "seed": "07" * 32}).encode(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_named_and_makes_no_signer(
    keys: KeyStore, folder: Path, damage: Callable[[dict[str, str]], bytes]
) -> None:
    keys.create("agent")
    path = folder / "agent.json"
    path.write_bytes(damage(_good(folder)))
    with pytest.raises(LogosError) as refused:
        keys.load("agent")
    assert isinstance(refused.value, EnvironmentFault)
    assert refused.value.code == "E_KEY_FILE"
    assert refused.value.data["path"] == str(path)


def test_no_refusal_tells_the_secret(keys: KeyStore, folder: Path) -> None:
    keys.create("agent")
    path = folder / "agent.json"
    seed = _good(folder)["seed"]
    path.write_text(path.read_text()[:-3])
    with pytest.raises(EnvironmentFault) as refused:
        keys.load("agent")
    error = refused.value
    assert seed not in f"{error!r} {error.message} {error.hint} {error.data}"


def test_a_list_shows_every_key_in_order_and_no_secret(keys: KeyStore, folder: Path) -> None:
    assert list(keys) == []
    dids = {name: keys.create(name).did for name in ("treasury-2", SUPERVISOR, "agent")}
    listed = list(keys)
    assert [key.name for key in listed] == ["agent", SUPERVISOR, "treasury-2"]
    assert {key.name: key.did for key in listed} == dids
    for key in listed:
        assert json.loads(key.path.read_text())["seed"] not in repr(key)


def test_a_removed_key_is_gone_and_its_name_free(keys: KeyStore) -> None:
    first = keys.create("agent")
    keys.remove("agent")
    keys.remove("agent")
    assert not keys.has("agent")
    assert keys.create("agent").did != first.did


@pytest.mark.usefixtures("open_handed")
def test_a_secret_is_written_whole_for_its_owner_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "home" / "keys" / "some.key"
    write_secret(path, b"first\0secret")
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    with pytest.raises(FileExistsError):
        write_secret(path, b"second")
    assert path.read_bytes() == b"first\0secret"
    assert [file.name for file in path.parent.iterdir()] == ["some.key"]


def test_a_secret_that_cannot_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))  # as if the disk were full
    try:
        with pytest.raises(OSError, match="File too large"):
            write_secret(tmp_path / "some.key", b"x" * 32)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


# --- the supervisor's keys change names -----------------------------------------------------------


def dids_by_name(keys: KeyStore) -> dict[str, str]:
    return {key.name: key.did for key in keys}


def test_a_key_is_found_by_its_did_whatever_its_name(keys: KeyStore, folder: Path) -> None:
    made = keys.create("agent")
    keys.create("other")
    (folder / "agent.json").rename(folder / "somebody.json")
    found = keys.find(made.did)
    assert found is not None
    assert found.did == made.did
    (folder / "somebody.json").unlink()
    assert keys.find(made.did) is None


def test_a_damaged_file_hides_no_other_key_and_is_named_when_it_may_be_the_one(
    keys: KeyStore, folder: Path
) -> None:
    made, lost = keys.create("agent"), keys.create("another")
    (folder / "another.json").write_text("")
    found = keys.find(made.did)
    assert found is not None
    with pytest.raises(EnvironmentFault) as refused:
        keys.find(lost.did)
    assert refused.value.code == "E_KEY_FILE"


def test_the_supervisor_s_name_goes_to_the_key_that_the_ledger_names(keys: KeyStore) -> None:
    dids = [keys.create(SUPERVISOR).did]
    keys.settle(dids)
    assert dids_by_name(keys) == {SUPERVISOR: dids[0]}
    for _ in range(2):
        dids.append(keys.create(NEXT_SUPERVISOR).did)
        keys.settle(dids[:-1])  # it waits for its consent
        assert keys.load(NEXT_SUPERVISOR).did == dids[-1]
        keys.settle(dids)
        keys.settle(dids)
    assert dids_by_name(keys) == {
        SUPERVISOR: dids[2],
        "supervisor-retired-1": dids[0],
        "supervisor-retired-2": dids[1],
    }


def test_names_whose_change_was_interrupted_are_settled_the_next_time(
    keys: KeyStore, folder: Path
) -> None:
    old, new = keys.create(SUPERVISOR).did, keys.create(NEXT_SUPERVISOR).did
    # The first step was made, and the process died: the old key has two names, and no key is lost.
    os.link(folder / "supervisor.json", folder / "supervisor-retired-1.json")
    assert [found and found.did for found in map(keys.find, (old, new))] == [old, new]
    keys.settle([old, new])
    assert dids_by_name(keys) == {SUPERVISOR: new, "supervisor-retired-1": old}


def test_a_key_of_another_ledger_keeps_the_supervisor_s_name(keys: KeyStore) -> None:
    own, new = keys.create(SUPERVISOR).did, keys.create(NEXT_SUPERVISOR).did
    elsewhere = keys.create("elsewhere").did
    keys.settle([elsewhere, new])
    assert dids_by_name(keys)[SUPERVISOR] == own
    keys.settle([own, Did("did:key:zNotHere")])
    assert dids_by_name(keys)[SUPERVISOR] == own


def test_no_key_is_lost_when_a_retired_name_is_taken(keys: KeyStore, folder: Path) -> None:
    old, new = keys.create(SUPERVISOR).did, keys.create(NEXT_SUPERVISOR).did
    taken = keys.create("supervisor-retired-1").did
    keys.settle([old, new])
    assert set(dids_by_name(keys).values()) == {old, new, taken}
    assert not list(folder.glob("*.tmp"))


def test_of_many_that_settle_at_once_each_leaves_every_key(keys: KeyStore) -> None:
    dids = [keys.create(SUPERVISOR).did, keys.create(NEXT_SUPERVISOR).did]
    together = threading.Barrier(8)

    def settle() -> None:
        together.wait()
        keys.settle(dids)

    threads = [threading.Thread(target=settle) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dids_by_name(keys) == {SUPERVISOR: dids[1], "supervisor-retired-1": dids[0]}


def test_a_key_that_goes_while_names_are_settled_is_passed_over(
    keys: KeyStore, folder: Path
) -> None:
    """A key whose registration is refused is removed again, by whichever process made it."""
    dids = [keys.create(SUPERVISOR).did, keys.create(NEXT_SUPERVISOR).did]
    gone = folder / "agent.json"
    gone.symlink_to(folder / "removed")  # there when the names are read, not when the file is
    keys.settle(dids)
    gone.unlink()
    assert dids_by_name(keys) == {SUPERVISOR: dids[1], "supervisor-retired-1": dids[0]}
