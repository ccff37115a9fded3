"""The state is what the entries say, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import content_id
from logos_graph.errors import InvalidInput, NotVerified
from logos_graph.ledger import State

KEYS = st.text("abc", min_size=1, max_size=3)
MUTATIONS = st.lists(
    st.builds(lambda name, target: {"kind": "name", "name": name, "target": target}, KEYS, KEYS)
    | st.builds(lambda did, role: {"kind": "principal", "did": did, "roles": [role]}, KEYS, KEYS),
    max_size=12,
)


def test_genesis_founds_principals_verbs_and_policy(book: Any, people: Any) -> None:
    state = book.state()
    alice = state.get("principal", people["alice"].did)
    assert alice == {
        "kind": "principal",
        "did": people["alice"].did,
        "name": "alice",
        "type": "person",
        "roles": ["treasury"],
    }
    assert state.get("verb", "transfer")["risk"] == "L1"
    policy = {"kind": "policy", "id": content_id(b"permit;"), "text": "permit;"}
    assert state.get("policy", "active") == state.get("policy", policy["id"]) == policy


def test_a_receipt_s_mutations_are_the_state(book: Any) -> None:
    policy = {"kind": "policy", "id": content_id(b"forbid;"), "text": "forbid;"}
    run = {"kind": "run", "id": "r1", "status": "done"}
    book.receipt(book.intent(), policy, run)
    name = {"kind": "name", "name": "n"}
    book.receipt(book.intent(), {**name, "target": "old"})
    book.receipt(book.intent(), {**name, "target": "new"})
    state = book.state()
    assert state.get("policy", "active") == policy
    assert state.get("policy", content_id(b"permit;")) is not None
    assert state.get("run", "r1") == run
    assert state.get("name", "n") == {**name, "target": "new"}
    assert state.written_at["name", "n"] == len(book.entries) - 1


def test_a_node_that_was_promoted_lies_in_bedrock_and_one_that_is_not_there_does_not(
    book: Any,
) -> None:
    node = {"kind": "node", "id": "b3:n", "layer": "Sediment"}
    promotion = {"kind": "promotion", "node": "b3:n", "reason": "reviewed"}
    book.receipt(book.intent(), node)
    book.receipt(book.intent(), promotion)
    book.receipt(book.intent(), {**promotion, "node": "b3:other"})
    state = book.state()
    assert state.get("node", "b3:n") == {**node, "layer": "Bedrock"}
    assert state.get("promotion", "b3:n") == promotion
    assert state.get("node", "b3:other") is None
    assert state.written_at["node", "b3:n"] == len(book.entries) - 3


def test_a_ghost_changes_nothing_but_its_own_line(book: Any, decisions: Any) -> None:
    before = book.state()
    cid = book.intent(decision=decisions["DENY"])
    book.ghost(cid, mutations=[{"kind": "name", "name": "n", "target": "t"}])
    after = book.state()
    assert after.get("logline", cid)["status"] == "GHOST"
    del after.objects["logline"]
    assert after == before


def test_an_intent_s_line_follows_its_life(book: Any, people: Any, decisions: Any) -> None:
    def line() -> tuple[str, str]:
        found = book.state().get("logline", cid)
        assert found["pending"] == (found["status"] == "PENDING")
        return found["status"], found["decision"]["outcome"]

    cid = book.intent(decision=book.require())
    assert line() == ("PENDING", "REQUIRE")
    book.consent(cid, people["alice"])
    assert line() == ("PENDING", "REQUIRE")
    book.consent(cid, people["bob"], decisions["ALLOW"])
    assert line() == ("PENDING", "ALLOW")
    book.receipt(cid)
    assert line() == ("COMMITTED", "ALLOW")


def test_an_intent_s_line_holds_all_that_was_said_of_it(book: Any, people: Any) -> None:
    asked = {**book.require(), "revision": 0}
    cid = book.intent(decision=asked)
    body = book.entries[-1].body
    line = body["intent"]["logline"]
    consents = [book.consent(cid, people["alice"])]
    allow = {"outcome": "ALLOW", "revision": 5}
    consents.append(book.consent(cid, people["bob"], allow, writer="another"))
    end = book.receipt(cid, result={"run": "r"})
    assert book.state().get("logline", cid) == {
        "kind": "logline",
        "cid": cid,
        **{name: line[name] for name in ("who", "did", "when", "if_ok", "if_doubt", "if_not")},
        "nonce": body["intent"]["nonce"],
        "text": body["intent"],
        "signature": body["signature"],
        "first_decision": asked,
        "decision": allow,
        "policy_hash": consents[1].policy_hash,
        "writer": "another",
        "decided_index": consents[1].index,
        "recorded_at": book.entries[1].recorded_at,
        "ledger_index": 1,
        "submitted_by": [line["who"]],
        "answers": [
            {
                "answer": "consent",
                "by": people[name].did,
                "principal": people[name].did,
                "cid": entry.body["cid"],
                "expires_at": entry.body["expires_at"],
                "ledger_index": entry.index,
            }
            for name, entry in zip(("alice", "bob"), consents, strict=True)
        ],
        "status": "COMMITTED",
        "pending": False,
        "consequence": "if_ok",
        "commitment": "emit:done",
        "result": {"run": "r"},
        "ended_index": end.index,
    }


def test_a_refused_intent_s_line_names_who_refused_it_and_why_it_ended(
    book: Any, people: Any
) -> None:
    cid = book.intent(decision=book.require())
    book.refuse(cid, people["alice"])
    line = book.state().get("logline", cid)
    (answer,) = line["answers"]
    assert (answer["answer"], answer["principal"]) == ("refusal", people["alice"].did)
    assert "expires_at" not in answer
    assert (line["status"], line["cause"]) == ("GHOST", {"type": "ConsentRefused"})
    assert "result" not in line


@pytest.mark.parametrize("second", ["receipt", "ghost", "consent"])
@pytest.mark.parametrize("first", ["receipt", "ghost"])
def test_what_has_ended_does_not_go_on(book: Any, people: Any, first: str, second: str) -> None:
    cid = book.intent()
    getattr(book, first)(cid)
    at = len(book.entries)
    if second == "consent":
        book.answer(cid, "b3:x", people["alice"], book.bound(cid)["expires_at"])
    else:
        getattr(book, second)(cid)
    with pytest.raises(NotVerified) as raised:
        book.state()
    assert (raised.value.code, raised.value.data["index"]) == ("E_STATE", at)


def test_an_end_without_a_beginning_is_no_state(book: Any) -> None:
    book.receipt(content_id(b"nobody"))
    with pytest.raises(NotVerified) as raised:
        book.state()
    assert raised.value.data["index"] == 1


@given(MUTATIONS)
def test_a_state_is_equal_to_one_of_the_same_things_whatever_the_order(mutations: Any) -> None:
    one, other = State(), State()
    for mutation in mutations:
        one.apply(mutation)
    youngest = {(m["kind"], m.get("did") or m.get("name")): m for m in mutations}
    for mutation in reversed(list(youngest.values())):
        other.apply(mutation)
    assert one.first_difference(other) is None
    assert one.digest() == other.digest()
    assert one.count() == len(youngest)


@given(MUTATIONS.filter(bool), st.data())
def test_one_difference_is_named(mutations: Any, data: st.DataObject) -> None:
    one, other = State(), State()
    for index, mutation in enumerate(mutations):
        one.apply(mutation, index=index)
        other.apply(mutation)
    changed = dict(data.draw(st.sampled_from(mutations)))
    changed["extra"] = 1
    other.apply(changed)
    difference = one.first_difference(other)
    assert difference is not None
    assert difference.found == changed
    assert difference.index == one.written_at[difference.kind, difference.key]
    assert one.digest() != other.digest()


def test_true_is_not_one() -> None:
    one, other = State(), State()
    one.apply({"kind": "name", "name": "n", "target": True})
    other.apply({"kind": "name", "name": "n", "target": 1})
    assert one.first_difference(other) is not None


def test_a_thing_only_one_side_has_is_a_difference(story: Any) -> None:
    state = story.state()
    assert state.first_difference(story.state()) is None
    more = story.state()
    more.apply({"kind": "node", "id": "b3:x"})
    added, missing = state.first_difference(more), more.first_difference(state)
    assert added is not None
    assert missing is not None
    assert (added.kind, added.expected, added.index) == ("node", None, None)
    assert (missing.kind, missing.found) == ("node", None)


@pytest.mark.parametrize(
    "mutation", [{}, {"kind": "world"}, {"kind": "node"}, {"kind": "run", "id": 1}]
)
def test_an_unknown_mutation_is_refused(mutation: Any) -> None:
    with pytest.raises(InvalidInput) as raised:
        State().apply(mutation)
    assert raised.value.code == "E_MUTATION"
