"""The nodes of the tree over the entries.

SEAM: `Neo4jStore.tree_nodes(ids)` reads them from the entries' property `subtrees`, in one query;
where that is there, this file goes. Here they are computed anew from every entry, in O(n).
"""

from __future__ import annotations

from collections.abc import Iterable

from logos_graph.ledger.merkle import NodeId, hash_leaf, leaf_data, nodes_of
from logos_graph.store.store import Neo4jStore

__all__ = ["tree_nodes"]


def tree_nodes(store: Neo4jStore, ids: Iterable[NodeId]) -> dict[NodeId, bytes]:
    """The hashes of these complete subtrees."""
    nodes = nodes_of(hash_leaf(leaf_data(entry)) for entry in store.entries(0))
    return {node: nodes[node] for node in ids}
