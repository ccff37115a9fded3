"""The guard is not switched off or passed from Cypher: every user, every way in, a row each."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from logos_graph.database import Connection, open_driver
from logos_graph.resources import locate, statement, statement_names
from tests.guard.conftest import FORBIDDEN, Key, make_entry

if TYPE_CHECKING:
    from neo4j import Driver

    from tests.guard.conftest import Chain, Entry

OWNER, READER, THIRD = "neo4j", "explorer", "third"
"""The supervisor's database user, Browser's, and one that the first has made."""
THIRD_PASSWORD = "third-third-12"
STRANGER = Key(2_000)
CONSTRAINT = "entry_hash_is_unique"

# The HTTP API makes 32-bit numbers of JSON's; stored they would not be what the guard reads.
APPEND = """
WITH $entry AS given
WITH given {
  .*, index: toInteger(toString(given.index)), ledger_index: toInteger(toString(given.index)),
  recorded_at: toInteger(toString(given.recorded_at))
} AS made
MATCH (head:LedgerHead {ledger: made.ledger})
SET head.lock = 0, head.index = made.index, head.hash = made.hash,
  head.recorded_at = made.recorded_at
CREATE (entry:LedgerEntry) SET entry = made
"""


@dataclass(frozen=True)
class Server:
    """The server, for whoever comes with a name and a password."""

    connection: Connection
    passwords: dict[str, str]

    def bolt(self, user: str) -> Driver:
        return open_driver(Connection(self.connection.uri, user, self.passwords[user]))

    def post(self, user: str, path: str, document: object) -> dict[str, Any]:
        token = base64.b64encode(f"{user}:{self.passwords[user]}".encode()).decode()
        request = urllib.request.Request(
            f"http://{urlsplit(self.connection.browser_url or '').netloc}{path}",
            data=json.dumps(document).encode(),
            headers={
                "Authorization": f"Basic {token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            found = json.load(error)
        assert isinstance(found, dict)
        return found


Way = Callable[[Server, str, str, str, dict[str, Any]], tuple[str, str] | None]
"""Does a statement as a user on a database; the error's code and message, None when it is done."""


def bolt(
    server: Server, user: str, database: str, text: str, given: dict[str, Any]
) -> tuple[str, str] | None:
    """cypher-shell, drivers, and Browser, which sends Bolt through a web socket."""
    from neo4j.exceptions import Neo4jError

    try:
        with server.bolt(user) as driver, driver.session(database=database) as session:
            session.run(text, given).consume()
    except Neo4jError as error:
        return str(error.code), str(error.message)
    return None


def transaction(
    server: Server, user: str, database: str, text: str, given: dict[str, Any]
) -> tuple[str, str] | None:
    """Bolt with a transaction of its own, so that nothing is refused before the commit asks."""
    from neo4j.exceptions import Neo4jError

    try:
        with (
            server.bolt(user) as driver,
            driver.session(database=database) as session,
            session.begin_transaction() as held,
        ):
            held.run(text, given).consume()
            held.commit()
    except Neo4jError as error:
        return str(error.code), str(error.message)
    return None


def impersonated(
    server: Server, user: str, database: str, text: str, given: dict[str, Any]
) -> tuple[str, str] | None:
    """Bolt, as if it were the supervisor's user."""
    from neo4j.exceptions import Neo4jError

    try:
        with (
            server.bolt(user) as driver,
            driver.session(database=database, impersonated_user=OWNER) as session,
        ):
            session.run(text, given).consume()
    except Neo4jError as error:
        return str(error.code), str(error.message)
    return None


def http(
    server: Server, user: str, database: str, text: str, given: dict[str, Any]
) -> tuple[str, str] | None:
    """The HTTP API, one request."""
    return _first_error(
        server.post(
            user,
            f"/db/{database}/tx/commit",
            {"statements": [{"statement": text, "parameters": given}]},
        )
    )


def http_transaction(
    server: Server, user: str, database: str, text: str, given: dict[str, Any]
) -> tuple[str, str] | None:
    """The HTTP API, a transaction over two requests."""
    begun = server.post(
        user, f"/db/{database}/tx", {"statements": [{"statement": text, "parameters": given}]}
    )
    error = _first_error(begun)
    if error is not None:
        return error
    return _first_error(server.post(user, urlsplit(begun["commit"]).path, {"statements": []}))


def query_api(
    server: Server, user: str, database: str, text: str, given: dict[str, Any]
) -> tuple[str, str] | None:
    """The Query API."""
    return _first_error(
        server.post(user, f"/db/{database}/query/v2", {"statement": text, "parameters": given})
    )


