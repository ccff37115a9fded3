"""Whether the machine has what a start needs: named before the server fails half-way."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from logos_graph.database.options import DatabaseOptions, size_in_bytes
from logos_graph.errors import EnvironmentFault

__all__ = ["check_disk", "check_memory"]

_MIB = 1024 * 1024
_MEMINFO = Path("/proc/meminfo")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)


def check_memory(options: DatabaseOptions) -> None:
    """EnvironmentFault E_MEMORY when heap and page cache do not fit into what is available."""
    wanted = size_in_bytes(options.heap_max) + size_in_bytes(options.page_cache)
    available = _available_memory()
    if available is not None and available < wanted:
        raise EnvironmentFault(
            "E_MEMORY",
            f"the database may take {wanted // _MIB} MiB of memory;"
            f" {available // _MIB} MiB are available",
            hint="end other programs, or choose a smaller heap and page cache",
            wanted=wanted,
            available=available,
        )


def check_disk(folder: Path, options: DatabaseOptions) -> None:
    """EnvironmentFault E_DISK_FULL when too little is free: a full disk stops a running server."""
    free = shutil.disk_usage(folder).free
    if free < options.free_disk:
        raise EnvironmentFault(
            "E_DISK_FULL",
            f"only {free // _MIB} MiB are free below {folder};"
            f" the database needs {options.free_disk // _MIB} MiB to start",
            hint="free some space, or put LOGOS_HOME on another disk",
            folder=str(folder),
            free=free,
        )


def _available_memory() -> int | None:
    """Bytes; the smaller of the machine's and the container's; None where neither is told."""
    found = []
    if _MEMINFO.is_file() and (match := _AVAILABLE.search(_MEMINFO.read_text())):
        found.append(int(match[1]) * 1024)
    if _CGROUP_LIMIT.is_file() and (limit := _CGROUP_LIMIT.read_text().strip()).isdecimal():
        found.append(int(limit))
    return min(found, default=None)
