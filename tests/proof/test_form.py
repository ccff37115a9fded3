"""The form of proof files: printed and parsed are inverse, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from logos_graph.canon import MAX_DEPTH, ContentId, Json, content_id, encode, parse
from logos_graph.errors import InvalidInput, LogosError, NotVerified
from logos_graph.ledger.merkle import (
    Frontier,
    NodeId,
    hash_leaf,
    inclusion_proof,
    leaf_data,
    nodes_of,
    peak_nodes,
    root_of,
    verify_inclusion,
)
from logos_graph.proof import ProofFile, encode_proof, make_proof, parse_proof, proof_nodes
from tests.ledger.conftest import SUPERVISOR, Book


def proof_of(book: Book, modules: dict[ContentId, bytes] | None = None) -> ProofFile:
    """A file with every second entry of a ledger, genesis first."""
    leaves = [hash_leaf(leaf_data(entry)) for entry in book.entries]
    nodes, tree = nodes_of(leaves), Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return make_proof(
        content_id(b"intent"), content_id(b"run"), book.entries[::2], modules or {},
        tree=tree, tree_nodes=lambda ids: {each: nodes[each] for each in ids},
        supervisor=SUPERVISOR,
    )  # fmt: skip


def test_what_is_written_is_read_back(story: Book) -> None:
    proof = proof_of(story, {content_id(b"module"): b"module"})
    assert parse_proof(encode_proof(proof)) == proof
    assert encode_proof(parse_proof(encode_proof(proof))) == encode_proof(proof)


def test_the_text_of_an_entry_stands_in_the_file_byte_by_byte(book: Book) -> None:
    """Texts too whose escape is followed by a mark that would join the letter of the escape."""
    deep: Json = 1
    for _ in range(MAX_DEPTH - 5):
        deep = [deep]
    book.intent(this={"note": 'first\n\u0303 \u2028 \\ "', "deep": deep})
    book.intent()
    data = encode_proof(proof_of(book))
    assert [each.entry for each in parse_proof(data).entries] == book.entries[::2]
    for entry in book.entries[::2]:
        assert entry.text.encode() in data


def test_the_paths_are_those_of_the_checkpoint_s_tree(story: Book) -> None:
    nodes = nodes_of(hash_leaf(leaf_data(entry)) for entry in story.entries)
    size = len(story.entries)
    for each in proof_of(story).entries:
        index = each.entry.index
        assert list(each.path) == inclusion_proof(index, size, nodes)
        leaf = hash_leaf(leaf_data(each.entry))
        verify_inclusion(leaf, index, size, each.path, root_of(size, nodes))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 100])
def test_the_nodes_that_are_asked_for_are_enough_and_few(size: int) -> None:
    nodes = nodes_of(hash_leaf(bytes([n])) for n in range(size))
    for index in {0, size // 2, size - 1}:
        needed = proof_nodes(size, [index])
        known = {node: nodes[node] for node in needed}
        assert inclusion_proof(index, size, known) == inclusion_proof(index, size, nodes)
        assert root_of(size, known) == root_of(size, nodes)
        assert len(needed) <= 3 * size.bit_length()


def changed(book: Book, **members: Json) -> bytes:
    document: Any = parse(encode_proof(proof_of(book)), max_depth=70)
    return encode({**document, **members}, max_depth=70)


@pytest.mark.parametrize(
    "members",
    [
        {"checkpoint": None}, {"entries": []}, {"entries": {}}, {"entries": [1]}, {"intent": "b3:"},
        {"intent": 7}, {"modules": []}, {"modules": {"b3:": ""}}, {"run": None}, {"more": 1},
        {"modules": {content_id(b""): "A"}}, {"modules": {content_id(b""): "AB=="}},
        {"modules": {content_id(b""): " QQ=="}}, {"modules": {content_id(b""): 1}},
        {"entries": [{"entry": {}, "proof": [], "signature": ""}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_member_of_another_form_is_refused(book: Book, members: dict[str, Json]) -> None:
    with pytest.raises(NotVerified) as refused:
        parse_proof(changed(book, **members))
    assert refused.value.code == "E_PROOF_FORM"


@pytest.mark.parametrize(
    "change",
    [
        {"proof": ["AA=="]}, {"proof": [1]}, {"proof": ["A" * 43 + "="] * 65}, {"signature": "0"},
        {"signature": None}, {"entry": None}, {"more": 1},
    ],
    ids=lambda change: str(change)[:30],
)  # fmt: skip
def test_an_entry_of_another_form_is_refused(book: Book, change: dict[str, Json]) -> None:
    document: Any = parse(encode_proof(proof_of(book)), max_depth=70)
    document["entries"][0] |= change
    with pytest.raises(NotVerified) as refused:
        parse_proof(encode(document, max_depth=70))
    assert refused.value.code == "E_PROOF_FORM"


def test_bytes_that_are_not_canonical_are_no_proof(book: Book) -> None:
    data = encode_proof(proof_of(book))
    for other in (b"", data + b"\n", b" " + data, data[:-1], data.replace(b":", b": ", 1), b"[]"):
        with pytest.raises(LogosError) as refused:
            parse_proof(other)
        assert (type(refused.value), refused.value.code) == (InvalidInput, "E_NOT_A_PROOF")


def test_nothing_is_signed_for_nodes_that_are_not_the_tree_s(story: Book) -> None:
    """Whoever can write to the database would have a root signed that is of no ledger."""
    leaves = [hash_leaf(leaf_data(entry)) for entry in story.entries]
    tree, nodes = Frontier(), nodes_of(leaves)
    for leaf in leaves:
        tree.append(leaf)
    for node in peak_nodes(len(leaves)):
        kept = _Kept({**nodes, node: bytes(32)})
        with pytest.raises(NotVerified) as caught:
            make_proof(
                content_id(b"intent"), content_id(b"run"), story.entries[:1], {},
                tree=tree, tree_nodes=kept, supervisor=SUPERVISOR,
            )  # fmt: skip
        assert caught.value.code == "E_TREE", node


class _Kept(dict[NodeId, bytes]):
    """What is kept of a tree."""

    def __call__(self, nodes: Iterable[NodeId]) -> dict[NodeId, bytes]:
        return {each: self[each] for each in nodes}
