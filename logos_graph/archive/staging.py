"""Writing an export's files: each whole or not at all, durable when it is said to be."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from logos_graph.errors import Conflict, EnvironmentFault

__all__ = ["STAGED", "Staging"]

STAGED = ("staged.tmp", "entries.tmp")
"""The only names that a file has before it is whole; what an interrupted export left is reused."""

_SMALL, _LARGE = STAGED


class Staging:
    """A folder that this process alone writes to. Raises EnvironmentFault E_FOLDER, Conflict.

    A file has its name only when its content is on the disk; that the name is, too, is said by
    `settle`.
    """

    def __init__(self, folder: Path) -> None:
        """Conflict E_EXPORT_BUSY if another process writes to it."""
        self.folder = folder
        self._unsettled = dict[Path, None]()
        with self._faults():
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise Conflict(
                "E_EXPORT_BUSY",
                f"another process exports to {folder}",
                hint="wait for it, or choose another folder",
                folder=str(folder),
            ) from None

    def close(self) -> None:
        """Lets go of the folder, and removes what is not whole."""
        for name in STAGED:
            with suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)
        os.close(self._lock)

    def put(self, path: str, data: bytes) -> None:
        """Writes a file, over what has its name."""
        with self._staged(path, _SMALL) as file:
            file.write(data)

    @contextmanager
    def writing(self, path: str) -> Iterator[BinaryIO]:
        """A file to write to; it gets its name when the block ends well. One at a time."""
        with self._staged(path, _LARGE) as file:
            yield file

    def settle(self) -> None:
        """Returns when the name of every file written until here is on the disk."""
        with self._faults():
            for folder in self._unsettled:
                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        self._unsettled.clear()

    @contextmanager
    def _staged(self, path: str, name: str) -> Iterator[BinaryIO]:
        staged, final = self.folder / name, self.folder / path
        with self._faults():
            with staged.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            self._make(final.parent)
            staged.replace(final)
        self._unsettled[final.parent] = None

    def _make(self, folder: Path) -> None:
        """A new folder's name must survive as well: it stands in the one above."""
        missing = list[Path]()
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            self._unsettled[each.parent] = None

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EnvironmentFault(
                "E_FOLDER",
                f"{self.folder} cannot be written to: {error.strerror or error}",
                hint="make room, or choose a folder that you may write to; then export again:"
                " it goes on where it stopped",
                folder=str(self.folder),
            ) from None
