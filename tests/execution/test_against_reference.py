"""Drawn flows, nested in each other, against an evaluation that knows no plan, codec or slot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from logos_graph.canon import ContentId, content_id, encode, json_id
from logos_graph.errors import Rejected
from logos_graph.execution.executor import Answer, HostResult, NodeFailure, execute
from logos_graph.execution.plan import OpenFlow, Plan, PlannedStep, Relay, plan
from logos_graph.execution.record import RunRecord, StepStatus
from logos_graph.execution.replay import replay
from logos_graph.graph import Component, Flow, Node, Port, check_flow
from logos_graph.graph.draft import DraftEdge, FlowDraft, parse_endpoint
from logos_graph.graph.typetree import Type
from logos_graph.wasm.workers import Work, shared_workers
from tests.execution.reference import MAYBE, U8, Value, evaluate

X, Y, Z = (Port(name, U8) for name in "xyz")
MAYBE_X, MAYBE_Y, MAYBE_Z = (Port(name, MAYBE) for name in "xyz")
NODES: dict[str, Component] = {
    "any": Node(content_id(b"any"), (MAYBE_X, MAYBE_Z), (Y,)),
    "free": Node(content_id(b"free"), (), (Y,)),
    "one": Node(content_id(b"one"), (X,), (Y, Z)),
    "prefer": Node(content_id(b"prefer"), (X, MAYBE_Z), (Y,)),
    "two": Node(content_id(b"two"), (X, Z), (Y,)),
    "wrap": Node(content_id(b"wrap"), (X,), (MAYBE_Y,)),
}
KINDS = {component.id: name for name, component in NODES.items()}
FAILS = 13  # `two` fails on this sum, so that failures are drawn too


def _function(kind: str, values: Sequence[Value]) -> list[Value]:
    numbers = [-1 if value is None else value for value in values]
    match kind:
        case "free":
            return [100]
        case "one":
            return [(numbers[0] * 7 + 3) % 256, (numbers[0] + 128) % 256]
        case "wrap":
            return [None if numbers[0] % 5 == 0 else numbers[0]]
        case "any" | "prefer":
            return [(numbers[0] * 3 + numbers[1] * 5) % 256]
        case _:
            return [sum(numbers) % 256]


def _fails(kind: str, values: Sequence[Value]) -> bool:
    return kind == "two" and sum(value or 0 for value in values) == FAILS


class _Host:
    """Reads and writes numbers and options byte by byte, without the product's codec."""

    long: frozenset[ContentId] = frozenset()
    room = 0

    def asks(self, node: ContentId) -> bool:
        return False

    def call_ahead(self, node: ContentId, data: bytes) -> Work[HostResult]:
        return Work(lambda: self.call(node, data))

    def call(self, node: ContentId, data: bytes, answer: Answer | None = None) -> HostResult:
        kind = KINDS[node]
        values = self._read(NODES[kind].inputs, data)
        if _fails(kind, values):
            raise NodeFailure("E_NODE_FAILED", "thirteen", 5)
        output = b""
        pairs = zip(NODES[kind].outputs, _function(kind, values), strict=True)
        for port, value in pairs:
            tag = b"" if port.type == U8 else b"\0" if value is None else b"\1"
            output += tag + (b"" if value is None else bytes([value]))
        return HostResult(output, 10 + len(data))

    def _read(self, ports: Sequence[Port], data: bytes) -> list[Value]:
        values: list[Value] = []
        for port in ports:
            if port.type == MAYBE:
                tag, data = data[0], data[1:]
                if not tag:
                    values.append(None)
                    continue
            values.append(data[0])
            data = data[1:]
        assert not data
        return values


class _Ahead(_Host):
    """All of its functions count as long. how: who makes a call that is begun before its turn."""

    def __init__(self, how: str, room: int) -> None:
        self.long = frozenset(KINDS)
        self.how, self.room = how, room

    def call_ahead(self, node: ContentId, data: bytes) -> Work[HostResult]:
        if self.how == "a worker":
            return shared_workers(2).submit(lambda: self.call(node, data))
        work = super().call_ahead(node, data)
        if self.how == "at once":
            work.make()
        return work


@dataclass
class _Outcome:
    """What the reference found: steps that ran, and whether a node failed."""

    ran: dict[str, list[Value]] = field(default_factory=dict)
    failed: bool = False


