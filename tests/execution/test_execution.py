"""Plans, runs and replays of the flows a person would write; every way a run can end."""

from collections.abc import Callable, Mapping
from dataclasses import replace as changed
from typing import Any

import pytest

from logos_graph.canon import ContentId, Json, content_id, encode, json_id
from logos_graph.errors import InvalidInput, NotVerified, Rejected
from logos_graph.execution import (
    Aspect,
    Difference,
    HostResult,
    NodeFailure,
    RunRecord,
    RunStatus,
    StepStatus,
)
from logos_graph.execution.executor import MAX_RUN_BYTES, execute
from logos_graph.execution.plan import Plan, plan
from logos_graph.execution.replay import replay
from logos_graph.graph import Component, Flow, Node, Port, check_flow, parse_flow_file, parse_type
from logos_graph.graph.codec import PortsCodec, ports_codec

Function = Callable[..., Any]


class Bench:
    """Components by name, and a Host that runs Python functions over the real codec."""

    def __init__(self) -> None:
        self.library: dict[str, Component] = {}
        self.functions: dict[ContentId, tuple[PortsCodec, PortsCodec, Node, Function]] = {}
        self.calls: list[ContentId] = []

    def node(
        self, name: str, inputs: dict[str, str], outputs: dict[str, str], function: Function
    ) -> None:
        node = Node(
            content_id(name.encode()),
            tuple(Port(port, parse_type(type_)) for port, type_ in inputs.items()),
            tuple(Port(port, parse_type(type_)) for port, type_ in outputs.items()),
        )
        self.library[name] = node
        codecs = ports_codec(node.inputs), ports_codec(node.outputs)
        self.functions[node.id] = (*codecs, node, function)

    def flow(self, text: str) -> Flow:
        flow = check_flow(parse_flow_file(text), self.library.__getitem__)
        self.library[flow.name] = flow
        return flow

    def plan(self, name: str) -> Plan:
        flow = self.library[name]
        assert isinstance(flow, Flow)
        return plan(flow, {component.id: component for component in self.library.values()})

    def call(self, node: ContentId, data: bytes) -> HostResult:
        self.calls.append(node)
        reader, writer, component, function = self.functions[node]
        values = [value for _, value in reader.read(data)]
        result = function(*values)
        if isinstance(result, bytes):
            return HostResult(result, len(data))
        named = {port.name: result[port.name] for port in component.outputs}
        return HostResult(b"".join(writer.write(named)), 100 + len(data))


RISK = """
[flow]
name = "risk-score"
[inputs]
amount = "decimal<2>"
[placements]
velocity = "velocity"
size = "size"
combine = "combine"
[[edges]]
from = "input.amount"
to = "velocity.amount"
[[edges]]
from = "input.amount"
to = "size.amount"
[[edges]]
from = "velocity.score"
to = "combine.one"
[[edges]]
from = "size.score"
to = "combine.other"
[outputs]
total = "combine.total"
"""

APPROVAL = """
[flow]
name = "approval"
[inputs]
amount = "decimal<2>"
[placements]
check = "check"
score = "risk-score"
approve = "approve"
person = "person"
reject = "reject"
[[edges]]
from = "input.amount"
to = "check.amount"
[[edges]]
from = "check.amount"
to = "score.amount"
[[edges]]
from = "score.total"
to = "approve.score"
when = { below = 30 }
[[edges]]
from = "score.total"
to = "person.score"
when = { at_least = 30, below = 70 }
[[edges]]
from = "score.total"
to = "reject.score"
when = { at_least = 70 }
[outputs]
decision = ["approve.decision", "person.decision", "reject.decision"]
"""