def _first_error(answer: dict[str, Any]) -> tuple[str, str] | None:
    for error in answer.get("errors", []):
        return error["code"], error["message"]
    return None


WAYS: tuple[Way, ...] = (bolt, transaction, http, http_transaction, query_api)
SILENT: tuple[Way, ...] = (http, http_transaction)
"""They pass the guard's refusal on, and not its words."""

# What the guard refuses of the owner, and the server of everybody else, by whatever way.
CHANGES = {
    "adds": ("CREATE (:X)", "chain"),
    "adds-an-entry-alone": ("CREATE (e:LedgerEntry) SET e = $entry", "head"),
    "changes-an-entry": ("MATCH (e:LedgerEntry {index: 0}) SET e.text = '{}'", "sealed"),
    "deletes-everything": ("MATCH (n) DETACH DELETE n", "sealed"),
    "moves-the-head": ("MATCH (h:LedgerHead) SET h.index = 7", "chain"),
    "registers-another-key": (f"MATCH (h:LedgerHead) SET h.supervisor = '{STRANGER.did}'", "chain"),
    "drops-a-constraint": (f"DROP CONSTRAINT {CONSTRAINT}", "schema"),
}


@dataclass(frozen=True)
class Row:
    """One attempt. rule: the guard's, None where the server itself has no such command."""

    way: Way
    user: str
    text: str
    rule: str | None
    database: str = "neo4j"
    entry: Callable[[Chain], Entry] | None = None


def rows() -> dict[str, Row]:
    found = {
        f"{user}-{what}-by-{way.__name__}": Row(way, user, text, rule)
        for what, (text, rule) in CHANGES.items()
        for way in WAYS
        for user in (OWNER, READER)
    }
    found |= {
        f"{user}-{what}-impersonating": Row(impersonated, user, text, None)
        for what, (text, _rule) in CHANGES.items()
        for user in (READER, THIRD)
    }
    found |= {
        f"{THIRD}-{what}": Row(bolt, THIRD, text, rule) for what, (text, rule) in CHANGES.items()
    }
    return found | switches() | batches() | forgeries()


def switches() -> dict[str, Row]:
    """Commands that would stop the guard or the database, or lift somebody over it."""
    texts = {
        "sets-the-guards-user": (
            "CALL dbms.setConfigValue('server.logos.guard.supervisor', 'explorer')"
        ),
        "switches-passwords-off": "CALL dbms.setConfigValue('dbms.security.auth_enabled', 'false')",
        "stops-the-database": "STOP DATABASE neo4j",
        "drops-the-database": "DROP DATABASE neo4j",
        "replaces-the-database": "CREATE OR REPLACE DATABASE neo4j",
        "makes-another-database": "CREATE DATABASE beside",
        "grants-a-role": "GRANT ROLE admin TO explorer",
        "deletes-the-users": "MATCH (n) DETACH DELETE n",
        "changes-the-users": "MATCH (n) SET n.x = 1",
        "drops-the-owner": "DROP USER neo4j",
    }
    found = {
        f"{user}-{what}": Row(bolt, user, text, None, "system")
        for what, text in texts.items()
        for user in (OWNER, READER)
    }
    for what, text in {
        "makes-a-user": "CREATE USER evil SET PASSWORD 'evilevil12'",
        "takes-the-owners-password": "ALTER USER neo4j SET PASSWORD 'evilevil12'",
        "renames-the-owner": "RENAME USER neo4j TO somebody",
    }.items():
        found[f"{READER}-{what}"] = Row(bolt, READER, text, None, "system")
    for what, text in {
        "drops-the-index-of-a-constraint": f"DROP INDEX {CONSTRAINT}",
        "loads-a-file": "LOAD CSV FROM 'file:///etc/hostname' AS line CREATE (:X)",
        "removes-the-guards-function": "CALL dbms.reloadPlugins()",
    }.items():
        found[f"{OWNER}-{what}"] = Row(bolt, OWNER, text, None)
    return found


def batches() -> dict[str, Row]:
    text = "UNWIND range(1, 3) AS i CALL (i) { CREATE (:X) } IN TRANSACTIONS OF 1 ROW"
    return {
        f"{user}-in-batches-by-{way.__name__}": Row(way, user, text, None)
        for user in (OWNER, READER, THIRD)
        for way in (bolt, http, query_api)
    } | {
        f"{user}-in-concurrent-batches": Row(bolt, user, concurrent, None)
        for user in (OWNER, READER)
        for concurrent in [text.replace("IN TRANSACTIONS", "IN 2 CONCURRENT TRANSACTIONS")]
    }


