"""A principal outlives its keys: the attacks, at the real gate and in the real graph."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Rejected
from logos_graph.identity import Signer, base58, did_logline
from logos_graph.ledger import accept_principal, check_invariants
from logos_graph.logline import format_when
from logos_graph.store import read_state
from tests.integration.conftest import Cast

if TYPE_CHECKING:
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Logos

_NAMES = count(1)


class Person:
    """Somebody with a did:logline, and the keys that it had."""

    def __init__(self, cast: Cast, *roles: str) -> None:
        self.cast, self.name = cast, f"keyed-x{next(_NAMES)}q"
        self.did = did_logline("person", self.name)
        self.keys = [self._new()]
        self.this: dict[str, Json] = {
            "did": self.did, "name": self.name, "type": "person", "roles": [*roles],
            "key": self.key.key,
        }  # fmt: skip
        assert cast.submit(cast.operator, "principal.register", self.this).status == "COMMITTED"

    def _new(self) -> Signer:
        return Signer.from_seed(os.urandom(32), self.did)

    @property
    def key(self) -> Signer:
        return self.keys[-1]

    def follows(self, new: Signer) -> dict[str, Json]:
        accepted = accept_principal(self.cast.system.ledger, self.did, self.key.key, new)
        return {
            "principal": self.did, "key": new.key, "previous": self.key.key, "signature": accepted,
        }  # fmt: skip

    def rotate(self) -> Signer:
        old, new = self.key, self._new()
        outcome = self.cast.submit(old, "principal.rotate_key", self.follows(new))
        assert outcome.status == "COMMITTED", outcome
        self.keys.append(new)
        return old

    def revoke(self, what: str | None = None, by: Signer | None = None) -> Outcome:
        this: dict[str, Json] = {
            "principal": self.did, "id": what or self.key.key, "reason": "stolen",
        }  # fmt: skip
        return self.cast.submit(by or self.cast.operator, "principal.revoke", this)

    def acts(self, by: Signer | None = None) -> Outcome:
        """Submits something that nobody may: what counts is whether the gate takes it as theirs."""
        return self.cast.submit(by or self.key, "policy.activate", {"text": "no"})


@pytest.fixture(autouse=True)
def holds(cast: Cast) -> Iterator[None]:
    """After each test: the invariants hold, and the graph is what the ledger says."""
    yield
    system = cast.system
    report = check_invariants(system.store.entries(0), read_state(system.reader))
    for check in (report.I1, report.I2, report.I3, report.I4, report.I5):
        assert check.first_offender is None, check


def code_of(act: Any) -> str:
    with pytest.raises(Rejected) as refused:
        act()
    return refused.value.code


def waits(cast: Cast) -> Outcome:
    """Something that one approver's consent allows; it then fails, and changes nothing."""
    waiting = cast.submit(cast.operator, "policy.activate", {"text": f"// {next(_NAMES)}\n"})
    assert waiting.status == "PENDING", waiting
    return waiting


def test_stolen_key_before_and_after_revocation(cast: Cast) -> None:
    person = Person(cast)
    assert person.acts().status == "GHOST"  # recorded as hers: the key is in force
    assert person.revoke().status == "COMMITTED"
    before = cast.system.reader.head()
    assert code_of(person.acts) == "E_KEY_REVOKED"
    assert cast.system.reader.head() == before


def test_stolen_key_before_and_after_rotation(cast: Cast) -> None:
    person = Person(cast)
    stolen = person.rotate()
    assert code_of(lambda: person.acts(stolen)) == "E_SIGNATURE"
    assert person.acts().status == "GHOST"
    mine = cast.system.reader.principal_keys()
    assert mine.keys(person.did) == tuple(key.key for key in person.keys)


def test_nobody_revokes_another_s_key_but_an_operator(cast: Cast) -> None:
    person, other = Person(cast), Person(cast)
    refused = person.revoke(by=other.key)
    assert refused.cause is not None
    assert refused.cause["code"] == "E_KEY_NOT_YOURS"
    assert person.revoke(by=person.key).status == "COMMITTED"


def test_the_supervisor_s_key_is_not_revoked(cast: Cast) -> None:
    did = cast.system.supervisor.view.supervisor
    this: dict[str, Json] = {"principal": did, "id": did, "reason": "no"}
    refused = cast.submit(cast.operator, "principal.revoke", this)
    assert refused.cause is not None
    assert refused.cause["code"] == "E_SUPERVISOR_KEY"


