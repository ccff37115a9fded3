"""Attacks of the protocol's list on the gate itself, on a ledger on paper; each by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from logos_graph.canon import Tag
from logos_graph.errors import LogosError, NotVerified, Rejected
from logos_graph.identity import Signer
from logos_graph.ledger import EntryKind, check_invariants, make_entry, parse_entry
from logos_graph.logline import SignedIntent, format_when
from tests.supervisor.auditor import SECOND
from tests.supervisor.codes import ADMIN, ANSWERS, Ask, Code, Rule, verbs
from tests.supervisor.founded import PaperWorld, bundled

CLERK, GUARD, OTHER, APPROVER, THIEF = (Signer.from_seed(bytes([n]) * 32) for n in range(71, 76))
REVOKE = '@id("revoke") permit (principal, action == Action::"principal.revoke", resource);'
OPEN = Code((Rule("pay.out", ("clerk",), over=100, ask=Ask("guard", "2")),), extra=REVOKE)
SHUT = Code((Rule("pay.out", ("clerk",), most=1),), number=1)


@pytest.fixture
def world() -> PaperWorld:
    made = PaperWorld(OPEN.text, [*bundled((*ADMIN, *ANSWERS, "principal.revoke")), *verbs()])
    for signer, name, role in (
        (CLERK, "clerk", "clerk"), (GUARD, "guard", "guard"), (OTHER, "other", "guard"),
        (APPROVER, "approver", "approver"),
    ):  # fmt: skip
        assert register(made, signer, name, role).status == "COMMITTED"
    return made


def register(world: PaperWorld, signer: Signer, name: str, role: str, die_at: str = "") -> Any:
    this = {"did": signer.did, "name": name, "type": "person", "roles": [role]}
    return world.execute(world.sign(world.operator, "principal.register", this), die_at)


def pay(world: PaperWorld, amount: int = 5, die_at: str = "") -> SignedIntent:
    signed = world.sign(CLERK, "pay.out", {"amount": amount})
    world.execute(signed, die_at)
    return signed


def consent(world: PaperWorld, who: Signer, cid: Any) -> Any:
    return world.execute(world.sign(who, "consent.give", world.bound(cid)))


def activate(world: PaperWorld, code: Code) -> None:
    asked = world.execute(world.sign(world.operator, "policy.activate", {"text": code.text}))
    assert asked is not None
    (settled,) = consent(world, APPROVER, asked.intent).settled
    assert settled.status == "COMMITTED"


def told_of(world: PaperWorld, signed: SignedIntent) -> list[str]:
    cid = signed.intent.cid
    found = (
        each for each in world.entries() if cid in (each.body.get("cid"), each.body.get("intent"))
    )
    return [str(each.kind) for each in found]


def test_a_replayed_intent_is_recorded_once(world: PaperWorld) -> None:
    signed = pay(world)
    length = len(world.entries())
    for _ in range(3):
        again = world.execute(signed)
        assert again is not None
        assert again.repeated
        world.restart()
    world.advance(3600)  # it is an old one by now, and still known
    again = world.execute(signed)
    assert again is not None
    assert (again.repeated, len(world.entries())) == (True, length)


@pytest.mark.parametrize("tag", [each for each in Tag if each is not Tag.INTENT])
def test_a_signature_used_for_another_type_is_refused(world: PaperWorld, tag: Tag) -> None:
    signed, length = world.sign(CLERK, "pay.out", {"amount": 5}), len(world.entries())
    other = SignedIntent(signed.intent, CLERK.sign(tag, signed.intent.text))
    with pytest.raises(Rejected) as refused:
        world.execute(other)
    assert (refused.value.code, len(world.entries())) == ("E_SIGNATURE", length)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + " ",
        lambda text: text.replace(":", ": ", 1),
        lambda text: text.replace('"clerk"', '"cl\\u0065rk"'),
        lambda text: text.replace('"index":', '"index":0', 1),
        lambda text: "{" + text[1:].partition(",")[2][:-1] + "," + text[1:].partition(",")[0] + "}",
    ],
    ids=["space after", "space within", "escape", "zero before", "order"],
)
def test_two_texts_for_one_value_are_never_both_entries(world: PaperWorld, change: Any) -> None:
    entry = world.entries()[2]
    assert parse_entry(entry.text, entry.hash, entry.signature) == entry
    assert change(entry.text) != entry.text
    with pytest.raises(LogosError):
        parse_entry(change(entry.text), entry.hash, entry.signature)


def test_policy_changed_between_decision_and_effect(world: PaperWorld) -> None:
    signed = pay(world, die_at="committed")
    activate(world, SHUT)
    (ended,) = world.supervisor.recover()
    assert (ended.status, ended.intent) == ("GHOST", signed.intent.cid)
    assert ended.cause is not None
    assert ended.cause["code"] == "E_POLICY_CHANGED"
    assert "receipt" not in told_of(world, signed)


def test_graph_changed_between_decision_and_effect(world: PaperWorld) -> None:
    assert register(world, THIEF, "the name", "guard", die_at="committed") is None
    mine = Signer.from_seed(b"m" * 32)
    assert register(world, mine, "the name", "clerk").status == "COMMITTED"
    (ended,) = world.supervisor.recover()
    assert ended.cause is not None
    assert (ended.status, ended.cause["code"]) == ("GHOST", "E_PRINCIPAL_EXISTS")
    assert THIEF.did not in world.supervisor.view.principals


@pytest.mark.parametrize("step", ["committed", "performed", "receipted"])
def test_crash_between_effect_and_receipt(world: PaperWorld, step: str) -> None:
    signed = pay(world, die_at=step)
    for _ in range(2):
        world.supervisor.recover()
        world.restart()
    assert [each for each in told_of(world, signed) if each != "claim"] == ["intent", "receipt"]


def test_a_root_accepted_before_it_was_verified(world: PaperWorld) -> None:
    """Entries that another key signed move nobody's root, however well they continue the chain."""
    head, view = world.entries()[-1].head, world.supervisor.view
    root, policy = view.tree.root(), view.policy
    signed = world.sign(THIEF, "pay.out", {"amount": 1})
    body: Any = {
        **signed.json, "cid": signed.intent.cid, "writer": "w",
        "decision": {"outcome": "ALLOW", "policies": [], "revision": head.index, "context": {}},
    }  # fmt: skip
    forged = make_entry(
        head, EntryKind.INTENT, body, trace_id="0" * 26, now_ns=head.recorded_at + SECOND,
        policy_hash=view.policy.id, signer=THIEF, ledger=world.ledger,
    )  # fmt: skip
    world.store.written.append(forged)
    with pytest.raises(NotVerified) as refused:
        world.supervisor.catch_up()
    assert refused.value.code == "E_CHAIN_SIGNATURE"
    now = world.supervisor.view
    assert (now.head, now.tree.root(), now.policy) == (head, root, policy)
    assert signed.intent.cid not in now.pending


