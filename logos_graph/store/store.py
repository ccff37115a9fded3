"""The supervisor's Store on Neo4j: an append is one durable transaction, whatever it changes.

An append takes the head's lock first, compares it with the head that the entries were built on, and
swaps it; everything the entries change is written by the same transaction. When the connection
breaks at the wrong moment the outcome is unknown: it is settled by looking the last entry up by its
hash, so that nothing is written twice and nothing acknowledged is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from logos_graph.canon import ContentId
from logos_graph.database import Connection, named_failures
from logos_graph.errors import Conflict, EnvironmentFault, LogosError, Rejected
from logos_graph.graph import Component, Node, parse_flow, used_by
from logos_graph.identity import Did
from logos_graph.ledger import Entry, Head, parse_entry
from logos_graph.resources import statement
from logos_graph.store.components import flow_mutation, node_mutation
from logos_graph.store.projection import Projection, Statement, entry_properties, project
from logos_graph.store.reader import Reader, Row, Rows, as_head, read_snapshot
from logos_graph.supervisor import IntentRecord, Snapshot

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction, Session, Transaction
    from neo4j.exceptions import Neo4jError

__all__ = ["Neo4jStore"]

_PAGE = 1000
_DIVIDED_BY_ZERO = "Neo.ClientError.Statement.ArithmeticError"  # ledger/append says what for


class Neo4jStore:
    """Implements logos_graph.supervisor.Store."""

    def __init__(self, driver: Driver, connection: Connection) -> None:
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
            session.begin_transaction() as transaction,
        ):

            def rows(name: str, /, **parameters: object) -> list[Row]:
                return transaction.run(statement(name), parameters).data()

            found = rows("ledger/lock_head")
            yield (as_head(found[0]) if found else None), rows
            transaction.rollback()

    def entry(self, index: int) -> Entry | None:
        """One entry, checked against its hash."""
        return next(iter(self.entries(index, limit=1)), None)

    def entries(self, first: int, *, limit: int = _PAGE) -> Iterator[Entry]:
        """Entries in order from this index on, `limit` at a time; each has the hash it is under."""
        head = self._reader.head()
        while head is not None and first <= head.index:
            rows = self._reader.rows("ledger/entries", ledger=head.ledger, first=first, limit=limit)
            if not rows:
                return
            for row in rows:
                yield parse_entry(row["text"], row["hash"], row["signature"])
            first += len(rows)

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

    def effects(self, intent: ContentId) -> list[Entry]:
        """The effects and outcomes of an intent; each has the hash it is under."""
        rows = self._reader.rows("read/effects", intent=intent)
        return [parse_entry(row["text"], row["hash"], row["signature"]) for row in rows]

    def values(self, identities: Sequence[str]) -> dict[str, str]:
        """Stored values (base64) by id."""
        rows = self._reader.rows("read/stored_values", ids=list(identities))
        return {row["id"]: row["value"] for row in rows}

    # writing ----------------------------------------------------------------------------------

    def append(
        self, expected: Head | None, entries: Sequence[Entry], blobs: Mapping[ContentId, bytes]
    ) -> None:
        """See Store.append."""
        from neo4j import exceptions

        projection = project(entries, blobs)
        try:
            self._write(expected, entries, projection)
        except exceptions.ConstraintError as error:
            raise _taken(error) from None
        except (exceptions.DriverError, exceptions.Neo4jError) as error:
            if not self._took_hold(entries[-1], error):
                raise _failed(error) from None

    def _write(
        self, expected: Head | None, entries: Sequence[Entry], projection: Projection
    ) -> None:
        with self._driver.session(database=self._database) as session:
            if expected is not None and not projection.statements:
                # the hot path: one statement, one round trip, one commit
                _append(session, expected, entries, projection)
                return
            with session.begin_transaction() as transaction:
                if expected is None:
                    genesis = {
                        "entry": entry_properties(entries[0]),
                        "supervisor": entries[0].body["supervisor"],
                    }
                    transaction.run(statement("ledger/genesis"), genesis).consume()
                else:
                    _append(transaction, expected, entries, projection)
                for change in projection.statements:
                    _apply(transaction, change)
                transaction.commit()

    def _took_hold(self, last: Entry, cause: Exception) -> bool:
        """Whether a commit whose outcome is unknown is in the database after all.

        Asked under the head's lock: a commit that is still under way has that lock, so the answer
        comes after it, whichever way it went.
        """
        try:
            with self._head_locked() as (_head, rows):
                return bool(rows("ledger/find_entry", hash=last.hash))
        except EnvironmentFault as fault:
            raise EnvironmentFault(
                "E_UNKNOWN_OUTCOME",
                f"whether entry {last.index} was written is not known: {cause}",
                hint="it may have been: look at `logos ledger show` before you sign it again",
                index=last.index,
                hash=last.hash,
            ) from fault


def _append(
    runner: Session | Transaction | ManagedTransaction,
    expected: Head,
    entries: Sequence[Entry],
    projection: Projection,
) -> None:
    last = entries[-1]
    parameters: dict[str, Any] = {
        "ledger": last.ledger,
        "expected_hash": expected.hash,
        "last": {"index": last.index, "hash": last.hash, "recorded_at": last.recorded_at},
        "entries": [entry_properties(entry) for entry in entries],
        "loglines": projection.loglines,
        "answers": projection.answers,
        "endings": projection.endings,
        "effects": projection.effects,
        "runs": projection.runs,
    }
    if runner.run(statement("ledger/append"), parameters).single() is None:
        raise Conflict("E_HEAD_MOVED", f"another entry follows {expected.hash} already")


def _apply(transaction: Transaction, change: Statement) -> None:
    row = transaction.run(statement(change.name), change.parameters).single()
    made = 0 if row is None else row["made"]
    if made != change.makes:
        raise Rejected(
            "E_PROJECTION",
            f"{change.name} was to make {change.makes}, the graph let it make {made}",
            hint="an edge between unequal types, or a thing that is not stored, has no match",
            statement=change.name,
        )


def _taken(error: Neo4jError) -> LogosError:
    """A uniqueness constraint said no."""
    message = error.message or ""
    if "`LogLine`" in message:
        return Rejected(
            "E_NONCE_USED",
            "this intent, or its nonce, was recorded before",
            hint="to mean the same act again, sign it with a new nonce",
        )
    if "`LedgerEntry`" in message or "`LedgerHead`" in message:
        return Conflict("E_HEAD_MOVED", "another writer was first")
    return Rejected("E_EXISTS", f"it exists already: {message}")


def _failed(error: Exception) -> LogosError:
    from neo4j import exceptions

    if isinstance(error, exceptions.TransientError):
        return Conflict("E_HEAD_MOVED", f"the database asks to try again: {error.message}")
    if getattr(error, "code", None) == _DIVIDED_BY_ZERO:
        return Rejected(
            "E_PROJECTION",
            "an entry speaks of something that the graph does not have",
            hint="`logos ledger verify` says what is missing",
        )
    if isinstance(error, exceptions.Forbidden):
        return Rejected(
            "E_GUARD",
            f"the database refuses: {error.message}",
            hint="`logos status` shows the guard",
        )
    return EnvironmentFault(
        "E_DATABASE", f"the entry could not be written: {error}", hint="`logos doctor`"
    )
