"""Every decision of a ledger is made again: nobody can make one up, the supervisor least of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from logos_graph.ledger import EntryKind, make_entry
from logos_graph.logline import format_when, parse_when
from logos_graph.supervisor import parts
from tests.ledger.conftest import SUPERVISOR
from tests.supervisor.again import again, audited
from tests.supervisor.guarded import (
    CLERK,
    GUARD,
    OTHER,
    SHUT,
    Body,
    Guarded,
    at_of,
    decision,
    found,
    retold,
    settled,
)


@pytest.fixture(autouse=True, params=[1, 3, 512], ids="parts of {}".format)
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many entries are looked at together: the answer does not depend on it."""
    monkeypatch.setattr(parts, "PART", request.param)


@pytest.fixture
def world() -> Guarded:
    return Guarded()


# What was so -----------------------------------------------------------------------------------


def test_what_the_policy_decided_is_decided_so_again(world: Guarded) -> None:
    """Allowed, denied, asked, consented to; under one policy and the next; and what no policy saw.

    Parts in which a question and its answer are apart, and parts in which they are not.
    """
    world.pay(7)
    world.pay(20_000)
    world.done(CLERK, "no.such.verb", {})
    world.done(CLERK, "pay.out", {"amount": "many"})
    cid = world.pay(500)
    world.consent(GUARD, cid)
    world.consent(OTHER, cid)
    world.activate(SHUT)
    world.pay(1)
    world.pay(2)
    result = again(world.entries())
    assert result.first is None, result.first
    intents = sum(each.kind is EntryKind.INTENT for each in world.entries())
    settled = sum(
        each.kind is EntryKind.CONSENT and each.body["decision"] is not None
        for each in world.entries()
    )
    assert (result.judged, result.undecided, settled) == (intents + settled - 2, 2, 2)
    report = audited(world.entries(), world.store.state)
    assert report.ok, report.json
    assert report.I2.note.startswith(f"{result.judged} decisions of the policy made again, 2 ")


# What was not ----------------------------------------------------------------------------------


def _allowed(world: Guarded) -> Body:
    return {"outcome": "ALLOW", "reason": None, "detail": None}


def _of_one(world: Guarded) -> Body:
    return {"quorum": {"kind": "KOfN", "k": 1}}


def _of_others(world: Guarded) -> Body:
    return {"role": "clerk"}


def _by_another_rule(world: Guarded) -> Body:
    return {"policies": ["somebody-may"]}


def _on_another_basis(world: Guarded) -> Body:
    return {"basis": {"roles": ["guard"], "verb": f"b3:{'0' * 64}"}}


def _for_longer(world: Guarded) -> Body:
    told: Any = world.entries()[-1].body
    until = parse_when(told["decision"]["expires_at"]) + 3600 * 10**9
    return {"expires_at": format_when(until)}


def _of_no_form(world: Guarded) -> Body:
    return {"basis": None}


@pytest.mark.parametrize(
    ("amount", "lie"),
    [
        (20_000, _allowed),
        (500, _of_one),
        (500, _of_others),
        (500, _by_another_rule),
        (500, _on_another_basis),
        (500, _for_longer),
        (500, _of_no_form),
        (7, _by_another_rule),
    ],
)
def test_a_decision_that_the_policy_does_not_make_is_found(
    world: Guarded, amount: int, lie: Callable[[Guarded], Body]
) -> None:
    at = at_of(world, world.pay(amount))
    told = retold(world.entries(), at, decision(world, at, **lie(world)))
    assert found(told) == (at, "body.decision")
    assert not audited(told, None).I2.ok


def test_an_allow_of_an_act_that_waits_for_consent_is_found(world: Guarded) -> None:
    at = at_of(world, world.pay(500))
    told: Any = world.entries()[at].body["decision"]
    kept = {name: told[name] for name in ("policies", "revision", "context")}
    body = {**world.entries()[at].body, "decision": {**kept, "outcome": "ALLOW"}}
    assert found(retold(world.entries(), at, body)) == (at, "body.decision")


def test_a_denial_of_what_is_permitted_is_found(world: Guarded) -> None:
    at = at_of(world, world.pay(7))
    body = decision(world, at, outcome="DENY", reason="ExplicitDeny", detail="no")
    assert found(retold(world.entries(), at, body)) == (at, "body.decision")


def test_a_decision_by_no_policy_is_found(world: Guarded) -> None:
    at = at_of(world, world.pay(7))
    body = dict(world.entries()[at].body)
    assert found(retold(world.entries(), at, body, policy_hash=None)) == (at, "body.decision")


def test_a_payload_that_does_not_fit_the_verb_is_never_allowed(world: Guarded) -> None:
    at = at_of(world, world.pay(7))
    signed = world.sign(CLERK, "pay.out", {"amount": -7})
    body = {
        **world.entries()[at].body, "cid": signed.intent.cid, "intent": signed.intent.json,
        "signature": signed.signature,
    }  # fmt: skip
    assert found(retold(world.entries(), at, body)) == (at, "body.decision")


