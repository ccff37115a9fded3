"""Ledgers to export: one kept by hand, however long, with contents of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from logos_graph.archive import Exported, export_ledger
from logos_graph.canon import ContentId, content_id
from logos_graph.identity import Did
from logos_graph.ledger import (
    Checkpoint,
    Entry,
    Head,
    Note,
    open_checkpoint,
    sign_checkpoint,
    verify_chain,
)
from logos_graph.ledger.contents import Content
from tests.ledger.conftest import SUPERVISOR, Book


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

    def entries(self, first: int) -> Iterator[Entry]:
        self.asked.append(first)
        after = self.book.entries[first - 1].head if first else None
        chain = self.book.entries[first : self.size]
        for entry in verify_chain(chain, SUPERVISOR.did, after=after, until=self.head):
            if entry.index == self.breaks_at:
                raise KeyboardInterrupt
            yield entry

    def content(self, content: Content) -> bytes:
        return self.contents[content.id]

    def key(self, size: int) -> Did:
        return SUPERVISOR.did

    def sign(self, size: int, root: bytes) -> Note:
        return sign_checkpoint(self.book.ledger, size, root, SUPERVISOR)

    def open_checkpoint(self, data: bytes) -> Checkpoint:
        return open_checkpoint(data, self.book.ledger, SUPERVISOR.did)


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


def kept(length: int, ledger: str = "01JZZZZZZZZZZZZZZZZZZZZZZZ", **changes: Any) -> Kept:
    """A book of so many entries: intents with receipts, ghosts, nodes, drafts, policies, verbs."""
    book, contents = Book(ledger), dict[ContentId, bytes]()
    number = 0
    while len(book.entries) < length:
        number += 1
        if number % 3 == 0:
            book.ghost(book.intent(decision=_DENY))
            continue
        book.receipt(book.intent(this={"amount": number, **changes}), *_mutations(number, contents))
    del book.entries[length:]
    return Kept(book, contents)


_DENY = {"outcome": "DENY", "reason": "x", "detail": "", "policies": [], "revision": 0}


def _mutations(number: int, contents: dict[ContentId, bytes]) -> list[dict[str, Any]]:
    """Of few contents: each takes the disk a while."""
    module, source = f"module {number % 3}".encode(), f"source {number % 5}".encode()
    text = f"permit; // {number % 2}"
    match number % 8:
        case 1:
            contents |= {content_id(data): data for data in (module, source)}
            return [{"kind": "node", "id": content_id(module), "source": content_id(source)}]
        case 4:
            contents[content_id(source)] = source
            return [{"kind": "draft", "id": f"d{number}", "source": content_id(source)}]
        case 5:
            return [{"kind": "policy", "id": content_id(text.encode()), "text": text}]
        case 7:
            return [{"kind": "verb", "name": f"v{number}", "schema": {"type": "object"}}]
    return []


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
    return kept(1100)


@pytest.fixture(scope="session")
def short() -> Kept:
    return kept(30)
