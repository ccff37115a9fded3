"""Neo4j Browser itself, in a real Chromium on the real server: the graph in our colours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logos_graph.database import Connection
from logos_graph.drawing.palette import COLOURS, Tint
from logos_graph.drawing.style import LABELS, TYPES, browser_style
from tests.browser import Tab, chromium
from tests.integration.conftest import Cast, Logos

SHOWN = "MATCH p = (:Flow)-[:HAS_PLACEMENT]->(:Placement)-[:USES]->() RETURN p LIMIT 60"
CIRCLES = """[...document.querySelectorAll('g.node')].map(node => [
  node.querySelector('circle.b-outline').getAttribute('fill').toLowerCase(),
  node.querySelector('text').textContent.trim()])"""


def signed_in(tab: Tab, connection: Connection) -> None:
    """What a person does first: the password of the user who can only read."""
    tab.until("document.querySelector('[data-testid=password]')")
    for field, text in (
        ("username", connection.explorer_username),
        ("password", connection.explorer_password),
    ):
        tab.run(f"document.querySelector('[data-testid={field}]').select()")
        tab.type(str(text))
    tab.run("document.querySelector('[data-testid=connect]').click()")
    tab.until("document.body.innerText.includes('You are connected as user')")


def test_browser_shows_nodes_in_our_colours_as_soon_as_it_is_connected(
    example: Cast, tmp_path: Path
) -> None:
    connection = example.system.connection
    assert connection.browser_url is not None
    with chromium(tmp_path / "profile") as browser:
        tab = browser.open(connection.browser_url)
        signed_in(tab, connection)
        tab.until("JSON.parse(localStorage['neo4j.grass'])")
        assert json.loads(tab.run("localStorage['neo4j.grass']")) == browser_style()
        tab.run("document.querySelector('[data-testid=activeEditor] textarea').focus()")
        tab.type(SHOWN)
        tab.press("Enter", 13, modifiers=2)
        tab.until("document.querySelectorAll('g.node').length > 10")
        shown = {tuple(each) for each in tab.run(CIRCLES)}
        (tmp_path / "browser.png").write_bytes(tab.picture())
    fills = {fill for fill, _ in shown}
    assert fills == {COLOURS[Tint.SEDIMENT].fill, COLOURS[Tint.PLACE].fill}
    assert (COLOURS[Tint.PLACE].fill, "hand-over") in shown
    assert (COLOURS[Tint.SEDIMENT].fill, "approve") in shown


@pytest.mark.parametrize(
    ("ask", "styled"),
    [
        ("CALL db.labels()", {"Sediment", "Bedrock", *LABELS}),
        ("CALL db.relationshipTypes()", TYPES),
    ],
)
def test_every_label_and_type_that_is_stored_has_its_style(
    example: Cast, ask: str, styled: set[str]
) -> None:
    rows, _, _ = example.system.driver.execute_query(
        ask, database_=example.system.connection.database
    )
    assert {row[0] for row in rows} <= set(styled)


def test_the_style_is_printed_for_a_browser_of_ones_own(logos: Logos) -> None:
    told = logos("browse", "--style")
    assert told.status == 0, told.err
    assert "node.Sediment {" in told.out
    assert f"color: {COLOURS[Tint.BEDROCK].fill};" in told.out
    assert json.loads(logos("browse", "--style", "--json").out)["style"] == browser_style()