def _approval() -> Bench:
    bench = Bench()

    def check(amount: str) -> Mapping[str, Json]:
        if amount.startswith("-"):
            raise NodeFailure("E_NODE_FAILED", "the amount is negative", 7)
        return {"amount": amount}

    bench.node("check", {"amount": "decimal<2>"}, {"amount": "decimal<2>"}, check)
    bench.node("velocity", {"amount": "decimal<2>"}, {"score": "u8"}, lambda amount: {"score": 1})
    bench.node(
        "size",
        {"amount": "decimal<2>"},
        {"score": "u8"},
        lambda amount: {"score": min(99, int(amount[:-3]) // 100)},
    )
    bench.node(
        "combine",
        {"one": "u8", "other": "u8"},
        {"total": "u8"},
        lambda one, other: {"total": one + other},
    )
    for name in ("approve", "person", "reject"):
        text = f"{name} it"
        bench.node(
            name,
            {"score": "u8"},
            {"decision": "string"},
            lambda score, text=text: {"decision": text},
        )
    bench.flow(RISK)
    bench.flow(APPROVAL)
    return bench


@pytest.mark.parametrize(
    ("amount", "taken"),
    [("2800.99", "approve"), ("2900.00", "person"), ("6899.00", "person"), ("6900.00", "reject")],
)
def test_the_threshold_decides_which_way_a_payment_goes(amount: str, taken: str) -> None:
    bench = _approval()
    record = execute(bench.plan("approval"), {"amount": amount}, bench)
    assert record.output_values == {"decision": f"{taken} it"}
    statuses = {step.name: step.status for step in record.steps}
    for name in ("approve", "person", "reject"):
        assert statuses[name] == (StepStatus.DONE if name == taken else StepStatus.NOT_TAKEN)
    assert len(bench.calls) == 5


def test_a_nested_flow_is_opened_and_its_steps_carry_its_path() -> None:
    bench = _approval()
    record = execute(bench.plan("approval"), {"amount": "100.00"}, bench)
    assert [step.name for step in record.steps] == [
        "check",
        "score/size",
        "score/velocity",
        "score/combine",
        "approve",
        "person",
        "reject",
    ]
    ways = {(way.source, way.source_port, way.target, way.target_port) for way in record.carried}
    assert ways == {
        ("input", "amount", "check", "amount"),
        ("check", "amount", "score/size", "amount"),
        ("check", "amount", "score/velocity", "amount"),
        ("score/velocity", "score", "score/combine", "one"),
        ("score/size", "score", "score/combine", "other"),
        ("score/combine", "total", "approve", "score"),
        ("approve", "decision", "output", "decision"),
    }
    u8 = parse_type("u8").id
    assert {way.type for way in record.carried if way.target == "approve"} == {u8}


def test_every_value_is_kept_once_under_its_id() -> None:
    bench = _approval()
    record = execute(bench.plan("approval"), {"amount": "100.00"}, bench)
    assert set(record.values) == {way.cid for way in record.carried}
    assert all(json_id(value) == cid for cid, value in record.values.items())
    assert list(record.values.values()).count("100.00") == 1


def test_a_run_goes_through_its_ledger_form_unchanged() -> None:
    bench = _approval()
    for amount in ("100.00", "-1.00"):
        record = execute(bench.plan("approval"), {"amount": amount}, bench)
        mutation = record.to_mutation("01RUN", "b3:intent")
        encode(mutation)
        assert set(mutation) == {
            *("kind", "id", "flow", "intent", "status", "failure", "inputs", "outputs"),
            *("steps", "carried", "values"),
        }
        assert RunRecord.from_mutation(mutation) == record


def test_a_node_that_fails_ends_the_run_with_its_step_and_reason() -> None:
    bench = _approval()
    record = execute(bench.plan("approval"), {"amount": "-1.00"}, bench)
    assert record.status is RunStatus.FAILED
    assert record.failure is not None
    assert record.failure.json == {
        "step": "check",
        "code": "E_NODE_FAILED",
        "reason": "the amount is negative",
    }
    assert [step.status for step in record.steps] == [StepStatus.FAILED] + [
        StepStatus.NOT_TAKEN
    ] * 6
    assert record.steps[0].gas == 7
    assert record.outputs == {}
    assert [way.target for way in record.carried] == ["check"]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (b"", "E_CODEC_TRUNCATED: score"),
        (b"\x01\x02", "E_CODEC_TRAILING"),
    ],
)
def test_output_that_does_not_fit_the_ports_fails_the_step(output: bytes, said: str) -> None:
    bench = _approval()
    bench.node("size", {"amount": "decimal<2>"}, {"score": "u8"}, lambda amount: output)
    record = execute(bench.plan("approval"), {"amount": "1.00"}, bench)
    assert record.failure is not None
    assert (record.failure.step, record.failure.code) == ("score/size", "E_NODE_OUTPUT")
    assert record.failure.reason.startswith(said)
    assert record.steps[1].gas == 16  # what it used until then is kept


