"""What another flow would have said: answered from the record, or known not to be known."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.errors import InvalidInput
from logos_graph.execution import RunRecord
from logos_graph.execution.backtest import MAX_KINDS, Backtest
from logos_graph.execution.executor import execute
from logos_graph.execution.whatif import WhatIf, check_same_inputs, what_if
from tests.execution.bench import Asking, Bench, approval
from tests.execution.test_calls import FLOW, Ticking, recorded, timed

STRICTER = "approval-2"


def stricter(limit: int = 2) -> tuple[Bench, Any]:
    """The approval, and one like it that lets a person look from another score on."""
    from tests.execution.bench import APPROVAL

    bench = approval()
    text = APPROVAL.replace('name = "approval"', f'name = "{STRICTER}"')
    text = text.replace("below = 30", f"below = {limit}").replace(
        "at_least = 30", f"at_least = {limit}"
    )
    bench.flow(text)
    return bench, bench.plan(STRICTER)


def asked(bench: Bench, ready: Any, amount: str) -> WhatIf:
    record = execute(bench.plan("approval"), {"amount": amount}, bench)
    return what_if(record.to_mutation("r", "i"), ready, bench)


def test_another_threshold_changes_output_and_steps() -> None:
    bench, ready = stricter()
    found = asked(bench, ready, "100.00")  # a score of 2
    assert not found.same
    assert [each.json for each in found.outputs] == [
        {"output": "decision", "from": "approve it", "to": "person it"}
    ]
    assert found.endings == ("done", "done")
    assert {(each.step, each.before, each.after) for each in found.steps} == {
        ("approve", "done", "not_taken"), ("person", "not_taken", "done"),
    }  # fmt: skip


def test_what_stays_the_same_is_said_to_be_so() -> None:
    bench, ready = stricter()
    found = asked(bench, ready, "6000.00")
    assert (found.same, found.outputs, found.steps) == (True, (), ())


def test_a_failure_is_compared_as_an_end() -> None:
    bench, ready = stricter()
    found = asked(bench, ready, "-1.00")
    assert found.same
    assert found.endings[0] == "failed at check: E_NODE_FAILED"


def test_a_flow_with_other_inputs_is_refused_with_both() -> None:
    bench, _ = stricter()
    one, other = bench.library["approval"], bench.library["combine"]
    with pytest.raises(InvalidInput) as refused:
        check_same_inputs(one.id, one.inputs, other.id, other.inputs)
    assert refused.value.code == "E_REPLAY_INPUTS"
    assert refused.value.data["run"] == {"flow": one.id, "inputs": {"amount": "decimal<2>"}}
    assert refused.value.data["flow"] == {"flow": other.id, "inputs": {"one": "u8", "other": "u8"}}
    check_same_inputs(one.id, one.inputs, one.id, one.inputs)


def other_flow(text: str, function: Any = None) -> tuple[Bench, Any, RunRecord]:
    bench, _, _, record = recorded()
    if function is not None:
        bench.node("other", {"value": "u32"}, {"out": "u32"}, function)
    bench.flow(text.replace('"timed"', '"timed-2"'))
    return bench, bench.plan("timed-2"), record


def test_answers_are_found_by_step_and_then_by_node() -> None:
    renamed = FLOW.replace("second", "later")
    bench, ready, record = other_flow(renamed)
    found = what_if(record.to_mutation("r", "i"), ready, bench)
    assert found.same
    assert [(each.step, each.differs) for each in found.steps] == [
        ("second", ("step",)), ("later", ("step",)),
    ]  # fmt: skip
    calls = {step.name: step.calls for step in found.after.steps}
    assert calls["later"] == record.steps[1].calls


def test_a_question_that_was_never_asked_ends_it_as_not_answerable() -> None:
    def curious(value: int, host: Asking) -> dict[str, Json]:
        host.ask("random.bytes", count=1)
        return {"out": value}

    text = FLOW.replace('second = "stamp"', 'second = "other"')
    bench, ready, record = other_flow(text, curious)
    found = what_if(record.to_mutation("r", "i"), ready, bench)
    assert found.unanswered is not None
    assert (found.unanswered.step, found.unanswered.code) == ("second", "E_REPLAY_UNANSWERED")
    assert not found.same
    assert found.outputs == ()


def test_an_answer_is_not_given_twice() -> None:
    def twice(value: int, host: Asking) -> dict[str, Json]:
        times = [host.ask("clock.now")["time"] for _ in range(3)]
        return {"out": value + len(times)}

    bench, ready, _, record = recorded()
    bench.node("stamp", {"value": "u32"}, {"out": "u32"}, twice)
    found = what_if(record.to_mutation("r", "i"), ready, bench)
    assert found.unanswered is not None
    assert found.unanswered.step == "first"


class Stored(Ticking):
    """Two stored values, and what is written over them."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Json] = {"a": "MQ=="}

    def answer(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        key = str(arguments.get("key"))
        match operation:
            case "kv.get":
                return {"value": self.values.get(key)}
            case "kv.put" | "kv.delete":
                self.values[key] = arguments.get("value")
                return {}
        return super().answer(step, node, operation, arguments)


def counted(function: Any, again: Any) -> WhatIf:
    """A run of a node that uses stored values, and what another body would have made of it."""
    bench, ready = timed(function)
    record = execute(ready, {"value": 5}, bench, Stored())
    assert record.failure is None, record.failure
    bench.node("stamp", {"value": "u32"}, {"out": "u32"}, again)
    return what_if(record.to_mutation("r", "i"), ready, bench)


def counts(value: int, host: Asking, write: str | None = "Mg==") -> dict[str, Json]:
    """Writes, then reads; the length of what it read is in what it gives."""
    if write is not None:
        host.ask("kv.put", key="a", value=write)
    return {"out": value + len(str(host.ask("kv.get", key="a")["value"]))}


def test_a_value_that_was_written_the_same_way_is_answered() -> None:
    assert counted(counts, counts).same


def test_a_value_that_is_written_otherwise_is_read_back_as_it_is_written_now() -> None:
    found = counted(counts, lambda value, host: counts(value, host, "MTIzNDU="))
    assert found.unanswered is None
    assert found.after.output_values == {"out": 5 + 8 + 8}


def test_a_value_that_is_not_written_any_more_is_not_known() -> None:
    found = counted(counts, lambda value, host: counts(value, host, None))
    assert found.unanswered is not None


def result(run: int, before: str, after: str) -> tuple[ContentId, int, WhatIf]:
    bench = Bench()
    bench.node("same", {"text": "string"}, {"text": "string"}, lambda text: {"text": text})
    bench.flow(
        '[flow]\nname = "f"\n[inputs]\ntext = "string"\n[placements]\nsame = "same"\n'
        '[[edges]]\nfrom = "input.text"\nto = "same.text"\n[outputs]\ntext = "same.text"\n'
    )
    records = [execute(bench.plan("f"), {"text": text}, bench) for text in (before, after)]
    return content_id(str(run).encode()), run, WhatIf(*records)


def test_a_backtest_counts_each_change_and_keeps_the_youngest_rows() -> None:
    tally = Backtest(2, only_different=True)
    for run in range(6):
        tally.take(*result(run, "yes", "yes" if run % 2 else "no"))
    assert (tally.runs, tally.same, tally.different, tally.unanswered) == (6, 3, 3, 0)
    assert tally.changes == {("text", '"yes"', '"no"'): 3}
    assert [row.index for row in tally.rows] == [4, 2]


def test_a_backtest_of_ever_new_changes_stays_small() -> None:
    tally = Backtest(1, only_different=False)
    for run in range(MAX_KINDS + 5):
        tally.take(*result(run, "yes", str(run)))
    assert len(tally.changes) == MAX_KINDS
    assert (tally.further, tally.different, len(tally.rows)) == (5, MAX_KINDS + 5, 1)
