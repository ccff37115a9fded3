"""I1 to I5: each thing tampered with fails the right check, at the right entry."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id, encode
from logos_graph.ledger import MUTATION_KEYS, check_invariants
from tests.ledger.checks import check, check_broken, fault, passed
from tests.ledger.conftest import NODE

# --- an honest ledger ------------------------------------------------------------------------


def test_an_honest_ledger_holds_all_five(story: Any) -> None:
    report = check(story)
    assert report.ok
    assert passed(report) == ["I1", "I2", "I3", "I4", "I5"]
    assert all(check.count > 0 for check in report.checks)
    counts = report.counts
    assert (counts.intents, counts.committed, counts.ghost_total) == (17, 11, 4)
    assert (counts.allowed, counts.required, counts.denied) == (11, 4, 2)
    assert counts.ghosts == {
        "PolicyDeny": 1,
        "ConsentRefused": 1,
        "ConsentTimeout": 1,
        "InvalidVerb": 1,
    }
    assert counts.ghost_rate == "0.2352"
    encode(report.json)


def test_what_is_unfinished_or_waiting_is_told_and_is_no_fault(book: Any) -> None:
    allowed, asked = book.intent(), book.intent(decision=book.require())
    report = check(book)
    assert report.ok
    assert (report.unfinished, report.waiting) == ((allowed,), (asked,))
    assert report.I1.note == "1 unfinished, 1 waiting"


def test_genesis_alone_holds_all_five(book: Any) -> None:
    report = check(book)
    assert report.ok
    assert report.counts.ghost_rate == "0.0000"


# --- I1 integrity ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["receipt", "ghost"])
def test_i1_an_end_without_an_intent_is_found(book: Any, kind: str) -> None:
    getattr(book, kind)(content_id(b"nobody's"))
    assert fault(check_broken(book), "I1") == (1, "body.intent")


@pytest.mark.parametrize("kind", ["effect", "outcome"])
def test_i1_an_effect_without_an_intent_is_found(book: Any, kind: str) -> None:
    getattr(book, kind)(content_id(b"nobody's"))
    assert fault(check(book), "I1") == (1, "body.intent")


@pytest.mark.parametrize("second", ["receipt", "ghost"])
@pytest.mark.parametrize("first", ["receipt", "ghost"])
def test_i1_a_second_end_is_found(book: Any, first: str, second: str) -> None:
    cid = book.intent()
    getattr(book, first)(cid)
    getattr(book, second)(cid)
    report = check_broken(book)
    assert fault(report, "I1") == (3, "body.intent")
    assert fault(report, "I4") == (3, "body.intent")


def test_i1_an_effect_after_the_end_is_found(book: Any) -> None:
    cid = book.intent()
    book.receipt(cid)
    book.effect(cid)
    assert fault(check(book), "I1") == (3, "body.intent")


def test_i1_a_replayed_intent_is_found(book: Any) -> None:
    book.intent()
    book.add("intent", book.entries[1].body)
    assert fault(check(book), "I1") == (2, "body.cid")


@pytest.mark.parametrize("kind", ["receipt", "ghost"])
def test_i1_a_commitment_that_was_not_signed_is_found(book: Any, kind: str) -> None:
    getattr(book, kind)(book.intent(), commitment="emit:other")
    assert fault(check(book), "I1") == (2, "body.commitment")


def test_i1_a_consequence_that_does_not_fit_the_outcome_is_found(book: Any) -> None:
    book.receipt(book.intent(), outcome="failed")
    assert fault(check(book), "I1") == (2, "body.consequence")


def test_i1_a_ghost_that_claims_success_is_found(book: Any) -> None:
    book.ghost(book.intent(), consequence="if_ok", commitment="emit:done")
    assert fault(check(book), "I1") == (2, "body.consequence")


# --- I2 legality -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["receipt", "effect"])
def test_i2_a_denied_intent_with_an_effect_is_found(book: Any, decisions: Any, kind: str) -> None:
    cid = book.intent(decision=decisions["DENY"])
    if kind == "receipt":
        book.receipt(cid)
    else:
        book.effect(cid)
        book.ghost(cid)
    report = check(book)
    assert fault(report, "I2") == (2, "body.intent")
    assert passed(report) == ["I1", "I3", "I4", "I5"]


def test_i2_a_denied_intent_that_is_no_ghost_is_found(book: Any, decisions: Any) -> None:
    book.intent(decision=decisions["DENY"])
    assert fault(check(book), "I2") == (1, "body.decision")


def test_i2_a_required_intent_without_any_consent_is_found(book: Any) -> None:
    book.receipt(book.intent(decision=book.require()))
    assert fault(check(book), "I2") == (2, "body.intent")


def test_i2_a_quorum_without_the_policy_s_last_word_is_found(book: Any, people: Any) -> None:
    cid = book.intent(decision=book.require(1))
    book.consent(cid, people["alice"], None)
    at = book.receipt(cid).index
    assert fault(check(book), "I2") == (at, "body.intent")


def unmet(book: Any, givers: list[Any], quorum: int = 2, late: int = 0) -> tuple[Any, int]:
    """A ledger whose supervisor allowed an intent on these consents, and where it did so."""
    cid = book.intent(decision=book.require(quorum))
    book.now += late
    for giver in givers[:-1]:
        book.consent(cid, giver)
    at = book.consent(cid, givers[-1], {"outcome": "ALLOW"}).index
    book.receipt(cid)
    return check(book), at


def test_i2_a_met_quorum_holds(book: Any, people: Any) -> None:
    report, _ = unmet(book, [people["alice"], people["bob"]])
    assert report.ok


def test_i2_too_few_consents_are_found(book: Any, people: Any) -> None:
    report, at = unmet(book, [people["alice"]])
    assert fault(report, "I2") == (at, "body.decision")
    assert report.I2.first_offender is not None
    assert (report.I2.first_offender.expected, report.I2.first_offender.found) == (
        "2 of role treasury",
        1,
    )


def test_i2_one_signer_counted_twice_is_found(book: Any, people: Any) -> None:
    report, at = unmet(book, [people["alice"], people["alice"]])
    assert fault(report, "I2") == (at, "body.decision")


def test_i2_a_consent_to_one_s_own_intent_does_not_count(book: Any, people: Any) -> None:
    cid = book.intent(people["alice"], decision=book.require(2))
    book.consent(cid, people["alice"])
    at = book.consent(cid, people["bob"], {"outcome": "ALLOW"}).index
    book.receipt(cid)
    assert fault(check(book), "I2") == (at, "body.decision")


def test_i2_a_consent_without_the_role_does_not_count(book: Any, people: Any) -> None:
    report, at = unmet(book, [people["alice"], people["carol"]])
    assert fault(report, "I2") == (at, "body.decision")
    assert report.I3.ok


def test_i2_a_consent_by_nobody_known_does_not_count(book: Any, people: Any) -> None:
    report, at = unmet(book, [people["alice"], people["stranger"]])
    assert fault(report, "I2") == (at, "body.decision")
    assert not report.I3.ok


def test_i2_a_consent_after_the_expiry_does_not_count(book: Any, people: Any) -> None:
    report, at = unmet(book, [people["alice"], people["bob"]], late=3_600_000_000_000)
    assert fault(report, "I2") == (at, "body.decision")


def test_i2_a_role_given_after_the_consent_does_not_count(book: Any, people: Any) -> None:
    carol = people["carol"]
    cid = book.intent(decision=book.require(1))
    book.consent(cid, carol)
    role = {"kind": "principal", "did": carol.did, "name": "carol", "type": "person"}
    book.receipt(book.intent(), {**role, "roles": ["treasury"]})
    book.consent(cid, people["agent"], {"outcome": "ALLOW"})
    assert not check(book).I2.ok


def test_i2_a_denial_cannot_be_consented_away(book: Any, people: Any, decisions: Any) -> None:
    cid = book.intent(decision=decisions["DENY"])
    at = book.consent(cid, people["alice"], decisions["ALLOW"]).index
    book.receipt(cid)
    assert fault(check(book), "I2") == (at, "body.decision")


def test_i2_a_policy_that_denies_at_the_quorum_has_the_last_word(
    book: Any, people: Any, decisions: Any
) -> None:
    cid = book.intent(decision=book.require(1))
    book.consent(cid, people["alice"], decisions["DENY"])
    book.ghost(cid)
    assert check(book).ok
    other = book.intent(decision=book.require(1))
    book.consent(other, people["alice"], decisions["DENY"])
    at = book.receipt(other).index
    assert fault(check(book), "I2") == (at, "body.intent")


def test_i2_a_ghost_with_effects_is_found(book: Any) -> None:
    grant, cid = book.grant(), book.intent()
    book.effect(cid, grant=grant)
    at = book.ghost(cid, "AgentAbort").index
    assert fault(check(book), "I2") == (at, "body.intent")


def test_i2_a_refusal_that_nobody_made_is_found(book: Any) -> None:
    at = book.ghost(book.intent(decision=book.require()), "ConsentRefused").index
    assert fault(check(book), "I2") == (at, "body.cause")


def test_i2_a_timeout_before_the_time_is_found(book: Any) -> None:
    at = book.ghost(book.intent(decision=book.require()), "ConsentTimeout").index
    assert fault(check(book), "I2") == (at, "body.cause")


# --- I3 attribution --------------------------------------------------------------------------


def test_i3_a_changed_intent_is_found(book: Any, people: Any) -> None:
    other = book.signed(people["agent"], "transfer", {"amount": 1_000_000})
    book.intent(intent=other["intent"])
    assert fault(check(book), "I3")[0] == 1


def test_i3_an_intent_with_another_s_signature_is_found(book: Any, people: Any) -> None:
    signature = book.signed(people["alice"], "transfer", {"amount": 1})["signature"]
    book.intent(signature=signature)
    report = check(book)
    assert fault(report, "I3") == (1, "body.signature")
    assert passed(report) == ["I1", "I2", "I4", "I5"]


def test_i3_a_malformed_intent_is_found(book: Any) -> None:
    book.intent(intent={"ledger": "main"})
    assert fault(check_broken(book), "I3") == (1, "body.intent")


def test_i3_an_id_that_is_not_the_intent_s_is_found(book: Any) -> None:
    book.intent(cid=content_id(b"other"))
    assert fault(check(book), "I3") == (1, "body.cid")


def test_i3_an_intent_for_another_ledger_is_found(book: Any, people: Any) -> None:
    book.ledger = "other"
    signed = book.signed(people["agent"], "transfer", {"amount": 1})
    book.ledger = "main"
    body = {**signed, "cid": content_id(encode(signed["intent"])), "writer": "w"}
    book.add("intent", {**body, "decision": {"outcome": "ALLOW"}})
    assert fault(check(book), "I3") == (1, "body.intent.ledger")


@pytest.mark.parametrize(
    ("kind", "verb"),
    [
        ("node", "node.fork"),
        ("flow", "flow.publish"),
        ("deprecation", "node.deprecate"),
        ("promotion", "node.promote"),
    ],
)
def test_i2_a_receipt_makes_only_what_its_verb_is_for(book: Any, kind: str, verb: str) -> None:
    key, this = MUTATION_KEYS[kind], {"node": NODE, "reason": "r", "source": "s"}
    made = {"kind": kind, key: NODE, "reason": "r"}
    if kind == "node":
        made = {"kind": kind, key: NODE, "source": content_id(b"s"), "forked_from": NODE}
    book.receipt(book.intent(did=verb, this=this), made)
    assert check(book).I2.ok
    book.receipt(book.intent(did="flow.run"), made)
    assert fault(check(book), "I2") == (4, "body.mutations[0]")


def test_i3_an_intent_by_nobody_known_is_found(book: Any, people: Any) -> None:
    book.intent(people["stranger"])
    assert fault(check(book), "I3") == (1, "body.intent.logline.who")


def test_i3_an_intent_before_its_actor_was_registered_is_found(book: Any, people: Any) -> None:
    stranger = people["stranger"]
    early = book.intent(stranger)
    book.ghost(early)
    member = {"kind": "principal", "did": stranger.did, "name": "s", "type": "agent", "roles": []}
    book.receipt(book.intent(did="principal.register", this=member), member)
    assert fault(check(book), "I3") == (1, "body.intent.logline.who")
    book.entries[1:] = []
    book.receipt(book.intent(did="principal.register", this=member), member)
    book.intent(stranger)
    assert check(book).ok


def test_i3_an_entry_that_the_supervisor_did_not_sign_is_found(
    story: Any, people: Any, forged: Any, folded: Any
) -> None:
    entries = list(story.entries)
    entries[7] = forged(entries[7], people["alice"])
    report = check_invariants(entries, folded(entries))
    assert fault(report, "I3") == (7, "signature")
    report = check_invariants(story.entries, None, supervisor=people["alice"].did)
    assert fault(report, "I3") == (0, "body.supervisor")


@pytest.mark.parametrize(
    ("field", "value"),
    [("cid", content_id(b"no such")), ("by", "bob"), ("intent", "second"), ("cid", "transfer")],
)
def test_i3_a_consent_that_its_giver_did_not_sign_is_found(
    book: Any, people: Any, field: str, value: str
) -> None:
    first, second = (book.intent(decision=book.require()) for _ in range(2))
    meant = {"bob": people["bob"].did, "second": second, "transfer": first}
    at = book.consent(first, people["alice"], **{field: meant.get(value, value)}).index
    report = check(book)
    assert fault(report, "I3") == (at, f"body.{field}")


def test_i3_one_signed_consent_does_not_count_for_two_entries(book: Any, people: Any) -> None:
    cid = book.intent(decision=book.require())
    body = book.consent(cid, people["alice"]).body
    at = book.add("consent", body).index
    assert fault(check(book), "I3") == (at, "body.cid")


def test_i3_a_refusal_that_was_a_consent_is_found(book: Any, people: Any) -> None:
    cid = book.intent(decision=book.require())
    consent = book.intent(people["alice"], did="consent.give", this={"intent": cid})
    at = book.add("refusal", {"intent": cid, "cid": consent, "by": people["alice"].did}).index
    assert fault(check(book), "I3") == (at, "body.cid")


# --- I4 reproducibility ----------------------------------------------------------------------


def test_i4_a_state_that_was_not_compared_does_not_pass(story: Any) -> None:
    report = check_invariants(story.entries, None)
    assert (report.I4.ok, report.I4.note, report.I4.first_offender) == (False, "not compared", None)
    assert not report.ok


def test_i4_a_stored_thing_that_was_changed_is_found_with_its_entry(story: Any) -> None:
    stored = story.state()
    stored.apply({"kind": "name", "name": "n", "target": "elsewhere"})
    report = check_invariants(story.entries, stored)
    assert fault(report, "I4") == (2, "name n")
    assert passed(report) == ["I1", "I2", "I3", "I5"]


def test_i4_a_stored_thing_that_no_entry_made_is_found(story: Any) -> None:
    stored = story.state()
    stored.apply({"kind": "grant", "node": "x", "capability": "clock", "grant": "g9"})
    assert fault(check_invariants(story.entries, stored), "I4") == (None, "grant g9")


def test_i4_a_grant_that_is_stored_as_in_force_though_it_was_revoked_is_found(book: Any) -> None:
    grant = {"kind": "grant", "grant": "g1", "node": "b3:x", "capability": "clock", "limits": {}}
    book.receipt(book.intent(), {**grant, "revoked": None})
    still_in_force = book.state().get("grant", "g1")
    revoking = book.intent()
    book.receipt(revoking, {**grant, "revoked": revoking})
    stored = book.state()
    assert stored.get("grant", "g1")["revoked"] == revoking
    stored.apply(still_in_force)
    assert fault(check_invariants(book.entries, stored), "I4") == (
        len(book.entries) - 1,
        "grant g1",
    )


def test_i4_a_status_that_the_ledger_does_not_tell_is_found(story: Any) -> None:
    stored = story.state()
    line = stored.get("logline", story.entries[1].body["cid"])
    stored.settle({**line, "status": "GHOST"})
    assert fault(check_invariants(story.entries, stored), "I4")[0] == 2


def test_i4_whatever_is_changed_in_a_stored_line_is_found_by_its_name(
    book: Any, people: Any
) -> None:
    cid = book.intent(decision=book.require(1))
    book.consent(cid, people["alice"], {"outcome": "ALLOW"})
    book.receipt(cid)
    line = book.state().get("logline", cid)
    assert set(line) >= {"text", "signature", "result", "consequence", "commitment", "answers"}
    for name in line.keys() - {"cid"}:
        stored = book.state()
        stored.settle({**line, name: None})
        report = check_invariants(book.entries, stored)
        assert fault(report, "I4") == (len(book.entries) - 1, f"logline {cid}")
        assert report.I4.first_offender is not None
        assert report.I4.first_offender.message.endswith(f", in {name}")


@pytest.mark.parametrize("name", ["answer", "by", "principal", "cid", "expires_at", "ledger_index"])
def test_i4_whatever_is_changed_in_a_stored_answer_is_found(
    book: Any, people: Any, name: str
) -> None:
    cid = book.intent(decision=book.require())
    book.consent(cid, people["alice"])
    line = book.state().get("logline", cid)
    (answer,) = line["answers"]
    for answers in ([{**answer, name: "other"}], [answer, answer], []):
        stored = book.state()
        stored.settle({**line, "answers": answers})
        assert fault(check_invariants(book.entries, stored), "I4")[1] == f"logline {cid}"


# --- I5 observability ------------------------------------------------------------------------


def test_i5_intents_that_are_not_accounted_for_are_found(book: Any) -> None:
    book.ghost(content_id(b"nobody's"))
    assert fault(check_broken(book), "I5") == (None, "counts")


def test_one_fault_does_not_hide_another_check_s(book: Any, people: Any, decisions: Any) -> None:
    book.receipt(book.intent(people["stranger"], decision=decisions["DENY"]), commitment="abort")
    report = check(book)
    assert [check.ok for check in report.checks] == [False, False, False, True, True]
