"""A run as `run show` prints it: nested, and as JSON from which both forms can be derived."""

from __future__ import annotations

from logos_graph.canon import Json, json_id
from logos_graph.cli.run_show import nested_rows, shown_run
from logos_graph.execution.executor import execute
from tests.execution.bench import approval


def recorded(amount: str) -> dict[str, Json]:
    bench = approval()
    record = execute(bench.plan("approval"), {"amount": amount}, bench)
    return record.to_mutation("run", "intent")


def test_a_nested_flow_is_shown_with_its_steps_and_what_went_in_and_came_out() -> None:
    assert list(nested_rows(recorded("100.00"))) == [
        ("check", "done", 116, ""),
        ("score/", "done", 334, ""),
        ("  in check.amount", "", "", '"100.00"'),
        ("  size", "done", 116, ""),
        ("  velocity", "done", 116, ""),
        ("  combine", "done", 102, ""),
        ("  out score/combine.total", "", "", "2"),
        ("approve", "done", 101, ""),
        ("person, reject", "not_taken", "", ""),
    ]


def test_what_was_not_taken_is_one_line_whatever_is_nested_in_it() -> None:
    assert list(nested_rows(recorded("-1.00"))) == [
        ("check", "failed", 7, ""),
        ("score, approve, person, reject", "not_taken", "", ""),
    ]


def test_the_document_has_the_digest_of_the_record_and_a_path_for_each_step() -> None:
    mutation = recorded("100.00")
    shown = shown_run(mutation)
    assert shown["digest"] == json_id(mutation)
    assert [step["path"] for step in shown["steps"]][:3] == [
        ["check"], ["score", "size"], ["score", "velocity"],
    ]  # fmt: skip
    steps = [
        {key: value for key, value in each.items() if key != "path"} for each in shown["steps"]
    ]
    assert {**shown, "kind": "run", "steps": steps} == {**mutation, "digest": shown["digest"]}
