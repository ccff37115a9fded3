"""The payment approval of these tests: its two flows, and a host that runs Python functions."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.execution import Answer, HostResult, LogRecord, NodeFailure
from logos_graph.execution.ahead import Begun
from logos_graph.execution.plan import Plan, plan
from logos_graph.graph import Component, Flow, Node, Port, check_flow, parse_flow_file, parse_type
from logos_graph.graph.codec import PortsCodec, ports_codec
from logos_graph.wasm.workers import Work

Function = Callable[..., Any]


class Asking:
    """What a function of the bench may do besides computing."""

    def __init__(self, answer: Answer | None) -> None:
        self._answer = answer
        self.log: list[LogRecord] = []

    def ask(self, operation: str, **arguments: Json) -> dict[str, Json]:
        """Asks the world."""
        if self._answer is None:
            raise NodeFailure("E_NODE_CALL", f"nobody answers {operation}")
        return self._answer(operation, arguments)

    def write(self, text: str) -> None:
        """Writes a line."""
        self.log.append(LogRecord("info", text))


def _asks(function: Function) -> bool:
    return "host" in inspect.signature(function).parameters


class Bench:
    """Components by name, and a Host that runs Python functions over the real codec."""

    def __init__(self) -> None:
        self.library: dict[str, Component] = {}
        self.functions: dict[ContentId, tuple[PortsCodec, PortsCodec, Node, Function]] = {}
        self.calls: list[ContentId] = []
        self.long: set[ContentId] = set()
        self.room = 0

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

    def call(self, node: ContentId, data: bytes, answer: Answer | None = None) -> HostResult:
        """A function that takes `host` is given one; what it raises keeps the lines it wrote."""
        self.calls.append(node)
        reader, writer, component, function = self.functions[node]
        values = [value for _, value in reader.read(data)]
        asking = Asking(answer)
        try:
            result = function(*values, **({"host": asking} if _asks(function) else {}))
        except NodeFailure as failed:
            raise NodeFailure(failed.code, failed.reason, failed.gas, asking.log) from None
        if isinstance(result, bytes):
            return HostResult(result, len(data))
        named = {port.name: result[port.name] for port in component.outputs}
        return HostResult(b"".join(writer.write(named)), 100 + len(data), tuple(asking.log))

    def asks(self, node: ContentId) -> bool:
        """See Neighbours."""
        return _asks(self.functions[node][3])

    def call_ahead(self, node: ContentId, data: bytes) -> Begun[HostResult]:
        """Made when its result is needed; see beside.py for other ways."""
        return Work(lambda: self.call(node, data))


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


def approval() -> Bench:
    """The flow above over five simple functions; a negative amount fails its first step."""
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
