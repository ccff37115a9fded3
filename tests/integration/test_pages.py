"""The pages of docs/ are true: what they say to type works, and prints what they show."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from logos_graph.settings import Settings
from tests.integration.conftest import Cast
from tests.pages import Command, Page

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("nodes.md", "flows.md", "ledger.md", "execution.md", "governance.md", "policy.md")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_as_written(
    example: Cast, settings: Settings, tmp_path: Path, page: str
) -> None:
    found = Page(DOCS / page)
    assert any(found.commands())
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    places = {"LOGOS_HOME": str(settings.home), "LOGOS_CACHE": str(settings.cache)}
    found.follow(tmp_path, {"PATH": programs, **places})


def test_a_page_that_shows_something_else_is_noticed() -> None:
    command = Command("x", shown=["id  b3:…", "…", "done"])
    assert command.prints("id     b3:123\none\ntwo\ndone\n")
    assert not command.prints("id     b4:123\none\ntwo\ndone\n")
    assert not command.prints("id     b3:123\none\ntwo\n")
