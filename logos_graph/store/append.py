"""One append as the database takes it, and what its failures mean.

| the database says | so | the caller gets |
|---|---|---|
| nothing: another head | nothing was written | Conflict E_HEAD_MOVED |
| a constraint, the guard, the append statement itself | nothing was written | Rejected |
| it took too long | the server ended it: nothing was written | E_QUEUE_TIMEOUT |
| a deadlock, no leader, no connection, … | looked up under the head's lock | E_NOT_WRITTEN |
| the commit itself failed: a full disk | it may be there after a recovery | E_UNKNOWN_OUTCOME |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logos_graph.errors import Conflict, EnvironmentFault, LogosError, Rejected
from logos_graph.ledger import Entry, Head
from logos_graph.ledger.merkle import Frontier, hash_leaf, joined_subtrees, leaf_data
from logos_graph.resources import statement
from logos_graph.store.projection import Projection
from logos_graph.store.statements import Statement
from logos_graph.supervisor import NOT_WRITTEN

if TYPE_CHECKING:
    from neo4j import Session, Transaction
    from neo4j.exceptions import Neo4jError

__all__ = [
    "Append",
    "commit_failed",
    "entry_properties",
    "node_properties",
    "not_written",
    "refused",
    "timed_out",
    "unknown_outcome",
]

_DIVIDED_BY_ZERO = "Neo.ClientError.Statement.ArithmeticError"  # ledger/append says what for
_TIMED_OUT = (
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
    "Neo.ClientError.Transaction.LockClientStopped",  # while it waited for a lock
)
_COMMIT_FAILED = "Neo.DatabaseError.Transaction.TransactionCommitFailed"


@dataclass(frozen=True, slots=True)
class Append:
    """Entries, what they change, and what they were built on: a head (None: genesis), a tree."""

    expected: Head | None
    entries: Sequence[Entry]
    projection: Projection
    tree: Frontier

    def run(self, session: Session, seconds: float) -> None:
        """Writes it in one transaction; the server ends that after so many seconds."""
        from neo4j import Query

        if self.expected is not None and not self.projection.statements:
            # the hot path: one statement, one round trip, one commit
            self._append(session, self.expected, Query(statement("ledger/append"), timeout=seconds))
            return
        with session.begin_transaction(timeout=seconds) as transaction:
            if self.expected is None:
                (entry,) = entry_properties(self.entries, self.tree)
                genesis = {"entry": entry, "supervisor": self.entries[0].body["supervisor"]}
                transaction.run(statement("ledger/genesis"), genesis).consume()
            else:
                self._append(transaction, self.expected, statement("ledger/append"))
            for change in self.projection.statements:
                _apply(transaction, change)
            transaction.commit()

    def _append(self, runner: Session | Transaction, expected: Head, query: Any) -> None:
        last = self.entries[-1]
        parameters: dict[str, Any] = {
            "ledger": last.ledger,
            "expected_hash": expected.hash,
            "last": {"index": last.index, "hash": last.hash, "recorded_at": last.recorded_at},
            "batch": {
                "entries": entry_properties(self.entries, self.tree),
                "loglines": self.projection.loglines,
                "answers": self.projection.answers,
                "endings": self.projection.endings,
                "progress": self.projection.progress,
                "runs": self.projection.runs,
                "conducts": self.projection.conducts,
            },
        }
        if runner.run(query, parameters).single() is None:
            raise Conflict("E_HEAD_MOVED", f"another entry follows {expected.hash} already")


def entry_properties(entries: Sequence[Entry], tree: Frontier) -> list[dict[str, Any]]:
    """Entries as LedgerEntry nodes, in order; tree: as it was before them, and it stays so."""
    grown = tree.copy()
    return [
        node_properties(entry, joined_subtrees(grown.append(hash_leaf(leaf_data(entry)))))
        for entry in entries
    ]


def node_properties(entry: Entry, subtrees: bytes) -> dict[str, Any]:
    """An entry as a LedgerEntry node; subtrees: those that its leaf completes, joined."""
    return {
        "ledger": entry.ledger,
        "index": entry.index,
        "hash": entry.hash,
        "prev_hash": entry.prev_hash,
        "kind": entry.kind.value,
        "text": entry.text,
        "signature": entry.signature,
        "recorded_at": entry.recorded_at,
        "subtrees": subtrees,
        "ledger_index": entry.index,
    }


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


# what failures mean -------------------------------------------------------------------------------


def refused(error: Exception, seconds: float) -> LogosError | None:
    """What the server refused, so that certainly nothing was written; None if that is not certain.

    seconds: what the append was given.
    """
    from neo4j import exceptions

    match error:
        case exceptions.ConstraintError():
            return _taken(error)
        case exceptions.Forbidden():
            return Rejected(
                "E_GUARD",
                f"the database refuses: {error.message}",
                hint="`logos status` shows the guard",
            )
        case exceptions.ClientError(code=str(code)) if code == _DIVIDED_BY_ZERO:
            return Rejected(
                "E_PROJECTION",
                "an entry speaks of something that the graph does not have",
                hint="`logos ledger verify` says what is missing",
            )
        case _ if timed_out(error):
            return EnvironmentFault(
                "E_QUEUE_TIMEOUT",
                f"the database did not write it within {seconds:g} s, and gave up",
                hint="nothing of it was written; LOGOS_COMMIT_TIMEOUT sets how long it may take",
                seconds=seconds,
            )
    return None


def timed_out(error: BaseException) -> bool:
    """Whether the server ended the transaction, which had its time."""
    return getattr(error, "code", None) in _TIMED_OUT


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


def commit_failed(error: Exception) -> bool:
    """Whether the server failed in the commit itself: it may be there when it has recovered."""
    return getattr(error, "code", None) == _COMMIT_FAILED


def not_written(error: Exception) -> EnvironmentFault:
    """It was looked up, and did not take hold.

    data under_way: nobody answered, so that the request may still be on its way to the server, and
    take hold there for as long as nothing else does.
    """
    from neo4j import exceptions

    passing = isinstance(error, exceptions.IncompleteCommit) or (
        isinstance(error, exceptions.DriverError | exceptions.Neo4jError) and error.is_retryable()
    )
    if passing and not isinstance(error, exceptions.Neo4jError):
        return EnvironmentFault(
            NOT_WRITTEN,
            f"the database did not answer: {error}",
            hint="nothing of it was written so far: try again; `logos doctor`",
            under_way=True,
        )
    if passing:
        return EnvironmentFault(
            NOT_WRITTEN,
            f"the database could not write the entry: {error}",
            hint="nothing of it was written: try again; `logos doctor`",
        )
    return EnvironmentFault(
        "E_DATABASE", f"the entry could not be written: {error}", hint="`logos doctor`"
    )


def unknown_outcome(last: Entry, cause: Exception) -> EnvironmentFault:
    """Not even looking it up was possible, or says enough."""
    return EnvironmentFault(
        "E_UNKNOWN_OUTCOME",
        f"whether entry {last.index} was written is not known: {cause}",
        hint="it may have been: look at `logos ledger show` before you sign it again",
        index=last.index,
        hash=last.hash,
    )
