"""Programs in Go that this tree holds: built once for a run, by the modules as they are locked."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Answer", "Program", "go"]

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Answer:
    """How a program ended. status: its exit status; out, err: what it printed."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Program:
    """One that was built."""

    path: Path

    @classmethod
    def build(cls, source: str, target: Path, cache: Path) -> Program:
        """The program whose folder this is, as a file in `target`."""
        built = target / Path(source).name
        done = go(cache, "build", "-o", str(built), ".", folder=ROOT / source)
        assert done.status == 0, done.err
        return cls(built)

    def __call__(self, *words: str | Path) -> Answer:
        return _run([str(self.path), *map(str, words)], ROOT, dict(os.environ))


def go(cache: Path, *words: str, folder: Path) -> Answer:
    """Runs Go as deploy/lib.sh has it run; what it fetches and builds is kept in the cache."""
    environment = {
        **os.environ,
        "PATH": f"{os.environ['PATH']}{os.pathsep}/usr/local/go/bin",
        "GOPATH": str(cache / "go" / "path"),
        "GOCACHE": str(cache / "go" / "build"),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
    }
    return _run(["env", "go", *words], folder, environment)


def _run(words: list[str], folder: Path, environment: dict[str, str]) -> Answer:
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return Answer(done.returncode, done.stdout, done.stderr)
