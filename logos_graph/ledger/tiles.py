"""The tree as files: tiles of hashes and bundles of leaves (https://c2sp.org/tlog-tiles).

A tile holds up to 256 hashes: at level L, those of the complete subtrees of 256**L leaves, so that
a tile's root is one hash of the level above. Hash i of tile N is the tree's node of level 8 * L and
index 256 * N + i. Of each level only the last tile may be partial; it holds the first W hashes of
what it will become, and levels on which there is nothing have no tile at all. A bundle holds the
data of up to 256 leaves, each after its length in 16 bits, big-endian.

    x001/x234/067         tile 1234067: three digits each, all but the last marked by an x
    x001/x234/067.p/12    the same while it holds 12

Pure: contents and names; `logos_graph.archive` has the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple, NoReturn

from logos_graph.errors import InvalidInput, NotVerified
from logos_graph.ledger.merkle import HASH_BYTES, Frontier

__all__ = [
    "TILE_WIDTH",
    "HashTile",
    "Span",
    "Tiler",
    "decode_bundle",
    "encode_bundle",
    "level_size",
    "parse_span",
    "spans",
    "split_hashes",
]

TILE_WIDTH = 256
_LEVEL_BITS = 8
_LENGTH_BYTES = 2
_PATH = re.compile(r"((?:x[0-9]{3}/){0,5})([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Which of many things lie together in one file: `width` of them, from 256 * index on."""

    index: int
    width: int

    @property
    def first(self) -> int:
        """The first thing's own index."""
        return self.index * TILE_WIDTH

    @property
    def end(self) -> int:
        """The index after the last thing's."""
        return self.first + self.width

    @property
    def is_full(self) -> bool:
        """Whether it never changes again."""
        return self.width == TILE_WIDTH

    @property
    def path(self) -> str:
        """Its path below the folder of its kind."""
        whole, last = divmod(self.index, 1000)
        parts = [f"{last:03}"]
        while whole:
            whole, part = divmod(whole, 1000)
            parts.insert(0, f"x{part:03}")
        path = "/".join(parts)
        return path if self.is_full else f"{path}.p/{self.width}"


class HashTile(NamedTuple):
    """A tile of hashes: its level, its place, and what it holds."""

    level: int
    span: Span
    data: bytes


def parse_span(path: str) -> Span | None:
    """The span that has this path, exactly; None for any other text."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    index = int(re.sub("[x/]", "", found[1] + found[2]))
    span = Span(index, TILE_WIDTH if found[3] is None else int(found[3]))
    return span if span.width <= TILE_WIDTH and span.path == path else None


def spans(size: int, first: int = 0) -> Iterator[Span]:
    """The spans over `size` things, in order; all but the last are full. first: the first span."""
    for index in range(first, size // TILE_WIDTH):
        yield Span(index, TILE_WIDTH)
    if size % TILE_WIDTH and size // TILE_WIDTH >= first:
        yield Span(size // TILE_WIDTH, size % TILE_WIDTH)


def level_size(size: int, level: int) -> int:
    """How many hashes a tree of this size has on a level of its tiles."""
    return size >> (_LEVEL_BITS * level)


class Tiler:
    """Grows a tree, and gives its tiles as they become full. Keeps O(log n).

    rows: of each level, the hashes that its last tile holds while it is partial; None for an empty
    tree. Raises InvalidInput E_TILES when they are not those of a tree of this size.
    """

    def __init__(self, size: int = 0, rows: Sequence[Sequence[bytes]] = ()) -> None:
        self._rows = [list(row) for row in rows]
        wanted = [level_size(size, level) % TILE_WIDTH for level in _levels(size)]
        if [len(row) for row in self._rows] != wanted:
            raise InvalidInput("E_TILES", f"these are not the last tiles of {size} leaves")
        peaks = list[bytes]()
        for row in reversed(self._rows):
            part = Frontier()
            for node in row:
                part.append(node)
            peaks += part.peaks
        self._tree = Frontier(size, peaks)

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return self._tree.size

    def frontier(self) -> Frontier:
        """The right edge of the tree so far; it grows on its own."""
        return Frontier(self._tree.size, self._tree.peaks)

    def root(self) -> bytes:
        """The root of the tree so far."""
        return self._tree.root()

    def append(self, leaf: bytes) -> list[HashTile]:
        """Adds a leaf's hash; the tiles that are full by it, the lowest level first."""
        full = list[HashTile]()
        for (height, index), node in self._tree.append(leaf):
            level, between = divmod(height, _LEVEL_BITS)
            if between:
                continue
            if level == len(self._rows):
                self._rows.append([])
            row = self._rows[level]
            row.append(node)
            if len(row) == TILE_WIDTH:
                span = Span(index // TILE_WIDTH, TILE_WIDTH)
                full.append(HashTile(level, span, b"".join(row)))
                row.clear()
        return full

    def partial(self) -> list[HashTile]:
        """The tiles that are not full, the lowest level first."""
        return [
            HashTile(level, Span(level_size(self.size, level + 1), len(row)), b"".join(row))
            for level, row in enumerate(self._rows)
            if row
        ]


def encode_bundle(leaves: Iterable[bytes]) -> bytes:
    """The bundle of these leaves' data. Raises InvalidInput E_BUNDLE for more than 65,535 bytes."""
    parts = list[bytes]()
    for leaf in leaves:
        if len(leaf) >= 1 << (8 * _LENGTH_BYTES):
            raise InvalidInput("E_BUNDLE", f"a leaf of {len(leaf)} bytes fits no bundle")
        parts += (len(leaf).to_bytes(_LENGTH_BYTES, "big"), leaf)
    return b"".join(parts)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The data of so many leaves, and of no more. Raises NotVerified E_BUNDLE."""
    leaves, at = list[bytes](), 0
    for number in range(width):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data) or start > len(data):
            _refuse(f"it ends within leaf {number}")
        leaves.append(data[start:at])
    if at != len(data):
        _refuse(f"it goes on after {width} leaves")
    return leaves


def _levels(size: int) -> range:
    """The levels on which a tree of this size has a hash."""
    return range(next(level for level in count() if not level_size(size, level)))


def split_hashes(data: bytes) -> list[bytes]:
    """The hashes that a tile's content is."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _refuse(reason: str) -> NoReturn:
    raise NotVerified("E_BUNDLE", f"this is no bundle: {reason}")
