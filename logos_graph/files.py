"""Writing a file that is never written again."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["sync_folder", "write_new"]


def write_new(path: Path, data: bytes, *, mode: int = 0o666, folder_mode: int = 0o777) -> None:
    """Writes a file durably, whole or not at all, and makes its folder; the umask applies.

    Raises FileExistsError if the name is taken: nothing is overwritten. Of several processes that
    write the same name at once one succeeds, and whoever sees the name sees all of the file.
    """
    path.parent.mkdir(mode=folder_mode, parents=True, exist_ok=True)
    staged = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(staged, path)  # unlike a rename, fails if the name exists
    finally:
        staged.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Names that were made or changed in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
