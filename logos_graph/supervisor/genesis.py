"""The first entry: who keeps the ledger, the verbs it starts with, and the policy in force."""

from __future__ import annotations

from collections.abc import Sequence

from logos_graph.canon import Json
from logos_graph.governance import Conducts, Policy, Verb
from logos_graph.identity import Signer
from logos_graph.ledger import OPERATOR, Entry, EntryKind, make_entry
from logos_graph.ledger.merkle import Frontier
from logos_graph.supervisor.ports import Clock, Store

__all__ = ["found_ledger"]


def found_ledger(
    store: Store, signer: Signer, clock: Clock, verbs: Sequence[Verb], policy: Policy
) -> Entry:
    """Writes genesis into an empty database; Conflict E_HEAD_MOVED if another was first."""
    body: dict[str, Json] = {
        "supervisor": signer.did,
        "principals": [
            {"did": signer.did, "name": "supervisor", "type": "supervisor", "roles": [OPERATOR]}
        ],
        "policy": {"id": policy.id, "text": policy.text},
        "verbs": [verb.to_json() for verb in sorted(verbs, key=lambda verb: verb.name)],
    }
    entry = make_entry(
        None,
        EntryKind.GENESIS,
        body,
        trace_id=clock.fresh_id(),
        now_ns=clock.now_ns(),
        policy_hash=policy.id,
        signer=signer,
        ledger=clock.fresh_id(),
    )
    store.append(None, [entry], {}, Frontier(), Conducts())
    return entry
