"""Quorums, delegation, stale consents and changes of policy, on the real gate and graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Json
from logos_graph.identity import Signer
from logos_graph.logline import format_when
from tests.integration.asking import check_ledger

if TYPE_CHECKING:
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast, Logos

RULES = """
@id("members-spend")
permit (principal in Role::"spender", action == Action::"spend", resource);
@id("{form}") @require("council") @quorum("{form}") @expires("1h")
forbid (principal, action == Action::"spend", resource) when {{ context.this.how == "{form}" }};
"""
FORMS = ("all", "majority", "weighted:10;council-1=6,council-2=5,council-3=4")
VERB: dict[str, Any] = {
    "name": "spend",
    "docs": "Spend something.",
    "risk": "L1",
    "schema": {
        "type": "object",
        "required": ["how"],
        "additionalProperties": False,
        "properties": {"how": {"type": "string", "maxLength": 100}},
    },
    "flow": None,
}


@dataclass(frozen=True)
class Council:
    """Three who are asked together, one who spends, and one who is nobody."""

    example: Cast
    members: tuple[Signer, Signer, Signer]
    spender: Signer
    friend: Signer
    policy: str

    def spend(self, how: str, who: Signer | None = None) -> Outcome:
        outcome = self.example.submit(who or self.spender, "spend", {"how": how})
        assert outcome.status == "PENDING", outcome
        return outcome

    def say(self, waiting: Outcome, *members: int) -> str:
        """These consent; how what waited stands then."""
        for member in members:
            assert self.give(self.members[member], waiting).status == "COMMITTED"
        record = self.example.system.store.intent(waiting.intent)
        assert record is not None
        return record.status

    def give(self, who: Signer, waiting: Outcome, lent: str | None = None) -> Outcome:
        this = self.example.bound(waiting)
        if lent is not None:
            this["delegation"] = lent
        return self.example.submit(who, "consent.give", this)

    def lend(self, by: Signer, delegate: Signer, **changes: Json) -> Outcome:
        until = format_when(self.example.system.clock.now_ns() + 10**12)
        this: dict[str, Json] = {
            "to": delegate.did, "role": "council", "verbs": None, "until": until,
        }  # fmt: skip
        return self.example.submit(by, "consent.delegate", {**this, **changes})


@pytest.fixture(scope="module")
def council(example: Cast) -> Iterator[Council]:
    own = example.system.supervisor.view.policy.text
    members = tuple(example.register(f"council-{n}", ["council"]) for n in (1, 2, 3))
    spender = example.register("spender", ["spender"])
    friend = example.register("friend", ["friend"])
    policy = own + "".join(RULES.format(form=form).replace("members-spend", f"spend-{n}")
        .replace(f'@id("{form}")', f'@id("ask-{n}")') for n, form in enumerate(FORMS))  # fmt: skip
    first, second, third = members
    made = Council(example, (first, second, third), spender, friend, policy)
    assert example.submit(example.operator, "verb.register", VERB).status == "COMMITTED"
    example.activate(policy)
    yield made
    example.activate(own)
    check_ledger(example.system)


def code(outcome: Outcome) -> str:
    assert outcome.status == "GHOST", outcome
    assert outcome.error is not None
    return outcome.error.code


@pytest.mark.parametrize(
    ("form", "too_few", "enough"),
    [
        (FORMS[0], (0, 1), (2,)),
        (FORMS[1], (2,), (0,)),
        (FORMS[2], (1, 2), (0,)),
    ],
    ids=["all", "majority", "weighted"],
)
def test_what_waits_is_let_through_by_enough_and_by_no_fewer(
    council: Council, form: str, too_few: tuple[int, ...], enough: tuple[int, ...]
) -> None:
    waiting = council.spend(form)
    assert council.say(waiting, *too_few) == "PENDING"
    assert council.say(waiting, *enough) == "COMMITTED"


def test_the_decision_names_who_is_asked(council: Council) -> None:
    quorums: list[Any] = [council.spend(form).decision["quorum"] for form in FORMS]
    dids = [member.did for member in council.members]
    assert quorums[:2] == [
        {"kind": "All", "of": sorted(dids)},
        {"kind": "Majority", "of": sorted(dids)},
    ]
    assert quorums[2]["weights"] == dict(zip(dids, (6, 5, 4), strict=True))


def test_a_quorum_is_found_again_by_a_process_that_reads_the_graph(
    council: Council, logos: Logos
) -> None:
    waiting = council.spend("all")
    lent = council.lend(council.members[0], council.friend).intent
    assert council.give(council.friend, waiting, lent).status == "COMMITTED"
    shown = logos("consent", "show", waiting.intent, "--json")
    assert shown.status == 0, shown
    (quorum,) = shown.document["quorums"]
    assert (quorum["given"], quorum["needed"]) == (1, 3)
    assert sorted(quorum["could"]) == ["council-2", "council-3"]
    for name, status in (("council-2", 0), ("council-1", 1), ("council-3", 0)):
        given = logos("consent", "give", waiting.intent, "--as", name, "--json")
        assert given.status == status, given
    assert council.say(waiting) == "COMMITTED"
    council.example.system.supervisor.catch_up()


# delegation ------------------------------------------------------------------------------------


def test_a_delegate_consents_in_the_place_of_the_delegator_until_it_is_ended(
    council: Council,
) -> None:
    lent = council.lend(council.members[0], council.friend).intent
    waiting, other = council.spend("majority"), council.spend("majority")
    assert council.give(council.friend, waiting, lent).status == "COMMITTED"
    assert council.give(council.friend, other, lent).status == "COMMITTED"
    assert council.say(waiting, 1) == "COMMITTED"
    stranger = council.example.submit(council.spender, "consent.undelegate", {"delegation": lent})
    assert code(stranger) == "E_NOT_YOURS"
    ended = council.example.submit(council.friend, "consent.undelegate", {"delegation": lent})
    assert ended.status == "COMMITTED"
    assert council.say(other, 1) == "PENDING"  # what was not counted yet counts no more
    assert code(council.give(council.friend, council.spend("all"), lent)) == "E_DELEGATION_UNKNOWN"
    assert council.say(other, 0) == "COMMITTED"


def test_one_person_counted_twice_by_a_delegation(council: Council) -> None:
    first, second, _ = council.members
    lent = council.lend(first, second).intent
    waiting = council.spend("majority")
    assert council.give(second, waiting, lent).status == "COMMITTED"
    assert code(council.give(second, waiting)) == "E_CONSENT_TWICE"
    assert code(council.give(first, waiting)) == "E_CONSENT_TWICE"
    own = council.spend("majority")
    assert council.give(first, own).status == "COMMITTED"
    assert code(council.give(second, own, lent)) == "E_CONSENT_TWICE"


def test_nobody_consents_to_its_own_act_through_another(council: Council) -> None:
    both = council.example.register("spending-friend", ["spender"])
    lent = council.lend(council.members[0], both).intent
    assert code(council.give(both, council.spend("all", both), lent)) == "E_CONSENT_SELF"
    assert code(council.give(council.spender, council.spend("all"))) == "E_CONSENT_SELF"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"role": "treasury"}, "E_DELEGATION_ROLE"),
        ({"until": format_when(10**18)}, "E_DELEGATION_UNTIL"),
        ({"until": format_when(9 * 10**18)}, "E_DELEGATION_UNTIL"),
        ({"verbs": ["invented"]}, "E_UNKNOWN_VERB"),
        ({"to": "did:key:z6MkiaMbhXHNA4eJVCCj8dbzKzTgYDKf6crKgHVHid1F1WCT"}, "E_UNKNOWN_PRINCIPAL"),
    ],
    ids=["a role of others", "the past", "too late", "no verb", "a stranger"],
)
def test_a_delegation_of_what_one_cannot_lend_is_refused(
    council: Council, changes: dict[str, Json], wrong: str
) -> None:
    assert code(council.lend(council.members[0], council.friend, **changes)) == wrong


def test_a_delegation_cannot_be_passed_on_or_used_beyond_its_scope(council: Council) -> None:
    first, friend = council.members[0], council.friend
    assert code(council.lend(first, first)) == "E_DELEGATION_SELF"
    assert code(council.lend(friend, council.spender)) == "E_DELEGATION_ROLE"
    narrow = council.lend(first, friend, verbs=["transfer"]).intent
    waiting = council.spend("all")
    assert code(council.give(friend, waiting, narrow)) == "E_DELEGATION_SCOPE"
    assert code(council.give(council.members[1], waiting, narrow)) == "E_DELEGATION_UNKNOWN"
    assert code(council.give(friend, waiting)) == "E_CONSENT_ROLE"


# stale consents --------------------------------------------------------------------------------


def test_a_consent_is_stale_when_others_came_to_be_asked(council: Council) -> None:
    waiting, weighted = council.spend("all"), council.spend(FORMS[2])
    assert council.say(waiting, 0) == "PENDING"
    council.example.register("council-4", ["council"])
    stale = council.give(council.members[1], waiting)
    assert code(stale) == "E_CONSENT_STALE_QUORUM"
    assert stale.error is not None
    assert stale.error.data["now"] == ["all 4 of role council"]
    assert council.say(weighted, 0, 1) == "COMMITTED"  # the fourth weighs nothing


def test_a_consent_is_stale_when_the_policy_changed(council: Council) -> None:
    waiting = council.spend("majority")
    council.example.activate(council.policy + "// another\n")
    assert code(council.give(council.members[0], waiting)) == "E_CONSENT_STALE_POLICY"
    council.example.activate(council.policy)


# a change of policy ----------------------------------------------------------------------------


def test_a_policy_is_activated_by_quorums_of_old_and_new_holders(council: Council) -> None:
    example = council.example
    ask = 'forbid (principal, action == Action::"policy.activate", resource);'
    text = f'{council.policy}@id("a") @require("friend") @quorum("1") {ask}'
    waiting = example.submit(example.operator, "policy.activate", {"text": text})
    assert waiting.decision["role"] == "approver"
    also: Any = waiting.decision["also"]
    assert also == [{"role": "friend", "quorum": {"kind": "KOfN", "k": 1}}]
    assert not example.consent(example.treasury[0], waiting).settled
    assert example.system.supervisor.view.policy.text == council.policy
    (settled,) = example.consent(council.friend, waiting).settled
    assert settled.status == "COMMITTED", settled
    back = example.submit(example.operator, "policy.activate", {"text": council.policy})
    assert back.decision["role"] == "friend"
    assert not example.consent(council.friend, back).settled
    (settled,) = example.consent(example.treasury[0], back).settled
    assert settled.status == "COMMITTED", settled


# the commands ----------------------------------------------------------------------------------


@pytest.fixture
def after(council: Council) -> Iterator[Callable[[], None]]:
    yield lambda: None
    council.example.system.supervisor.catch_up()


def test_consents_are_delegated_shown_and_given_by_command(
    council: Council, logos: Logos, after: Callable[[], None]
) -> None:
    waiting = council.spend("majority")
    listed = logos("consent", "list")
    assert "a majority (" in listed.out
    made = logos(
        "consent", "delegate", "friend", "--role", "council", "--verb", "spend",
        "--for", "2h", "--as", "council-3", "--json",
    )  # fmt: skip
    assert made.status == 0, made
    lent = made.document["result"]["delegation"]
    table = logos("consent", "delegations")
    assert ("council-3" in table.out, "spend" in table.out) == (True, True)
    given = logos(
        "consent", "give", waiting.intent, "--for", "council-3", "--as", "friend", "--json"
    )
    assert given.status == 0, given
    shown = logos("consent", "show", waiting.intent)
    assert "friend" in shown.out
    ended = logos("consent", "undelegate", lent, "--as", "council-3", "--json")
    assert ended.status == 0, ended
    refused = logos(
        "consent", "give", waiting.intent, "--for", "council-3", "--as", "friend", "--json"
    )
    assert refused.document["error"]["code"] == "E_DELEGATION_UNKNOWN"
    every = logos("consent", "delegations", "--all", "--json").document["delegations"]
    assert {each["id"]: each["ended"] is not None for each in every}[lent]
    after()
