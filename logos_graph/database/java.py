"""Find the Java that the server runs on, the compiler of the guard, and Maven.

Neo4j 5.26 runs on Java 17 and 21. A machine may hold several: JAVA_HOME, PATH and the usual folders
are looked through in that order, and the first that fits is taken.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from logos_graph.errors import EnvironmentFault

__all__ = ["SUPPORTED", "Java", "find_compiler", "find_java", "find_maven"]

SUPPORTED = (17, 21)
_COMPILES = 17
_VERSION = re.compile(r'"([0-9]+)(?:\.([0-9]+))?')
_ASK_SECONDS = 20
_INSTALL = "install OpenJDK 17 or 21 (Debian: apt-get install openjdk-17-jdk-headless)"


@dataclass(frozen=True, slots=True)
class Java:
    """One installed Java. home: its folder; version: its feature number, such as 17."""

    home: Path
    version: int

    @property
    def launcher(self) -> Path:
        """The `java` command."""
        return self.home / "bin" / "java"

    @property
    def compiler(self) -> Path | None:
        """The `javac` command; None in a runtime without one."""
        javac = self.home / "bin" / "javac"
        return javac if javac.is_file() else None


def find_java(environment: Mapping[str, str], jvm_folders: Iterable[Path]) -> Java:
    """The first Java that the server can run on.

    Raises EnvironmentFault E_NO_JAVA (none at all) or E_JAVA_VERSION (none that fits).
    """
    others: list[Java] = []
    for java in _installed(environment, jvm_folders):
        if java.version in SUPPORTED:
            return java
        others.append(java)
    wanted = " or ".join(map(str, SUPPORTED))
    if not others:
        raise EnvironmentFault(
            "E_NO_JAVA", f"no Java found; the database needs Java {wanted}", hint=_INSTALL
        )
    found = ", ".join(f"{java.version} at {java.home}" for java in others)
    raise EnvironmentFault(
        "E_JAVA_VERSION",
        f"the database needs Java {wanted}; found {found}",
        hint=f"{_INSTALL}, or set JAVA_HOME to one",
        found=[{"version": java.version, "home": str(java.home)} for java in others],
    )


def find_compiler(environment: Mapping[str, str], jvm_folders: Iterable[Path]) -> Path:
    """The first `javac` that compiles for Java 17; EnvironmentFault E_NO_JAVAC."""
    for java in _installed(environment, jvm_folders):
        if java.version >= _COMPILES and java.compiler is not None:
            return java.compiler
    raise EnvironmentFault(
        "E_NO_JAVAC",
        f"no javac of Java {_COMPILES} or later found; the database's guard is built with it",
        hint=f"{_INSTALL}: the JDK, not only the runtime",
    )


def find_maven(environment: Mapping[str, str]) -> Path:
    """The `mvn` command; EnvironmentFault E_NO_MAVEN."""
    found = shutil.which("mvn", path=environment.get("PATH", ""))
    if found is None:
        raise EnvironmentFault(
            "E_NO_MAVEN",
            "no Maven (mvn) found; the database's jars are fetched with it once",
            hint="install it (Debian: apt-get install maven) and try again",
        )
    return Path(found)


def _installed(environment: Mapping[str, str], jvm_folders: Iterable[Path]) -> Iterator[Java]:
    seen: set[Path] = set()
    for home in _homes(environment, jvm_folders):
        if home not in seen and os.access(home / "bin" / "java", os.X_OK):
            seen.add(home)
            version = _version(home)
            if version is not None:
                yield Java(home, version)


def _homes(environment: Mapping[str, str], jvm_folders: Iterable[Path]) -> Iterator[Path]:
    if java_home := environment.get("JAVA_HOME"):
        yield Path(java_home).resolve()
    for entry in filter(None, environment.get("PATH", "").split(os.pathsep)):
        launcher = Path(entry) / "java"
        if launcher.is_file():
            yield launcher.resolve().parent.parent
    for folder in jvm_folders:
        if folder.is_dir():
            for home in sorted(folder.iterdir()):
                yield home.resolve()
                yield home.resolve() / "Contents" / "Home"


def _version(home: Path) -> int | None:
    """From the `release` file, which costs nothing; by asking the launcher where there is none."""
    try:
        text = (home / "release").read_text(encoding="utf-8", errors="replace")
        line = next(line for line in text.splitlines() if line.startswith("JAVA_VERSION="))
    except (OSError, StopIteration):
        line = _ask(home / "bin" / "java")
    match = _VERSION.search(line)
    if match is None:
        return None
    # Up to Java 8 the feature number stood second: "1.8.0".
    return int(match[2] or 0) if match[1] == "1" else int(match[1])


def _ask(launcher: Path) -> str:
    try:
        answer = subprocess.run(
            [launcher, "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_ASK_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stderr + answer.stdout
