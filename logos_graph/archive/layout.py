"""Which file of an export holds what.

    checkpoint                       the tree of the whole, signed; written last
    export.json                      what it is, for people: all of it is told elsewhere too
    tile/<L>/<N>[.p/<W>]             hashes
    tile/entries/<N>[.p/<W>]         leaves: each entry's text's SHA-256 and signature
    entries/<N>[.p/<W>]              entries: canonical text, newline, signature, newline, for each
    blobs/<2 hex>/<64 hex>           what entries name by content id (`b3:` and these digits)

N and W as in logos_graph.ledger.tiles, 256 entries a file.
"""

from __future__ import annotations

from logos_graph.canon import ContentId
from logos_graph.identity import SIGNATURE_DIGITS
from logos_graph.ledger import MAX_ENTRY_BYTES, MAX_NOTE_BYTES
from logos_graph.ledger.merkle import HASH_BYTES
from logos_graph.ledger.tiles import TILE_WIDTH, Span

__all__ = [
    "BLOBS",
    "CHECKPOINT",
    "ENTRIES",
    "FORMAT",
    "INFO",
    "LEAVES",
    "MAX_BLOB_BYTES",
    "MAX_BUNDLE_BYTES",
    "MAX_INFO_BYTES",
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURE_BYTES",
    "MAX_TEXT_BYTES",
    "MAX_TILE_BYTES",
    "TILES",
    "blob_path",
    "entries_path",
    "leaves_path",
    "tile_path",
]

FORMAT = "logos-export/1"
CHECKPOINT, INFO = "checkpoint", "export.json"
ENTRIES, TILES, BLOBS = "entries", "tile", "blobs"
LEAVES = "entries"
"""The name, below TILES, of what stands where a level's number does."""

MAX_TEXT_BYTES = MAX_ENTRY_BYTES
"""Of one entry's text."""
MAX_SIGNATURE_BYTES = SIGNATURE_DIGITS
MAX_BLOB_BYTES = 16 * 1024 * 1024
"""More than any module that is admitted, and any source or policy that fits an entry."""
MAX_TILE_BYTES = TILE_WIDTH * HASH_BYTES
MAX_BUNDLE_BYTES = TILE_WIDTH * (1 << 16)
MAX_INFO_BYTES = 4096


def entries_path(span: Span) -> str:
    """Where these entries are."""
    return f"{ENTRIES}/{span.path}"


def leaves_path(span: Span) -> str:
    """Where these leaves are."""
    return f"{TILES}/{LEAVES}/{span.path}"


def tile_path(level: int, span: Span) -> str:
    """Where these hashes are."""
    return f"{TILES}/{level}/{span.path}"


def blob_path(identity: ContentId) -> str:
    """Where the content with this id is."""
    digits = identity.removeprefix("b3:")
    return f"{BLOBS}/{digits[:2]}/{digits}"
