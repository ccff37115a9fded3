"""Why a server did not start, told apart by what it printed.

Every failure leaves the same exit status; only the console's text differs. The first line of the
table that matches names the failure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from logos_graph.errors import EnvironmentFault

__all__ = ["PORT_TAKEN", "explain_failure"]

PORT_TAKEN = "E_PORT_TAKEN"
_READ_BYTES = 64 * 1024
_SHOWN_LINES = 5


@dataclass(frozen=True, slots=True)
class _Failure:
    pattern: re.Pattern[str]
    code: str
    message: str
    hint: str


def _failure(pattern: str, code: str, message: str, hint: str) -> _Failure:
    return _Failure(re.compile(pattern), code, message, hint)


_FAILURES = (
    _failure(
        r"Could not reserve enough space|insufficient memory|Cannot allocate memory"
        r"|OutOfMemoryError|Could not allocate|Too small (maximum|initial) heap"
        r"|Invalid (maximum|initial) heap size|unable to create native thread"
        r"|Initial heap size set to a larger value",
        "E_MEMORY",
        "the Java machine could not get its memory",
        "end other programs, or choose another heap size",
    ),
    _failure(
        r"Lock file has been locked|FileLockException|lock.*(held|locked) by another process",
        "E_STORE_IN_USE",
        "another process uses this database's files",
        "stop the other server, or use another LOGOS_HOME",
    ),
    _failure(
        r"Address already in use|PortBindException|BindException",
        PORT_TAKEN,
        "a port of the database is taken by another program",
        "stop the other program, or leave the port to be chosen",
    ),
    _failure(
        r"No space left on device|disk quota exceeded",
        "E_DISK_FULL",
        "the disk is full",
        "free some space, or put LOGOS_HOME on another disk",
    ),
    _failure(
        r"UnsupportedClassVersionError|Unsupported Java|requires Java",
        "E_JAVA_VERSION",
        "this Java cannot run the database",
        "install OpenJDK 17 or 21, or set JAVA_HOME to one",
    ),
    _failure(
        r"ZipException|zip END header|Invalid or corrupt jarfile|invalid LOC header"
        r"|error reading zip file",
        "E_JAR_CORRUPT",
        "one of the database's jars is damaged",
        "start again: the jars are checked and mended first",
    ),
    _failure(
        r"logos\.guard:|Could not find or load main class logos\.guard",
        "E_GUARD",
        "the guard refused this configuration, or is not there",
        "delete the cache (LOGOS_CACHE) and start again",
    ),
    _failure(
        r"Unrecognized setting|Failed to read config|Error evaluating value|Bad value",
        "E_CONFIGURATION",
        "the server refused its configuration",
        "see the console's lines; deploy/neo4j/neo4j.conf is the template",
    ),
    _failure(
        r"AccessDeniedException|Permission denied",
        "E_FOLDER",
        "the server may not write to its own folder",
        "give the folder to the user who starts the database",
    ),
)


def explain_failure(console: Path) -> EnvironmentFault:
    """The named fault behind a server that ended while starting; E_DATABASE_START if unknown."""
    text = _tail(console)
    data = {"console": str(console), "lines": _telling_lines(text)}
    for failure in _FAILURES:
        if match := failure.pattern.search(text):
            line = _line_around(text, match.start())
            return EnvironmentFault(
                failure.code, f"{failure.message}: {line}", hint=failure.hint, **data
            )
    return EnvironmentFault(
        "E_DATABASE_START", "the database ended while starting", hint=f"see {console}", **data
    )


def _tail(console: Path) -> str:
    try:
        with console.open("rb") as file:
            file.seek(max(0, console.stat().st_size - _READ_BYTES))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def _line_around(text: str, position: int) -> str:
    end = text.find("\n", position)
    return text[text.rfind("\n", 0, position) + 1 : end if end >= 0 else None].strip()


def _telling_lines(text: str) -> list[str]:
    """The last lines that are neither empty nor a stack trace's."""
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("at ")][-_SHOWN_LINES:]
