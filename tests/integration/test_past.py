"""logos at INDEX: commands print what they printed when that entry was the last one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from logos_graph.canon import Json
from logos_graph.cli.past import past_settings, stop_past
from logos_graph.logline import format_when
from logos_graph.settings import Settings
from logos_graph.store import read_state
from logos_graph.wiring import System, open_system
from tests.integration.asking import COUNTS, join, publish, revoke
from tests.integration.conftest import EXAMPLE, Cast, Logos
from tests.integration.publishing import draft, published

READ = (
    "node list", "flow list", "run list", "capability list --all", "kv list", "policy show",
    "verb list", "ghost list", "consent list", "node drafts",
    "ledger show --first 0 --limit 10000",
)  # fmt: skip


@dataclass
class Moment:
    """An entry that was the last one, and what was printed then."""

    index: int
    printed: dict[str, Any] = field(default_factory=dict)
    state: Any = None


def printed(logos: Logos, *before: str) -> dict[str, Any]:
    """What every command above prints."""
    found = {}
    for words in READ:
        ended = logos(*before, *words.split(), "--json")
        assert ended.status == 0, ended
        found[words] = ended.document
    return found


@pytest.fixture(scope="module")
def moments(example: Cast, settings: Settings) -> Iterator[list[Moment]]:
    """Three moments, between which everything that can move has moved."""
    from tests.integration.conftest import logos_of

    logos, found = logos_of(settings), list[Moment]()

    def now() -> None:
        head = example.system.reader.head()
        assert head is not None
        state = read_state(example.system.reader)
        found.append(Moment(head.index, printed(logos), state))

    tally: dict[str, Json] = {"namespace": "past", "write": True}
    publish(example, "past-counts", COUNTS, {"kv": tally})
    flow = join(example, "past-flow", "past-counts", "past-counts")
    node, locked = (published(example, name, f"value + {add}") for name, add in
                    (("past-node", 901), ("past-locked", 902)))  # fmt: skip
    run(example, flow, 1)
    now()
    published(example, "past-node", "value + 903")  # the name moves
    submitted(example, "node.deprecate", {"node": node, "reason": "it is old"})
    promoted: dict[str, Json] = {"node": locked, "reason": "it is good"}
    waiting = example.submit(example.operator, "node.promote", promoted)
    now()
    (settled,) = example.consent(example.treasury[0], waiting).settled
    assert settled.status == "COMMITTED", settled
    for value in (2, 1000):  # the second one fails
        run(example, flow, value)
    join(example, "past-flow", "past-counts", "past-node")
    draft(example, "this is no Rust", "past-draft")
    example.activate((EXAMPLE / "policy.cedar").read_text() + "// another one\n")
    assert example.submit(example.agent, "policy.activate", {"text": "x"}).status == "GHOST"
    counts = example.system.reader.resolve("past-counts", ("Node",))
    held = example.system.reader.rows("read/grants_in_force", node=None)
    revoke(example, next(row["grant"] for row in held if row["node"] == counts))
    now()
    example.activate((EXAMPLE / "policy.cedar").read_text())
    denied = example.submit(example.operator, "flow.run", {"flow": flow, "inputs": {"value": 3}})
    assert denied.decision["reason"] == "CapabilityMissing", denied
    try:
        yield found
    finally:
        stop_past(settings)


def run(example: Cast, flow: str, value: int) -> None:
    submitted(example, "flow.run", {"flow": flow, "inputs": {"value": value}})


def submitted(example: Cast, verb: str, this: dict[str, Json]) -> None:
    outcome = example.submit(example.operator, verb, this)
    assert outcome.status == "COMMITTED", outcome


def test_commands_print_what_they_printed_then(
    example: Cast, moments: list[Moment], logos: Logos, settings: Settings
) -> None:
    assert len({str(each.printed[words]) for each in moments for words in ("node list",)}) > 1
    for moment in (moments[1], moments[2], moments[0]):  # on, and back
        assert printed(logos, "at", str(moment.index)) == moment.printed
        with open_system(past_settings(settings)) as past:
            assert read_state(past.reader) == moment.state
            assert list(past.store.entries(0)) == example.entries()[: moment.index + 1]
            assert list(past.keys) == []
        verified = logos("at", str(moment.index), "ledger", "verify", "--json")
        assert verified.status == 0, verified
        assert verified.document["entries"] == moment.index + 1
    status = logos("status", "--json").document
    assert status["past"]["state"] == "running"
    assert "past" in logos("status").out
    assert status["ledger"]["index"] > moments[2].index  # the present is where it was


def test_a_run_of_the_past_is_shown_and_replayed_there(
    moments: list[Moment], logos: Logos, system: System
) -> None:
    moment = moments[1]
    runs = moment.printed["run list"]["runs"]
    identity = next(each["run"] for each in runs if each["status"] == "done")
    shown = logos("at", str(moment.index), "run", "show", identity).out
    assert shown == logos("run", "show", identity).out
    assert logos("at", str(moment.index), "run", "replay", identity).status == 0
    every: dict[str, Any] = {
        "flow": None, "status": None, "who": None, "since": 0, "until": 2**63 - 1,
    }  # fmt: skip
    youngest = system.reader.rows("read/run_list", limit=1, **every)[0]["run"]
    later = logos("at", str(moment.index), "run", "show", youngest, "--json")
    assert later.document["error"]["code"] == "E_UNKNOWN_RUN"


def test_a_moment_stands_for_the_last_entry_before_it(
    example: Cast, moments: list[Moment], logos: Logos
) -> None:
    entry = example.system.store.entry(moments[1].index)
    assert entry is not None
    then = format_when(entry.recorded_at + 1000)[:26] + "Z"  # to the microsecond, as it is told
    found = logos("at", "--time", then, "status", "--json")
    assert found.status == 0, found
    assert found.document["ledger"]["index"] == moments[1].index
    for moment in ("1970-01-02T00:00Z", "2026-11-01T00:00", "yesterday"):
        refused = logos("at", "--time", moment, "status", "--json")
        assert (refused.status, refused.document["error"]["code"]) == (2, "E_AT_TIME"), refused


def test_an_entry_that_there_is_not_yet_is_refused(moments: list[Moment], logos: Logos) -> None:
    refused = logos("at", "1000000", "status", "--json")
    assert (refused.status, refused.document["error"]["code"]) == (2, "E_AT_INDEX")
    assert refused.document["error"]["last"] >= moments[2].index


def test_the_past_is_stopped_and_started_again(moments: list[Moment], logos: Logos) -> None:
    index = str(moments[0].index)
    assert logos("at", index, "run", "list").status == 0
    assert logos("at", "--stop", "--json").document == {"stopped": True}
    assert logos("at", "--stop", "--json").document == {"stopped": False}
    assert logos("status", "--json").document["past"]["state"] == "stopped"
    assert logos("at", index, "run", "list", "--json").document == moments[0].printed["run list"]


def test_the_past_of_another_server_s_ledger_lies_in_this_home_and_ends_with_it(
    example: Cast, moments: list[Moment], logos: Logos, tmp_path: Path
) -> None:
    given, home = example.system.connection, tmp_path / "home"
    there = {
        "NEO4J_URI": given.uri, "NEO4J_USERNAME": given.username, "NEO4J_PASSWORD": given.password,
    }  # fmt: skip
    index = str(moments[0].index)
    try:
        found = logos("at", index, "run", "list", "--json", home=home, **there)
        assert found.document == moments[0].printed["run list"], found
    finally:
        assert logos("down", "--json", home=home).document == {"stopped": False}
    assert logos("at", "--stop", "--json", home=home, **there).document == {"stopped": False}


def test_moments_are_apart(moments: list[Moment]) -> None:
    assert moments[0].index < moments[1].index < moments[2].index < time.time_ns()
    assert moments[0].state != moments[1].state != moments[2].state
