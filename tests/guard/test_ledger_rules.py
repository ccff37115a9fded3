"""No mutation without a new entry that extends the chain; by the one user who may write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.guard.conftest import Chain, Refused

NO_HASH = "b3:" + "0" * 64
A_NAME = "CREATE (name:Name {name: 'pay', ledger_index: entry.index, mark: $mark})"


def names(chain: Chain) -> int:
    return len(chain.run("MATCH (name:Name {mark: $mark}) RETURN name"))


FOUND = (
    "CREATE (h:LedgerHead {ledger: $ledger, index: $entry.index, hash: $entry.hash,"
    " recorded_at: $entry.recorded_at, supervisor: $supervisor}) SET h += $more"
    " CREATE (e:LedgerEntry) SET e = $entry"
)


def test_a_ledger_begins_with_index_zero_and_no_hash_before_it_and_grows(
    new_chain: Chain, refused: Refused
) -> None:
    for entry in (
        new_chain.entry_after(0, NO_HASH),
        new_chain.entry_after(-1, "b3:" + "11" * 32),
    ):
        with refused("chain"):
            new_chain.commit(entry=entry)
    with refused("chain"):
        new_chain.run(
            "CREATE (:LedgerHead {ledger: $ledger, index: 0, hash: $hash, recorded_at: 0,"
            " only: true})",
            hash=NO_HASH,
        )
    for more in ({}, {"only": False}, {"only": "true"}, {"only": 1}):
        with refused("head"):
            new_chain.run(FOUND, entry=new_chain.entry(), more=more, supervisor=new_chain.key.did)
    for _ in range(3):
        new_chain.commit(
            "OPTIONAL MATCH (old:LedgerEntry {hash: entry.prev_hash})"
            " FOREACH (before IN CASE WHEN old IS NULL THEN [] ELSE [old] END |"
            " CREATE (before)-[:NEXT {ledger_index: entry.index}]->(entry))"
        )
    rows = new_chain.run(
        "MATCH p = (:LedgerEntry {ledger: $ledger, index: 0})-[:NEXT*2]->(:LedgerEntry {index: 2})"
        " RETURN p"
    )
    assert len(rows) == 1


def test_many_entries_in_one_transaction_are_one_move_of_the_head(chain: Chain) -> None:
    entries = [chain.entry()]
    for _ in range(28):
        entries.append(chain.entry_after(entries[-1]["index"], entries[-1]["hash"]))
    chain.run(
        "MATCH (head:LedgerHead {ledger: $ledger})"
        " SET head.lock = 0, head += $last"
        " WITH head UNWIND $entries AS row CREATE (entry:LedgerEntry) SET entry = row",
        entries=entries,
        last={name: entries[-1][name] for name in ("index", "hash", "recorded_at")},
    )
    rows = chain.run("MATCH (e:LedgerEntry) WHERE e.index > $before RETURN e", before=chain.index)
    assert len(rows) == 29


def test_a_mutation_with_its_entry_is_stored(chain: Chain) -> None:
    chain.commit(A_NAME + " CREATE (entry)-[:RECORDS {ledger_index: entry.index}]->(name)")
    assert names(chain) == 1


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("CREATE (:Verb {name: 'x', ledger_index: 0})", id="create"),
        pytest.param("MATCH (n:Name {mark: $mark}) SET n.name = 'x'", id="set"),
        pytest.param("MATCH (n:Name {mark: $mark}) REMOVE n.name", id="remove"),
        pytest.param("MATCH (n:Name {mark: $mark}) SET n:Other", id="label"),
        pytest.param("MATCH (n:Name {mark: $mark}) DELETE n", id="delete"),
        pytest.param(
            "MATCH (n:Name {mark: $mark}) CREATE (n)-[:X {ledger_index: 1}]->(n)", id="join"
        ),
    ],
)
def test_no_mutation_without_its_entry(chain: Chain, refused: Refused, statement: str) -> None:
    chain.commit(A_NAME)
    with refused("chain"):
        chain.run(statement)
    assert names(chain) == 1


def test_batches_in_their_own_transactions_are_refused_too(chain: Chain) -> None:
    from neo4j.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        chain.run(
            "UNWIND range(1, 2) AS i"
            " CALL (i) { CREATE (:Name {mark: $mark, ledger_index: 0}) }"
            " IN TRANSACTIONS OF 1 ROW"
        )
    assert caught.value.code == "Neo.ClientError.Security.Forbidden"
    assert names(chain) == 0


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param({"hash": "b3:" + "ab" * 32}, "chain", id="hash-of-another-text"),
        pytest.param({"prev_hash": "b3:" + "cd" * 32}, "chain", id="wrong-prev-hash"),
        pytest.param({"index": 10**6, "ledger_index": 10**6}, "chain", id="index-gap"),
        pytest.param({"index": 0, "ledger_index": 0}, "chain", id="index-again"),
        pytest.param({"index": "1"}, "chain", id="index-as-text"),
        pytest.param({"kind": "ghost"}, "chain", id="kind-of-another-text"),
        pytest.param({"recorded_at": 10**6}, "chain", id="time-of-another-text"),
        pytest.param({"signature": "no"}, "chain", id="no-signature"),
        pytest.param({"text": None}, "chain", id="no-text"),
        pytest.param({"ledger_index": 0}, "record", id="another-ledger-index"),
        pytest.param({"ledger_index": None}, "record", id="no-ledger-index"),
    ],
)
def test_an_entry_that_is_not_the_next_one_is_refused(
    chain: Chain, refused: Refused, changes: dict[str, object], rule: str
) -> None:
    with refused(rule):
        chain.commit(entry=chain.entry(**changes))
    chain.commit()  # nothing of it stayed


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("SET head.hash = entry.prev_hash", id="hash-left-behind"),
        pytest.param("SET head.index = entry.index - 1", id="index-left-behind"),
        pytest.param("SET head.index = entry.index + 1", id="index-ahead"),
        pytest.param("SET head.recorded_at = 0", id="time-left-behind"),
        pytest.param("SET head.ledger = 'mine'", id="another-ledger"),
        pytest.param("SET head.lock = 1", id="another-lock"),
        pytest.param("SET head.only = false", id="not-the-only-one"),
        pytest.param("REMOVE head.only", id="only-removed"),
        pytest.param("SET head.note = 'x'", id="a-note"),
        pytest.param("SET head:Other", id="a-label"),
        pytest.param("REMOVE head:LedgerHead", id="no-longer-a-head"),
        pytest.param("DELETE head", id="deleted"),
        pytest.param(
            "CREATE (:LedgerHead {ledger: 'x', index: entry.index, hash: entry.hash,"
            " recorded_at: entry.recorded_at, lock: 0, only: true})",
            id="a-second-head",
        ),
    ],
)
def test_the_head_only_moves_to_the_last_entry(
    chain: Chain, refused: Refused, statement: str
) -> None:
    with refused("head"):
        chain.commit(statement)


def test_an_entry_beside_the_head_is_refused(chain: Chain, refused: Refused) -> None:
    with refused("head"):
        chain.run("CREATE (e:LedgerEntry) SET e = $entry", entry=chain.entry())


@pytest.mark.parametrize("ledger", ["the-same", "another"])
def test_a_database_has_one_ledger(chain: Chain, refused: Refused, ledger: str) -> None:
    with refused("head"):
        chain.unfounded(chain.ledger if ledger == "the-same" else ledger).commit()
    with refused("head"):  # not even together with an entry of the ledger that is there
        more = {"only": True}
        chain.run(FOUND, entry=chain.entry(), more=more, supervisor=chain.key.did)
    assert len(chain.run("MATCH (h:LedgerHead) RETURN h")) == 1


def test_next_joins_only_entries_that_follow_each_other(chain: Chain, refused: Refused) -> None:
    chain.commit()
    with refused("chain"):
        chain.commit(
            "MATCH (old:LedgerEntry {ledger: $ledger, index: 0})"
            " CREATE (old)-[:NEXT {ledger_index: entry.index}]->(entry)"
        )


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("CREATE (:Verb)", id="node-without-index"),
        pytest.param("CREATE (:Verb {ledger_index: 0})", id="node-of-an-earlier-entry"),
        pytest.param("CREATE (:Verb {ledger_index: '1'})", id="node-with-text"),
        pytest.param("CREATE ({ledger_index: 1000000})", id="node-without-label"),
        pytest.param("CREATE (entry)-[:RECORDS]->(entry)", id="relationship-without-index"),
        pytest.param(
            "CREATE (entry)-[:RECORDS {ledger_index: 0}]->(entry)",
            id="relationship-of-an-earlier-entry",
        ),
        pytest.param(
            "MATCH (n:Name {mark: $mark}) SET n.ledger_index = 0",
            id="moved-to-an-earlier-entry",
        ),
        pytest.param("MATCH (n:Name {mark: $mark}) REMOVE n.ledger_index", id="index-removed"),
    ],
)
def test_whatever_is_made_names_the_entry_that_made_it(
    chain: Chain, refused: Refused, statement: str
) -> None:
    chain.commit(A_NAME)
    with refused("record"):
        chain.commit(statement)


def test_what_is_not_sealed_changes_together_with_an_entry(chain: Chain) -> None:
    chain.commit(A_NAME)
    chain.commit("MATCH (n:Name {mark: $mark}) SET n.name = 'new', n:Other")
    rows = chain.run("MATCH (n:Name:Other {mark: $mark}) RETURN n.name")
    assert [row[0] for row in rows] == ["new"]
    chain.commit("MATCH (n:Name {mark: $mark}) DELETE n")
    assert names(chain) == 0
