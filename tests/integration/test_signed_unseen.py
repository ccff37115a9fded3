"""Whoever writes to the database beside the guard has nothing signed, nor taken on trust."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from logos_graph.canon import content_id
from logos_graph.cli.known import known_tree
from logos_graph.errors import NotVerified
from logos_graph.identity import Signer
from logos_graph.ledger import (
    Entry,
    Head,
    SupervisorKeys,
    TreeWatch,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
    verify_chain,
)
from logos_graph.ledger.merkle import hash_leaf, leaf_data, nodes_of, root_of
from tests.integration.test_graph_compared import Graph, changed, graph_of
from tests.ledger.conftest import forge
from tests.plain_server import unguarded_server, variables

THIEF = Signer.from_seed(b"\7" * 32)


@pytest.fixture(autouse=True)
def invariants() -> None:
    """The shared server takes no part here."""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Graph]:
    with (
        unguarded_server(tmp_path_factory.mktemp("unguarded"), cache) as settings,
        graph_of(settings) as made,
    ):
        yield made


@pytest.fixture
def logos_there(graph: Graph, logos: Callable[..., Any]) -> Callable[..., Any]:
    """`logos … --json` on that server."""
    named = variables(graph.settings)

    def run(*words: str | Path) -> Any:
        return logos(*words, "--json", home=graph.settings.home, **named)

    return run


@pytest.fixture
def run(graph: Graph) -> str:
    """One of its runs that can be proved: no fork."""
    asked = "MATCH (r:Run) WHERE r.forked_from IS NULL RETURN r.id AS id ORDER BY id LIMIT 1"
    return str(graph.ask(asked)[0]["id"])


@pytest.fixture
def prove(logos_there: Callable[..., Any], run: str, tmp_path: Path) -> Callable[[], Any]:
    """`logos run prove`, to a new file each time."""
    return lambda: logos_there(
        "run", "prove", run, "--output", tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
    )


def code(ended: Any) -> tuple[int, str]:
    return ended.status, ended.document["error"]["code"]


def known_folder(graph: Graph) -> Path:
    return graph.settings.home / "verified"


@contextmanager
def forged_leaf(graph: Graph, index: int) -> Iterator[None]:
    """What is kept of the tree with an entry is another one's."""
    (row,) = graph.ask("MATCH (e:LedgerEntry {index: $i}) RETURN e.subtrees AS s", i=index)
    given = {"index": index, "old": bytes(row["s"]), "new": bytes(len(row["s"]))}
    set_to = "MATCH (e:LedgerEntry {index: $index}) SET e.subtrees = "
    with changed(graph, f"{set_to}$new", f"{set_to}$old", **given):
        yield


def largest_peak(graph: Graph) -> int:
    """The entry with which the left half of the tree is kept."""
    (row,) = graph.ask("MATCH (h:LedgerHead) RETURN h.index AS last")
    return (1 << (int(row["last"]) + 1).bit_length() - 1) - 1


def test_a_proof_s_root_is_that_of_the_entries_and_never_the_one_that_is_kept_beside_them(
    graph: Graph, prove: Any
) -> None:
    for _known in range(2):  # the first time from genesis on, then from where the home left off
        with forged_leaf(graph, largest_peak(graph)):
            assert code(prove()) == (1, "E_TREE")
    assert prove().status == 0


def test_nothing_is_signed_for_entries_that_are_not_the_chain_s(graph: Graph, prove: Any) -> None:
    shutil.rmtree(known_folder(graph), ignore_errors=True)
    (row,) = graph.ask("MATCH (e:LedgerEntry {index: 3}) RETURN e.signature AS old")
    given = {"old": row["old"], "new": row["old"].translate(str.maketrans("01", "10"))}
    set_to = "MATCH (e:LedgerEntry {index: 3}) SET e.signature = "
    with changed(graph, f"{set_to}$new", f"{set_to}$old", **given):
        assert code(prove()) == (1, "E_CHAIN_SIGNATURE")
    assert prove().status == 0


