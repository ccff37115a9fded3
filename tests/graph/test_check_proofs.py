"""What is proved of a flow, against a reference that tries every run of it.

Flows are drawn over enums, variants, bools, integers and decimals, with options, and with a flow
that was drawn before as a placement: to the flow around it, that is one more thing with ports.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from logos_graph.canon import content_id
from logos_graph.errors import LogosError
from logos_graph.graph.check import check_flow
from logos_graph.graph.component import Component, Node, Port
from logos_graph.graph.draft import DraftEdge, FlowDraft, parse_endpoint
from logos_graph.graph.flow import Flow
from logos_graph.graph.types import parse_type
from logos_graph.graph.typetree import Option, Type

# Of each type, the ways that one port's values may be sent: parts, each with values that are in it.
WAYS: dict[str, list[dict[str, Any]]] = {
    "enum three { a, b, c }": [
        {"a": {"is": "a"}, "b": {"is": "b"}, "c": {"is": "c"}},
        {"a": {"is": ["c", "a"]}, "b": {"is": ["b"]}},
    ],
    "variant pay { card: u8, cash, other: string }": [
        {"card": {"is": "card"}, "cash": {"is": ["other", "cash"]}},
        {"card": {"is": "card"}, "cash": {"is": "cash"}, "other": {"is": "other"}},
    ],
    "bool": [{"true": {"is": True}, "false": {"is": False}}],
    "u8": [
        {"0": {"below": 30}, "30": {"at_least": 30}},
        {"0": {"below": 30}, "69": {"at_least": 30, "below": 70}, "70": {"at_least": 70}},
    ],
    "decimal<1>": [{"-0.1": {"below": "0.0"}, "0.0": {"at_least": "0.0"}}],
}
TYPES = sorted(WAYS)


def _node(name: str, inputs: dict[str, str], output: str) -> Node:
    ports = tuple(Port(port, parse_type(text)) for port, text in inputs.items())
    return Node(content_id(name.encode()), ports, (Port("y", parse_type(output)),))


def _nodes() -> dict[str, Component]:
    """For each type: one input or two, of options or not, a wrapper, and a way to each other."""
    library: dict[str, Component] = {}
    for at, text in enumerate(TYPES):
        maybe = f"option<{text}>"
        kinds = {
            f"two-{at}": ({"x": text, "z": text}, text),
            f"wrap-{at}": ({"x": text}, maybe),
            f"prefer-{at}": ({"x": text, "z": maybe}, text),
            f"any-{at}": ({"x": maybe, "z": maybe}, text),
            **{f"one-{at}-{to}": ({"x": text}, other) for to, other in enumerate(TYPES)},
        }
        library |= {name: _node(name, *ports) for name, ports in kinds.items()}
    return library


NODES = _nodes()


class _Drawing:
    """A small flow that branches, joins, wraps into options and ends anywhere."""

    def __init__(self, draw: st.DrawFn, library: Mapping[str, Component]) -> None:
        self._draw = draw
        self._library = library
        self._placements: dict[str, str] = {}
        self._edges: list[tuple[str, str, Any]] = []
        self._types: dict[str, Type] = {"input.start": parse_type(draw(st.sampled_from(TYPES)))}
        self._inputs = (Port("start", self._types["input.start"]),)
        self._branches: list[list[str]] = [["input.start"]]
        self._cut: dict[str, list[Any]] = {}

    def branch(self) -> None:
        """Send one port's values two or three ways."""
        plain = [each for each in self._plain() if each not in self._cut]
        if not plain:
            return
        source = self._draw(st.sampled_from(plain))
        text = self._types[source].text
        ways = [*self._draw(st.sampled_from(WAYS[text])).values()]
        self._cut[source] = ways
        names = [self._place(self._kind("one", text, text)) for _ in ways]
        self._edges += [(source, f"{name}.x", way) for name, way in zip(names, ways, strict=True)]
        self._branches.append([f"{name}.y" for name in names])

    def join(self) -> None:
        """Bring some of the ways of one branch together again."""
        branch = self._draw(st.sampled_from(self._branches))
        members = self._draw(st.lists(st.sampled_from(branch), min_size=1, unique=True))
        text = self._types[members[0]].text
        name = self._place(self._kind("one", text, self._draw(st.sampled_from(TYPES))))
        for member in members:
            self._use(member, f"{name}.x")

    def follow(self) -> None:
        """Let a placement of any kind follow whatever fits it."""
        fitting = [kind for kind in sorted(self._library) if self._fits(kind)]
        whats = sorted({kind.split("-")[0] for kind in fitting})
        what = self._draw(st.sampled_from(["inner"] if "inner" in whats else whats))
        kinds = [kind for kind in fitting if kind.startswith(what)]
        self._follow(self._draw(st.sampled_from(kinds)))

    def gather(self) -> None:
        """Make options of the ways of one branch, and let a placement follow two of them."""
        branch = self._draw(st.sampled_from(self._branches))
        for source in branch:
            self._use(source, f"{self._place(self._kind('wrap', self._types[source].text))}.x")
        what = self._draw(st.sampled_from(["any", "prefer"]))
        self._follow(self._kind(what, self._types[branch[0]].text))

    def _follow(self, kind: str) -> None:
        ports = self._library[kind].inputs
        sources = [self._draw(st.sampled_from(self._of(port.type))) for port in ports]
        name = self._place(kind)
        for source, port in zip(sources, ports, strict=True):
            self._use(source, f"{name}.{port.name}")

    def finish(self) -> FlowDraft:
        """Choose outputs, and send what no edge takes to places of its own."""
        for output in ("first", "second"):
            options = [end for end in self._types if end not in self._plain()]
            certain = bool(options) and self._draw(st.integers(0, 4)) > 0
            end = self._draw(st.sampled_from(options if certain else [*self._types]))
            same = self._of(self._types[end])
            more = self._draw(st.booleans())
            others = st.lists(st.sampled_from(same), max_size=2 * more, unique=True)
            for source in {end: 0, **dict.fromkeys(self._draw(others))}:
                self._use(source, f"output.{output}")
        for source in sorted(self._cut):
            for way in self._cut[source]:
                if (source, way) not in [(one, when) for one, _, when in self._edges]:
                    text = self._types[source].text
                    name = self._place(self._kind("one", text, text))
                    self._edges.append((source, f"{name}.x", way))
        edges = (
            DraftEdge(parse_endpoint(source, ""), parse_endpoint(target, ""), when, "")
            for source, target, when in self._edges
        )
        return FlowDraft("drawn", self._inputs, tuple(self._placements.items()), tuple(edges))

    def _plain(self) -> list[str]:
        return [end for end, type_ in self._types.items() if not isinstance(type_, Option)]

    def _of(self, type_: Type) -> list[str]:
        return [end for end, known in self._types.items() if known == type_]

    def _fits(self, kind: str) -> bool:
        return all(self._of(port.type) for port in self._library[kind].inputs)

    def _kind(self, what: str, text: str, to: str | None = None) -> str:
        end = "" if to is None else f"-{TYPES.index(to)}"
        return f"{what}-{TYPES.index(text)}{end}"

    def _place(self, kind: str) -> str:
        name = f"p{len(self._placements)}"
        self._placements[name] = kind
        for port in self._library[kind].outputs:
            self._types[f"{name}.{port.name}"] = port.type
        return name

    def _use(self, source: str, target: str) -> None:
        ways = self._cut.get(source)
        self._edges.append((source, target, self._draw(st.sampled_from(ways)) if ways else None))


