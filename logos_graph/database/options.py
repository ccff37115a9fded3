"""What may be chosen about the managed database; the defaults suit a laptop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from logos_graph.errors import InvalidInput

__all__ = ["DatabaseOptions", "size_in_bytes"]

_MIB = 1024 * 1024
_UNITS = {"k": 1024, "m": _MIB, "g": 1024 * _MIB, "t": 1024 * 1024 * _MIB}
_SIZE = re.compile(r"([1-9][0-9]{0,8})([kmgt])")

_JVM_FOLDERS = (
    Path("/usr/lib/jvm"),
    Path("/usr/java"),
    Path("/opt/java"),
    Path("/Library/Java/JavaVirtualMachines"),
)


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """Sizes are written as Java writes them: `512m`, `2g`.

    heap_initial, heap_max, page_cache: the server's memory.
    bolt_port, http_port: fixed ports; None lets the database choose free ones and keep them.
    start_timeout, stop_timeout: seconds; after the second the server is killed.
    free_disk: bytes that must be free below the home before a start.
    jvm_flags: more flags for the server's Java machine.
    jvm_folders: where installed JDKs are looked for besides JAVA_HOME and PATH.
    """

    heap_initial: str = "64m"
    heap_max: str = "512m"
    page_cache: str = "128m"
    bolt_port: int | None = None
    http_port: int | None = None
    start_timeout: float = 300.0
    stop_timeout: float = 30.0
    free_disk: int = 256 * _MIB
    jvm_flags: tuple[str, ...] = ()
    jvm_folders: tuple[Path, ...] = _JVM_FOLDERS


def size_in_bytes(text: str) -> int:
    """The bytes of a size such as `512m`; InvalidInput E_SIZE_FORMAT when it is not one."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InvalidInput(
            "E_SIZE_FORMAT",
            f"{text!r} is not a memory size",
            hint="write a whole number and one of k, m, g, t: 512m",
            size=text,
        )
    return int(match[1]) * _UNITS[match[2]]
