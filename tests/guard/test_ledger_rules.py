"""No mutation without a new entry that extends the chain; by the one user who may write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.guard.conftest import Chain, Refused

NO_HASH = "b3:" + "0" * 64
A_VERB = "CREATE (verb:Verb {name: 'pay', ledger_index: entry.index, ledger: entry.ledger})"


def verbs(chain: Chain) -> int:
    rows = chain.run("MATCH (verb:Verb {ledger: $ledger}) RETURN verb", ledger=chain.ledger)
    return len(rows)


def test_a_ledger_begins_and_grows(new_chain: Chain) -> None:
    for _ in range(3):
        new_chain.commit(
            "OPTIONAL MATCH (old:LedgerEntry {hash: entry.prev_hash})"
            " FOREACH (before IN CASE WHEN old IS NULL THEN [] ELSE [old] END |"
            " CREATE (before)-[:NEXT {ledger_index: entry.index}]->(entry))"
        )
    rows = new_chain.run(
        "MATCH p = (:LedgerEntry {ledger: $ledger, index: 0})-[:NEXT*2]->(:LedgerEntry {index: 2})"
        " RETURN p",
        ledger=new_chain.ledger,
    )
    assert len(rows) == 1


def test_many_entries_in_one_transaction_are_one_move_of_the_head(chain: Chain) -> None:
    entries = [chain.entry()]
    for index in range(1, 29):
        entries.append(chain.entry_after(index, entries[-1]["hash"]))
    chain.run(
        "MATCH (head:LedgerHead {ledger: $ledger})"
        " SET head.lock = 1, head += $last"
        " WITH head UNWIND $entries AS row CREATE (entry:LedgerEntry) SET entry = row",
        ledger=chain.ledger,
        entries=entries,
        last={name: entries[-1][name] for name in ("index", "hash", "recorded_at")},
    )
    rows = chain.run("MATCH (e:LedgerEntry {ledger: $ledger}) RETURN e", ledger=chain.ledger)
    assert len(rows) == 30


def test_a_mutation_with_its_entry_is_stored(chain: Chain) -> None:
    chain.commit(A_VERB + " CREATE (entry)-[:RECORDS {ledger_index: entry.index}]->(verb)")
    assert verbs(chain) == 1


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("CREATE (:Verb {name: 'x', ledger_index: 0})", id="create"),
        pytest.param("MATCH (v:Verb {ledger: $ledger}) SET v.name = 'x'", id="set"),
        pytest.param("MATCH (v:Verb {ledger: $ledger}) REMOVE v.name", id="remove"),
        pytest.param("MATCH (v:Verb {ledger: $ledger}) SET v:Other", id="label"),
        pytest.param("MATCH (v:Verb {ledger: $ledger}) DELETE v", id="delete"),
        pytest.param(
            "MATCH (v:Verb {ledger: $ledger}) CREATE (v)-[:X {ledger_index: 1}]->(v)", id="join"
        ),
        pytest.param("MATCH (h:LedgerHead {ledger: $ledger}) SET h.lock = 99", id="lock"),
    ],
)
def test_no_mutation_without_its_entry(chain: Chain, refused: Refused, statement: str) -> None:
    chain.commit(A_VERB)
    with refused("chain"):
        chain.run(statement, ledger=chain.ledger)
    assert verbs(chain) == 1


def test_batches_in_their_own_transactions_are_refused_too(chain: Chain) -> None:
    from neo4j.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        chain.run(
            "UNWIND range(1, 2) AS i"
            " CALL (i) { CREATE (:Verb {ledger: $ledger, ledger_index: 0}) }"
            " IN TRANSACTIONS OF 1 ROW",
            ledger=chain.ledger,
        )
    assert caught.value.code == "Neo.ClientError.Security.Forbidden"
    assert verbs(chain) == 0


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param({"hash": "b3:" + "ab" * 32}, "chain", id="hash-of-another-text"),
        pytest.param({"prev_hash": "b3:" + "cd" * 32}, "chain", id="wrong-prev-hash"),
        pytest.param({"index": 7, "ledger_index": 7}, "chain", id="index-gap"),
        pytest.param({"index": 0, "ledger_index": 0}, "chain", id="index-again"),
        pytest.param({"index": "1"}, "chain", id="index-as-text"),
        pytest.param({"kind": "ghost"}, "chain", id="kind-of-another-text"),
        pytest.param({"recorded_at": 5_000}, "chain", id="time-of-another-text"),
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
        pytest.param("SET head.note = 'x'", id="a-note"),
        pytest.param("SET head:Other", id="a-label"),
        pytest.param("REMOVE head:LedgerHead", id="no-longer-a-head"),
        pytest.param("DELETE head", id="deleted"),
        pytest.param(
            "CREATE (:LedgerHead {ledger: 'x', index: entry.index, hash: entry.hash,"
            " recorded_at: entry.recorded_at})",
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


def test_a_ledger_begins_only_once(chain: Chain, refused: Refused) -> None:
    chain.index, chain.hash = -1, NO_HASH
    with refused("head"):
        chain.commit()


def test_a_ledger_begins_with_index_zero_and_no_hash_before_it(
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
            "CREATE (:LedgerHead {ledger: $ledger, index: 0, hash: $hash, recorded_at: 0})",
            ledger=new_chain.ledger,
            hash=NO_HASH,
        )


def test_two_ledgers_do_not_move_in_one_transaction(
    chain: Chain, new_chain: Chain, refused: Refused
) -> None:
    new_chain.commit()
    with refused("head"):
        chain.commit(
            "MATCH (other:LedgerHead {ledger: $other}) SET other.lock = 1", other=new_chain.ledger
        )


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
        pytest.param("CREATE ({ledger_index: 99})", id="node-without-label"),
        pytest.param("CREATE (entry)-[:RECORDS]->(entry)", id="relationship-without-index"),
        pytest.param(
            "CREATE (entry)-[:RECORDS {ledger_index: 0}]->(entry)",
            id="relationship-of-an-earlier-entry",
        ),
        pytest.param(
            "MATCH (v:Verb {ledger: $ledger}) SET v.ledger_index = 0",
            id="moved-to-an-earlier-entry",
        ),
        pytest.param("MATCH (v:Verb {ledger: $ledger}) REMOVE v.ledger_index", id="index-removed"),
    ],
)
def test_whatever_is_made_names_the_entry_that_made_it(
    chain: Chain, refused: Refused, statement: str
) -> None:
    chain.commit(A_VERB)
    with refused("record"):
        chain.commit(statement)


def test_what_is_not_sealed_changes_together_with_an_entry(chain: Chain) -> None:
    chain.commit(A_VERB)
    chain.commit("MATCH (v:Verb {ledger: $ledger}) SET v.name = 'new', v:Other")
    rows = chain.run("MATCH (v:Verb:Other {ledger: $ledger}) RETURN v.name", ledger=chain.ledger)
    assert [row[0] for row in rows] == ["new"]
    chain.commit("MATCH (v:Verb {ledger: $ledger}) DELETE v")
    assert verbs(chain) == 0
