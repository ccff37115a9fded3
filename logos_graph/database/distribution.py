"""Neo4j's jars: resolved once through Maven, each checked against the committed lock.

    1. `deploy/neo4j/pom.xml` names what is wanted, `jars.sha256` every jar's content.
    2. A folder in the cache, keyed by the content of both, holds the jars.
    3. A jar that is missing, half-downloaded or changed is fetched again.
    4. What is then still wrong is named: E_JAR_CORRUPT.

A stamp with sizes and times makes the second look cheap: nothing is hashed while nothing changed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from logos_graph.database.files import exclusive, make_folder, write_atomically
from logos_graph.database.java import find_maven
from logos_graph.errors import EnvironmentFault

__all__ = ["Distribution", "Progress", "resolve_distribution"]

Progress = Callable[[str], None]
"""Told, in one line each, what takes more than a moment."""

_KEY_DIGITS = 16
_MAVEN_SECONDS = 1800
_SHOWN_LINES = 8
_SHOWN_JARS = 5


@dataclass(frozen=True, slots=True)
class Distribution:
    """The server's jars. lib: the folder that holds them; key: names their exact content."""

    lib: Path
    key: str


def resolve_distribution(
    cache: Path,
    deploy: Path,
    *,
    environment: Mapping[str, str],
    java_home: Path,
    progress: Progress,
) -> Distribution:
    """The checked jars of `<deploy>/neo4j`, fetched into `<cache>/neo4j` where they are not there.

    Raises EnvironmentFault E_NO_MAVEN, E_MAVEN (it failed: no network, say), E_JAR_CORRUPT.
    """
    pom, lock_file = deploy / "neo4j" / "pom.xml", deploy / "neo4j" / "jars.sha256"
    lock_text = lock_file.read_bytes()
    lock = _parse_lock(lock_text.decode("ascii"))
    key = hashlib.sha256(pom.read_bytes() + b"\0" + lock_text).hexdigest()[:_KEY_DIGITS]
    folder = cache / "neo4j" / key
    distribution, stamp = Distribution(folder / "lib", key), folder / "checked.json"
    if _unchanged(distribution.lib, stamp, lock):
        return distribution
    make_folder(distribution.lib)
    with exclusive(folder / "lock"):
        if not _unchanged(distribution.lib, stamp, lock):
            maven = _Maven(pom, environment, java_home)
            _fetch(distribution.lib, lock, maven, progress)
            write_atomically(stamp, json.dumps(_sizes_and_times(distribution.lib)))
    return distribution


def _parse_lock(text: str) -> dict[str, str]:
    """Jar name to SHA-256, from the lines that `sha256sum` writes."""
    lock: dict[str, str] = {}
    for line in text.splitlines():
        digest, name = line.split(maxsplit=1)
        lock[name] = digest
    return lock


def _sizes_and_times(lib: Path) -> dict[str, list[int]]:
    found = {}
    for jar in lib.iterdir():
        status = jar.stat()
        found[jar.name] = [status.st_size, status.st_mtime_ns]
    return found


def _unchanged(lib: Path, stamp: Path, lock: Mapping[str, str]) -> bool:
    try:
        checked = json.loads(stamp.read_text(encoding="utf-8"))
        return bool(checked.keys() == lock.keys() and checked == _sizes_and_times(lib))
    except (OSError, ValueError):
        return False


def _fetch(lib: Path, lock: Mapping[str, str], maven: _Maven, progress: Progress) -> None:
    if not _remove_bad(lib, lock):
        return
    progress("fetching the database (Neo4j Community) through Maven: about 150 MB, once")
    maven.copy_jars(lib)
    if bad := _remove_bad(lib, lock):
        shown = ", ".join(bad[:_SHOWN_JARS]) + (" …" if len(bad) > _SHOWN_JARS else "")
        raise EnvironmentFault(
            "E_JAR_CORRUPT",
            f"{len(bad)} of the database's jars are not what the lock file names: {shown}",
            hint="delete them from Maven's local repository (~/.m2/repository) and try again",
            jars=bad,
        )


def _remove_bad(lib: Path, lock: Mapping[str, str]) -> list[str]:
    """The jars that are missing or were wrong; wrong and unknown files are deleted.

    An unknown jar has to go, because the class path takes the whole folder.
    """
    bad = []
    for name in sorted(lock.keys() | {jar.name for jar in lib.iterdir()}):
        jar = lib / name
        if not jar.is_file():
            bad.append(name)
        elif name not in lock:
            jar.unlink()
        elif _sha256(jar) != lock[name]:
            jar.unlink()
            bad.append(name)
    return bad


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class _Maven:
    pom: Path
    environment: Mapping[str, str]
    java_home: Path

    def copy_jars(self, lib: Path) -> None:
        """Copy what is missing in lib; Maven refuses downloads whose checksums do not hold."""
        command = [str(find_maven(self.environment)), "-B", "-q", "--strict-checksums"]
        command += ["-f", str(self.pom), "dependency:copy-dependencies", f"-DoutputDirectory={lib}"]
        try:
            done = subprocess.run(
                command,
                env={**self.environment, "JAVA_HOME": str(self.java_home)},
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=_MAVEN_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise self._fault(f"Maven did not finish in {_MAVEN_SECONDS} s", "") from error
        if done.returncode != 0:
            raise self._fault(
                "Maven could not fetch the database's jars", done.stdout + done.stderr
            )

    @staticmethod
    def _fault(message: str, output: str) -> EnvironmentFault:
        lines = [line for line in output.splitlines() if "ERROR" in line][:_SHOWN_LINES]
        first = f": {lines[0].removeprefix('[ERROR] ')}" if lines else ""
        return EnvironmentFault(
            "E_MAVEN",
            message + first,
            hint="see that Maven reaches its registry (network, proxy, settings.xml) and try again",
            output=lines,
        )
