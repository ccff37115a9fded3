"""The guard (Java) and the ledger (Python) compute the same hash of the same text."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from logos_graph.canon import Json
from logos_graph.identity import Signer
from logos_graph.ledger import Entry, EntryKind, Head, make_entry

if TYPE_CHECKING:
    from tests.guard.conftest import Chain

TRACE_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
# Escapes, characters of every UTF-8 length, look-alikes of an entry's own fields.
AWKWARD = ("", "ä€😀\u2028\x7f", '"\\\n\x1f', ',"index":7,"kind":"ghost","ledger":"x"', "x" * 5_000)


def properties(entry: Entry) -> dict[str, object]:
    return {
        "ledger": entry.ledger,
        "index": entry.index,
        "hash": entry.hash,
        "prev_hash": entry.prev_hash,
        "kind": entry.kind.value,
        "text": entry.text,
        "signature": entry.signature,
        "recorded_at": entry.recorded_at,
        "ledger_index": entry.index,
    }


def test_the_ledgers_own_entries_pass_the_guard(new_chain: Chain) -> None:
    signer = Signer.from_seed(random.Random(7).randbytes(32))

    def follow(head: Head | None, kind: EntryKind, body: dict[str, Json], policy: bool) -> Head:
        entry = make_entry(
            head,
            kind,
            body,
            trace_id=TRACE_ID,
            now_ns=1_800_000_000_000_000_000,
            policy_hash=head.hash if policy and head else None,
            signer=signer,
            ledger=new_chain.ledger,
        )
        new_chain.commit(entry=properties(entry))
        return entry.head

    genesis: dict[str, Json] = {
        "supervisor": signer.did,
        "principals": [],
        "policy": {"id": "b3:" + "1" * 64, "text": "permit (principal, action, resource);"},
        "verbs": [],
    }
    head = follow(None, EntryKind.GENESIS, genesis, policy=False)
    for index, text in enumerate(AWKWARD):
        body: dict[str, Json] = {"by": signer.did, "cid": text, "intent": text}
        head = follow(head, EntryKind.REFUSAL, body, policy=index % 2 == 0)
    assert new_chain.index == len(AWKWARD)
