"""Commands in processes of their own, as anybody runs them; with their seconds and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.memory import pss_mib
from tests.bench.stage import shared_cache

__all__ = ["Ran", "logos", "module"]

_SECONDS = 3600
"""After which a command is ended: the benchmark then fails, and says which."""

_LOOK_S = 0.2
"""Between two looks at how much memory there is in use."""

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Ran:
    """document: what it printed. seconds: from start to end, the interpreter's own start as well.

    peak_mib: of it and all the processes that it started, what they share counted once.
    """

    document: Any
    seconds: float
    peak_mib: float


def logos(home: Path, *words: str | Path) -> Ran:
    """The installed command."""
    program = str(Path(sys.executable).parent / "logos")
    return _run(home, [program, *map(str, words), "--json"])


def module(home: Path, name: str, *words: str) -> Ran:
    """One of the benchmarks' own modules, which prints one JSON document."""
    return _run(home, [sys.executable, "-m", name, *words])


def _run(home: Path, command: Sequence[str]) -> Ran:
    inherited = {name: at for name, at in os.environ.items() if not name.startswith("LOGOS_")}
    places = {"LOGOS_HOME": str(home), "LOGOS_CACHE": str(shared_cache())}
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    patience = {"LOGOS_COMMIT_TIMEOUT": "300", "PYTHONPATH": os.pathsep.join(paths)}
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=inherited | places | patience, stdout=said, stderr=complained
        )
        memory = _Memory(process.pid)
        try:
            process.wait(_SECONDS)
        finally:
            seconds = time.perf_counter() - start
            process.kill()  # nothing, unless it is late
            process.wait()
            memory.stop()
        said.seek(0)
        complained.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {said.read()}{complained.read()}")
        return Ran(json.load(said), seconds, memory.peak_mib)


class _Memory(threading.Thread):
    """Looks at a process and its descendants until it is stopped. Linux only; elsewhere 0."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak_mib = pid, 0.0
        self._stopped = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._stopped.wait(_LOOK_S):
            self.peak_mib = max(self.peak_mib, pss_mib(self.pid))

    def stop(self) -> None:
        self._stopped.set()
        self.join()
