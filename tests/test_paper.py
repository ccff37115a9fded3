"""docs/paper.md names, for every sentence of the paper, tests that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "paper.md").read_text()
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def defined(path: str) -> frozenset[str]:
    """The tests of a file."""
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.is_file() else ast.Module([], [])
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


def rows() -> Iterator[str]:
    """The rows of the page's tables, without their heads."""
    before = ""
    for line in PAGE.splitlines():
        if line.startswith("|") and before.startswith("|") and not line.startswith("|--"):
            yield line
        before = line


def test_every_test_that_the_page_names_exists() -> None:
    named = _NAMED.findall(PAGE)
    assert len(named) == PAGE.count("::") > 0
    assert [f"{path}::{name}" for path, name in named if name not in defined(path)] == []


def test_every_sentence_names_a_test() -> None:
    told = list(rows())
    assert told
    assert [line for line in told if not _NAMED.search(line)] == []
