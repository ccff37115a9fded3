"""Signatures: RFC 8032, strictly, and each for one purpose."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Tag, tagged
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.identity import Did, Signer, base58, verify

SIGNER = Signer.from_seed(bytes(range(32)))
OTHER = Signer.from_seed(bytes(32))
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL_R = [bytes(32).hex(), "01" + "00" * 31, "ec" + "ff" * 30 + "7f"]


def refused(did: Did, tag: Tag, data: bytes, signature: str) -> str:
    with pytest.raises(Rejected) as raised:
        verify(did, tag, data, signature)
    return raised.value.code


@given(st.binary(max_size=200), st.sampled_from(Tag))
def test_a_signature_verifies(data: bytes, tag: Tag) -> None:
    signature = SIGNER.sign(tag, data)
    assert len(signature) == 128
    assert signature == signature.lower()
    verify(SIGNER.did, tag, data, signature)
    assert SIGNER.sign(tag, data) == signature


@pytest.mark.parametrize("tag", Tag)
@pytest.mark.parametrize("other", Tag)
def test_a_signature_for_one_purpose_is_none_for_another(tag: Tag, other: Tag) -> None:
    signature = SIGNER.sign(tag, b"data")
    if tag is other:
        verify(SIGNER.did, other, b"data", signature)
    else:
        assert refused(SIGNER.did, other, b"data", signature) == "E_SIGNATURE"
        assert refused(SIGNER.did, other, tagged(tag, b"data"), signature) == "E_SIGNATURE"


@given(st.integers(0, 511))
def test_one_flipped_bit_of_a_signature_is_noticed(bit: int) -> None:
    data = bytearray.fromhex(SIGNER.sign(Tag.INTENT, b"data"))
    data[bit // 8] ^= 1 << bit % 8
    assert refused(SIGNER.did, Tag.INTENT, b"data", data.hex()) == "E_SIGNATURE"


@given(st.binary(min_size=1, max_size=80), st.data())
def test_one_flipped_bit_of_the_data_is_noticed(data: bytes, draw: st.DataObject) -> None:
    bit = draw.draw(st.integers(0, len(data) * 8 - 1))
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    signature = SIGNER.sign(Tag.INTENT, data)
    assert refused(SIGNER.did, Tag.INTENT, bytes(changed), signature) == "E_SIGNATURE"


def test_another_s_signature_is_refused() -> None:
    assert refused(SIGNER.did, Tag.INTENT, b"x", OTHER.sign(Tag.INTENT, b"x")) == "E_SIGNATURE"


@given(st.binary(max_size=40))
def test_a_malleated_signature_is_refused(data: bytes) -> None:
    """S + L is S again modulo the group order: the second text that RFC 8032 forbids."""
    signature = bytes.fromhex(SIGNER.sign(Tag.INTENT, data))
    s = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    malleated = signature[:32] + s.to_bytes(32, "little")
    assert refused(SIGNER.did, Tag.INTENT, data, malleated.hex()) == "E_SIGNATURE"


@pytest.mark.parametrize("r", SMALL_R)
def test_a_signature_with_r_of_low_order_is_refused(r: str) -> None:
    assert refused(SIGNER.did, Tag.INTENT, b"x", r + "00" * 32) == "E_SIGNATURE"


def test_a_key_of_low_order_verifies_nothing() -> None:
    """With A of order 1, R = S·B holds for every message: the key is refused before."""
    weak = Did("did:key:z" + base58.encode(b"\xed\x01\x01" + bytes(31)))
    with pytest.raises(InvalidInput) as raised:
        verify(weak, Tag.INTENT, b"any", "01" + "00" * 63)
    assert raised.value.code == "E_KEY"


def test_a_signature_in_another_text_is_refused() -> None:
    text = SIGNER.sign(Tag.INTENT, b"x")
    for other in (text.upper(), text[:-1], text + "0", text + "\n", " " + text[1:], ""):
        assert refused(SIGNER.did, Tag.INTENT, b"x", other) == "E_SIGNATURE"
    assert refused(SIGNER.did, Tag.INTENT, b"x", text[:-1] + "\u0661") == "E_SIGNATURE"


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidInput) as raised:
        Signer.from_seed(bytes(length))
    assert raised.value.code == "E_KEY"


def test_a_signer_shows_its_name_and_never_its_key() -> None:
    assert repr(SIGNER) == f"Signer({SIGNER.did})"
    assert bytes(range(32)).hex() not in repr(SIGNER)
    with pytest.raises(TypeError):
        pickle.dumps(SIGNER)