def test_consent_by_a_revoked_key(cast: Cast) -> None:
    approver = Person(cast, "approver")
    waiting = waits(cast)
    approver.revoke()
    assert code_of(lambda: cast.consent(approver.key, waiting)) == "E_KEY_REVOKED"
    held = cast.system.supervisor.view.holders("approver")
    assert approver.did not in held


@pytest.mark.parametrize("principal", [False, True], ids=["its key", "it"])
def test_a_consent_given_before_a_revocation_is_not_counted(
    example: Cast, *, principal: bool
) -> None:
    one, other = Person(example, "treasury"), Person(example, "treasury")
    waiting = transfer(example)
    assert example.consent(one.key, waiting).status == "COMMITTED"
    one.revoke(one.did if principal else None)
    assert example.consent(other.key, waiting).settled == ()
    assert waiting.intent in example.system.supervisor.view.pending
    assert example.consent(example.treasury[0], waiting).settled != ()


def test_two_keys_of_one_principal_counted_once(example: Cast) -> None:
    person = Person(example, "treasury")
    waiting = transfer(example)
    assert example.consent(person.key, waiting).status == "COMMITTED"
    person.rotate()
    again = example.consent(person.key, waiting)
    assert again.cause is not None
    assert again.cause["code"] == "E_CONSENT_TWICE"
    assert example.consent(example.treasury[0], waiting).settled != ()


def test_what_a_stolen_key_asked_for_is_denied_when_it_is_consented_to(cast: Cast) -> None:
    person = Person(cast, "operator")
    waiting = cast.submit(person.key, "policy.activate", {"text": "permit (x);"})
    if waiting.status != "PENDING":
        pytest.fail(str(waiting))
    person.revoke()
    (settled,) = cast.consent(cast.treasury[0], waiting).settled
    assert settled.status == "GHOST"
    assert settled.cause is not None
    assert settled.cause["code"] == "E_KEY_REVOKED"


def test_who_lost_the_key_is_given_another(cast: Cast) -> None:
    person = Person(cast)
    new = Signer.from_seed(os.urandom(32), person.did)
    early = cast.submit(cast.operator, "principal.rekey", person.follows(new))
    (settled,) = cast.consent(cast.treasury[0], early).settled
    assert settled.cause is not None
    assert settled.cause["code"] == "E_KEY_STALE"  # the key is in force: nobody takes it
    person.revoke()
    waiting = cast.submit(cast.operator, "principal.rekey", person.follows(new))
    (settled,) = cast.consent(cast.treasury[0], waiting).settled
    assert settled.status == "COMMITTED", settled
    person.keys.append(new)
    assert person.acts().status == "GHOST"
    assert person.revoke(person.did).status == "COMMITTED"
    assert code_of(person.acts) == "E_KEY_REVOKED"


@pytest.mark.parametrize("change", ["did", "key", "look", "taken"])
def test_did_look_alikes_and_non_canonical_keys(cast: Cast, change: str) -> None:
    person, fresh = Person(cast), Signer.from_seed(os.urandom(32))
    name = f"o{person.name}1"
    this = {**person.this, "name": name, "did": did_logline("person", name), "key": fresh.key}
    wanted = {
        "did": ("did:logline:person:\u043e" + name[1:], "E_THIS_SCHEMA"),
        "key": ("did:key:z" + base58.encode(b"\xed\x01\x01" + bytes(31)), "E_THIS_SCHEMA"),
        "taken": (person.key.key, "E_KEY_USED"),
    }
    if change == "look":
        assert cast.submit(cast.operator, "principal.register", this).status == "COMMITTED"
        alike = f"0{person.name}l"
        this |= {"name": "o" + alike[1:], "did": did_logline("person", "o" + alike[1:])}
        this["key"] = Signer.from_seed(os.urandom(32)).key
        code = "E_LOOKALIKE"
    else:
        value, code = wanted[change]
        this["key" if change == "taken" else change] = value
    refused = cast.submit(cast.operator, "principal.register", this)
    assert refused.cause is not None
    assert refused.cause["code"] == code, refused


