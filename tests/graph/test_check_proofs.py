"""What is proved of a flow, against a reference that tries every run of it."""

from collections.abc import Iterator
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from logos_graph.canon import content_id
from logos_graph.errors import LogosError
from logos_graph.graph.check import check_flow
from logos_graph.graph.component import Component, Node, Port
from logos_graph.graph.draft import DraftEdge, FlowDraft, parse_endpoint
from logos_graph.graph.flow import Flow
from logos_graph.graph.types import parse_type

THREE = parse_type("enum three { a, b, c }")
X, Y, Z = (Port(name, THREE) for name in "xyz")
LIBRARY: dict[str, Component] = {
    "one": Node(content_id(b"one"), (X,), (Y,)),
    "two": Node(content_id(b"two"), (X, Z), (Y,)),
}


class _Drawing:
    """A small flow of three-valued ports that branches, joins and ends anywhere."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._placements: dict[str, str] = {}
        self._edges: list[tuple[str, str, str | None]] = []
        self._sources = ["input.start"]
        self._branches: list[list[str]] = []
        self._cut: set[str] = set()

    def branch(self) -> None:
        """Send one port's three values three ways."""
        source = self._draw(st.sampled_from(self._sources))
        self._cut.add(source)
        names = [self._place("one") for _ in "abc"]
        self._edges += [
            (source, f"{name}.x", case) for name, case in zip(names, "abc", strict=True)
        ]
        self._branches.append([f"{name}.y" for name in names])

    def join(self) -> None:
        """Bring some of the ways of one branch together again."""
        branch = self._draw(st.sampled_from(self._branches)) if self._branches else self._sources
        members = self._draw(st.lists(st.sampled_from(branch), min_size=1, unique=True))
        name = self._place("one")
        for member in members:
            self._use(member, f"{name}.x")

    def follow(self) -> None:
        """Let a placement of one or two inputs follow anything."""
        kind = self._draw(st.sampled_from(["one", "two"]))
        sources = [self._draw(st.sampled_from(self._sources)) for _ in LIBRARY[kind].inputs]
        name = self._place(kind)
        for source, port in zip(sources, "xz", strict=False):
            self._use(source, f"{name}.{port}")

    def finish(self) -> FlowDraft:
        """Choose outputs, and send what no edge takes to places of its own."""
        for output in ("first", "second"):
            ends = st.lists(st.sampled_from(self._sources), min_size=1, max_size=4, unique=True)
            for source in self._draw(ends):
                self._use(source, f"output.{output}")
        for source in sorted(self._cut):
            taken = {case for one, _, case in self._edges if one == source}
            for case in sorted(set("abc") - taken):
                self._edges.append((source, f"{self._place('one')}.x", case))
        return FlowDraft(
            "drawn",
            (Port("start", THREE),),
            tuple(self._placements.items()),
            tuple(
                DraftEdge(
                    parse_endpoint(source, ""),
                    parse_endpoint(target, ""),
                    {"is": case} if case else None,
                    "",
                )
                for source, target, case in self._edges
            ),
        )

    def _place(self, kind: str) -> str:
        name = f"p{len(self._placements)}"
        self._placements[name] = kind
        self._sources.append(f"{name}.y")
        return name

    def _use(self, source: str, target: str) -> None:
        case = self._draw(st.sampled_from("abc")) if source in self._cut else None
        self._edges.append((source, target, case))


@st.composite
def _flows(draw: st.DrawFn) -> FlowDraft:
    drawing = _Drawing(draw)
    steps = [drawing.branch, drawing.join, drawing.join, drawing.follow]
    for step in draw(st.lists(st.sampled_from(steps), min_size=1, max_size=5)):
        step()
    draft = drawing.finish()
    assume(len({edge.source for edge in draft.edges if edge.when}) <= 5)
    return draft


def _runs(draft: FlowDraft) -> Iterator[tuple[set[str], dict[str, int]]]:
    """The reference: for each choice of values, what ran, and how many values reached an input."""
    order = sorted((name for name, _ in draft.placements), key=lambda name: int(name[1:]))
    cut = sorted({str(edge.source) for edge in draft.edges if edge.when})
    for choice in product("abc", repeat=len(cut)):
        values = dict(zip(cut, choice, strict=True))
        ran, reached = {"input"}, dict.fromkeys((str(edge.target) for edge in draft.edges), 0)
        for name in [*order, "output"]:
            for edge in draft.edges:
                passes = edge.when is None or edge.when == {"is": values[str(edge.source)]}
                if edge.target.placement == name and edge.source.placement in ran and passes:
                    reached[str(edge.target)] += 1
            if all(count for end, count in reached.items() if end.startswith(f"{name}.")):
                ran.add(name)
        yield ran, reached


@settings(max_examples=300)
@given(_flows())
def test_what_is_proved_of_a_flow_holds_in_every_run(draft: FlowDraft) -> None:
    runs = list(_runs(draft))
    judged = _judged(draft)
    if isinstance(judged, Flow):
        assert all(count <= 1 for _, reached in runs for count in reached.values())
        for output in {port.name for port in judged.outputs} - judged.partial:
            assert all(reached[f"output.{output}"] for _, reached in runs)
    elif judged.code == "E_FLOW_NEVER":
        never = judged.data["placement"]
        assert all(never not in ran and not reached.get(str(never)) for ran, reached in runs)
    else:
        assert judged.code == "E_FLOW_FED_TWICE"


def _judged(draft: FlowDraft) -> Flow | LogosError:
    try:
        return check_flow(draft, LIBRARY.__getitem__)
    except LogosError as refused:
        return refused
