"""Machine code of compiled nodes, kept in a folder so that a process starts without compiling.

    <folder>/<build of the host>/<64 hex of the node's id>   32 bytes of MAC, then the artefact

The host runs an artefact unchecked, so each file stands under an HMAC-SHA-256 with this home's own
key, over everything that the artefact depends on: the node, the build of the host, the version of
the gas prices. A file that fails its MAC (cut, flipped, copied from another node or build, written
by somebody else) is deleted and made again. Files appear whole, by rename.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

import logos_wasm_host

from logos_graph.canon import ContentId, parse_content_id
from logos_graph.errors import EnvironmentFault, InvalidInput

__all__ = ["CompiledCache"]

_DOMAIN = b"logos/compiled-node/v1"
_MAC_BYTES = 32
_MIN_KEY_BYTES = 16


class CompiledCache:
    """Artefacts under one folder and one key; used by any number of threads and processes."""

    def __init__(self, folder: Path, key: bytes) -> None:
        """`key`: at least 16 secret bytes, else InvalidInput E_CACHE_KEY."""
        if len(key) < _MIN_KEY_BYTES:
            raise InvalidInput(
                "E_CACHE_KEY", f"the cache's key has {len(key)} bytes, at least 16 are needed"
            )
        self._key = key
        self._build = f"{logos_wasm_host.BUILD_ID}-{logos_wasm_host.COST_VERSION}"
        self._folder = folder / self._build

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
            return artefact
        self.drop(node)
        return None

    def put(self, node: ContentId, artefact: bytes) -> None:
        """Keeps an artefact. Raises EnvironmentFault E_CACHE."""
        path = self._path(node)
        staged = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(self._mac(node, artefact))
                    file.write(artefact)
                staged.replace(path)
            except BaseException:
                staged.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise _fault(path, error) from error

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


def _fault(path: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        "E_CACHE",
        f"the cache of compiled nodes cannot be used: {error.strerror}: {path}",
        hint="mend the folder's permissions or free some space; it can be deleted at any time",
        path=str(path),
    )
