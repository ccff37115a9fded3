"""What another flow would have said to recorded runs, by the commands, on the real host."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from logos_graph.canon import ContentId, Json
from tests.integration.asking import FLOW, Asking, serving, set_up
from tests.integration.conftest import Cast, Logos
from tests.integration.publishing import published

HALVES = """
[flow]
name = "{name}"
[inputs]
value = "u32"
[placements]
small = "what-small"
large = "what-large"
[[edges]]
from = "input.value"
to = "small.value"
when = {{ below = {limit} }}
[[edges]]
from = "input.value"
to = "large.value"
when = {{ at_least = {limit} }}
[outputs]
out = ["small.out", "large.out"]
"""


@pytest.fixture(scope="module")
def asking(example: Cast) -> Iterator[Asking]:
    with serving() as server:
        yield set_up(example, server)


@pytest.fixture(scope="module")
def versions(example: Cast) -> list[ContentId]:
    """Three flows that were published under one name, and the runs of the first two."""
    for name, add in (("what-small", 1), ("what-large", 2)):
        published(example, name, f"value + {add}")
    found: list[ContentId] = []
    for limit in (10, 20, 40):
        text = HALVES.format(name="what-halves", limit=limit)
        assert example.publish_flow(text, "what-halves").status == "COMMITTED"
        found.append(example.system.reader.resolve("what-halves", ("Flow",)))
        for value in (5, 15, 25, 50) if limit < 40 else ():
            run(example, found[-1], value)
    return found


def run(example: Cast, flow: str, value: int) -> str:
    this: dict[str, Json] = {"flow": flow, "inputs": {"value": value}}
    outcome = example.submit(example.operator, "flow.run", this)
    assert outcome.result is not None, outcome
    return str(outcome.result["run"])


def test_another_flow_is_asked_what_it_would_have_said(
    example: Cast, versions: list[ContentId], logos: Logos
) -> None:
    identity = run(example, versions[0], 15)
    before = example.system.reader.head()
    ended = logos("run", "replay", identity, "--with-flow", "what-halves", "--json")
    assert (ended.status, ended.document["same"]) == (0, False), ended
    assert ended.document["outputs"] == [{"output": "out", "from": 17, "to": 16}]
    assert ended.document["after"] == {"status": "done", "outputs": {"out": 16}}
    assert {each["step"] for each in ended.document["steps"]} == {"small", "large"}
    same = logos("run", "replay", identity, "--with-flow", versions[0], "--json")
    assert (same.status, same.document["same"]) == (0, True)
    shown = logos("run", "replay", identity, "--with-flow", versions[2]).out
    assert "WOULD BE" in shown
    assert example.system.reader.head() == before


def test_a_flow_with_other_inputs_is_refused_with_both(
    example: Cast, versions: list[ContentId], logos: Logos
) -> None:
    identity = run(example, versions[0], 1)
    refused = logos("run", "replay", identity, "--with-flow", "payment-approval", "--json")
    error = refused.document["error"]
    assert (refused.status, error["code"]) == (2, "E_REPLAY_INPUTS")
    assert error["run"] == {"flow": versions[0], "inputs": {"value": "u32"}}
    assert "payment" in error["flow"]["inputs"]


def test_a_backtest_counts_what_would_have_changed(versions: list[ContentId], logos: Logos) -> None:
    found = logos("flow", "backtest", "what-halves", "--since", "1h", "--json").document
    assert found["flows"] == versions[:2]
    assert found["totals"]["runs"] >= 8
    changes = {(each["from"], each["to"]): each["runs"] for each in found["changes"]}
    assert changes["17", "16"] >= 1  # 15, by the first
    assert changes["27", "26"] == 2  # 25, by both
    assert found["totals"]["different"] == sum(changes.values())
    assert found["totals"]["same"] == found["totals"]["runs"] - found["totals"]["different"]
    assert len(found["rows"]) == found["totals"]["runs"]
    only = logos("flow", "backtest", "what-halves", "--only-different", "--limit", "2", "--json")
    assert [row["outcome"] for row in only.document["rows"]] == ["different", "different"]
    assert only.document["totals"] == found["totals"]
    one = logos("flow", "backtest", versions[0], "--flow", versions[1], "--json").document
    assert (one["flows"], one["totals"]["runs"]) == ([versions[1]], 4)
    assert one["changes"] == [{"output": "out", "from": "16", "to": "17", "runs": 1}]
    shown = logos("flow", "backtest", "what-halves").out
    assert "WOULD BE" in shown


def test_a_backtest_needs_something_to_compare_with(
    versions: list[ContentId], asking: Asking, logos: Logos
) -> None:
    alone = logos("flow", "backtest", "ticks-counts", "--json")
    assert (alone.status, alone.document["error"]["code"]) == (1, "E_NO_VERSIONS")
    other = logos("flow", "backtest", "what-halves", "--flow", "payment-approval", "--json")
    assert (other.status, other.document["error"]["code"]) == (2, "E_REPLAY_INPUTS")
    never = logos("flow", "backtest", "what-halves", "--since", "x", "--json")
    assert (never.status, never.document["error"]["code"]) == (2, "E_WHEN")


def test_what_the_record_cannot_answer_is_not_answered_by_anybody_else(
    asking: Asking, logos: Logos
) -> None:
    example, sent = asking.example, list(asking.server.bodies)
    recorded = asking.record(asking.run("ticks-counts"))
    text = FLOW.format(name="what-pays", first="ticks", second="pays")
    assert example.publish_flow(text, "what-pays").status == "COMMITTED"
    ended = logos("run", "replay", str(recorded["id"]), "--with-flow", "what-pays", "--json")
    assert ended.status == 1, ended
    assert ended.document["unanswered"]["code"] == "E_REPLAY_UNANSWERED"
    assert ended.document["unanswered"]["step"] == "second"
    words = ("flow", "backtest", "what-pays", "--flow", "ticks-counts", "--limit", "100000")
    found = logos(*words, "--json").document
    assert found["totals"]["unanswered"] >= 1
    # A run that failed in its first step never came to what the record cannot answer.
    of = {row["outcome"] for row in found["rows"] if row["status"]["from"] == "done"}
    assert of == {"unanswered"}
    assert asking.server.bodies == sent


def test_recorded_answers_serve_a_flow_that_asks_elsewhere(asking: Asking, logos: Logos) -> None:
    recorded = asking.record(asking.run("ticks-counts"))
    text = FLOW.format(name="what-moved", first="ticks", second="counts").replace("first", "early")
    assert asking.example.publish_flow(text, "what-moved").status == "COMMITTED"
    ended = logos("run", "replay", str(recorded["id"]), "--with-flow", "what-moved", "--json")
    assert (ended.status, ended.document["same"]) == (0, True), json.dumps(ended.document)