def test_a_home_knows_how_far_it_verified_the_ledger_and_reads_on_from_there(graph: Graph) -> None:
    system, passed = graph.system, list[int]()

    def watch(entries: Any, total: int) -> Iterator[Entry]:
        passed.append(total)
        return iter(entries)

    shutil.rmtree(known_folder(graph), ignore_errors=True)
    (last,) = graph.ask("MATCH (h:LedgerHead) RETURN h.index AS last")
    size = int(last["last"]) + 1
    entries = list(system.store.entries(0))
    trusted = system.keys.load("supervisor").did
    early = known_tree(system, entries[size - 6].head, trusted, watch)
    late = known_tree(system, entries[-1].head, trusted, watch)
    assert passed == [size - 5, 5]
    assert known_tree(system, entries[-1].head, trusted, watch).tree.root() == late.tree.root()
    assert passed == [size - 5, 5, 0]
    leaves = [hash_leaf(leaf_data(entry)) for entry in entries]
    assert late.tree.root() == root_of(size, nodes_of(leaves))
    assert early.tree.root() == root_of(size - 5, nodes_of(leaves))
    assert late.keys.dids == (trusted,)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda head: Head(head.ledger, head.index - 1, head.hash, head.recorded_at),
         "E_CHECKPOINT_ROLLBACK"),
        (lambda head: Head(head.ledger, head.index, content_id(b"another"), head.recorded_at),
         "E_CHECKPOINT_FORK"),
        (lambda head: Head(head.ledger, head.index + 1, head.hash, head.recorded_at + 1),
         "E_CHAIN_HEAD"),
    ],
)  # fmt: skip
def test_a_ledger_that_was_set_back_or_went_another_way_is_not_signed(
    graph: Graph, change: Callable[[Head], Head], expected: str
) -> None:
    system = graph.system
    trusted, head = system.keys.load("supervisor").did, system.reader.head()
    assert head is not None
    known_tree(system, head, trusted, lambda entries, _: iter(entries))
    with pytest.raises(NotVerified) as refused:
        known_tree(system, change(head), trusted, lambda entries, _: iter(entries))
    assert refused.value.code == expected


@pytest.mark.parametrize("text", [b"", b"{}", b"[", b"null", b'{"hash":1}', b"\xff"])
def test_what_the_home_cannot_read_of_it_is_verified_from_genesis_on(
    graph: Graph, prove: Any, text: bytes
) -> None:
    assert prove().status == 0
    (kept,) = known_folder(graph).iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(text)
    assert prove().status == 0
    assert kept.read_bytes() == whole


def test_since_a_checkpoint_of_a_key_that_only_the_graph_tells_of_nothing_is_skipped(
    graph: Graph, logos_there: Callable[..., Any], tmp_path: Path
) -> None:
    """The thief's checkpoint covers an entry that nobody signed; the graph names his key."""
    entries = list(graph.system.store.entries(0))
    trusted = graph.system.keys.load("supervisor").did
    genesis, ninth = entries[0], entries[9]
    named = forge(genesis, THIEF, body={**genesis.body, "supervisor": THIEF.did})
    broken = ninth.signature.translate(str.maketrans("01", "10"))
    tree = TreeWatch()
    for _ in tree.watch([*entries[:9], replace(ninth, signature=broken), *entries[10:]]):
        pass
    note = sign_checkpoint(genesis.ledger, tree.size, tree.root(), THIEF)
    (tmp_path / "thief.checkpoint").write_bytes(note.data)
    assert parse_checkpoint(parse_note(note.data).text).size == len(entries)
    do = (
        "MATCH (:LedgerEntry {index: 0})-[r:RECORDS]->(s:Supervisor) DELETE r"
        " CREATE (:LedgerEntry {ledger: 'none', index: 0, text: $text, hash: $hash,"
        " signature: $by})-[:RECORDS]->(s)"
        " WITH 1 AS one MATCH (e:LedgerEntry {index: 9}) SET e.signature = $broken"
    )
    undo = (
        "MATCH (e:LedgerEntry {ledger: 'none'}) DETACH DELETE e WITH 1 AS one"
        " MATCH (e:LedgerEntry {index: 0}), (s:Supervisor {did: $did})"
        " CREATE (e)-[:RECORDS]->(s)"
        " WITH 1 AS one MATCH (e:LedgerEntry {index: 9}) SET e.signature = $signature"
    )
    given = {
        "text": named.text, "hash": named.hash, "by": named.signature, "did": trusted,
        "broken": broken, "signature": ninth.signature,
    }  # fmt: skip
    with changed(graph, do, undo, **given):
        assert graph.system.reader.supervisor_keys().dids == (THIEF.did,)
        ended = logos_there("ledger", "verify", "--since", tmp_path)
        assert code(ended) == (1, "E_NOTE_UNSIGNED")
    assert list(verify_chain(graph.system.store.entries(0), trusted, keys=SupervisorKeys()))
