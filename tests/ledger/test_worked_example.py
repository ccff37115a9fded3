"""docs/ledger.md is right: every value of its worked example is computed again, and compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from logos_graph.canon import Tag
from logos_graph.ledger import (
    check_invariants,
    checkpoint_key,
    parse_checkpoint,
    parse_note,
    verify_chain,
)
from logos_graph.ledger.bodies import CONSEQUENCES, MUTATION_KEYS, Cause, EntryKind
from logos_graph.ledger.note import verify_note
from tests.ledger import worked

PAGE = worked.PAGE.read_text(encoding="utf-8")
EXAMPLE = PAGE[PAGE.index("\n## A worked example\n") :]
FILES = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", EXAMPLE, re.DOTALL | re.MULTILINE))
VALUES = [
    tuple(re.split(r" {2,}", line.strip()))
    for block in re.findall(r"^```text\n(.*?)^```$", EXAMPLE, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
]
"""Lines of blocks without a name: a name, two spaces or more, a value."""


@pytest.mark.parametrize("name", sorted(worked.files()))
def test_a_text_of_the_example_is_the_bytes_that_are_hashed_and_signed(name: str) -> None:
    wanted = worked.files()[name]
    assert FILES[name] == (wanted if wanted.endswith("\n") else f"{wanted}\n")


def test_the_example_shows_no_other_text() -> None:
    assert FILES.keys() == worked.files().keys()


@pytest.mark.parametrize("name", sorted(worked.values()))
def test_a_value_of_the_example_is_what_it_is_said_to_be(name: str) -> None:
    assert [value for found, value in VALUES if found == name] == [worked.values()[name]]


def test_the_example_shows_no_other_value() -> None:
    assert {name for name, _ in VALUES} == worked.values().keys()


def test_the_example_is_a_ledger_without_a_fault() -> None:
    supervisor = worked.SIGNERS["supervisor"].did
    entries = list(verify_chain(worked.entries(), supervisor))
    state = worked.folded()
    assert check_invariants(entries, state).ok


def test_the_checkpoint_of_the_example_is_signed_by_its_supervisor() -> None:
    note = parse_note(FILES["checkpoint"].encode())
    key = checkpoint_key("example", worked.SIGNERS["supervisor"].did)
    assert verify_note(note, [key]) == (key,)
    assert parse_checkpoint(note.text).size == 3


def test_every_kind_of_the_closed_sets_is_on_the_page() -> None:
    told = set(re.findall(r"`([\w.:/-]+)`", PAGE))
    for closed in (EntryKind, Cause, CONSEQUENCES, MUTATION_KEYS, Tag):
        assert {str(each) for each in closed} <= told


def test_every_code_of_the_chain_is_on_the_page() -> None:
    source = Path(verify_chain.__code__.co_filename).read_text(encoding="utf-8")
    codes = set(re.findall(r"E_CHAIN_\w+", source))
    assert codes <= set(re.findall(r"E_\w+", PAGE))
