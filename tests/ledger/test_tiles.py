"""Tiles and bundles: the tree's own nodes, in files that other logs' verifiers know."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import InvalidInput, NotVerified
from logos_graph.ledger.merkle import EMPTY_ROOT, nodes_of, root_of
from logos_graph.ledger.tiles import (
    TILE_WIDTH,
    HashTile,
    Span,
    Tiler,
    decode_bundle,
    encode_bundle,
    level_size,
    parse_span,
    spans,
    split_hashes,
)

MOST = 70_000
LEAVES = [sha256(number.to_bytes(4, "big")).digest() for number in range(MOST)]
NODES = nodes_of(LEAVES)
SIZES = st.one_of(
    st.integers(0, 600),
    st.integers(0, MOST),
    st.sampled_from([255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, 65_793]),
)


def grown(size: int) -> tuple[Tiler, list[HashTile]]:
    tiler, tiles = Tiler(), list[HashTile]()
    for leaf in LEAVES[:size]:
        tiles += tiler.append(leaf)
    return tiler, tiles


@pytest.mark.parametrize(
    ("span", "path"),
    [
        (Span(0, 256), "000"),
        (Span(999, 256), "999"),
        (Span(1000, 256), "x001/000"),
        (Span(1_234_067, 256), "x001/x234/067"),
        (Span(1_234_067, 112), "x001/x234/067.p/112"),
        (Span(0, 1), "000.p/1"),
        (Span(5, 255), "005.p/255"),
    ],
)
def test_a_path_is_that_of_the_specification(span: Span, path: str) -> None:
    assert span.path == path
    assert parse_span(path) == span


@pytest.mark.parametrize(
    "path",
    [
        "", "0", "00", "0000", "x000", "x000/001", "001/002", "x001", "001.p", "001.p/", "001.p/0",
        "001.p/00", "001.p/012", "001.p/256", "001.p/257", "001.p/999", "001.p/1000", "x001.p/001",
        "/001", "001/", "x1/001", "X001/000", "x001//000", "x001/../000", "٠٠١", "001.p/-1",
        "x001/x234/067.P/1", "001\n", "x001/x001/x001/x001/x001/x001/x001/001",
    ],
)  # fmt: skip
def test_another_path_is_none(path: str) -> None:
    assert parse_span(path) is None


@given(st.integers(0, 1 << 55), st.integers(1, TILE_WIDTH))
def test_a_path_names_its_span_alone(index: int, width: int) -> None:
    span = Span(index, width)
    assert parse_span(span.path) == span
    assert (span.end - span.first, span.first) == (width, index * 256)


@given(st.text(alphabet="x/.p0123456789", max_size=16))
def test_what_is_read_as_a_path_is_written_so(text: str) -> None:
    span = parse_span(text)
    assert span is None or span.path == text


@given(SIZES, st.integers(0, 300))
def test_spans_cover_everything_once(size: int, first: int) -> None:
    found = list(spans(size, first))
    assert [at for span in found for at in range(span.first, span.end)] == list(
        range(min(first * 256, size), size)
    )
    assert all(span.is_full for span in found[:-1])


@given(SIZES)
def test_tiles_hold_the_nodes_of_the_tree(size: int) -> None:
    """Against `nodes_of`: every complete subtree of 256**L leaves is in one place, once."""
    tiler, tiles = grown(size)
    assert all(tile.span.is_full for tile in tiles)
    found = dict[tuple[int, int], bytes]()
    for level, span, data in [*tiles, *tiler.partial()]:
        hashes = split_hashes(data)
        assert len(hashes) == span.width
        for index, node in enumerate(hashes, span.first):
            assert (level, index) not in found
            found[level, index] = node
    assert found == {
        (level, index): NODES[8 * level, index]
        for level in range(4)
        for index in range(level_size(size, level))
    }
    assert tiler.root() == (root_of(size, NODES) if size else EMPTY_ROOT)


@given(SIZES, st.integers(0, 700))
def test_a_tree_goes_on_from_its_last_tiles(size: int, further: int) -> None:
    before, _ = grown(size)
    rows = [
        [NODES[8 * level, i] for i in range(there // 256 * 256, there)]
        for level in range(4)
        if (there := level_size(size, level))
    ]
    later = Tiler(size, rows)
    assert (later.size, later.root()) == (size, before.root())
    for leaf in LEAVES[size : size + further]:
        assert later.append(leaf) == before.append(leaf)
    assert later.partial() == before.partial()
    assert later.root() == before.root()


def test_a_tree_does_not_go_on_from_other_tiles() -> None:
    for size, rows in ((1, []), (0, [[LEAVES[0]]]), (2, [[LEAVES[0]]]), (256, [[LEAVES[0]], []])):
        with pytest.raises(InvalidInput) as refused:
            Tiler(size, rows)
        assert refused.value.code == "E_TILES"


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_is_read_as_it_was_written(leaves: list[bytes]) -> None:
    data = encode_bundle(leaves)
    assert decode_bundle(data, len(leaves)) == leaves
    assert data == b"".join(bytes([len(leaf) >> 8, len(leaf) & 255]) + leaf for leaf in leaves)
    for wrong in (len(leaves) + 1, len(leaves) - 1):
        if wrong >= 0:
            with pytest.raises(NotVerified, match="E_BUNDLE"):
                decode_bundle(data, wrong)


@given(st.binary(max_size=64), st.integers(0, 20))
def test_what_is_no_bundle_is_refused_and_nothing_else_happens(data: bytes, width: int) -> None:
    with suppress(NotVerified):
        assert encode_bundle(decode_bundle(data, width)) == data


def test_a_leaf_that_fits_no_bundle_is_refused() -> None:
    with pytest.raises(InvalidInput, match="E_BUNDLE"):
        encode_bundle([bytes(65_536)])
    assert decode_bundle(encode_bundle([bytes(65_535)]), 1) == [bytes(65_535)]