def _evaluate(
    flow: Flow,
    inputs: Mapping[str, Value],
    found: _Outcome,
    by_id: Mapping[ContentId, Component],
) -> dict[str, Value]:
    def call(step: str, node: ContentId, values: list[Value]) -> list[Value]:
        kind = KINDS[node]
        found.ran[step] = values
        found.failed |= _fails(kind, values)
        return _function(kind, values)

    return evaluate(flow, inputs, call, by_id)


class _Drawing:
    """One flow over the nodes and the flows drawn before it."""

    def __init__(self, draw: st.DrawFn, library: dict[str, Component]) -> None:
        self._draw = draw
        self._library = library
        self._placements: dict[str, str] = {}
        self._edges: list[tuple[str, str, dict[str, int] | None]] = []
        self._inputs = (Port("a", U8), Port("b", U8), Port("c", MAYBE))
        self._sources = {f"input.{port.name}": port.type for port in self._inputs}
        self._plain = [end for end, type_ in self._sources.items() if type_ == U8]

    def follow(self) -> None:
        """A placement whose inputs each follow one port, whatever its condition."""
        kind = self._draw(st.sampled_from(sorted(self._library)))
        ports = self._library[kind].inputs
        sources = [self._draw(st.sampled_from(self._of(port.type))) for port in ports]
        name = self._place(kind)
        for source, port in zip(sources, ports, strict=True):
            self._edges.append((source, f"{name}.{port.name}", None))

    def decide(self) -> None:
        """Two ways on one port's value, which may be joined again, or be options."""
        source = self._draw(st.sampled_from(self._plain))
        self._plain.remove(source)  # one partition a port
        cut = self._draw(st.integers(1, 255))
        low, high = self._place("one"), self._place("one")
        self._edges += [(source, f"{low}.x", {"below": cut})]
        self._edges += [(source, f"{high}.x", {"at_least": cut})]
        if self._draw(st.booleans()):
            joined = self._place("one")
            self._edges += [(f"{low}.y", f"{joined}.x", None), (f"{high}.y", f"{joined}.x", None)]
        if self._draw(st.booleans()):  # a nested flow or node of which only one input may be fed
            name = self._place("two")
            self._edges += [(source, f"{name}.x", {"below": cut}), (f"{low}.z", f"{name}.z", None)]
        if self._draw(st.booleans()):
            one, other = self._place("wrap"), self._place("wrap")
            self._edges += [(f"{low}.y", f"{one}.x", None), (f"{high}.y", f"{other}.x", None)]
            name = self._place(self._draw(st.sampled_from(["any", "prefer"])))
            if self._placements[name] == "any":
                self._edges += [(f"{one}.y", f"{name}.x", None)]
            else:
                self._edges += [(f"{high}.z", f"{name}.x", None)]
            self._edges += [(f"{other}.y", f"{name}.z", None)]

    def flow(self, name: str) -> Flow:
        """The flow; its outputs that may stay empty are wrapped."""
        ends = [self._draw(st.sampled_from(sorted(self._sources))) for _ in range(3)]
        for at, end in enumerate(ends):
            if self._sources[end] == U8 and not end.startswith("input."):
                wrapped = self._place("wrap")
                self._edges.append((end, f"{wrapped}.x", None))
                ends[at] = f"{wrapped}.y"
        try:
            return self._check(name, [*ends, "input.a"])
        except Rejected as refused:
            if refused.code != "E_FLOW_NEVER":
                raise
            reject()

    def _check(self, name: str, outputs: list[str]) -> Flow:
        edges = [*self._edges, *((end, f"output.o{at}", None) for at, end in enumerate(outputs))]
        draft = FlowDraft(
            name,
            self._inputs,
            tuple(self._placements.items()),
            tuple(
                DraftEdge(parse_endpoint(source, ""), parse_endpoint(target, ""), when, "")
                for source, target, when in edges
            ),
        )
        return check_flow(draft, self._library.__getitem__)

    def _of(self, type_: Type) -> list[str]:
        return [end for end, known in self._sources.items() if known == type_]

    def _place(self, kind: str) -> str:
        name = f"p{len(self._placements)}"
        self._placements[name] = kind
        ends = {f"{name}.{port.name}": port.type for port in self._library[kind].outputs}
        self._sources |= ends
        self._plain += [end for end, type_ in ends.items() if type_ == U8]
        return name


@st.composite
def _libraries(draw: st.DrawFn) -> dict[str, Component]:
    """Nodes and three flows, each of which may use those before it; the last is `f2`."""
    library = dict(NODES)
    for level in range(3):
        drawing = _Drawing(draw, library)
        drawing.follow()
        for _ in range(draw(st.integers(0, 3))):
            draw(st.sampled_from([drawing.follow, drawing.decide]))()
        library[f"f{level}"] = drawing.flow(f"f{level}")
    return library


