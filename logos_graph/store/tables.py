"""What the graph holds of one kind, read whole, as the ledger tells it; and all that is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from logos_graph.canon import ContentId, parse
from logos_graph.errors import NotVerified
from logos_graph.governance import LOOK_BACK_DAYS, Conducts, day_of
from logos_graph.identity import Did
from logos_graph.ledger import Head, SupervisorKeys, parse_entry
from logos_graph.ledger.merkle import entry_of, kept_node, peak_nodes
from logos_graph.logline import parse_signed_intent, parse_when
from logos_graph.store.components import grant_mutation, stored_object
from logos_graph.store.conduct_rows import day_text, read_conduct
from logos_graph.store.statements import Row
from logos_graph.store.watching import read_watched
from logos_graph.supervisor import (
    GivenConsent,
    Mutation,
    OpenEscalation,
    PendingIntent,
    Snapshot,
    check_entry,
)

__all__ = [
    "Rows",
    "as_head",
    "pending_intent",
    "read_conducts",
    "read_delegations",
    "read_key_changes",
    "read_limits",
    "read_principals",
    "read_snapshot",
    "read_supervisor_keys",
    "read_verbs",
]


class Rows(Protocol):
    """Something that answers the named statements of cypher/."""

    def __call__(self, name: str, /, **parameters: object) -> list[Row]:
        """The rows of a statement, as dictionaries."""


def read_snapshot(head: Head, rows: Rows) -> Snapshot:
    """The governance tables, asked by `rows` while the head stands still; NotVerified E_TREE."""
    peaks = peak_nodes(head.index + 1)
    kept = rows("ledger/subtrees", ledger=head.ledger, indexes=[*map(entry_of, peaks)])
    subtrees = {row["index"]: row["subtrees"] for row in kept}
    verbs, pending = read_verbs(rows), [pending_intent(row) for row in rows("read/pending")]
    return Snapshot(
        head=head,
        keys=read_supervisor_keys(rows),
        peaks=[kept_node(peak, subtrees.get(entry_of(peak))) for peak in peaks],
        principals=read_principals(rows),
        verbs=verbs,
        policy=rows("read/policy", ledger=head.ledger)[0]["text"],
        pending=pending,
        escalations=[_escalation(row) for row in rows("read/open_escalations")],
        grants=[grant_mutation(row) for row in rows("read/grants_in_force")],
        limits=read_limits(rows),
        conducts=read_conducts(rows, head, verbs, pending),
        watched=read_watched(head, rows),
        delegations=read_delegations(rows, in_force=True),
        key_changes=read_key_changes(rows),
    )


def read_conducts(
    rows: Rows, head: Head, verbs: Sequence[Mutation], pending: Sequence[PendingIntent]
) -> Conducts:
    """What acts came to, from the days that the graph keeps: no history is read."""
    since = day_text(day_of(head.recorded_at) - LOOK_BACK_DAYS + 1)
    return Conducts.of(
        verbs,
        (
            (each.cid, each.signed.intent.logline.json, each.allowed, each.effects > 0)
            for each in pending
        ),
        (read_conduct(row["conduct"]) for row in rows("read/conducts", since=since)),
    )


def read_supervisor_keys(rows: Rows) -> SupervisorKeys:
    """The supervisor's keys, from the entries that made them, each signed as it must be.

    Raises NotVerified E_CHAIN_SIGNATURE, E_CHAIN_ROTATION.
    """
    keys = SupervisorKeys()
    for row in rows("read/supervisor_entries"):
        entry = parse_entry(row["text"], row["hash"], row["signature"])
        check_entry(entry, keys)
        keys.apply(entry)
    if not keys.dids:
        raise NotVerified(
            "E_CHAIN_SUPERVISOR",
            "the graph has no supervisor",
            hint="`logos ledger verify` says what is wrong with the ledger",
        )
    return keys


def as_head(row: Row) -> Head:
    """A row of ledger/head or ledger/lock_head."""
    return Head(row["ledger"], row["index"], ContentId(row["hash"]), row["recorded_at"])


def read_principals(rows: Rows) -> list[Mutation]:
    """Every principal."""
    fields = ("did", "name", "type", "roles", "key")
    return [
        {"kind": "principal", **{key: row[key] for key in fields if row[key] is not None}}
        for row in rows("read/principals")
    ]


def read_key_changes(rows: Rows) -> list[tuple[int, Mutation]]:
    """What became of principals' keys, with the indexes of the entries that say so."""
    found = [(row["kind"], dict(row["change"])) for row in rows("read/key_changes")]
    return [(change.pop("ledger_index"), {"kind": kind, **change}) for kind, change in found]


def read_verbs(rows: Rows) -> list[Mutation]:
    """Every verb."""
    return [
        {
            "kind": "verb",
            "name": row["name"],
            "docs": row["docs"],
            "risk": row["risk"],
            "schema": parse(row["schema"]),
            "flow": row["flow"],
            **({} if row["amount"] is None else {"amount": row["amount"]}),
            "effect": row["effect"],
            "idempotent": row["idempotent"],
        }
        for row in rows("read/verbs")
    ]


def read_limits(rows: Rows) -> list[Mutation]:
    """Limits of runs."""
    return [{"kind": "limit", **row} for row in rows("read/limits")]


def read_delegations(rows: Rows, *, in_force: bool) -> list[tuple[int, Mutation]]:
    """Who may consent in whose place, with the indexes of the entries that made or ended it.

    in_force: only what nobody has ended.
    """
    found = [{**row} for row in rows("read/delegations", in_force=in_force)]
    return [(row.pop("ledger_index"), {"kind": "delegation", **row}) for row in found]


def pending_intent(row: Row) -> PendingIntent:
    """A row of read/pending."""
    signed = parse_signed_intent({"intent": parse(row["text"]), "signature": row["signature"]})
    return PendingIntent(
        signed=signed,
        decision=stored_object(row["decision"]) or {},
        policy_hash=ContentId(row["policy_hash"]),
        index=row["index"],
        writer=row["writer"],
        consents=tuple(
            GivenConsent(
                Did(item["by"]),
                ContentId(item["cid"]),
                parse_when(item["expires_at"]),
                None if item["delegation"] is None else ContentId(item["delegation"]),
                item["index"],
            )
            for item in row["consents"]
        ),
        effects=row["effects"],
        past_effects=row["past_effects"],
        claimed=max(row["index"], row["claimed"] or 0, row["attempt_index"] or 0),
        attempts=row["attempts"] or 0,
        attempt_index=row["attempt_index"] or 0,
        wake_at=None if row["wake_at"] is None else parse_when(row["wake_at"]),
        claimed_at=row["claimed_at"],
        flow=None if row["flow"] is None else ContentId(row["flow"]),
        key=None if row["key"] is None else Did(row["key"]),
        cancelled=stored_object(row["cancelled"]),
    )


def _escalation(row: Row) -> OpenEscalation:
    return OpenEscalation(
        intent=ContentId(row["id"]),
        who=Did(row["who"]),
        handler=row["handler"],
        target=row["target"],
        expires_at=parse_when(row["expires_at"]),
        index=row["index"],
    )
