"""Which processes of this home are at work, so that a live one's intents are left to it.

Each process that may commit intents holds a lock on `<home>/writers/<id>.lock` for as long as it
lives; the kernel lets go of it however the process ends. A writer without a file (of another home,
or swept away) counts as dead: taking its intent over is safe, since an intent ends only once.

A lock file is locked before it gets its name, so whoever finds one that is not locked has found a
dead writer's: it may be deleted, and every writer deletes some when it starts. Ids are never used
again.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import suppress
from itertools import islice
from pathlib import Path

__all__ = ["LockedWriters", "is_alive"]

_LOCK, _UNNAMED = ".lock", ".new"
_SWEPT_AT_ONCE = 1000
"""Files looked at when a writer starts: however many were left, starting takes no longer."""


class LockedWriters:
    """Implements logos_graph.supervisor.Writers with one lock file per process."""

    def __init__(self, folder: Path, own: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._own = folder, own
        self._descriptor = self._take()
        self._sweep()

    @property
    def own(self) -> str:
        """This process's writer id."""
        return self._own

    def alive(self, writer: str) -> bool:
        """Whether the process of this id still holds its lock."""
        return writer == self._own or is_alive(self._folder, writer)

    def close(self) -> None:
        """Lets go of the lock and removes the file."""
        self._file(self._own).unlink(missing_ok=True)
        os.close(self._descriptor)

    def _file(self, writer: str) -> Path:
        return _file(self._folder, writer)

    def _take(self) -> int:
        """This process's file, locked before it has its name; returns what holds the lock."""
        while True:
            descriptor, unnamed = tempfile.mkstemp(dir=self._folder, suffix=_UNNAMED)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)  # at most a sweeper has it, for a moment
                Path(unnamed).rename(self._file(self._own))
            except FileNotFoundError:  # swept away before it was locked
                os.close(descriptor)
            except BaseException:
                os.close(descriptor)
                raise
            else:
                return descriptor

    def _sweep(self) -> None:
        """Deletes what dead writers left, a bounded number of files."""
        with os.scandir(self._folder) as found:
            for entry in islice(found, _SWEPT_AT_ONCE):
                if entry.name.endswith((_LOCK, _UNNAMED)):
                    with suppress(OSError):  # what cannot be opened is left: sweeping is no duty
                        _delete_if_dead(Path(entry.path))


def is_alive(folder: Path, writer: str) -> bool:
    """Whether the process of this id holds its lock in this folder."""
    return not _delete_if_dead(_file(folder, writer))


def _file(folder: Path, writer: str) -> Path:
    return folder / f"{Path(writer).name}{_LOCK}"


def _delete_if_dead(file: Path) -> bool:
    """Whether no process holds this file's lock; then the file is gone."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        # Shared: two that ask at once do not take each other for the writer.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        file.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)
