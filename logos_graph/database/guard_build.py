"""The guard's jar: built from `deploy/guard` by the javac that is there, once for each content."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from logos_graph.database.distribution import Distribution, Progress
from logos_graph.database.files import exclusive, make_folder
from logos_graph.errors import EnvironmentFault

__all__ = ["build_guard"]

_KEY_DIGITS = 16
_JAVAC_SECONDS = 600
_SHOWN_LINES = 12
# A fixed time for the jar's members: the same sources give the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_guard(
    cache: Path,
    deploy: Path,
    distribution: Distribution,
    *,
    find_compiler: Callable[[], Path],
    progress: Progress,
) -> Path:
    """The jar of the guard for this distribution, from `<cache>/guard` or built into it.

    find_compiler is asked only when something has to be built. Raises EnvironmentFault
    E_GUARD_BUILD (javac refused the sources), E_NO_JAVAC.
    """
    main = deploy / "guard" / "src" / "main"
    jar = cache / "guard" / _key(main, distribution) / "logos-guard.jar"
    if jar.is_file():
        return jar
    make_folder(jar.parent)
    with exclusive(jar.parent / "lock"):
        if not jar.is_file():
            progress("building the database's guard")
            _build(main, distribution, find_compiler(), jar)
    return jar


def _key(main: Path, distribution: Distribution) -> str:
    digest = hashlib.sha256(distribution.key.encode())
    for path in _files(main):
        digest.update(path.relative_to(main).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_KEY_DIGITS]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _build(main: Path, distribution: Distribution, javac: Path, jar: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="build-", dir=jar.parent) as folder:
        classes = Path(folder) / "classes"
        classes.mkdir()
        _compile(_files(main / "java"), distribution, javac, classes)
        unfinished = Path(folder) / jar.name
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for root in (classes, main / "resources"):
                for path in _files(root):
                    member = zipfile.ZipInfo(path.relative_to(root).as_posix(), _EPOCH)
                    archive.writestr(member, path.read_bytes())
        unfinished.replace(jar)


def _compile(sources: list[Path], distribution: Distribution, javac: Path, classes: Path) -> None:
    command = [str(javac), "-nowarn", "-proc:none", "-encoding", "UTF-8", "--release", "17"]
    command += ["-cp", str(distribution.lib / "*"), "-d", str(classes), *map(str, sources)]
    # javac would print what these hold, and obey it.
    hidden = {"JAVA_TOOL_OPTIONS", "JDK_JAVAC_OPTIONS", "CLASSPATH"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=_JAVAC_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line][:_SHOWN_LINES]
        raise EnvironmentFault(
            "E_GUARD_BUILD",
            f"{javac} could not build the database's guard",
            hint="use OpenJDK 17 or 21; the sources are in deploy/guard",
            output=lines,
        )
