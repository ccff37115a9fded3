"""A policy changes only with the consent of those the old one asks, and those the new one would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph import resources
from logos_graph.governance import (
    Allow,
    Deny,
    Person,
    Policy,
    Request,
    Require,
    judge,
    new_holders,
    parse_verb,
)
from logos_graph.identity import Did, Signer

VERB = parse_verb(json.loads(resources.read_text("schemas/verbs/policy.activate.schema.json")))
OTHER = parse_verb(json.loads(resources.read_text("schemas/verbs/node.promote.schema.json")))
PERMIT = "permit (principal, action, resource);"
ASK = 'forbid (principal, action == Action::"policy.activate", resource);'
WHO, ANN, BEN, CAY, BOTH = (Signer.from_seed(bytes([n]) * 32).did for n in range(1, 6))
OLD, NEW = frozenset({"elder"}), frozenset({"heir"})
PEOPLE = {
    WHO: Person("who", OLD | NEW), ANN: Person("ann", OLD), BEN: Person("ben", NEW),
    CAY: Person("cay", NEW), BOTH: Person("both", OLD | NEW),
}  # fmt: skip
IN_FORCE = Policy(f'{PERMIT} @require("elder") @expires("2h") {ASK}')
NEXT = f'{PERMIT} @require("heir") @quorum("2") @expires("1h") {ASK}'


def request(text: str = NEXT, verb: Any = VERB) -> Request:
    return Request(WHO, frozenset(), verb, {"text": text}, "main", 7, 10**18, people=PEOPLE)


def say(*who: Did) -> dict[Did, frozenset[str]]:
    return {did: PEOPLE[did].roles for did in who}


def test_a_policy_changes_only_by_thresholds_of_both_the_old_and_the_new_holders() -> None:
    asked = judge(IN_FORCE, request())
    assert isinstance(asked, Require)
    assert [quorum.text for quorum in asked.quorums] == ["1 of role elder", "2 of role heir"]
    assert asked.expires_at == 10**18 + 3600 * 10**9  # the shorter of the two
    assert asked.policy_hash == IN_FORCE.id
    for too_few in ((), (ANN,), (BEN, CAY), (ANN, BEN), (BOTH,), (WHO, ANN, BEN)):
        assert judge(IN_FORCE, request(), say(*too_few)) == asked
    assert isinstance(judge(IN_FORCE, request(), say(ANN, BEN, CAY)), Allow)


def test_one_principal_may_count_among_the_old_and_the_new_holders() -> None:
    assert isinstance(judge(IN_FORCE, request(), say(BOTH, BEN)), Allow)


def test_the_new_holders_alone_bring_no_policy_in_force() -> None:
    assert isinstance(judge(IN_FORCE, request(), say(BEN, CAY)), Require)


def test_the_old_holders_alone_bring_no_policy_in_force() -> None:
    assert isinstance(judge(IN_FORCE, request(), say(ANN)), Require)


@pytest.mark.parametrize(
    "text",
    [
        "no policy",
        'permit (principal, action == Action::"node.draft", resource);',
        f"{PERMIT} {ASK}",
        f'{PERMIT} @require("heir") @quorum("4") {ASK}',
        f'{PERMIT} @require("nobody") @quorum("all") {ASK}',
    ],
)
def test_a_policy_that_nobody_could_agree_to_is_left_to_the_check_for_lockout(text: str) -> None:
    assert new_holders(request(text)) is None
    asked = judge(IN_FORCE, request(text))
    assert isinstance(asked, Require)
    assert not asked.also


def test_what_the_old_policy_denies_no_consent_of_new_holders_allows() -> None:
    shut = Policy(f"{PERMIT} {ASK}")
    assert isinstance(judge(shut, request(), say(ANN, BEN, CAY, BOTH)), Deny)


def test_other_acts_ask_the_policy_in_force_alone() -> None:
    asked = judge(IN_FORCE, request(verb=OTHER))
    assert isinstance(asked, Require)
    assert [quorum.text for quorum in asked.quorums] == ["1 of role approver"]


_FORMS = ("1", "2", "all", "majority", "weighted:3;ann=2,ben=2,both=1", "weighted:2;role:heir=1")


@given(
    old=st.tuples(st.sampled_from(["elder", "heir"]), st.sampled_from(_FORMS)),
    new=st.tuples(st.sampled_from(["elder", "heir"]), st.sampled_from(_FORMS)),
    signers=st.frozensets(st.sampled_from(sorted(PEOPLE))),
)
def test_it_is_allowed_exactly_when_each_of_the_two_policies_would_allow_it(
    old: tuple[str, str], new: tuple[str, str], signers: frozenset[Did]
) -> None:
    before, after = (
        Policy(f'{PERMIT} @require("{role}") @quorum("{form}") {ASK}') for role, form in (old, new)
    )
    asked = request(after.text)
    outcome = judge(before, asked, say(*signers))
    both = all(isinstance(each.judge(asked, say(*signers)), Allow) for each in (before, after))
    if new_holders(asked) is None:
        both = isinstance(before.judge(asked, say(*signers)), Allow)
    assert isinstance(outcome, Allow) is both
