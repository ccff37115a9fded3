"""Which Java is taken on a machine that has none, one, or several."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from logos_graph.database.java import find_compiler, find_java, find_maven

if TYPE_CHECKING:
    from tests.database.conftest import Fault


def install(home: Path, version: str, *, release: bool = True, compiler: bool = True) -> Path:
    """A folder as an installer leaves it; its `java` says its version and nothing else."""
    (home / "bin").mkdir(parents=True)
    for name in ("java", "javac") if compiler else ("java",):
        program = home / "bin" / name
        program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2020-01-01' >&2\n")
        program.chmod(0o755)
    if release:
        (home / "release").write_text(f'IMPLEMENTOR="X"\nJAVA_VERSION="{version}"\n')
    return home


def test_a_machine_without_java_is_told_so(tmp_path: Path, fault: Fault) -> None:
    with fault("E_NO_JAVA"):
        find_java({"PATH": str(tmp_path)}, (tmp_path / "none",))
    with fault("E_NO_JAVA"):
        find_java({}, ())


@pytest.mark.parametrize("release", [True, False])
@pytest.mark.parametrize(("version", "number"), [("11.0.2", 11), ("1.8.0_392", 8), ("25", 25)])
def test_a_java_that_does_not_fit_is_named(
    tmp_path: Path, fault: Fault, version: str, number: int, release: bool
) -> None:
    home = install(tmp_path / "jdk", version, release=release)
    with fault("E_JAVA_VERSION") as caught:
        find_java({"JAVA_HOME": str(home)}, ())
    assert caught[0].data["found"] == [{"version": number, "home": str(home)}]


def test_java_home_is_asked_first_then_path_then_the_usual_folders(tmp_path: Path) -> None:
    named = install(tmp_path / "named", "21.0.1")
    on_path = install(tmp_path / "on-path", "17.0.9")
    usual = install(tmp_path / "jvm" / "usual", "17.0.1")
    path = {"PATH": str(on_path / "bin")}
    folders = (tmp_path / "jvm",)
    assert find_java(path | {"JAVA_HOME": str(named)}, folders).home == named
    assert find_java(path, folders).home == on_path
    assert find_java({}, folders).home == usual


def test_a_java_home_that_does_not_fit_is_passed_over(tmp_path: Path) -> None:
    old = install(tmp_path / "old", "11.0.2")
    good = install(tmp_path / "good", "17.0.9")
    found = find_java({"JAVA_HOME": str(old), "PATH": str(good / "bin")}, ())
    assert (found.home, found.version) == (good, 17)


def test_a_link_on_path_leads_to_the_real_home(tmp_path: Path) -> None:
    home = install(tmp_path / "jdk", "17.0.9")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "java").symlink_to(home / "bin" / "java")
    assert find_java({"PATH": str(folder)}, ()).home == home


def test_a_runtime_without_a_compiler_is_told_apart(tmp_path: Path, fault: Fault) -> None:
    runtime = install(tmp_path / "jre", "17.0.9", compiler=False)
    environment = {"JAVA_HOME": str(runtime)}
    assert find_java(environment, ()).compiler is None
    with fault("E_NO_JAVAC"):
        find_compiler(environment, ())
    newer = install(tmp_path / "jvm" / "newer", "25.0.1")
    assert find_compiler(environment, (tmp_path / "jvm",)) == newer / "bin" / "javac"


def test_a_machine_without_maven_is_told_so(tmp_path: Path, fault: Fault) -> None:
    with fault("E_NO_MAVEN"):
        find_maven({"PATH": str(tmp_path)})
