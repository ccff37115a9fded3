"""logos at: what may be read there is a closed list, and everything else is refused at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from logos_graph.cli.at import OTHERS, READS, WRITES
from tests.cli.conftest import Logos
from tests.cli.test_commands import LEAVES


def test_every_command_is_known_to_read_or_not() -> None:
    assert sorted([*READS, *WRITES, *OTHERS]) == sorted(" ".join(path) for path in LEAVES)


def needed(path: str) -> list[str]:
    """Words that could follow; nobody looks at them."""
    return [*path.replace("FLOW", "payment-approval").split(), "x", "--as", "supervisor"]


@pytest.mark.parametrize("path", sorted(WRITES | OTHERS))
def test_what_does_not_only_read_is_refused_before_anything_starts(
    logos: Logos, tmp_path: Path, path: str
) -> None:
    ended = logos("at", "0", *needed(path), "--json")
    assert (ended.status, ended.document["error"]["code"]) == (1, "E_AT_READ_ONLY")
    assert ended.document["error"]["command"] == path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["run"], ["run", "--help"], ["run", "--json"], [], ["nothing"], ["run", "--", "replay"],
        ["--", "run", "list"], ["node", "FLOW"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_no_command_is_refused(logos: Logos, tmp_path: Path, words: list[str]) -> None:
    ended = logos("at", "0", *words)
    assert ended.status in (1, 2)
    assert "E_" in ended.err + ended.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("index", ["-1", "x", "1.5", "٣", "9" * 30, "b3:" + "0" * 64, "+1", ""])
def test_what_is_no_index_is_said_to_be_none(logos: Logos, tmp_path: Path, index: str) -> None:
    for words in (("at", index, "run", "list", "--json"), ("at", "--json", index, "run", "list")):
        ended = logos(*words)
        assert (ended.status, ended.document["error"]["code"]) == (2, "E_AT_INDEX"), ended
    assert list(tmp_path.iterdir()) == []


def test_the_environment_is_as_it_was(logos: Logos) -> None:
    before = dict(os.environ)
    assert logos("at", "0", "run", "list").status == 3
    assert dict(os.environ) == before


def test_there_is_nothing_to_stop_where_nothing_was_looked_at(logos: Logos) -> None:
    ended = logos("at", "--stop", "--json")
    assert (ended.status, ended.document) == (0, {"stopped": False})
