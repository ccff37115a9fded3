"""Only the supervisor's database user writes: data, schema and users; everyone else reads."""

from __future__ import annotations

import base64
import json
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from logos_graph.database import Connection, guard_status

if TYPE_CHECKING:
    from neo4j import Driver

    from tests.guard.conftest import Chain

FORBIDDEN = "Neo.ClientError.Security.Forbidden"


def run(driver: Driver, statement: str, database: str = "neo4j", **parameters: object) -> list[Any]:
    with driver.session(database=database) as session:
        return list(session.run(statement, parameters))


def assert_forbidden(driver: Driver, statement: str, database: str = "neo4j") -> None:
    from neo4j.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        run(driver, statement, database)
    assert caught.value.code == FORBIDDEN


def test_the_guard_says_that_it_is_active(
    server: Connection, supervisor: Driver, explorer: Driver
) -> None:
    for driver in (supervisor, explorer):
        status = guard_status(driver, server)
        assert status.active
        assert status.version == run(driver, "RETURN logos.guard.version() AS v")[0]["v"]


def test_a_database_the_guard_does_not_watch_is_not_called_guarded(
    server: Connection, supervisor: Driver
) -> None:
    assert not guard_status(supervisor, replace(server, database="system")).active


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE (:X {ledger_index: 0})",
        "MATCH (n:LedgerEntry) SET n.text = 'x'",
        "MATCH (n:LedgerHead) SET n.lock = 1",
        "MATCH (n) DETACH DELETE n",
        "MERGE (:X {id: 1})",
        "UNWIND range(1, 3) AS i CALL (i) { CREATE (:X) } IN TRANSACTIONS OF 1 ROW",
        "UNWIND range(1, 3) AS i CALL (i) { CREATE (:X) } IN TRANSACTIONS OF 1 ROW ON ERROR FAIL",
        "CALL db.createLabel('Junk')",
        "CALL db.createProperty('junk')",
        "CALL db.createRelationshipType('JUNK')",
        "CREATE CONSTRAINT zz FOR (n:ZZ) REQUIRE n.a IS UNIQUE",
        "CREATE INDEX zi FOR (n:ZZ) ON (n.a)",
        "CREATE FULLTEXT INDEX zf FOR (n:ZZ) ON EACH [n.a]",
        "CREATE VECTOR INDEX zv FOR (n:ZZ) ON n.v OPTIONS {indexConfig:"
        " {`vector.dimensions`: 3, `vector.similarity_function`: 'cosine'}}",
        "DROP INDEX reader_probe",
        "CALL db.prepareForReplanning(10)",
        "CALL db.clearQueryCaches()",
    ],
)
def test_the_explorer_changes_neither_data_nor_schema(
    chain: Chain, explorer: Driver, supervisor: Driver, statement: str
) -> None:
    run(supervisor, "CREATE INDEX reader_probe IF NOT EXISTS FOR (n:Probe) ON (n.a)")
    assert_forbidden(explorer, statement)
    assert run(supervisor, "MATCH (x:X) RETURN count(x) AS n")[0]["n"] == 0


def test_an_error_swallowed_inside_a_batch_still_writes_nothing(
    chain: Chain, explorer: Driver, supervisor: Driver
) -> None:
    rows = run(
        explorer,
        "UNWIND range(1, 3) AS i CALL (i) { CREATE (:X {i: i}) } IN TRANSACTIONS OF 1 ROW"
        " ON ERROR CONTINUE REPORT STATUS AS s RETURN s.committed AS committed",
    )
    assert [row["committed"] for row in rows] == [False, False, False]
    assert run(supervisor, "MATCH (x:X) RETURN count(x) AS n")[0]["n"] == 0


