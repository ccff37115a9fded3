"""Entries, whoever wrote them: that the supervisor signed one, and how it moves an intent."""

from __future__ import annotations

from dataclasses import replace

from logos_graph.canon import ContentId, Tag
from logos_graph.errors import LogosError, NotVerified
from logos_graph.identity import Did, verify
from logos_graph.ledger import Entry, EntryKind, SupervisorKeys
from logos_graph.logline import parse_signed_intent, parse_when
from logos_graph.supervisor.ports import PendingIntent

__all__ = ["begun_by", "check_entry", "moved_on"]


def check_entry(entry: Entry, keys: SupervisorKeys) -> None:
    """That the supervisor signed an entry, by its key of that index; NotVerified E_CHAIN_SIGNATURE.

    What is read back from a database that others may write is believed only with this.
    """
    signer = keys.signer_of(entry)
    try:
        if signer is not None:
            verify(signer, Tag.ENTRY_SIGNATURE, entry.text.encode(), entry.signature)
            return
    except LogosError:
        pass  # whatever is wrong with the key or the signature, it is not signed
    raise NotVerified(
        "E_CHAIN_SIGNATURE",
        f"entry {entry.index} is not signed by the supervisor",
        hint="`logos ledger verify` says what is wrong with the ledger",
        index=entry.index,
        expected=signer,
    )


def begun_by(entry: Entry) -> PendingIntent:
    """The intent that an entry of kind `intent` records, as it begins."""
    body = entry.body
    signed = parse_signed_intent({"intent": body["intent"], "signature": body["signature"]})
    decision, flow, key = body["decision"], body.get("flow"), body.get("key")
    assert isinstance(decision, dict)  # the entry's form was checked when it was read
    return PendingIntent(
        signed,
        decision,
        ContentId(str(entry.policy_hash)),
        entry.index,
        str(body["writer"]),
        claimed=entry.index,
        claimed_at=entry.recorded_at,
        flow=None if flow is None else ContentId(str(flow)),
        key=None if key is None else Did(str(key)),
    )


def moved_on(waiting: PendingIntent, entry: Entry) -> PendingIntent:
    """After a claim or an attempt: carried on by another writer, or to be attempted again."""
    body = entry.body
    held = replace(
        waiting,
        writer=str(body["writer"]),
        claimed=entry.index,
        claimed_at=entry.recorded_at,
    )
    if entry.kind is EntryKind.CLAIM:
        return held
    number = body["number"]
    assert isinstance(number, int)  # the entry's form was checked when it was read
    wake_at = parse_when(body["next_at"])
    return replace(
        held,
        attempts=number,
        attempt_index=entry.index,
        past_effects=waiting.effects,
        wake_at=wake_at,
    )
