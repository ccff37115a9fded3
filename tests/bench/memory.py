"""The memory of processes, as Linux counts it. Imports nothing of the product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["family", "pss_mib"]


def pss_mib(*pids: int) -> float:
    """MiB of these processes and all that they started, what they share counted once.

    Linux only; elsewhere 0.
    """
    every = {each for pid in pids for each in family(pid)}
    return sum(map(_kib, every)) / 1024


def family(pid: int) -> Iterator[int]:
    """The process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(task).split():
            yield from family(int(child))


def _kib(pid: int) -> int:
    """Its share of the memory that it uses (PSS)."""
    for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended meanwhile
        return ""
