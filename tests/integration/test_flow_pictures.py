"""logos flow draw and diff, logos node adapter: on the real example, over the installed command."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.integration.conftest import EXAMPLE, Cast, Logos

PARTS = ("inputs", "outputs", "placements", "edges", "capabilities")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The example's flow with a moved threshold, a new placement and one of another node."""
    text = (EXAMPLE / "payment-approval.toml").read_text()
    text = text.replace("below = 70", "below = 80").replace("at_least = 70", "at_least = 80")
    text = text.replace(
        'score = "risk-score"', 'score = "risk-score"\nverdict = "validate-account"'
    )
    text += (
        '\nverdict = "verdict.verdict"\n[[edges]]\nfrom = "input.payment"\nto = "verdict.payment"\n'
    )
    file = tmp_path / "other.toml"
    file.write_text(text)
    return file


def test_a_flow_is_drawn_in_each_format(example: Cast, logos: Logos, tmp_path: Path) -> None:
    drawn = logos("flow", "draw", "payment-approval", "--open-subgraphs")
    assert drawn.status == 0, drawn.err
    assert 'subgraph p_score["score · risk-score"]' in drawn.out
    assert "p_score__velocity" in drawn.out
    assert "record payment" in drawn.out
    assert "#lt; 30" in drawn.out
    document = logos("flow", "draw", "payment-approval", "--format", "dot", "--json").document
    assert document["format"] == "dot"
    assert document["text"].startswith("digraph ")
    file = tmp_path / "flow.svg"
    words = ("flow", "draw", "payment-approval", "--format", "svg", "--output", file)
    assert logos(*words).status == 0
    root = ElementTree.parse(file).getroot()
    ids = {each.get("id") for each in root.iter()} - {None}
    placed = logos("flow", "show", "payment-approval", "--json").document["placements"]
    assert ids == {"box.input", "box.output", *(f"box.{each['name']}" for each in placed)}
    assert logos(*words).status == 2  # the file is there


def test_the_capabilities_of_a_nested_flow_are_drawn_and_compared(
    example: Cast, logos: Logos, tmp_path: Path
) -> None:
    source = (
        "use logos_sdk::prelude::*;\n"
        "node! { fn stamped(value: u64) -> out: u64 { clock::now().min(value) } }\n"
    )
    file = tmp_path / "stamped.rs"
    file.write_text(source)
    node = logos("node", "check", file, "--json").document["node"]
    assert logos("node", "draft", file).status == 0
    assert logos("capability", "grant", node, "clock").status == 0
    assert logos("node", "publish", file).status == 0
    for name, placed in (("stamping", "stamped"), ("around", "stamping")):
        flow = tmp_path / f"{name}.toml"
        flow.write_text(
            f'[flow]\nname = "{name}"\n[inputs]\nvalue = "u64"\n[placements]\nonly = "{placed}"\n'
            '[[edges]]\nfrom = "input.value"\nto = "only.value"\n[outputs]\nout = "only.out"\n'
        )
        assert logos("flow", "publish", flow).status == 0
    assert "needs clock" in logos("flow", "draw", "around").out
    found = logos("flow", "diff", "risk-score", "around", "--json").document
    assert {"name": "clock", "change": "added", "before": None, "after": ["only"]} in found[
        "capabilities"
    ]


def test_a_flow_is_the_same_as_itself_and_as_its_file(example: Cast, logos: Logos) -> None:
    for second in ("payment-approval", str(EXAMPLE / "payment-approval.toml")):
        found = logos("flow", "diff", "payment-approval", second, "--json").document
        assert found["same"] is True
        assert found["first"]["id"] == found["second"]["id"]
        assert all(found[part] == [] for part in PARTS)


def test_what_a_file_would_change_is_told(example: Cast, logos: Logos, other: Path) -> None:
    ended = logos("flow", "diff", "payment-approval", other, "--json")
    assert ended.status == 0, ended.err
    found = ended.document
    assert found["same"] is False
    assert [(row["name"], row["change"]) for row in found["placements"]] == [("verdict", "added")]
    assert [(row["name"], row["change"]) for row in found["outputs"]] == [("verdict", "added")]
    edges = {row["name"]: row for row in found["edges"]}
    moved = edges["score.total -> hand-over.score"]
    assert moved["before"] == [{"type": "u32", "when": {"at_least": 30, "below": 70}}]
    assert moved["after"] == [{"type": "u32", "when": {"at_least": 30, "below": 80}}]
    assert edges["input.payment -> verdict.payment"]["change"] == "added"
    shown = logos("flow", "diff", "payment-approval", other).out
    assert "u32 >= 30, < 80" in shown
    assert "placement  verdict" in shown


def test_an_adapter_is_listed_shown_and_published(example: Cast, logos: Logos) -> None:
    listed = logos("node", "adapter", "list", "--json").document["adapters"]
    assert {"name": "not", "purpose": "The other one of true and false."} in listed
    assert "fn text_join(" in logos("node", "adapter", "show", "text-join").out
    published = logos("node", "adapter", "publish", "not", "--json")
    assert published.status == 0, published.err
    assert logos("node", "show", "not", "--json").document["names"] == ["not"]
    refused = logos("node", "adapter", "show", "nothing")
    assert (refused.status, "E_ADAPTER" in refused.err) == (2, True)