def test_a_reason_that_is_no_canonical_text_is_recorded_all_the_same() -> None:
    bench = _approval()

    def fail(amount: str) -> None:
        raise NodeFailure("E_NODE_PANIC", "e\u0301\ud800" + "x" * 9000, 1)

    bench.node("size", {"amount": "decimal<2>"}, {"score": "u8"}, fail)
    record = execute(bench.plan("approval"), {"amount": "1.00"}, bench)
    assert record.failure is not None
    assert record.failure.reason.startswith("é?xxx")
    assert len(encode(record.to_mutation("run", "intent"))) < 6000


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({}, "E_RUN_INPUT_MISSING"),
        ({"amount": "1.00", "more": 1}, "E_RUN_INPUT_UNKNOWN"),
        ({"amount": 1}, "E_VALUE_TYPE"),
        ({"amount": "1.0"}, "E_VALUE_DECIMAL"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_before_anything_runs(
    inputs: dict[str, Json], code: str
) -> None:
    bench = _approval()
    with pytest.raises(InvalidInput) as refused:
        execute(bench.plan("approval"), inputs, bench)
    assert refused.value.code == code
    assert bench.calls == []


def test_what_a_run_may_record_is_bounded() -> None:
    bench = Bench()
    bench.node(
        "grow",
        {"x": "string"},
        {"y": "string"},
        lambda x: {"y": f"{int(x[0]) + 1}{'é' * 400_000}"},
    )
    edges = "".join(
        f'[[edges]]\nfrom = "p{index}.y"\nto = "p{index + 1}.x"\n' for index in range(9)
    )
    places = "".join(f'p{index} = "grow"\n' for index in range(10))
    bench.flow(
        f'[flow]\nname = "grown"\n[inputs]\nx = "string"\n[placements]\n{places}[[edges]]\n'
        f'from = "input.x"\nto = "p0.x"\n{edges}[outputs]\ny = "p9.y"\n'
    )
    record = execute(bench.plan("grown"), {"x": "0"}, bench)
    assert record.failure is not None
    assert (record.failure.step, record.failure.code) == ("p4", "E_RUN_SIZE")
    assert len(encode(record.to_mutation("run", "intent"))) <= MAX_RUN_BYTES


def test_a_plan_needs_every_component_it_uses() -> None:
    bench = _approval()
    flow = bench.library["approval"]
    assert isinstance(flow, Flow)
    with pytest.raises(Rejected) as refused:
        plan(flow, {bench.library["check"].id: bench.library["check"]})
    assert refused.value.code == "E_PLAN_COMPONENT"


def test_a_nested_flow_with_an_unfed_input_is_not_opened() -> None:
    bench = Bench()
    bench.node("same", {"x": "u8"}, {"y": "u8"}, lambda x: {"y": x})
    bench.node("seven", {}, {"y": "u8"}, lambda: {"y": 7})
    bench.flow(
        '[flow]\nname = "inner"\n[inputs]\na = "u8"\nb = "u8"\n[placements]\nfirst = "same"\n'
        'free = "seven"\n[[edges]]\nfrom = "input.a"\nto = "first.x"\n'
        '[outputs]\na = "first.y"\nb = "input.b"\nfree = "free.y"\nthrough = "input.a"\n'
    )
    bench.flow(
        '[flow]\nname = "outer"\n[inputs]\na = "u8"\n[placements]\nf = "inner"\nlow = "same"\n'
        '[[edges]]\nfrom = "input.a"\nto = "f.a"\n'
        '[[edges]]\nfrom = "input.a"\nto = "f.b"\nwhen = { at_least = 9 }\n'
        '[[edges]]\nfrom = "input.a"\nto = "low.x"\nwhen = { below = 9 }\n'
        '[outputs]\na = "f.a"\nfree = "f.free"\nthrough = "f.through"\nlow = "low.y"\n'
    )
    outer = bench.plan("outer")
    closed = execute(outer, {"a": 1}, bench)
    assert closed.output_values == {"low": 1}
    assert {step.name for step in closed.steps if step.status is StepStatus.DONE} == {"low"}
    opened = execute(outer, {"a": 9}, bench)
    assert opened.output_values == {"a": 9, "free": 7, "through": 9}


def test_nothing_runs_inside_a_flow_that_is_not_opened() -> None:
    # Within `middle`, `inner` has all it needs; still it is not reached when `middle` is not.
    bench = Bench()
    bench.node("same", {"x": "u8"}, {"y": "u8"}, lambda x: {"y": x})
    bench.node("seven", {}, {"y": "u8"}, lambda: {"y": 7})
    bench.flow(
        '[flow]\nname = "inner"\n[inputs]\na = "u8"\n[placements]\np = "same"\n'
        '[[edges]]\nfrom = "input.a"\nto = "p.x"\n[outputs]\na = "p.y"\n'
    )
    bench.flow(
        '[flow]\nname = "middle"\n[inputs]\na = "u8"\n[placements]\nfree = "seven"\nf = "inner"\n'
        '[[edges]]\nfrom = "free.y"\nto = "f.a"\n[outputs]\na = "f.a"\n'
    )
    bench.flow(
        '[flow]\nname = "outer"\n[inputs]\na = "u8"\n[placements]\nf = "middle"\nlow = "same"\n'
        '[[edges]]\nfrom = "input.a"\nto = "f.a"\nwhen = { at_least = 9 }\n'
        '[[edges]]\nfrom = "input.a"\nto = "low.x"\nwhen = { below = 9 }\n'
        '[outputs]\na = ["f.a", "low.y"]\n'
    )
    outer = bench.plan("outer")
    closed = execute(outer, {"a": 1}, bench)
    assert closed.output_values == {"a": 1}
    assert {step.name for step in closed.steps if step.status is StepStatus.DONE} == {"low"}
    assert execute(outer, {"a": 9}, bench).output_values == {"a": 7}


# --- replay ---


def _recorded(amount: str = "100.00") -> tuple[Bench, Plan, dict[str, Json]]:
    bench = _approval()
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
    for key in ("flow", "steps", "carried", "values", "inputs", "outputs", "failure", "status"):
        for wrong in (None, 1, "x", [1], {"x": 1}):
            if (key, wrong) == ("failure", None):
                continue
            with pytest.raises(NotVerified):
                replay({**whole, key: wrong}, ready, bench)
        with pytest.raises(NotVerified):
            replay({name: value for name, value in whole.items() if name != key}, ready, bench)
