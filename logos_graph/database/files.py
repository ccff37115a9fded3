"""The managed database's folder, and the two ways in which files are written and guarded there."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from logos_graph.errors import EnvironmentFault

__all__ = ["Layout", "exclusive", "make_folder", "write_atomically"]

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie below `<home>/neo4j`; the server itself knows the folders by these names."""

    root: Path

    @property
    def record(self) -> Path:
        """Addresses, passwords and the process: mode 0600."""
        return self.root / "connection.json"

    @property
    def lock(self) -> Path:
        """Held by whoever starts or stops the server."""
        return self.root / "lock"

    @property
    def conf(self) -> Path:
        """The folder of neo4j.conf."""
        return self.root / "conf"

    @property
    def console(self) -> Path:
        """What the server printed since its last start."""
        return self.root / "logs" / "console.log"

    @property
    def system_store(self) -> Path:
        """Exists once the server has been started: users live in it."""
        return self.root / "data" / "databases" / "system"

    def make(self) -> None:
        """Create every folder; private, because data and passwords lie in them."""
        make_folder(self.root)
        for name in ("conf", "data", "logs", "plugins", "import", "run"):
            make_folder(self.root / name)


def make_folder(folder: Path) -> None:
    """Create a folder only its owner can enter; EnvironmentFault E_FOLDER when that fails."""
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            "E_FOLDER",
            f"cannot create the folder {folder}: {error.strerror}",
            hint="choose a folder that you may write to (LOGOS_HOME, LOGOS_CACHE)",
            folder=str(folder),
        ) from error


def write_atomically(path: Path, text: str) -> None:
    """Write a file for its owner only; a reader sees the old text or the new, never half.

    EnvironmentFault E_DISK_FULL when there is no room for it: then it is as it was.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno not in _NO_ROOM:
            raise
        raise EnvironmentFault(
            "E_DISK_FULL",
            f"there is no room to write {path}: {error.strerror}",
            hint="free some space, or put LOGOS_HOME on another disk",
            path=str(path),
        ) from error


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait for a lock file and hold it; the kernel lets go of it when the process dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