@st.composite
def _flows(draw: st.DrawFn) -> tuple[FlowDraft, Mapping[str, Component]]:
    library: dict[str, Component] = dict(NODES)
    nested = draw(st.booleans())
    while True:
        drawing = _Drawing(draw, library)
        steps = [drawing.branch, drawing.join, drawing.gather, drawing.follow]
        drawing.branch()
        for step in draw(st.lists(st.sampled_from(steps), min_size=1, max_size=4)):
            step()
        draft = drawing.finish()
        assume(len({edge.source for edge in draft.edges if edge.when}) <= 5)
        if not nested:
            return draft, library
        inner, nested = _judged(draft, library), False
        if isinstance(inner, Flow):
            library["inner"] = inner


def _values(draft: FlowDraft) -> Iterator[dict[str, dict[str, Any]]]:
    """Every choice of values: for each port with thresholds, one of its parts and its value."""
    ways: dict[str, dict[str, Any]] = {}
    for edge in draft.edges:
        if edge.when is not None:
            ways.setdefault(str(edge.source), {})[repr(edge.when)] = edge.when
    for choice in product(*(each.values() for each in ways.values())):
        yield dict(zip(ways, choice, strict=True))


def _runs(
    draft: FlowDraft, library: Mapping[str, Component]
) -> Iterator[tuple[dict[str, Any], set[str], dict[str, int]]]:
    """The reference: for each choice, what ran, and how many values reached each port."""
    placements = dict(draft.placements)
    order = sorted(placements, key=lambda name: int(name[1:]))
    for chosen in _values(draft):
        ran, reached = {"input"}, dict.fromkeys((str(edge.target) for edge in draft.edges), 0)
        for name in [*order, "output"]:
            for edge in draft.edges:
                passes = edge.when is None or edge.when == chosen[str(edge.source)]
                if edge.target.placement == name and edge.source.placement in ran and passes:
                    reached[str(edge.target)] += 1
            ports = library[placements[name]].inputs if name in placements else ()
            needed = [port.name for port in ports if not isinstance(port.type, Option)]
            fed = {port.name for port in ports if reached[f"{name}.{port.name}"]}
            if fed >= set(needed) if needed else fed:
                ran.add(name)
        yield chosen, ran, reached


