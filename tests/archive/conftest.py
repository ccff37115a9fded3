"""Ledgers to export: one kept by hand, however long, with contents of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from logos_graph.archive import ArchiveReport, Exported, export_ledger
from logos_graph.canon import ContentId, content_id
from logos_graph.cli.archives import stored_ledger
from logos_graph.cli.output import Printer
from logos_graph.database import DatabaseOptions, ManagedDatabase
from logos_graph.identity import Did
from logos_graph.keystore import SUPERVISOR as SUPERVISOR_NAME
from logos_graph.ledger import (
    Checkpoint,
    Entry,
    Head,
    Note,
    SupervisorKeys,
    check_invariants,
    open_checkpoint,
    sign_checkpoint,
    verify_chain,
)
from logos_graph.ledger.contents import Content
from logos_graph.settings import Settings
from logos_graph.wiring import System, found_database, open_system
from tests.ledger.conftest import AGENT, Book
from tests.ledger.test_rotation import KEYS
from tests.supervisor.founded import PaperWorld

LEDGER = "01JZZZZZZZZZZZZZZZZZZZZZZZ"


@dataclass
class BookSource:
    """A book as the source of an export; it notes from where it was read."""

    book: Book
    size: int
    contents: dict[ContentId, bytes] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    breaks_at: int | None = None

    @property
    def head(self) -> Head:
        return self.book.entries[self.size - 1].head

    @property
    def keys(self) -> SupervisorKeys:
        return self.keys_before(self.size)

    def keys_before(self, first: int) -> SupervisorKeys:
        keys = SupervisorKeys()
        for entry in self.book.entries[:first]:
            keys.apply(entry)
        return keys

    def entries(self, first: int) -> Iterator[Entry]:
        self.asked.append(first)
        after = self.book.entries[first - 1].head if first else None
        chain = verify_chain(
            self.book.entries[first : self.size], self.key(self.size), after=after,
            until=self.head, keys=self.keys_before(first),
        )  # fmt: skip
        for entry in chain:
            if entry.index == self.breaks_at:
                raise KeyboardInterrupt
            yield entry

    def content(self, content: Content) -> bytes:
        return self.contents[content.id]

    def key(self, size: int) -> Did:
        return self.keys.at(size)

    def sign(self, size: int, root: bytes) -> Note:
        signer = next(each for each in KEYS if each.did == self.key(size))
        return sign_checkpoint(self.book.ledger, size, root, signer)

    def open_checkpoint(self, data: bytes) -> Checkpoint:
        return open_checkpoint(data, self.book.ledger, self.keys)


@dataclass
class Kept:
    """A book whose entries name contents, and exports of its first entries."""

    book: Book
    contents: dict[ContentId, bytes]

    def source(self, size: int | None = None) -> BookSource:
        """Up to a size: by default, all of it."""
        whole = len(self.book.entries)
        return BookSource(self.book, whole if size is None else size, self.contents)

    def export(self, folder: Path, size: int | None = None, **options: Any) -> Exported:
        return export_ledger(folder, self.source(size), **options)


def kept(length: int, ledger: str = LEDGER, **changes: Any) -> Kept:
    """A book of so many entries: intents with receipts, ghosts, nodes, drafts, policies, verbs."""
    book, contents = Book(ledger), dict[ContentId, bytes]()
    number = 0
    while len(book.entries) < length:
        number += 1
        if number % 3 == 0:
            book.ghost(book.intent(decision=DENIED))
        elif number % 8 == 4:
            _draft(book, f"source {number % 5}", contents)
        else:
            verb, made = VERBS.get(number % 8, "transfer"), _mutations(number, contents)
            this = {**made[0], **changes} if number % 8 in (5, 7) else {"amount": number, **changes}
            if number % 8 == 1:
                this |= {"name": "n", "source": f"source {number % 5}"}
            book.receipt(book.intent(did=verb, this=this), *made)
    del book.entries[length:]
    return Kept(book, contents)


VERBS = {1: "node.publish", 5: "policy.activate", 7: "verb.register"}
"""By the remainder of the number that `_mutations` looks at."""
DENIED = {"outcome": "DENY", "reason": "x", "detail": "", "policies": []}


def _draft(book: Book, source: str, contents: dict[ContentId, bytes]) -> None:
    identity = content_id(source.encode())
    contents[identity] = source.encode()
    cid = book.intent(did="node.draft", this={"name": "d", "source": source})
    told = {"by": AGENT.did, "name": "d", "source": identity}
    book.receipt(cid, {"kind": "draft", "id": cid, **told})


def _mutations(number: int, contents: dict[ContentId, bytes]) -> list[dict[str, Any]]:
    """Of few contents: each takes the disk a while."""
    module, source = f"module {number % 3}".encode(), f"source {number % 5}".encode()
    text = f"permit; // {number % 2}"
    match number % 8:
        case 1:
            contents |= {content_id(data): data for data in (module, source)}
            return [{"kind": "node", "id": content_id(module), "source": content_id(source)}]
        case 5:
            return [{"kind": "policy", "id": content_id(text.encode()), "text": text}]
        case 7:
            verb = {"name": f"v{number}", "docs": "d", "risk": "L0", "schema": {"type": "object"}}
            return [{"kind": "verb", **verb, "flow": None, "effect": "record", "idempotent": False}]
    return []


def holds(report: ArchiveReport, book: Book) -> bool:
    """Whether an export of such a book is as good as it can be.

    Everything holds but that its decisions are a policy's: they were told by hand. What I2 says
    besides is therefore asked of the entries by themselves.
    """
    alone = check_invariants(book.entries[: report.checkpoint.size], None)
    checks = [each for each in (*report.checked.checks, alone.I2) if each.name != "I4"]
    broken = [each for each in checks if not each.ok]
    told = report.checked.I2.first_offender
    return not broken or (
        broken == [report.checked.I2]
        and told is not None
        and told.field == "body.decision"
        and "does not hold" in told.message
    )


def exported(world: PaperWorld, entries: list[Entry], folder: Path) -> None:
    """An export of these entries of a ledger on paper."""
    book = Book(world.ledger)
    book.entries = entries
    Kept(book, {}).export(folder)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="session")
def long() -> Kept:
    """So many entries that there are several full tiles, and a partial one."""
    return kept(520)


@pytest.fixture(scope="session")
def short() -> Kept:
    return kept(30)


NODE = """
use logos_sdk::prelude::*;

