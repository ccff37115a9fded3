"""Checking flows: every refusal by name, and every bound."""

from itertools import pairwise

import pytest

from logos_graph.canon import content_id
from logos_graph.errors import LogosError, Rejected
from logos_graph.graph.check import MAX_NESTING, MAX_PLACEMENTS, check_flow
from logos_graph.graph.component import Component, Node, Port
from logos_graph.graph.conditions import MAX_NEEDS
from logos_graph.graph.draft import DraftEdge, FlowDraft, parse_endpoint
from logos_graph.graph.flow import Flow
from logos_graph.graph.stored import parse_flow
from logos_graph.graph.types import parse_type


def _node(name: str, inputs: dict[str, str], outputs: dict[str, str]) -> Node:
    def ports(types: dict[str, str]) -> tuple[Port, ...]:
        return tuple(Port(port, parse_type(type_)) for port, type_ in types.items())

    return Node(content_id(name.encode()), ports(inputs), ports(outputs))


LIBRARY: dict[str, Component] = {
    "source": _node("source", {}, {"y": "u8"}),
    "score": _node("score", {"x": "u8"}, {"y": "u8", "safe": "bool"}),
    "add": _node("add", {"x": "u8", "z": "u8"}, {"y": "u8"}),
    "maybe": _node("maybe", {"x": "u8"}, {"y": "option<u8>"}),
    "prefer": _node("prefer", {"x": "u8", "z": "option<u8>"}, {"y": "u8"}),
    "any": _node("any", {"x": "option<u8>", "z": "option<u8>"}, {"y": "u8"}),
    "print": _node("print", {"x": "u8"}, {"text": "string"}),
}


def _draft(
    placements: dict[str, str],
    edges: list[tuple[str, str] | tuple[str, str, object]],
    inputs: dict[str, str] | None = None,
) -> FlowDraft:
    return FlowDraft(
        "tried",
        tuple(Port(name, parse_type(type_)) for name, type_ in (inputs or {"start": "u8"}).items()),
        tuple(placements.items()),
        tuple(
            DraftEdge(
                parse_endpoint(edge[0], "from"),
                parse_endpoint(edge[1], "to"),
                edge[2] if len(edge) == 3 else None,
                f"edges[{index}]",
            )
            for index, edge in enumerate(edges)
        ),
    )


def check(*draft: object, library: dict[str, Component] = LIBRARY) -> Flow:
    return check_flow(_draft(*draft), library.__getitem__)  # type: ignore[arg-type]


def _refusal(*draft: object, library: dict[str, Component] = LIBRARY) -> LogosError:
    with pytest.raises(LogosError) as refused:
        check(*draft, library=library)
    return refused.value


BRANCHES: tuple[dict[str, str], list[object]] = (
    {"s": "score", "low": "score", "middle": "score", "high": "score"},
    [
        ("input.start", "s.x"),
        ("s.y", "low.x", {"below": 30}),
        ("s.y", "middle.x", {"at_least": 30, "below": 70}),
        ("s.y", "high.x", {"at_least": 70}),
        ("low.y", "output.y"),
        ("middle.y", "output.y"),
        ("high.y", "output.y"),
    ],
)


def test_branches_that_cover_and_exclude_are_joined_again() -> None:
    flow = check(*BRANCHES)
    assert flow.proof == {
        "covered": [
            {
                "parts": [{"below": 30}, {"at_least": 30, "below": 70}, {"at_least": 70}],
                "port": "s.y",
                "type": parse_type("u8").id,
            }
        ],
        "empty": [],
        "exclusive": [{"port": "output.y", "sources": ["high.y", "low.y", "middle.y"]}],
        "runs": [
            {"placements": ["high"], "when": "when s.y: 70 and above"},
            {"placements": ["middle"], "when": "when s.y: [30, 70)"},
            {"placements": ["low"], "when": "when s.y: below 30"},
        ],
    }
    assert flow.order == ("s", "high", "low", "middle")
    assert [port.name for port in flow.outputs] == ["y"]


