"""Plans and runs of the flows a person would write; every way a run can end."""

import pytest

from logos_graph.canon import Json, content_id, encode, json_id
from logos_graph.errors import InvalidInput, Rejected
from logos_graph.execution import NodeFailure, RunRecord, RunStatus, StepStatus
from logos_graph.execution.executor import MAX_RUN_BYTES, execute
from logos_graph.execution.plan import plan
from logos_graph.graph import Flow, parse_type
from logos_graph.graph.codec import MAX_VALUE
from logos_graph.identity import Signer
from logos_graph.ledger import MAX_ENTRY_BYTES, EntryKind, Head, make_entry
from tests.execution.bench import Bench, approval


@pytest.mark.parametrize(
    ("amount", "taken"),
    [("2800.99", "approve"), ("2900.00", "person"), ("6899.00", "person"), ("6900.00", "reject")],
)
def test_the_threshold_decides_which_way_a_payment_goes(amount: str, taken: str) -> None:
    bench = approval()
    record = execute(bench.plan("approval"), {"amount": amount}, bench)
    assert record.output_values == {"decision": f"{taken} it"}
    statuses = {step.name: step.status for step in record.steps}
    for name in ("approve", "person", "reject"):
        assert statuses[name] == (StepStatus.DONE if name == taken else StepStatus.NOT_TAKEN)
    assert len(bench.calls) == 5


def test_a_nested_flow_is_opened_and_its_steps_carry_its_path() -> None:
    bench = approval()
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
    bench = approval()
    record = execute(bench.plan("approval"), {"amount": "100.00"}, bench)
    assert set(record.values) == {way.cid for way in record.carried}
    assert all(json_id(value) == cid for cid, value in record.values.items())
    assert list(record.values.values()).count("100.00") == 1


def test_a_run_goes_through_its_ledger_form_unchanged() -> None:
    bench = approval()
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
    bench = approval()
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
    bench = approval()
    bench.node("size", {"amount": "decimal<2>"}, {"score": "u8"}, lambda amount: output)
    record = execute(bench.plan("approval"), {"amount": "1.00"}, bench)
    assert record.failure is not None
    assert (record.failure.step, record.failure.code) == ("score/size", "E_NODE_OUTPUT")
    assert record.failure.reason.startswith(said)
    assert record.steps[1].gas == 16  # what it used until then is kept


def test_a_reason_that_is_no_canonical_text_is_recorded_all_the_same() -> None:
    bench = approval()

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
    bench = approval()
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
        lambda x: {"y": f"{int(x[:2]) + 1}{'é' * 400_000}"},
    )
    edges = "".join(
        f'[[edges]]\nfrom = "p{index}.y"\nto = "p{index + 1}.x"\n' for index in range(19)
    )
    places = "".join(f'p{index} = "grow"\n' for index in range(20))
    bench.flow(
        f'[flow]\nname = "grown"\n[inputs]\nx = "string"\n[placements]\n{places}[[edges]]\n'
        f'from = "input.x"\nto = "p0.x"\n{edges}[outputs]\ny = "p19.y"\n'
    )
    record = execute(bench.plan("grown"), {"x": "10"}, bench)
    assert record.failure is not None
    assert (record.failure.step, record.failure.code) == ("p16", "E_RUN_SIZE")
    assert (
        len(encode(record.to_mutation("run", "intent"), max_bytes=MAX_RUN_BYTES))
        > MAX_RUN_BYTES // 2
    )


def _spread(outputs: int) -> Bench:
    """A flow that gives its one input back at so many ports, whose names are as long as may be."""
    ports = "".join(f'{"out" + "-port" * 11}-{index} = "same.y"\n' for index in range(outputs))
    bench = Bench()
    bench.node("same", {"x": "string"}, {"y": "string"}, lambda x: {"y": x})
    bench.flow(
        f'[flow]\nname = "spread"\n[inputs]\nx = "string"\n[placements]\nsame = "same"\n'
        f'[[edges]]\nfrom = "input.x"\nto = "same.x"\n[outputs]\n{ports}'
    )
    return bench


