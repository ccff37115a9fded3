"""That what the graph says of an open intent, or escalation, is what the ledger's entries say.

A view begins with what the database tells and from then on moves by signed entries alone. So before
that which was there at the beginning is carried on, the entries since its decision are read once:
whom it was given to, what it did outside, how often it failed, who cancelled it. Otherwise who
writes to the database beside the gate could have an effect done twice, or something ended under
the name of somebody who never asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from logos_graph.canon import ContentId
from logos_graph.errors import NotVerified
from logos_graph.ledger import Entry, EntryKind, SupervisorKeys, check_place
from logos_graph.ledger.entry import mutations_of
from logos_graph.logline import parse_when, verify_intent
from logos_graph.supervisor.entries import check_entry, moved_on
from logos_graph.supervisor.ports import Mutation, OpenEscalation, PendingIntent, Store
from logos_graph.supervisor.view import View

__all__ = ["Recollection", "is_escalated"]


class Recollection:
    """What is believed of open intents. unread: those that only the database has told of."""

    def __init__(self, store: Store, unread: Iterable[PendingIntent]) -> None:
        self._store = store
        self._unread = {each.cid for each in unread}

    def check(self, view: View, cid: ContentId) -> None:
        """Return if the ledger says of this intent what the view does, or if it is not open.

        Raises NotVerified E_NOT_RECORDED, E_CHAIN_…; Rejected E_SIGNATURE.
        """
        now = view.fork()  # its pending intents are those of its head, whatever others do
        pending = now.pending.get(cid)
        if pending is None:
            return
        if now.principal_keys.owner(pending.key or pending.who) != pending.who:
            raise _not_recorded(pending, f"{cid} is signed by no key of {pending.who}")
        verify_intent(pending.signed, pending.key)
        entry = self._store.entry(pending.index)
        if entry is None or not _decides(entry, pending, now.keys):
            raise _not_recorded(pending, f"the ledger has no decision that allows {cid}")
        if cid in self._unread:
            if not _is_same(pending, self._told(now, entry, pending)):
                raise _not_recorded(pending, f"the graph says of {cid} what the ledger does not")
            self._unread.discard(cid)

    def _told(self, view: View, decided: Entry, pending: PendingIntent) -> PendingIntent:
        """How it stands by the entries up to the view's head."""
        told = PendingIntent(
            pending.signed,
            pending.decision,
            pending.policy_hash,
            decided.index,
            str(decided.body["writer"]),
            claimed=decided.index,
            claimed_at=decided.recorded_at,
        )
        for entry in self._since(view, decided):
            told = _moved(told, entry)
        return told

    def _since(self, view: View, first: Entry) -> Iterator[Entry]:
        last = first.head
        if last.index < view.head.index:
            for entry in self._store.entries(first.index + 1):
                check_place(entry, last)
                check_entry(entry, view.keys)
                last = entry.head
                yield entry
                if last.index == view.head.index:
                    break
        if last != view.head:
            raise NotVerified(
                "E_CHAIN_HEAD",
                f"the entries after {first.index} do not lead to the ledger's head",
                hint="`logos ledger verify` says what is wrong with the ledger",
                index=last.index,
            )


def _decides(entry: Entry, pending: PendingIntent, keys: SupervisorKeys) -> bool:
    """Whether this is the entry with the decision on this intent, signed by the supervisor."""
    if entry.index != pending.index or entry.kind not in (EntryKind.INTENT, EntryKind.CONSENT):
        return False
    check_entry(entry, keys)
    is_first = entry.kind is EntryKind.INTENT
    about = entry.body["cid" if is_first else "intent"]
    flow = entry.body.get("flow") if is_first else pending.flow
    told = (about, entry.body["decision"], entry.policy_hash, flow)
    return told == (pending.cid, pending.decision, pending.policy_hash, pending.flow)


def _moved(told: PendingIntent, entry: Entry) -> PendingIntent:
    body = entry.body
    if entry.kind is EntryKind.RECEIPT:
        for mutation in _cancellations(entry):
            if mutation["intent"] == told.cid:
                told = replace(told, cancelled=mutation)
    elif body.get("intent") != told.cid:
        pass
    elif entry.kind is EntryKind.EFFECT:
        told = replace(told, effects=told.effects + 1)
    elif entry.kind in (EntryKind.CLAIM, EntryKind.ATTEMPT):
        told = moved_on(told, entry)
    return told


def _cancellations(receipt: Entry) -> Iterator[Mutation]:
    return (each for each in mutations_of(receipt) if each["kind"] == "cancellation")


def _is_same(found: PendingIntent, told: PendingIntent) -> bool:
    """But for what the decision, the consents and the signature say."""
    return found == replace(told, flow=found.flow, consents=found.consents, key=found.key)


def is_escalated(store: Store, keys: SupervisorKeys, found: OpenEscalation) -> bool:
    """Whether the supervisor has signed that this was escalated, so and until then."""
    entry = store.entry(found.index)
    if entry is None or (entry.index, entry.kind) != (found.index, EntryKind.ESCALATION):
        return False
    try:
        check_entry(entry, keys)
    except NotVerified:
        return False
    body = entry.body
    told = (body["intent"], body["handler"], body["target"], parse_when(body["expires_at"]))
    return told == (found.intent, found.handler, found.target, found.expires_at)


def _not_recorded(pending: PendingIntent, message: str) -> NotVerified:
    return NotVerified(
        "E_NOT_RECORDED",
        message,
        hint="somebody wrote to the database beside the gate: `logos ledger verify`",
        intent=pending.cid,
    )
