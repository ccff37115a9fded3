"""Neo4j behind the supervisor's Store: units of work over the statements in cypher/."""

from logos_graph.store.evidence import GraphEvidence
from logos_graph.store.reader import Reader
from logos_graph.store.schema import apply_schema
from logos_graph.store.state import read_state
from logos_graph.store.store import Neo4jStore
from logos_graph.store.tree import tree_nodes

__all__ = [
    "GraphEvidence",
    "Neo4jStore",
    "Reader",
    "apply_schema",
    "read_state",
    "tree_nodes",
]
