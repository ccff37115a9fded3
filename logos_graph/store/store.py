"""The supervisor's Store on Neo4j: an append is one durable transaction, whatever it changes.

An append takes the head's lock first, compares it with the head that the entries were built on, and
swaps it; everything the entries change is written by the same transaction. When the connection
breaks at the wrong moment the outcome is unknown: it is settled by looking the last entry up by its
hash, so that nothing is written twice and nothing acknowledged is lost.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from logos_graph.canon import ContentId
from logos_graph.database import Connection, named_failures
from logos_graph.errors import LogosError, NotVerified, Rejected
from logos_graph.governance import Conducts
from logos_graph.graph import Component, Node, parse_flow, used_by
from logos_graph.identity import Did
from logos_graph.ledger import Entry, Head, parse_entry
from logos_graph.ledger.merkle import Frontier, NodeId, entry_of, kept_node
from logos_graph.resources import statement
from logos_graph.store.append import (
    Append,
    commit_failed,
    not_written,
    refused,
    timed_out,
    unknown_outcome,
)
from logos_graph.store.components import flow_mutation, node_mutation
from logos_graph.store.projection import project
from logos_graph.store.reader import Reader, as_rows
from logos_graph.store.statements import Row
from logos_graph.store.tables import Rows, as_head, read_snapshot
from logos_graph.supervisor import IntentRecord, Mutation, Snapshot

if TYPE_CHECKING:
    from neo4j import Driver

__all__ = ["Neo4jStore"]

_LOOK_UP_PAUSES_S = (0.1, 0.3, 1.0)
"""Before each further look-up, when the database did not answer it."""


class Neo4jStore:
    """Implements logos_graph.supervisor.Store.

    seconds: how long the server may take for one append, and for settling one.
    """

    def __init__(self, driver: Driver, connection: Connection, seconds: float = 30.0) -> None:
        self._seconds = seconds
        self._driver, self._connection = driver, connection
        self._database = connection.database
        self._reader = Reader(driver, connection)
        self._components: dict[ContentId, Component] = {}

    # reading ----------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot | None:
        """See Store.snapshot: read under the head's lock, so that nothing moves meanwhile."""
        with self._head_locked() as (head, rows):
            return None if head is None else read_snapshot(head, rows)

    @contextmanager
    def _head_locked(self) -> Iterator[tuple[Head | None, Rows]]:
        """The head, and a way to ask, while no append can take hold; ends without a change."""
        with (
            named_failures(self._connection),
            self._driver.session(database=self._database) as session,
            session.begin_transaction(timeout=self._seconds) as transaction,
        ):

            def rows(name: str, /, **parameters: object) -> list[Row]:
                return as_rows(transaction.run(statement(name), parameters))

            found = rows("ledger/lock_head")
            yield (as_head(found[0]) if found else None), rows
            transaction.rollback()

    def entry(self, index: int) -> Entry | None:
        """One entry, checked against its hash."""
        return next(self._entries(index, index + 1), None)

    def entries(self, first: int) -> Iterator[Entry]:
        """Entries in order from this index on, page by page; each has the hash it is under."""
        head = self._reader.head()
        while head is not None and first <= head.index:
            yield from self._entries(first, head.index + 1)
            first, head = head.index + 1, self._reader.head()

    def _entries(self, first: int, below: int) -> Iterator[Entry]:
        head = self._reader.head()
        for row in () if head is None else self._reader.entries(head.ledger, first, below):
            entry = parse_entry(row["text"], row["hash"], row["signature"], at=row["index"])
            if entry.index != row["index"]:
                raise _misplaced(entry, row["index"])
            yield entry

    def tree_nodes(self, nodes: Iterable[NodeId]) -> dict[NodeId, bytes]:
        """The hashes of these complete subtrees, asked at once; NotVerified E_TREE.

        They are what was kept when the entries were appended: whoever shows them to others computes
        the root from them and compares it.
        """
        wanted = list(nodes)
        head = self._reader.head()
        rows = [] if head is None else self._reader.rows(
            "ledger/subtrees", ledger=head.ledger, indexes=sorted({*map(entry_of, wanted)})
        )  # fmt: skip
        kept = {row["index"]: row["subtrees"] for row in rows}
        return {node: kept_node(node, kept.get(entry_of(node))) for node in wanted}

    def component(self, identity: ContentId) -> Component | None:
        """A stored node or flow; both are immutable, so they are read once."""
        known = self._components.get(identity)
        if known is None:
            found = self._component(identity)
            if found is None:
                return None
            known = self._components[identity] = found
        return known

    def _component(self, identity: ContentId) -> Component | None:
        for row in self._reader.rows("read/nodes", ids=[identity]):
            return Node.from_mutation(node_mutation(row))
        for row in self._reader.rows("read/flows", ids=[identity]):
            mutation = flow_mutation(row)
            for used in used_by(mutation):
                self.component(used)
            return parse_flow(mutation, lambda used: self._components[used])
        return None

    def module(self, node: ContentId) -> bytes:
        """A stored node's binary; Rejected E_UNKNOWN_NODE."""
        for row in self._reader.rows("read/module", id=node):
            return bytes(row["bytes"])
        raise Rejected("E_UNKNOWN_NODE", f"there is no node {node}", node=node)

    def source(self, identity: ContentId) -> str:
        """The source of a stored node or draft; Rejected E_UNKNOWN_SOURCE."""
        for row in self._reader.rows("read/source", id=identity):
            return str(row["text"])
        raise Rejected("E_UNKNOWN_SOURCE", f"there is no node or draft {identity}", id=identity)

    def drafted(self, node: ContentId) -> bool:
        """See Store.drafted."""
        return bool(self._reader.rows("read/drafted", node=node)[0]["drafted"])

    def open_drafts(self, who: Did, since_ns: int) -> int:
        """See Store.open_drafts."""
        return int(self._reader.rows("read/open_drafts", who=who, since=since_ns)[0]["open"])

    def deprecated(self, nodes: Iterable[ContentId]) -> dict[ContentId, str]:
        """See Store.deprecated."""
        rows = self._reader.rows("read/deprecated", nodes=[*nodes])
        return {ContentId(row["node"]): row["reason"] for row in rows}

    def promoted(self, node: ContentId) -> bool:
        """See Store.promoted."""
        rows = self._reader.rows("read/standing", node=node)
        return any(row["kind"] == "promotion" for row in rows)

    def intent(self, cid: ContentId) -> IntentRecord | None:
        """What became of a recorded intent."""
        return self._reader.intent(cid)

    def run(self, identity: ContentId) -> Mutation:
        """See Store.run."""
        return self._reader.run(identity)

    def escalation(self, intent: ContentId) -> str | None:
        """How the escalation of an intent's end stands; None if it has none."""
        return self._reader.escalation(intent)

    def effects(self, intent: ContentId) -> list[Entry]:
        """The effects and outcomes of an intent; each has the hash it is under."""
        rows = self._reader.rows("read/effects", intent=intent)
        return [parse_entry(row["text"], row["hash"], row["signature"]) for row in rows]

    def ghosts_of(
        self, statement: str, who: Did, *, since_ns: int, after: int, threshold: int
    ) -> list[ContentId]:
        """See Store.ghosts_of."""
        rows = self._reader.rows(
            statement, who=who, since=since_ns, after=after, threshold=threshold
        )
        return [ContentId(cid) for row in rows for cid in row["intents"]]

    def values(self, identities: Sequence[str]) -> dict[str, str]:
        """Stored values (base64) by id."""
        rows = self._reader.rows("read/stored_values", ids=list(identities))
        return {row["id"]: row["value"] for row in rows}

    # writing ----------------------------------------------------------------------------------

    def append(
        self,
        expected: Head | None,
        entries: Sequence[Entry],
        blobs: Mapping[ContentId, bytes],
        tree: Frontier,
        conducts: Conducts,
    ) -> None:
        """See Store.append."""
        from neo4j import exceptions

        write = Append(expected, entries, project(entries, blobs, conducts), tree)
        try:
            with self._driver.session(database=self._database) as session:
                write.run(session, self._seconds)
        except (exceptions.DriverError, exceptions.Neo4jError) as error:
            refusal = refused(error, self._seconds)
            if refusal is not None:
                raise refusal from None
            if not self._took_hold(entries[-1], error):
                raise not_written(error) from None

    def _took_hold(self, last: Entry, cause: Exception) -> bool:
        """Whether a commit whose outcome is unknown is in the database after all.

        Asked under the head's lock: a commit that is still under way has that lock, so the answer
        comes after it, whichever way it went. A commit that failed in the server may yet be found
        when it has recovered: that it is not there now says nothing.
        """
        found = self._found(last, cause)
        if not found and commit_failed(cause):
            raise unknown_outcome(last, cause)
        return found

    def _found(self, last: Entry, cause: Exception) -> bool:
        from neo4j.exceptions import Neo4jError

        for pause in (*_LOOK_UP_PAUSES_S, None):
            try:
                with self._head_locked() as (_head, rows):
                    return bool(rows("ledger/find_entry", hash=last.hash))
            except (LogosError, Neo4jError) as fault:
                if pause is None or timed_out(fault) or timed_out(fault.__cause__ or fault):
                    raise unknown_outcome(last, cause) from fault
                time.sleep(pause)
        raise AssertionError  # the last pause is None


def _misplaced(entry: Entry, index: int) -> NotVerified:
    return NotVerified(
        "E_CHAIN_INDEX",
        f"what is stored as entry {index} is entry {entry.index}",
        hint="`logos ledger verify` says what is wrong with the ledger",
        index=index,
        field="index",
        expected=index,
        found=entry.index,
    )
