"""The same module under the package `wasmtime`: what others would take to call a node from Python.

Default settings: no gas, no memory limit. A store and an instance for each call, as in our host.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["fresh_instance"]


def fresh_instance(module: bytes) -> Callable[[bytes], bytes] | None:
    """Calls the module once, in a fresh instance; None when wasmtime is not installed."""
    try:
        import wasmtime
    except ModuleNotFoundError:
        return None
    library: Any = wasmtime
    engine = library.Engine()
    compiled = library.Module(engine, module)

    def call(data: bytes) -> bytes:
        store = library.Store(engine)
        exports = library.Instance(store, compiled, []).exports(store)
        memory = exports["memory"]
        at = exports["logos_alloc"](store, len(data))
        memory.write(store, data, at)
        answer = exports["logos_call"](store, at, len(data))
        start, length = answer >> 32 & 0xFFFF_FFFF, answer & 0xFFFF_FFFF
        output = bytes(memory.read(store, start, start + length))
        if output[:1] != b"\0":
            raise RuntimeError(output[1:].decode())
        return output[1:]

    return call