def _ready(library: dict[str, Component]) -> tuple[Flow, dict[ContentId, Component], Plan]:
    flow = library["f2"]
    assert isinstance(flow, Flow)
    by_id = {component.id: component for component in library.values()}
    return flow, by_id, plan(flow, by_id)


def _run(
    library: dict[str, Component], a: int, b: int
) -> tuple[RunRecord, _Outcome, dict[str, Value]]:
    flow, by_id, ready = _ready(library)
    found = _Outcome()
    inputs = {"a": a, "b": b, "c": None if (a + b) % 2 else a}
    outputs = _evaluate(flow, inputs, found, by_id)
    return execute(ready, {**inputs}, _Host()), found, outputs


@settings(max_examples=250)
@given(_libraries(), st.integers(0, 255), st.integers(0, 255))
def test_a_run_is_what_the_flow_means(library: dict[str, Component], a: int, b: int) -> None:
    record, found, outputs = _run(library, a, b)
    if found.failed:
        assert record.failure is not None
        assert _fails("two", found.ran[record.failure.step])
        return
    assert record.failure is None
    assert record.output_values == outputs
    done = {step.name for step in record.steps if step.status is StepStatus.DONE}
    assert done == set(found.ran)
    for way in record.carried:
        value = record.values[way.cid]
        if way.target != "output":
            ports = "xz"
            assert way.source
            assert found.ran[way.target][ports.index(way.target_port)] == value
        assert json_id(value) == way.cid


@settings(max_examples=100)
@given(_libraries(), st.integers(0, 255), st.integers(0, 255))
def test_every_run_goes_through_the_ledger_and_replays(
    library: dict[str, Component], a: int, b: int
) -> None:
    record, _, _ = _run(library, a, b)
    _, _, ready = _ready(library)
    mutation = record.to_mutation("run", "intent")
    assert RunRecord.from_mutation(mutation) == record
    assert replay(mutation, ready, _Host()).same


@settings(max_examples=150)
@given(
    _libraries(),
    st.integers(0, 255),
    st.integers(0, 255),
    st.sampled_from(["a worker", "at once", "when it is needed"]),
    st.integers(1, 5),
)
def test_steps_that_are_begun_before_their_turn_give_the_same_bytes(
    library: dict[str, Component], a: int, b: int, how: str, room: int
) -> None:
    record, _, _ = _run(library, a, b)
    _, _, ready = _ready(library)
    beside = execute(ready, record.input_values, _Ahead(how, room))
    assert encode(beside.to_mutation("run", "intent")) == encode(
        record.to_mutation("run", "intent")
    )
    assert replay(record, ready, _Ahead(how, room)).same


@settings(max_examples=100)
@given(_libraries())
def test_a_plan_is_deterministic_and_every_operation_comes_after_what_feeds_it(
    library: dict[str, Component],
) -> None:
    flow, by_id, ready = _ready(library)
    again = plan(flow, by_id)
    assert (again.slots, again.outputs) == (ready.slots, ready.outputs)
    assert [step.name for step in again.steps] == [step.name for step in ready.steps]
    filled = set(range(len(ready.inputs)))
    opened = {0}
    for operation in ready.operations:
        inputs = (operation.input,) if isinstance(operation, Relay) else operation.inputs
        assert {source.slot for each in inputs for source in each.sources} <= filled
        assert isinstance(operation, Relay) or operation.scope in opened
        if isinstance(operation, PlannedStep):
            filled |= {port.slot for port in operation.outputs}
        elif isinstance(operation, OpenFlow):
            opened.add(operation.opens)
            filled |= set(range(operation.first_slot, operation.first_slot + len(operation.inputs)))
        else:
            filled.add(operation.slot)
    assert len(filled) == ready.slots
    assert [step.name for step in ready.steps] == _leaves(flow, "", by_id)


def _leaves(flow: Flow, path: str, by_id: Mapping[ContentId, Component]) -> list[str]:
    """The reference for the steps: every node at every level, in the order of its own flow."""
    uses = {placement.name: by_id[placement.uses] for placement in flow.placements}
    names: list[str] = []
    for name in flow.order:
        component = uses[name]
        if isinstance(component, Flow):
            names += _leaves(component, f"{path}{name}/", by_id)
        else:
            names.append(path + name)
    return names
