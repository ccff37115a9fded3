"""A policy is tried before it is in force, and every decision can be explained afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import Json
from logos_graph.errors import NotVerified
from logos_graph.ledger import Stored
from logos_graph.wiring import open_system
from tests.integration.conftest import EXAMPLE

if TYPE_CHECKING:
    from logos_graph.settings import Settings
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast, Logos

Payment = Callable[[str], dict[str, "Json"]]
OWN = (EXAMPLE / "policy.cedar").read_text()
LIMIT = 'decimal("5000.00")'
NONE = "-"


@pytest.fixture
def own(example: Cast) -> Iterator[str]:
    """The example's policy, in force again after the test."""
    yield OWN
    if example.system.supervisor.view.policy.text != OWN:
        example.activate(OWN)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """A policy's text as a file."""

    def write(text: str) -> Path:
        file = tmp_path / "new.cedar"
        file.write_text(text)
        return file

    return write


def activate(example: Cast, this: dict[str, Json]) -> Outcome:
    """How an activation ends that an approver consents to."""
    waiting = example.submit(example.operator, "policy.activate", this)
    assert waiting.status == "PENDING", waiting
    (settled,) = example.consent(example.treasury[0], waiting).settled
    return settled


# the schema ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('forbid (principal, action == Action::"tranfer", resource);', "tranfer"),
        (
            'forbid (principal, action == Action::"transfer", resource)'
            ' when { context.this.payment.amont.greaterThan(decimal("1.00")) };',
            "amont",
        ),
        ("forbid (principal, action, resource) when { context.trust.score < 3 };", "trust"),
    ],
    ids=["an action", "a value", "a part of the context"],
)
def test_a_policy_that_speaks_of_what_there_is_not_never_comes_into_force(
    example: Cast, logos: Logos, written: Callable[[str], Path], rule: str, said: str
) -> None:
    text = f'{OWN}\n@id("odd")\n{rule}\n'
    line = text[: text.index('@id("odd")')].count("\n") + 1
    before = example.system.supervisor.view.policy.id
    settled = activate(example, {"text": text})  # past the command, which refuses it earlier
    assert settled.error is not None
    assert (settled.status, settled.error.code) == ("GHOST", "E_POLICY_SCHEMA")
    assert example.system.supervisor.view.policy.id == before
    for command in ("check", "activate"):
        ended = logos("policy", command, written(text), "--json")
        error = ended.document["error"]
        assert (ended.status, error["code"], error["line"]) == (1, "E_POLICY_SCHEMA", line)
        assert said in error["message"]


def test_the_schema_has_every_registered_verb(example: Cast, logos: Logos) -> None:
    document = logos("policy", "schema", "--json").document
    assert sorted(document[""]["actions"]) == sorted(example.system.supervisor.view.verbs)


# lockout ------------------------------------------------------------------------------------------


def test_a_lockout_that_is_forced_comes_into_force_and_names_the_way_back(
    example: Cast, own: str, logos: Logos
) -> None:
    """Under it the operator cannot activate another; treasury-1 can, and does."""
    text = own + (
        '@id("handed-over") forbid (principal in Role::"operator",'
        ' action == Action::"policy.activate", resource);\n'
        '@id("treasury-sets-policy") permit (principal in Role::"treasury",'
        ' action == Action::"policy.activate", resource);\n'
    )
    refused = activate(example, {"text": text})
    assert refused.error is not None
    assert refused.error.code == "E_POLICY_LOCKOUT"
    assert "treasury-1 or treasury-2" in str(refused.error.data["way_back"])
    forced = activate(example, {"text": text, "force": True})
    assert forced.status == "COMMITTED", forced
    lockout: Any = (forced.result or {})["lockout"]
    assert (lockout["who"], "handed-over" in lockout["detail"]) == (example.operator.did, True)
    assert "treasury-1 or treasury-2" in lockout["way_back"]
    denied = example.submit(example.operator, "policy.activate", {"text": own})
    assert denied.verdict == "DENY"
    # the same the other way round: who gives it back locks himself out
    back: dict[str, Json] = {"text": own, "force": True}
    waiting = example.submit(example.treasury[0], "policy.activate", back)
    (settled,) = example.consent(example.treasury[1], waiting).settled
    assert settled.status == "COMMITTED", settled


