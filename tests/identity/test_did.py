"""DIDs: one name for one key, and no key that is weak."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_core_ed25519_add

from logos_graph.errors import InvalidInput
from logos_graph.identity import Did, Signer, base58, did_key, parse_did, public_key

VECTORS = Path(__file__).parent / "vectors"
GOOD = Signer.from_seed(bytes(32)).did
ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (VECTORS / name).read_text().splitlines()]


def refused(did: object) -> str:
    with pytest.raises(InvalidInput) as raised:
        parse_did(did)
    return raised.value.code


@pytest.mark.parametrize("row", rows("dids.jsonl"), ids=lambda row: row["seed"][-8:])
def test_a_seed_has_this_key_and_this_name(row: dict[str, str]) -> None:
    signer = Signer.from_seed(bytes.fromhex(row["seed"]))
    assert signer.did == row["did"]
    assert public_key(signer.did).hex() == row["public"]


@pytest.mark.parametrize("row", rows("bad_keys.jsonl"), ids=lambda row: row["name"])
def test_a_weak_or_malformed_key_is_refused_as_key_and_as_name(row: dict[str, str]) -> None:
    key = bytes.fromhex(row["key"])
    with pytest.raises(InvalidInput) as raised:
        did_key(key)
    assert raised.value.code == "E_KEY"
    name = "did:key:z" + base58.encode(b"\xed\x01" + key)
    assert refused(name) == ("E_KEY" if len(key) == 32 else "E_DID")


def test_a_key_of_mixed_order_is_refused() -> None:
    key = crypto_core_ed25519_add(public_key(GOOD), ORDER_8)
    with pytest.raises(InvalidInput) as raised:
        did_key(key)
    assert raised.value.code == "E_KEY"


@given(st.binary(min_size=32, max_size=32))
def test_key_and_name_are_inverse(seed: bytes) -> None:
    did = Signer.from_seed(seed).did
    assert did_key(public_key(did)) == parse_did(did) == did
    assert did.startswith("did:key:z6Mk")
    assert len(did) == 56


@given(st.integers(0, 55), st.characters(codec="utf-8"))
def test_no_other_text_is_the_same_principal(at: int, letter: str) -> None:
    other = GOOD[:at] + letter + GOOD[at + 1 :]
    if other == GOOD:
        return
    try:
        key = public_key(Did(other))
    except InvalidInput:
        return
    assert key != public_key(GOOD)
    assert did_key(key) == other


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did:key:",
        GOOD + " ",
        " " + GOOD,
        GOOD + "\n",
        GOOD.upper(),
        GOOD.replace("did:key", "did:Key"),
        GOOD.replace("did:key:", "did:web:"),
        GOOD + "#" + GOOD[8:],
        GOOD[:-1],
        GOOD + "1",
        "did:key:z1" + GOOD[9:],
        "did:key:z1" + GOOD[9:-1],
        GOOD[:-1] + "0",
        GOOD[:-1] + "O",
        GOOD[:-1] + "\u0430",
        "did:key:z" + base58.encode(b"\xec\x01" + public_key(GOOD)),
        "did:key:z" + base58.encode(b"\x12\x00" + public_key(GOOD)),
        "did:key:f" + "ed01" + public_key(GOOD).hex(),
        "did:key:z" + "z" * 5000,
        None,
        7,
        GOOD.encode(),
    ],
)
def test_look_alikes_are_refused(did: object) -> None:
    assert refused(did) == "E_DID"


@given(st.binary(max_size=60))
def test_base58_is_inverse(data: bytes) -> None:
    assert base58.decode(base58.encode(data)) == data


@given(st.text(alphabet="123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=60))
def test_base58_has_one_text_for_one_value(text: str) -> None:
    assert base58.encode(base58.decode(text)) == text


def test_base58_of_the_draft() -> None:
    assert base58.encode(b"Hello World!") == "2NEpo7TZRRrLZSi2U"
    assert base58.encode(bytes.fromhex("0000287fb4cd")) == "11233QC4"
