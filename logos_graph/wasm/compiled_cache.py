"""Machine code of compiled nodes, kept in a folder so that a process starts without compiling.

    <folder>/<build of the host>/<64 hex of the node's id>   32 bytes of MAC, then the artefact

The key of an artefact is everything that it depends on: the node's id (the hash of its module), the
build of the host with the table of gas prices, and the features of the processor; the last three
are in the folder's name, by way of `logos_wasm_host.BUILD_ID`.

The host runs an artefact unchecked, so each file stands under an HMAC-SHA-256 with this home's own
key, over that key and the bytes. A file that fails its MAC (cut, flipped, copied from another node
or build, written by somebody else) is deleted and made again. Files appear whole, by rename.

Nothing is locked: any file may vanish at any time, and whoever misses it compiles anew. After each
new artefact the folder is tidied: what is left over from a writer that died and from builds that
nobody has used for a day goes, and then the least recently used, until the bytes fit.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import logos_wasm_host

from logos_graph.canon import ContentId, parse_content_id
from logos_graph.errors import EnvironmentFault, InvalidInput

__all__ = ["DEFAULT_CACHE_BYTES", "CompiledCache"]

DEFAULT_CACHE_BYTES = 512 * 1024 * 1024
"""Bytes that all artefacts together may take: some thousand nodes."""

_DOMAIN = b"logos/compiled-node/v1"
_MAC_BYTES = 32
_MIN_KEY_BYTES = 16
_UNUSED_NS = 24 * 3600 * 1_000_000_000
"""After so long without use, what no running process can need any more is deleted."""
_BUILD = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+-[0-9a-f]{16}-[0-9]+")
_ARTEFACT = re.compile(r"[0-9a-f]{64}")


class _Kept(NamedTuple):
    """An artefact on disk; the least recently used sorts first."""

    used: int
    size: int
    path: str


class CompiledCache:
    """Artefacts under one folder and one key; used by any number of threads and processes."""

    def __init__(self, folder: Path, key: bytes, max_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        """`key`: at least 16 secret bytes, else InvalidInput E_CACHE_KEY.

        `max_bytes`: of the artefacts of all builds together.
        """
        if len(key) < _MIN_KEY_BYTES:
            raise InvalidInput(
                "E_CACHE_KEY", f"the cache's key has {len(key)} bytes, at least 16 are needed"
            )
        self._key = key
        self._build = f"{logos_wasm_host.BUILD_ID}-{logos_wasm_host.COST_VERSION}"
        self._root = folder
        self._folder = folder / self._build
        self._max_bytes = max_bytes

    def get(self, node: ContentId) -> bytes | None:
        """The node's artefact, if one is kept and its MAC holds.

        Raises EnvironmentFault E_CACHE when the file is there and cannot be read or deleted.
        """
        path = self._path(node)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _fault(path, error) from error
        mac, artefact = data[:_MAC_BYTES], data[_MAC_BYTES:]
        if hmac.compare_digest(mac, self._mac(node, artefact)):
            with suppress(OSError):  # only the order of going suffers
                os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
            return artefact
        self.drop(node)
        return None

    def put(self, node: ContentId, artefact: bytes) -> None:
        """Keeps an artefact, and lets older ones go for it. Raises EnvironmentFault E_CACHE."""
        path = self._path(node)
        try:
            self._write(path, self._mac(node, artefact) + artefact)
            self._tidy()
        except OSError as error:
            raise _fault(path, error) from error

    def _write(self, path: Path, data: bytes) -> None:
        staged = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            descriptor = _create(staged)
        except FileNotFoundError:  # the first of this build, or the folder was tidied away
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = _create(staged)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            staged.replace(path)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise

    def _tidy(self) -> None:
        """Deletes leftovers, then the least recently used, until all fits into `max_bytes`."""
        unused_since = time.time_ns() - _UNUSED_NS
        kept: list[_Kept] = []
        for build in _entries(self._root):
            with suppress(FileNotFoundError):  # somebody else was faster
                if _BUILD.fullmatch(build.name) and build.is_dir(follow_symlinks=False):
                    kept += self._kept(build, unused_since)
        excess = sum(each.size for each in kept) - self._max_bytes
        for each in sorted(kept):
            if excess <= 0:
                break
            Path(each.path).unlink(missing_ok=True)
            excess -= each.size

    def _kept(self, build: os.DirEntry[str], unused_since: int) -> list[_Kept]:
        """The artefacts of a build; its leftovers are deleted."""
        ours = build.name == self._build
        folder_unused = build.stat(follow_symlinks=False).st_mtime_ns < unused_since
        kept: list[_Kept] = []
        for entry in _entries(Path(build.path)):
            with suppress(FileNotFoundError):
                found = entry.stat(follow_symlinks=False)
                used = max(found.st_atime_ns, found.st_mtime_ns)
                artefact = _ARTEFACT.fullmatch(entry.name)
                if not (ours and artefact) and used < unused_since:
                    Path(entry.path).unlink()
                elif artefact:
                    kept.append(_Kept(used, found.st_size, entry.path))
        if folder_unused and not ours:
            with suppress(OSError):  # not empty
                Path(build.path).rmdir()
        return kept

    def drop(self, node: ContentId) -> None:
        """Forgets a node's artefact. Raises EnvironmentFault E_CACHE."""
        path = self._path(node)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _fault(path, error) from error

    def _path(self, node: ContentId) -> Path:
        return self._folder / parse_content_id(node).removeprefix("b3:")

    def _mac(self, node: ContentId, artefact: bytes) -> bytes:
        # The three texts hold no zero byte, so that their borders are plain.
        head = b"\0".join([_DOMAIN, self._build.encode(), node.encode(), b""])
        return hmac.digest(self._key, head + hashlib.sha256(artefact).digest(), "sha256")


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is in a folder; nothing, if it has just been deleted."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        yield from entries


def _fault(path: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        "E_CACHE",
        f"the cache of compiled nodes cannot be used: {error.strerror}: {path}",
        hint="mend the folder's permissions or free some space; it can be deleted at any time",
        path=str(path),
    )
