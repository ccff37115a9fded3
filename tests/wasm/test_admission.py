"""Hostile modules are named files; each says in its first line by which refusal it is met."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logos_wasm_host import MAX_MODULE_BYTES, assemble

from logos_graph.canon import content_id
from logos_graph.errors import LogosError, Rejected
from logos_graph.wasm.admission import Import, admit, inspect

HOSTILE = Path(__file__).parent / "hostile"
REFUSED = sorted(p for p in HOSTILE.glob("*.wat") if p.read_text().startswith(";; refused "))

DESCRIPTOR = (
    '{"abi":1,"docs":"","inputs":[{"docs":"","name":"data","type":"bytes"}],'
    '"name":"plain","outputs":[{"docs":"","name":"data","type":"bytes"}]}'
)


def module(more: str = "", *, first: str = "") -> bytes:
    """A module that passes every check, with more fields inside."""
    quoted = DESCRIPTOR.replace('"', '\\"')
    return assemble(
        f"""(module {first}
          (memory (export "memory") 1)
          (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
          (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
          (@custom "logos.descriptor" "{quoted}")
          {more})"""
    )


def refusal(wasm: bytes, granted: frozenset[str] = frozenset()) -> Rejected:
    with pytest.raises(Rejected) as caught:
        admit(wasm, granted)
    return caught.value


def test_there_are_hostile_modules_to_refuse() -> None:
    assert len(REFUSED) >= 37


@pytest.mark.parametrize("path", REFUSED, ids=lambda p: p.stem)
def test_a_hostile_module_is_refused_by_its_own_code_and_named(path: Path) -> None:
    first_line = path.read_text().splitlines()[0]
    code, _, detail = first_line.removeprefix(";; refused ").partition(":")
    error = refusal(assemble(path.read_text()))
    assert error.code == code
    assert detail.strip() in str(error.data["detail"])
    assert error.hint


def test_a_sound_module_is_admitted_with_its_id_and_descriptor() -> None:
    wasm = module()
    admitted = admit(wasm)
    assert admitted.id == content_id(wasm)
    assert admitted.size == len(wasm)
    assert admitted.descriptor.name == "plain"
    assert [port.name for port in admitted.descriptor.inputs] == ["data"]
    assert admitted.imports == ()
    assert all(check.ok for check in inspect(wasm))


CLOCK = '(import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32)))'


def test_a_grant_opens_the_import_that_needs_it_and_no_other() -> None:
    wasm = module(first=CLOCK)
    assert refusal(wasm).code == "E_ADMIT_GRANT"
    assert refusal(wasm, frozenset({"random", "http"})).code == "E_ADMIT_GRANT"
    admitted = admit(wasm, frozenset({"clock"}))
    assert admitted.imports == (Import("wasi_snapshot_preview1", "clock_time_get"),)


def test_what_rusts_standard_library_brings_for_wasi_needs_no_grant() -> None:
    imports = """
      (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))"""
    assert len(admit(module(first=imports)).imports) == 4


def test_an_inspection_reports_every_failed_check_at_once() -> None:
    wasm = module("(func $s) (start $s) (table 20000 funcref)", first=CLOCK)
    failed = {check.name: check.code for check in inspect(wasm) if not check.ok}
    assert failed == {
        "grants": "E_ADMIT_GRANT",
        "tables": "E_ADMIT_TABLE_SIZE",
        "start": "E_ADMIT_START",
    }
    assert refusal(wasm).data["failed"] == ["grants", "tables", "start"]


def test_every_check_has_a_name_of_its_own() -> None:
    names = [check.name for check in inspect(module())]
    assert len(names) == len(set(names)) == 25


def many(text: str, count: int) -> Callable[[], bytes]:
    return lambda: module(text * count)


def types(count: int) -> str:
    """So many distinct function types of six parameters."""
    kinds = ["i32", "i64", "f32", "f64"]
    return "".join(
        f"(type (func (param {' '.join(kinds[n >> 2 * place & 3] for place in range(6))})))"
        for n in range(count)
    )


def long_descriptor() -> bytes:
    text = "x" * (256 * 1024 + 1)
    return assemble(
        f"""(module
          (memory (export "memory") 1)
          (func (export "logos_alloc") (param i32) (result i32) i32.const 0)
          (func (export "logos_call") (param i32 i32) (result i64) i64.const 0)
          (@custom "logos.descriptor" "{text}"))"""
    )


TOO_MUCH: dict[str, tuple[str, Callable[[], bytes]]] = {
    "types": ("E_ADMIT_TYPES", lambda: module(types(1_000))),
    "parameters": ("E_ADMIT_PARAMETERS", many(f"(func (param {'i32 ' * 65}))", 1)),
    "functions": ("E_ADMIT_FUNCTIONS", many("(func)", 4_999)),
    "globals": ("E_ADMIT_GLOBALS", many("(global i32 (i32.const 0))", 257)),
    "exports": (
        "E_ADMIT_EXPORTS",
        lambda: module("(func $f)" + "".join(f'(export "e{n}" (func $f))' for n in range(254))),
    ),
    "imports": (
        "E_ADMIT_IMPORTS",
        lambda: module(
            first='(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))' * 65
        ),
    ),
    "data": ("E_ADMIT_DATA", many('(data (i32.const 0) "")', 4_097)),
    "elements": (
        "E_ADMIT_ELEMENTS",
        lambda: module("(table 1 funcref) (func $f)" + "(elem (i32.const 0) $f)" * 257),
    ),
    "body": ("E_ADMIT_BODY", many(f"(func {'nop ' * 65_536})", 1)),
    "code": ("E_ADMIT_CODE", many(f"(func {'nop ' * 65_000})", 9)),
    "locals": ("E_ADMIT_LOCALS", many(f"(func (local {'i64 ' * 2_049}))", 1)),
    "locals of all functions": (
        "E_ADMIT_LOCALS",
        many(f"(func (local {'i64 ' * 2_048}))", 25),
    ),
    "variables across branches": (
        "E_ADMIT_COMPLEXITY",
        many(f"(func (local {'i64 ' * 1_000}) {'(if (i32.const 0) (then))' * 201})", 1),
    ),
    "descriptor": ("E_ADMIT_DESCRIPTOR_SIZE", long_descriptor),
    "bytes": ("E_ADMIT_SIZE", lambda: module() + bytes(MAX_MODULE_BYTES)),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_too_much_of_anything_is_refused_by_its_own_code(what: str) -> None:
    code, make = TOO_MUCH[what]
    error = refusal(make())
    assert error.code == code
    assert "limit" in str(error.data["detail"])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_inspection_fail(tail: bytes) -> None:
    for wasm in (tail, module()[:8] + tail, module() + tail):
        checks = inspect(wasm)
        if not all(check.ok for check in checks):
            with pytest.raises(LogosError):
                admit(wasm)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_byte_gives_another_id_or_a_refusal(data: st.DataObject) -> None:
    wasm = module()
    at = data.draw(st.integers(0, len(wasm) - 1))
    other = bytearray(wasm)
    other[at] ^= data.draw(st.integers(1, 255))
    try:
        admitted = admit(bytes(other))
    except LogosError:
        return
    assert admitted.id != admit(wasm).id
