"""From a ledger to an export. Memory does not grow with either.

1. The folder must be empty, or an export of this ledger (E_EXPORT_OTHER). One that has a checkpoint
   must be as the checkpoint says (E_EXPORT_DAMAGED), signed by the ledger's key at that size, and
   the ledger must have grown from it: its entries there give the same root (E_EXPORT_OTHER).
2. Entries are taken 256 at a time: what they name, then their leaves and hashes, then they
   themselves, each file durable before the next step.
3. After every `step` such files, and at the end, the checkpoint of what is there replaces the one
   before: an interrupted export is a whole one of fewer entries, and goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NoReturn, Protocol

from logos_graph.archive.layout import (
    CHECKPOINT,
    FORMAT,
    INFO,
    blob_path,
    entries_path,
    leaves_path,
    tile_path,
)
from logos_graph.archive.reader import Archive, in_file
from logos_graph.archive.staging import STAGED, Staging
from logos_graph.canon import Json, content_id, encode, shown
from logos_graph.errors import LogosError, NotVerified, Rejected
from logos_graph.identity import Did
from logos_graph.ledger import Checkpoint, Entry, Head, Note, parse_note
from logos_graph.ledger.contents import Content, contents_of
from logos_graph.ledger.merkle import hash_leaf, leaf_data
from logos_graph.ledger.tiles import TILE_WIDTH, HashTile, Span, Tiler, encode_bundle, spans

__all__ = ["STEP", "Exported", "Source", "export_ledger", "export_staged"]

STEP = 64
"""Files of entries from one checkpoint to the next: at most so much is written again."""


class Source(Protocol):
    """The ledger that is exported, as of one head."""

    @property
    def head(self) -> Head:
        """Its last entry; what is appended meanwhile is left to the next export."""

    def entries(self, first: int) -> Iterator[Entry]:
        """The entries from this index to the head, each only once it has been verified."""

    def content(self, content: Content) -> bytes:
        """What an entry names and does not hold."""

    def key(self, size: int) -> Did:
        """Which of the ledger's keys signs a checkpoint of this size."""

    def sign(self, size: int, root: bytes) -> Note:
        """The checkpoint, signed by the key of that size."""

    def open_checkpoint(self, data: bytes) -> Checkpoint:
        """A checkpoint of this ledger, signed by the key of its size. Raises NotVerified."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did. already: how many entries the folder had; note: its checkpoint."""

    head: Head
    already: int
    note: Note
    blobs: int

    @property
    def size(self) -> int:
        """How many entries there are in the folder."""
        return self.head.index + 1


def export_ledger(folder: Path, source: Source, *, step: int = STEP) -> Exported:
    """Brings the folder to the source's head.

    Raises Rejected E_EXPORT_OTHER, NotVerified E_EXPORT_DAMAGED, E_EXPORT_CONTENT, Conflict
    E_EXPORT_BUSY, EnvironmentFault E_FOLDER, and what the source raises.
    """
    staging = Staging(folder)
    try:
        return export_staged(staging, source, step=step)
    finally:
        staging.close()


def export_staged(staging: Staging, source: Source, *, step: int = STEP) -> Exported:
    """The same, to a folder that this process has already."""
    return _Export(staging, source, step).run()


