"""Real servers in temporary homes; the jars come from the cache that all runs share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import platformdirs
import pytest

from logos_graph.database import DatabaseOptions, ManagedDatabase
from logos_graph.errors import LogosError
from logos_graph.resources import locate

# A server that lives for seconds starts faster without the second compiler.
QUICK = ("-XX:TieredStopAtLevel=1",)

NewDatabase = Callable[..., ManagedDatabase]
Fault = Callable[[str], AbstractContextManager[list[LogosError]]]


@pytest.fixture(scope="session")
def cache() -> Path:
    given = os.environ.get("LOGOS_CACHE")
    return Path(given) if given else platformdirs.user_cache_path("logos")


@pytest.fixture(scope="session")
def running_home(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Path]:
    """A home, with a space in its path, whose server runs for the whole session."""
    home = tmp_path_factory.mktemp("database") / "my home"
    database = ManagedDatabase(home, cache)
    try:
        database.start()
        yield home
    finally:
        database.stop()
        shutil.rmtree(home)


@pytest.fixture
def running(running_home: Path, cache: Path) -> ManagedDatabase:
    return ManagedDatabase(running_home, cache)


@pytest.fixture(scope="session")
def stopped_home(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Path]:
    """A home whose server ran and was stopped: copy it, do not use it."""
    home = tmp_path_factory.mktemp("stopped") / "home"
    database = ManagedDatabase(home, cache, options=DatabaseOptions(jvm_flags=QUICK))
    try:
        database.start()
    finally:
        database.stop()
    yield home
    shutil.rmtree(home)


@pytest.fixture
def used_home(stopped_home: Path, tmp_path: Path, cache: Path) -> Iterator[Path]:
    """A home of the test's own whose server ran before."""
    home = shutil.copytree(stopped_home, tmp_path / "used")
    yield home
    _stop(ManagedDatabase(home, cache))
    shutil.rmtree(home)


@pytest.fixture
def new_database(cache: Path, tmp_path: Path) -> Iterator[NewDatabase]:
    """Databases of the test's own; whatever still runs of them afterwards is stopped."""
    made: list[ManagedDatabase] = []

    def make(
        home: Path | None = None,
        *,
        deploy: Path | None = None,
        environment: dict[str, str] | None = None,
        **options: object,
    ) -> ManagedDatabase:
        database = ManagedDatabase(
            home or tmp_path / "home",
            cache,
            deploy,
            DatabaseOptions(**({"jvm_flags": QUICK} | options)),  # type: ignore[arg-type]
            environment=environment,
        )
        made.append(database)
        return database

    yield make
    for database in made:
        _stop(database)


def _stop(database: ManagedDatabase) -> None:
    try:
        database.stop()
    except LogosError as error:
        if error.code != "E_CONNECTION_FILE":  # a test that broke the file
            raise


@pytest.fixture
def own_deploy(tmp_path: Path) -> Path:
    """A copy of deploy/, to be changed."""
    deploy = tmp_path / "deploy"
    for name in ("neo4j", "guard"):
        shutil.copytree(locate("deploy") / name, deploy / name)
    return deploy


@pytest.fixture
def fault() -> Fault:
    """`with fault(code) as caught:` this error, with a hint, and no other."""

    @contextmanager
    def expect(code: str) -> Iterator[list[LogosError]]:
        errors: list[LogosError] = []
        with pytest.raises(LogosError) as caught:
            yield errors
        assert caught.value.code == code, caught.value.to_json()
        assert caught.value.hint
        errors.append(caught.value)

    return expect
