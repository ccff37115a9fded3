"""A principal's keys from the command line: sealed, rotated, revoked, given anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import encode_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.conftest import Cast, Logos


@pytest.fixture
def words(tmp_path: Path) -> dict[str, str]:
    """A passphrase, as a program is given it."""
    file = tmp_path / "passphrase"
    file.write_text("correct horse battery staple\n")
    file.chmod(0o600)
    return {"LOGOS_PASSPHRASE_FILE": str(file), "LOGOS_UNENCRYPTED_KEYS": ""}


def code(logos: Logos, *arguments: str, **environment: str) -> str:
    ended = logos(*arguments, "--json", **environment)
    assert ended.status != 0, ended
    return str(ended.document["error"]["code"])


def listed(logos: Logos, name: str) -> dict[str, Any]:
    """What `logos key list` says of a principal."""
    (found,) = [
        each
        for each in logos("key", "list", "--json").document["principals"]
        if each["name"] == name
    ]
    return dict(found)


def acts(logos: Logos, name: str, **environment: str) -> int:
    """The exit status of an act of this principal: 0, or why it cannot sign."""
    this = encode_text({"intent": f"b3:{'0' * 64}", "reason": "nothing to cancel"})
    ended = logos(
        "tuple", "create", "--as", name, "--did", "run.cancel", "--this", this, "--if-ok",
        "emit:done", "--if-doubt", "abort", "--if-not", "abort", "--submit", "--json",
        **environment,
    )  # fmt: skip
    return 0 if "intent" in ended.document else ended.status


@pytest.mark.usefixtures("cast")
def test_a_sealed_key_is_rotated_and_stays_sealed(
    logos: Logos, words: dict[str, str], tmp_path: Path
) -> None:
    made = logos("key", "new", "sealed-k", "--type", "service", "--json", **words)
    assert made.status == 0, made
    assert listed(logos, "sealed-k")["encrypted"] is True
    assert code(logos, "key", "encrypt", "sealed-k", **words) == "E_KEY_SEALED"
    assert code(logos, "key", "rotate", "sealed-k") == "E_NO_PASSPHRASE"
    other = tmp_path / "other"
    other.write_text("another one\n")
    other.chmod(0o600)
    wrong = {**words, "LOGOS_PASSPHRASE_FILE": str(other)}
    assert code(logos, "key", "rotate", "sealed-k", **wrong) == "E_PASSPHRASE"
    rotated = logos("key", "rotate", "sealed-k", "--json", **words)
    assert rotated.document["key"]["name"] == "sealed-k"
    found = listed(logos, "sealed-k")
    assert (found["encrypted"], found["key_file"]) == (True, "sealed-k")
    assert acts(logos, "sealed-k", **words) == 0
    assert logos("key", "decrypt", "sealed-k", **words).status == 0
    assert code(logos, "key", "decrypt", "sealed-k") == "E_KEY_PLAIN"
    assert acts(logos, "sealed-k") == 0


def test_a_key_that_consent_gave_has_its_name_once_it_signs(logos: Logos, cast: Cast) -> None:
    assert logos("key", "new", "again-k", "--type", "service").status == 0
    lost = logos("key", "revoke", "again-k", "--reason", "lost", "--json")
    assert lost.status == 0, lost
    asked = logos("key", "rekey", "again-k", "--json")
    assert (asked.status, asked.document["key"]["name"]) == (4, "again-k-next")
    waiting = cast.system.supervisor
    waiting.catch_up()
    given = logos("consent", "give", asked.document["intent"], "--as", "treasury-1")
    assert given.status in (0, 2), given
    if given.status:
        outcome = waiting.recorded(asked.document["intent"])
        assert cast.consent(cast.treasury[0], outcome).status == "COMMITTED"
    assert acts(logos, "again-k") == 0
    found = listed(logos, "again-k")
    assert found["key_file"] == "again-k"
    assert [each["revoked_at"] is None for each in found["keys"]] == [False, True]


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize(
    ("words_", "wanted"),
    [
        (("rotate", "nobody-k"), "E_UNKNOWN_PRINCIPAL"),
        (("rekey", "nobody-k"), "E_UNKNOWN_PRINCIPAL"),
        (("revoke", "nobody-k", "--reason", "r"), "E_UNKNOWN_PRINCIPAL"),
        (("encrypt", "nobody-k"), "E_NO_KEY"),
        (("decrypt", "nobody-k"), "E_NO_KEY"),
        (("show", "nobody-k"), "E_UNKNOWN_PRINCIPAL"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(
    logos: Logos, words_: tuple[str, ...], wanted: str
) -> None:
    assert code(logos, "key", *words_) == wanted
