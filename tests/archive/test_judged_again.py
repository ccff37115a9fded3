"""An export's decisions are made again: who keeps a ledger cannot hand out one that tells lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from logos_graph.archive import verify_archive
from logos_graph.canon import Json
from logos_graph.cli.main import logos as program
from logos_graph.cli.program import run_program
from tests.archive.conftest import exported
from tests.ledger.conftest import SUPERVISOR
from tests.supervisor.guarded import Guarded, at_of, decision, retold, settled


@pytest.fixture(scope="module")
def world() -> Guarded:
    """Paid, denied, consented to; not to be changed."""
    made = Guarded()
    made.pay(7)
    made.pay(20_000)
    settled(made)
    return made


def test_one_that_the_gate_wrote_is_sound(world: Guarded, tmp_path: Path) -> None:
    exported(world, world.entries(), tmp_path)
    report = verify_archive(tmp_path, SUPERVISOR.did)
    assert report.ok, report.checked.json
    assert "decisions of the policy made again" in report.checked.I2.note


def test_a_decision_that_no_policy_made_is_told_by_its_index(
    world: Guarded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = at_of(world, world.entries()[-1].body["intent"])
    weaker = decision(world, at, quorum={"kind": "KOfN", "k": 1})
    exported(world, retold(world.entries(), at, weaker), tmp_path)
    assert run_program(program, "logos", ["verify", str(tmp_path), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    checks = {each["name"]: each for each in document["invariants"]}
    assert [name for name, each in checks.items() if each["first_offender"]] == ["I2"]
    offender = checks["I2"]["first_offender"]
    assert (offender["index"], offender["field"]) == (at, "body.decision")
    assert offender["expected"]["quorum"] == {"kind": "KOfN", "k": 2}
    assert offender["found"]["quorum"] == {"kind": "KOfN", "k": 1}


def test_a_trajectory_that_was_not_is_told_without_a_database(
    world: Guarded, tmp_path: Path
) -> None:
    intents = [each for each in world.entries() if each.kind == "intent"]
    at = intents[-1].index
    known: Any = intents[-1].body["decision"]
    context: dict[str, Json] = {
        **known["context"], "trajectory": {**known["context"]["trajectory"], "acts": 999},
    }  # fmt: skip
    exported(world, retold(world.entries(), at, decision(world, at, context=context)), tmp_path)
    report = verify_archive(tmp_path, None)
    assert not report.ok
    offender = report.checked.I4.first_offender
    assert offender is not None
    assert (offender.index, offender.field) == (at, "body.decision.context.trajectory")
    assert {each.name for each in report.checked.checks if each.first_offender} == {"I4"}