def forgeries() -> dict[str, Row]:
    """The owner's database user with everything right, but not the supervisor's key."""
    made: dict[str, Callable[[Chain], Entry]] = {
        "a-signature-of-nothing": lambda chain: chain.entry(signature="00" * 64),
        "a-signature-of-another-text": lambda chain: chain.entry(
            signature=chain.key.sign_entry(chain.entry()["text"] + " ")
        ),
        "a-signature-for-another-purpose": lambda chain: chain.entry(
            signature=chain.key.sign("logos/intent/v1", chain.entry()["text"])
        ),
        "another-key": lambda chain: chain.entry_after(chain.index, chain.hash, key=STRANGER),
        "an-old-key": old_key,
        "the-next-key": lambda chain: chain.entry_after(
            chain.index, chain.hash, key=chain.key.next()
        ),
        "signed-for-another-ledger": lambda chain: chain.entry(
            signature=make_entry("other", chain.index + 1, chain.hash, chain.key)["signature"]
        ),
    }
    found = {
        f"{OWNER}-forges-{what}-by-{way.__name__}": Row(way, OWNER, APPEND, "signature", entry=make)
        for what, make in made.items()
        for way in (bolt, http)
    }
    found[f"{OWNER}-brings-an-entry-of-another-ledger"] = Row(
        bolt, OWNER, APPEND.replace("made.ledger", "$ledger"), "chain",
        entry=lambda chain: make_entry("other", chain.index + 1, chain.hash, chain.key),
    )  # fmt: skip
    found[f"{READER}-brings-an-entry-that-is-right"] = Row(
        bolt, READER, APPEND, None, entry=lambda chain: chain.entry()
    )
    return found


def old_key(chain: Chain) -> Entry:
    old = chain.key
    chain.rotate()
    return chain.entry_after(chain.index, chain.hash, key=old)


ROWS = rows()


def state(chain: Chain) -> list[Any]:
    """The head, how much there is, and what must hold of it."""
    with chain.driver.session(database="system") as session:
        users = sorted(row["user"] for row in session.run("SHOW USERS"))
    return [
        [row.data() for row in chain.run("MATCH (h:LedgerHead) RETURN properties(h) AS head")],
        [row.data() for row in chain.run("MATCH (n) RETURN count(n) AS nodes")],
        sorted(row["name"] for row in chain.run("SHOW CONSTRAINTS")),
        chain.run("RETURN logos.guard.status() AS status")[0]["status"],
        users,
    ]


@pytest.fixture(scope="module")
def everybody(server: Connection, supervisor: Driver) -> Server:
    with supervisor.session(database="system") as session:
        session.run(
            f"CREATE USER {THIRD} IF NOT EXISTS SET PASSWORD $password CHANGE NOT REQUIRED",
            password=THIRD_PASSWORD,
        ).consume()
    with supervisor.session(database="neo4j") as session:
        session.run(statement(f"schema/{CONSTRAINT}")).consume()
        session.run("CALL db.awaitIndexes()").consume()
    assert server.explorer_password is not None
    return Server(
        server,
        {OWNER: server.password, READER: server.explorer_password, THIRD: THIRD_PASSWORD},
    )


@pytest.mark.parametrize("name", ROWS)
def test_nobody_changes_anything_past_the_guard(chain: Chain, everybody: Server, name: str) -> None:
    row = ROWS[name]
    entry = chain.entry() if row.entry is None else row.entry(chain)
    given = {"entry": entry, "ledger": chain.ledger}
    before = state(chain)
    error = row.way(everybody, row.user, row.database, row.text, given)
    assert error is not None
    if row.rule is not None:
        assert error[0] == FORBIDDEN
        if row.user == OWNER and row.way not in SILENT:
            assert error[1].startswith(f"logos.guard: {row.rule}: ")
    assert state(chain) == before


def test_a_right_entry_is_taken_by_every_way(chain: Chain, everybody: Server) -> None:
    """So that the rows above fail for what they change, and not for how they are sent."""
    for way in WAYS:
        entry = chain.entry()
        assert way(everybody, OWNER, "neo4j", APPEND, {"entry": entry}) is None
        chain.index, chain.hash = entry["index"], entry["hash"]
    assert state(chain)[0][0]["head"]["index"] == chain.index


def test_the_guard_knows_every_constraint_of_the_graph() -> None:
    named = (
        locate("deploy") / "guard" / "src/main/resources/logos/guard/constraints.txt"
    ).read_text()
    texts = {name: statement(name) for name in statement_names("schema")}
    made = [
        name.removeprefix("schema/")
        for name, text in texts.items()
        if f"CREATE CONSTRAINT {name.removeprefix('schema/')} " in text
    ]
    assert len(made) == sum("CREATE CONSTRAINT" in text for text in texts.values()) > 20
    assert named.split() == sorted(made)
