"""One real database for the whole run: every integration test shares it, none replaces it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from hypothesis import settings as hypothesis_settings

from logos_graph.settings import Settings
from logos_graph.wiring import System, open_system
from tests.golang import Program
from tests.homes import running_home
from tests.replays import replay_all

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "docs" / "examples" / "payment-approval"

hypothesis_settings.register_profile("logos", deadline=None)  # no test asserts how long it takes
hypothesis_settings.load_profile("logos")


@pytest.fixture(scope="session")
def cache() -> Path:
    """The cache that every home shares, so that jars and the SDK are made once."""
    given = os.environ.get("LOGOS_CACHE")
    return Path(given) if given else platformdirs.user_cache_path("logos", appauthor=False)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Settings]:
    """A home with a running, guarded database and a founded ledger."""
    home = tmp_path_factory.mktemp("home of the tests")
    with running_home(home, cache) as running:
        yield running


@pytest.fixture(scope="session")
def system(settings: Settings) -> Iterator[System]:
    """The opened system over that database; at the end, every run of the tests is replayed."""
    with open_system(settings) as opened:
        yield opened
        replay_all(opened)


@pytest.fixture(scope="session")
def second_verifier(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """docs/examples/verify, built: verifies an export with no code of ours."""
    return Program.build("docs/examples/verify", tmp_path_factory.mktemp("go"), cache)


@pytest.fixture(scope="session")
def tile_verifier(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """tests/go, built: the verifiers of others, for any log by C2SP's specifications."""
    return Program.build("tests/go", tmp_path_factory.mktemp("go"), cache)
