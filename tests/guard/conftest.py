"""One real, guarded server for the run: its one ledger grows with every test."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import platformdirs
import pytest
from blake3 import blake3

from logos_graph.database import Connection, DatabaseOptions, ManagedDatabase, open_driver

if TYPE_CHECKING:
    from neo4j import Driver, Record

NO_HASH = "b3:" + "0" * 64
FORBIDDEN = "Neo.ClientError.Security.Forbidden"

Entry = dict[str, Any]
Refused = Callable[[str], AbstractContextManager[None]]

_APPEND = """
MATCH (head:LedgerHead {ledger: $entry.ledger})
SET head.lock = 0, head.index = $entry.index, head.hash = $entry.hash,
  head.recorded_at = $entry.recorded_at
CREATE (entry:LedgerEntry) SET entry = $entry
WITH head, entry
"""
_FOUND = """
CREATE (head:LedgerHead {
  ledger: $entry.ledger, index: $entry.index, hash: $entry.hash, recorded_at: $entry.recorded_at,
  lock: 0, only: true
})
CREATE (entry:LedgerEntry) SET entry = $entry
WITH head, entry
"""


def make_entry(ledger: str, index: int, prev_hash: str) -> Entry:
    """An entry's properties, made here again from the specification and not by the product."""
    fields: Entry = {
        "body": {"note": f"entry {index}", "nested": {"index": 0}},
        "index": index,
        "kind": "intent",
        "ledger": ledger,
        "policy_hash": None,
        "prev_hash": prev_hash,
        "recorded_at": 1_000 + index,
        "trace_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "version": 1,
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {
        "ledger": ledger,
        "index": index,
        "hash": "b3:" + blake3(b"logos/entry-hash/v1\0" + text.encode()).hexdigest(),
        "prev_hash": prev_hash,
        "kind": "intent",
        "text": text,
        "signature": "00" * 64,
        "recorded_at": fields["recorded_at"],
        "ledger_index": index,
    }


@dataclass
class Chain:
    """The ledger as a writer sees it: what the next entry must be, and how it is committed.

    mark: of this test's own things, so that tests do not meet; `$mark` in every statement.
    """

    driver: Driver
    ledger: str = field(default_factory=lambda: uuid4().hex)
    mark: str = field(default_factory=lambda: uuid4().hex)
    index: int = -1
    hash: str = NO_HASH

    def entry(self, **changes: object) -> Entry:
        """The next entry; changes are made after it was hashed."""
        return make_entry(self.ledger, self.index + 1, self.hash) | changes

    def entry_after(self, index: int, prev_hash: str) -> Entry:
        """An entry at any place of this ledger."""
        return make_entry(self.ledger, index + 1, prev_hash)

    def by(self, driver: Driver) -> Chain:
        """The same ledger at the same place, through another user's driver."""
        return replace(self, driver=driver)

    def unfounded(self, ledger: str) -> Chain:
        """A ledger of that name before its genesis, through the same driver."""
        return replace(self, ledger=ledger, index=-1, hash=NO_HASH)

    def run(self, statement: str, **parameters: object) -> list[Record]:
        """A statement as it stands, by the supervisor's user."""
        own = {"ledger": self.ledger, "mark": self.mark}
        with self.driver.session(database="neo4j") as session:
            return list(session.run(statement, own | parameters))

    def commit(
        self, statement: str = "", entry: Entry | None = None, **parameters: object
    ) -> list[Record]:
        """The next entry with what it records, in one transaction."""
        entry = entry or self.entry()
        begin = _FOUND if self.index < 0 else _APPEND
        rest = statement or "RETURN entry.index AS index"
        rows = self.run(begin + rest, entry=entry, **parameters)
        self.index, self.hash = entry["index"], entry["hash"]
        return rows


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where the jars are: resolved once for all runs."""
    given = os.environ.get("LOGOS_CACHE")
    return Path(given) if given else platformdirs.user_cache_path("logos")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Connection]:
    home = tmp_path_factory.mktemp("guard")
    database = ManagedDatabase(home, cache)
    try:
        yield database.start()
    finally:
        database.stop()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def supervisor(server: Connection) -> Iterator[Driver]:
    with open_driver(server) as driver:
        yield driver


@pytest.fixture(scope="session")
def explorer(server: Connection) -> Iterator[Driver]:
    assert server.explorer_username is not None
    assert server.explorer_password is not None
    reader = Connection(server.uri, server.explorer_username, server.explorer_password)
    with open_driver(reader) as driver:
        yield driver


@pytest.fixture
def chain(supervisor: Driver) -> Chain:
    """The server's ledger, at its head."""
    chain = Chain(supervisor)
    heads = chain.run("MATCH (h:LedgerHead) RETURN h.ledger, h.index, h.hash")
    if heads:
        chain.ledger, chain.index, chain.hash = heads[0]
    else:
        chain.commit()
    return chain


@pytest.fixture
def new_chain(tmp_path: Path, cache: Path) -> Iterator[Chain]:
    """A ledger before its genesis, on a server of the test's own."""
    quick = DatabaseOptions(jvm_flags=("-XX:TieredStopAtLevel=1",))
    database = ManagedDatabase(tmp_path / "home", cache, options=quick)
    try:
        with open_driver(database.start()) as driver:
            yield Chain(driver)
    finally:
        database.stop()
        shutil.rmtree(tmp_path / "home")


@pytest.fixture
def refused() -> Refused:
    """`with refused("sealed"):` the guard itself must refuse, by that rule."""
    from neo4j.exceptions import ClientError

    @contextmanager
    def expect(rule: str) -> Iterator[None]:
        with pytest.raises(ClientError) as caught:
            yield
        assert caught.value.code == FORBIDDEN
        assert str(caught.value.message).startswith(f"logos.guard: {rule}: ")

    return expect
