"""A proof file, made of the entries that were gathered, the tree's nodes, and a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from logos_graph.canon import ContentId
from logos_graph.errors import NotVerified
from logos_graph.identity import Signer
from logos_graph.ledger import Entry, Frontier, sign_checkpoint
from logos_graph.ledger.merkle import NodeId, Nodes, inclusion_proof, needed_nodes, root_of
from logos_graph.proof.form import ProofFile, ProvedEntry

__all__ = ["TreeNodes", "make_proof", "proof_nodes"]

TreeNodes = Callable[[Iterable[NodeId]], Nodes]
"""Reads the hashes of complete subtrees; asked once for all that a proof file needs."""


def make_proof(
    intent: ContentId,
    run: ContentId,
    entries: Sequence[Entry],
    modules: Mapping[ContentId, bytes],
    *,
    tree: Frontier,
    tree_nodes: TreeNodes,
    supervisor: Signer,
) -> ProofFile:
    """The proof of a run, against the checkpoint of this tree, which is signed here.

    tree: that of every entry, as whoever signs knows it: the nodes only lead to it. Raises
    NotVerified E_TREE if they do not.
    """
    size, root = tree.size, tree.root()
    nodes = tree_nodes(proof_nodes(size, [entry.index for entry in entries]))
    if root_of(size, nodes) != root:
        raise NotVerified(
            "E_TREE",
            "what is kept of the tree in the database is not the tree of its entries",
            hint="`logos ledger verify` says what is wrong with the ledger",
        )
    note = sign_checkpoint(entries[0].ledger, size, root, supervisor)
    proved = tuple(
        ProvedEntry(entry, tuple(inclusion_proof(entry.index, size, nodes))) for entry in entries
    )
    return ProofFile(intent, run, note.data, proved, modules)


def proof_nodes(size: int, indexes: Iterable[int]) -> frozenset[NodeId]:
    """The nodes of which the root of a tree and the inclusion proofs of these leaves are made."""

    def ask(nodes: Nodes) -> None:
        root_of(size, nodes)
        for index in indexes:
            inclusion_proof(index, size, nodes)

    return needed_nodes(ask)
