"""The heist of docs/examples/heist: played once, as a reader would, and then looked at."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.ledger import check_invariants
from logos_graph.settings import Settings
from logos_graph.store import read_state
from logos_graph.wiring import System, open_system, start_database, stop_database
from tests.pages import Command

if TYPE_CHECKING:
    from tests.integration.conftest import Cast, Logos

HEIST = Path(__file__).resolve().parents[2] / "docs" / "examples" / "heist"
STOLEN = 47


@dataclass(frozen=True)
class Played:
    """The story's text, its document, and the home that it left."""

    text: str
    document: Any
    home: Path
    cache: Path

    @property
    def evidence(self) -> Path:
        return self.home / "evidence"

    @property
    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["audit"]["rows"]
        return found

    def check(self, folder: Path) -> subprocess.CompletedProcess[str]:
        """evidence.py on a folder, with no home at all."""
        supervisor = self.document["evidence"]["supervisor"]
        return python("evidence.py", folder, "--supervisor", supervisor, cache=self.cache)


def python(
    script: str, *words: str | Path, cache: Path, home: str = "/nowhere"
) -> subprocess.CompletedProcess[str]:
    """A script of the example, in an environment in which nothing else is named."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("NEO4J_")}
    places = {"LOGOS_HOME": home, "LOGOS_CACHE": str(cache)}
    return subprocess.run(
        [sys.executable, HEIST / script, *words],
        env=kept | places, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def played(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    home = tmp_path_factory.mktemp("the bank") / "its home"
    done = python("heist.py", home, "--json", cache=cache)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return Played(done.stderr, json.loads(done.stdout), home, cache)


@pytest.fixture(scope="module")
def bank(played: Played) -> Iterator[System]:
    """The home that the story left, opened again."""
    settings = Settings(played.home, played.cache, "supervisor", None)
    start_database(settings, lambda _line: None, found=False)
    try:
        with open_system(settings) as system:
            yield system
    finally:
        stop_database(settings)


@pytest.fixture
def copy(played: Played, tmp_path: Path) -> Path:
    """The evidence, for somebody who changes it."""
    return Path(shutil.copytree(played.evidence, tmp_path / "evidence"))


def test_the_story_is_told_as_its_page_shows_it(played: Played) -> None:
    shown = re.search(r"^```text\n(.*?)^```$", (HEIST / "README.md").read_text(), re.M | re.S)
    assert shown is not None
    page = Command("", shown=shown[1].splitlines())
    assert page.prints(played.text), played.text


def test_the_first_are_asked_about_and_then_nobody_is_asked(played: Played) -> None:
    attempts = played.document["attempts"]
    assert [each["minute"] for each in attempts] == [*range(STOLEN)]
    assert sum(each["amount"] for each in attempts) == 2_300_000
    assert [each["decision"] for each in attempts] == ["REQUIRE"] * 3 + ["DENY"] * 44
    assert {rule for each in attempts[:3] for rule in each["rules"]} == {"beyond-the-limit"}
    assert all("trust-is-spent" in each["rules"] for each in attempts[3:])


def test_the_forty_seventh_ghost_opens_the_breaker(played: Played) -> None:
    alarms = [
        (each["pattern"], each["count"], each["status"]) for each in played.document["alarms"]
    ]
    assert alarms == [("RepeatedDenials", 6, "noted"), ("Burst", 47, "open")]
    after = json.loads(played.rows[-1]["cause"])
    assert (len(played.rows), after["reason"]) == (STOLEN + 1, "CircuitBreakerOpen")


def test_one_query_answers_who_what_when_and_on_what_authority(played: Played) -> None:
    for row in played.rows:
        assert (row["who"], row["roles"], row["registered_by"]) == (
            "assistant-7x3k", ["assistant"], "supervisor",
        )  # fmt: skip
        assert (row["policy_by"], row["policy_consents"]) == ("supervisor", ["treasury-1"])
        assert (row["ended"], row["receipts"], row["runs"]) == ("GHOST", 0, 0)
        assert row["registered_entry"] < row["policy_entry"] < row["entry"] < row["ended_entry"]
        assert json.loads(row["this"])["from"] == "account:operating"
    assert [row["answers"] for row in played.rows[:4]] == [["treasury-1: refusal"]] * 3 + [[]]
    assert [row["when"][11:16] for row in played.rows[:2]] == ["14:23", "14:24"]
    intents = [each["intent"] for each in played.document["attempts"]]
    assert [row["cid"] for row in played.rows[:STOLEN]] == intents


def test_nothing_moved_in_the_graph_that_is_left(played: Played, bank: System) -> None:
    held = bank.reader.rows("read/stored_value_page", prefix="", after="", limit=100)
    assert [row["key"] for row in held] == ["account:operating", "account:supplier:north"]
    entries = {row["index"] for row in held}
    assert max(entries) < min(row["entry"] for row in played.rows)  # written before, never since
    moved = bank.reader.rows("read/counts")[0]["runs"]
    assert moved == 1 + 5  # an account was opened, five payments were made
    again = bank.reader.rows("audit/attempts", **played.document["audit"]["parameters"])
    assert again == played.rows


def test_the_ledger_that_is_left_explains_the_whole_graph(
    bank: System, broken: Callable[[System], dict[str, Any]]
) -> None:
    report = check_invariants(bank.store.entries(0), read_state(bank.reader))
    assert report.ok, report
    assert broken(bank) == {}


def test_the_audit_tells_what_was_done_too(bank: System) -> None:
    rows = bank.reader.rows("audit/attempts", who="assistant-7x3k", since=0, until=1 << 62)
    done = [row for row in rows if row["ended"] == "COMMITTED"]
    assert [(row["decision"], row["receipts"], row["runs"]) for row in done] == [
        ("ALLOW", 1, 1)
    ] * 5
    activation, *_ = (
        row
        for row in bank.reader.rows("audit/attempts", who="supervisor", since=0, until=1 << 62)
        if row["verb"] == "policy.activate"
    )
    assert activation["answers"] == ["treasury-1: consent"]
    assert (activation["registered_by"], activation["policy_entry"]) == (None, 0)  # by genesis


def test_the_evidence_is_checked_with_no_database_and_no_home(played: Played) -> None:
    assert played.document["evidence"]["verified"] is True
    done = played.check(played.evidence)
    assert (done.returncode, done.stderr) == (0, "")
    assert "149 entries, and 48 attempts" in done.stdout


def test_evidence_of_another_supervisor_is_none(played: Played) -> None:
    stranger = played.rows[0]["did"]
    done = python("evidence.py", played.evidence, "--supervisor", stranger, cache=played.cache)
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("this", "{}"), ("decision", "ALLOW"), ("answers", []), ("receipts", 1), ("roles", ["x"]),
     ("policy_consents", []), ("when", "2024-03-14T14:23:07.847000001Z"), ("more", 1)],
)  # fmt: skip
def test_an_answer_that_the_entries_do_not_give_is_refused(
    played: Played, copy: Path, field: str, value: object
) -> None:
    answer = json.loads((copy / "attempts.json").read_text())
    answer["rows"][1][field] = value
    (copy / "attempts.json").write_text(json.dumps(answer))
    done = played.check(copy)
    assert done.returncode == 1
    assert f"entry {answer['rows'][1]['entry']} says otherwise" in done.stderr


def test_an_answer_that_leaves_an_attempt_out_is_refused(played: Played, copy: Path) -> None:
    answer = json.loads((copy / "attempts.json").read_text())
    del answer["rows"][-1]
    (copy / "attempts.json").write_text(json.dumps(answer))
    done = played.check(copy)
    assert (done.returncode, "the entries say 48" in done.stderr) == (1, True)


def test_evidence_needs_the_checkpoint_of_these_entries(played: Played, copy: Path) -> None:
    (path,) = (copy / "checkpoints").iterdir()
    note = path.read_text()
    path.write_text(note.replace("\n149\n", "\n148\n"))
    assert "is not the checkpoint" in played.check(copy).stderr
    path.unlink()
    done = played.check(copy)
    assert (done.returncode, "no checkpoint" in done.stderr) == (1, True)


def test_the_policy_decides_its_cases(example: Cast, logos: Logos) -> None:
    done = logos("policy", "test", HEIST / "policy.cases.toml", "--json")
    assert done.status == 0, done
    assert done.document["untested"] == []


@pytest.mark.parametrize("node", ["move-money", "open-account"])
def test_the_examples_in_the_nodes_hold(example: Cast, logos: Logos, node: str) -> None:
    done = logos("node", "test", HEIST / "nodes" / f"{node}.rs")
    assert (done.status, "1 ok, 0 failed" in done.out) == (0, True), done


def test_a_folder_with_something_in_it_is_left_alone(played: Played, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    done = python("heist.py", tmp_path, cache=played.cache)
    assert (done.returncode, "is not empty" in done.stderr) == (2, True)
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]
