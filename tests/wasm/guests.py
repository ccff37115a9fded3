"""Small modules for the tests of the host, written as text."""

from __future__ import annotations

from logos_wasm_host import IMPORTS, assemble

__all__ = ["DESCRIPTOR", "imports", "module"]

_PREFIXES = {"logos": "", "wasi_snapshot_preview1": "wasi_"}
DESCRIPTOR = (
    r'(@custom "logos.descriptor" "{\"abi\":1,\"docs\":\"\",\"inputs\":[],\"name\":\"asks\",'
    r'\"outputs\":[{\"docs\":\"\",\"name\":\"data\",\"type\":\"bytes\"}]}")'
)


def imports(*names: str) -> str:
    """Import fields, with the signatures that the host lists."""
    return "".join(
        f'(import "{module}" "{name}" (func ${_PREFIXES[module]}{name}'
        f" (param {parameters}) (result {results})))"
        for module, name, parameters, results, _ in IMPORTS
        if not names or name in names
    )


def module(body: str, more: str = "", names: tuple[str, ...] = ()) -> bytes:
    """A node with `key` at 16, a zero status byte at 0, and its input at 4096."""
    return assemble(
        f"""(module {imports(*names)}
          (memory (export "memory") 1)
          (data (i32.const 16) "key")
          (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
          (func (export "logos_call") (param $at i32) (param $length i32) (result i64) {body})
          {DESCRIPTOR} {more})"""
    )
