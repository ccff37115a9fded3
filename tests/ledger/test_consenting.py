"""I2 and I3 for consents: each way to count wrongly is found in a ledger that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from logos_graph.logline import format_when
from tests.ledger.checks import check, fault

ALLOW = {"outcome": "ALLOW", "policies": []}
TRANSFER = "transfer"


def asking(book: Any, quorum: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**book.require(), "quorum": quorum, **more}


def dids(people: Any, *names: str) -> list[str]:
    return sorted(people[name].did for name in names)


def lend(book: Any, people: Any, by: str, to: str, **changes: Any) -> str:
    """A delegation from one to another, as they sign it, or not."""
    this = {
        "to": people[to].did, "role": "treasury", "verbs": None,
        "until": format_when(book.now + 10**15), **changes,
    }  # fmt: skip
    cid = str(book.intent(people[by], did="consent.delegate", this=this))
    thing = {"kind": "delegation", "id": cid, "by": people[by].did, **this, "ended": None}
    book.receipt(cid, thing)
    return cid


def spoken(book: Any, waiting: str, by: Any, lent: str, decision: Any = None) -> Any:
    """A consent by a delegation."""
    this = {**book.bound(waiting), "delegation": lent}
    cid = book.intent(by, did="consent.give", this=this)
    entry = book.answer(waiting, cid, by, this["expires_at"], decision, delegation=lent)
    book.receipt(cid)
    return entry


@pytest.mark.parametrize("kind", ["All", "Majority"])
def test_i2_a_quorum_of_those_who_hold_the_role_names_them_all(
    book: Any, people: Any, kind: str
) -> None:
    good = book.intent(decision=asking(book, {"kind": kind, "of": dids(people, "alice", "bob")}))
    book.consent(good, people["alice"])
    book.consent(good, people["bob"], ALLOW)
    book.receipt(good)
    assert check(book).ok
    for names in (["alice"], ["alice", "carol"], ["alice", "bob", "stranger"]):
        book.intent(decision=asking(book, {"kind": kind, "of": dids(people, *names)}))
        report = check(book)
        assert fault(report, "I2") == (book.entries[-1].index, "body.decision.quorum"), names
        book.entries.pop()


@pytest.mark.parametrize("kind", ["All", "Majority"])
def test_i2_a_majority_is_not_met_by_one_of_two(book: Any, people: Any, kind: str) -> None:
    cid = book.intent(decision=asking(book, {"kind": kind, "of": dids(people, "alice", "bob")}))
    at = book.consent(cid, people["alice"], ALLOW).index
    assert fault(check(book), "I2") == (at, "body.decision")


def test_i2_weights_are_counted_and_are_those_of_holders(book: Any, people: Any) -> None:
    weights = {people["alice"].did: 3, people["bob"].did: 2}
    cid = book.intent(
        decision=asking(book, {"kind": "Weighted", "threshold": 3, "weights": weights})
    )
    at = book.consent(cid, people["bob"], ALLOW).index
    assert fault(check(book), "I2") == (at, "body.decision")
    book.intent(
        decision=asking(
            book, {"kind": "Weighted", "threshold": 3, "weights": {people["carol"].did: 3}}
        )
    )
    assert not check(book).I2.ok


def test_i2_every_further_quorum_has_to_be_met(book: Any, people: Any) -> None:
    also = [{"role": "treasury", "quorum": {"kind": "KOfN", "k": 2}}]
    cid = book.intent(decision={**book.require(1), "also": also})
    at = book.consent(cid, people["alice"], ALLOW).index
    assert fault(check(book), "I2") == (at, "body.decision")
    book.entries[:] = book.entries[: at - 1]
    del book.entries[2:]
    book.consent(cid, people["alice"])
    book.consent(cid, people["bob"], ALLOW)
    book.receipt(cid)
    assert check(book).ok


def test_i2_a_delegate_consents_in_the_place_of_the_delegator(book: Any, people: Any) -> None:
    lent = lend(book, people, "alice", "carol")
    cid = book.intent(decision=book.require())
    spoken(book, cid, people["carol"], lent)
    book.consent(cid, people["bob"], ALLOW)
    book.receipt(cid)
    assert check(book).ok


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("alice", None), ("bob", "alice")),
        (("bob", "alice"), ("alice", None)),
        (("bob", "alice"), ("bob", None)),
        (("bob", None), ("bob", "alice")),
    ],
)
def test_i2_a_delegation_does_not_count_one_person_twice(
    book: Any, people: Any, first: Any, second: Any
) -> None:
    lent = lend(book, people, "alice", "bob")
    cid = book.intent(decision=book.require())
    for (by, seat), decision in ((first, None), (second, ALLOW)):
        if seat is None:
            entry = book.consent(cid, people[by], decision)
        else:
            entry = spoken(book, cid, people[by], lent, decision)
    assert fault(check(book), "I2") == (entry.index, "body.decision")


@pytest.mark.parametrize(
    ("actor", "by", "to"), [("alice", "alice", "carol"), ("carol", "alice", "carol")]
)
def test_i2_nobody_consents_to_its_own_act_through_another(
    book: Any, people: Any, actor: str, by: str, to: str
) -> None:
    lent = lend(book, people, by, to)
    cid = book.intent(people[actor], decision=book.require(1))
    at = spoken(book, cid, people[to], lent, ALLOW).index
    assert fault(check(book), "I2") == (at, "body.decision")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"verbs": ["flow.publish"]}, id="for another verb"),
        pytest.param({"until": format_when(1)}, id="it is over"),
    ],
)
def test_i2_a_consent_by_a_delegation_that_does_not_hold_is_found(
    book: Any, people: Any, changes: Any
) -> None:
    lent = lend(book, people, "alice", "carol", **changes)
    cid = book.intent(decision=book.require())
    at = spoken(book, cid, people["carol"], lent).index
    assert fault(check(book), "I2") == (at, "body.delegation")


def test_i2_a_consent_by_a_delegation_that_was_ended_or_is_another_s_is_found(
    book: Any, people: Any
) -> None:
    lent = lend(book, people, "alice", "carol")
    cid = book.intent(decision=book.require())
    other = spoken(book, cid, people["agent"], lent).index
    assert fault(check(book), "I2") == (other, "body.delegation")
    book.entries[:] = book.entries[: other - 1]
    ending = book.intent(people["carol"], did="consent.undelegate", this={"delegation": lent})
    known = book.state().get("delegation", lent)
    book.receipt(ending, {**known, "ended": ending})
    assert check(book).ok
    at = spoken(book, cid, people["carol"], lent).index
    assert fault(check(book), "I2") == (at, "body.delegation")


def undelegate(book: Any, who: Any, lent: str) -> None:
    cid = book.intent(who, did="consent.undelegate", this={"delegation": lent})
    book.receipt(cid, {**book.state().get("delegation", lent), "ended": cid})


def revoke(book: Any, people: Any, whose: str) -> None:
    did = people[whose].did
    this = {"principal": did, "id": did, "reason": "stolen"}
    cid = book.intent(people["supervisor"], did="principal.revoke", this=this)
    book.receipt(cid, {"kind": "revocation", **this})


def wait(book: Any, _people: Any, _lent: str) -> None:
    book.now += 20 * 60 * 10**9


MEANWHILE: dict[str, Callable[[Any, Any, str], object]] = {
    "the delegator ended it": lambda book, people, lent: undelegate(book, people["alice"], lent),
    "the delegate ended it": lambda book, people, lent: undelegate(book, people["carol"], lent),
    "it is over": wait,
    "the delegator was revoked": lambda book, people, _lent: revoke(book, people, "alice"),
    "the delegate was revoked": lambda book, people, _lent: revoke(book, people, "carol"),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_i2_a_consent_by_a_delegation_that_holds_no_longer_is_not_counted(
    book: Any, people: Any, meanwhile: str
) -> None:
    lent = lend(book, people, "alice", "carol", until=format_when(book.now + 10 * 60 * 10**9))
    cid = book.intent(decision=book.require())
    spoken(book, cid, people["carol"], lent)
    MEANWHILE[meanwhile](book, people, lent)
    assert check(book).ok
    at = book.consent(cid, people["bob"], ALLOW).index
    assert fault(check(book), "I2") == (at, "body.decision")


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_i2_what_was_counted_once_stays_so(book: Any, people: Any, meanwhile: str) -> None:
    lent = lend(book, people, "alice", "carol", until=format_when(book.now + 10 * 60 * 10**9))
    cid = book.intent(decision=book.require())
    spoken(book, cid, people["carol"], lent)
    book.consent(cid, people["bob"], ALLOW)
    MEANWHILE[meanwhile](book, people, lent)
    book.receipt(cid)
    assert check(book).ok


def test_i2_a_consent_is_counted_by_all_that_one_has_lent_to_the_other(
    book: Any, people: Any
) -> None:
    """As the gate does: what it named is not ended, and something holds for the two."""
    short = lend(book, people, "alice", "carol", until=format_when(book.now + 10 * 60 * 10**9))
    lend(book, people, "alice", "carol")
    cid = book.intent(decision=book.require())
    spoken(book, cid, people["carol"], short)
    wait(book, people, short)
    book.consent(cid, people["bob"], ALLOW)
    book.receipt(cid)
    assert check(book).ok


def test_i3_a_consent_names_the_delegation_that_was_signed(book: Any, people: Any) -> None:
    lent = lend(book, people, "alice", "carol")
    cid = book.intent(decision=book.require())
    at = book.consent(cid, people["carol"], delegation=lent).index
    assert fault(check(book), "I3") == (at, "body.delegation")


@pytest.mark.parametrize(
    ("by", "to"),
    [
        pytest.param("carol", "bob", id="what one does not hold"),
        pytest.param("alice", "alice", id="to oneself"),
    ],
)
def test_i2_a_voice_that_one_does_not_have_cannot_be_lent(
    book: Any, people: Any, by: str, to: str
) -> None:
    lend(book, people, by, to)
    assert fault(check(book), "I2") == (book.entries[-1].index, "body.mutations[0]")


def test_i2_what_was_lent_cannot_be_lent_on(book: Any, people: Any) -> None:
    lend(book, people, "alice", "carol")
    lend(book, people, "carol", "agent")
    assert fault(check(book), "I2") == (book.entries[-1].index, "body.mutations[0]")


def test_i2_a_delegation_is_ended_by_one_of_the_two(book: Any, people: Any) -> None:
    lent = lend(book, people, "alice", "carol")
    ending = book.intent(people["bob"], did="consent.undelegate", this={"delegation": lent})
    book.receipt(ending, {**book.state().get("delegation", lent), "ended": ending})
    assert fault(check(book), "I2") == (book.entries[-1].index, "body.mutations[0]")