# policy diff --------------------------------------------------------------------------------------


def test_a_policy_s_own_text_changes_nothing(
    example: Cast, payment: Payment, logos: Logos, written: Callable[[str], Path]
) -> None:
    begin = len(example.entries())  # before, others may have had other policies
    for name in ("ok", "large", "refused"):
        example.submit(example.agent, "transfer", payment(name))
    example.submit(example.agent, "no.such.verb", {})
    example.activate(OWN + "// the same rules\n")
    example.submit(example.agent, "transfer", payment("ok"))
    example.activate(OWN)
    document = logos("policy", "diff", written(OWN), "--json").document
    recorded = [e for e in example.entries() if e.kind == "intent"]
    totals = document["totals"]
    assert totals["entries"] == len(example.entries())
    assert totals["judged"] + totals["undecided"] == len(recorded)
    assert totals["undecided"] >= 1
    changed = {row["did"] for row in document["rows"] if row["index"] >= begin}
    assert "transfer" not in changed


def test_every_decision_that_another_limit_would_change_is_shown_and_no_other(
    example: Cast, payment: Payment, logos: Logos, written: Callable[[str], Path]
) -> None:
    ok = example.submit(example.agent, "transfer", payment("ok"))
    large = example.submit(example.agent, "transfer", payment("large"))
    refused = example.submit(example.agent, "transfer", payment("refused"))
    stricter = OWN.replace(LIMIT, 'decimal("1000.00")').replace('@quorum("2")', '@quorum("1")')
    ended = logos("policy", "diff", written(stricter), "--json", "--limit", "100000")
    rows = {row["intent"]: row for row in ended.document["rows"]}
    assert (ended.status, refused.intent in rows) == (0, False)
    assert (rows[ok.intent]["was"]["outcome"], rows[ok.intent]["name"]) == ("ALLOW", "agent-1")
    assert rows[ok.intent]["would"] == {
        "outcome": "REQUIRE", "policies": ["over-limit"], "role": "treasury",
        "quorum": {"kind": "KOfN", "k": 1}, "also": [],
    }  # fmt: skip
    assert (
        rows[large.intent]["was"]["quorum"]["k"],
        rows[large.intent]["would"]["quorum"]["k"],
    ) == (2, 1)
    totals, changes = ended.document["totals"], ended.document["changes"]
    assert totals["changed"] == len(rows) == sum(each["intents"] for each in changes)
    assert {
        "did": "transfer",
        "was": "ALLOW",
        "would": "REQUIRE 1 of role treasury",
    }.items() <= next(
        each for each in changes if each["was"] == "ALLOW" and each["did"] == "transfer"
    ).items()
    assert example.system.supervisor.view.policy.text == OWN  # nothing was activated
    text = logos("policy", "diff", written(stricter)).out
    assert "REQUIRE 1 of role treasury" in text


def test_roles_are_those_of_the_moment_not_of_today(
    example: Cast, payment: Payment, logos: Logos, written: Callable[[str], Path]
) -> None:
    """What was asked before anybody held a role is judged as if nobody does."""
    before = example.submit(example.agent, "transfer", payment("ok"))
    role = f"auditor-{len(example.entries())}"
    example.register(role, [role])
    after = example.submit(example.agent, "transfer", payment("ok"))
    asks = OWN + (
        f'@id("audit") @require("{role}") forbid (principal, action == Action::"transfer",'
        " resource);\n"
    )
    document = logos("policy", "diff", written(asks), "--json", "--limit", "100000").document
    would = {row["intent"]: row["would"]["outcome"] for row in document["rows"]}
    assert (would[before.intent], would[after.intent]) == ("DENY", "REQUIRE")


def test_since_leaves_out_what_was_before(
    example: Cast, payment: Payment, logos: Logos, written: Callable[[str], Path]
) -> None:
    from logos_graph.logline import format_when

    example.submit(example.agent, "transfer", payment("ok"))
    moment = format_when(example.entries()[-1].recorded_at + 1)
    late = example.submit(example.agent, "transfer", payment("ok"))
    stricter = written(OWN.replace(LIMIT, 'decimal("1.00")'))
    document = logos("policy", "diff", stricter, "--since", moment, "--json").document
    assert [row["intent"] for row in document["rows"]] == [late.intent]
    assert document["totals"]["judged"] == 1