def test_a_valid_entry_by_another_user_is_refused(chain: Chain, explorer: Driver) -> None:
    from neo4j.exceptions import ClientError

    with pytest.raises(ClientError) as caught:
        chain.by(explorer).commit()
    assert caught.value.code == FORBIDDEN
    chain.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE USER evil SET PASSWORD 'evilevil12'",
        "ALTER USER neo4j SET PASSWORD 'evilevil12'",
        "DROP USER neo4j",
        "RENAME USER neo4j TO zork",
        "ALTER CURRENT USER SET PASSWORD FROM 'whatever12' TO 'other12345'",
        "MATCH (n) SET n.x = 1",
    ],
)
def test_the_explorer_changes_no_user(explorer: Driver, supervisor: Driver, statement: str) -> None:
    from neo4j.exceptions import ClientError

    before = sorted(row["user"] for row in run(supervisor, "SHOW USERS", "system"))
    with pytest.raises(ClientError):
        run(explorer, statement, "system")
    assert sorted(row["user"] for row in run(supervisor, "SHOW USERS", "system")) == before
    run(supervisor, "RETURN 1")


@pytest.mark.parametrize(
    "statement",
    [
        "MATCH (n:LedgerEntry) RETURN n LIMIT 1",
        "SHOW CONSTRAINTS",
        "SHOW INDEXES",
        "CALL db.labels()",
        "CALL db.relationshipTypes()",
        "CALL db.schema.visualization()",
        "EXPLAIN MATCH (n) RETURN n",
        "PROFILE MATCH (n:LedgerHead) RETURN n",
    ],
)
def test_the_explorer_reads_data_and_schema(chain: Chain, explorer: Driver, statement: str) -> None:
    run(explorer, statement)


def test_the_explorer_does_not_see_other_peoples_transactions(
    chain: Chain, explorer: Driver, supervisor: Driver
) -> None:
    with supervisor.session(database="neo4j") as session, session.begin_transaction() as held:
        held.run("MATCH (h:LedgerHead {ledger: $l}) SET h.lock = 1", l=chain.ledger).consume()
        seen = run(explorer, "SHOW TRANSACTIONS YIELD username RETURN username")
        held.rollback()
    assert {row["username"] for row in seen} == {"explorer"}


def test_the_explorer_cannot_hold_the_heads_lock(chain: Chain, explorer: Driver) -> None:
    from neo4j.exceptions import ClientError

    with explorer.session(database="neo4j") as session, session.begin_transaction() as held:
        held.run("MATCH (h:LedgerHead) RETURN h").consume()
        chain.commit()  # while the explorer's transaction is still open
        with pytest.raises(ClientError) as caught:
            held.run("MATCH (h:LedgerHead) SET h.lock = 1").consume()
        assert caught.value.code == FORBIDDEN
        chain.commit()
        held.rollback()


def test_the_supervisor_keeps_schema_and_users(supervisor: Driver) -> None:
    run(supervisor, "CREATE CONSTRAINT probe IF NOT EXISTS FOR (n:Probe) REQUIRE n.id IS UNIQUE")
    run(supervisor, "DROP CONSTRAINT probe")
    run(supervisor, "CREATE USER temp SET PASSWORD 'temptemp12' CHANGE NOT REQUIRED", "system")
    run(supervisor, "DROP USER temp", "system")


@pytest.mark.parametrize("writer", ["neo4j", "explorer"])
def test_nobody_writes_past_the_guard_over_http(
    server: Connection, supervisor: Driver, writer: str
) -> None:
    password = server.password if writer == "neo4j" else server.explorer_password
    token = base64.b64encode(f"{writer}:{password}".encode()).decode()
    request = urllib.request.Request(
        f"http://{urlsplit(server.browser_url or '').netloc}/db/neo4j/tx/commit",
        data=json.dumps({"statements": [{"statement": "CREATE (:X)"}]}).encode(),
        headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        errors = json.load(answer)["errors"]
    assert [error["code"] for error in errors] == [FORBIDDEN]
    assert run(supervisor, "MATCH (x:X) RETURN count(x) AS n")[0]["n"] == 0
