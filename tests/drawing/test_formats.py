"""The three formats: everything is there, and nothing that a stranger writes is taken for more."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given

from logos_graph.drawing import FORMATS, Picture, check_size, dot, mermaid, short_type, svg
from logos_graph.drawing.palette import COLOURS, Tint
from logos_graph.errors import InvalidInput
from tests.browser import chromium
from tests.drawing.pictures import HOSTILE, PAYMENT, SCORE, hostile, known, pictures

SVG = "{http://www.w3.org/2000/svg}"


def texts(drawn: str) -> list[str]:
    return ["".join(each.itertext()) for each in ElementTree.fromstring(drawn).iter(f"{SVG}text")]


def ids(drawn: str) -> list[str]:
    return [found for each in ElementTree.fromstring(drawn).iter() if (found := each.get("id"))]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_has_every_placement_type_threshold_and_capability(kind: str) -> None:
    drawn = FORMATS[kind](known())
    for text in ("small-sum", "risk-score", "b3:444444444444", "record payment", "30", "clock, kv"):
        assert text in drawn, text
    assert COLOURS[Tint.SEDIMENT].fill in drawn
    assert COLOURS[Tint.BEDROCK].fill in drawn
    if kind != "svg":
        assert drawn.count("->" if kind == "dot" else "-->") == 4


@pytest.mark.parametrize("kind", FORMATS)
def test_a_nested_flow_is_told_apart_and_opened_when_asked_for(kind: str) -> None:
    closed, opened = FORMATS[kind](known()), FORMATS[kind](known(opened=True))
    assert {"mermaid": "[[", "svg": "inset", "dot": "component"}[kind] in closed
    assert "size" not in re.sub(r"font-size|fontsize|max-size", "", closed)
    assert ">size<" in opened or "size" in re.sub(r"font-?size", "", opened)


def test_an_svg_has_an_id_for_each_box_and_a_tooltip_with_whole_types() -> None:
    drawn = svg(known(opened=True))
    assert ids(drawn) == [
        *("box.input", "box.end", "box.end.input", "box.end.end", "box.end.output"),
        *("box.small-sum", "box.output"),
    ]
    said = texts(drawn)
    assert "needs clock, kv" in said
    assert "total to score: u8 < 30" in said
    tooltips = [each.text or "" for each in ElementTree.fromstring(drawn).iter(f"{SVG}title")]
    assert any(PAYMENT in each for each in tooltips)
    assert any(SCORE in each for each in tooltips)


@given(pictures())
def test_any_svg_is_well_formed_with_one_id_a_box(picture: Picture) -> None:
    found = ids(svg(picture))
    assert len(found) == len(set(found)) > len(picture.boxes) - 1


@pytest.mark.parametrize("picture", [known(opened=True), hostile()])
def test_an_svg_has_no_script_and_asks_for_nothing(picture: Picture) -> None:
    root = ElementTree.fromstring(svg(picture))
    allowed = {"svg", "title", "style", "rect", "text", "tspan", "g", "path"}
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= allowed
    for each in root.iter():
        assert not any(name.startswith("on") or "href" in name for name in each.attrib)
    style = root.find(f"{SVG}style")
    assert style is not None
    assert "url(" not in (style.text or "")
    assert "@import" not in (style.text or "")


def test_what_a_stranger_writes_is_text_in_an_svg() -> None:
    drawn = svg(hostile())
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn
    root = ElementTree.fromstring(drawn)
    titles = [each.text or "" for each in root.iter(f"{SVG}title")]
    told = HOSTILE.replace("\u202e", "\ufffd").replace("\x1b", "\ufffd")
    assert any(told in each for each in titles)


# A line of Mermaid as this product writes it; a quoted label holds no quote and no bare markup.
_LABEL = r'"(?:[^"<>#&`\\]|<br/>|#(?:\w+|\d+);)*"'
_ID = r"p_[a-z0-9_]+"
_LINES = [
    r"flowchart LR",
    rf"{_ID}(?:\(\[{_LABEL}\]\)|\[{_LABEL}\]|\[\[{_LABEL}\]\]):::(?:sediment|bedrock|port)",
    rf"{_ID} -->\|{_LABEL}\| {_ID}",
    rf"subgraph {_ID}\[{_LABEL}\]",
    r"direction LR",
    r"end",
    rf"style {_ID} fill:none,stroke:#[0-9a-f]{{6}}",
    r"classDef (?:sediment|bedrock|port) fill:#\w{6},stroke:#\w{6},color:#\w{6}",
]


def each_line_is_mermaid(drawn: str) -> None:
    for line in drawn.splitlines():
        assert any(re.fullmatch(form, line.strip()) for form in _LINES), line
    assert drawn.count("subgraph ") == len(re.findall(r"^ *end$", drawn, re.MULTILINE))


@given(pictures())
def test_any_mermaid_text_keeps_to_its_grammar(picture: Picture) -> None:
    each_line_is_mermaid(mermaid(picture))


def test_what_a_stranger_writes_is_text_in_mermaid() -> None:
    each_line_is_mermaid(mermaid(hostile()))


def test_mermaid_takes_no_name_for_a_word_of_its_own() -> None:
    lines = mermaid(known()).splitlines()
    assert lines[0] == "flowchart LR"
    assert '  p_end[["end<br/>risk-score<br/>needs clock, kv"]]:::bedrock' in lines
    assert '  p_end -->|"total to score: u8 #lt; 30"| p_small_sum' in lines


_STRING = r'"(?:[^"\\\n]|\\\\|\\"|\\n)*"'


@pytest.mark.parametrize("picture", [known(), known(opened=True), hostile()])
def test_every_string_of_dot_ends_where_it_should(picture: Picture) -> None:
    outside = re.sub(_STRING, "", dot(picture))
    assert '"' not in outside
    assert "\\" not in outside
    assert re.fullmatch(r"[\w\s{}\[\]=;,.>:-]*", outside), outside


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("picture", [known(), known(opened=True), hostile()])
def test_graphviz_draws_it(picture: Picture) -> None:
    done = subprocess.run(["dot", "-Tsvg"], input=dot(picture).encode(), capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""


def test_a_browser_shows_an_svg_in_light_and_in_dark(tmp_path: Path) -> None:
    (tmp_path / "flow.svg").write_text(svg(known(opened=True)))
    with chromium(tmp_path / "profile") as browser:
        tab = browser.open((tmp_path / "flow.svg").as_uri())
        tab.until("document.querySelectorAll('g[id]').length == 7")
        fill = "getComputedStyle(document.querySelector('[id=\"box.small-sum\"] rect')).fill"
        assert tab.run(fill) == rgb(COLOURS[Tint.SEDIMENT].fill)
        overflowing = """[...document.querySelectorAll('g[id]')].filter(group => {
            const box = group.querySelector('rect').getBBox();
            return [...group.querySelectorAll('text')].some(text =>
                text.getBBox().x < box.x || text.getBBox().width > box.width) }).length"""
        assert tab.run(overflowing) == 0
        tab.dark()
        assert tab.run(fill) == rgb(COLOURS[Tint.SEDIMENT].dark_fill)
        assert tab.picture().startswith(b"\x89PNG")


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("u8", "u8"),
        (PAYMENT, "record payment"),
        (f"list<{PAYMENT}>", "list<record payment>"),
        (
            f"option<tuple<{PAYMENT}, enum way {{ up, down }}>>",
            "option<tuple<record payment, enum way>>",
        ),
        ("variant limit { none, up-to: u8 }", "variant limit"),
        ("no type at all", "no type at all"),
        ("x" * 100, "x" * 39 + "…"),
    ],
)
def test_types_are_short_on_labels(text: str, short: str) -> None:
    assert short_type(text) == short


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_flow_gives_the_same_text(kind: str) -> None:
    drawn: Callable[[Picture], str] = FORMATS[kind]
    assert drawn(known(opened=True)) == drawn(known(opened=True))


def test_a_picture_of_too_many_boxes_is_refused() -> None:
    inner = known(opened=True)
    boxes = inner.boxes * 5000
    large = Picture("large", SCORE, inner.layer, boxes, (), {str(at): inner for at in range(5000)})
    with pytest.raises(InvalidInput) as refused:
        check_size(Picture("whole", SCORE, inner.layer, boxes, (), {"a": large}))
    assert refused.value.code == "E_DRAWING_SIZE"
