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
    "Principal",
    "Supervisor",
    "Verb",
    "Capability",
    "Grant",
    "Draft",
    "Governance",
    "LogLine",
)
PUBLISH = """
CREATE (node:Node:Sediment {id: 'n', mark: $mark, ledger_index: entry.index})
CREATE (flow:Flow:Sediment {id: 'f', mark: $mark, ledger_index: entry.index})
CREATE (step:Step {id: 's', mark: $mark, ledger_index: entry.index})
CREATE (name:Name {name: 'first', mark: $mark, ledger_index: entry.index})
CREATE (right:Capability {id: 'clock', mark: $mark, ledger_index: entry.index})
CREATE (step)-[:RAN {ledger_index: entry.index, note: 'x'}]->(node)
CREATE (name)-[:NAMES {ledger_index: entry.index}]->(node)
CREATE (grant:Grant {id: 'g', limits: '{}', mark: $mark, ledger_index: entry.index})
CREATE (node)-[:HOLDS {ledger_index: entry.index}]->(grant)
CREATE (grant)-[:OF {ledger_index: entry.index}]->(right)
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
    chain.commit(f"CREATE (:{label} {{id: 'x', mark: $mark, ledger_index: entry.index}})")
    with refused("sealed"):
        chain.commit(f"MATCH (it:{label} {{mark: $mark}}) " + change.format(label=label))


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
        pytest.param("MATCH (n:Node {mark: $mark}) DETACH DELETE n", id="detach-delete"),
        pytest.param("MATCH (:Step {mark: $mark})-[r:RAN]->() DELETE r", id="delete-between"),
        pytest.param(
            "MATCH (:LedgerEntry {ledger: $ledger})-[r:RECORDS]->() DELETE r", id="delete-records"
        ),
        pytest.param("MATCH (:Node {mark: $mark})-[r:HOLDS]->() DELETE r", id="delete-grant"),
        pytest.param("MATCH (:Step {mark: $mark})-[r:RAN]->() SET r.note = 'y'", id="set-property"),
        pytest.param("MATCH (:Step {mark: $mark})-[r:RAN]->() REMOVE r.note", id="remove"),
        pytest.param(
            "MATCH (:Step {mark: $mark})-[r:RAN]->() SET r.ledger_index = entry.index",
            id="another-entry",
        ),
        pytest.param(
            "MATCH (:Grant {mark: $mark})-[r:OF]->() SET r.revoked_index = entry.index",
            id="revoked-beside",
        ),
        pytest.param(
            "MATCH (s:Step {mark: $mark}) CREATE (s)-[:CARRIED {ledger_index: entry.index}]->"
            "(:Step {ledger_index: entry.index})",
            id="new-from-sealed",
        ),
        pytest.param(
            "MATCH (f:Flow {mark: $mark})"
            " CREATE (f)-[:HOLDS {ledger_index: entry.index}]->"
            "(:Grant {ledger_index: entry.index})",
            id="grant-to-a-flow",
        ),
        pytest.param(
            "MATCH (n:Node {mark: $mark}), (g:Grant {mark: $mark})"
            " CREATE (n)-[:HOLDS {ledger_index: entry.index}]->(g)",
            id="an-old-grant-to-an-old-node",
        ),
        pytest.param(
            "MATCH (g:Grant {mark: $mark})"
            " CREATE (g)-[:OF {ledger_index: entry.index}]->"
            "(:Capability {id: 'http', ledger_index: entry.index})",
            id="another-capability",
        ),
        pytest.param(
            "MATCH (old:LedgerEntry {ledger: $ledger, index: 0}), (n:Node {mark: $mark})"
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
        "MATCH (name:Name {mark: $mark})-[old:NAMES]->(), (flow:Flow {mark: $mark})"
        " DELETE old CREATE (name)-[:NAMES {ledger_index: entry.index}]->(flow)"
    )
    rows = published.run("MATCH (:Name {mark: $mark})-[:NAMES]->(it) RETURN it.id")
    assert [row[0] for row in rows] == ["f"]


def test_a_new_thing_may_lean_on_a_sealed_one(published: Chain) -> None:
    published.commit(
        "MATCH (node:Node {mark: $mark})"
        " CREATE (p:Placement {ledger_index: entry.index, mark: $mark})"
        " CREATE (p)-[:USES {ledger_index: entry.index}]->(node)"
    )
    rows = published.run("MATCH (:Placement {mark: $mark})-[:USES]->(n) RETURN n")
    assert len(rows) == 1


def test_a_node_is_granted_a_capability_later(published: Chain) -> None:
    published.commit(
        "MATCH (node:Node {mark: $mark}), (c:Capability {mark: $mark})"
        " CREATE (node)-[:HOLDS {ledger_index: entry.index}]->"
        "(grant:Grant {id: 'h', ledger_index: entry.index})"
        " CREATE (grant)-[:OF {ledger_index: entry.index}]->(c)"
    )
    rows = published.run("MATCH (:Node {mark: $mark})-[held:HOLDS]->() RETURN held")
    assert len(rows) == 2


def test_a_grant_waits_for_its_node(published: Chain) -> None:
    published.commit("CREATE (:Grant {id: 'early', mark: $mark, ledger_index: entry.index})")
    published.commit(
        "MATCH (grant:Grant {id: 'early', mark: $mark})"
        " CREATE (:Node:Sediment {id: 'late', mark: $mark, ledger_index: entry.index})"
        "-[:HOLDS {ledger_index: entry.index}]->(grant)"
    )
    rows = published.run("MATCH (:Node {id: 'late', mark: $mark})-[held:HOLDS]->() RETURN held")
    assert len(rows) == 1


REVOKE = "MATCH (grant:Grant {mark: $mark}) SET grant.revoked_index = "


def test_a_grant_is_revoked_once(published: Chain, refused: Refused) -> None:
    with refused("record"):
        published.commit(REVOKE + "0")
    published.commit(REVOKE + "entry.index")
    with refused("sealed"):
        published.commit(REVOKE + "entry.index")
    with refused("sealed"):
        published.commit("MATCH (grant:Grant {mark: $mark}) REMOVE grant.revoked_index")


@pytest.mark.parametrize("label", ["Node", "Flow"])
def test_sediment_becomes_bedrock_and_never_sediment_again(
    published: Chain, refused: Refused, label: str
) -> None:
    thing = f"MATCH (it:{label} {{mark: $mark}}) "
    for half in ("REMOVE it:Sediment", "SET it:Bedrock", "REMOVE it:Sediment SET it:Gone"):
        with refused("sealed"):
            published.commit(thing + half)
    published.commit(thing + "REMOVE it:Sediment SET it:Bedrock")
    with refused("sealed"):
        published.commit(thing + "REMOVE it:Bedrock SET it:Sediment")


@pytest.mark.parametrize("label", [*SEALED, "LedgerEntry", "LedgerHead"])
def test_nothing_is_sealed_after_its_birth(published: Chain, refused: Refused, label: str) -> None:
    with refused("sealed"):
        published.commit(f"MATCH (name:Name {{mark: $mark}}) SET name:{label}")


# An intent under way, one that has ended, and who is concerned with them.
SUBMIT = """
CREATE (who:Principal {did: 'ann', mark: $mark, ledger_index: entry.index})
CREATE (flow:Flow {id: 'f', mark: $mark, ledger_index: entry.index})
CREATE (verb:Verb {name: 'pay', mark: $mark, ledger_index: entry.index})
CREATE (verb)-[:STARTS {ledger_index: entry.index}]->(flow)
CREATE (policy:Policy {id: 'p', mark: $mark, ledger_index: entry.index})
CREATE (all:Governance {mark: $mark, ledger_index: entry.index})
CREATE (all)-[:ENFORCES {ledger_index: entry.index}]->(policy)
CREATE (line:LogLine:Pending {cid: 'waits', status: 'PENDING', mark: $mark,
  ledger_index: entry.index})
