"""A delegation is as good as the key that signed it: void once that is revoked, for good.

Her voice is lent by whoever has anna's key, be it a thief; an operator revokes that key, and she
is given another. Her roles come back with it. What the thief lent does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from logos_graph.errors import NotVerified
from logos_graph.identity import Signer, did_logline
from logos_graph.ledger import Delegation, accept_principal
from logos_graph.logline import format_when
from logos_graph.proof.facts import Facts
from logos_graph.proof.judged import check_settlement
from logos_graph.resources import read_text
from logos_graph.supervisor.view import View
from tests.supervisor.again import audited
from tests.supervisor.auditor import SECOND
from tests.supervisor.founded import PaperWorld, bundled

BOOTSTRAP = read_text("schemas/policies/bootstrap.cedar")
TWO = BOOTSTRAP + (
    '\n@id("two") @require("approver") @quorum("2")'
    ' forbid(principal, action == Action::"rate.limit", resource);'
)
VERBS = (
    "principal.register", "principal.rotate_key", "principal.rekey", "principal.revoke",
    "policy.activate", "rate.limit", "consent.give", "consent.refuse", "consent.delegate",
    "consent.undelegate",
)  # fmt: skip


def key(name: str, number: int) -> Signer:
    return Signer.from_seed(bytes([number]) * 32, did_logline("person", name))


ANNA, ANNA2, ANNA3 = (key("anna", number) for number in (31, 32, 33))
OLGA, BERT, CARL, MALLORY = (
    key(name, number) for number, name in enumerate(("olga", "bert", "carl", "mallory"), 41)
)


class Lent(PaperWorld):
    """A ledger with an operator, three approvers, and mallory, who holds no role of theirs."""

    def __init__(self) -> None:
        super().__init__(TWO, bundled(VERBS))
        for who, role in (
            (OLGA, "operator"), (ANNA, "approver"), (BERT, "approver"), (CARL, "approver"),
            (MALLORY, "agent"),
        ):  # fmt: skip
            name = who.did.rpartition(":")[2]
            this = {"did": who.did, "name": name, "type": "person", "roles": [role]}
            self.done(self.operator, "principal.register", {**this, "key": who.key})

    def done(self, who: Signer, verb: str, this: dict[str, Any]) -> Any:
        outcome = self.execute(self.sign(who, verb, this))
        assert outcome is not None
        assert outcome.status == "COMMITTED", outcome
        return outcome

    def lend(self, by: Signer = ANNA, days: int = 80) -> Any:
        return self.done(by, "consent.delegate", self.lending(days)).intent

    def lending(self, days: int = 80) -> dict[str, Any]:
        until = format_when(self.clock.now_ns() + days * 86_400 * SECOND)
        return {"to": MALLORY.did, "role": "approver", "verbs": None, "until": until}

    def ask(self) -> Any:
        """Something that two approvers have to consent to."""
        this = {"who": None, "verb": None, "count": 1000, "seconds": 3600}
        outcome = self.execute(self.sign(OLGA, "rate.limit", this))
        assert outcome is not None
        assert outcome.status == "PENDING", outcome
        return outcome.intent

    def give(self, by: Signer, waiting: Any, lent: Any = None) -> Any:
        this = self.bound(waiting)
        if lent is not None:
            this["delegation"] = lent
        return self.execute(self.sign(by, "consent.give", this))

    def revoke(self, what: str = ANNA.key) -> None:
        this = {"principal": ANNA.did, "id": what, "reason": "stolen"}
        self.done(OLGA, "principal.revoke", this)

    def rekey(self, new: Signer = ANNA2, old: Signer = ANNA) -> None:
        accepted = accept_principal(self.ledger, ANNA.did, old.key, new)
        this = {"principal": ANNA.did, "key": new.key, "previous": old.key, "signature": accepted}
        asked = self.execute(self.sign(OLGA, "principal.rekey", this))
        assert asked is not None
        (settled,) = self.give(BERT, asked.intent).settled
        assert settled.status == "COMMITTED"
        assert self.supervisor.view.roles(ANNA.did) == {"approver"}

    def rotate(self, old: Signer = ANNA, new: Signer = ANNA2) -> None:
        accepted = accept_principal(self.ledger, ANNA.did, old.key, new)
        this = {"principal": ANNA.did, "key": new.key, "previous": old.key, "signature": accepted}
        self.done(old, "principal.rotate_key", this)

    def faults(self) -> list[str]:
        report = audited(self.entries(), self.store.state)
        return [each.name for each in report.checks if not each.ok]


@pytest.fixture
def world() -> Lent:
    return Lent()


def error(outcome: Any) -> str:
    assert outcome.status == "GHOST", outcome
    return str(outcome.error.code)


def test_what_a_stolen_key_lent_does_not_come_back_when_its_owner_is_rekeyed(world: Lent) -> None:
    lent = world.lend()
    world.revoke()
    world.rekey()
    waiting = world.ask()
    assert error(world.give(MALLORY, waiting, lent)) == "E_DELEGATION_UNKNOWN"
    assert world.faults() == []
    world.close()


def test_what_was_consented_by_it_before_the_revocation_is_not_counted(world: Lent) -> None:
    lent, waiting = world.lend(), world.ask()
    assert world.give(MALLORY, waiting, lent).status == "COMMITTED"
    world.revoke()
    world.rekey()
    assert world.give(BERT, waiting).settled == ()
    (settled,) = world.give(ANNA2, waiting).settled  # her voice is hers again
    assert settled.status == "COMMITTED"
    assert world.faults() == []
    check_settlement(Facts(world.entries(), waiting))


def test_what_the_new_key_lends_counts(world: Lent) -> None:
    world.lend()
    world.revoke()
    world.rekey()
    lent, waiting = world.lend(ANNA2), world.ask()
    world.give(MALLORY, waiting, lent)
    assert world.give(BERT, waiting).settled[0].status == "COMMITTED"
    assert world.faults() == []
    check_settlement(Facts(world.entries(), waiting))


def test_a_rotation_leaves_what_was_lent(world: Lent) -> None:
    lent, waiting = world.lend(), world.ask()
    world.give(MALLORY, waiting, lent)
    world.rotate()
    assert world.give(BERT, waiting).settled[0].status == "COMMITTED"
    again = world.ask()
    assert world.give(MALLORY, again, lent).status == "COMMITTED"
    world.rotate(ANNA2, ANNA3)
    world.revoke(ANNA2.key)  # which signed nothing of this
    assert world.give(BERT, again).settled[0].status == "COMMITTED"
    assert world.faults() == []
    check_settlement(Facts(world.entries(), again))


def test_a_revocation_of_a_key_that_was_rotated_out_ends_what_it_lent(world: Lent) -> None:
    lent, waiting = world.lend(), world.ask()
    world.give(MALLORY, waiting, lent)
    world.rotate()
    world.revoke(ANNA.key)
    assert world.give(BERT, waiting).settled == ()
    assert error(world.give(MALLORY, world.ask(), lent)) == "E_DELEGATION_UNKNOWN"
    assert world.faults() == []


def test_what_was_lent_by_another_key_before_it_took_effect_is_refused(world: Lent) -> None:
    signed = world.sign(ANNA, "consent.delegate", world.lending())
    assert world.execute(signed, die_at="committed") is None
    world.rotate()
    (ended,) = world.supervisor.recover()
    assert error(ended) == "E_KEY_ROTATED"


def test_a_view_of_a_snapshot_knows_which_key_lent(world: Lent) -> None:
    """As the store has it: the principals first, then what became of their keys and voices."""
    stolen = world.lend()
    world.revoke()
    world.rekey()
    own = world.lend(ANNA2)
    told: Any = {"key": [], "revocation": [], "delegation": [], "principal": []}
    for entry in world.entries():
        changes: Any = entry.body.get("mutations", [])
        for each in changes:
            told[each["kind"]].append((entry.index, each))
    first = world.store.snapshot()
    registered = [each for _, each in told["principal"]]
    view = View(
        replace(
            first,
            principals=[*first.principals, *registered],
            key_changes=sorted([*told["key"], *told["revocation"]], key=lambda each: each[0]),
            delegations=told["delegation"],
        )
    )
    assert view.delegations == world.supervisor.view.delegations
    assert view.delegation(stolen) is None
    assert view.delegation(own) == world.supervisor.view.delegation(own) is not None


# a supervisor that counts them nevertheless -----------------------------------------------------


def counts_anyway(world: Lent, lent: Any, **changes: Any) -> None:
    """This process takes a delegation for one that is there, and holds."""
    entry = next(
        each for each in world.entries()
        if each.kind == "receipt" and each.body["intent"] == lent
    )  # fmt: skip
    made: Any = entry.body["mutations"]
    known = replace(Delegation.from_mutation(made[0], entry.index), **changes)
    view = world.supervisor.view
    view.delegations = view.delegations.insert(lent, known)


def ended(world: Lent, lent: Any) -> None:
    world.done(ANNA, "consent.undelegate", {"delegation": lent})
    counts_anyway(world, lent)


def late(world: Lent, lent: Any) -> None:
    world.advance(600)
    counts_anyway(world, lent, until=world.clock.now_ns() + 86_400 * SECOND)


def stolen(world: Lent, lent: Any) -> None:
    world.revoke()
    world.rekey()
    counts_anyway(world, lent, index=len(world.entries()))


@pytest.mark.parametrize("meanwhile", [ended, late, stolen])
def test_a_consent_that_held_and_no_longer_does_is_found_where_it_is_counted(
    world: Lent, meanwhile: Any
) -> None:
    until = format_when(world.clock.now_ns() + 300 * SECOND)
    this = world.lending() | ({"until": until} if meanwhile is late else {})
    lent = world.done(ANNA, "consent.delegate", this).intent
    waiting = world.ask()
    assert world.give(MALLORY, waiting, lent).status == "COMMITTED"
    meanwhile(world, lent)
    assert world.faults() == []
    (settled,) = world.give(BERT, waiting).settled
    assert settled.status == "COMMITTED"  # as it is to be had from such a supervisor
    assert world.faults() == ["I2"]
    with pytest.raises(NotVerified) as found:
        check_settlement(Facts(world.entries(), waiting))
    assert found.value.code == "E_PROOF_DECISION"
