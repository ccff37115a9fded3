"""The pages of docs/ are true: what they say to type works, and prints what they show."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from logos_graph.settings import Settings
from logos_graph.wiring import open_system
from tests.homes import running_home
from tests.integration.conftest import cast_of, example_of
from tests.pages import Command, Page

DOCS = Path(__file__).resolve().parents[2] / "docs"


def follow(page: str, settings: Settings, folder: Path) -> None:
    """Types what a page says to type, in this home."""
    found = Page(DOCS / page)
    assert any(found.commands())
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    places = {"LOGOS_HOME": str(settings.home), "LOGOS_CACHE": str(settings.cache)}
    found.follow(folder, {"PATH": programs, **places})


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("page", ["nodes.md", "flows.md", "ledger.md", "execution.md"])
def test_a_page_works_as_written(settings: Settings, tmp_path: Path, page: str) -> None:
    follow(page, settings, tmp_path)


@pytest.mark.parametrize("page", ["governance.md", "policy.md"])
def test_a_page_on_what_was_done_before_works_in_a_home_of_its_own(
    cache: Path, tmp_path: Path, page: str
) -> None:
    with running_home(tmp_path / "home", cache) as settings:
        with open_system(settings) as system:
            example_of(cast_of(system))
        follow(page, settings, tmp_path)


def test_a_page_that_shows_something_else_is_noticed() -> None:
    command = Command("x", shown=["id  b3:…", "…", "done"])
    assert command.prints("id     b3:123\none\ntwo\ndone\n")
    assert not command.prints("id     b4:123\none\ntwo\ndone\n")
    assert not command.prints("id     b3:123\none\ntwo\n")
