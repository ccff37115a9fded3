"""Which processes of this home are at work, so that a live one's intents are left to it.

Each process that may commit intents holds a lock on `<home>/writers/<id>.lock` for as long as it
lives; the kernel lets go of it however the process ends. A writer without a file (of another home,
or swept away) counts as dead: taking its intent over is safe, since an intent ends only once.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

__all__ = ["LockedWriters"]


class LockedWriters:
    """Implements logos_graph.supervisor.Writers with one lock file per process."""

    def __init__(self, folder: Path, own: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._own = folder, own
        self._descriptor = os.open(self._file(own), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @property
    def own(self) -> str:
        """This process's writer id."""
        return self._own

    def alive(self, writer: str) -> bool:
        """Whether the process of this id still holds its lock."""
        if writer == self._own:
            return True
        try:
            descriptor = os.open(self._file(writer), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            self._file(writer).unlink(missing_ok=True)
            return False
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Lets go of the lock and removes the file."""
        self._file(self._own).unlink(missing_ok=True)
        os.close(self._descriptor)

    def _file(self, writer: str) -> Path:
        return self._folder / f"{Path(writer).name}.lock"
