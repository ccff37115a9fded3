"""Replays: the first difference between a record and the run again, whatever was changed."""

from dataclasses import replace as changed
from typing import Any

import pytest

from logos_graph.canon import Json, content_id, json_id
from logos_graph.errors import NotVerified
from logos_graph.execution import Aspect, Difference, run_digest
from logos_graph.execution.executor import execute
from logos_graph.execution.plan import Plan
from logos_graph.execution.replay import compare, replay
from logos_graph.graph import parse_type
from tests.execution.bench import Bench, approval


def _recorded(amount: str = "100.00") -> tuple[Bench, Plan, dict[str, Json]]:
    bench = approval()
    ready = bench.plan("approval")
    record = execute(ready, {"amount": amount}, bench)
    return bench, ready, record.to_mutation("01RUN", "b3:intent")


@pytest.mark.parametrize("amount", ["100.00", "-1.00"])
def test_a_replay_of_an_unchanged_run_finds_every_value_the_same(amount: str) -> None:
    bench, ready, mutation = _recorded(amount)
    report = replay(mutation, ready, bench)
    assert report.same
    assert report.values == len(mutation["carried"])  # type: ignore[arg-type]
    assert report.steps == 7


def _difference(bench: Bench, ready: Plan, mutation: dict[str, Json]) -> Difference:
    difference = replay(mutation, ready, bench).difference
    assert difference is not None
    return difference


def test_a_replay_names_the_first_value_that_differs() -> None:
    bench, ready, mutation = _recorded()
    bench.node("size", {"amount": "decimal<2>"}, {"score": "u8"}, lambda amount: {"score": 2})
    found = _difference(bench, ready, mutation)
    assert (found.step, found.port, found.aspect) == ("score/size", "score", Aspect.VALUE)
    assert (found.expected, found.got, found.to) == (1, 2, "score/combine.other")


def test_a_replay_names_a_step_that_is_no_longer_taken() -> None:
    bench, ready, mutation = _recorded()
    steps: Any = mutation["steps"]
    steps[5]["status"] = "done"
    found = _difference(bench, ready, mutation)
    assert (found.step, found.aspect) == ("person", Aspect.STATUS)
    assert (found.expected, found.got) == ("done", "not_taken")


def test_a_replay_names_a_step_that_the_record_does_not_have_or_has_too_much() -> None:
    bench, ready, mutation = _recorded()
    steps: Any = mutation["steps"]
    removed = steps.pop(4)
    found = _difference(bench, ready, mutation)
    assert (found.step, found.expected, found.got) == ("approve", None, "done")
    steps[4:4] = [removed, {**removed, "name": "ghost"}]
    found = _difference(bench, ready, mutation)
    assert (found.step, found.expected, found.got) == ("ghost", "done", None)


def test_a_replay_compares_gas_after_values() -> None:
    bench, ready, mutation = _recorded()
    steps: Any = mutation["steps"]
    steps[3]["gas"] += 1
    found = _difference(bench, ready, mutation)
    assert (found.step, found.aspect) == ("score/combine", Aspect.GAS)
    assert isinstance(found.expected, int)
    assert found.got == found.expected - 1


def test_a_replay_compares_where_values_went() -> None:
    bench, ready, mutation = _recorded()
    carried: Any = mutation["carried"]
    last = carried[-2]
    assert last["to"] == "approve"
    last["to"] = "person"
    found = _difference(bench, ready, mutation)
    assert (found.step, found.port, found.aspect) == ("score/combine", "total", Aspect.CARRIED)
    assert (found.to, found.expected, found.got) == ("approve.score", False, True)


def test_a_replay_compares_the_types_of_values() -> None:
    bench, ready, mutation = _recorded()
    carried: Any = mutation["carried"]
    carried[0]["type"] = parse_type("string").id
    found = _difference(bench, ready, mutation)
    assert (found.step, found.port, found.aspect) == ("input", "amount", Aspect.TYPE)


def test_runs_on_different_inputs_differ_at_the_input() -> None:
    bench, ready, _ = _recorded()
    one, other = (execute(ready, {"amount": amount}, bench) for amount in ("1.00", "2.00"))
    found = compare(one, other).difference
    assert found is not None
    assert found.json == {
        "step": "input",
        "port": "amount",
        "aspect": "value",
        "expected": "1.00",
        "got": "2.00",
        "to": None,
    }


@pytest.mark.parametrize("place", ["carried", "outputs"])
def test_a_replay_compares_every_value_of_the_record(place: str) -> None:
    _, _, whole = _recorded()
    other = json_id(1)  # a value the run does hold, elsewhere
    count = len(whole[place])  # type: ignore[arg-type]
    for index in range(count):
        bench, ready, mutation = _recorded()
        target: Any = mutation[place]
        if place == "outputs":
            target[list(target)[index]] = other
        elif target[index]["cid"] == other:
            target[index]["cid"] = json_id(2)
        else:
            target[index]["cid"] = other
        found = _difference(bench, ready, mutation)
        assert found.aspect is Aspect.VALUE


def test_a_replay_compares_how_a_failed_run_ended() -> None:
    bench, ready, mutation = _recorded("-1.00")
    failure: Any = mutation["failure"]
    failure["code"] = "E_NODE_PANIC"
    found = _difference(bench, ready, mutation)
    assert (found.step, found.aspect) == ("check", Aspect.FAILURE)


def test_a_value_stored_under_another_id_is_not_replayed() -> None:
    bench, ready, mutation = _recorded()
    values: Any = mutation["values"]
    values[json_id(1)] = 2
    with pytest.raises(NotVerified) as refused:
        replay(mutation, ready, bench)
    assert refused.value.code == "E_RUN_VALUE"


def test_a_run_of_another_flow_is_not_replayed() -> None:
    bench, ready, mutation = _recorded()
    with pytest.raises(NotVerified) as refused:
        replay(mutation, changed(ready, flow=content_id(b"other")), bench)
    assert refused.value.code == "E_RUN_FLOW"


def test_what_is_no_run_is_not_replayed() -> None:
    bench, ready, whole = _recorded()
    wrongs: list[Json] = [None, 1, "x", [1], {"x": 1}]
    for key in ("flow", "steps", "carried", "values", "inputs", "outputs", "failure", "status"):
        for wrong in wrongs:
            if (key, wrong) == ("failure", None):
                continue
            with pytest.raises(NotVerified):
                replay({**whole, key: wrong}, ready, bench)
        with pytest.raises(NotVerified):
            replay({name: value for name, value in whole.items() if name != key}, ready, bench)


def test_a_replay_tells_the_digest_of_the_whole_record() -> None:
    bench, ready, mutation = _recorded()
    assert replay(mutation, ready, bench).digest == json_id(mutation) == run_digest(mutation)


def test_a_difference_that_nothing_else_shows_is_one_of_the_digest() -> None:
    bench, ready, mutation = _recorded()
    mutation["more"] = 1
    found = _difference(bench, ready, mutation)
    assert (found.step, found.aspect, found.expected) == (
        "output",
        Aspect.DIGEST,
        json_id(mutation),
    )
    carried: Any = mutation["carried"]
    del mutation["more"]
    carried.reverse()
    assert _difference(bench, ready, mutation).aspect is Aspect.DIGEST


def test_a_reason_that_is_worded_anew_is_no_difference() -> None:
    bench, ready, mutation = _recorded("-1.00")
    failure: Any = mutation["failure"]
    failure["reason"] = "as an earlier version put it"
    report = replay(mutation, ready, bench)
    assert report.same
    assert report.digest == json_id(mutation)