def test_one_signer_counted_twice(world: PaperWorld) -> None:
    signed = pay(world, 200)
    assert consent(world, GUARD, signed.intent.cid).status == "COMMITTED"
    again = consent(world, GUARD, signed.intent.cid)
    assert (again.status, again.error.code) == ("GHOST", "E_CONSENT_TWICE")
    assert "receipt" not in told_of(world, signed)
    assert consent(world, OTHER, signed.intent.cid).settled[0].status == "COMMITTED"


def test_an_unknown_signer_ignored_into_a_majority(world: PaperWorld) -> None:
    signed = pay(world, 200)
    length = len(world.entries())
    with pytest.raises(Rejected) as refused:
        consent(world, THIEF, signed.intent.cid)
    assert (refused.value.code, len(world.entries())) == ("E_UNKNOWN_PRINCIPAL", length)


@pytest.mark.parametrize("quorum", ["0", "weighted:0;guard=1", "weighted:2;guard=1", "-1"])
def test_a_threshold_of_zero_or_out_of_reach_never_comes_into_force(
    world: PaperWorld, quorum: str
) -> None:
    text = replace(OPEN, number=2).text.replace('@quorum("2")', f'@quorum("{quorum}")')
    asked = world.execute(world.sign(world.operator, "policy.activate", {"text": text}))
    assert asked is not None
    (settled,) = consent(world, APPROVER, asked.intent).settled
    assert settled.cause["code"] == "E_POLICY_ANNOTATION"
    assert world.supervisor.view.policy.text == OPEN.text


def test_a_stopped_operator_takes_nobody_else_s_key(world: PaperWorld) -> None:
    """Those who would have to lift its breaker are not its to remove."""
    assert register(world, THIEF, "thief", "operator").status == "COMMITTED"
    for _ in range(47):
        world.execute(world.sign(THIEF, "no.such", {}))
    assert world.supervisor.view.watched.breaker(THIEF.did)
    for who, ended in ((APPROVER, "GHOST"), (THIEF, "COMMITTED")):
        this = {"principal": who.did, "id": who.did, "reason": "stolen"}
        outcome = world.execute(world.sign(THIEF, "principal.revoke", this))
        assert outcome is not None
        assert outcome.status == ended, outcome
    assert check_invariants(world.entries(), world.store.state).ok


def test_ghosts_of_another_kind_do_not_make_an_alarm_that_no_auditor_finds(
    world: PaperWorld,
) -> None:
    """Of a principal's youngest ghosts the denials are counted, by the graph as by an auditor."""
    nothing = {
        "intent": f"b3:{'0' * 64}", "policy_hash": f"b3:{'0' * 64}", "revision": 1,
        "expires_at": format_when(world.clock.now_ns() + 3600 * SECOND),
    }  # fmt: skip
    for verb, this, times in (
        ("no.such", {}, 5),
        ("consent.give", nothing, 59),
        ("no.such", {}, 6),
    ):
        for _ in range(times):
            world.execute(world.sign(CLERK, verb, this))
    raised = [each.body for each in world.entries() if each.kind is EntryKind.ALARM]
    assert [(each["pattern"], each["count"]) for each in raised] == [
        ("Burst", 47), ("RepeatedDenials", 6),
    ]  # fmt: skip
    assert check_invariants(world.entries(), world.store.state).ok


@pytest.mark.parametrize("name", [GUARD.did, "did:logline:person:guard", "did:"])
def test_nobody_is_named_like_a_did(world: PaperWorld, name: str) -> None:
    refused = register(world, THIEF, name, "guard")
    assert (refused.status, refused.cause["code"]) == ("GHOST", "E_NAME")
