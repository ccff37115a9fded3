"""What an intent binds itself to is carried out: each action, for each case, as entries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.errors import Rejected
from logos_graph.ledger import retry_delay_ns
from logos_graph.logline import parse_when
from tests.integration.asking import check_ledger, grant, revoke
from tests.integration.flaky import Flaky, flaky, wait

if TYPE_CHECKING:
    from pathlib import Path

    from logos_graph.canon import ContentId, Json
    from logos_graph.identity import Signer
    from logos_graph.ledger import Entry
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast, Logos


@pytest.fixture(scope="module")
def odd(example: Cast) -> Iterator[Flaky]:
    with flaky(example) as made:
        yield made


@pytest.fixture(autouse=True)
def ledger_holds(example: Cast) -> Iterator[None]:
    yield
    check_ledger(example.system)


def told(cast: Cast, intent: ContentId) -> list[Entry]:
    """Every entry about an intent, its own included."""
    return [
        entry
        for entry in cast.verified()
        if intent in (entry.body.get("intent"), entry.body.get("cid"))
    ]


def kinds(cast: Cast, intent: ContentId) -> list[str]:
    return [entry.kind.value for entry in told(cast, intent)]


def ghostly(cast: Cast, **commitments: str) -> Outcome:
    """An intent that is denied at once."""
    bound = {"if_ok": "abort", "if_doubt": "abort", "if_not": "abort", **commitments}
    signed = cast.system.compose(cast.agent, "principal.register", {"did": "x"}, **bound)
    return cast.system.supervisor.execute(signed)


def code(outcome: Outcome) -> str:
    assert outcome.status == "GHOST", outcome
    assert outcome.error is not None
    return outcome.error.code


def finish(odd: Flaky) -> None:
    """Whatever another process left to be attempted comes to its end."""
    supervisor = odd.cast.system.supervisor
    supervisor.catch_up()
    now = supervisor.due()
    for intent in (*now.asleep, *now.attempts):
        assert wait(odd.cast.system, supervisor.resume(intent)).status == "COMMITTED"


def answer(cast: Cast, who: Any, intent: str, **more: Json) -> Outcome:
    return cast.submit(who, "escalation.resolve", {"intent": intent, "answer": "accepted", **more})


# retry --------------------------------------------------------------------------------------------


def test_a_run_that_failed_is_made_again_until_it_is_done(odd: Flaky) -> None:
    odd.answers(503, 503)
    outcome = odd.run(if_not="retry:2", if_ok="emit:paid@bank")
    assert (outcome.status, outcome.result) == ("PENDING", None)
    waiting: Any = outcome.waiting
    assert (waiting["for"], waiting["attempt"], waiting["of"]) == ("retry", 1, 2)
    assert waiting["failure"]["code"] == "E_NODE_FAILED"
    ended = wait(odd.cast.system, outcome)
    assert (ended.status, ended.consequence) == ("COMMITTED", "if_ok"), ended
    assert ended.result is not None
    assert (ended.result["attempts"], odd.server.calls) == (3, 3)
    entries = told(odd.cast, ended.intent)
    effect = ["effect", "outcome"]
    assert [entry.kind.value for entry in entries] == [
        "intent", *effect, "attempt", "claim", *effect, "attempt", "claim", *effect, "receipt",
    ]  # fmt: skip
    assert [e.body["number"] for e in entries if e.kind.value == "effect"] == [1, 2, 3]
    for entry in entries:
        if entry.kind.value == "attempt":
            number: Any = entry.body["number"]
            due = entry.recorded_at + retry_delay_ns(number)
            assert parse_when(entry.body["next_at"]) == due


def test_after_as_many_attempts_as_were_signed_it_has_failed(odd: Flaky) -> None:
    odd.answers(503, 503, 503)
    ended = wait(odd.cast.system, odd.run(if_not="retry:1"))
    assert (ended.status, ended.consequence, ended.commitment) == (
        "COMMITTED", "if_not", "retry:1",
    )  # fmt: skip
    assert ended.failed
    assert ended.result is not None
    assert (ended.result["attempts"], odd.server.calls) == (2, 2)
    assert ended.result["failure"]["code"] == "E_NODE_FAILED"  # type: ignore[index,call-overload]


def test_a_run_that_asked_nobody_would_fail_the_same_and_ends_at_once(odd: Flaky) -> None:
    ended = odd.run("refuses", if_not="retry:3")
    assert (ended.status, ended.consequence) == ("COMMITTED", "if_not")
    assert kinds(odd.cast, ended.intent) == ["intent", "receipt"]
    assert "attempts" not in (ended.result or {})


def test_a_run_that_is_refused_for_good_is_not_made_again(odd: Flaky) -> None:
    odd.answers(503)
    outcome = odd.run(if_not="retry:5")
    node = odd.cast.system.reader.resolve("posts", ("Node",))
    held = [
        str(identity)
        for identity, each in odd.cast.system.supervisor.view.grants.items()
        if each["node"] == node
    ]
    (before,) = [odd.cast.system.supervisor.view.grants[each] for each in held]  # type: ignore[index]
    revoke(odd.cast, held[0])
    ended = wait(odd.cast.system, outcome)
    limits: Any = before["limits"]
    grant(odd.cast, node, "http", **limits)
    assert (ended.consequence, odd.server.calls) == ("if_not", 1)
    assert ended.result is not None
    assert ended.result["attempts"] == 2
    assert ended.result["failure"]["code"] == "E_GRANT_REVOKED"  # type: ignore[index,call-overload]


@pytest.mark.parametrize("case", ["if_ok", "if_doubt"])
def test_retry_of_another_case_does_nothing(odd: Flaky, case: str) -> None:
    odd.answers(503)
    ended = odd.run(**{case: "retry:3"})
    assert (ended.status, ended.consequence) == ("COMMITTED", "if_not")
    assert kinds(odd.cast, ended.intent)[-1] == "receipt"
    assert odd.run(**{case: "retry:3"}).consequence == "if_ok"


def test_a_ghost_is_never_made_again_for_nothing_of_it_began(example: Cast) -> None:
    ended = ghostly(example, if_not="retry:3")
    assert (ended.status, ended.commitment) == ("GHOST", "retry:3")
    assert kinds(example, ended.intent) == ["intent", "ghost"]


def test_a_command_says_that_it_waits_and_waits_if_it_is_asked_to(
    odd: Flaky, logos: Logos, tmp_path: Path
) -> None:
    given = tmp_path / "in.json"
    given.write_text('{"value": 1}')
    words = ("run", "posts-it", "--input", given, "--if-not", "retry:1")
    odd.answers(503)
    left = logos(*words, "--json")
    assert (left.status, left.document["status"]) == (4, "PENDING")
    assert left.document["waiting"]["of"] == 1
    finish(odd)
    odd.answers(503)
    assert "1 of 1" in logos(*words).out
    finish(odd)
    odd.answers(503)
    done = logos(*words, "--wait", "--json")
    assert (done.status, done.document["status"]) == (0, "done")
    assert done.document["waiting"] is None
    proof = tmp_path / "run.proof.json"
    assert logos("run", "prove", done.document["run"], "--output", proof).status == 0
    assert logos("verify", proof, "--json").document["verified"]


# escalate -----------------------------------------------------------------------------------------


def test_an_end_that_escalates_is_open_until_somebody_who_may_answers_it(example: Cast) -> None:
    ended = ghostly(example, if_not="escalate:approver")
    assert kinds(example, ended.intent) == ["intent", "ghost", "escalation"]
    intent = ended.intent
    assert code(answer(example, example.operator, intent)) == "E_ESCALATION_ROLE"
    assert code(answer(example, example.agent, intent)) == "E_ESCALATION_OWN"
    assert code(answer(example, example.treasury[0], intent, by_intent="b3:" + 64 * "0")) == (
        "E_UNKNOWN_INTENT"
    )
    closed = answer(example, example.treasury[0], intent, note="seen", by_intent=intent)
    assert closed.status == "COMMITTED", closed
    assert code(answer(example, example.treasury[1], intent)) == "E_ESCALATION_CLOSED"
    assert code(answer(example, example.treasury[1], closed.intent)) == "E_ESCALATION_UNKNOWN"
    (row,) = example.system.reader.rows("read/escalations", id=intent, status=None, limit=1)
    assert (row["status"], row["answer"], row["note"]) == ("resolved", "accepted", "seen")
    assert row["resolved_by"] == "treasury-1"


@pytest.fixture(scope="module")
def hermit(example: Cast) -> Signer:
    """Somebody who alone holds a role."""
    return example.register("hermit", ["hermit"], "agent")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("if_ok", "escalate:nobody-has-this"),
        ("if_doubt", "escalate:hermit"),
        ("if_not", "escalate:hermit@hermit"),
        ("if_not", "escalate:approver@nobody-of-this-name"),
    ],
)
def test_an_escalation_to_nobody_is_refused_and_nothing_is_recorded(
    example: Cast, hermit: Signer, field: str, text: str
) -> None:
    """Nor does it tell what policy would have said: the act would be denied."""
    bound = {"if_ok": "abort", "if_doubt": "abort", "if_not": "abort", field: text}
    signed = example.system.compose(hermit, "principal.register", {"did": "x"}, **bound)
    before = len(example.entries())
    with pytest.raises(Rejected) as refused:
        example.system.supervisor.execute(signed)
    assert refused.value.code == "E_COMMITMENT_NOBODY"
    assert (refused.value.data["field"], refused.value.data["commitment"]) == (field, text)
    assert "logos key list" in refused.value.hint
    assert len(example.entries()) == before


def test_what_was_recorded_is_told_though_nobody_holds_the_role_any_more(
    example: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same intent once more is no new one: it is said how it stands."""
    signed = example.system.compose(
        example.agent, "principal.register", {"did": "x"},
        if_ok="abort", if_doubt="escalate:approver", if_not="abort",
    )  # fmt: skip
    ended = example.system.supervisor.execute(signed)
    gone = example.system.supervisor.view.principals
    for signer in example.treasury:
        gone = gone.discard(signer.did)
    monkeypatch.setattr(example.system.supervisor.view, "principals", gone)
    again = example.system.supervisor.execute(signed)
    assert (again.repeated, again.status, again.cause) == (True, "GHOST", ended.cause)


