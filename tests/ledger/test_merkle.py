"""The tree: the published roots and proofs, and what no proof may show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import InvalidInput, LogosError, NotVerified
from logos_graph.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    hash_leaf,
    inclusion_proof,
    leaf_data,
    nodes_of,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# --- vectors of transparency-dev/merkle, for RFC 6962's tree over these eight leaves --------------

REFERENCE = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES_0_AND_1 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
LEAVES_2_AND_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
LEAVES_4_TO_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
LEAVES_6_AND_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
LEAVES_4_AND_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSION = [
    (0, 8, [LEAF_1, LEAVES_2_AND_3, LEAVES_4_TO_7]),
    (5, 8, [LEAF_4, LEAVES_6_AND_7, ROOTS[4]]),
    (2, 3, [LEAVES_0_AND_1]),
    (1, 5, [ROOTS[1], LEAVES_2_AND_3, LEAF_4]),
    (0, 1, []),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [LEAF_1, LEAVES_2_AND_3, LEAVES_4_TO_7]),
    (6, 8, [LEAVES_4_AND_5, LEAVES_6_AND_7, ROOTS[4]]),
    (2, 5, [LEAVES_2_AND_3, LEAF_4]),
    (2, 8, [LEAVES_2_AND_3, LEAVES_4_TO_7]),
]

REFERENCE_NODES = nodes_of(map(hash_leaf, REFERENCE))


def test_the_published_roots_are_ours_at_every_size() -> None:
    frontier = Frontier()
    roots = [frontier.root()]
    for leaf in REFERENCE:
        frontier.append(hash_leaf(leaf))
        roots.append(frontier.root())
    assert [root.hex() for root in roots] == ROOTS
    assert [root_of(size, REFERENCE_NODES).hex() for size in range(9)] == ROOTS


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_the_published_inclusion_proofs_are_ours(index: int, size: int, proof: list[str]) -> None:
    found = inclusion_proof(index, size, REFERENCE_NODES)
    assert [node.hex() for node in found] == proof
    root = bytes.fromhex(ROOTS[size])
    verify_inclusion(hash_leaf(REFERENCE[index]), index, size, found, root)


@pytest.mark.parametrize(("earlier", "later", "proof"), CONSISTENCY)
def test_the_published_consistency_proofs_are_ours(
    earlier: int, later: int, proof: list[str]
) -> None:
    found = consistency_proof(earlier, later, REFERENCE_NODES)
    assert [node.hex() for node in found] == proof
    first, second = bytes.fromhex(ROOTS[earlier]), bytes.fromhex(ROOTS[later])
    verify_consistency(earlier, later, first, second, found)


# --- against RFC 6962's own definitions, word for word --------------------------------------------


def power_below(count: int) -> int:
    """The largest power of two smaller than this."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = power_below(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = power_below(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if known else [naive_root(leaves)]
    k = power_below(len(leaves))
    if m <= k:
        return [*naive_subproof(m, leaves[:k], known), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


MANY = [b"leaf %d" % number for number in range(70)]
NODES = nodes_of(map(hash_leaf, MANY))
NAIVE_ROOTS = [naive_root(MANY[:size]) for size in range(len(MANY) + 1)]
sizes = st.integers(1, len(MANY))


@given(leaves=st.lists(st.binary(max_size=3), max_size=40))
def test_the_root_is_that_of_the_definition(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(hash_leaf(leaf))
    assert frontier.root() == naive_root(leaves)
    assert root_of(len(leaves), nodes_of(map(hash_leaf, leaves))) == naive_root(leaves)


@given(cut=st.integers(0, len(MANY)))
def test_a_frontier_goes_on_from_its_peaks_and_keeps_no_more_than_one_for_each_bit(
    cut: int,
) -> None:
    first = Frontier()
    for leaf in MANY[:cut]:
        first.append(hash_leaf(leaf))
    second = Frontier(first.size, first.peaks)
    assert len(first.peaks) == cut.bit_count()
    for leaf in MANY[cut:]:
        second.append(hash_leaf(leaf))
    assert second.root() == NAIVE_ROOTS[-1]
    assert first.root() == NAIVE_ROOTS[cut]


def test_what_an_append_completes_is_every_complete_subtree_once() -> None:
    frontier, seen = Frontier(), dict[tuple[int, int], bytes]()
    for leaf in MANY:
        completed = frontier.append(hash_leaf(leaf))
        assert not seen.keys() & dict(completed).keys()
        seen.update(completed)
    for (level, index), node in seen.items():
        assert node == naive_root(MANY[index << level : (index + 1) << level])
    assert len(seen) == 2 * len(MANY) - len(MANY).bit_count()


@pytest.mark.parametrize(("size", "peaks"), [(1, 0), (3, 1), (0, 1), (4, 2), (-1, 1)])
def test_a_frontier_of_other_peaks_is_refused(size: int, peaks: int) -> None:
    with pytest.raises(InvalidInput) as raised:
        Frontier(size, [bytes(32)] * peaks)
    assert raised.value.code == "E_FRONTIER"


def test_every_proof_is_that_of_the_definition_and_verifies() -> None:
    for size in range(len(MANY) + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, NODES)
            assert proof == naive_path(index, MANY[:size])
            verify_inclusion(hash_leaf(MANY[index]), index, size, proof, NAIVE_ROOTS[size])
        for earlier in range(size + 1):
            proof = consistency_proof(earlier, size, NODES)
            if earlier:
                assert proof == naive_subproof(earlier, MANY[:size], True)
            verify_consistency(earlier, size, NAIVE_ROOTS[earlier], NAIVE_ROOTS[size], proof)


# --- what is refused ------------------------------------------------------------------------------


def refusal(check: Callable[..., object], *arguments: Any) -> str:
    with pytest.raises(LogosError) as raised:
        check(*arguments)
    return raised.value.code


def included(index: int, size: int) -> tuple[bytes, int, int, list[bytes], bytes]:
    proof = inclusion_proof(index, size, NODES)
    return hash_leaf(MANY[index]), index, size, proof, NAIVE_ROOTS[size]


def consistent(earlier: int, later: int) -> tuple[int, int, bytes, bytes, list[bytes]]:
    proof = consistency_proof(earlier, later, NODES)
    return earlier, later, NAIVE_ROOTS[earlier], NAIVE_ROOTS[later], proof


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@st.composite
def pairs(draw: st.DrawFn, least: int = 1) -> tuple[int, int]:
    """A size, and a number from `least` below it."""
    size = draw(st.integers(least + 1, len(MANY)))
    return draw(st.integers(least, size - 1)), size


@given(pair=pairs(0), bit=st.integers(0, 255), draw=st.data())
def test_a_flipped_bit_of_an_inclusion_proof_is_refused(
    pair: tuple[int, int], bit: int, draw: st.DataObject
) -> None:
    leaf, index, size, proof, root = included(*pair)
    assert refusal(verify_inclusion, flip(leaf, bit), index, size, proof, root) == "E_PROOF_ROOT"
    assert refusal(verify_inclusion, leaf, index, size, proof, flip(root, bit)) == "E_PROOF_ROOT"
    if proof:
        at = draw.draw(st.integers(0, len(proof) - 1))
        forged = [*proof[:at], flip(proof[at], bit), *proof[at + 1 :]]
        assert refusal(verify_inclusion, leaf, index, size, forged, root) == "E_PROOF_ROOT"


@given(pair=pairs(), bit=st.integers(0, 255), draw=st.data())
def test_a_flipped_bit_of_a_consistency_proof_is_refused(
    pair: tuple[int, int], bit: int, draw: st.DataObject
) -> None:
    earlier, later, first, second, proof = consistent(*pair)
    roots = ("E_PROOF_FIRST_ROOT", "E_PROOF_ROOT")
    check = verify_consistency
    assert refusal(check, earlier, later, flip(first, bit), second, proof) in roots
    assert refusal(check, earlier, later, first, flip(second, bit), proof) == "E_PROOF_ROOT"
    at = draw.draw(st.integers(0, len(proof) - 1))
    forged = [*proof[:at], flip(proof[at], bit), *proof[at + 1 :]]
    assert refusal(check, earlier, later, first, second, forged) in roots


@given(pair=pairs(0), draw=st.data())
def test_a_node_more_or_less_in_an_inclusion_proof_is_refused(
    pair: tuple[int, int], draw: st.DataObject
) -> None:
    leaf, index, size, proof, root = included(*pair)
    at = draw.draw(st.integers(0, len(proof)))
    longer = [*proof[:at], root, *proof[at:]]
    assert refusal(verify_inclusion, leaf, index, size, longer, root) == "E_PROOF_LONG"
    if proof:
        shorter = [*proof[: at - 1], *proof[at:]] if at else proof[1:]
        assert refusal(verify_inclusion, leaf, index, size, shorter, root) == "E_PROOF_SHORT"


@given(pair=pairs(), draw=st.data())
def test_a_node_more_or_less_in_a_consistency_proof_is_refused(
    pair: tuple[int, int], draw: st.DataObject
) -> None:
    earlier, later, first, second, proof = consistent(*pair)
    at = draw.draw(st.integers(0, len(proof)))
    longer = [*proof[:at], first, *proof[at:]]
    shorter = [*proof[: at - 1], *proof[at:]] if at else proof[1:]
    check = verify_consistency
    assert refusal(check, earlier, later, first, second, longer) == "E_PROOF_LONG"
    assert refusal(check, earlier, later, first, second, shorter) == "E_PROOF_SHORT"


@given(pair=pairs(0), other=st.integers(0, len(MANY) - 1))
def test_a_proof_for_one_index_is_none_for_another(pair: tuple[int, int], other: int) -> None:
    leaf, index, size, proof, root = included(*pair)
    if other != index:
        codes = ("E_PROOF_ROOT", "E_PROOF_SHORT", "E_PROOF_LONG", "E_PROOF_INDEX")
        assert refusal(verify_inclusion, leaf, other, size, proof, root) in codes


@given(pair=pairs(), other=st.integers(0, len(MANY)))
def test_a_proof_for_one_size_is_none_for_another(pair: tuple[int, int], other: int) -> None:
    number, size = pair
    if other == size:
        return
    leaf, index, _, proof, _ = included(number, size)
    assert refusal(verify_inclusion, leaf, index, size, proof, NAIVE_ROOTS[other])
    assert refusal(verify_inclusion, leaf, index, other, proof, NAIVE_ROOTS[other])
    earlier, later, first, second, nodes = consistent(number, size)
    check = verify_consistency
    assert refusal(check, earlier, later, first, NAIVE_ROOTS[other], nodes)
    assert refusal(check, earlier, other, first, NAIVE_ROOTS[other], nodes)
    if other != earlier:
        assert refusal(check, earlier, later, NAIVE_ROOTS[other], second, nodes)
        assert refusal(check, other, later, NAIVE_ROOTS[other], second, nodes)


@pytest.mark.parametrize(("index", "size"), [(8, 8), (9, 8), (-1, 8), (0, 0), (0, -1)])
def test_no_proof_is_made_or_taken_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    assert refusal(inclusion_proof, index, size, NODES) == "E_PROOF_INDEX"
    root = NAIVE_ROOTS[8]
    assert refusal(verify_inclusion, root, index, size, [], root) == "E_PROOF_INDEX"


@pytest.mark.parametrize(("earlier", "later"), [(9, 8), (-1, 8), (-2, -1)])
def test_no_proof_is_made_or_taken_that_a_tree_shrank(earlier: int, later: int) -> None:
    assert refusal(consistency_proof, earlier, later, NODES) == "E_PROOF_SIZE"
    root = NAIVE_ROOTS[8]
    assert refusal(verify_consistency, earlier, later, root, root, []) == "E_PROOF_SIZE"


@given(pair=pairs(), length=st.integers(0, 64).filter(lambda n: n != 32))
def test_a_hash_of_another_length_is_refused(pair: tuple[int, int], length: int) -> None:
    odd = bytes(length)
    leaf, index, size, proof, root = included(*pair)
    for arguments in (
        (odd, index, size, proof, root),
        (leaf, index, size, proof, odd),
        (leaf, index, size, [*proof[:-1], odd], root),
    ):
        assert refusal(verify_inclusion, *arguments) == "E_PROOF_HASH"
    earlier, later, first, second, nodes = consistent(*pair)
    for trees in ((odd, second, nodes), (first, odd, nodes), (first, second, [odd, *nodes[1:]])):
        assert refusal(verify_consistency, earlier, later, *trees) == "E_PROOF_HASH"


def test_where_there_is_nothing_to_prove_the_roots_still_count() -> None:
    one, other = NAIVE_ROOTS[5], NAIVE_ROOTS[6]
    check = verify_consistency
    check(5, 5, one, one, [])
    check(0, 5, EMPTY_ROOT, one, [])
    check(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    assert refusal(check, 5, 5, one, other, []) == "E_PROOF_ROOT"
    assert refusal(check, 5, 5, one, one, [one]) == "E_PROOF_LONG"
    assert refusal(check, 0, 5, one, one, []) == "E_PROOF_FIRST_ROOT"
    assert refusal(check, 0, 5, EMPTY_ROOT, one, [one]) == "E_PROOF_LONG"
    assert refusal(check, 0, 0, one, one, []) == "E_PROOF_FIRST_ROOT"


def test_an_inner_node_is_no_leaf() -> None:
    """The second preimage that the prefixes are for: two hashes, offered as a leaf's data."""
    left, right = (hash_leaf(leaf) for leaf in MANY[:2])
    with pytest.raises(NotVerified):
        verify_inclusion(hash_leaf(left + right), 0, 1, [], NAIVE_ROOTS[2])
    assert hash_leaf(b"\x01" + left + right) != NAIVE_ROOTS[2]


# --- an entry as a leaf ---------------------------------------------------------------------------


def test_a_leaf_is_two_lines_the_text_s_hash_and_the_signature(story: Any) -> None:
    for entry in story.entries:
        assert leaf_data(entry).split(b"\n") == [
            sha256(entry.text.encode()).hexdigest().encode(),
            entry.signature.encode(),
            b"",
        ]
    assert len({leaf_data(entry) for entry in story.entries}) == len(story.entries)


def test_another_signature_of_the_same_text_is_another_leaf(story: Any) -> None:
    entry = story.entries[3]
    other = replace(entry, signature=story.entries[4].signature)
    assert hash_leaf(leaf_data(other)) != hash_leaf(leaf_data(entry))
