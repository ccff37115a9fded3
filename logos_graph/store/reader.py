"""Reading the graph: rows of the named statements, and the few things made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from logos_graph.canon import ContentId
from logos_graph.database import Connection, named_failures
from logos_graph.errors import Rejected
from logos_graph.governance import Conducts
from logos_graph.ledger import Head, PrincipalKeys, SupervisorKeys
from logos_graph.resources import statement
from logos_graph.store.components import run_mutation, stored_object
from logos_graph.store.statements import Row
from logos_graph.store.tables import (
    as_head,
    pending_intent,
    read_conducts,
    read_delegations,
    read_key_changes,
    read_limits,
    read_principals,
    read_supervisor_keys,
    read_verbs,
)
from logos_graph.store.watching import read_rates
from logos_graph.supervisor import (
    IntentRecord,
    Mutation,
    PendingIntent,
)

__all__ = ["Reader", "as_rows"]

if TYPE_CHECKING:
    from neo4j import Driver, Result

_PAGE = 1000
"""Entries that are read at once,"""
_CHARACTERS = 16 * 1024 * 1024
"""unless so many characters of their texts have come together before."""

_NO_LIMIT = 0
"""Of a transaction's seconds."""


def as_rows(result: Result) -> list[Row]:
    """All rows of a result, as dictionaries.

    A statement of cypher/ returns maps and values, never nodes and relationships as such: what the
    driver made of an answer is taken as it is. Its own `data` looks at every value once more, in
    Python, and takes most of the time of a long answer.
    """
    return list(_each_row(result))


def _each_row(result: Result) -> Iterator[Row]:
    names = result.keys()
    for record in result:
        yield dict(zip(names, record.values(), strict=True))


class Reader:
    """Answers from the graph; never changes it."""

    def __init__(self, driver: Driver, connection: Connection) -> None:
        self._driver, self._connection = driver, connection

    def rows(self, name: str, /, **parameters: object) -> list[Row]:
        """The rows of a statement of cypher/, as dictionaries."""
        with (
            named_failures(self._connection),
            self._driver.session(
                database=self._connection.database, default_access_mode="READ"
            ) as session,
        ):
            return as_rows(session.run(statement(name), parameters))

    def stream(self, name: str, /, **parameters: object) -> Iterator[Row]:
        """The same, as they come: for statements with more rows than memory should hold.

        The server gives them as long as they take, whatever its limit for other statements is.
        """
        from neo4j import Query

        with (
            named_failures(self._connection),
            self._driver.session(
                database=self._connection.database, default_access_mode="READ"
            ) as session,
        ):
            result = session.run(Query(statement(name), timeout=_NO_LIMIT), parameters)
            yield from _each_row(result)

    def entries(self, ledger: str, first: int, below: int) -> Iterator[Row]:
        """Rows of ledger/entries with these indexes, in order; what is missing is passed over.

        Read in pages, each of so many rows or, where entries are long, so many characters.
        """
        while first < below:
            limit = min(_PAGE, below - first)
            rows = self.rows(
                "ledger/entries", ledger=ledger, first=first, limit=limit, characters=_CHARACTERS
            )
            yield from rows
            first = rows[-1]["index"] + 1 if rows else first + limit

    def head(self) -> Head | None:
        """The ledger's head; None before genesis."""
        found = self.rows("ledger/head")
        return as_head(found[0]) if found else None

    def principals(self) -> list[Mutation]:
        """Principals, as the ledger's mutations."""
        return read_principals(self.rows)

    def key_changes(self) -> list[tuple[int, Mutation]]:
        """What became of principals' keys: the ledger's mutations, each with its entry's index."""
        return read_key_changes(self.rows)

    def principal_keys(self) -> PrincipalKeys:
        """Every principal's keys, as the graph has them now."""
        keys = PrincipalKeys()
        for mutation in self.principals():
            keys.apply(mutation, 0)
        for index, mutation in self.key_changes():
            keys.apply(mutation, index)
        return keys

    def supervisor_keys(self) -> SupervisorKeys:
        """Which key signs at which index. Raises NotVerified E_CHAIN_…."""
        return read_supervisor_keys(self.rows)

    def supervisors(self) -> list[Mutation]:
        """The supervisor's keys in their order, as the ledger's mutations."""
        fields = ("did", "previous", "signature")
        return [
            {"kind": "supervisor", **{name: row[name] for name in fields}}
            for row in self.rows("read/supervisors")
        ]

    def conducts(self, head: Head) -> Conducts:
        """What everybody's acts came to, as of the head."""
        return read_conducts(self.rows, head, self.verbs(), self.pending())

    def limits(self) -> list[Mutation]:
        """Limits of runs, as the ledger's mutations."""
        return read_limits(self.rows)

    def rates(self) -> list[Mutation]:
        """Rates, as the ledger's mutations."""
        return [each.mutation for each in read_rates(self.rows)]

    def delegations(self) -> list[Mutation]:
        """Who may consent in whose place, as the ledger's mutations; the ended ones included."""
        return [mutation for _, mutation in read_delegations(self.rows, in_force=False)]

    def verbs(self) -> list[Mutation]:
        """Verbs, as the ledger's mutations."""
        return read_verbs(self.rows)

    def intents(
        self,
        *,
        cid: str | None = None,
        who: str | None = None,
        nonce: str | None = None,
        status: str | None = None,
        since: int | None = None,
        limit: int = 100,
    ) -> list[Row]:
        """Rows of read/loglines."""
        return self.rows(
            "read/loglines", cid=cid, who=who, nonce=nonce, status=status, since=since, limit=limit
        )

    def intent(self, cid: ContentId) -> IntentRecord | None:
        """What became of one intent."""
        for row in self.intents(cid=cid, limit=1):
            return IntentRecord(
                cid=cid,
                did=row["did"],
                status=row["status"],
                decision=stored_object(row["decision"]) or {},
                consequence=row["consequence"],
                commitment=row["commitment"],
                cause=stored_object(row["cause"]),
                result=stored_object(row["result"]),
            )
        return None

    def escalation(self, intent: ContentId) -> str | None:
        """How the escalation of an intent's end stands; None if it has none."""
        for row in self.rows("read/escalations", id=intent, status=None, limit=1):
            return str(row["status"])
        return None

    def run(self, identity: str) -> Mutation:
        """One run, as the ledger's mutation; Rejected E_UNKNOWN_RUN."""
        for row in self.rows("read/runs", ids=[identity], limit=1):
            return run_mutation(row)
        raise Rejected(
            "E_UNKNOWN_RUN", f"there is no run {identity}", hint="`logos run list`", run=identity
        )

    def pending(self) -> list[PendingIntent]:
        """Intents that have not ended, in the ledger's order."""
        return [pending_intent(row) for row in self.rows("read/pending")]

    def resolve(self, text: str, kinds: tuple[str, ...]) -> ContentId:
        """The id of one of these kinds (`_KINDS`), given whole, as a prefix or as a name.

        Whoever publishes chooses names, and may give one that looks like another thing's id: then
        the text is ambiguous, as it is when it begins several ids. Rejected E_AMBIGUOUS,
        E_UNKNOWN_….
        """
        names = [] if text.startswith("b3:") else self.rows("read/names", name=text)
        found = [row["target"] for row in names if row["kind"] in kinds]
        prefix = text if text.startswith("b3:") else f"b3:{text}"
        found += [row["id"] for row in self._begun_by(prefix, kinds)]
        found = list(dict.fromkeys(found))
        if len(found) == 1:
            return ContentId(found[0])
        if len(found) > 1:
            raise Rejected(
                "E_AMBIGUOUS",
                f"{text!r} is more than one id's beginning, or a name too",
                hint="give the whole id, with `b3:`",
                ids=found,
            )
        raise _unknown(text, kinds, [*names, *self._begun_by(prefix, tuple(_KINDS))])

    def _begun_by(self, prefix: str, kinds: Sequence[str]) -> list[Row]:
        """Ids of these kinds that begin so; none for what is too short to be meant as an id."""
        if len(prefix) < len("b3:") + _SHORTEST_PREFIX:
            return []
        return self.rows("read/ids", prefix=prefix, kinds=[*kinds])


