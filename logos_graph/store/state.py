"""The stored state, in the terms of the ledger's mutations: what invariant I4 compares.

Every part is read from the native nodes and relationships, not from texts kept beside them.
"""

from __future__ import annotations

from logos_graph.canon import Json, parse
from logos_graph.ledger import State
from logos_graph.store.components import flow_mutation, node_mutation, run_mutation
from logos_graph.store.reader import Reader

__all__ = ["read_state"]

_ALL = 1 << 40


def read_state(reader: Reader) -> State:
    """The graph as mutations by kind and key, as logos_graph.ledger.fold_state makes them."""
    head = reader.head()
    ledger = "" if head is None else head.ledger
    state = State()
    for mutation in (*reader.principals(), *reader.verbs()):
        state.apply(mutation)
    for row in reversed(reader.rows("read/policies", ledger=ledger)):
        state.apply({"kind": "policy", "id": row["id"], "text": row["text"]})
    for row in reader.rows("read/nodes", ids=None):
        state.apply(node_mutation(row))
    for row in reader.rows("read/flows", ids=None):
        state.apply(flow_mutation(row))
    for row in reader.rows("read/names", name=None):
        state.apply({"kind": "name", "name": row["name"], "target": row["target"]})
    for row in reader.rows("read/grants", node=None):
        state.apply({"kind": "grant", **{key: row[key] for key in ("node", "capability", "grant")}})
    for row in reader.rows("read/runs", ids=None, limit=_ALL):
        state.apply(run_mutation(row))
    for row in reader.intents(limit=_ALL):
        state.settle(row["cid"], row["status"], _decision(row["decision"]))
    return state


def _decision(text: str) -> dict[str, Json]:
    value = parse(text)
    if not isinstance(value, dict):
        raise TypeError("a decision was stored here")
    return value
