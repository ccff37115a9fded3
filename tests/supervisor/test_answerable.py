"""Commitments are checked before anything is recorded: each names somebody who could keep them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import content_id
from logos_graph.errors import Rejected
from logos_graph.identity import Signer
from logos_graph.ledger import Head, SupervisorKeys
from logos_graph.ledger.merkle import Frontier
from logos_graph.logline import LogLine, Status, parse_commitment
from logos_graph.supervisor.answerable import check_commitments, may_answer, usual_doubt
from logos_graph.supervisor.ports import Snapshot
from logos_graph.supervisor.view import View
from tests.supervisor.paper import PERMIT

NOW = 1_790_000_000_000_000_000
BOSS, OLD, ANN, BOB = (Signer.from_seed(bytes([number]) * 32).did for number in (1, 2, 3, 4))
STRANGER = Signer.from_seed(bytes(range(32))).did


def view(**people: list[str]) -> View:
    """The supervisor, a key of it that was rotated out, and these people with their roles."""
    dids = {"ann": ANN, "bob": BOB}
    told: list[dict[str, Any]] = [
        {"did": OLD, "name": "supervisor", "type": "supervisor", "roles": ["operator"]},
        {"did": BOSS, "name": "supervisor", "type": "supervisor", "roles": ["operator"]},
        *(
            {"did": dids[name], "name": name, "type": "person", "roles": roles}
            for name, roles in people.items()
        ),
    ]
    tree = Frontier()
    tree.append(bytes(32))
    snapshot = Snapshot(
        head=Head("main", 0, content_id(b"genesis"), NOW), peaks=tree.peaks,
        keys=SupervisorKeys((OLD, BOSS), (0, 0)),
        principals=[{"kind": "principal", **each} for each in told],
        verbs=[], policy=PERMIT, pending=[],
    )  # fmt: skip
    return View(snapshot)


def line(who: Any, **fields: str) -> LogLine:
    bound = {
        name: parse_commitment(fields.get(name, "abort"))
        for name in ("if_ok", "if_doubt", "if_not")
    }
    return LogLine(
        who=who, did="transfer", this={}, when=NOW, confirmed_by=None, status=Status.PENDING,
        **bound,
    )  # fmt: skip


def code(who: Any, text: str, field: str = "if_not", **people: list[str]) -> str | None:
    """What becomes of a commitment; it must say which field it was."""
    refused: Rejected | None = None
    try:
        check_commitments(line(who, **{field: text}), view(**people))
    except Rejected as found:
        refused = found
    if refused is None:
        return None
    assert refused.data == {"field": field, "commitment": text}
    assert refused.hint
    return refused.code


@pytest.mark.parametrize("field", ["if_ok", "if_doubt", "if_not"])
def test_an_escalation_to_a_role_that_nobody_holds_is_refused_in_each_case(field: str) -> None:
    assert code(ANN, "escalate:treasury", field, ann=["agent"]) == "E_COMMITMENT_NOBODY"
    assert code(ANN, "escalate:treasury", field, ann=["agent"], bob=["treasury"]) is None


def test_an_escalation_that_only_its_author_could_answer_is_one_to_nobody() -> None:
    assert code(ANN, "escalate:treasury", ann=["treasury"]) == "E_COMMITMENT_NOBODY"
    assert code(BOSS, "escalate:operator") == "E_COMMITMENT_NOBODY"
    assert code(BOSS, "escalate:operator", ann=["operator"]) is None


def test_a_retired_key_of_the_supervisor_is_nobody() -> None:
    assert code(BOSS, f"escalate:operator@{OLD}") == "E_COMMITMENT_NOBODY"
    assert code(BOSS, "escalate:operator@supervisor") == "E_COMMITMENT_NOBODY"
    assert code(ANN, "escalate:operator@supervisor", ann=[]) is None
    assert code(ANN, f"retry:1@{OLD}", ann=[]) == "E_COMMITMENT_TARGET"


@pytest.mark.parametrize("target", ["bob", BOB])
def test_a_target_is_somebody_by_did_or_name_whatever_the_role(target: str) -> None:
    assert code(ANN, f"escalate:nobody-has-this@{target}", ann=[], bob=[]) is None
    assert code(ANN, f"escalate:agent@{target}", ann=[]) == "E_COMMITMENT_NOBODY"


def test_a_target_that_is_nobody_is_refused_though_others_hold_the_role() -> None:
    for target, found in (
        ("carol", "E_COMMITMENT_NOBODY"), ("ann", "E_COMMITMENT_NOBODY"), ("bob", None),
    ):  # fmt: skip
        assert code(ANN, f"escalate:agent@{target}", ann=["agent"], bob=["agent"]) == found


def test_an_event_may_be_for_a_reader_that_is_no_principal_but_not_for_an_unknown_did() -> None:
    assert code(ANN, "emit:paid@bank", ann=[]) is None
    assert code(ANN, f"emit:paid@{ANN}", ann=[]) is None
    assert code(ANN, f"emit:paid@{STRANGER}", ann=[]) == "E_COMMITMENT_TARGET"


@pytest.mark.parametrize("text", ["retry:3", "abort"])
def test_the_target_of_another_commitment_is_a_principal_or_a_role(text: str) -> None:
    assert code(ANN, text, ann=[]) is None
    assert code(ANN, f"{text}@bank", ann=[]) == "E_COMMITMENT_TARGET"
    for known in ("ann", ANN, "agent"):
        assert code(ANN, f"{text}@{known}", ann=["agent"]) is None


def test_whoever_does_not_say_escalates_to_the_operators_unless_it_is_the_only_one() -> None:
    assert usual_doubt(view(ann=[]), ANN, "transfer") == "escalate:operator"
    assert usual_doubt(view(ann=[]), BOSS, "transfer") == "emit:transfer.doubted"
    assert usual_doubt(view(ann=["operator"]), BOSS, "transfer") == "escalate:operator"


@given(
    who=st.sampled_from([BOSS, ANN, BOB]),
    roles=st.lists(st.lists(st.sampled_from(["a", "b"]), max_size=2), min_size=2, max_size=2),
    handler=st.sampled_from(["a", "b", "operator"]),
    target=st.sampled_from([None, "ann", "bob", "supervisor", "carol", ANN, BOSS, OLD]),
)
def test_what_is_admitted_is_what_somebody_else_may_answer(
    who: Any, roles: list[list[str]], handler: str, target: str | None
) -> None:
    """The check at submission never admits what the answering verb would refuse to everybody."""
    seen = view(ann=roles[0], bob=roles[1])
    text = f"escalate:{handler}" + ("" if target is None else f"@{target}")
    able = {
        did for did in (BOSS, ANN, BOB) if did != who and may_answer(seen, did, handler, target)
    }
    admitted = code(who, text, ann=roles[0], bob=roles[1]) is None
    if target is None:
        assert admitted == bool(able)
    elif admitted:
        assert able
        assert any(target in (did, seen.name(did)) for did in able)
    else:
        assert not any(target in (did, seen.name(did)) for did in able)


def test_who_holds_what_follows_the_principals() -> None:
    """A role given later is seen, by the view that it was given on and not by the one before."""
    before = view(ann=[])
    assert before.holders("treasury") == frozenset()
    after = before.fork()
    after._mutate(
        {"kind": "principal", "did": BOB, "name": "bob", "type": "person", "roles": ["treasury"]},
        after.head.index,
    )
    assert after.holders("treasury") == {BOB}
    assert before.holders("treasury") == frozenset()
    assert after.called("bob") == {BOB}