def test_a_command_whose_author_is_the_only_operator_does_not_escalate_to_itself(
    example: Cast, logos: Logos, tmp_path: Path
) -> None:
    given = tmp_path / "in.json"
    given.write_text('{"value": 1}')
    words = ("run", "posts-it", "--input", given)
    refused = logos(*words, "--if-not", "escalate:hermits", "--json")
    assert (refused.status, refused.document["error"]["code"]) == (1, "E_COMMITMENT_NOBODY")
    for who, doubt in (("supervisor", "emit:flow.run.doubted"), ("agent-1", "escalate:operator")):
        outcome = logos(*words, "--as", who, "--json").document
        example.system.supervisor.catch_up()
        body: Any = told(example, outcome["intent"])[0].body
        assert body["intent"]["logline"]["if_doubt"] == doubt


def test_the_target_of_an_escalation_may_answer_it_by_its_name(example: Cast) -> None:
    intent = ghostly(example, if_not="escalate:nobody-has-this@supervisor").intent
    assert code(answer(example, example.treasury[0], intent)) == "E_ESCALATION_ROLE"
    assert answer(example, example.operator, intent).status == "COMMITTED"


@pytest.mark.parametrize(("statuses", "case"), [((), "if_ok"), ((503,), "if_not")])
def test_a_run_escalates_with_its_receipt(odd: Flaky, statuses: tuple[int, ...], case: str) -> None:
    odd.answers(*statuses)
    ended = odd.run(**{case: "escalate:approver@treasury-1"})
    assert ended.consequence == case
    assert kinds(odd.cast, ended.intent)[-2:] == ["receipt", "escalation"]
    assert answer(odd.cast, odd.cast.treasury[1], ended.intent).status == "COMMITTED"


