"""Reading the graph: rows of the named statements, and the few things made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logos_graph.canon import ContentId, Json, parse
from logos_graph.database import Connection, named_failures
from logos_graph.errors import Rejected
from logos_graph.identity import Did
from logos_graph.ledger import Head, parse_entry
from logos_graph.logline import parse_signed_intent
from logos_graph.resources import statement
from logos_graph.store.components import run_mutation
from logos_graph.supervisor import IntentRecord, Mutation, PendingIntent, Snapshot

__all__ = ["Reader"]

if TYPE_CHECKING:
    from neo4j import Driver

Row = dict[str, Any]


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
            return session.run(statement(name), parameters).data()

    def head(self) -> Head | None:
        """The ledger's head; None before genesis."""
        for row in self.rows("ledger/head"):
            return Head(row["ledger"], row["index"], ContentId(row["hash"]), row["recorded_at"])
        return None

    def snapshot(self, head: Head) -> Snapshot:
        """The governance tables; consistent if the head is still the same afterwards."""
        genesis = self.rows("ledger/entries", ledger=head.ledger, first=0, limit=1)[0]
        entry = parse_entry(genesis["text"], genesis["hash"], genesis["signature"])
        policy = self.rows("read/policy", ledger=head.ledger)[0]
        return Snapshot(
            head=head,
            supervisor=Did(str(entry.body["supervisor"])),
            principals=self.principals(),
            verbs=self.verbs(),
            policy=policy["text"],
            pending=[_pending(row) for row in self.rows("read/pending")],
        )

    def principals(self) -> list[Mutation]:
        """Principals, as the ledger's mutations."""
        return [
            {"kind": "principal", **{key: row[key] for key in ("did", "name", "type", "roles")}}
            for row in self.rows("read/principals")
        ]

    def verbs(self) -> list[Mutation]:
        """Verbs, as the ledger's mutations."""
        return [
            {
                "kind": "verb",
                "name": row["name"],
                "docs": row["docs"],
                "risk": row["risk"],
                "schema": parse(row["schema"]),
                "flow": row["flow"],
            }
            for row in self.rows("read/verbs")
        ]

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
                decision=_object(row["decision"]) or {},
                consequence=row["consequence"],
                commitment=row["commitment"],
                cause=_object(row["cause"]),
                result=_object(row["result"]),
            )
        return None

    def run(self, identity: str) -> Mutation:
        """One run, as the ledger's mutation; Rejected E_UNKNOWN_RUN."""
        for row in self.rows("read/runs", ids=[identity], limit=1):
            return run_mutation(row)
        raise Rejected(
            "E_UNKNOWN_RUN", f"there is no run {identity}", hint="`logos run list`", run=identity
        )

    def resolve(self, text: str, kinds: tuple[str, ...]) -> ContentId:
        """The id of a Node, Flow, Run or LogLine, given whole, as a prefix or as a name."""
        if not text.startswith("b3:"):
            for row in self.rows("read/names", name=text):
                if row["kind"] in kinds:
                    return ContentId(row["target"])
        prefix = text if text.startswith("b3:") else f"b3:{text}"
        found = [row["id"] for row in self.rows("read/ids", prefix=prefix) if row["kind"] in kinds]
        if len(found) == 1 and len(prefix) >= len("b3:") + _SHORTEST_PREFIX:
            return ContentId(found[0])
        wanted = " or ".join(kind.lower() for kind in kinds)
        if len(found) > 1:
            raise Rejected(
                "E_AMBIGUOUS",
                f"{text!r} begins more than one id",
                hint="give more digits",
                ids=found,
            )
        raise Rejected(
            f"E_UNKNOWN_{kinds[0].upper()}",
            f"there is no {wanted} {text!r}",
            hint="names and ids (8 digits or more) are accepted; the `list` commands show them",
            id=text,
        )


_SHORTEST_PREFIX = 8


def _pending(row: Row) -> PendingIntent:
    signed = parse_signed_intent({"intent": parse(row["text"]), "signature": row["signature"]})
    return PendingIntent(
        signed=signed,
        decision=_object(row["decision"]) or {},
        policy_hash=ContentId(row["policy_hash"]),
        index=row["index"],
        writer=row["writer"],
        consents=tuple((Did(item["by"]), ContentId(item["cid"])) for item in row["consents"]),
    )


def _object(text: str | None) -> dict[str, Json] | None:
    if text is None:
        return None
    value = parse(text)
    if not isinstance(value, dict):
        raise TypeError("an object was stored here")
    return value
