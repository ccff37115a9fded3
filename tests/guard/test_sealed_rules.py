"""Sealed things never change and never go, not even for the supervisor with a proper entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.guard.conftest import Chain, Refused

SEALED = (
    "Node",
    "Module",
    "Type",
    "Port",
    "Flow",
    "Placement",
    "Policy",
    "Run",
    "Step",
    "Source",
)
# Everything hangs on the ledger's name, so that tests do not meet.
PUBLISH = """
CREATE (node:Node:Sediment {id: 'n', ledger: entry.ledger, ledger_index: entry.index})
CREATE (flow:Flow:Sediment {id: 'f', ledger: entry.ledger, ledger_index: entry.index})
CREATE (step:Step {id: 's', ledger: entry.ledger, ledger_index: entry.index})
CREATE (name:Name {name: 'first', ledger: entry.ledger, ledger_index: entry.index})
CREATE (right:Capability {id: 'clock', ledger: entry.ledger, ledger_index: entry.index})
CREATE (step)-[:RAN {ledger_index: entry.index, note: 'x'}]->(node)
CREATE (name)-[:NAMES {ledger_index: entry.index}]->(node)
CREATE (node)-[:MAY_USE {ledger_index: entry.index, grant: 'g'}]->(right)
CREATE (entry)-[:RECORDS {ledger_index: entry.index}]->(node)
"""


@pytest.fixture
def published(chain: Chain) -> Chain:
    chain.commit(PUBLISH)
    return chain


@pytest.mark.parametrize("label", SEALED)
@pytest.mark.parametrize(
    "change",
    [
        "SET it.id = 'y'",
        "SET it.extra = 1",
        "REMOVE it.id",
        "SET it:Other",
        "REMOVE it:{label}",
        "REMOVE it:{label} SET it.id = 'y'",
        "DELETE it",
    ],
)
def test_a_sealed_node_keeps_what_it_was_made_with(
    chain: Chain, refused: Refused, label: str, change: str
) -> None:
    chain.commit(f"CREATE (:{label} {{id: 'x', ledger: entry.ledger, ledger_index: entry.index}})")
    with refused("sealed"):
        chain.commit(f"MATCH (it:{label} {{ledger: $ledger}}) " + change.format(label=label))


@pytest.mark.parametrize(
    "change",
    [
        "SET it.text = '{}'",
        "SET it.hash = it.prev_hash",
        "REMOVE it.signature",
        "REMOVE it:LedgerEntry",
        "DELETE it",
    ],
)
def test_an_entry_is_never_rewritten(chain: Chain, refused: Refused, change: str) -> None:
    with refused("sealed"):
        chain.commit(f"MATCH (it:LedgerEntry {{ledger: $ledger, index: 0}}) {change}")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("MATCH (n:Node {ledger: $ledger}) DETACH DELETE n", id="detach-delete"),
        pytest.param("MATCH (:Step {ledger: $ledger})-[r:RAN]->() DELETE r", id="delete-between"),
        pytest.param(
            "MATCH (:LedgerEntry {ledger: $ledger})-[r:RECORDS]->() DELETE r", id="delete-records"
        ),
        pytest.param("MATCH (:Node {ledger: $ledger})-[r:MAY_USE]->() DELETE r", id="delete-grant"),
        pytest.param(
            "MATCH (:Step {ledger: $ledger})-[r:RAN]->() SET r.note = 'y'", id="set-property"
        ),
        pytest.param("MATCH (:Step {ledger: $ledger})-[r:RAN]->() REMOVE r.note", id="remove"),
        pytest.param(
            "MATCH (:Step {ledger: $ledger})-[r:RAN]->() SET r.ledger_index = entry.index",
            id="another-entry",
        ),
        pytest.param(
            "MATCH (:Node {ledger: $ledger})-[r:MAY_USE]->() SET r.grant = 'h'", id="another-grant"
        ),
        pytest.param(
            "MATCH (s:Step {ledger: $ledger}) CREATE (s)-[:CARRIED {ledger_index: entry.index}]->"
            "(:Step {ledger_index: entry.index})",
            id="new-from-sealed",
        ),
        pytest.param(
            "MATCH (f:Flow {ledger: $ledger}), (c:Capability {ledger: $ledger})"
            " CREATE (f)-[:MAY_USE {ledger_index: entry.index}]->(c)",
            id="grant-to-a-flow",
        ),
        pytest.param(
            "MATCH (old:LedgerEntry {ledger: $ledger, index: 0}), (n:Node {ledger: $ledger})"
            " CREATE (old)-[:RECORDS {ledger_index: entry.index}]->(n)",
            id="an-old-entry-records-more",
        ),
    ],
)
def test_the_relationships_of_a_sealed_node_stay(
    published: Chain, refused: Refused, change: str
) -> None:
    with refused("sealed"):
        published.commit(change)


def test_a_name_moves_and_nothing_else_does(published: Chain) -> None:
    published.commit(
        "MATCH (name:Name {ledger: $ledger})-[old:NAMES]->(), (flow:Flow {ledger: $ledger})"
        " DELETE old CREATE (name)-[:NAMES {ledger_index: entry.index}]->(flow)"
    )
    rows = published.run(
        "MATCH (:Name {ledger: $ledger})-[:NAMES]->(it) RETURN it.id", ledger=published.ledger
    )
    assert [row[0] for row in rows] == ["f"]


def test_a_new_thing_may_lean_on_a_sealed_one(published: Chain) -> None:
    published.commit(
        "MATCH (node:Node {ledger: $ledger})"
        " CREATE (p:Placement {ledger_index: entry.index, ledger: entry.ledger})"
        " CREATE (p)-[:USES {ledger_index: entry.index}]->(node)"
    )
    rows = published.run(
        "MATCH (:Placement {ledger: $ledger})-[:USES]->(n) RETURN n", ledger=published.ledger
    )
    assert len(rows) == 1


def test_a_node_is_granted_a_capability_later(published: Chain) -> None:
    published.commit(
        "MATCH (node:Node {ledger: $ledger}), (c:Capability {ledger: $ledger})"
        " CREATE (node)-[:MAY_USE {ledger_index: entry.index, grant: 'h'}]->(c)"
    )
    rows = published.run(
        "MATCH (:Node {ledger: $ledger})-[m:MAY_USE]->() RETURN m", ledger=published.ledger
    )
    assert len(rows) == 2


REVOKE = "MATCH (:Node {ledger: $ledger})-[m:MAY_USE]->() SET m.revoked_index = "


def test_a_grant_is_revoked_once(published: Chain, refused: Refused) -> None:
    with refused("record"):
        published.commit(REVOKE + "0")
    published.commit(REVOKE + "entry.index")
    with refused("sealed"):
        published.commit(REVOKE + "entry.index")
    with refused("sealed"):
        published.commit("MATCH (:Node {ledger: $ledger})-[m:MAY_USE]->() REMOVE m.revoked_index")


@pytest.mark.parametrize("label", ["Node", "Flow"])
def test_sediment_becomes_bedrock_and_never_sediment_again(
    published: Chain, refused: Refused, label: str
) -> None:
    thing = f"MATCH (it:{label} {{ledger: $ledger}}) "
    for half in ("REMOVE it:Sediment", "SET it:Bedrock", "REMOVE it:Sediment SET it:Gone"):
        with refused("sealed"):
            published.commit(thing + half)
    published.commit(thing + "REMOVE it:Sediment SET it:Bedrock")
    with refused("sealed"):
        published.commit(thing + "REMOVE it:Bedrock SET it:Sediment")


@pytest.mark.parametrize("label", [*SEALED, "LedgerEntry", "LedgerHead"])
def test_nothing_is_sealed_after_its_birth(published: Chain, refused: Refused, label: str) -> None:
    with refused("sealed"):
        published.commit(f"MATCH (name:Name {{ledger: $ledger}}) SET name:{label}")
