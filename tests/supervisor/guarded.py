"""A ledger on paper with questions in it, and ways to tell it otherwise than it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logos_graph.identity import Signer
from logos_graph.ledger import Entry, EntryKind, make_entry
from tests.ledger.conftest import SUPERVISOR
from tests.supervisor.again import again
from tests.supervisor.codes import ADMIN, ANSWERS, Ask, Code, Rule, verbs
from tests.supervisor.founded import PaperWorld, bundled

CLERK, GUARD, OTHER, APPROVER = (Signer.from_seed(bytes([n]) * 32) for n in range(71, 75))
OPEN = Code((Rule("pay.out", ("clerk",), over=100, ask=Ask("guard", "2"), most=10_000),))
SHUT = Code((Rule("pay.out", ("clerk",), most=1),), number=1)
Body = dict[str, Any]


class Guarded(PaperWorld):
    """A clerk who pays, two guards who consent to more, and an approver of policies."""

    def __init__(self) -> None:
        super().__init__(OPEN.text, [*bundled((*ADMIN, *ANSWERS)), *verbs()])
        for signer, name, role in (
            (CLERK, "clerk", "clerk"), (GUARD, "guard", "guard"), (OTHER, "other", "guard"),
            (APPROVER, "approver", "approver"),
        ):  # fmt: skip
            this = {"did": signer.did, "name": name, "type": "person", "roles": [role]}
            self.done(self.operator, "principal.register", this)

    def done(self, who: Signer, verb: str, this: Body) -> Any:
        outcome = self.execute(self.sign(who, verb, this))
        assert outcome is not None
        return outcome

    def pay(self, amount: int, verb: str = "pay.out") -> Any:
        return self.done(CLERK, verb, {"amount": amount}).intent

    def consent(self, who: Signer, cid: Any) -> Any:
        return self.done(who, "consent.give", self.bound(cid))

    def activate(self, code: Code) -> None:
        asked = self.done(self.operator, "policy.activate", {"text": code.text})
        self.consent(APPROVER, asked.intent)
        assert self.supervisor.view.policy.text == code.text


def retold(entries: Sequence[Entry], at: int, body: Body, *after: Entry, **changes: Any) -> Any:
    """The ledger up to `at`, where the supervisor tells another body; then what came `after`."""
    told = [*entries[:at]]
    for entry, tells in ((entries[at], body), *((each, dict(each.body)) for each in after)):
        known: Body = {"kind": entry.kind, "policy_hash": entry.policy_hash}
        more = {**known, **(changes if entry is entries[at] else {})}
        told.append(
            make_entry(
                told[-1].head, more.pop("kind"), tells, trace_id=entry.trace_id,
                now_ns=entry.recorded_at, signer=SUPERVISOR, ledger=entry.ledger, **more,
            )
        )  # fmt: skip
    return told


def found(entries: Sequence[Entry]) -> tuple[int, str]:
    first = again(entries).first
    assert first is not None
    assert first.index is not None
    return first.index, first.field


def at_of(world: Guarded, cid: Any, kind: EntryKind = EntryKind.INTENT) -> int:
    """Where the entry with the last decision of this kind on an intent is."""
    name = "cid" if kind is EntryKind.INTENT else "intent"
    return max(
        each.index for each in world.entries() if each.kind is kind and each.body[name] == cid
    )


def decision(world: Guarded, at: int, **changes: Any) -> Body:
    """The body of an entry, whose decision is changed; what is None is left out."""
    body: Any = world.entries()[at].body
    told = {**body["decision"], **changes}
    return {**body, "decision": {name: each for name, each in told.items() if each is not None}}


def settled(world: Guarded) -> int:
    """A payment that two have consented to; where it was settled."""
    cid = world.pay(500)
    world.consent(GUARD, cid)
    world.consent(OTHER, cid)
    return at_of(world, cid, EntryKind.CONSENT)
