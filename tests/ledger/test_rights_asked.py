"""I2 for what a receipt registers or activates: it is what the intent's author signed."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.identity import Signer, did_logline
from tests.ledger.checks import check, check_broken, fault
from tests.ledger.conftest import ALICE, SUPERVISOR, Book

DID = did_logline("person", "zoe")
KEY, FORGERS = (Signer.from_seed(bytes([n]) * 32, DID) for n in (31, 32))
PERSON: dict[str, Any] = {
    "did": DID, "name": "zoe", "type": "person", "roles": ["b", "a", "b"], "key": KEY.key,
}  # fmt: skip
FLOW, OTHER_FLOW = content_id(b"flow"), content_id(b"other flow")
VERB: dict[str, Any] = {
    "name": "pay", "docs": "Pays.", "risk": "L2", "schema": {"type": "object", "maxProperties": 1},
    "flow": FLOW, "amount": "/amount", "idempotent": True,
}  # fmt: skip
WHOLE = {"kind": "verb", **VERB, "effect": "flow"}


def made(book: Book, did: str, this: dict[str, Any], thing: dict[str, Any]) -> int | None:
    """The index of the receipt by which an act makes a thing."""
    return book.receipt(book.intent(SUPERVISOR, did=did, this=this), thing).index


def register(book: Book, **lie: Any) -> int | None:
    told = {"kind": "principal", **PERSON, "roles": ["a", "b"], **lie}
    return made(book, "principal.register", PERSON, told)


def test_a_principal_is_the_one_that_was_signed(book: Any) -> None:
    register(book)
    plain = {"did": ALICE.did, "name": "alice", "type": "person", "roles": []}
    made(book, "principal.register", plain, {"kind": "principal", **plain})
    assert check(book).I2.ok


@pytest.mark.parametrize(
    "lie",
    [
        {"roles": ["approver", "operator"]}, {"roles": []}, {"roles": ["b", "a", "b"]},
        {"key": FORGERS.key}, {"name": "zoë"}, {"type": "supervisor"}, {"more": 1},
        {"did": did_logline("person", "mallory")},
    ],
    ids=str,
)  # fmt: skip
def test_a_principal_that_nobody_signed_is_found(book: Any, lie: dict[str, Any]) -> None:
    at = register(book, **lie)
    assert fault(check_broken(book), "I2") == (at, "body.mutations[0]")


def test_a_key_that_nobody_signed_is_found(book: Any) -> None:
    plain = {"did": ALICE.did, "name": "alice", "type": "person", "roles": []}
    thing = {"kind": "principal", **plain, "key": KEY.key}
    at = made(book, "principal.register", plain, thing)
    assert fault(check_broken(book), "I2") == (at, "body.mutations[0]")


SIGNED, OTHER = "forbid (principal, action, resource);", "permit (principal, action, resource);"


def policy(text: str, /, **lie: Any) -> dict[str, Any]:
    return {"kind": "policy", "id": content_id(text.encode()), "text": text, **lie}


@pytest.mark.parametrize("force", [{}, {"force": True}])
def test_a_policy_is_the_one_that_was_signed(book: Any, force: dict[str, Any]) -> None:
    made(book, "policy.activate", {"text": SIGNED, **force}, policy(SIGNED))
    assert check(book).ok


@pytest.mark.parametrize(
    "thing",
    [
        policy(OTHER), policy(SIGNED, text=OTHER), policy(SIGNED, id=content_id(OTHER.encode())),
        policy(SIGNED, more=1), policy(SIGNED + " "),
    ],
    ids=range(5),
)  # fmt: skip
def test_a_policy_that_nobody_signed_is_found(book: Any, thing: dict[str, Any]) -> None:
    at = made(book, "policy.activate", {"text": SIGNED}, thing)
    assert fault(check(book), "I2") == (at, "body.mutations[0]")


def test_a_verb_is_the_one_that_was_signed_with_what_was_left_out(book: Any) -> None:
    made(book, "verb.register", VERB, WHOLE)
    short = {"name": "note", "docs": "Notes.", "risk": "L0", "schema": {}}
    rest = {"flow": None, "effect": "record", "idempotent": False}
    made(book, "verb.register", short, {"kind": "verb", **short, **rest})
    nulls = {**short, "name": "jot", **dict.fromkeys(("flow", "effect", "idempotent", "amount"))}
    made(book, "verb.register", nulls, {"kind": "verb", **short, "name": "jot", **rest})
    assert check(book).ok


@pytest.mark.parametrize(
    "lie",
    [
        {"name": "policy.activate"}, {"risk": "L0"}, {"docs": ""}, {"schema": {}},
        {"schema": {"type": "object", "maxProperties": True}}, {"flow": None}, {"flow": OTHER_FLOW},
        {"amount": "/other"}, {"amount": None}, {"idempotent": False}, {"idempotent": 1},
        {"effect": "record"}, {"more": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_verb_that_nobody_signed_is_found(book: Any, lie: dict[str, Any]) -> None:
    at = made(book, "verb.register", VERB, {**WHOLE, **lie})
    assert fault(check(book), "I2") == (at, "body.mutations[0]")


def test_a_verb_is_bound_to_another_flow_and_to_no_other_meaning(book: Any) -> None:
    made(book, "verb.register", VERB, WHOLE)
    again = {"flow": OTHER_FLOW}
    made(book, "verb.register", {**VERB, **again}, {**WHOLE, **again})
    assert check(book).ok


@pytest.mark.parametrize(
    "change",
    [
        {}, {"flow": OTHER_FLOW, "risk": "L0"}, {"flow": OTHER_FLOW, "schema": {}},
        {"flow": None, "effect": "record"},
    ],
    ids=str,
)  # fmt: skip
def test_another_meaning_of_a_verb_is_found_though_it_was_signed(
    book: Any, change: dict[str, Any]
) -> None:
    made(book, "verb.register", VERB, WHOLE)
    at = made(book, "verb.register", {**VERB, **change}, {**WHOLE, **change})
    assert fault(check(book), "I2") == (at, "body.mutations[0]")


def test_a_verb_of_genesis_is_not_registered_anew(book: Any) -> None:
    this = {"name": "transfer", "docs": "", "risk": "L0", "schema": {}}
    rest = {"flow": None, "effect": "record", "idempotent": False}
    at = made(book, "verb.register", this, {"kind": "verb", **this, **rest})
    assert fault(check(book), "I2") == (at, "body.mutations[0]")
