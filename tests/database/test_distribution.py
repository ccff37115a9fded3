"""The jars: fetched once, checked, mended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from logos_graph.database import GUARD_VERSION
from logos_graph.database.distribution import Distribution, resolve_distribution
from logos_graph.database.guard_build import build_guard
from logos_graph.database.java import find_compiler, find_java
from logos_graph.database.options import DatabaseOptions
from logos_graph.resources import locate

if TYPE_CHECKING:
    from tests.database.conftest import Fault

FOLDERS = DatabaseOptions().jvm_folders
# Small, and on the server's class path: its absence would be noticed.
A_JAR = "commons-codec-1.17.1.jar"


def resolve(cache: Path, deploy: Path, path: str | None = None) -> Distribution:
    return resolve_distribution(
        cache,
        deploy,
        environment=os.environ | ({} if path is None else {"PATH": path}),
        java_home=find_java(os.environ, FOLDERS).home,
        progress=lambda line: None,
    )


@pytest.fixture
def own_cache(cache: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the filled cache, to be damaged."""
    filled = resolve(cache, locate("deploy"))
    own = tmp_path / "cache"
    shutil.copytree(filled.lib.parent, own / "neo4j" / filled.key, copy_function=shutil.copy2)
    yield own
    shutil.rmtree(own)


def test_what_is_there_is_taken_without_maven(own_cache: Path, tmp_path: Path) -> None:
    found = resolve(own_cache, locate("deploy"), path=str(tmp_path))
    lock = (locate("deploy") / "neo4j" / "jars.sha256").read_text().split()[1::2]
    assert sorted(jar.name for jar in found.lib.iterdir()) == sorted(lock)


@pytest.mark.parametrize("damage", ["truncated", "missing", "changed"])
def test_a_damaged_jar_is_fetched_again(own_cache: Path, damage: str) -> None:
    jar = resolve(own_cache, locate("deploy")).lib / A_JAR
    whole = jar.read_bytes()
    if damage == "missing":
        jar.unlink()
    else:
        jar.write_bytes(whole[: len(whole) // 2] if damage == "truncated" else whole[:-1] + b"x")
    resolve(own_cache, locate("deploy"))
    assert jar.read_bytes() == whole


def test_a_strange_jar_does_not_get_onto_the_class_path(own_cache: Path, tmp_path: Path) -> None:
    strange = resolve(own_cache, locate("deploy")).lib / "strange.jar"
    strange.write_bytes(b"PK")
    resolve(own_cache, locate("deploy"), path=str(tmp_path))
    assert not strange.exists()


def test_a_damaged_jar_without_maven_is_not_used(
    own_cache: Path, tmp_path: Path, fault: Fault
) -> None:
    jar = resolve(own_cache, locate("deploy")).lib / A_JAR
    jar.write_bytes(b"half")
    with fault("E_NO_MAVEN"):
        resolve(own_cache, locate("deploy"), path=str(tmp_path))


def test_a_jar_that_is_not_the_locked_one_is_named(
    own_cache: Path, own_deploy: Path, fault: Fault
) -> None:
    lock = own_deploy / "neo4j" / "jars.sha256"
    lines = lock.read_text().splitlines()
    changed = ["0" * 64 + line[64:] if line.endswith(A_JAR) else line for line in lines]
    lock.write_text("\n".join(changed) + "\n")
    with fault("E_JAR_CORRUPT") as caught:
        resolve(own_cache, own_deploy)
    assert caught[0].data["jars"] == [A_JAR]


def test_maven_without_what_it_needs_is_named(
    tmp_path: Path, own_deploy: Path, fault: Fault
) -> None:
    pom = own_deploy / "neo4j" / "pom.xml"
    pom.write_text(pom.read_text().replace("<version>5.24.0</version>", ""))
    with fault("E_MAVEN"):
        resolve(tmp_path / "empty", own_deploy)


def test_the_guard_is_built_once_for_each_content(
    cache: Path, own_deploy: Path, tmp_path: Path
) -> None:
    distribution = resolve(cache, own_deploy)
    asked: list[str] = []

    def build() -> Path:
        return build_guard(
            tmp_path / "cache",
            own_deploy,
            distribution,
            find_compiler=lambda: find_compiler(os.environ, FOLDERS),
            progress=asked.append,
        )

    first = build()
    content = first.read_bytes()
    assert build() == first
    assert len(asked) == 1
    shutil.rmtree(tmp_path / "cache")
    assert build().read_bytes() == content
    source = next((own_deploy / "guard").rglob("GuardStatus.java"))
    source.write_text(source.read_text().replace(GUARD_VERSION, "0.0.1"))
    assert build() != first


def test_a_guard_that_does_not_compile_is_named(
    cache: Path, own_deploy: Path, tmp_path: Path, fault: Fault
) -> None:
    source = next((own_deploy / "guard").rglob("GuardStatus.java"))
    source.write_text(source.read_text().replace("record", "rekord"))
    with fault("E_GUARD_BUILD") as caught:
        build_guard(
            tmp_path / "cache",
            own_deploy,
            resolve(cache, own_deploy),
            find_compiler=lambda: find_compiler(os.environ, FOLDERS),
            progress=lambda line: None,
        )
    assert "GuardStatus.java" in str(caught[0].data["output"])
    assert not list((tmp_path / "cache").rglob("*.jar"))
