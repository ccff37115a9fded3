"""A detached process, named so that a recycled process number is never mistaken for it.

A process number alone says little: after a crash it may belong to anyone. Together with the moment
the process was born (and, on Linux, the boot it was born in) it names one process for ever.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Process", "spawn"]

_POLL_SECONDS = 0.05
_PROC = Path("/proc")
_BOOT_ID = _PROC / "sys/kernel/random/boot_id"
# Positions in /proc/PID/stat after the command's name: proc(5) numbers them 3 and 22.
_STATE, _START_TIME = 0, 19
_DEAD_STATES = frozenset("ZX")


@dataclass(frozen=True, slots=True)
class Process:
    """pid: its number; born: when it started, opaque, equal only for the same process."""

    pid: int
    born: str

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        _reap(self.pid)
        return _born(self.pid) == self.born

    def send(self, number: signal.Signals) -> None:
        """Send a signal if it still runs; never to another process of the same number."""
        if not hasattr(os, "pidfd_open"):
            if self.is_alive():
                os.kill(self.pid, number)
            return
        try:
            # The descriptor pins the process: between the look and the signal nobody can swap it.
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if self.is_alive():
                signal.pidfd_send_signal(descriptor, number)
        except ProcessLookupError:
            return
        finally:
            os.close(descriptor)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; whether it did."""
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def resident_bytes(self) -> int | None:
        """Memory it holds now; None where the system does not tell or it has ended."""
        try:
            pages = int((_PROC / str(self.pid) / "statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return None
        return pages * os.sysconf("SC_PAGE_SIZE")


def spawn(command: Sequence[str], environment: Mapping[str, str], output: Path) -> Process:
    """Start a process in a session of its own, with its output in a file; it outlives us."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    pid = os.posix_spawn(
        command[0],
        list(command),
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(output), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return Process(pid, _born(pid) or "")


def _reap(pid: int) -> None:
    """Take note of the end of a child of ours, which would else stay on as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _born(pid: int) -> str | None:
    """When the process was born; None when it is not there (or is a zombie)."""
    if not _PROC.joinpath("self/stat").exists():
        return _born_by_ps(pid)
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The command's name stands in parentheses and may itself hold spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    if fields[_STATE] in _DEAD_STATES:
        return None
    return f"{_BOOT_ID.read_text().strip()}:{fields[_START_TIME]}"


def _born_by_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state[0] in _DEAD_STATES else started.strip()
