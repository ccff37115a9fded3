"""Neo4j behind the supervisor's Store: units of work over the statements in cypher/."""

from logos_graph.store.comparison import GraphComparison, read_elements
from logos_graph.store.evidence import GraphEvidence
from logos_graph.store.expected import ExpectedGraph
from logos_graph.store.exporting import StoredLedger
from logos_graph.store.reader import Reader
from logos_graph.store.restoring import restore
from logos_graph.store.schema import apply_schema
from logos_graph.store.state import read_state
from logos_graph.store.store import Neo4jStore
from logos_graph.store.sums import GraphSum

__all__ = [
    "ExpectedGraph",
    "GraphComparison",
    "GraphEvidence",
    "GraphSum",
    "Neo4jStore",
    "Reader",
    "StoredLedger",
    "apply_schema",
    "read_elements",
    "read_state",
    "restore",
]