def test_a_ledger_that_was_changed_is_not_judged(
    example: Cast, payment: Payment, logos: Logos
) -> None:
    """The cores look at parts: each is verified, and so is the joint between two."""
    from logos_graph.supervisor.parts import cut
    from logos_graph.supervisor.rejudge import judge_part

    example.submit(example.agent, "transfer", payment("refused"))
    entries = example.entries()
    keys, head = example.system.reader.supervisor_keys(), entries[-1].head
    kept = [Stored(e.text, e.hash, e.signature) for e in entries]

    def judged(rows: list[Stored]) -> int:
        return sum(judge_part(part, OWN, 0).entries for part in cut(rows, keys, head))

    assert judged(kept) == len(kept)
    other = kept[5]._replace(text=kept[5].text.replace('"index":5', '"index":6'))
    unsigned = kept[5]._replace(signature=kept[6].signature)
    for rows, code in (
        ([*kept[:5], other, *kept[6:]], "E_CHAIN_HASH"),
        ([*kept[:5], unsigned, *kept[6:]], "E_CHAIN_SIGNATURE"),
        ([*kept[:5], kept[6], kept[5], *kept[7:]], "E_CHAIN_INDEX"),
        (kept[:-1], "E_CHAIN_HEAD"),
    ):
        with pytest.raises(NotVerified) as refused:
            judged(rows)
        assert refused.value.code == code


# why ----------------------------------------------------------------------------------------------


def told(logos: Logos, intent: str) -> dict[str, Any]:
    ended = logos("why", intent, "--json")
    assert ended.status == 0, ended
    document: dict[str, Any] = ended.document
    return document


def test_why_a_transfer_was_allowed(example: Cast, payment: Payment, logos: Logos) -> None:
    outcome = example.submit(example.agent, "transfer", payment("ok"))
    found = told(logos, outcome.intent)
    assert (found["decision"]["outcome"], found["judged_again"]) == ("ALLOW", "same")
    assert [rule["id"] for rule in found["rules"]] == ["agents-may-transfer"]
    (other,) = found["otherwise"]
    assert other["if"] == "there were no rule agents-may-transfer"
    assert other["then"].startswith("DENY: no policy permits transfer")
    assert "took effect" in found["sentences"][-1]


def test_why_a_transfer_waits_says_what_the_rule_looked_at_and_who_could_consent(
    example: Cast, payment: Payment, logos: Logos
) -> None:
    outcome = example.submit(example.agent, "transfer", payment("large"))
    found = told(logos, outcome.intent)
    (rule,) = found["rules"]
    line = OWN[: OWN.index('@id("over-limit")')].count("\n") + 1
    assert (rule["id"], rule["line"]) == ("over-limit", line)
    assert rule["looked"] == {"this.payment.amount": "47500.00"}
    then = {each["if"]: each["then"] for each in found["otherwise"]}
    assert then.pop("there were no rule over-limit") == "ALLOW"
    ((condition, outcome_then),) = then.items()
    assert condition.startswith("2 of role treasury consented in time (")
    assert ("treasury-1" in condition, "treasury-2" in condition, outcome_then) == (
        True, True, "ALLOW",
    )  # fmt: skip
    words = logos("why", outcome.intent).out
    assert "this.payment.amount = 47500.00" in words
    assert "needs the consent of two of the treasury" in words


def test_why_a_transfer_was_denied(example: Cast, payment: Payment, logos: Logos) -> None:
    outcome = example.submit(example.agent, "transfer", payment("refused"))
    found = told(logos, outcome.intent)
    assert (found["status"], found["judged_again"]) == ("GHOST", "same")
    assert found["rules"][0]["looked"] == {"this.payment.to-account": "ACC66600666"}
    assert found["otherwise"] == [{"if": "there were no rule blocked-account", "then": "ALLOW"}]