def test_a_verb_that_was_there_is_not_unknown(world: Guarded) -> None:
    world.done(CLERK, "no.such.verb", {})
    *before, intent, ghost = world.entries()
    assert again(world.entries()).first is None
    signed = world.sign(CLERK, "pay.out", {"amount": 7})
    body = {
        **intent.body, "cid": signed.intent.cid, "intent": signed.intent.json,
        "signature": signed.signature,
    }  # fmt: skip
    told = retold([*before, intent], intent.index, body)
    denied = retold([*told, ghost], ghost.index, {**ghost.body, "intent": signed.intent.cid})
    assert found(denied) == (intent.index, "body.decision")


def test_an_act_runs_no_other_flow_than_its_verb_does(world: Guarded) -> None:
    at = at_of(world, world.pay(7))
    body = {**world.entries()[at].body, "flow": f"b3:{'1' * 64}"}
    assert found(retold(world.entries(), at, body)) == (at, "body.flow")


# Consents --------------------------------------------------------------------------------------


def test_a_consent_settles_what_was_asked_by_the_rules_that_asked(world: Guarded) -> None:
    at = settled(world)
    assert again(world.entries()).first is None
    for lie in (
        {"policies": ["others"]},
        {"outcome": "DENY", "reason": "ExplicitDeny", "detail": "no"},
    ):
        told = retold(world.entries(), at, decision(world, at, **lie))
        assert found(told) == (at, "body.decision")


def test_no_consent_allows_what_another_policy_denies_by_then(world: Guarded) -> None:
    cid = world.pay(500)
    world.consent(GUARD, cid)
    allowed = settled(world)
    world.activate(SHUT)
    world.pay(1)
    *before, last = world.entries()
    body = {**decision(world, allowed), "intent": cid}
    body["decision"] = {**body["decision"], "revision": last.index - 1}
    told = retold([*before, last], last.index, body, kind=EntryKind.CONSENT)
    assert found(told) == (last.index, "body.decision")


def test_nothing_that_a_consent_tells_besides_hides_what_it_settles(world: Guarded) -> None:
    """In which part of the ledger the question stands is nobody's to choose."""
    at = settled(world)
    body: Any = decision(world, at, policies=["others"])
    context = {**body["decision"]["context"], "x": {"kind": "intent", "outcome": "REQUIRE"}}
    body["decision"]["context"] = context
    assert found(retold(world.entries(), at, body)) == (at, "body.decision")


def test_a_question_that_the_gate_denied_is_not_settled_by_another_consent(
    world: Guarded,
) -> None:
    """A denial without its ghost ends no question; what else is wrong with it, others say."""
    at = settled(world)
    entries = world.entries()
    denied = decision(world, at, outcome="DENY", reason="RateLimitExceeded", detail="full")
    told = retold(entries, at, denied)
    allowed: Any = {**decision(world, at, policies=["others"])}
    allowed["decision"]["revision"] = at
    kind, policy = EntryKind.CONSENT, entries[at].policy_hash
    last = make_entry(
        told[-1].head, kind, allowed, trace_id=entries[at].trace_id, policy_hash=policy,
        now_ns=entries[at].recorded_at, signer=SUPERVISOR, ledger=world.ledger,
    )  # fmt: skip
    assert found([*told, last]) == (last.index, "body.decision")


def test_no_consent_settles_a_weaker_question_than_the_policy_asks(world: Guarded) -> None:
    """The question was told weaker than it was: both are found, and the first is named."""
    at = settled(world)
    asked = at_of(world, world.entries()[at].body["intent"])
    weaker = decision(world, asked, quorum={"kind": "KOfN", "k": 1})
    entries = world.entries()
    told = retold(entries, asked, weaker, *entries[asked + 1 :])
    assert found(told) == (asked, "body.decision")


# What is no ledger's ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "thing",
    [
        {"kind": "principal", "did": CLERK.did},
        {"kind": "verb", "name": "pay.out"},
        {"kind": "verb", "name": "pay.out", "index": "somewhere"},
        {"kind": "verb", "name": "pay.out", "risk": []},
        {"kind": "policy", "id": f"b3:{'0' * 64}", "text": "permit everything"},
        {"kind": "policy", "id": f"b3:{'0' * 64}"},
        {"kind": "key", "key": "did:key:z6Mk"},
    ],
)
def test_a_receipt_that_makes_no_thing_is_an_offender_and_no_failure(
    world: Guarded, thing: Body
) -> None:
    entries = world.entries()
    last = entries[-1]
    assert last.kind is EntryKind.RECEIPT
    made = retold(entries, last.index, {**last.body, "mutations": [thing]})
    world.pay(7)
    asks = [each for each in world.entries()[len(entries) :] if each.kind is EntryKind.INTENT]
    told = retold([*made, *asks], len(made), dict(asks[0].body))
    first = again(told).first
    assert first is not None
    assert first.index in (last.index, len(made))
    assert not audited(told, None).I2.ok