def test_the_order_in_the_file_does_not_change_the_id() -> None:
    placements, edges = BRANCHES
    turned = check(dict(reversed(placements.items())), edges[::-1])
    assert turned == check(*BRANCHES)
    assert turned.proof == check(*BRANCHES).proof
    other = check(placements, [*edges, ("s.safe", "output.safe")])
    assert other.id != turned.id


def test_name_is_no_part_of_the_id() -> None:
    draft = _draft(*BRANCHES)  # type: ignore[arg-type]
    renamed = FlowDraft("renamed", draft.inputs, draft.placements, draft.edges)
    resolve = LIBRARY.__getitem__
    assert check_flow(draft, resolve).id == check_flow(renamed, resolve).id


def test_an_ill_typed_edge_names_both_ports_and_both_types() -> None:
    error = _refusal({"p": "print", "s": "score"}, [("p.text", "s.x"), ("s.y", "output.y")])
    assert error.code == "E_FLOW_TYPE"
    assert error.message == "p.text has type string, but s.x has type u8"
    assert error.data == {
        "source": "p.text",
        "source_type": "string",
        "target": "s.x",
        "target_type": "u8",
    }


def test_the_sources_of_one_output_have_one_type() -> None:
    error = _refusal(
        {"p": "print", "s": "score"},
        [
            ("input.start", "p.x"),
            ("input.start", "s.x"),
            ("s.y", "output.y"),
            ("p.text", "output.y"),
        ],
    )
    assert error.code == "E_FLOW_TYPE"
    assert "output.y, which has the type of s.y, has type u8" in error.message


def test_a_cycle_names_its_nodes() -> None:
    error = _refusal(
        {"a": "add", "b": "score", "c": "score", "d": "score"},
        [
            ("input.start", "a.x"),
            ("d.y", "a.z"),
            ("a.y", "b.x"),
            ("b.y", "d.x"),
            ("b.y", "c.x"),
            ("c.y", "output.y"),
        ],
    )
    assert error.code == "E_FLOW_CYCLE"
    assert error.message == "the flow has a cycle: a -> b -> d -> a"
    assert error.data["nodes"] == ["a", "b", "d"]


def test_a_placement_that_feeds_itself_is_a_cycle() -> None:
    error = _refusal({"a": "score"}, [("a.y", "a.x"), ("a.y", "output.y")])
    assert error.message == "the flow has a cycle: a -> a"


def test_a_threshold_gap_names_the_uncovered_interval() -> None:
    error = _refusal(
        {"s": "score", "low": "score", "high": "score"},
        [
            ("input.start", "s.x"),
            ("s.y", "low.x", {"below": 30}),
            ("s.y", "high.x", {"at_least": 70}),
            ("low.y", "output.y"),
        ],
    )
    assert error.code == "E_THRESHOLD_GAP"
    assert error.message == "s.y: no edge takes [30, 70)"