def test_another_process_reads_the_keys_from_the_graph(cast: Cast) -> None:
    person = Person(cast, "approver")
    person.rotate()
    snapshot = cast.system.store.snapshot()
    assert snapshot is not None
    from logos_graph.supervisor.view import View

    view = View(snapshot)
    assert view.principal_keys.current(person.did) == person.key.key
    assert view.principal_keys.owner(person.keys[0].key) == person.did
    person.revoke()
    snapshot = cast.system.store.snapshot()
    assert snapshot is not None
    assert View(snapshot).principal_keys.current(person.did) is None
    assert View(snapshot).roles(person.did) == frozenset()


def test_a_proof_and_the_second_verifier_know_the_key_of_each_index(
    example: Cast, tmp_path: Path
) -> None:
    from logos_graph.proof import gather_run
    from logos_graph.store.evidence import GraphEvidence

    person = Person(example, "agent")
    first = transfer(example, person.key, "12.00")
    person.rotate()
    second = transfer(example, person.key, "13.00")
    assert (first.status, second.status) == ("COMMITTED", "COMMITTED"), (first, second)
    evidence = GraphEvidence(example.system.reader, example.system.ledger)
    for run in (first, second):
        entries, _ = gather_run(evidence, run.intent)
        made = [key.key for key in person.keys]
        told = [str(entry.body) for entry in entries]
        assert all(any(key in each for each in told) for key in made)
        report = check_invariants(entries, None)
        assert report.I3.first_offender is None
        assert report.I2.first_offender is None


def test_what_a_stolen_key_lent_stays_void_in_the_graph_and_in_a_proof(
    example: Cast, logos: Logos
) -> None:
    from logos_graph.proof import gather_run
    from logos_graph.proof.facts import Facts
    from logos_graph.proof.judged import check_settlement
    from logos_graph.store.evidence import GraphEvidence
    from logos_graph.supervisor.view import View

    owner, other, thief = (Person(example, *roles) for roles in (["treasury"], ["treasury"], []))
    lent, waiting = lends(example, owner, thief), transfer(example)
    speaks: dict[str, Json] = {**example.bound(waiting), "delegation": lent}
    assert example.submit(thief.key, "consent.give", speaks).status == "COMMITTED"
    assert listed(logos, lent) == ["now", "ever"]
    owner.revoke()
    new = Signer.from_seed(os.urandom(32), owner.did)
    asked = example.submit(example.operator, "principal.rekey", owner.follows(new))
    (settled,) = example.consent(example.treasury[0], asked).settled
    assert settled.status == "COMMITTED", settled
    owner.keys.append(new)
    snapshot = example.system.store.snapshot()
    assert snapshot is not None
    view, own = View(snapshot), lends(example, owner, thief)
    assert view.roles(owner.did) == {"treasury"}
    assert view.delegation(lent) is None
    assert view.voices(view.pending[waiting.intent].consents, example.system.clock.now_ns()) == []
    assert listed(logos, lent) == ["ever"]
    assert example.consent(other.key, waiting).settled == ()
    speaks = {**example.bound(waiting), "delegation": own}
    assert example.submit(thief.key, "consent.give", speaks).settled != ()
    evidence = GraphEvidence(example.system.reader, example.system.ledger)
    entries, _ = gather_run(evidence, waiting.intent)
    check_settlement(Facts(entries, waiting.intent))
    report = check_invariants(entries, None)
    assert (report.I2.first_offender, report.I3.first_offender) == (None, None)


def lends(cast: Cast, by: Person, to: Person) -> ContentId:
    until = format_when(cast.system.clock.now_ns() + 10**13)
    this: dict[str, Json] = {"to": to.did, "role": "treasury", "verbs": None, "until": until}
    outcome = cast.submit(by.key, "consent.delegate", this)
    assert outcome.status == "COMMITTED", outcome
    return outcome.intent


def listed(logos: Logos, lent: str) -> list[str]:
    """Whether the command names it among those that hold, and among all."""
    found = {"now": logos("consent", "delegations", "--json")}
    found["ever"] = logos("consent", "delegations", "--all", "--json")
    return [
        when for when, told in found.items()
        if lent in [each["id"] for each in told.document["delegations"]]
    ]  # fmt: skip


def transfer(cast: Cast, by: Signer | None = None, amount: str = "6000.00") -> Outcome:
    """Over the limit: two of the treasury must consent."""
    payment: dict[str, Json] = {
        "from-account": "ACC20480001", "to-account": "ACC30770102", "amount": amount,
        "currency": "USD", "history": [],
    }  # fmt: skip
    return cast.submit(by or cast.agent, "transfer", {"payment": payment})