node! {
    /// Adds one.
    fn adds(value: u32) -> out: u32 { value + 1 }
}
"""
FLOW = """
[flow]
name = "adds-once"
[inputs]
value = "u32"
[placements]
only = "adds"
[[edges]]
from = "input.value"
to = "only.value"
[outputs]
out = "only.out"
"""


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A real server's ledger, exported in three steps: a draft, a node, a flow, runs, ghosts."""
    home = tmp_path_factory.mktemp("home of an export")
    folder = tmp_path_factory.mktemp("exports") / "export"
    settings = Settings(home, cache, SUPERVISOR_NAME, None)
    options = DatabaseOptions(jvm_flags=("-XX:TieredStopAtLevel=1",))
    database = ManagedDatabase(home, cache, options=options)
    try:
        database.start()
        with open_system(settings) as system:
            found_database(system, lambda _line: None)
            for acts in _real_acts(system):
                for did, this in acts:
                    assert submitted(system, did, this) in ("COMMITTED", "GHOST")
                printer = Printer(as_json=True)
                export_ledger(folder, stored_ledger(printer, system))
    finally:
        database.stop()
    return folder


def submitted(system: System, did: str, this: dict[str, Any]) -> str:
    who = system.keys.load(SUPERVISOR_NAME)
    signed = system.compose(who, did, this, if_ok="emit:done", if_doubt="abort", if_not="abort")
    return str(system.supervisor.execute(signed).status)


def _real_acts(system: System) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    yield [
        ("node.draft", {"name": "adds", "source": NODE + "broken"}),
        ("node.publish", {"name": "adds", "source": NODE}),
        ("no.such.verb", {}),
    ]
    adds = system.reader.resolve("adds", ("Node",))
    yield [("flow.publish", {"name": "adds-once", "text": FLOW, "uses": {"adds": adds}})]
    flow = system.reader.resolve("adds-once", ("Flow",))
    runs = [("flow.run", {"flow": flow, "inputs": {"value": value}}) for value in range(6)]
    yield [*runs, ("flow.run", {"flow": flow, "inputs": {"value": "x"}})]
