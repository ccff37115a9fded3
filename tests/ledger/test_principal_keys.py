"""Principals' keys by index, from the entries alone: every attack is found by I2 or I3."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.errors import InvalidInput, LogosError
from logos_graph.identity import Did, Signer, did_logline
from logos_graph.ledger import PrincipalKeys, accept_principal, check_invariants
from logos_graph.logline import format_when
from tests.ledger.conftest import ALICE, ALLOW, BOB, CAROL, SUPERVISOR, Book

DID = did_logline("person", "dora")
FIRST, SECOND, THIRD, THIEF = (Signer.from_seed(bytes([n]) * 32, DID) for n in range(21, 25))


def follows(old: Signer, new: Signer, principal: Did = DID, ledger: str = "main") -> dict[str, Any]:
    accepted = accept_principal(ledger, principal, old.key, new)
    return {"principal": principal, "key": new.key, "previous": old.key, "signature": accepted}


class Keyring(Book):
    """A book in which dora, who holds the role treasury, is registered with her first key."""

    def __init__(self) -> None:
        super().__init__()
        this = {"did": DID, "name": "dora", "type": "person", "roles": ["treasury"]}
        this["key"] = FIRST.key
        self.does(SUPERVISOR, "principal.register", this, {"kind": "principal", **this})

    def does(self, who: Signer, verb: str, this: dict[str, Any], *made: dict[str, Any]) -> None:
        told: dict[str, Any] = {"key": who.key} if who.key != who.did else {}
        cid = self.intent(who, did=verb, this=this, **told)
        self.receipt(cid, *made)

    def rotates(self, old: Signer, new: Signer) -> None:
        this = follows(old, new)
        self.does(old, "principal.rotate_key", this, {"kind": "key", **this})

    def revokes(self, what: str, by: Signer = SUPERVISOR) -> None:
        this = {"principal": DID, "id": what, "reason": "stolen"}
        self.does(by, "principal.revoke", this, {"kind": "revocation", **this})

    def first_offence(self) -> tuple[str, int | None, str] | None:
        report = check_invariants(self.entries, None, supervisor=SUPERVISOR.did)
        for check in (report.I2, report.I3):
            if check.first_offender is not None:
                return check.name, check.first_offender.index, check.first_offender.field
        return None


@pytest.fixture
def ring() -> Keyring:
    return Keyring()


def test_who_takes_another_key_stays_who_it_was(ring: Keyring) -> None:
    ring.does(FIRST, "transfer", {"amount": 1})
    ring.rotates(FIRST, SECOND)
    ring.does(SECOND, "transfer", {"amount": 2})
    ring.rotates(SECOND, THIRD)
    ring.does(THIRD, "transfer", {"amount": 3})
    assert ring.first_offence() is None


def test_a_stolen_key_before_and_after_revocation(ring: Keyring) -> None:
    ring.does(FIRST, "transfer", {"amount": 1})  # the thief's, in her name: it counts
    assert ring.first_offence() is None
    ring.revokes(FIRST.key)
    assert ring.first_offence() is None
    index = len(ring.entries)
    ring.does(FIRST, "transfer", {"amount": 2})
    assert ring.first_offence() == ("I3", index, "body.intent.logline.who")


def test_a_key_that_was_rotated_out_signs_nothing_that_follows(ring: Keyring) -> None:
    ring.rotates(FIRST, SECOND)
    index = len(ring.entries)
    ring.does(FIRST, "transfer", {"amount": 1})
    assert ring.first_offence() == ("I3", index, "body.key")


def test_a_key_that_is_not_yet_hers_signs_nothing(ring: Keyring) -> None:
    index = len(ring.entries)
    ring.does(SECOND, "transfer", {"amount": 1})
    ring.rotates(FIRST, SECOND)
    assert ring.first_offence() == ("I3", index, "body.key")


def test_an_entry_that_does_not_name_the_key_is_no_act_of_hers(ring: Keyring) -> None:
    index = len(ring.entries)
    ring.receipt(ring.intent(FIRST))
    assert ring.first_offence() == ("I3", index, "body.signature")


def test_whoever_is_a_key_names_no_other(ring: Keyring) -> None:
    index = len(ring.entries)
    ring.receipt(ring.intent(ALICE, key=ALICE.did))
    assert ring.first_offence() == ("I3", index, "body.key")


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"signature": follows(FIRST, THIEF)["signature"]}, id="another key's"),
        pytest.param({"signature": "0" * 128}, id="nobody's"),
        pytest.param(follows(FIRST, SECOND, ledger="other"), id="for another ledger"),
        pytest.param(follows(FIRST, SECOND, did_logline("person", "dana")), id="for another"),
        pytest.param(follows(THIRD, SECOND), id="after another key"),
        pytest.param(follows(FIRST, Signer.from_seed(bytes([3]) * 32)), id="a key of alice's"),
        pytest.param(follows(FIRST, FIRST), id="the same key"),
    ],
)
def test_a_rotation_that_the_new_key_did_not_sign_is_none(
    ring: Keyring, forged: dict[str, Any]
) -> None:
    this = follows(FIRST, SECOND) | forged
    ring.does(FIRST, "principal.rotate_key", this, {"kind": "key", **this})
    found = ring.first_offence()
    assert found is not None
    assert found[1] == len(ring.entries) - 1


def test_nobody_rotates_another_s_key(ring: Keyring) -> None:
    this = follows(FIRST, THIEF)
    ring.does(BOB, "principal.rotate_key", this, {"kind": "key", **this})
    assert ring.first_offence() == ("I2", len(ring.entries) - 1, "body.mutations[0]")


def test_nobody_but_an_operator_revokes_another_s_key(ring: Keyring) -> None:
    ring.revokes(FIRST.key, by=BOB)
    assert ring.first_offence() == ("I2", len(ring.entries) - 1, "body.mutations[0]")


def test_one_revokes_one_s_own_key(ring: Keyring) -> None:
    ring.revokes(FIRST.key, by=FIRST)
    assert ring.first_offence() is None


def test_who_lost_the_key_is_given_another_and_who_was_revoked_is_not(ring: Keyring) -> None:
    ring.revokes(FIRST.key)
    this = follows(FIRST, SECOND)
    ring.does(SUPERVISOR, "principal.rekey", this, {"kind": "key", **this})
    ring.does(SECOND, "transfer", {"amount": 1})
    assert ring.first_offence() is None
    ring.revokes(DID)
    assert ring.first_offence() is None
    this = follows(SECOND, THIRD)
    ring.does(SUPERVISOR, "principal.rekey", this, {"kind": "key", **this})
    assert ring.first_offence() == ("I3", len(ring.entries) - 1, "body.mutations[0]")


def test_a_key_in_force_is_taken_from_nobody_by_rekeying(ring: Keyring) -> None:
    this = follows(FIRST, THIEF)
    ring.does(SUPERVISOR, "principal.rekey", this, {"kind": "key", **this})
    assert ring.first_offence() == ("I3", len(ring.entries) - 1, "body.mutations[0]")


def consents(
    ring: Keyring, waiting: str, who: Signer, decision: dict[str, Any] | None = None
) -> None:
    this = ring.bound(waiting)
    told: dict[str, Any] = {"key": who.key} if who.key != who.did else {}
    cid = ring.intent(who, did="consent.give", this=this, **told)
    ring.answer(waiting, cid, who, this["expires_at"], decision)
    if decision is None:
        ring.receipt(cid)


@pytest.mark.parametrize("what", [FIRST.key, DID], ids=["key", "principal"])
def test_a_consent_by_a_key_that_was_then_revoked_is_not_counted(ring: Keyring, what: str) -> None:
    asked = ring.require(2)
    cid = ring.intent(decision=asked)
    consents(ring, cid, FIRST)
    ring.revokes(what)
    consents(ring, cid, ALICE, ALLOW)
    assert ring.first_offence() == ("I2", len(ring.entries) - 1, "body.decision")


def test_two_keys_of_one_principal_are_counted_once(ring: Keyring) -> None:
    asked = ring.require(2)
    cid = ring.intent(decision=asked)
    consents(ring, cid, FIRST)
    ring.rotates(FIRST, SECOND)
    consents(ring, cid, SECOND, ALLOW)
    assert ring.first_offence() == ("I2", len(ring.entries) - 1, "body.decision")


def test_a_consent_before_a_rotation_still_counts(ring: Keyring) -> None:
    asked = ring.require(2)
    cid = ring.intent(decision=asked)
    consents(ring, cid, FIRST)
    ring.rotates(FIRST, SECOND)
    consents(ring, cid, ALICE, ALLOW)
    assert ring.first_offence() is None


def lends(ring: Keyring, by: Signer) -> str:
    """Her voice to carol."""
    until = format_when(ring.now + 10**15)
    this = {"to": CAROL.did, "role": "treasury", "verbs": None, "until": until}
    cid = ring.intent(by, did="consent.delegate", this=this, key=by.key)
    made = {"kind": "delegation", "id": cid, "by": DID, **this, "ended": None}
    ring.receipt(cid, made)
    return cid


def speaks(ring: Keyring, waiting: str, lent: str) -> None:
    this = {**ring.bound(waiting), "delegation": lent}
    cid = ring.intent(CAROL, did="consent.give", this=this)
    ring.answer(waiting, cid, CAROL, this["expires_at"], delegation=lent)
    ring.receipt(cid)


def rekeys(ring: Keyring, old: Signer, new: Signer) -> None:
    ring.revokes(old.key)
    this = follows(old, new)
    ring.does(SUPERVISOR, "principal.rekey", this, {"kind": "key", **this})


def test_what_a_revoked_key_lent_is_void_also_for_who_was_rekeyed(ring: Keyring) -> None:
    lent = lends(ring, FIRST)
    cid = ring.intent(decision=ring.require(2))
    speaks(ring, cid, lent)
    rekeys(ring, FIRST, SECOND)
    assert ring.first_offence() is None
    consents(ring, cid, ALICE, ALLOW)
    assert ring.first_offence() == ("I2", len(ring.entries) - 1, "body.decision")
    del ring.entries[-2:]
    waiting = ring.intent(decision=ring.require(2))
    speaks(ring, waiting, lent)
    assert ring.first_offence() == ("I2", len(ring.entries) - 2, "body.delegation")


def test_what_a_key_lent_that_another_followed_holds(ring: Keyring) -> None:
    lent = lends(ring, FIRST)
    ring.rotates(FIRST, SECOND)
    cid = ring.intent(decision=ring.require(2))
    speaks(ring, cid, lent)
    rekeys(ring, SECOND, THIRD)  # another of hers, which lent nothing
    consents(ring, cid, ALICE, ALLOW)
    assert ring.first_offence() is None


def test_what_was_lent_by_the_key_before_is_void_with_that(ring: Keyring) -> None:
    """It took effect only when the next key was in force; its signature is the old one's."""
    until = format_when(ring.now + 10**15)
    this = {"to": CAROL.did, "role": "treasury", "verbs": None, "until": until}
    lent = ring.intent(FIRST, did="consent.delegate", this=this, key=FIRST.key)
    ring.rotates(FIRST, SECOND)
    made = {"kind": "delegation", "id": lent, "by": DID, **this, "ended": None}
    ring.receipt(lent, made)
    ring.revokes(FIRST.key)
    cid = ring.intent(decision=ring.require(2))
    assert ring.first_offence() is None
    speaks(ring, cid, lent)
    assert ring.first_offence() == ("I2", len(ring.entries) - 2, "body.delegation")


