"""An export, read: each part bounded, strict, and believed only as far as its own form goes.

Besides the codes of folder.py: E_EXPORT_FORM (a file is not what its place says; data file, and
index where it is an entry's), and what `parse_entry` raises, with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from logos_graph.archive.folder import GivenFolder, refuse
from logos_graph.archive.layout import (
    CHECKPOINT,
    FORMAT,
    INFO,
    MAX_BLOB_BYTES,
    MAX_BUNDLE_BYTES,
    MAX_INFO_BYTES,
    MAX_NOTE_BYTES,
    MAX_SIGNATURE_BYTES,
    MAX_TEXT_BYTES,
    MAX_TILE_BYTES,
    blob_path,
    entries_path,
    leaves_path,
    tile_path,
)
from logos_graph.canon import ContentId, Json, Tag, content_id, shown, tagged_id, verify
from logos_graph.errors import LogosError, NotVerified
from logos_graph.ledger import Entry, Stored, parse_checkpoint, parse_entry, parse_note
from logos_graph.ledger.merkle import HASH_BYTES
from logos_graph.ledger.tiles import TILE_WIDTH, Span, Tiler, level_size, spans, split_hashes

__all__ = ["Archive", "in_file"]

_INFO = frozenset({"format", "head", "ledger", "size", "state", "supervisor"})


class Archive:
    """A folder that is said to be an export."""

    def __init__(self, folder: Path) -> None:
        self.folder = GivenFolder(folder)

    def checkpoint(self) -> bytes:
        """The note, as it is there. Without one the folder is no export, or not yet."""
        try:
            return self.folder.read(CHECKPOINT, MAX_NOTE_BYTES)
        except NotVerified as error:
            if error.code != "E_EXPORT_MISSING":
                raise
            raise NotVerified(
                error.code,
                f"there is no export in {shown(str(self.folder.path), 200)}: it has no checkpoint",
                hint="`logos ledger export DIR` writes one, and goes on with an interrupted one",
                file=CHECKPOINT,
            ) from None

    def size(self) -> int:
        """How many entries the checkpoint, if it can be believed, is of. Raises NotVerified."""
        return parse_checkpoint(parse_note(self.checkpoint()).text).size

    def info(self) -> dict[str, Json]:
        """What the export says of itself. Raises NotVerified E_EXPORT_FORM."""
        try:
            told = verify(self.folder.read(INFO, MAX_INFO_BYTES))
        except NotVerified:
            raise
        except LogosError as error:
            refuse("E_EXPORT_FORM", INFO, error.message)
        if not isinstance(told, dict) or told.keys() != _INFO or told["format"] != FORMAT:
            refuse("E_EXPORT_FORM", INFO, f"it is not what {FORMAT} says of an export")
        return told

    def entries(self, first: int = 0, *, size: int | None = None) -> Iterator[Entry]:
        """The entries from this index on, each well-formed; `verify_chain` says whether genuine.

        size: how many the export has; by default what its checkpoint says.
        """
        total = self.size() if size is None else size
        for span in spans(total, first // TILE_WIDTH):
            path = entries_path(span)
            for index, row in enumerate(self._span_entries(span, first), max(first, span.first)):
                yield _entry(row, path, index)

    def stored(self, size: int) -> Iterator[Stored]:
        """All entries as they are there, of which nothing is known yet."""
        for span in spans(size):
            yield from self._span_entries(span, 0)

    def _span_entries(self, span: Span, first: int) -> Iterator[Stored]:
        """Those of one file: so many, and nothing more. The ones before `first` are passed over."""
        path = entries_path(span)
        with self.folder.opened(path) as file:
            for index in range(span.first, span.end):
                text = _line(file, MAX_TEXT_BYTES, path, index)
                signature = _line(file, MAX_SIGNATURE_BYTES, path, index)
                if index >= first:
                    yield _stored(text, signature, path, index)
            if file.read(1):
                refuse("E_EXPORT_FORM", path, f"it goes on after entry {index}", index=span.end)

    def hashes(self, level: int, span: Span) -> bytes:
        """A tile. Raises NotVerified E_EXPORT_FORM if it has not so many hashes."""
        return self._sized(tile_path(level, span), MAX_TILE_BYTES, span.width * HASH_BYTES)

    def leaves(self, span: Span) -> bytes:
        """A bundle, as it is there."""
        return self.folder.read(leaves_path(span), MAX_BUNDLE_BYTES)

    def blob(self, identity: ContentId) -> bytes:
        """What has this id. Raises NotVerified E_EXPORT_CONTENT for another content."""
        path = blob_path(identity)
        data = self.folder.read(path, MAX_BLOB_BYTES)
        found = content_id(data)
        if found != identity:
            refuse("E_EXPORT_CONTENT", path, f"its content is {found}", expected=identity,
                   found=found)  # fmt: skip
        return data

    def tiler(self, size: int, whole: int) -> Tiler:
        """The tree of the first `size` entries, from the tiles of an export of `whole`."""
        rows = list[list[bytes]]()
        for level in count():
            here, there = level_size(size, level), level_size(whole, level)
            if not here:
                return Tiler(size, rows)
            index, width = divmod(here, TILE_WIDTH)
            row = list[bytes]()
            if width:
                kept = min(there - index * TILE_WIDTH, TILE_WIDTH)
                row = split_hashes(self.hashes(level, Span(index, kept)))[:width]
            rows.append(row)
        raise AssertionError  # count() does not end

    def _sized(self, path: str, limit: int, size: int) -> bytes:
        data = self.folder.read(path, limit)
        if len(data) != size:
            refuse("E_EXPORT_FORM", path, f"it has {len(data)} bytes, not {size}")
        return data


def in_file(error: LogosError, file: str) -> NotVerified:
    """The same refusal, with the file in which it was found."""
    data = {**error.data, "file": file}
    return NotVerified(error.code, f"{file}: {error.message}", hint=error.hint, **data)


def _line(file: BinaryIO, limit: int, path: str, index: int) -> bytes:
    """The next line, without its newline."""
    line = file.readline(limit + 1)
    if not line.endswith(b"\n"):
        reason = "it ends within" if len(line) <= limit else "a line is too long for"
        refuse("E_EXPORT_FORM", path, f"{reason} entry {index}", index=index)
    return line[:-1]


def _stored(text: bytes, signature: bytes, path: str, index: int) -> Stored:
    try:
        said = text.decode("utf-8"), signature.decode("ascii")
    except UnicodeDecodeError as error:
        refuse("E_EXPORT_FORM", path, f"entry {index} is no text: {error.reason}", index=index)
    return Stored(said[0], tagged_id(Tag.ENTRY_HASH, text), said[1])


def _entry(row: Stored, path: str, index: int) -> Entry:
    try:
        return parse_entry(*row, at=index)
    except LogosError as error:
        raise in_file(error, path) from error
