"""What the environment may set: each variable, its default, and nothing that is not documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from logos_graph import settings as module
from logos_graph.settings import ExternalServer, Settings

URI = "neo4j://db.example:7687"


def test_with_nothing_set_the_platform_says_where_and_the_supervisor_signs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = Settings.from_environment({})
    assert found == Settings(
        tmp_path / "data" / "logos", tmp_path / "cache" / "logos", "supervisor", None
    )
    assert list(tmp_path.iterdir()) == []  # looking makes nothing


def test_home_cache_and_signer_are_taken_as_given(tmp_path: Path) -> None:
    home, cache = tmp_path / "a home", tmp_path / "a cache"
    given = {"LOGOS_HOME": str(home), "LOGOS_CACHE": str(cache), "LOGOS_AS": "agent"}
    assert Settings.from_environment(given) == Settings(home, cache, "agent", None)


@pytest.mark.parametrize("name", ["LOGOS_HOME", "LOGOS_CACHE"])
def test_a_folder_may_be_relative_or_begin_with_the_users_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    attribute = name.removeprefix("LOGOS_").lower()

    def found(value: str) -> Path:
        path: Path = getattr(Settings.from_environment({name: value}), attribute)
        return path

    assert found("here") == tmp_path / "here"
    assert found("~/there") == tmp_path / "user" / "there"


def test_a_folder_stays_where_it_was_when_the_process_moves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    found = Settings.from_environment({"LOGOS_HOME": "here"})
    monkeypatch.chdir("/")
    assert found.home == tmp_path / "here"


@pytest.mark.parametrize("name", ["LOGOS_HOME", "LOGOS_CACHE", "LOGOS_AS", "NEO4J_URI"])
def test_an_empty_variable_is_an_unset_one(name: str) -> None:
    assert Settings.from_environment({name: ""}) == Settings.from_environment({})


def test_a_server_is_as_its_variables_say() -> None:
    given = {
        "NEO4J_URI": URI,
        "NEO4J_USERNAME": "ann",
        "NEO4J_PASSWORD": "secret",
        "NEO4J_DATABASE": "ledger",
    }
    expected = ExternalServer(URI, "ann", "secret", "ledger")
    assert Settings.from_environment(given).external == expected


@pytest.mark.parametrize("rest", [{}, dict.fromkeys(("NEO4J_PASSWORD", "NEO4J_DATABASE"), "")])
def test_a_server_alone_has_its_usual_user_and_no_invented_password(rest: dict[str, str]) -> None:
    found = Settings.from_environment({"NEO4J_URI": URI, **rest}).external
    assert found == ExternalServer(URI, "neo4j", None, None)


def test_a_password_without_a_server_names_no_server() -> None:
    given = {"NEO4J_USERNAME": "ann", "NEO4J_PASSWORD": "secret"}
    assert Settings.from_environment(given).external is None


def test_the_process_environment_is_what_is_read_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOGOS_AS", "agent")
    assert Settings.from_environment().signer == "agent"
    monkeypatch.delenv("LOGOS_AS")
    assert Settings.from_environment().signer == "supervisor"


def test_every_variable_that_is_read_is_written_down_and_none_besides() -> None:
    read: set[str] = set()

    class Watched(dict[str, str]):
        def get(self, name: str, default: object = None) -> str:
            read.add(name)
            return "7"

    Settings.from_environment(Watched())
    assert module.__doc__ is not None
    assert read == set(re.findall(r"\b(?:LOGOS|NEO4J)_[A-Z0-9_]+\b", module.__doc__))
