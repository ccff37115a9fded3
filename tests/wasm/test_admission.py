"""What admission lets through, and how it reports; test_admission_corpus.py has what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logos_wasm_host import assemble

from logos_graph.canon import content_id
from logos_graph.errors import LogosError, Rejected
from logos_graph.wasm.admission import Import, admit, all_checks, inspect

PAGE = Path(__file__).parents[2] / "docs" / "admission.md"

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
    wasm = module("(func $s) (start $s) (table 20000 funcref) (func (param v128))", first=CLOCK)
    failed = {check.name: check.code for check in inspect(wasm) if not check.ok}
    assert failed == {
        "simd": "E_ADMIT_SIMD",
        "table-minimum": "E_ADMIT_TABLE_MIN",
        "grants": "E_ADMIT_GRANT",
        "start": "E_ADMIT_START",
    }
    assert refusal(wasm).data["failed"] == list(failed)


def test_a_report_has_every_check_that_is_listed_in_its_order() -> None:
    names = [demand.name for demand in all_checks()]
    assert [check.name for check in inspect(module())] == names
    assert len(names) == len(set(names))
    codes = [code for demand in all_checks() for code in demand.codes]
    assert len(codes) == len(set(codes))


def test_the_documented_list_of_checks_is_the_real_one() -> None:
    rows = [
        f"| {demand.name} | {' '.join(f'`{code}`' for code in demand.codes)} | {demand.what} |"
        for demand in all_checks()
    ]
    table = "\n".join(["| check | code | what it asks |", "|---|---|---|", *rows])
    assert f"\n{table}\n" in PAGE.read_text()


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
