"""The stored state, in the terms of the ledger's mutations: what invariant I4 compares.

Every part is read from the native nodes and relationships, not from texts kept beside them; what is
named by its content (a binary, a source) is hashed, so that its id cannot speak for other content.
"""

from __future__ import annotations

from collections.abc import Iterator

from logos_graph.ledger import State
from logos_graph.store.components import (
    alarm_state,
    draft_mutation,
    escalation_state,
    flow_mutation,
    grant_mutation,
    logline_state,
    node_mutation,
    run_mutation,
    with_contents,
    with_source,
)
from logos_graph.store.reader import Reader
from logos_graph.store.statements import Row
from logos_graph.supervisor import Mutation

__all__ = ["read_state"]

_LOGLINES_AT_ONCE = 1000
_VALUES_AT_ONCE = 100
_STORED = ("id", "namespace", "key", "value")
_RUNS_AT_ONCE = 50
"""A run may hold some megabytes."""
_DRAFTS_AT_ONCE = 50
"""A draft has a source, and what the compiler said of it."""


def read_state(reader: Reader) -> State:
    """The graph as mutations by kind and key, as `logos_graph.ledger.State` folds them."""
    head = reader.head()
    ledger = "" if head is None else head.ledger
    state = State()
    for mutation in (
        *reader.supervisors(),
        *reader.principals(),
        *(change for _, change in reader.key_changes()),
        *reader.verbs(),
        *reader.limits(),
        *reader.rates(),
        *reader.delegations(),
    ):
        state.apply(mutation)
    for row in reversed(reader.rows("read/policies", ledger=ledger)):
        state.apply({"kind": "policy", "id": row["id"], "text": row["text"]})
    for row in reader.rows("read/nodes", ids=None):
        state.apply(_node(reader, row))
    for row in reader.rows("read/flows", ids=None):
        state.apply(flow_mutation(row))
    for row in reader.rows("read/names", name=None):
        state.apply({"kind": "name", "name": row["name"], "target": row["target"]})
    for row in reader.rows("read/grants", node=None):
        state.apply(grant_mutation(row))
    for row in _pages(reader, "read/draft_page", "id", _DRAFTS_AT_ONCE):
        state.apply(with_source(draft_mutation(row), row["sources"]))
    for row in reader.rows("read/standing", node=None):
        state.apply({key: row[key] for key in ("kind", "node", "reason")})
    _read_many(reader, state)
    return state


def _read_many(reader: Reader, state: State) -> None:
    """What there may be any number of, a page at a time."""
    for row in _pages(reader, "read/run_page", "id", _RUNS_AT_ONCE):
        state.apply(run_mutation(row))
    for row in _pages(reader, "read/stored_value_page", "id", _VALUES_AT_ONCE, prefix=""):
        state.apply({"kind": "kv", **{name: row[name] for name in _STORED}})
    for row in _pages(reader, "read/escalation_page", "id", _LOGLINES_AT_ONCE):
        escalation, resolution = escalation_state(row["escalation"])
        if resolution is not None:
            state.apply(resolution)
        state.escalate(escalation)
    for row in _pages(reader, "read/alarm_page", "id", _LOGLINES_AT_ONCE):
        alarm, lift = alarm_state(row["alarm"])
        if lift is not None:
            state.apply(lift)
        state.alarm(alarm)
    for row in _pages(reader, "read/logline_page", "cid", _LOGLINES_AT_ONCE):
        state.settle(logline_state(row))


def _pages(
    reader: Reader, statement: str, key: str, limit: int, **parameters: str
) -> Iterator[Row]:
    """All rows of a statement that goes on after the key of the last row it gave."""
    after = ""
    while rows := reader.rows(statement, after=after, limit=limit, **parameters):
        yield from rows
        after = rows[-1][key]


def _node(reader: Reader, row: Row) -> Mutation:
    mutation = node_mutation(row)
    binaries = [found["bytes"] for found in reader.rows("read/module", id=mutation["id"])]
    sources = [found["text"] for found in reader.rows("read/source", id=mutation["id"])]
    return with_contents(mutation, binaries, sources)
