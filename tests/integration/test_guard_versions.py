"""A running server with a guard of another version: every command that shows the guard says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.database import GUARD_VERSION, ManagedDatabase
from logos_graph.resources import locate

if TYPE_CHECKING:
    from tests.integration.conftest import Logos

FOUND = "0.1.9"
TOLD = f"another version (found {FOUND}, expected {GUARD_VERSION})"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Path]:
    """A home whose server was started with another guard, which the product has since replaced."""
    folder = tmp_path_factory.mktemp("older")
    shutil.copytree(locate("deploy") / "guard", folder / "deploy" / "guard")
    shutil.copytree(locate("deploy") / "neo4j", folder / "deploy" / "neo4j")
    (source,) = (folder / "deploy" / "guard" / "src" / "main").rglob("GuardStatus.java")
    source.write_text(source.read_text().replace(f'"{GUARD_VERSION}"', f'"{FOUND}"'))
    (folder / "cache").mkdir()
    (folder / "cache" / "neo4j").symlink_to(cache / "neo4j")  # its jars, and a guard of its own
    database = ManagedDatabase(folder / "home", folder / "cache", folder / "deploy")
    try:
        database.start()
        yield folder / "home"
    finally:
        database.stop()


def test_another_version_is_named_wherever_the_guard_is_shown(older: Path, logos: Logos) -> None:
    def document(*words: str, status: int = 0) -> Any:
        ended = logos(*words, "--json", home=older)
        assert ended.status == status, ended
        warned = f"warning: the database's guard is {TOLD}" in ended.err
        assert warned == (words[0] in ("up", "key")), ended.err
        return ended.document

    guard = {"active": False, "state": "other_version", "version": FOUND}
    guard["expected"] = GUARD_VERSION
    assert document("up")["guard"] == guard
    assert document("status")["guard"] == guard
    verified = document("ledger", "verify")
    assert (verified["guard"], verified["guard_status"]) == (False, guard)
    assert document("key", "new", "somebody", "--role", "agent")["guard"] is False
    checked = document("doctor", status=3)
    [check] = [each for each in checked["checks"] if each["name"] == "guard"]
    assert (check["ok"], check["needed"], check["detail"]) == (False, True, TOLD)
    assert "logos up" in check["mend"]


def test_another_version_is_told_to_people_too(older: Path, logos: Logos) -> None:
    for words in (("up",), ("status",), ("ledger", "verify"), ("doctor",)):
        assert TOLD in logos(*words, home=older).out, words


def test_started_again_it_is_the_guard_of_this_product(older: Path, logos: Logos) -> None:
    assert logos("down", home=older).status == 0
    ended = logos("up", "--json", home=older)
    assert (ended.status, "guard" in ended.err) == (0, False), ended.err
    assert ended.document["guard"]["state"] == "active"
    assert ended.document["guard"]["version"] == GUARD_VERSION


def test_the_sources_and_the_product_name_one_version() -> None:
    main = locate("deploy") / "guard"
    (source,) = (main / "src" / "main").rglob("GuardStatus.java")
    assert f'VERSION = "{GUARD_VERSION}";' in source.read_text()
    assert f"<version>{GUARD_VERSION}</version>" in (main / "pom.xml").read_text()
