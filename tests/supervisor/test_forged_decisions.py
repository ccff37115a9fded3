"""A supervisor that forges what others signed, and what it decided: the auditor finds each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.errors import NotVerified
from logos_graph.governance import Conducts, check_trajectory
from logos_graph.identity import Signer, did_logline
from logos_graph.ledger import Entry, EntryKind, InvariantReport, make_entry
from logos_graph.logline import SignedIntent
from logos_graph.resources import read_text
from tests.ledger.conftest import SUPERVISOR
from tests.supervisor.again import audited
from tests.supervisor.founded import PaperWorld, bundled

SCHEMAS = Path(__file__).parents[2] / "schemas" / "verbs"
VERBS = sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))
POLICY = read_text("schemas/policies/bootstrap.cedar")
EVIL = "permit (principal, action, resource);"
ZOE = did_logline("person", "zoe")


class Forged(PaperWorld):
    """Its ledger goes on as whoever has the supervisor's key likes."""

    def __init__(self) -> None:
        super().__init__(POLICY, bundled(VERBS))
        did = did_logline("person", "olga")
        self.olga = Signer.from_seed(b"o" * 32, did)
        self.execute(
            self.sign(
                self.operator,
                "principal.register",
                {
                    "did": did, "name": "olga", "type": "person", "roles": ["operator"],
                    "key": self.olga.key,
                },
            )
        )  # fmt: skip

    def forge(self, kind: EntryKind, body: dict[str, Any]) -> Entry:
        head = self.store.written[-1].head
        entry = make_entry(
            head, kind, body, trace_id=self.clock.fresh_id(), now_ns=self.clock.now_ns(),
            policy_hash=self.supervisor.view.policy.id, signer=SUPERVISOR, ledger=self.ledger,
        )  # fmt: skip
        self.store.append(head, [entry])
        self.supervisor.catch_up()
        return entry

    def allowed(self, signed: SignedIntent, **lie: Any) -> Entry:
        """An ALLOW that no policy made, with the context that there was."""
        view, line = self.supervisor.view, signed.intent.logline
        seen = view.conducts.trajectory(line.who, self.clock.time).to_json()
        decision = {
            "outcome": "ALLOW", "policies": ["operator-sets-up"], "revision": view.head.index,
            "context": {"alarms": 0, "breaker": False, "trajectory": seen}, **lie,
        }  # fmt: skip
        body = {
            "cid": signed.intent.cid, "intent": signed.intent.json, "signature": signed.signature,
            "decision": decision, "writer": "w", "key": self.olga.key, "flow": None,
        }  # fmt: skip
        return self.forge(EntryKind.INTENT, body)

    def receipted(self, signed: SignedIntent, thing: dict[str, Any]) -> Entry:
        body = {
            "intent": signed.intent.cid, "outcome": "done", "consequence": "if_ok",
            "commitment": "emit:done", "mutations": [thing], "result": {},
        }  # fmt: skip
        return self.forge(EntryKind.RECEIPT, body)

    def report(self) -> InvariantReport:
        return audited(self.entries(), self.store.state)


def i2(world: Forged) -> tuple[int | None, str] | None:
    found = world.report()
    assert [each.name for each in found.checks if not each.ok] in ([], ["I2"])
    first = found.I2.first_offender
    return None if first is None else (first.index, first.field)


def person(key: str, *roles: str) -> dict[str, Any]:
    return {"did": ZOE, "name": "zoe", "type": "person", "roles": [*roles], "key": key}


def test_a_principal_with_other_roles_and_another_key_is_found() -> None:
    world = Forged()
    mine, theirs = (Signer.from_seed(bytes([n]) * 32, ZOE).key for n in (31, 32))
    signed = world.sign(world.olga, "principal.register", person(theirs))
    world.allowed(signed)
    assert i2(world) is None
    forged = {"kind": "principal", **person(mine, "approver", "operator")}
    at = world.receipted(signed, forged).index
    assert i2(world) == (at, "body.mutations[0]")


def test_an_allow_of_what_takes_consent_is_found_before_its_policy_is() -> None:
    world = Forged()
    signed = world.sign(world.olga, "policy.activate", {"text": POLICY + "// harmless"})
    at = world.allowed(signed).index
    assert i2(world) == (at, "body.decision")
    evil = {"kind": "policy", "id": content_id(EVIL.encode()), "text": EVIL}
    world.receipted(signed, evil)
    assert i2(world) == (at, "body.decision")


def test_a_trajectory_that_there_was_not_is_found_whatever_the_revision() -> None:
    world = Forged()
    signed = world.sign(world.olga, "principal.register", person(world.olga.key))
    rich = {"score": 10000, "limit": 100000, "acts": 999, "ghosts": 0, "spent": 0}
    context = {"alarms": 0, "breaker": False, "trajectory": rich}
    at = world.allowed(signed, revision=0, context=context).index
    assert i2(world) == (at, "body.decision.revision")
    conducts = Conducts()
    for entry in world.entries()[:-1]:
        check_trajectory(conducts, entry)
        conducts = conducts.after(entry)
    with pytest.raises(NotVerified) as refused:
        check_trajectory(conducts, world.entries()[-1])
    assert refused.value.data["index"] == at
