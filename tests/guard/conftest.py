"""One real, guarded server for the run: its one ledger grows with every test."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import platformdirs
import pytest
from blake3 import blake3
from nacl.signing import SigningKey

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
  supervisor: $supervisor, lock: 0, only: true
})
CREATE (entry:LedgerEntry) SET entry = $entry
WITH head, entry
"""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_KINDS = {0: "genesis"}


class Key:
    """A key made here again from the specification; the same number gives the same key."""

    known: ClassVar[dict[str, Key]] = {}

    def __init__(self, number: int) -> None:
        self.number = number
        self._secret = SigningKey(sha256(b"key of the guard's tests %d" % number).digest())
        self.did = name_key(bytes(self._secret.verify_key))
        Key.known[self.did] = self

    def sign(self, purpose: str, text: str) -> str:
        message = purpose.encode() + b"\0" + text.encode()
        return self._secret.sign(message).signature.hex()

    def sign_entry(self, text: str) -> str:
        return self.sign("logos/entry-signature/v1", text)

    def next(self) -> Key:
        return Key(self.number + 1)


def name_key(public: bytes) -> str:
    """The did:key of 32 bytes, whether they are a key or not."""
    number, digits = int.from_bytes(b"\xed\x01" + public, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "did:key:z" + digits


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def make_entry(
    ledger: str,
    index: int,
    prev_hash: str,
    key: Key,
    *,
    kind: str | None = None,
    body: dict[str, Any] | None = None,
) -> Entry:
    """An entry's properties, made here again from the specification and not by the product."""
    kind = kind or _KINDS.get(index, "intent")
    named = {"supervisor": key.did} if kind == "genesis" else {}
    fields: Entry = {
        "body": body or {"note": f"entry {index}", "nested": {"index": 0}} | named,
        "index": index,
        "kind": kind,
        "ledger": ledger,
        "policy_hash": None,
        "prev_hash": prev_hash,
        "recorded_at": 1_000 + index,
        "trace_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "version": 1,
    }
    text = canonical(fields)
    return {
        "ledger": ledger,
        "index": index,
        "hash": "b3:" + blake3(b"logos/entry-hash/v1\0" + text.encode()).hexdigest(),
        "prev_hash": prev_hash,
        "kind": kind,
        "text": text,
        "signature": key.sign_entry(text),
        "recorded_at": fields["recorded_at"],
        "ledger_index": index,
    }


def rotation(ledger: str, old: Key, new: Key, **changes: object) -> dict[str, Any]:
    """The mutation by which a new key follows an old one; changes are made after it was signed."""
    accepted = canonical({"did": new.did, "ledger": ledger, "previous": old.did})
    return {
        "kind": "supervisor",
        "did": new.did,
        "previous": old.did,
        "signature": new.sign("logos/supervisor-key/v1", accepted),
    } | changes


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
    key: Key = field(default_factory=lambda: Key(0))

    def entry(self, **changes: object) -> Entry:
        """The next entry; changes are made after it was hashed and signed."""
        return self.entry_after(self.index, self.hash) | changes

    def entry_after(self, index: int, prev_hash: str, **made: Any) -> Entry:
        """An entry at any place of this ledger."""
        return make_entry(self.ledger, index + 1, prev_hash, **{"key": self.key} | made)

    def receipt(self, *mutations: dict[str, Any], key: Key | None = None) -> Entry:
        """The next entry, a receipt of these mutations."""
        body = {"mutations": [{"kind": "name", "name": "supervisor"}, *mutations]}
        made = {"kind": "receipt", "body": body, "key": key or self.key}
        return self.entry_after(self.index, self.hash, **made)

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
        own = {"entry": entry, "supervisor": self.key.did}
        rows = self.run(begin + rest, **own | parameters)
        self.index, self.hash = entry["index"], entry["hash"]
        return rows

    def rotate(self) -> None:
        """Another key takes the ledger over."""
        new = self.key.next()
        self.commit(
            "SET head.supervisor = $new",
            self.receipt(rotation(self.ledger, self.key, new)),
            new=new.did,
        )
        self.key = new


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
    heads = chain.run("MATCH (h:LedgerHead) RETURN h.ledger, h.index, h.hash, h.supervisor")
    if heads:
        chain.ledger, chain.index, chain.hash, did = heads[0]
        chain.key = Key.known[did]
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