@pytest.mark.parametrize(
    ("placements", "edges", "code", "said"),
    [
        ({}, [("input.start", "output.y")], "E_FLOW_EMPTY", "no placement"),
        ({"s": "score"}, [("input.start", "s.x")], "E_FLOW_EMPTY", "no output"),
        ({"input": "score"}, [("s.y", "output.y")], "E_FLOW_NAME", "the flow's own ports"),
        ({"S": "score"}, [("s.y", "output.y")], "E_FLOW_NAME", "'S'"),
        (
            {"s": "score"},
            [("input.start", "t.x"), ("s.y", "output.y")],
            "E_FLOW_UNKNOWN_PLACEMENT",
            "edges[0]: there is no placement t",
        ),
        (
            {"s": "score"},
            [("input.star", "s.x"), ("s.y", "output.y")],
            "E_FLOW_UNKNOWN_PORT",
            "edges[0]: the flow has no input port star",
        ),
        (
            {"s": "score"},
            [("s.x", "output.y")],
            "E_FLOW_UNKNOWN_PORT",
            "s has no output port x",
        ),
        (
            {"s": "score"},
            [("input.start", "s.y"), ("s.y", "output.y")],
            "E_FLOW_UNKNOWN_PORT",
            "s has no input port y",
        ),
        ({"s": "score"}, [("output.y", "output.y")], "E_FLOW_DIRECTION", "output.y"),
        (
            {"s": "score"},
            [("s.y", "input.start"), ("s.y", "output.y")],
            "E_FLOW_DIRECTION",
            "input.start",
        ),
        (
            {"a": "add"},
            [("input.start", "a.x"), ("a.y", "output.y")],
            "E_FLOW_UNFED",
            "no edge feeds a.z",
        ),
        (
            {"a": "score"},
            [("input.start", "a.x"), ("input.start", "a.x"), ("a.y", "output.y")],
            "E_FLOW_FED_TWICE",
            "a.x is fed by input.start and by input.start",
        ),
        (
            {"a": "score", "b": "score"},
            [
                ("input.start", "a.x"),
                ("input.start", "b.x"),
                ("a.y", "output.y"),
                ("b.y", "output.y"),
            ],
            "E_FLOW_FED_TWICE",
            "output.y is fed by a.y and by b.y",
        ),
        (
            {"a": "score", "b": "score"},
            [
                ("input.start", "a.x", {"below": 9}),
                ("input.start", "b.x", {"at_least": 9}),
                ("a.y", "output.y", {"below": 9}),
                ("a.y", "output.z", {"at_least": 9}),
                ("a.safe", "output.safe"),
                ("b.y", "output.y"),
                ("input.start", "output.z", {"below": 9}),
            ],
            "E_FLOW_FED_TWICE",
            "output.z is fed by a.y (9 and above) and by input.start (below 9)",
        ),
        (
            {"a": "score"},
            [
                ("input.start", "a.x", {"below": 9}),
                ("input.start", "a.x", {"at_least": 8}),
                ("a.y", "output.y"),
            ],
            "E_THRESHOLD_OVERLAP",
            "input.start: [8, 9) is taken by two different thresholds",
        ),
        (
            {"a": "score", "b": "add"},
            [
                ("input.start", "a.x", {"below": 9}),
                ("a.y", "b.x"),
                ("input.start", "b.z", {"at_least": 9}),
                ("b.y", "output.y"),
            ],
            "E_FLOW_NEVER",
            "b can never be reached",
        ),
        (
            {"p": "print", "s": "score"},
            [
                ("input.start", "p.x"),
                ("input.start", "s.x"),
                ("p.text", "output.t", {"is": "a"}),
                ("s.y", "output.y"),
            ],
            "E_THRESHOLD_TYPE",
            "edges[2].when",
        ),
    ],
)
def test_a_flow_that_does_not_fit_is_refused_by_its_own_code(
    placements: dict[str, str], edges: list[object], code: str, said: str
) -> None:
    error = _refusal(placements, edges)
    assert error.code == code
    assert said in error.message


def test_a_placement_without_inputs_always_runs() -> None:
    assert check({"s": "source"}, [("s.y", "output.y")]).proof["runs"] == []


def test_an_output_that_may_stay_empty_must_be_an_option() -> None:
    placements, edges = BRANCHES
    error = _refusal(placements, edges[:-1])
    assert error.code == "E_FLOW_PARTIAL_OUTPUT"
    assert error.message.startswith("output.y may stay empty")
    assert error.hint is not None
    assert "option<u8>" in error.hint
    partial = check({**placements, "m": "maybe"}, [*edges, ("low.y", "m.x"), ("m.y", "output.z")])
    assert partial.proof["empty"] == ["z"]
    library = {**LIBRARY, "partial": partial}
    # The outer flow reads it in every run: what stayed empty is none there.
    outer = check({"f": "partial"}, [("input.start", "f.start"), ("f.z", "output.z")],
                   library=library)  # fmt: skip
    assert outer.proof == {"covered": [], "empty": [], "exclusive": [], "runs": []}


