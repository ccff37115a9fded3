"""What else lies in an export's folder: nothing, but for the partial files of earlier exports.

A partial file that is not the last one of its kind belongs to an earlier checkpoint, and must be
the beginning of the one that followed it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from logos_graph.archive.folder import refuse
from logos_graph.archive.layout import (
    CHECKPOINT,
    INFO,
    MAX_BUNDLE_BYTES,
    MAX_TEXT_BYTES,
    MAX_TILE_BYTES,
    blob_path,
    entries_path,
    leaves_path,
    tile_path,
)
from logos_graph.archive.reader import Archive
from logos_graph.canon import ContentId
from logos_graph.ledger.tiles import TILE_WIDTH, Span, level_size, parse_span

__all__ = ["check_rest", "check_span"]

_BLOB = re.compile(r"blobs/[0-9a-f]{2}/([0-9a-f]{64})", re.ASCII)
_SPANS = re.compile(r"(entries|tile/entries|tile/(?:0|[1-9]))/(.+)", re.ASCII | re.DOTALL)
_FOLDER = re.compile(
    r"entries|tile|blobs|blobs/[0-9a-f]{2}"
    r"|(entries|tile/entries|tile/[0-9])(?P<whole>(/x[0-9]{3}){0,6})(?P<partial>/[0-9]{3}\.p)?",
    re.ASCII,
)


def check_rest(archive: Archive, size: int, contents: Container[ContentId]) -> None:
    """Raises NotVerified E_EXPORT_FOREIGN, E_EXPORT_TILE.

    What the checkpoint asks for was looked at before; contents: those that entries name.
    """
    for path in _files(archive, size):
        if path in (CHECKPOINT, INFO):
            continue
        blob = _BLOB.fullmatch(path)
        if blob is not None:
            identity = ContentId(f"b3:{blob[1]}")
            if identity not in contents or blob_path(identity) != path:
                refuse("E_EXPORT_FOREIGN", path, "no entry names such a content")
            continue
        check_span(archive, path, size)


def _files(archive: Archive, size: int, folder: str = "") -> Iterator[str]:
    """Every file below a folder; no deeper than an export of this size goes."""
    for path, is_folder in archive.folder.names(folder):
        if not is_folder:
            yield path
        elif not _may_be(path, size):
            refuse("E_EXPORT_FOREIGN", path, "an export has no such folder")
        else:
            yield from _files(archive, size, path)


def _may_be(path: str, size: int) -> bool:
    found = _FOLDER.fullmatch(path)
    if found is None:
        return False
    whole, partial = found["whole"] or "", found["partial"] or ""
    if not whole and not partial:
        return True
    digits = re.sub(r"[^0-9]", "", whole + partial)
    index = int(digits) if partial else int(digits) * 1000
    return index * TILE_WIDTH < size and digits[:3] != ("000" if whole else "")


def check_span(archive: Archive, path: str, size: int) -> None:
    """A file of hashes, leaves or entries is one that the checkpoint asks for, or its beginning.

    Raises NotVerified E_EXPORT_FOREIGN, E_EXPORT_TILE.
    """
    found = _SPANS.fullmatch(path)
    span = None if found is None else parse_span(found[2])
    if found is None or span is None:
        refuse("E_EXPORT_FOREIGN", path, "an export has no such file")
    kind = found[1]
    level = int(kind[-1]) if kind[-1].isdigit() else 0
    there = level_size(size, level)
    if span.end > there:
        refuse(
            "E_EXPORT_FOREIGN",
            path,
            "it is of entries after the checkpoint; an export that was interrupted leaves such"
            " files, and `logos ledger export` goes on with it",
        )
    whole = Span(span.index, min(TILE_WIDTH, there - span.first))
    if whole == span:
        return
    if kind == "entries":
        _check_lines(archive, span, whole)
        return
    limit = MAX_BUNDLE_BYTES if kind == "tile/entries" else MAX_TILE_BYTES
    wanted = leaves_path(whole) if kind == "tile/entries" else tile_path(level, whole)
    data, follows = archive.folder.read(path, limit), archive.folder.read(wanted, limit)
    if (
        not data
        or not follows.startswith(data)
        or len(data) * whole.width != len(follows) * span.width
    ):
        refuse("E_EXPORT_TILE", path, f"it is not the beginning of {wanted}", index=span.first)


def _check_lines(archive: Archive, span: Span, whole: Span) -> None:
    """These entries are the first ones of that file, byte for byte."""
    one, other = entries_path(span), entries_path(whole)
    with archive.folder.opened(one) as earlier, archive.folder.opened(other) as later:
        for index in range(span.first, span.end):
            for _line in ("text", "signature"):
                line = later.readline(MAX_TEXT_BYTES + 1)
                if earlier.read(len(line)) != line:
                    refuse("E_EXPORT_TILE", one, f"it is not the beginning of {other}", index=index)
        if earlier.read(1):
            refuse("E_EXPORT_TILE", one, f"it goes on after entry {index}", index=span.end)
