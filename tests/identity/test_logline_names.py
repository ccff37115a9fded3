"""did:logline: one text for one principal, and no text that is taken for another."""

from __future__ import annotations

import pytest

from logos_graph.errors import InvalidInput
from logos_graph.identity import (
    Did,
    Signer,
    did_logline,
    is_key,
    look,
    named_by,
    parse_did,
    parse_key,
    public_key,
)

KEY = Signer.from_seed(bytes([7]) * 32)


@pytest.mark.parametrize("kind", ["agent", "person", "service"])
@pytest.mark.parametrize("name", ["a", "alice", "assistant-7x3k", "a" * 64])
def test_a_name_and_its_did_are_one(kind: str, name: str) -> None:
    did = did_logline(kind, name)
    assert did == f"did:logline:{kind}:{name}"
    assert parse_did(did) == did
    assert named_by(did) == (kind, name)
    assert not is_key(did)


@pytest.mark.parametrize(
    "text",
    [
        "did:logline:agent:Alice",
        "did:logline:agent:\u0430lice",  # a Cyrillic letter
        "did:logline:agent:alice\u200b",
        "did:logline:agent:alice ",
        "did:logline:agent:alice\n",
        "did:logline:agent:\uff41lice",
        "did:logline:agent:al\u0131ce",
        "did:logline:agent:1alice",
        "did:logline:agent:-alice",
        "did:logline:agent:alice_1",
        "did:logline:agent:alice.b",
        "did:logline:agent:",
        "did:logline:agent:" + "a" * 65,
        "did:logline:agent:alice:2",
        "did:logline:robot:alice",
        "did:logline:supervisor:alice",
        "did:logline:alice",
        "did:logline:",
        "DID:logline:agent:alice",
        "did:LogLine:agent:alice",
        "did:logline2:agent:alice",
        "did:logline:agent:alice#key-1",
        " did:logline:agent:alice",
    ],
)
def test_did_look_alikes_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_did(text)
    assert refused.value.code == "E_DID"


def test_a_name_is_no_key_and_a_key_is_no_name() -> None:
    for text in (did_logline("agent", "alice"), "did:logline:agent:alice2"):
        for reads in (parse_key, lambda text: public_key(Did(text))):
            with pytest.raises(InvalidInput) as refused:
                reads(text)
            assert refused.value.code == "E_DID"
    with pytest.raises(InvalidInput):
        named_by(KEY.key)
    assert is_key(KEY.key)
    assert KEY.did == KEY.key


@pytest.mark.parametrize(
    ("one", "other"),
    [("alice", "a1ice"), ("bob", "b0b"), ("treasury-1", "treasuryl"), ("amy", "arny"),
     ("wu", "vvu"), ("a-b", "ab")],
)  # fmt: skip
def test_names_of_one_look_have_one_look(one: str, other: str) -> None:
    assert look(one) == look(other)


def test_names_of_another_look_do_not() -> None:
    assert len({look(name) for name in ("alice", "alicia", "bob", "bab", "treasury-2")}) == 5
