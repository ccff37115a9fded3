"""The tree's nodes as they are kept with entries: which ones a proof takes, where they lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import NotVerified
from logos_graph.ledger.merkle import (
    Frontier,
    NodeId,
    consistency_proof,
    entry_of,
    hash_leaf,
    inclusion_proof,
    joined_subtrees,
    kept_node,
    needed_nodes,
    nodes_of,
    peak_nodes,
    root_of,
)

LEAVES = [hash_leaf(bytes([number])) for number in range(70)]
NODES = nodes_of(LEAVES)


def kept() -> list[bytes]:
    """What is kept with each entry."""
    frontier = Frontier()
    return [joined_subtrees(frontier.append(leaf)) for leaf in LEAVES]


KEPT = kept()


def test_every_complete_subtree_is_kept_with_the_entry_that_completes_it() -> None:
    for (level, index), node in NODES.items():
        entry = entry_of((level, index))
        assert entry == (index + 1) * 2**level - 1
        assert kept_node((level, index), KEPT[entry]) == node
    assert sum(map(len, KEPT)) == 32 * len(NODES)


@pytest.mark.parametrize(
    ("node", "kept"),
    [
        ((0, 0), None),
        ((0, 0), b""),
        ((0, 0), bytes(64)),
        ((0, 0), "00" * 16),
        ((1, 0), bytes(32)),
        ((2, 0), bytes(95)),
        ((2, 0), bytes(128)),
    ],
)
def test_what_cannot_have_been_kept_with_an_entry_is_refused(node: NodeId, kept: object) -> None:
    with pytest.raises(NotVerified) as refused:
        kept_node(node, kept)
    assert (refused.value.code, refused.value.data["index"]) == ("E_TREE", entry_of(node))


@given(st.integers(0, len(LEAVES)))
def test_peaks_are_found_among_what_is_kept(size: int) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    found = [kept_node(node, KEPT[entry_of(node)]) for node in peak_nodes(size)]
    assert tuple(found) == frontier.peaks


@given(st.integers(1, len(LEAVES)), st.data())
def test_a_proof_is_made_of_the_nodes_that_it_needs_and_no_others(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    earlier = data.draw(st.integers(0, size))
    for ask in (
        lambda nodes: root_of(size, nodes),
        lambda nodes: inclusion_proof(index, size, nodes),
        lambda nodes: consistency_proof(earlier, size, nodes),
    ):
        needed = needed_nodes(ask)
        assert all(entry_of(node) < size for node in needed)
        assert len(needed) <= 2 * size.bit_length()
        assert ask({node: NODES[node] for node in needed}) == ask(NODES)


def test_a_copy_of_a_frontier_goes_its_own_way() -> None:
    frontier = Frontier()
    for leaf in LEAVES[:7]:
        frontier.append(leaf)
    copy = frontier.copy()
    copy.append(LEAVES[7])
    assert (frontier.size, copy.size) == (7, 8)
    assert frontier.root() == root_of(7, NODES)
    assert copy.root() == root_of(8, NODES)