@dataclass
class _Export:
    """One export. tree: of the entries that passed; last: the last of them."""

    staging: Staging
    source: Source
    step: int
    tree: Tiler = field(default_factory=Tiler)
    already: Checkpoint | None = None
    last: Head | None = None
    blobs: int = 0

    def run(self) -> Exported:
        """Everything from what is there to the head."""
        head, archive = self.source.head, Archive(self.staging.folder)
        self._find(archive)
        already = 0 if self.already is None else self.already.size
        if already == 0:
            self._tell(None)
        entries = self.source.entries(self.tree.size)
        for number, span in enumerate(spans(head.index + 1, self.tree.size // TILE_WIDTH), 1):
            chunk = self._pass(islice(entries, span.width))
            if span.end <= already:
                for _passed in chunk:
                    pass
                continue
            self._write(span, chunk)
            if number % self.step == 0 and span.end <= head.index:
                self._finish()
        for _rest in entries:  # none: what the source checks at the end
            pass
        if self.last != head:
            raise NotVerified("E_CHAIN_HEAD", "the ledger's entries end elsewhere than its head")
        if already == self.tree.size:  # its checkpoint may have witnesses' signatures by now
            return Exported(head, already, parse_note(archive.checkpoint()), 0)
        return Exported(head, already, self._finish(), self.blobs)

    # what is there ----------------------------------------------------------------------------

    def _find(self, archive: Archive) -> None:
        """Whether the folder can be gone on with; moves to the start of its last entries."""
        names = {path.name for path in self.staging.folder.iterdir()} - {*STAGED}
        if not names & {CHECKPOINT, INFO}:
            if names:
                self._refuse("it holds something, and is no export")
            return
        if INFO in names:
            ledger = archive.info().get("ledger")
            if ledger != self.source.head.ledger:
                self._refuse(f"it is an export of the ledger {shown(ledger)}")
        if CHECKPOINT in names:
            self._go_on(archive)

    def _go_on(self, archive: Archive) -> None:
        try:
            found = self.source.open_checkpoint(archive.checkpoint())
        except NotVerified as error:
            if error.code == "E_CHECKPOINT_LEDGER":
                self._refuse(error.message)
            raise in_file(error, str(self.staging.folder / CHECKPOINT)) from error
        size = self.source.head.index + 1
        if found.size > size:
            self._refuse(f"it has {found.size} entries, and the ledger {size}")
        start = max(found.size - 1, 0) // TILE_WIDTH * TILE_WIDTH
        try:
            whole = archive.tiler(found.size, found.size).root() == found.root
            self.tree = archive.tiler(start, found.size)
        except LogosError as error:
            raise self._damaged(error.message) from error
        if not whole:
            raise self._damaged("its tiles do not give the root of its checkpoint")
        self.already = found

    # what is new ------------------------------------------------------------------------------

    def _pass(self, entries: Iterator[Entry]) -> Iterator[tuple[Entry, bytes, list[HashTile]]]:
        """Each entry with its leaf, and the tiles that are full by it."""
        already = self.already
        for entry in entries:
            leaf = leaf_data(entry)
            full = self.tree.append(hash_leaf(leaf))
            same = already is None or self.tree.size != already.size
            if not same and already is not None and self.tree.root() != already.root:
                self._refuse(f"its entries up to {entry.index} are not the ledger's: a fork")
            self.last = entry.head
            yield entry, leaf, full

    def _write(self, span: Span, chunk: Iterator[tuple[Entry, bytes, list[HashTile]]]) -> None:
        """One file of entries, after everything that belongs to it."""
        leaves, tiles = list[bytes](), list[HashTile]()
        with self.staging.writing(entries_path(span)) as file:
            for entry, leaf, full in chunk:
                for content in contents_of(entry):
                    self._keep(entry, content)
                file.write(f"{entry.text}\n{entry.signature}\n".encode())
                leaves.append(leaf)
                tiles += full
            self.staging.put(leaves_path(span), encode_bundle(leaves))
            for tile in tiles:
                self.staging.put(tile_path(tile.level, tile.span), tile.data)
            self.staging.settle()

    def _keep(self, entry: Entry, content: Content) -> None:
        """A content, once: one that is there already is looked at again."""
        path = self.staging.folder / blob_path(content.id)
        if path.is_file() and content_id(path.read_bytes()) == content.id:
            return
        data = self.source.content(content) if content.data is None else content.data
        found = content_id(data)
        if found != content.id:
            raise NotVerified(
                "E_EXPORT_CONTENT",
                f"what is stored as the {content.what} {content.id} of entry {entry.index} is not",
                hint="somebody wrote to the database beside the gate: `logos ledger verify`",
                index=entry.index,
                expected=content.id,
                found=found,
            )
        self.staging.put(blob_path(content.id), data)
        self.blobs += 1

    def _finish(self) -> Note:
        """The checkpoint of what is there, once all of it is on the disk."""
        for tile in self.tree.partial():
            self.staging.put(tile_path(tile.level, tile.span), tile.data)
        self._tell(self.last)
        self.staging.settle()
        note = self.source.sign(self.tree.size, self.tree.root())
        self.staging.put(CHECKPOINT, note.data)
        self.staging.settle()
        return note

    def _tell(self, last: Head | None) -> None:
        told: dict[str, Json] = {
            "format": FORMAT,
            "head": None if last is None else last.hash,
            "ledger": self.source.head.ledger,
            "size": self.tree.size,
            "state": None,
            "supervisor": self.source.key(self.tree.size),
        }
        self.staging.put(INFO, encode(told))

    def _refuse(self, reason: str) -> NoReturn:
        folder = self.staging.folder
        raise Rejected(
            "E_EXPORT_OTHER",
            f"nothing is exported to {folder}: {reason}",
            hint="choose an empty folder, or the one that this ledger is exported to",
            folder=str(folder),
        )

    def _damaged(self, reason: str) -> NotVerified:
        folder = self.staging.folder
        return NotVerified(
            "E_EXPORT_DAMAGED",
            f"{folder} is not the export that its checkpoint says: {reason}",
            hint="`logos verify` names the file; export again to an empty folder",
            folder=str(folder),
        )