_SHORTEST_PREFIX = 8
_SHOWN = 80

# How messages call what an id can name, and the command that lists it.
_KINDS = {
    "Node": ("node", "logos node list"),
    "Flow": ("flow", "logos flow list"),
    "Draft": ("draft", "logos node drafts"),
    "Built": ("module of a draft", "logos node drafts"),
    "Run": ("run", "logos run list"),
    "Grant": ("grant", "logos capability list"),
    "Delegation": ("delegation", "logos consent delegations"),
    "LogLine": ("intent", "logos ledger show"),
}


def _unknown(text: str, kinds: Sequence[str], others: list[Row]) -> Rejected:
    """What to say of a text that names none of these kinds; others: what it does name."""
    wanted = " or ".join(_KINDS[kind][0] for kind in kinds)
    found = dict.fromkeys(_KINDS[row["kind"]][0] for row in others)
    return Rejected(
        f"E_UNKNOWN_{kinds[0].upper()}",
        f"there is no {wanted} {text[:_SHOWN]!r}" + (f"; it names {_and(found)}" if found else ""),
        hint=_hint(kinds),
        id=text,
    )


def _and(kinds: Iterable[str]) -> str:
    return " and ".join(f"an {kind}" if kind == "intent" else f"a {kind}" for kind in kinds)


def _hint(kinds: Sequence[str]) -> str:
    """What is accepted, and where it is listed."""
    names = [_KINDS[kind][0] for kind in kinds if kind in ("Node", "Flow")]
    named = f"names of {' and '.join(f'{name}s' for name in names)}, and " if names else ""
    lists = " and ".join(dict.fromkeys(f"`{_KINDS[kind][1]}`" for kind in kinds))
    return f"{named}ids of 8 digits or more are accepted; see {lists}"