def _receipt_size(record: RunRecord) -> int:
    """Bytes of the entry that records a run as the gate does, outputs by value included."""
    signer = Signer.from_seed(bytes(32))
    cid = content_id(b"intent")
    mutation = record.to_mutation(run=cid, intent=cid)
    result: dict[str, Json] = {"run": cid, "flow": record.flow, "outputs": record.output_values}
    if record.failure is not None:
        result["failure"] = record.failure.json
    body: dict[str, Json] = {
        "intent": cid,
        "outcome": "done" if record.failure is None else "failed",
        "consequence": "if_ok",
        "commitment": "emit:done",
        "mutations": [mutation],
        "result": result,
    }
    entry = make_entry(
        Head("main", 0, cid, 0),
        EntryKind.RECEIPT,
        body,
        trace_id="0" * 26,
        now_ns=1,
        policy_hash=cid,
        signer=signer,
        ledger="main",
    )
    return len(entry.text.encode())


@pytest.mark.parametrize("outputs", [13, 60])
@pytest.mark.parametrize("letter", ["x", "é", "\n", "\x01"])
def test_a_run_at_the_limit_still_fits_an_entry_with_its_outputs_repeated(
    outputs: int, letter: str
) -> None:
    bench = _spread(outputs)
    ready = bench.plan("spread")
    done, too_long = 0, MAX_RUN_BYTES // (outputs * len(encode(letter).strip(b'"')))
    assert too_long * len(letter.encode()) <= MAX_VALUE
    while too_long - done > 1:
        length = (done + too_long) // 2
        record = execute(ready, {"x": letter * length}, bench)
        if record.failure is None:
            done = length
        else:
            assert record.failure.code == "E_RUN_SIZE"
            too_long = length
        assert _receipt_size(record) <= MAX_RUN_BYTES + 2048
    assert MAX_RUN_BYTES + 2048 < MAX_ENTRY_BYTES
    assert _receipt_size(execute(ready, {"x": letter * done}, bench)) > MAX_RUN_BYTES * 9 // 10


def test_a_plan_needs_every_component_it_uses() -> None:
    bench = approval()
    flow = bench.library["approval"]
    assert isinstance(flow, Flow)
    with pytest.raises(Rejected) as refused:
        plan(flow, {bench.library["check"].id: bench.library["check"]})
    assert refused.value.code == "E_PLAN_COMPONENT"


def test_a_nested_flow_with_an_unfed_input_is_not_opened() -> None:
    bench = Bench()
    bench.node("same", {"x": "u8"}, {"y": "u8"}, lambda x: {"y": x})
    bench.node("wrap", {"x": "u8"}, {"y": "option<u8>"}, lambda x: {"y": x})
    bench.node("seven", {}, {"y": "u8"}, lambda: {"y": 7})
    bench.flow(
        '[flow]\nname = "inner"\n[inputs]\na = "u8"\nb = "u8"\n[placements]\nfirst = "wrap"\n'
        'free = "seven"\nfree-too = "wrap"\nas-it-is = "wrap"\n'
        '[[edges]]\nfrom = "input.a"\nto = "first.x"\n'
        '[[edges]]\nfrom = "free.y"\nto = "free-too.x"\n'
        '[[edges]]\nfrom = "input.b"\nto = "as-it-is.x"\n'
        '[outputs]\na = "first.y"\nb = "as-it-is.y"\nfree = "free-too.y"\n'
    )
    bench.flow(
        '[flow]\nname = "outer"\n[inputs]\na = "u8"\n[placements]\nf = "inner"\nlow = "wrap"\n'
        '[[edges]]\nfrom = "input.a"\nto = "f.a"\n'
        '[[edges]]\nfrom = "input.a"\nto = "f.b"\nwhen = { at_least = 9 }\n'
        '[[edges]]\nfrom = "input.a"\nto = "low.x"\nwhen = { below = 9 }\n'
        '[outputs]\na = "f.a"\nfree = "f.free"\nlow = "low.y"\n'
    )
    outer = bench.plan("outer")
    closed = execute(outer, {"a": 1}, bench)
    assert closed.output_values == {"a": None, "free": None, "low": 1}
    assert {step.name for step in closed.steps if step.status is StepStatus.DONE} == {"low"}
    opened = execute(outer, {"a": 9}, bench)
    assert opened.output_values == {"a": 9, "free": 7, "low": None}


