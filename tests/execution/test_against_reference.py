"""Drawn flows, nested in each other, against an evaluation that knows no plan, codec or slot."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from logos_graph.canon import ContentId, Json, content_id, json_id
from logos_graph.errors import Rejected
from logos_graph.execution.executor import Answer, HostResult, NodeFailure, execute
from logos_graph.execution.plan import OpenFlow, Plan, PlannedStep, Relay, plan
from logos_graph.execution.record import RunRecord, StepStatus
from logos_graph.execution.replay import replay
from logos_graph.graph import Component, Flow, Node, Port, check_flow, parse_type
from logos_graph.graph.draft import DraftEdge, FlowDraft, parse_endpoint
from logos_graph.wasm.workers import Work

U8 = parse_type("u8")
X, Y, Z = (Port(name, U8) for name in "xyz")
NODES: dict[str, Component] = {
    "free": Node(content_id(b"free"), (), (Y,)),
    "one": Node(content_id(b"one"), (X,), (Y, Z)),
    "two": Node(content_id(b"two"), (X, Z), (Y,)),
}
FAILS = 13  # `two` fails on this sum, so that failures are drawn too


def _function(node: ContentId, values: list[int]) -> list[int]:
    match values:
        case []:
            return [100]
        case [x]:
            return [(x * 7 + 3) % 256, (x + 128) % 256]
        case _:
            return [sum(values) % 256]


class _Host:
    """Its functions are short, and it has one core."""

    long: frozenset[ContentId] = frozenset()
    room = 0

    def asks(self, node: ContentId) -> bool:
        return False

    def call_ahead(self, node: ContentId, data: bytes) -> Work[HostResult]:
        return Work(lambda: self.call(node, data))

    def call(self, node: ContentId, data: bytes, answer: Answer | None = None) -> HostResult:
        if len(data) == 2 and sum(data) == FAILS:
            raise NodeFailure("E_NODE_FAILED", "thirteen", 5)
        return HostResult(bytes(_function(node, list(data))), 10 + len(data))


@dataclass
class _Outcome:
    """What the reference found: steps that ran, and whether a node failed."""

    ran: dict[str, list[int]] = field(default_factory=dict)
    failed: bool = False


def _evaluate(
    flow: Flow,
    inputs: Mapping[str, int],
    path: str,
    found: _Outcome,
    by_id: Mapping[ContentId, Component],
) -> dict[str, int]:
    """The reference: each placement as soon as its inputs are there, nested flows by recursion."""
    values: dict[str, int] = {f"input.{name}": value for name, value in inputs.items()}
    waiting = {placement.name: by_id[placement.uses] for placement in flow.placements}
    moved = True
    while moved:
        moved = False
        for name, component in list(waiting.items()):
            fed = {
                port.name: _reaching(flow, f"{name}.{port.name}", values)
                for port in component.inputs
            }
            ready = {port: value for port, value in fed.items() if value is not None}
            if len(ready) < len(fed):
                continue
            moved = True
            del waiting[name]
            if isinstance(component, Flow):
                given = _evaluate(component, ready, f"{path}{name}/", found, by_id)
            else:
                numbers = [ready[port.name] for port in component.inputs]
                found.ran[path + name] = numbers
                found.failed |= len(numbers) == 2 and sum(numbers) == FAILS
                results = _function(component.id, numbers)
                given = dict(zip([port.name for port in component.outputs], results, strict=True))
            values.update({f"{name}.{port}": value for port, value in given.items()})
    reached = {port.name: _reaching(flow, f"output.{port.name}", values) for port in flow.outputs}
    return {name: value for name, value in reached.items() if value is not None}


def _reaching(flow: Flow, target: str, values: Mapping[str, int]) -> int | None:
    for edge in flow.edges:
        if str(edge.target) == target and str(edge.source) in values:
            value = values[str(edge.source)]
            sides: Mapping[str, Json] = edge.when.json if edge.when else {}
            low, high = sides.get("at_least", 0), sides.get("below", 256)
            assert isinstance(low, int)
            assert isinstance(high, int)
            if low <= value < high:
                return value
    return None


class _Drawing:
    """One flow over the nodes and the flows drawn before it."""

    def __init__(self, draw: st.DrawFn, library: dict[str, Component]) -> None:
        self._draw = draw
        self._library = library
        self._placements: dict[str, str] = {}
        self._edges: list[tuple[str, str, dict[str, int] | None]] = []
        self._sources = ["input.a", "input.b"]
        self._plain = list(self._sources)

    def follow(self) -> None:
        """A placement whose inputs each follow one port, whatever its condition."""
        kind = self._draw(st.sampled_from(sorted(self._library)))
        sources = [self._draw(st.sampled_from(self._sources)) for _ in self._library[kind].inputs]
        name = self._place(kind)
        for source, port in zip(sources, self._library[kind].inputs, strict=True):
            self._edges.append((source, f"{name}.{port.name}", None))

    def decide(self) -> None:
        """Two ways on one port's value, which may be joined again."""
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

    def flow(self, name: str, *, nested: bool) -> Flow:
        """The flow; when it is to be nested, its outputs never stay empty."""
        outputs = ["input.a" if nested else self._draw(st.sampled_from(self._sources))]
        outputs.append(self._draw(st.sampled_from(self._sources)))
        try:
            flow = self._check(name, outputs)
            certain = not nested or not flow.partial
            return flow if certain else self._check(name, ["input.a", "input.b"])
        except Rejected as refused:
            if refused.code != "E_FLOW_NEVER":
                raise
            reject()

    def _check(self, name: str, outputs: list[str]) -> Flow:
        edges = [*self._edges, *((end, f"output.o{at}", None) for at, end in enumerate(outputs))]
        draft = FlowDraft(
            name,
            (Port("a", U8), Port("b", U8)),
            tuple(self._placements.items()),
            tuple(
                DraftEdge(parse_endpoint(source, ""), parse_endpoint(target, ""), when, "")
                for source, target, when in edges
            ),
        )
        return check_flow(draft, self._library.__getitem__)

    def _place(self, kind: str) -> str:
        name = f"p{len(self._placements)}"
        self._placements[name] = kind
        ports = [f"{name}.{port.name}" for port in self._library[kind].outputs]
        self._sources += ports
        self._plain += ports
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
        library[f"f{level}"] = drawing.flow(f"f{level}", nested=level < 2)
    return library


def _ready(library: dict[str, Component]) -> tuple[Flow, dict[ContentId, Component], Plan]:
    flow = library["f2"]
    assert isinstance(flow, Flow)
    by_id = {component.id: component for component in library.values()}
    return flow, by_id, plan(flow, by_id)


def _run(
    library: dict[str, Component], a: int, b: int
) -> tuple[RunRecord, _Outcome, dict[str, int]]:
    flow, by_id, ready = _ready(library)
    found = _Outcome()
    outputs = _evaluate(flow, {"a": a, "b": b}, "", found, by_id)
    return execute(ready, {"a": a, "b": b}, _Host()), found, outputs


@settings(max_examples=250)
@given(_libraries(), st.integers(0, 255), st.integers(0, 255))
def test_a_run_is_what_the_flow_means(library: dict[str, Component], a: int, b: int) -> None:
    record, found, outputs = _run(library, a, b)
    if found.failed:
        assert record.failure is not None
        assert sum(found.ran[record.failure.step]) == FAILS
        return
    assert record.failure is None
    assert record.output_values == outputs
    done = {step.name for step in record.steps if step.status is StepStatus.DONE}
    assert done == set(found.ran)
    for way in record.carried:
        value = record.values[way.cid]
        if way.target != "output":
            ports = "xz"
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
