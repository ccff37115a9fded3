"""Who may reach outside, as the ledger must tell it: granted by its intent, and used so."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import content_id
from tests.ledger.checks import check, check_broken, fault
from tests.ledger.conftest import AGENT, ANSWER, FAILED, NODE, OTHER_NODE

SOURCE = "node! {}"


def test_a_grant_that_is_given_used_ended_and_given_again_holds(book: Any) -> None:
    first = book.grant()
    book.revoke(first)
    again, cid = book.grant(), book.intent()
    book.effect(cid, grant=again)
    book.outcome(cid)
    book.receipt(cid, book.ran(ANSWER))
    assert check(book).ok


@pytest.mark.parametrize("used", ["never given", "revoked", "of another capability"])
def test_an_effect_under_no_grant_in_force_is_found(book: Any, used: str) -> None:
    grant = book.grant("clock" if used == "of another capability" else "http")
    if used == "revoked":
        book.revoke(grant)
    entry = book.effect(book.intent(), grant=content_id(b"x") if used == "never given" else grant)
    assert fault(check(book), "I2") == (entry.index, "body.grant")


def test_confused_deputy_an_effect_of_another_node_than_the_grant_s_is_found(book: Any) -> None:
    grant, cid = book.grant(), book.intent()
    book.effect(cid, grant=grant)
    book.outcome(cid)
    run = book.ran(ANSWER)
    run["steps"][0]["node"] = OTHER_NODE
    entry = book.receipt(cid, run)
    assert fault(check(book), "I1") == (entry.index, "body.mutations")


@pytest.mark.parametrize(
    "lie",
    [
        {"node": OTHER_NODE},
        {"capability": "http"},
        {"limits": {"namespace": "other", "write": True}},
        {"grant": content_id(b"other")},
        {"revoked": content_id(b"other")},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_a_grant_that_its_intent_did_not_ask_for_is_found(book: Any, lie: dict[str, Any]) -> None:
    this = {"node": NODE, "capability": "kv", "limits": {"namespace": "n"}}
    cid = book.intent(did="capability.grant", this=this)
    grant = {"kind": "grant", "grant": cid, **this, "revoked": None, **lie}
    entry = book.receipt(cid, grant)
    assert fault(check(book), "I2") == (entry.index, "body.mutations[0]")


def test_a_grant_by_an_intent_of_another_verb_is_found(book: Any) -> None:
    this = {"node": NODE, "capability": "clock", "limits": {}}
    cid = book.intent(did="flow.run", this=this)
    entry = book.receipt(cid, {"kind": "grant", "grant": cid, **this, "revoked": None})
    assert fault(check(book), "I2") == (entry.index, "body.mutations[0]")


def test_a_second_grant_of_the_same_is_found(book: Any) -> None:
    book.grant("clock")
    book.grant("clock")
    assert fault(check(book), "I2") == (book.entries[-1].index, "body.mutations[0]")


@pytest.mark.parametrize(
    "lie", [{"node": OTHER_NODE}, {"revoked": content_id(b"x")}, {"limits": 1}]
)
def test_a_revocation_that_changes_the_grant_is_found(book: Any, lie: dict[str, Any]) -> None:
    grant = book.grant()
    cid = book.intent(did="capability.revoke", this={"grant": grant})
    entry = book.receipt(cid, {**book.state().get("grant", grant), "revoked": cid, **lie})
    assert fault(check(book), "I2") == (entry.index, "body.mutations[0]")


def test_a_grant_is_revoked_once(book: Any) -> None:
    grant = book.grant()
    book.revoke(grant)
    book.revoke(grant)
    assert fault(check(book), "I2") == (book.entries[-1].index, "body.mutations[0]")


def test_what_a_run_wrote_is_stored_the_last_of_each_key_in_their_order(book: Any) -> None:
    book.grant("kv", namespace="n", write=True)
    run = book.asked(book.put("b", "MQ=="), book.put("a", "MQ=="), book.put("b", None))
    book.receipt(book.intent(), run, book.stored("a", "MQ=="), book.stored("b", None))
    assert check(book).ok
    failed = book.asked(book.put("a", "Mg=="))
    book.receipt(book.intent(), failed, **FAILED)
    assert check(book).ok


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ([], [("k", "MQ==", "n")]),
        ([("k", "MQ==")], []),
        ([("k", "MQ==")], [("k", "Mg==", "n")]),
        ([("k", "MQ==")], [("j", "MQ==", "n")]),
        ([("k", "MQ==")], [("k", "MQ==", "other")]),
        ([("k", "MQ==")], [("k", "MQ==", "n"), ("j", "MQ==", "n")]),
    ],
    ids=["nothing", "lost", "another value", "another key", "another namespace", "one more"],
)
def test_stored_values_that_the_run_did_not_write_are_found(
    book: Any, written: list[Any], stored: list[Any]
) -> None:
    book.grant("kv", namespace="n", write=True)
    run = book.asked(*(book.put(*each) for each in written))
    entry = book.receipt(book.intent(), run, *(book.stored(*each) for each in stored))
    assert fault(check(book), "I2") == (entry.index, "body.mutations")


@pytest.mark.parametrize("grant", ["none", "revoked", "only reads"])
def test_a_write_without_a_grant_in_force_is_found(book: Any, grant: str) -> None:
    if grant != "none":
        given = book.grant("kv", namespace="n", write=grant != "only reads")
        if grant == "revoked":
            book.revoke(given)
    entry = book.receipt(book.intent(), book.asked(book.put("k", "MQ==")), book.stored("k", "MQ=="))
    assert fault(check(book), "I2") == (entry.index, "body.mutations")


def test_a_failed_run_that_stores_a_value_is_found(book: Any) -> None:
    book.grant("kv", namespace="n", write=True)
    run = book.asked(book.put("k", "MQ=="))
    entry = book.receipt(book.intent(), run, book.stored("k", "MQ=="), **FAILED)
    assert fault(check(book), "I2") == (entry.index, "body.mutations")


@pytest.mark.parametrize(
    "lie", [{}, {"id": "b3:x"}, {"by": "did:key:x"}, {"name": "other"}, {"source": "b3:x"}]
)
def test_a_draft_that_its_intent_did_not_submit_is_found(book: Any, lie: dict[str, Any]) -> None:
    cid = book.intent(did="node.draft", this={"name": "n", "source": SOURCE})
    draft = {
        "kind": "draft", "id": cid, "name": "n", "by": AGENT.did,
        "source": content_id(SOURCE.encode()), **lie,
    }  # fmt: skip
    entry = book.receipt(cid, draft)
    if lie:
        assert fault(check_broken(book), "I2") == (entry.index, "body.mutations[0]")
    else:
        assert check(book).ok