def test_an_option_input_that_nothing_fed_reads_as_none_and_carries_nothing() -> None:
    bench = Bench()
    bench.node("wrap", {"x": "u8"}, {"y": "option<u8>"}, lambda x: {"y": x})
    bench.node(
        "prefer", {"x": "u8", "z": "option<u8>"}, {"y": "u8"},
        lambda x, z: {"y": x if z is None else z},
    )  # fmt: skip
    bench.node(
        "any", {"x": "option<u8>", "z": "option<u8>"}, {"y": "option<u8>"},
        lambda x, z: {"y": z if x is None else x},
    )  # fmt: skip
    bench.flow(
        '[flow]\nname = "inner"\n[inputs]\na = "u8"\nb = "option<u8>"\n[placements]\n'
        'p = "prefer"\n[[edges]]\nfrom = "input.a"\nto = "p.x"\n'
        '[[edges]]\nfrom = "input.b"\nto = "p.z"\n[outputs]\ny = "p.y"\nb = "input.b"\n'
    )
    bench.flow(
        '[flow]\nname = "outer"\n[inputs]\na = "u8"\n[placements]\nlow = "wrap"\nmiddle = "wrap"\n'
        'f = "inner"\nlost = "wrap"\nn = "any"\n'
        '[[edges]]\nfrom = "input.a"\nto = "low.x"\nwhen = { below = 5 }\n'
        '[[edges]]\nfrom = "input.a"\nto = "middle.x"\nwhen = { at_least = 5, below = 9 }\n'
        '[[edges]]\nfrom = "input.a"\nto = "f.a"\nwhen = { below = 5 }\n'
        '[[edges]]\nfrom = "input.a"\nto = "f.a"\nwhen = { at_least = 5, below = 9 }\n'
        '[[edges]]\nfrom = "input.a"\nto = "lost.x"\nwhen = { at_least = 9 }\n'
        '[[edges]]\nfrom = "low.y"\nto = "f.b"\n'
        '[[edges]]\nfrom = "low.y"\nto = "n.x"\n[[edges]]\nfrom = "middle.y"\nto = "n.z"\n'
        '[outputs]\nf = "f.b"\nn = "n.y"\n'
    )
    ready = bench.plan("outer")
    ways = {}
    for a in (4, 8, 9):
        record = execute(ready, {"a": a}, bench)
        assert RunRecord.from_mutation(record.to_mutation("01RUN", "b3:intent")) == record
        done = {step.name for step in record.steps if step.status is StepStatus.DONE}
        carried = {(way.source, way.target, way.target_port) for way in record.carried}
        ways[a] = (done, record.output_values)
        assert all(source for source, _, _ in carried)
        assert (("low", "f/p", "z") in carried) == (a == 4)
        assert (("low", "n", "x") in carried, ("middle", "n", "z") in carried) == (a == 4, a == 8)
    assert ways == {
        4: ({"low", "f/p", "n"}, {"f": 4, "n": 4}),
        8: ({"middle", "f/p", "n"}, {"f": None, "n": 8}),
        9: ({"lost"}, {"f": None, "n": None}),
    }


def test_nothing_runs_inside_a_flow_that_is_not_opened() -> None:
    # `inner` needs no input, so it always has all it needs; yet it is only reached with `middle`.
    bench = Bench()
    bench.node("same", {"x": "u8"}, {"y": "u8"}, lambda x: {"y": x})
    bench.node("seven", {}, {"y": "u8"}, lambda: {"y": 7})
    bench.flow('[flow]\nname = "inner"\n[placements]\np = "seven"\n[outputs]\na = "p.y"\n')
    bench.flow(
        '[flow]\nname = "middle"\n[inputs]\na = "u8"\n[placements]\nf = "inner"\n'
        '[outputs]\na = "f.a"\n'
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