def test_what_a_revoked_key_asked_for_is_allowed_to_nobody(ring: Keyring) -> None:
    asked = ring.require(1)
    cid = ring.intent(FIRST, decision=asked, key=FIRST.key)
    ring.revokes(FIRST.key)
    consents(ring, cid, ALICE, ALLOW)
    assert ring.first_offence() == ("I2", len(ring.entries) - 1, "body.decision")


NON_CANONICAL = (
    "did:key:z6MkwSD8dBdqcXQzKJZQFPy2hh2izzxskndKCjdmC2dBpfMF",
    FIRST.key.replace("z6Mk", "Z6Mk"),
    FIRST.key + "1",
    "did:key:z" + "1" * 47,
)


@pytest.mark.parametrize("key", [*NON_CANONICAL, None, DID])
def test_look_alikes_and_non_canonical_keys_are_no_keys_of_anybody(key: str | None) -> None:
    named: dict[str, Any] = {"did": DID, "name": "dora", "type": "person", "roles": [], "key": key}
    with pytest.raises(InvalidInput) as refused:
        PrincipalKeys().check_registration(named)
    assert refused.value.code in ("E_DID", "E_KEY")


@pytest.mark.parametrize(
    "changes",
    [{"name": "dana"}, {"type": "agent"}, {"did": FIRST.key}, {"did": "did:logline:person:dana"}],
)
def test_a_did_is_that_of_its_kind_and_name(changes: dict[str, Any]) -> None:
    named: dict[str, Any] = {
        "did": DID,
        "name": "dora",
        "type": "person",
        "roles": [],
        "key": FIRST.key,
    }
    PrincipalKeys().check_registration(named)
    with pytest.raises(LogosError) as refused:
        PrincipalKeys().check_registration(named | changes)
    assert refused.value.code == "E_PRINCIPAL_NAME"
