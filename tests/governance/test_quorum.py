"""Quorums against a small model; the mistakes that others made with thresholds, each a test."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.governance import (
    All,
    KOfN,
    Majority,
    Person,
    QuorumRule,
    Weighted,
    parse_rule,
    resolve_signers,
)
from logos_graph.governance.quorum import joined
from logos_graph.identity import Did, Signer
from logos_graph.ledger import Quorum, Voice, counted, parse_quorum

DIDS = [Signer.from_seed(bytes([number]) * 32).did for number in range(1, 8)]
WHO, ANN, BEN, CAY, DOT = DIDS[:5]
TREASURY = frozenset({"treasury"})
PEOPLE = {did: Person(f"person-{number}", TREASURY) for number, did in enumerate(DIDS[:4])}
ALL_RULES: list[QuorumRule] = [
    KOfN("treasury", 2), All("treasury"), Majority("treasury"),
    Weighted("treasury", 10, (("person-1", 6), ("person-2", 5), (CAY, 4))),
]  # fmt: skip


def own(*dids: Did) -> list[Voice]:
    """Each consents in its own place."""
    return [Voice(did, did) for did in dids]


def met(rule: QuorumRule, voices: list[Voice], who: Did = WHO, lent: str = "treasury") -> bool:
    consents = resolve_signers(voices, PEOPLE, who, lambda _voice: frozenset({lent}))
    return rule.ask(PEOPLE, who).is_met(consents, who)


# the threshold mistakes of others --------------------------------------------------------------


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.text)
def test_one_signer_counted_twice(rule: QuorumRule) -> None:
    once = resolve_signers(own(ANN), PEOPLE, WHO)
    assert resolve_signers(own(ANN, ANN, ANN), PEOPLE, WHO) == once
    assert not met(rule, own(ANN, ANN, ANN))


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.text)
def test_one_person_counted_twice_as_itself_and_as_a_delegate(rule: QuorumRule) -> None:
    """The principal is what is counted: who signs in two places is one, so is who is spoken for."""
    for voices in (
        [Voice(ANN, ANN), Voice(ANN, BEN)],
        [Voice(ANN, BEN), Voice(ANN, ANN)],
        [Voice(DOT, ANN), Voice(ANN, ANN)],
        [Voice(ANN, BEN), Voice(BEN, BEN)],
        [Voice(ANN, BEN), Voice(ANN, CAY)],
        [Voice(ANN, BEN), Voice(BEN, CAY)],
    ):
        assert counted(voices, WHO) == tuple(voices[:1])
        people = {**PEOPLE, DOT: Person("person-4", frozenset())}
        found = resolve_signers(voices, people, WHO, lambda _voice: TREASURY)
        assert len(found) == 1
        assert not rule.ask(people, WHO).is_met(found, WHO)


@pytest.mark.parametrize("k", [0, -1, 101])
def test_a_threshold_of_zero(k: int) -> None:
    with pytest.raises(Rejected) as refused:
        KOfN("treasury", k)
    assert refused.value.code == "E_QUORUM"
    with pytest.raises(InvalidInput) as told:
        parse_quorum({"kind": "KOfN", "k": k}, "treasury")
    assert told.value.code == "E_QUORUM"


@pytest.mark.parametrize("rule", [All("legal"), Majority("legal")])
def test_a_quorum_of_nobody_is_met_by_nobody(rule: QuorumRule) -> None:
    """All of none would hold of itself."""
    asked = rule.ask(PEOPLE, WHO)
    assert (asked.needed, asked.weights) == (1, {})
    assert not met(rule, [])
    assert not met(rule, own(*PEOPLE))
    with pytest.raises(InvalidInput):
        parse_quorum(asked.json, "legal")


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.text)
def test_an_unknown_signer_ignored_into_a_majority(rule: QuorumRule) -> None:
    with pytest.raises(Rejected) as refused:
        met(rule, own(ANN, BEN, DIDS[5]))
    assert refused.value.code == "E_CONSENT_UNKNOWN"
    assert refused.value.data["did"] == DIDS[5]
    with pytest.raises(Rejected):
        met(rule, [Voice(ANN, DIDS[5])])


def test_a_majority_is_of_all_who_hold_the_role_and_not_of_those_who_answered() -> None:
    assert Majority("treasury").ask(PEOPLE, WHO).needed == 2
    assert not met(Majority("treasury"), own(ANN))
    assert met(Majority("treasury"), own(ANN, BEN))
    four = {**PEOPLE, DOT: Person("person-4", TREASURY)}
    assert Majority("treasury").ask(four, WHO).needed == 3  # half is no majority


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.text)
def test_the_actor_is_never_counted(rule: QuorumRule) -> None:
    asked = rule.ask(PEOPLE, WHO)
    assert WHO not in (asked.weights or {})
    assert asked.count({WHO: TREASURY}, WHO) == 0
    assert resolve_signers(own(WHO), PEOPLE, WHO) == {}
    assert resolve_signers([Voice(ANN, WHO), Voice(WHO, BEN)], PEOPLE, WHO) == {}


# bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, -1, 1_000_001])
def test_weights_that_are_negative_or_zero(number: int) -> None:
    for threshold, weight in ((number, 5), (5, number)):
        with pytest.raises(Rejected) as refused:
            Weighted("treasury", threshold, (("ann", weight), ("ben", 6)))
        assert refused.value.code == "E_QUORUM"
    tellings: list[dict[str, Json]] = [
        {"threshold": number, "weights": {ANN: 6}},
        {"threshold": 5, "weights": {ANN: 6, BEN: number}},
    ]
    for told in tellings:
        with pytest.raises(InvalidInput):
            parse_quorum({"kind": "Weighted", **told}, "treasury")


def test_weights_that_do_not_sum_to_the_threshold() -> None:
    with pytest.raises(Rejected) as refused:
        Weighted("treasury", 10, (("ann", 4), ("ben", 5)))
    assert "come to 9" in refused.value.message
    weights: Json = {ANN: 4, BEN: 5}
    with pytest.raises(InvalidInput):
        parse_quorum({"kind": "Weighted", "threshold": 10, "weights": weights}, "treasury")


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "-1", "two", "+1", "101", "ALL", "all ", "most", "weighted",
        "weighted:", "weighted:3",
        "weighted:3;", "weighted:3;ann", "weighted:3;ann=", "weighted:3;=3", "weighted:3;ann=-3",
        "weighted:-3;ann=3", "weighted:3;ann=3,ann=3", "weighted:3;ann=1.5", "weighted:3;role:=3",
        "weighted:0;ann=3", "weighted:9;ann=3", "weighted:3;ann=3;ben=3", "weighted:3;ann=9999999",
    ],
)  # fmt: skip
def test_what_is_no_quorum_is_refused(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        parse_rule("treasury", text)
    assert refused.value.code == "E_QUORUM"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2", KOfN("treasury", 2)),
        ("all", All("treasury")),
        ("majority", Majority("treasury")),
        (
            "weighted:10;treasury-1=6, role:cfo=5",
            Weighted("treasury", 10, (("treasury-1", 6), ("role:cfo", 5))),
        ),
    ],
)
def test_what_an_annotation_says(text: str, rule: QuorumRule) -> None:
    assert parse_rule("treasury", text) == rule


def test_a_quorum_without_a_role_is_refused() -> None:
    for make in (lambda: KOfN("", 1), lambda: Weighted("", 1, (("ann", 1),))):
        with pytest.raises(Rejected):
            make()
    with pytest.raises(InvalidInput):
        parse_quorum({"kind": "KOfN", "k": 1}, "")


@pytest.mark.parametrize(
    "told",
    [
        None, 2, [], {}, {"kind": "KOfN"}, {"kind": "KOfN", "k": True}, {"kind": "KOfN", "k": "2"},
        {"kind": "KOfN", "k": 1, "of": []}, {"kind": "Some", "k": 1}, {"kind": "All", "of": []},
        {"kind": "All", "of": [1]}, {"kind": "All", "of": sorted([ANN, BEN], reverse=True)},
        {"kind": "Majority", "of": [ANN, ANN]}, {"kind": "Weighted", "threshold": 1, "weights": {}},
    ],
)  # fmt: skip
def test_what_is_not_exactly_a_quorum_is_refused(told: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_quorum(told, "treasury")
    assert refused.value.code == "E_QUORUM"


# what weighs what ------------------------------------------------------------------------------


def test_a_person_weighs_what_its_did_says_else_its_name_else_its_heaviest_role() -> None:
    roles = frozenset({"treasury", "cfo", "board"})
    people = {
        ANN: Person("ann", roles), BEN: Person("ben", roles), CAY: Person("cay", roles),
        DOT: Person("dot", frozenset({"cfo"})), WHO: Person("who", roles),
    }  # fmt: skip
    told = ((ANN, 1), ("ann", 20), ("ben", 2), ("role:cfo", 3), ("role:board", 5))
    asked = Weighted("treasury", 8, told).ask(people, WHO)
    assert asked.weights == {ANN: 1, BEN: 2, CAY: 5}  # never added; dot is not of the treasury


def test_nobody_gets_the_weight_of_a_role_by_its_name() -> None:
    people = {ANN: Person("role:cfo", TREASURY)}
    assert Weighted("treasury", 3, (("role:cfo", 3),)).ask(people, WHO).weights == {}


def test_a_look_alike_of_a_role_does_not_count() -> None:
    consents = {ANN: frozenset({"Treasury", "treasury ", "treasury-x"})}
    assert KOfN("treasury", 1).ask({}, WHO).count(consents, WHO) == 0


def test_of_counts_the_largest_is_asked_and_of_other_kinds_each() -> None:
    rules: list[QuorumRule] = [
        KOfN("t", 1),
        All("t"),
        KOfN("t", 3),
        All("t"),
        KOfN("u", 2),
        Majority("t"),
    ]
    assert joined(rules) == (KOfN("t", 3), KOfN("u", 2), All("t"), Majority("t"))


# the model: sets of people, counted by hand ----------------------------------------------------

_PEOPLE = st.dictionaries(
    st.sampled_from(DIDS),
    st.frozensets(st.sampled_from(["treasury", "cfo", "guest"])),
    min_size=1,
).map(lambda told: {did: Person(f"p{DIDS.index(did)}", roles) for did, roles in told.items()})
_WEIGHTS = st.dictionaries(
    st.sampled_from([*DIDS, *(f"p{n}" for n in range(7)), "role:cfo"]),
    st.integers(1, 9),
    min_size=1,
)
_RULES: st.SearchStrategy[QuorumRule] = st.one_of(
    st.integers(1, 7).map(lambda k: KOfN("treasury", k)),
    st.just(All("treasury")),
    st.just(Majority("treasury")),
    _WEIGHTS.flatmap(
        lambda told: st.integers(1, sum(told.values())).map(
            lambda threshold: Weighted("treasury", threshold, tuple(told.items()))
        )
    ),
)


def modelled(rule: QuorumRule, people: dict[Did, Person], signers: set[Did]) -> bool:
    """Whether these people are enough, in the words of the page."""
    could = {did for did in people if did != WHO and "treasury" in people[did].roles}
    agreed = could & signers
    match rule:
        case KOfN(k=k):
            return len(agreed) >= k
        case All():
            return bool(could) and agreed == could
        case Majority():
            return 2 * len(agreed) > len(could)
        case Weighted(threshold=threshold, weights=weights):
            told = dict(weights)
            total = 0
            for did in agreed:
                if did in told:
                    total += told[did]
                elif people[did].name in told:
                    total += told[people[did].name]
                elif "cfo" in people[did].roles:
                    total += told.get("role:cfo", 0)
            return total >= threshold


@given(people=_PEOPLE, rule=_RULES, data=st.data())
def test_a_quorum_is_met_by_exactly_the_people_that_the_model_says(
    people: dict[Did, Person], rule: QuorumRule, data: st.DataObject
) -> None:
    signers = data.draw(st.lists(st.sampled_from(sorted(people)), max_size=10))
    asked = rule.ask(people, WHO)
    consents = resolve_signers(own(*signers), people, WHO)
    assert asked.is_met(consents, WHO) is modelled(rule, people, set(signers))


@given(people=_PEOPLE, rule=_RULES, data=st.data())
def test_more_consents_never_unmake_a_quorum(
    people: dict[Did, Person], rule: QuorumRule, data: st.DataObject
) -> None:
    signers = data.draw(st.lists(st.sampled_from(sorted(people)), max_size=6))
    more = data.draw(st.lists(st.sampled_from(sorted(people)), max_size=6))
    asked = rule.ask(people, WHO)
    fewer, all_of = (resolve_signers(own(*each), people, WHO) for each in (signers, signers + more))
    assert asked.count(fewer, WHO) <= asked.count(all_of, WHO)


@given(people=_PEOPLE, rule=_RULES)
def test_what_a_decision_asks_can_be_read_back_and_counted_by_anybody(
    people: dict[Did, Person], rule: QuorumRule
) -> None:
    asked = rule.ask(people, WHO)
    everybody = {did: person.roles for did, person in people.items()}
    if not asked.is_met(everybody, WHO):
        return  # nobody could meet it, and it is denied at once
    again: Quorum = parse_quorum(asked.json, "treasury")
    assert again == asked
    assert asked.role in asked.text


@given(voices=st.lists(st.builds(Voice, st.sampled_from(DIDS), st.sampled_from(DIDS)), max_size=12))
def test_nobody_is_part_of_two_consents_that_count_and_the_actor_of_none(
    voices: list[Voice],
) -> None:
    found = counted(voices, WHO)
    people = [did for voice in found for did in voice.people]
    assert len(people) == len(set(people))
    assert WHO not in people
    assert all(voice.people & {WHO, *people} for voice in voices)  # none was left out for nothing


def test_who_is_named_like_a_did_does_not_weigh_what_that_did_weighs() -> None:
    rule = Weighted("treasury", 10, ((str(ANN), 10),))
    people = {**PEOPLE, DOT: Person(str(ANN), TREASURY)}
    assert [*(rule.ask(people, WHO).weights or {})] == [ANN]
