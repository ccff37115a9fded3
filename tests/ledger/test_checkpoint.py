"""Checkpoints: what one of them says about a ledger, and what is no checkpoint of it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import NotVerified
from logos_graph.identity import Did, Signer
from logos_graph.ledger import (
    Checkpoint,
    Entry,
    SupervisorKeys,
    TreeWatch,
    checkpoint_key,
    ledger_origin,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from logos_graph.ledger.merkle import EMPTY_ROOT, hash_leaf, leaf_data, nodes_of, root_of
from logos_graph.ledger.note import Note, NoteKey, NoteSignature, parse_note, sign_note

# The example of c2sp.org/tlog-checkpoint.
SPECIFIED = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = b64encode(bytes(32)).decode()


def watched(entries: list[Entry], *sizes: int) -> TreeWatch:
    tree = TreeWatch(sizes)
    assert list(tree.watch(entries)) == entries
    return tree


def taken(entries: list[Entry], signer: Signer, ledger: str = "main") -> bytes:
    tree = watched(entries)
    return sign_checkpoint(ledger, tree.size, tree.root(), signer).data


def judged(data: bytes, entries: list[Entry], supervisor: Did) -> str:
    """The code with which a ledger is refused that a checkpoint speaks of; or that it is not."""
    try:
        checkpoint = open_checkpoint(data, "main", SupervisorKeys((supervisor,), (0,)))
        watched(entries, checkpoint.size).check(checkpoint)
    except NotVerified as error:
        return error.code
    return "ok"


# --- form -----------------------------------------------------------------------------------------


def test_the_specification_s_example_is_read_and_printed_as_it_is() -> None:
    checkpoint = parse_checkpoint(SPECIFIED)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == SPECIFIED
    extended = parse_checkpoint(f"{SPECIFIED}one\ntwo\n")
    assert extended == replace(checkpoint, extension=("one", "two"))
    assert extended.text == f"{SPECIFIED}one\ntwo\n"


@given(
    origin=st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1, max_size=60),
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
)
def test_what_is_printed_reads_back(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert parse_checkpoint(checkpoint.text) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        "o\n1\n",
        f"o\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"o\n\n{ROOT}\n",
        f"o\n1\n{ROOT}\n\n",
        f"o\n1\n{ROOT}\n\nx\n",
        f"o\n01\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n 1\n{ROOT}\n",
        f"o\n1_0\n{ROOT}\n",
        f"o\n\u0661\n{ROOT}\n",
        f"o\n{2**63}\n{ROOT}\n",
        f"o\n{'9' * 5000}\n{ROOT}\n",
        f"o\n1\n{ROOT[:-1]}\n",
        f"o\n1\n{ROOT} \n",
        f"o\n1\n{ROOT[:-2]}B=\n",
        f"o\n1\n{b64encode(bytes(31)).decode()}\n",
        f"o\n1\n{b64encode(bytes(33)).decode()}\n",
        f"{'o' * 256}\n1\n{ROOT}\n",
    ],
)
def test_what_is_not_exactly_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NotVerified) as raised:
        parse_checkpoint(text)
    assert raised.value.code == "E_CHECKPOINT_FORM"


# --- a ledger and its checkpoints -----------------------------------------------------------------


def test_the_watched_root_is_the_root_of_all_the_entries(story: Any) -> None:
    nodes = nodes_of(hash_leaf(leaf_data(entry)) for entry in story.entries)
    assert watched(story.entries).root() == root_of(len(story.entries), nodes)


def test_a_ledger_fits_every_checkpoint_that_was_taken_of_it_while_it_grew(
    story: Any, people: dict[str, Signer], supervisor: Did
) -> None:
    sizes = range(len(story.entries) + 1)
    kept = [taken(story.entries[:size], people["supervisor"]) for size in sizes]
    opened = [open_checkpoint(data, "main", SupervisorKeys((supervisor,), (0,))) for data in kept]
    assert [checkpoint.size for checkpoint in opened] == list(sizes)
    assert opened[0].root == EMPTY_ROOT
    tree = watched(story.entries, *sizes)
    for checkpoint in opened:
        tree.check(checkpoint)


@given(kept=st.integers(0, 20))
def test_a_rollback_or_a_cut_tail_is_found(
    story: Any, people: dict[str, Signer], supervisor: Did, kept: int
) -> None:
    data = taken(story.entries, people["supervisor"])
    assert judged(data, story.entries, supervisor) == "ok"
    assert judged(data, story.entries[:kept], supervisor) == "E_CHECKPOINT_ROLLBACK"


@given(at=st.integers(0, 20))
def test_a_fork_is_found_though_each_history_is_a_good_chain(
    story: Any, people: dict[str, Signer], supervisor: Did, forged: Any, at: int
) -> None:
    entries = story.entries[:21]
    data = taken(entries, people["supervisor"])
    other = [*entries[:at], forged(entries[at], trace_id="7" * 26), *entries[at + 1 :]]
    assert judged(data, other, supervisor) == "E_CHECKPOINT_FORK"
    assert judged(data, [*other, story.entries[21]], supervisor) == "E_CHECKPOINT_FORK"


def test_a_leaf_binds_the_signature_of_its_entry(
    story: Any, people: dict[str, Signer], supervisor: Did
) -> None:
    data = taken(story.entries, people["supervisor"])
    swapped = replace(story.entries[5], signature=story.entries[6].signature)
    entries = [*story.entries[:5], swapped, *story.entries[6:]]
    assert judged(data, entries, supervisor) == "E_CHECKPOINT_FORK"


def test_another_ledger_s_checkpoint_is_told_though_one_supervisor_keeps_both(
    story: Any, people: dict[str, Signer], supervisor: Did
) -> None:
    data = taken(story.entries, people["supervisor"], "second")
    assert judged(data, story.entries, supervisor) == "E_CHECKPOINT_LEDGER"


def test_a_checkpoint_counts_only_by_the_supervisor_s_key_for_this_ledger(
    story: Any, people: dict[str, Signer], supervisor: Did
) -> None:
    stranger, own = people["stranger"], people["supervisor"]
    note = parse_note(taken(story.entries, own))
    by_stranger = taken(story.entries, stranger)
    elsewhere = sign_note(note.text, NoteKey(ledger_origin("second"), own.did), own).data
    for data in (by_stranger, elsewhere):
        assert judged(data, story.entries, supervisor) == "E_NOTE_UNSIGNED"
    changed = replace(note, text=note.text.replace("\n", "\n1", 1))
    assert judged(changed.data, story.entries, supervisor) == "E_NOTE_SIGNATURE"
    assert judged(note.text.encode(), story.entries, supervisor) == "E_NOTE_FORM"
    other = sign_note("hello\n", checkpoint_key("main", own.did), own)
    assert judged(other.data, story.entries, supervisor) == "E_CHECKPOINT_FORM"


def test_a_witness_may_sign_below(story: Any, people: dict[str, Signer], supervisor: Did) -> None:
    note = parse_note(taken(story.entries, people["supervisor"]))
    witness = NoteSignature("witness.example/w", b"\4\3\2\1", bytes(72))
    cosigned = Note(note.text, (*note.signatures, witness))
    assert judged(cosigned.data, story.entries, supervisor) == "ok"


def test_every_byte_of_a_checkpoint_counts(
    story: Any, people: dict[str, Signer], supervisor: Did
) -> None:
    data = taken(story.entries, people["supervisor"])
    for at in range(len(data)):
        for mask in (1, 0x20, 0x80):
            changed = bytes((*data[:at], data[at] ^ mask, *data[at + 1 :]))
            assert judged(changed, story.entries, supervisor) != "ok", (at, mask)
