"""Decisions: the ledger's form and back, and nothing else is one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Json, content_id, encode, parse
from logos_graph.errors import InvalidInput
from logos_graph.governance import (
    Allow,
    Basis,
    Decision,
    Deny,
    DenyReason,
    Require,
    parse_decision,
    same_decision,
)
from logos_graph.identity import Did, Signer
from logos_graph.ledger import Quorum, QuorumKind, parse_quorum

POLICY = content_id(b"policy")
_NAMES = st.lists(st.text("abc-", min_size=1, max_size=8), max_size=3).map(tuple)
_REVISIONS = st.integers(0, 2**70)
_CONTEXTS = st.dictionaries(
    st.text("abc", max_size=3), st.integers() | st.dictionaries(st.text("ab"), st.booleans())
)
_DIDS = [Signer.from_seed(bytes([number]) * 32).did for number in range(1, 5)]
_ROLES = st.text("abc", min_size=1, max_size=8)
_WEIGHED = st.dictionaries(st.sampled_from(_DIDS), st.integers(1, 9), min_size=1)
_QUORUMS = st.one_of(
    st.builds(Quorum, st.just(QuorumKind.K_OF_N), _ROLES, st.integers(1, 100)),
    st.builds(lambda role, of: _of("All", role, of), _ROLES, _WEIGHED),
    st.builds(lambda role, of: _of("Majority", role, of), _ROLES, _WEIGHED),
    st.builds(lambda role, of: Quorum(QuorumKind.WEIGHTED, role, 1, of), _ROLES, _WEIGHED),
)


def _of(kind: str, role: str, of: dict[Did, int]) -> Quorum:
    return parse_quorum({"kind": kind, "of": [*sorted(of)]}, role)


_DECISIONS: st.SearchStrategy[Decision] = st.one_of(
    st.builds(
        Allow,
        policies=_NAMES,
        policy_hash=st.just(POLICY),
        revision=_REVISIONS,
        context=_CONTEXTS,
    ),
    st.builds(
        Require,
        policies=_NAMES,
        policy_hash=st.just(POLICY),
        revision=_REVISIONS,
        context=_CONTEXTS,
        quorum=_QUORUMS,
        also=st.lists(_QUORUMS, max_size=2).map(tuple),
        basis=st.builds(Basis, _NAMES, st.just(POLICY)),
        expires_at=st.integers(0, 2**63 - 1),
    ),
    st.builds(
        Deny,
        policies=_NAMES,
        policy_hash=st.just(POLICY),
        revision=_REVISIONS,
        context=_CONTEXTS,
        reason=st.sampled_from(DenyReason),
        detail=st.text("abc é", max_size=20),
    ),
)


@given(_DECISIONS)
def test_a_decision_survives_the_way_to_the_ledger_and_back(decision: Decision) -> None:
    assert parse_decision(parse(encode(decision.to_json())), POLICY) == decision


def test_the_forms_are_those_of_the_ledger() -> None:
    common: dict[str, Any] = {"policies": ("limit",), "policy_hash": POLICY, "revision": 7}
    common["context"] = {"risk": 2}
    assert Allow(**common).to_json() == {
        "outcome": "ALLOW",
        "policies": ["limit"],
        "revision": 7,
        "context": {"risk": 2},
    }
    quorum, verb = Quorum(QuorumKind.K_OF_N, "treasury", 1), content_id(b"verb")
    basis = Basis(("agent",), verb)
    assert Require(**common, quorum=quorum, basis=basis, expires_at=10**9).to_json() == {
        "outcome": "REQUIRE",
        "policies": ["limit"],
        "revision": 7,
        "context": {"risk": 2},
        "role": "treasury",
        "quorum": {"kind": "KOfN", "k": 1},
        "also": [],
        "basis": {"roles": ["agent"], "verb": verb},
        "expires_at": "1970-01-01T00:00:01.000000000Z",
    }
    assert Deny(**common, reason=DenyReason.EXPLICIT_DENY, detail="no").to_json() == {
        "outcome": "DENY",
        "policies": ["limit"],
        "revision": 7,
        "context": {"risk": 2},
        "reason": "ExplicitDeny",
        "detail": "no",
    }


REQUIRE: dict[str, Any] = {
    "outcome": "REQUIRE",
    "policies": ["limit"],
    "revision": 7,
    "context": {},
    "role": "treasury",
    "quorum": {"kind": "KOfN", "k": 1},
    "also": [],
    "basis": {"roles": [], "verb": POLICY},
    "expires_at": "1970-01-01T00:00:01.000000000Z",
}


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "MAYBE"},
        {"outcome": "ALLOW"},
        {"outcome": ["ALLOW"]},
        {"quorum": 1},
        {"quorum": {"kind": "KOfN", "k": 0}},
        {"quorum": {"kind": "KOfN", "k": True}},
        {"quorum": {"kind": "All", "of": []}},
        {"also": {}},
        {"also": [1]},
        {"also": [{"role": "x", "quorum": {"kind": "KOfN", "k": 0}}]},
        {"also": [{"role": "x", "quorum": {"kind": "KOfN", "k": 1}, "more": 1}]},
        {"basis": {"roles": []}},
        {"basis": {"roles": [1], "verb": POLICY}},
        {"basis": {"roles": [], "verb": "x"}},
        {"role": ""},
        {"role": 1},
        {"expires_at": "1970-01-01T00:00:01Z"},
        {"expires_at": 1},
        {"revision": -1},
        {"context": []},
        {"policies": "limit"},
        {"policies": [1]},
        {"extra": 1},
    ],
)
def test_what_is_not_exactly_a_decision_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_decision({**REQUIRE, **change}, POLICY)
    assert refused.value.code == "E_DECISION"


@pytest.mark.parametrize("value", [None, [], "ALLOW", {}, {"outcome": "ALLOW"}])
def test_a_value_of_another_shape_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_decision(value, POLICY)


def test_an_unknown_reason_is_refused() -> None:
    deny: Json = {
        "outcome": "DENY",
        "policies": [],
        "revision": 0,
        "context": {},
        "reason": "Mood",
        "detail": "",
    }
    with pytest.raises(InvalidInput):
        parse_decision(deny, POLICY)


def test_the_order_of_what_is_asked_for_says_nothing_and_all_else_does() -> None:
    one, two = (Quorum(QuorumKind.K_OF_N, role, 1) for role in ("ann", "ben"))
    told = Require(
        policies=("p",), policy_hash=POLICY, revision=1, quorum=one, also=(two,),
        basis=Basis((), POLICY), expires_at=1,
    )  # fmt: skip
    other = replace(told, quorum=two, also=(one,), expires_at=2)
    assert same_decision(told.to_json(), other.to_json())
    for also in ((), (one,), (two, two)):
        assert not same_decision(told.to_json(), replace(told, also=also).to_json())