def test_an_option_input_asks_for_nothing_but_an_edge() -> None:
    edges: list[object] = [
        ("input.start", "m.x", {"below": 9}),
        ("input.start", "s.x", {"at_least": 9}),
        ("input.start", "p.x", {"at_least": 9}),
        ("m.y", "p.z"),
        ("m.y", "a.x"),
        ("m.y", "a.z"),
        ("a.y", "output.y"),
        ("p.y", "output.y"),
    ]
    placements = {"m": "maybe", "s": "score", "p": "prefer", "a": "any"}
    flow = check(placements, edges)
    assert flow.proof["runs"] == [
        {"placements": ["p", "s"], "when": "when input.start: 9 and above"},
        {"placements": ["a", "m"], "when": "when input.start: below 9"},
    ]
    unfed = _refusal(placements, [edge for edge in edges if edge != ("m.y", "p.z")])
    assert (unfed.code, unfed.data["ports"]) == ("E_FLOW_UNFED", ["p.z"])


def test_a_placement_with_option_inputs_only_runs_when_one_is_fed() -> None:
    edges: list[object] = [
        ("input.start", "m.x", {"below": 9}),
        ("input.start", "n.x", {"at_least": 9}),
        ("m.y", "a.x"),
        ("n.y", "a.z"),
        ("a.y", "output.y"),
    ]
    flow = check({"m": "maybe", "n": "maybe", "a": "any"}, edges)
    assert flow.proof["runs"] == [
        {"placements": ["n"], "when": "when input.start: 9 and above"},
        {"placements": ["m"], "when": "when input.start: below 9"},
    ]
    once = [*edges[:2], ("m.y", "a.x"), ("m.y", "a.z"), ("a.y", "output.y")]
    assert _refusal({"m": "maybe", "n": "maybe", "a": "any"}, once).code == "E_FLOW_PARTIAL_OUTPUT"


def test_cases_of_a_variant_lead_ways_that_join_again() -> None:
    pay = "variant pay { card: u8, cash, coin }"
    library = {
        **LIBRARY,
        "by-card": _node("by-card", {"x": pay}, {"y": "u8"}),
        "by-hand": _node("by-hand", {"x": pay}, {"y": "u8"}),
    }
    edges: list[object] = [
        ("input.pay", "c.x", {"is": "card"}),
        ("input.pay", "h.x", {"is": ["coin", "cash"]}),
        ("c.y", "output.y"),
        ("h.y", "output.y"),
    ]
    flow = check({"c": "by-card", "h": "by-hand"}, edges, {"pay": pay}, library=library)
    by_id = {component.id: component for component in library.values()}
    assert parse_flow(flow.to_mutation(), by_id.__getitem__) == flow
    assert [edge.json["when"] for edge in flow.edges if edge.when] == [
        {"is": "card"},
        {"is": ["cash", "coin"]},
    ]
    assert flow.proof["runs"] == [
        {"placements": ["c"], "when": "when input.pay: card"},
        {"placements": ["h"], "when": "when input.pay: cash or coin"},
    ]


def test_a_branch_within_a_branch_is_joined_exactly() -> None:
    placements = {"a": "score", "b": "score", "c": "score", "d": "score"}
    edges: list[object] = [
        ("input.start", "a.x", {"below": 30}),
        ("input.start", "d.x", {"at_least": 30}),
        ("a.y", "b.x", {"below": 5}),
        ("a.y", "c.x", {"at_least": 5}),
        ("b.y", "output.y"),
        ("c.y", "output.y"),
        ("d.y", "output.y"),
    ]
    assert len(check(placements, edges).proof["runs"]) == 4  # type: ignore[arg-type]
    inner = [("b.safe", "output.inner"), ("c.safe", "output.inner")]
    assert _refusal(placements, [*edges, *inner]).data["port"] == "output.inner"


def test_a_join_of_ways_that_differ_twice_is_not_taken_for_complete() -> None:
    # Of the four ways that two decisions give, only two reach the output.
    error = _refusal(
        {"s": "score", "t": "score", "p": "add", "q": "add"},
        [
            ("input.start", "s.x"),
            ("input.start", "t.x"),
            ("s.y", "p.x", {"below": 9}),
            ("t.y", "p.z", {"below": 9}),
            ("s.y", "q.x", {"at_least": 9}),
            ("t.y", "q.z", {"at_least": 9}),
            ("p.y", "output.y"),
            ("q.y", "output.y"),
        ],
    )
    assert error.code == "E_FLOW_PARTIAL_OUTPUT"


