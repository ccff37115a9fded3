"""Hostile modules: named files that say in their first line by which refusal they are met, and
what tests/wasm/hostile/generate.py makes; every import of the host's own list, misused."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from logos_wasm_host import IMPORTS, assemble

from logos_graph.errors import Rejected
from logos_graph.wasm.admission import Import, admit, all_checks, inspect
from tests.wasm.hostile import generate
from tests.wasm.hostile.generate import GENERATED, WORST

HOSTILE = Path(__file__).parent / "hostile"
WRITTEN = sorted(p for p in HOSTILE.glob("*.wat") if p.read_text().startswith(";; refused "))
ALLOWED = [
    (module, name, parameters.split(), results.split(), capabilities)
    for module, name, parameters, results, capabilities in IMPORTS
]
CAPABILITIES = frozenset(chain.from_iterable(capabilities for *_, capabilities in ALLOWED))

BODY = """
  (memory (export "memory") 1)
  (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "logos_call") (param i32 i32) (result i64) i64.const 1)
  (@custom "logos.descriptor" "{}")"""


def refusal(wasm: bytes, granted: frozenset[str] = frozenset()) -> Rejected:
    with pytest.raises(Rejected) as caught:
        admit(wasm, granted)
    return caught.value


@pytest.mark.parametrize("path", WRITTEN, ids=lambda p: p.stem)
def test_a_hostile_module_is_refused_by_its_own_code_and_named(path: Path) -> None:
    first_line = path.read_text().splitlines()[0]
    code, _, detail = first_line.removeprefix(";; refused ").partition(":")
    error = refusal(assemble(path.read_text()))
    assert error.code == code
    assert detail.strip() in str(error.data["detail"])
    assert error.hint


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_module_is_refused_by_its_own_code(name: str) -> None:
    code, make = GENERATED[name]
    error = refusal(make())
    assert error.code == code
    assert error.hint


def test_every_code_of_every_check_is_provoked_by_a_file_of_the_corpus() -> None:
    modules = chain(
        (assemble(path.read_text()) for path in WRITTEN),
        (make() for _, make in GENERATED.values()),
    )
    provoked = {check.code for wasm in modules for check in inspect(wasm)} - {""}
    assert provoked == {code for demand in all_checks() for code in demand.codes}


def test_the_same_node_without_a_fault_is_admitted() -> None:
    assert all(check.ok for check in inspect(generate.node()))


@pytest.mark.parametrize("name", WORST)
def test_what_is_slowest_to_judge_is_refused_before_the_validator_sees_it(name: str) -> None:
    checks = {check.name: check for check in inspect(WORST[name]())}
    assert not all(check.ok for check in checks.values())
    assert checks["valid"].detail == "not judged: refused before"


def test_a_module_at_every_bound_is_admitted() -> None:
    constant = b"\x41\0\x0b"
    wasm = generate.node(
        types=[*generate.distinct_types(996), generate.function_type(b"\x7f" * 64)],
        functions=[(2, generate.body(b"\x02\x40" * 1_024 + b"\x0b" * 1_024))]
        + [(2, generate.body(b"", [generate.number(2_048) + b"\x7e"]))] * 24
        + [(2, generate.body(b"\1" * (65_536 - 2)))] * 7
        + [(2, generate.body(b""))] * (5_000 - 2 - 32),
        others={
            4: [b"\x70\1" + generate.number(10_000) * 2],
            6: [b"\x7f\0" + constant] * 256,
            7: [generate.sized(b"e%d" % each) + b"\0\0" for each in range(253)],
            9: [b"\0" + constant + generate.vector([b"\0"] * 5_000)] * 2,
            11: [b"\0" + constant + b"\0"] * 4_096,
        },
        last=generate.custom(b"more", b"") * 14 + generate.custom(b"name", bytes(256 << 10)),
    )
    assert [check for check in inspect(wasm) if not check.ok] == []


def test_the_generator_writes_each_module_as_a_file(tmp_path: Path) -> None:
    subprocess.run([sys.executable, generate.__file__, tmp_path], check=True)
    written = {path.stem for path in tmp_path.iterdir()}
    assert written == {*GENERATED, *(f"worst_{name}" for name in WORST)}
    assert (tmp_path / "cut.wasm").read_bytes() == GENERATED["cut"][1]()


# --- the allow-list -------------------------------------------------------------------------------


def importing(module: str, name: str, parameters: list[str], results: list[str]) -> bytes:
    """A node with this one import."""
    types = f"(param {' '.join(parameters)}) (result {' '.join(results)})"
    quoted = generate.DESCRIPTOR.replace('"', '\\"')
    text = f'(module (import "{module}" "{name}" (func {types})){BODY.format(quoted)})'
    return assemble(text)


def others(parameters: list[str], results: list[str]) -> list[tuple[list[str], list[str]]]:
    """Signatures that differ from this one in one place."""
    swapped = {"i32": "i64", "i64": "i32"}
    wrong = [(["f64", *parameters], results), (parameters, [] if results else ["i32"])]
    wrong += [
        ([*parameters[:at], swapped[kind], *parameters[at + 1 :]], results)
        for at, kind in enumerate(parameters)
    ]
    if parameters:
        wrong.append((parameters[:-1], results))
    if results:
        wrong.append((parameters, [swapped[results[0]]]))
    return wrong


def test_the_allow_list_names_each_import_once() -> None:
    names = [(module, name) for module, name, *_ in ALLOWED]
    assert len(names) == len(set(names)) >= 6
    assert {"clock", "random"} <= CAPABILITIES


@pytest.mark.parametrize("allowed", ALLOWED, ids=lambda each: f"{each[0]}.{each[1]}")
def test_an_import_of_the_list_is_admitted_with_a_grant_that_it_needs_and_not_without(
    allowed: tuple[str, str, list[str], list[str], list[str]],
) -> None:
    module, name, parameters, results, capabilities = allowed
    wasm = importing(module, name, parameters, results)
    if not capabilities:
        assert admit(wasm).imports == (Import(module, name),)
        return
    for granted in (frozenset[str](), CAPABILITIES - set(capabilities)):
        error = refusal(wasm, granted)
        assert error.code == "E_ADMIT_GRANT"
        assert f"{module}.{name}" in str(error.data["detail"])
        assert all(capability in str(error.data["detail"]) for capability in capabilities)
    for capability in capabilities:
        assert admit(wasm, frozenset({capability})).imports == (Import(module, name),)


@pytest.mark.parametrize("allowed", ALLOWED, ids=lambda each: f"{each[0]}.{each[1]}")
def test_an_import_of_the_list_with_any_other_signature_is_refused(
    allowed: tuple[str, str, list[str], list[str], list[str]],
) -> None:
    module, name, parameters, results, _ = allowed
    for wrong in others(parameters, results):
        error = refusal(importing(module, name, *wrong), CAPABILITIES)
        assert error.code == "E_ADMIT_IMPORT_SIGNATURE", wrong
        assert f"{module}.{name} is (" in str(error.data["detail"])


@pytest.mark.parametrize("allowed", ALLOWED, ids=lambda each: f"{each[0]}.{each[1]}")
def test_a_name_beside_one_of_the_list_is_refused(
    allowed: tuple[str, str, list[str], list[str], list[str]],
) -> None:
    module, name, parameters, results, _ = allowed
    for other in ((module, name.upper()), (module, f"{name}\\00"), (f"{module}2", name)):
        error = refusal(importing(*other, parameters, results), CAPABILITIES)
        assert error.code == "E_ADMIT_IMPORT"


def test_every_cut_and_every_flipped_byte_of_a_node_is_judged_by_a_listed_code() -> None:
    codes = {"", *(code for demand in all_checks() for code in demand.codes)}
    wasm = generate.node()
    for at in range(len(wasm)):
        flipped = bytearray(wasm)
        flipped[at] ^= 0xFF
        for other in (wasm[:at], bytes(flipped)):
            assert {check.code for check in inspect(other)} <= codes
