"""Flows and payments drawn at random, of a few real nodes, and what they mean; not a test itself.

A flow has options, thresholds whose ways are joined again or are not, flows as placements, and
nodes that post to a service, count in a stored value and ask the time. `Model` says in memory what
becomes of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from logos_graph.canon import ContentId
from logos_graph.errors import Rejected
from logos_graph.graph import Component, Flow, check_flow, parse_flow_file
from logos_graph.graph.typetree import Type
from tests.execution.reference import MAYBE, U8, Value, evaluate

__all__ = ["NODES", "TRIES", "Ended", "Model", "draw_flow", "source"]

TRIES = 2
"""How often a request that is answered 503 is sent in all."""

_HEAD = "use logos_sdk::prelude::*;\n\nnode! {\n    /// Drawn.\n    fn drawn_"
NODES: Mapping[str, str] = {
    "any": """any(x: Option<u8>, z: Option<u8>) -> y: u8 {
        x.unwrap_or(255).wrapping_mul(3).wrapping_add(z.unwrap_or(255).wrapping_mul(5))
    }""",
    "counts": """counts(x: u8) -> y: u8 {
        let before = kv::get("n").map_or(0, |text| text[0]);
        kv::put("n", vec![(before + 1) % 100]);
        x.wrapping_add(before)
    }""",
    "one": """one(x: u8) -> (y: u8, z: u8) {
        (x.wrapping_mul(7).wrapping_add(3), x.wrapping_add(128))
    }""",
    "posts": """posts(x: u8) -> y: u8 {
        let status = http::send(http::Request::post("URL/drawn", x.to_string()))?.status;
        if status != 200 { fail!("it was answered {status}") }
        x ^ 85
    }""",
    "prefer": """prefer(x: u8, z: Option<u8>) -> y: u8 {
        x.wrapping_mul(3).wrapping_add(z.unwrap_or(255).wrapping_mul(5))
    }""",
    "ticks": """ticks(x: u8) -> y: u8 {
        if clock::now() > 0 { x.wrapping_add(1) } else { x }
    }""",
    "two": """two(x: u8, z: u8) -> y: u8 {
        if (u16::from(x) + u16::from(z)) % 16 == 13 { fail!("thirteen") }
        x.wrapping_add(z)
    }""",
    "wrap": "wrap(x: u8) -> y: Option<u8> { if x % 5 == 0 { None } else { Some(x) } }",
}


def source(kind: str, url: str) -> str:
    """The node's Rust; it posts to `url`."""
    return f"{_HEAD}{NODES[kind]}\n}}\n".replace("URL", url)


# what is drawn ------------------------------------------------------------------------------------


def draw_flow(random: Random, name: str, library: Mapping[str, Component]) -> str:
    """The text of a flow that passes its check; placements are of the library, by its names."""
    while True:
        drawing = _Drawing(random, library)
        for _ in range(random.randint(1, 4)):
            random.choice([drawing.follow, drawing.follow, drawing.decide])()
        text = drawing.text(name)
        try:
            check_flow(parse_flow_file(text), library.__getitem__)
        except Rejected as refused:
            if refused.code != "E_FLOW_NEVER":
                raise
        else:
            return text