@settings(max_examples=400)
@given(_flows())
def test_what_is_proved_of_a_flow_holds_in_every_run(
    drawn: tuple[FlowDraft, Mapping[str, Component]],
) -> None:
    draft, library = drawn
    runs = list(_runs(draft, library))
    judged = _judged(draft, library)
    if isinstance(judged, Flow):
        assert all(count <= 1 for _, _, reached in runs for count in reached.values())
        for port in judged.outputs:
            if not isinstance(port.type, Option):
                assert all(reached[f"output.{port.name}"] for _, _, reached in runs)
        _check_verdict(judged, runs)
    elif judged.code == "E_FLOW_NEVER":
        never = str(judged.data["placement"])
        assert all(never not in ran and not reached.get(never) for _, ran, reached in runs)
    else:
        assert judged.code in ("E_FLOW_FED_TWICE", "E_FLOW_PARTIAL_OUTPUT")


def _check_verdict(flow: Flow, runs: list[tuple[dict[str, Any], set[str], dict[str, int]]]) -> None:
    """Each word of the stored verdict, against what every run did."""
    proof: Any = flow.proof
    assert {each["port"] for each in proof["covered"]} == {*runs[0][0]}
    sources: dict[str, int] = {}
    for edge in flow.edges:
        sources[str(edge.target)] = sources.get(str(edge.target), 0) + 1
    assert {each["port"]: len(each["sources"]) for each in proof["exclusive"]} == {
        port: count for port, count in sources.items() if count > 1
    }
    for port in {port.name for port in flow.outputs} - {*proof["empty"]}:
        assert all(reached[f"output.{port}"] for _, _, reached in runs)
    told = {name: each["when"] for each in proof["runs"] for name in each["placements"]}
    for name in flow.order:
        for chosen, ran, _ in runs:
            exact, holds = _holds(told.get(name, "when "), chosen)
            assert holds == (name in ran) if exact else holds or name not in ran


def _holds(text: str, chosen: dict[str, Any]) -> tuple[bool, bool]:
    """Whether a condition is exact, and whether it holds for these values."""
    exact = text.startswith("when ")
    needs = [need.split(": ") for need in text.split("when ", 1)[1].split("; ") if ": " in need]
    return exact, all(_value(chosen[port]) in _shown(parts, chosen[port]) for port, parts in needs)


def _value(way: Any) -> str:
    """A value of the part, as a text."""
    return next(
        value
        for ways in WAYS.values()
        for each in ways
        for value, part in each.items()
        if part == way
    )


def _shown(parts: str, way: Any) -> set[str]:
    """The values, of those that the reference tries, that a text of parts names."""
    values = (
        {
            value
            for ways in WAYS.values()
            for each in ways
            for value, part in each.items()
            if part.keys() & {"at_least", "below"}
        }
        if way.keys() != {"is"}
        else set()
    )
    found = set(parts.split(" or "))
    for part in list(found):
        low, high = "-1000", "1000"
        if part.startswith("below "):
            high = part.removeprefix("below ")
        elif part.endswith(" and above"):
            low = part.removesuffix(" and above")
        elif part.startswith("["):
            low, high = part.strip("[)").split(", ")
        found |= {value for value in values if float(low) <= float(value) < float(high)}
    return found


def _judged(draft: FlowDraft, library: Mapping[str, Component]) -> Flow | LogosError:
    try:
        return check_flow(draft, library.__getitem__)
    except LogosError as refused:
        return refused