SET line += $signed
CREATE (who)-[:SUBMITTED {ledger_index: entry.index}]->(line)
CREATE (ended:LogLine {cid: 'ended', status: 'GHOST', mark: $mark, ledger_index: entry.index})
SET ended += $signed
CREATE (who)-[:SUBMITTED {ledger_index: entry.index}]->(ended)
"""
SIGNED = (
    *("who", "did", "this", "nonce", "text", "signature", "when", "if_ok", "if_doubt", "if_not"),
    *("first_decision", "recorded_at"),
)
PROGRESS = (
    *("status", "decision", "policy_hash", "writer", "decided_index"),
    *("claimed_index", "attempts", "attempt_index", "wake_at", "cancelled"),
    *("consequence", "commitment", "cause", "result", "ended_index"),
)
WAITS = "MATCH (line:LogLine {mark: $mark, cid: 'waits'}) "
ENDED = "MATCH (line:LogLine {mark: $mark, cid: 'ended'}) "
A_RUN = " CREATE (line)-[:CAUSED {ledger_index: entry.index}]->(:Run {ledger_index: entry.index})"


@pytest.fixture
def submitted(chain: Chain) -> Chain:
    chain.commit(SUBMIT, signed=dict.fromkeys(SIGNED, "as signed"))
    return chain


@pytest.mark.parametrize("key", [*SIGNED, "cid", "ledger_index", "mark", "anything"])
def test_what_an_intent_says_never_changes(submitted: Chain, refused: Refused, key: str) -> None:
    for line in (WAITS, ENDED):
        with refused("sealed"):
            submitted.commit(f"{line} SET line.{key} = entry.index")
        with refused("sealed"):  # not even together with what may change
            submitted.commit(
                f"{line} SET line.{key} = entry.index, line.status = 'COMMITTED'"
                " REMOVE line:Pending"
            )


@pytest.mark.parametrize("key", PROGRESS)
def test_what_becomes_of_an_intent_is_set_until_it_has_ended(
    submitted: Chain, refused: Refused, key: str
) -> None:
    submitted.commit(f"{WAITS} SET line.{key} = entry.index")
    with refused("sealed"):
        submitted.commit(f"{WAITS} REMOVE line.{key}")
    with refused("sealed"):
        submitted.commit(f"{ENDED} SET line.{key} = entry.index")
    submitted.commit(f"{WAITS} REMOVE line:Pending SET line.{key} = entry.index")
    with refused("sealed"):
        submitted.commit(f"{WAITS} SET line.{key} = entry.index")


def test_an_intent_ends_once_with_what_it_caused(submitted: Chain, refused: Refused) -> None:
    with refused("sealed"):
        submitted.commit(WAITS + A_RUN)
    submitted.commit(WAITS + "REMOVE line:Pending SET line.status = 'COMMITTED'" + A_RUN)
    for again in ("SET line:Pending", "SET line.status = 'GHOST'", "SET line:Other", "DELETE line"):
        with refused("sealed"):
            submitted.commit(f"{WAITS} {again}")
    for line in (WAITS, ENDED):
        with refused("sealed"):
            submitted.commit(line + A_RUN)
    rows = submitted.run(f"{WAITS} MATCH (line)-[:CAUSED]->(run:Run) RETURN run")
    assert len(rows) == 1


CONSEQUENCES = (
    "CREATE (line)-[:CAUSED {ledger_index: entry.index}]->(:Draft {ledger_index: entry.index})",
    "CREATE (line)-[:DEPRECATES {ledger_index: entry.index}]->(:Node {ledger_index: entry.index})",
    "CREATE (line)-[:PROMOTES {ledger_index: entry.index}]->(:Node {ledger_index: entry.index})",
)


@pytest.mark.parametrize("consequence", CONSEQUENCES, ids=["draft", "deprecates", "promotes"])
def test_a_draft_and_a_node_s_standing_come_of_an_intent_that_ends(
    submitted: Chain, refused: Refused, consequence: str
) -> None:
    for line in (WAITS, ENDED):
        with refused("sealed"):
            submitted.commit(f"{line} {consequence}")
    submitted.commit(f"{WAITS} REMOVE line:Pending {consequence}")


def test_an_intent_may_be_recorded_and_end_in_one_transaction(chain: Chain) -> None:
    chain.commit(
        "CREATE (line:LogLine:Pending {cid: 'denied', mark: $mark, ledger_index: entry.index})"
        " WITH line, entry REMOVE line:Pending SET line.status = 'GHOST'"
    )
    rows = chain.run("MATCH (line:LogLine {mark: $mark}) RETURN labels(line), line.status")
    assert [list(row) for row in rows] == [[["LogLine"], "GHOST"]]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            "MATCH (who:Principal {mark: $mark}), (line:LogLine:Pending {mark: $mark})"
            " CREATE (who)-[:ANSWERED {ledger_index: entry.index}]->(line)",
            id="a-principal-answers",
        ),
        pytest.param(
            "MATCH (who:Principal {mark: $mark}) CREATE (who)-[:SUBMITTED"
            " {ledger_index: entry.index}]->(:LogLine:Pending {ledger_index: entry.index})",
            id="a-principal-submits",
        ),
        pytest.param(
            "MATCH (all:Governance {mark: $mark}), (policy:Policy {mark: $mark})"
            " CREATE (all)-[:ENFORCES {ledger_index: entry.index}]->(policy)",
            id="a-policy-is-activated",
        ),
        pytest.param(
            "MATCH (line:LogLine:Pending {mark: $mark})"
            " CREATE (entry)-[:RECORDS {ledger_index: entry.index}]->(line)",
            id="an-entry-records",
        ),
    ],
)
def test_principals_act_and_policies_are_activated(submitted: Chain, change: str) -> None:
    count = "MATCH ()-[r]->() WHERE r.ledger_index = $index RETURN r"
    submitted.commit(change)
    assert len(submitted.run(count, index=submitted.index)) == 1


ANOTHER = (
    "MATCH (verb:Verb {mark: $mark})-[old:STARTS]->() CREATE (f:Flow {ledger_index: entry.index}) "
)
BOUND = "CREATE (verb)-[:STARTS {ledger_index: entry.index}]->(f) "


def test_a_verb_comes_to_start_another_flow_and_one_only(
    submitted: Chain, refused: Refused
) -> None:
    for change in (ANOTHER + BOUND, ANOTHER + BOUND + BOUND + "DELETE old", ANOTHER + "DELETE old"):
        with refused("sealed"):
            submitted.commit(change)
    submitted.commit(ANOTHER + BOUND + "DELETE old")
    (row,) = submitted.run("MATCH (:Verb {mark: $mark})-[bound:STARTS]->() RETURN bound")
    assert row["bound"]["ledger_index"] == submitted.index


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            "MATCH (v:Verb {mark: $mark}), (f:Flow {mark: $mark})"
            " CREATE (v)-[:STARTS {ledger_index: entry.index}]->(f)",
            id="a-verb-starts-another-flow",
        ),
        pytest.param("MATCH (:Verb {mark: $mark})-[r:STARTS]->() DELETE r", id="a-verb-unbound"),
        pytest.param(
            "MATCH (:Governance {mark: $mark})-[r:ENFORCES]->() DELETE r", id="a-policy-withdrawn"
        ),
        pytest.param(
            "MATCH (:Governance {mark: $mark})-[r:ENFORCES]->() SET r.ledger_index = entry.index",
            id="a-policy-made-younger",
        ),
        pytest.param(
            "MATCH (:Principal {mark: $mark})-[r:SUBMITTED]->() DELETE r", id="an-author-forgotten"
        ),
        pytest.param(
            "MATCH (who:Principal {mark: $mark}), (line:LogLine:Pending {mark: $mark})"
            " CREATE (who)-[:SUBMITTED {ledger_index: entry.index}]->(line)",
            id="another-author",
        ),
        pytest.param(
            "MATCH (who:Principal {mark: $mark}), (v:Verb {mark: $mark})"
            " CREATE (who)-[:MAY {ledger_index: entry.index}]->(v)",
            id="another-right",
        ),
    ],
)
def test_who_may_act_and_what_is_in_force_is_not_rewritten(
    submitted: Chain, refused: Refused, change: str
) -> None:
    with refused("sealed"):
        submitted.commit(change)