class _Drawing:
    def __init__(self, random: Random, library: Mapping[str, Component]) -> None:
        self._random, self._library = random, library
        self._placements: dict[str, str] = {}
        self._edges: list[tuple[str, str, str]] = []
        self._sources: dict[str, Type] = {"input.a": U8, "input.b": U8, "input.c": MAYBE}
        self._plain = ["input.a", "input.b"]

    def follow(self) -> None:
        """A placement whose inputs each follow one port, whatever its condition."""
        kind = self._random.choice([*sorted(self._library), "drawn-counts", "drawn-posts"])
        sources = [
            self._random.choice([end for end, type_ in self._sources.items() if type_ == port.type])
            for port in self._library[kind].inputs
        ]
        name = self._place(kind)
        for end, port in zip(sources, self._library[kind].inputs, strict=True):
            self._edge(end, f"{name}.{port.name}")

    def decide(self) -> None:
        """Two ways on one port's value, which may be joined again, or be options."""
        source = self._random.choice(self._plain)
        self._plain.remove(source)  # one partition a port
        cut = self._random.randint(1, 255)
        low, high = self._place("drawn-one"), self._place("drawn-one")
        self._edge(source, f"{low}.x", f"when = {{ below = {cut} }}")
        self._edge(source, f"{high}.x", f"when = {{ at_least = {cut} }}")
        if self._random.random() < 0.5:
            joined = self._place(self._random.choice(["drawn-one", "drawn-posts", "drawn-counts"]))
            self._edge(f"{low}.y", f"{joined}.x")
            self._edge(f"{high}.y", f"{joined}.x")
        if self._random.random() < 0.5:
            one, other = self._place("drawn-wrap"), self._place("drawn-wrap")
            self._edge(f"{low}.y", f"{one}.x")
            self._edge(f"{high}.y", f"{other}.x")
            if self._random.random() < 0.5:
                name = self._place("drawn-any")
                self._edge(f"{one}.y", f"{name}.x")
            else:
                name = self._place("drawn-prefer")
                self._edge(f"{high}.z", f"{name}.x")
            self._edge(f"{other}.y", f"{name}.z")

    def text(self, name: str) -> str:
        """The flow's file; what it gives that may stay empty is wrapped."""
        ends = [self._random.choice(sorted(self._sources)) for _ in range(3)]
        for at, end in enumerate(ends):
            if self._sources[end] == U8 and not end.startswith("input."):
                wrapped = self._place("drawn-wrap")
                self._edge(end, f"{wrapped}.x")
                ends[at] = f"{wrapped}.y"
        lines = ["[flow]", f'name = "{name}"', "[inputs]", 'a = "u8"', 'b = "u8"']
        lines += ['c = "option<u8>"', "[placements]"]
        lines += [f'{place} = "{kind}"' for place, kind in self._placements.items()]
        for end, target, when in self._edges:
            lines += ["[[edges]]", f'from = "{end}"', f'to = "{target}"', when]
        lines.append("[outputs]")
        lines += [f'o{at} = "{end}"' for at, end in enumerate([*ends, "input.a"])]
        return "\n".join(lines) + "\n"

    def _edge(self, end: str, target: str, when: str = "") -> None:
        self._edges.append((end, target, when))

    def _place(self, kind: str) -> str:
        name = f"p{len(self._placements)}"
        self._placements[name] = kind
        ends = {f"{name}.{port.name}": port.type for port in self._library[kind].outputs}
        self._sources |= ends
        self._plain += [end for end, type_ in ends.items() if type_ == U8]
        return name


# what it means ------------------------------------------------------------------------------------


class _FailedError(Exception):
    """A node failed, and the run with it."""


@dataclass
class Ended:
    """What a run was to give. ran: each step's inputs. failed: at which step; "" if it did not.

    posted: how many requests each step was to make. count: the stored value afterwards.
    """

    outputs: dict[str, Value] = field(default_factory=dict)
    ran: dict[str, list[Value]] = field(default_factory=dict)
    failed: str = ""
    posted: dict[str, int] = field(default_factory=dict)
    count: int = 0


class Model:
    """One run after the other, in memory. kinds: what each node is; count: the stored value."""

    def __init__(
        self, kinds: Mapping[ContentId, str], by_id: Mapping[ContentId, Component]
    ) -> None:
        self._kinds, self._by_id = kinds, by_id
        self.count = 0

    def run(
        self, flow: Flow, inputs: Mapping[str, Value], statuses: Mapping[str, list[int]]
    ) -> Ended:
        """What becomes of it. statuses: what the next requests of a step are answered; then 200.

        Nothing is stored by it: `count` is for the caller to take over.
        """
        ended = Ended(count=self.count)
        left = {step: [*each] for step, each in statuses.items()}

        def call(step: str, node: ContentId, values: list[Value]) -> list[Value]:
            ended.ran[step] = values
            kind = self._kinds[node]
            if kind == "posts":
                answered = _answered(step, left.get(step, []), ended)
                failed = answered != 200
            else:
                failed = kind == "two" and sum(value or 0 for value in values) % 16 == 13
            if failed:
                ended.failed = step
                raise _FailedError
            return _function(kind, values, ended)

        try:
            ended.outputs = evaluate(flow, inputs, call, self._by_id)
        except _FailedError:
            ended.count = self.count
        return ended


def _answered(step: str, statuses: list[int], ended: Ended) -> int:
    for _ in range(TRIES):
        ended.posted[step] = ended.posted.get(step, 0) + 1
        status = statuses.pop(0) if statuses else 200
        if status != 503:
            break
    return status


def _function(kind: str, values: list[Value], ended: Ended) -> list[Value]:
    numbers = [-1 if value is None else value for value in values]
    match kind:
        case "counts":
            before, ended.count = ended.count, (ended.count + 1) % 100
            return [(numbers[0] + before) % 256]
        case "one":
            return [(numbers[0] * 7 + 3) % 256, (numbers[0] + 128) % 256]
        case "posts":
            return [numbers[0] ^ 85]
        case "ticks":
            return [(numbers[0] + 1) % 256]
        case "two":
            return [sum(numbers) % 256]
        case "wrap":
            return [None if numbers[0] % 5 == 0 else numbers[0]]
        case _:
            return [(numbers[0] * 3 + numbers[1] * 5) % 256]
