"""The style of Neo4j Browser: every label and type that a statement can make, in our palette."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from logos_graph.database.configuration import ServerConfiguration, render_configuration
from logos_graph.drawing import browser_command, browser_style, grass
from logos_graph.drawing.palette import COLOURS, Tint
from logos_graph.drawing.style import LABELS, TYPES
from logos_graph.resources import list_files, locate, read_text

MADE = [
    text
    for folder in ("graph", "ledger")
    for file in list_files(f"cypher/{folder}", ".cypher")
    for text in [re.sub(r"//.*", "", read_text(file))]
]
PACKAGE = Path(__file__).resolve().parents[2] / "logos_graph"


def labels_made() -> set[str]:
    """Of nodes in patterns, and what is set on one: `(line:LogLine:Pending`, `SET node:Bedrock`."""
    chains = [
        *(found for text in MADE for found in re.findall(r"\(\w*((?::[A-Z]\w+)+)", text)),
        *(found for text in MADE for found in re.findall(r"(?:SET|REMOVE) \w+((?::\w+)+)", text)),
    ]
    return {label for chain in chains for label in chain.strip(":").split(":")}


def types_made() -> set[str]:
    return {found for text in MADE for found in re.findall(r"\[\w*:([A-Z_]+)", text)}


def test_every_label_and_type_of_the_statements_that_write_has_its_rule() -> None:
    assert len(labels_made()) > 20
    assert len(types_made()) > 20
    rules = browser_style()
    assert {f"node.{label}" for label in labels_made()} <= rules.keys()
    assert {f"relationship.{kind}" for kind in types_made()} <= rules.keys()


def test_what_verification_expects_in_the_graph_has_its_rule() -> None:
    said = (PACKAGE / "store" / "expected.py").read_text()
    assert set(re.findall(r'_join\("([A-Z_]+)"', said)) <= TYPES.keys()
    assert set(re.findall(r'_(?:node|merge|made)\("([A-Z]\w+)"', said)) <= LABELS.keys()


def test_a_layer_has_the_colour_of_its_pictures() -> None:
    rules = browser_style()
    for layer, tint in (("Sediment", Tint.SEDIMENT), ("Bedrock", Tint.BEDROCK)):
        assert rules[f"node.{layer}"]["color"] == COLOURS[tint].fill
    for label in ("Node", "Flow"):  # later rules win: these leave the colour to the layer
        assert "color" not in rules[f"node.{label}"]
        assert [*rules].index(f"node.{label}") > [*rules].index("node.Bedrock")


def test_the_file_says_the_same_as_the_style() -> None:
    blocks = re.findall(r"^(\S+) \{\n(.*?)^\}$", grass(), re.DOTALL | re.MULTILINE)
    read = {
        selector: {
            name: value.strip("'") for name, value in re.findall(r"^  ([\w-]+): (.*);$", body, re.M)
        }
        for selector, body in blocks
    }
    assert read == browser_style()


def test_the_command_is_one_that_a_setting_can_hold() -> None:
    command = browser_command()
    assert ";" not in command
    assert "\n" not in command
    assert "$" not in command
    assert json.loads(command.removeprefix("style ")) == browser_style()


def test_the_server_is_told_the_style() -> None:
    configuration = ServerConfiguration(
        bolt_port=1, http_port=2, supervisor="s", heap_initial="1m", heap_max="1m", page_cache="1m"
    )
    lines = render_configuration(locate("deploy"), configuration).splitlines()
    assert f"browser.post_connect_cmd={browser_command()}" in lines


@pytest.mark.parametrize("tint", Tint)
def test_text_can_be_read_on_its_fill_in_light_and_in_dark(tint: Tint) -> None:
    colour = COLOURS[tint]
    assert contrast(colour.fill, colour.text) >= 7
    assert contrast(colour.dark_fill, colour.dark_text) >= 7


def contrast(one: str, other: str) -> float:
    """By WCAG 2.1: 7 is its highest demand of text."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