def test_why_nothing_permits_an_act_names_the_role_that_would(example: Cast, logos: Logos) -> None:
    outcome = example.submit(example.agent, "policy.activate", {"text": OWN})
    found = told(logos, outcome.intent)
    assert (found["decision"]["policies"], found["judged_again"]) == ([], "same")
    assert {"if": "agent-1 held the role operator", "then": "REQUIRE 1 of role approver"} in found[
        "otherwise"
    ]
    assert len(found["otherwise"]) == 1


def test_why_a_ghost_of_the_gate_says_that_no_policy_was_asked(
    example: Cast, payment: Payment, logos: Logos
) -> None:
    unknown = example.submit(example.agent, "no.such.verb", {})
    misfit = example.submit(example.agent, "transfer", {"payment": {"amount": 5}})
    for outcome, condition in (
        (unknown, "the verb no.such.verb were registered"),
        (misfit, "the payload fitted the verb (E_THIS_SCHEMA)"),
    ):
        found = told(logos, outcome.intent)
        assert (found["judged_again"], found["rules"]) == (None, [])
        assert [each["if"] for each in found["otherwise"]] == [condition]
        assert "no policy was asked" in found["sentences"][1]


def test_why_a_refused_transfer_names_who_refused(
    example: Cast, payment: Payment, logos: Logos
) -> None:
    waiting = example.submit(example.agent, "transfer", payment("large"))
    this: dict[str, Json] = {"intent": waiting.intent, "reason": "not this quarter"}
    assert example.submit(example.treasury[1], "consent.refuse", this).status == "COMMITTED"
    found = told(logos, waiting.intent)
    assert found["sentences"][-1].startswith(
        "It took no effect: treasury-2 refused to consent (not this quarter)"
    )


def test_why_an_act_that_could_not_be_done_says_that_it_was_allowed(
    example: Cast, logos: Logos
) -> None:
    this: dict[str, Json] = {"node": "b3:" + "0" * 64, "reason": "it is not there"}
    outcome = example.submit(example.operator, "node.deprecate", this)
    assert (outcome.status, outcome.verdict) == ("GHOST", "ALLOW")
    found = told(logos, outcome.intent)
    assert "it was allowed and could not be done" in found["sentences"][-1]


# what is asked again before an effect -------------------------------------------------------------


def test_a_policy_that_is_asked_again_sees_what_was_seen_and_the_proof_repeats_it(
    example: Cast, settings: Settings, payment: Payment, own: str, logos: Logos, tmp_path: Path,
) -> None:  # fmt: skip
    """An alarm comes up between decision and effect, and with it a policy that looks at alarms.

    The act was decided when there was none; that is what the new policy is asked about, and what
    `logos verify` of the proof asks again, from the proof alone.
    """
    name = f"watched-{secrets.token_hex(4)}"
    agent = example.register(name, ["agent"], "agent")
    watchful = own + (
        '@id("calm") forbid (principal, action == Action::"transfer", resource)'
        " when { context.alarms > 0 };\n"
    )

    def change_policy(step: str, _intent: str) -> None:
        if step == "performed":
            example.activate(watchful)
            for _ in range(6):
                assert example.submit(agent, "no.such.verb", {}).status == "GHOST"
            assert len(example.system.supervisor.view.watched.open_alarms(agent.did, now())) == 1

    now = example.system.clock.now_ns
    with open_system(settings, watch=change_policy) as other:
        outcome = other.supervisor.execute(example.sign(agent, "transfer", payment("ok")))
    context: Any = outcome.decision["context"]
    assert (outcome.status, context["alarms"], context["breaker"]) == ("COMMITTED", 0, False)
    receipt = example.entries()[-1]
    assert receipt.policy_hash == example.system.supervisor.view.policy.id
    denied = example.submit(agent, "transfer", payment("ok"))  # of this moment
    assert (denied.verdict, denied.decision["policies"]) == ("DENY", ["calm"])
    file = tmp_path / "run.proof.json"
    run = str((outcome.result or {})["run"])
    assert logos("run", "prove", run, "--output", file).status == 0
    verified = logos("verify", file, "--json", home=tmp_path / "empty")
    assert (verified.status, verified.document["verified"]) == (0, True), verified
