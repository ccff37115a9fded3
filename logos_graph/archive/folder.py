"""Reading a folder that somebody else made: nothing in it is followed, waited for, or read whole.

Every part of a path is opened below the one before, never through a link, and only plain files are
read, up to the bound that is given. What is not as it should be is NotVerified, with data file:

    E_EXPORT_MISSING   there is no such file
    E_EXPORT_FOREIGN   it is no plain file or folder, or does not belong in an export
    E_EXPORT_SIZE      it is larger than it can be
    E_EXPORT_READ      the machine cannot read it
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

from logos_graph.canon import shown
from logos_graph.errors import NotVerified

__all__ = ["Found", "GivenFolder", "refuse"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Found = tuple[str, bool]
"""A name in a folder, and whether it is a folder itself."""


class GivenFolder:
    """A folder, read below its own path only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, file: str, limit: int) -> bytes:
        """A file's bytes."""
        with self.opened(file) as opened:
            data = opened.read(limit + 1)
        if len(data) > limit:
            refuse("E_EXPORT_SIZE", file, f"it has more than {limit} bytes")
        return data

    @contextmanager
    def opened(self, file: str) -> Iterator[BinaryIO]:
        """A file, to be read in parts."""
        *folders, name = file.split("/")
        with self._folder(folders, file) as parent:
            try:
                if not stat.S_ISREG(os.lstat(name, dir_fd=parent).st_mode):
                    refuse("E_EXPORT_FOREIGN", file, "it is no plain file")
                descriptor = os.open(name, _FILE, dir_fd=parent)
            except OSError as error:
                _explain(file, error)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                refuse("E_EXPORT_FOREIGN", file, "it is no plain file")
            try:
                yield opened
            except OSError as error:
                _explain(file, error)

    def names(self, folder: str = "") -> Iterator[Found]:
        """What is in a folder, in no order. Names that are no UTF-8 have surrogates."""
        parts = folder.split("/") if folder else []
        with self._folder(parts, folder) as opened, os.scandir(opened) as found:
            for each in found:
                path = f"{folder}/{each.name}" if folder else each.name
                if not each.is_dir(follow_symlinks=False) and not each.is_file(
                    follow_symlinks=False
                ):
                    refuse("E_EXPORT_FOREIGN", path, "it is no plain file and no folder")
                yield path, each.is_dir(follow_symlinks=False)

    @contextmanager
    def _folder(self, parts: list[str], wanted: str) -> Iterator[int]:
        try:
            descriptor = os.open(self.path, _FOLDER & ~os.O_NOFOLLOW)
        except OSError as error:
            _explain(str(self.path), error)
        try:
            for part in parts:
                try:
                    deeper = os.open(part, _FOLDER, dir_fd=descriptor)
                except OSError as error:
                    _explain(wanted, error)
                os.close(descriptor)
                descriptor = deeper
            yield descriptor
        finally:
            with suppress(OSError):
                os.close(descriptor)


def refuse(code: str, file: str, reason: str, **data: object) -> NoReturn:
    """NotVerified: this file of the export is not as it should be."""
    raise NotVerified(
        code,
        f"{shown(file, 200)}: {reason}",
        hint="the export was changed, or is not the whole of it",
        file=file,
        **data,
    )


def _explain(file: str, error: OSError) -> NoReturn:
    if isinstance(error, FileNotFoundError):
        refuse("E_EXPORT_MISSING", file, "there is no such file")
    if isinstance(error, NotADirectoryError) or error.errno in (errno.ELOOP, errno.EMLINK):
        refuse("E_EXPORT_FOREIGN", file, "what leads to it is no plain folder")
    refuse("E_EXPORT_READ", file, f"it cannot be read: {error.strerror or error}")