def test_a_flow_cannot_place_itself() -> None:
    # Its id would have to be in what it is the hash of. By name it is what the name means so far.
    first = check({"s": "score"}, [("input.start", "s.x"), ("s.y", "output.y")])
    library = {**LIBRARY, "tried": first}
    outer = _draft({"f": "tried"}, [("input.start", "f.start"), ("f.y", "output.y")])
    second = check_flow(outer, library.__getitem__)
    assert (outer.name, second.placements[0].uses, second.depth) == ("tried", first.id, 1)
    assert second.id != first.id
    own = FlowDraft("tried", outer.inputs, (("f", second.id),), outer.edges)
    assert check_flow(own, lambda _uses: second).id != second.id


def _chain(length: int, first: str = "source") -> FlowDraft:
    names = [f"p{index}" for index in range(length)]
    placements = {name: "score" if index else first for index, name in enumerate(names)}
    edges: list[object] = [(f"{one}.y", f"{two}.x") for one, two in pairwise(names)]
    return _draft(placements, [*edges, (f"{names[-1]}.y", "output.y")])  # type: ignore[list-item]


def test_the_deepest_flow_is_checked_without_recursion() -> None:
    flow = check_flow(_chain(MAX_PLACEMENTS), LIBRARY.__getitem__)
    assert flow.order[-1] == f"p{MAX_PLACEMENTS - 1}"
    with pytest.raises(Rejected) as refused:
        check_flow(_chain(MAX_PLACEMENTS + 1), LIBRARY.__getitem__)
    assert refused.value.code == "E_FLOW_SIZE"


def test_a_cycle_through_the_deepest_flow_is_found_without_recursion() -> None:
    draft = _chain(MAX_PLACEMENTS, "score")
    back = DraftEdge(
        parse_endpoint(f"p{MAX_PLACEMENTS - 1}.y", ""), parse_endpoint("p0.x", ""), None, ""
    )
    circle = FlowDraft(draft.name, draft.inputs, draft.placements, (*draft.edges, back))
    with pytest.raises(Rejected) as refused:
        check_flow(circle, LIBRARY.__getitem__)
    assert refused.value.code == "E_FLOW_CYCLE"
    assert len(refused.value.data["nodes"]) == MAX_PLACEMENTS  # type: ignore[arg-type]


def test_decisions_on_decisions_are_bounded() -> None:
    # Each placement depends on every threshold before it.
    names = [f"p{index}" for index in range(MAX_NEEDS + 2)]
    edges: list[object] = [("input.start", "p0.x"), (f"{names[-1]}.safe", "output.safe")]
    for one, two in pairwise(names):
        edges += [(f"{one}.y", f"{two}.x", {"below": 9})]
        edges += [(f"{one}.y", f"end-{one}.x", {"at_least": 9})]
    ends = [f"end-{name}" for name in names[:-1]]
    error = _refusal(dict.fromkeys([*names, *ends], "score"), edges)
    assert error.code == "E_FLOW_CONDITIONS"


def test_nested_flows_cannot_double_for_ever() -> None:
    library = dict(LIBRARY)
    library["f0"] = check(*BRANCHES)

    def double() -> None:
        for level in range(1, 40):
            library[f"f{level}"] = check(
                {"a": f"f{level - 1}", "b": f"f{level - 1}"},
                [("input.start", "a.start"), ("a.y", "b.start"), ("b.y", "output.y")],
                library=library,
            )

    with pytest.raises(Rejected) as refused:
        double()
    assert refused.value.code == "E_FLOW_SIZE"


def test_flows_cannot_nest_for_ever() -> None:
    library = dict(LIBRARY)
    library["f0"] = check(*BRANCHES)
    edges = [("input.start", "a.start"), ("a.y", "output.y")]
    for level in range(1, MAX_NESTING + 1):
        library[f"f{level}"] = check({"a": f"f{level - 1}"}, edges, library=library)
    error = _refusal({"a": f"f{MAX_NESTING}"}, edges, library=library)
    assert error.code == "E_FLOW_SIZE"