def test_after_the_last_attempt_an_end_in_another_case_escalates(odd: Flaky) -> None:
    odd.answers(503)
    outcome = odd.run(if_not="retry:1", if_ok="escalate:approver")
    ended = wait(odd.cast.system, outcome)
    assert ended.consequence == "if_ok"
    assert kinds(odd.cast, ended.intent)[-1] == "escalation"


def test_a_consent_that_is_refused_escalates(example: Cast, payment: Callable[[str], Any]) -> None:
    signed = example.system.compose(
        example.operator, "policy.activate", {"text": "permit (principal, action, resource);\n"},
        if_ok="emit:a", if_doubt="abort", if_not="escalate:treasury",
    )  # fmt: skip
    waiting = example.system.supervisor.execute(signed)
    assert waiting.status == "PENDING", waiting
    this: dict[str, Json] = {"intent": waiting.intent, "reason": "no"}
    assert example.submit(example.treasury[0], "consent.refuse", this).status == "COMMITTED"
    assert kinds(example, waiting.intent)[-3:] == ["refusal", "ghost", "escalation"]


def test_a_receipt_of_a_plain_verb_escalates(example: Cast) -> None:
    drafted = example.system.compose(
        example.operator, "node.draft", {"name": "bad", "source": "fn"},
        if_ok="escalate:approver", if_doubt="abort", if_not="abort",
    )  # fmt: skip
    ended = example.system.supervisor.execute(drafted)
    assert kinds(example, ended.intent) == ["intent", "receipt", "escalation"]


def test_the_commands_list_show_and_answer(example: Cast, logos: Logos) -> None:
    intent = ghostly(example, if_not="escalate:approver").intent
    listed = logos("escalation", "list", "--open", "--json")
    found = {each["intent"]: each for each in listed.document["escalations"]}
    assert found[intent]["held_by"] == ["treasury-1", "treasury-2"]
    words = ("escalation", "resolve", intent, "--answer", "rejected", "--note", "not so")
    assert logos(*words, "--as", "agent-1").status == 1
    assert logos(*words, "--as", "treasury-2").status == 0
    shown = logos("escalation", "show", intent[:20], "--json").document
    assert (shown["status"], shown["answer"], shown["resolved_by"]) == (
        "resolved", "rejected", "treasury-2",
    )  # fmt: skip
    assert "rejected" in logos("escalation", "show", intent).out
    assert intent not in json.dumps(logos("escalation", "list", "--open", "--json").document)


# emit, abort --------------------------------------------------------------------------------------


@pytest.mark.parametrize("commitment", ["emit:done@bank", "abort"])
def test_emit_and_abort_are_the_end_itself(odd: Flaky, commitment: str) -> None:
    odd.answers()
    done = odd.run(if_ok=commitment)
    odd.answers(503)
    failed = odd.run(if_not=commitment)
    ghost = ghostly(odd.cast, if_not=commitment)
    for ended in (done, failed, ghost):
        assert ended.commitment == commitment
        assert kinds(odd.cast, ended.intent)[-1] in ("receipt", "ghost")
