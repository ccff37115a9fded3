"""Random pictures, and one small one that is known."""

from __future__ import annotations

from hypothesis import strategies as st

from logos_graph.drawing import Arrow, Box, Kind, Picture
from logos_graph.graph import Layer

SCORE = "b3:" + "1" * 64
"""Of the flow that KNOWN places."""
PAYMENT = "record payment { amount: decimal<2> }"
HOSTILE = '"]--> x <b>&amp;</b> \\" `#quot;` %% \n end; \u202e\x1b[2J ]]> <!-- */ é 漢'
"""What no format may take for anything but text."""

_INNER = Picture(
    "risk-score",
    SCORE,
    Layer.BEDROCK,
    (
        Box("input", Kind.INPUT),
        Box("end", Kind.NODE, "size", "b3:" + "2" * 64, Layer.BEDROCK, ("clock", "kv")),
        Box("output", Kind.OUTPUT),
    ),
    (
        Arrow("input", "payment", "end", "payment", PAYMENT, "record payment"),
        Arrow("end", "total", "output", "total", "u8", "u8"),
    ),
)


def known(opened: bool = False) -> Picture:
    """A flow of a node, and a flow whose name is a word of Mermaid's."""
    return Picture(
        "approval",
        "b3:" + "3" * 64,
        Layer.SEDIMENT,
        (
            Box("input", Kind.INPUT),
            Box("end", Kind.FLOW, "risk-score", SCORE, Layer.BEDROCK, ("clock", "kv")),
            Box("small-sum", Kind.NODE, "b3:444444444444", "b3:" + "4" * 64, Layer.SEDIMENT),
            Box("output", Kind.OUTPUT),
        ),
        (
            Arrow("input", "payment", "end", "payment", PAYMENT, "record payment"),
            Arrow("end", "total", "small-sum", "score", "u8", "u8", "< 30"),
            Arrow("input", "payment", "small-sum", "payment", PAYMENT, "record payment"),
            Arrow("small-sum", "decision", "output", "decision", "bool", "bool"),
        ),
        {"end": _INNER} if opened else {},
    )


def hostile() -> Picture:
    """Every text of it is a stranger's."""
    box = Box(HOSTILE, Kind.NODE, HOSTILE, HOSTILE, Layer.SEDIMENT, (HOSTILE,))
    arrow = Arrow("input", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    return Picture(HOSTILE, HOSTILE, Layer.SEDIMENT, (Box("input", Kind.INPUT), box), (arrow,))


@st.composite
def pictures(draw: st.DrawFn, depth: int = 1) -> Picture:
    """Any flow: a graph without cycles, some of its boxes opened."""
    count = draw(st.integers(0, 12))
    names = [f"step-{number}" for number in range(count)]
    boxes = [Box("input", Kind.INPUT)]
    opened: dict[str, Picture] = {}
    arrows: list[Arrow] = []
    for at, name in enumerate(names):
        is_flow = depth > 0 and draw(st.integers(0, 4)) == 0
        needs = ("clock", "http") if draw(st.booleans()) else ()
        kind = Kind.FLOW if is_flow else Kind.NODE
        layer = draw(st.sampled_from(Layer))
        boxes.append(Box(name, kind, "x" * draw(st.integers(0, 30)), SCORE, layer, needs))
        if is_flow:
            opened[name] = draw(pictures(depth=depth - 1))
        for port in range(draw(st.integers(0, 4))):
            source = draw(st.sampled_from(["input", *names[:at]]))
            out = f"out-{draw(st.integers(0, 2))}"
            when = draw(st.sampled_from(["", ">= 30, < 70", "is high"]))
            arrows.append(Arrow(source, out, name, f"in-{port}", "u8", "u8", when))
    boxes.append(Box("output", Kind.OUTPUT))
    arrows += [
        Arrow(name, "out-0", "output", f"port-{at}", "u8", "u8")
        for at, name in enumerate(names)
        if draw(st.booleans())
    ]
    return Picture("drawn", SCORE, Layer.SEDIMENT, tuple(boxes), tuple(arrows), opened)
