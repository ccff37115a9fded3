"""Key files under a passphrase: what opens them, where it comes from, and what does not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from logos_graph.canon import Tag
from logos_graph.errors import EnvironmentFault, InvalidInput, LogosError, Rejected
from logos_graph.identity import Signer, Strength, did_logline, verify
from logos_graph.keystore import KeyStore
from logos_graph.passphrase import Passphrases
from logos_graph.settings import GIVEN_KEY, Settings

WORDS = b"correct horse battery"
WEAK = Strength(operations=1, memory=8192)
DID = did_logline("agent", "assistant")


def secret(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def store(folder: Path, passphrase: bytes | None = WORDS) -> KeyStore:
    file = None if passphrase is None else secret(folder / "words", passphrase + b"\n")
    return KeyStore(folder / "keys", Passphrases(file), WEAK)


def signs(signer: Signer) -> None:
    verify(signer.key, Tag.INTENT, b"x", signer.sign(Tag.INTENT, b"x"))


def test_a_sealed_key_is_opened_by_its_passphrase_and_holds_no_seed(tmp_path: Path) -> None:
    made = store(tmp_path).create("assistant", did=DID, passphrase=WORDS)
    text = (tmp_path / "keys" / "assistant.json").read_text()
    told = json.loads(text)
    assert sorted(told) == ["did", "key", "name", "sealed"]
    assert sorted(told["sealed"]) == ["box", "kdf", "memory", "nonce", "operations", "salt"]
    found = store(tmp_path).load("assistant")
    assert (found.did, found.key) == (made.did, made.key) == (DID, told["key"])
    signs(found)


def test_its_name_and_key_are_known_without_the_passphrase(tmp_path: Path) -> None:
    made = store(tmp_path).create("assistant", did=DID, passphrase=WORDS)
    (stored,) = store(tmp_path, None)
    assert (stored.did, stored.key, stored.sealed) == (DID, made.key, True)


@pytest.mark.parametrize("passphrase", [b"correct horse batterx", WORDS + b" "])
def test_another_passphrase_does_not_open_it(tmp_path: Path, passphrase: bytes) -> None:
    store(tmp_path).create("assistant", passphrase=WORDS)
    with pytest.raises(EnvironmentFault) as refused:
        store(tmp_path, passphrase).load("assistant")
    assert refused.value.code == "E_PASSPHRASE"


def test_without_a_terminal_or_a_file_nothing_waits_for_a_passphrase(tmp_path: Path) -> None:
    store(tmp_path).create("assistant", passphrase=WORDS)
    for asks in (
        lambda: store(tmp_path, None).load("assistant"),
        lambda: Passphrases().new("assistant"),
    ):
        with pytest.raises(EnvironmentFault) as refused:
            asks()
        assert refused.value.code == "E_NO_PASSPHRASE"


@pytest.mark.parametrize("field", ["box", "nonce", "salt"])
def test_a_changed_seal_opens_to_nothing(tmp_path: Path, field: str) -> None:
    store(tmp_path).create("assistant", passphrase=WORDS)
    path = tmp_path / "keys" / "assistant.json"
    told = json.loads(path.read_text())
    first = told["sealed"][field][0]
    told["sealed"][field] = ("1" if first == "0" else "0") + told["sealed"][field][1:]
    secret(path, json.dumps(told).encode())
    with pytest.raises(EnvironmentFault) as refused:
        store(tmp_path).load("assistant")
    assert refused.value.code == "E_PASSPHRASE"


@pytest.mark.parametrize(
    "change",
    [{"memory": 1 << 40}, {"operations": 10**9}, {"memory": 1}, {"kdf": "none"}, {"salt": "00"},
     {"operations": "x"}, {"box": 1}],
)  # fmt: skip
def test_parameters_that_would_hang_or_weaken_are_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    store(tmp_path).create("assistant", passphrase=WORDS)
    path = tmp_path / "keys" / "assistant.json"
    told = json.loads(path.read_text())
    told["sealed"] |= change
    secret(path, json.dumps(told).encode())
    with pytest.raises(EnvironmentFault) as refused:
        store(tmp_path).load("assistant")
    assert refused.value.code == "E_KEY_FILE"


def test_a_key_that_says_it_is_another_is_not_used(tmp_path: Path) -> None:
    keys = store(tmp_path)
    other = keys.create("other")
    keys.create("assistant", did=DID, passphrase=WORDS)
    path = tmp_path / "keys" / "assistant.json"
    secret(path, json.dumps({**json.loads(path.read_text()), "key": other.key}).encode())
    with pytest.raises(EnvironmentFault) as refused:
        keys.load("assistant")
    assert refused.value.code == "E_KEY_FILE"


def test_argon2id_is_computed_once_for_all_keys_of_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import logos_graph.keystore as module

    made = store(tmp_path)
    for name in ("one", "two", "three"):
        made.create(name, passphrase=WORDS)
    salts = {
        json.loads(path.read_text())["sealed"]["salt"]
        for path in (tmp_path / "keys").glob("*.json")
    }
    assert len(salts) == 1
    module._box_key.cache_clear()
    times: list[bytes] = []
    from logos_graph.identity import box_key as real

    def counted(*given: Any) -> bytes:
        times.append(given[0])
        return real(*given)

    monkeypatch.setattr(module, "box_key", counted)
    keys = store(tmp_path)
    for name in ("one", "two", "three"):
        signs(keys.load(name))
    assert times == [WORDS]


def test_a_key_is_sealed_and_unsealed_and_stays_the_same(tmp_path: Path) -> None:
    keys = store(tmp_path)
    made = keys.create("assistant", did=DID)
    path = tmp_path / "keys" / "assistant.json"
    for seals in (True, False):
        if seals:
            keys.encrypt("assistant", WORDS)
        else:
            keys.decrypt("assistant")
        assert ("seed" in json.loads(path.read_text())) is not seals
        assert path.stat().st_mode & 0o777 == 0o600
        assert keys.load("assistant").key == made.key
        with pytest.raises(Rejected) as refused:
            keys.encrypt("assistant", WORDS) if seals else keys.decrypt("assistant")
        assert refused.value.code == ("E_KEY_SEALED" if seals else "E_KEY_PLAIN")
    assert [entry.name for entry in path.parent.iterdir()] == ["assistant.json"]


def test_the_key_that_follows_is_sealed_as_the_one_before(tmp_path: Path) -> None:
    keys = store(tmp_path)
    keys.create("open", did=DID)
    keys.create("sealed", did=DID, passphrase=WORDS)
    for name in ("open", "sealed"):
        new = keys.follower(name, DID)
        assert new.did == DID
        assert keys.stored(f"{name}-next").sealed is (name == "sealed")
        assert keys.follower(name, DID).key == new.key  # an interrupted rotation goes on with it


def test_a_rotation_s_files_have_their_names(tmp_path: Path) -> None:
    keys = store(tmp_path)
    chain = [keys.create("ann", did=DID).key]
    for _ in range(2):
        chain.append(keys.follower("ann", DID).key)
        keys.settle([*map(type(DID), chain)], "ann")
    names = {stored.name: stored.key for stored in keys}
    assert names == {"ann": chain[2], "ann-retired-1": chain[0], "ann-retired-2": chain[1]}


@pytest.mark.parametrize("words", [b"", b"short", b"seven77"])
def test_a_short_passphrase_is_none(tmp_path: Path, words: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        Passphrases(secret(tmp_path / "words", words)).given()
    assert refused.value.code == "E_PASSPHRASE_SHORT"


def test_a_passphrase_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = secret(tmp_path / "words", WORDS)
    path.chmod(0o640)
    for source in (Passphrases(path), Passphrases(tmp_path / "none"), Passphrases(None, 9999)):
        with pytest.raises(LogosError) as refused:
            source.given()
        assert refused.value.code == "E_PASSPHRASE_FILE"


def test_a_passphrase_comes_from_a_descriptor_once(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, WORDS + b"\nmore")
    os.close(writer)
    source = Passphrases(None, reader)
    assert source.given() == source.ask("a") == source.new("b") == WORDS


def test_an_agent_without_a_home_signs_by_a_key_that_the_environment_gives(tmp_path: Path) -> None:
    made = store(tmp_path).create("assistant", did=DID, passphrase=WORDS)
    path = tmp_path / "keys" / "assistant.json"
    for name, value in (("LOGOS_KEY_FILE", str(path)), ("LOGOS_KEY_FD", str(os.open(path, 0)))):
        settings = Settings.from_environment({name: value, "LOGOS_HOME": str(tmp_path / "none")})
        assert settings.signer == GIVEN_KEY
        from logos_graph.signers import named_signer

        reader: Any = None  # it is not asked
        found = named_signer(settings, store(tmp_path), reader, GIVEN_KEY)
        assert (found.did, found.key) == (DID, made.key)
    with pytest.raises(InvalidInput) as refused:
        named_signer(Settings.from_environment({}), store(tmp_path), reader, GIVEN_KEY)
    assert refused.value.code == "E_NO_KEY"


def test_who_says_whose_act_it_is_overrides_the_given_key() -> None:
    given = {"LOGOS_KEY_FD": "3", "LOGOS_AS": "alice", "LOGOS_UNENCRYPTED_KEYS": "1"}
    settings = Settings.from_environment(given)
    assert (settings.signer, settings.key_descriptor, settings.unencrypted) == ("alice", 3, True)
    with pytest.raises(InvalidInput):
        Settings.from_environment({"LOGOS_KEY_FD": "x"})
