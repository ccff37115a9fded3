"""Builds: the same source gives the same module, and a refusal names the line."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from logos_graph.errors import EnvironmentFault, InvalidInput, Rejected
from logos_graph.wasm.builder import MAX_SOURCE, Builder
from logos_graph.wasm.diagnostics import Level, parse_diagnostics
from logos_graph.wasm.sandbox import BuildLimits, Sandbox
from logos_graph.wasm.toolchain import find_toolchain

DOUBLE = b"""use logos_sdk::prelude::*;

node! {
    /// Twice the number.
    fn double(number: u32) -> twice: u32 {
        number * 2
    }
}
"""


def node(body: str, output: str = "u32") -> bytes:
    """A node over one u32; the body stands on line 3."""
    source = f"use logos_sdk::prelude::*;\nnode! {{ fn rule(number: u32) -> result: {output} {{\n"
    return f"{source}{body}\n}} }}\n".encode()


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("cache"))


def test_the_same_source_gives_the_same_module_from_any_folder(
    builder: Builder, tmp_path: Path
) -> None:
    here = builder.build(DOUBLE)
    there = Builder(tmp_path / "another cache, with spaces").build(DOUBLE)
    assert here == there
    assert here.module.startswith(b"\0asm")


def test_another_source_gives_another_module(builder: Builder) -> None:
    other = DOUBLE.replace(b"number * 2", b"number * 3")
    assert builder.build(DOUBLE).module != builder.build(other).module


def test_the_toolchain_is_named_in_one_line(builder: Builder) -> None:
    line = builder.build(DOUBLE).toolchain
    assert line.startswith("rustc 1.")
    assert "; b3:" in line
    assert len(line.splitlines()) == 1


def test_the_sdk_is_built_once_for_all_builders_of_a_cache(tmp_path: Path) -> None:
    Builder(tmp_path).build(DOUBLE)
    [library] = tmp_path.rglob("*.rlib")
    made = library.stat()
    Builder(tmp_path).build(DOUBLE)
    assert library.stat().st_mtime_ns == made.st_mtime_ns


def test_a_build_leaves_nothing_behind_but_the_sdk(builder: Builder, tmp_path: Path) -> None:
    building = Builder(tmp_path)
    building.build(DOUBLE)
    with pytest.raises(Rejected):
        building.build(node("missing"))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["liblogos_sdk.rlib"]


def test_a_compile_error_carries_rustcs_own_message_with_its_line(builder: Builder) -> None:
    with pytest.raises(Rejected) as refused:
        builder.build(node('    number + "one"'))
    error = refused.value
    assert error.code == "E_COMPILE"
    assert error.message.startswith("line 3, column ")
    assert error.message.endswith("[E0277]")
    first = error.data["diagnostics"][0]  # type: ignore[index]
    assert (first["level"], first["code"], first["line"]) == ("error", "E0277", 3)
    assert 'number + "one"' in first["rendered"]
    assert "node.rs:3:" in first["rendered"]


def test_every_error_comes_back_not_only_the_first(builder: Builder) -> None:
    with pytest.raises(Rejected) as refused:
        builder.build(node("one();\ntwo();\n0"))
    lines = [each["line"] for each in refused.value.data["diagnostics"]]  # type: ignore[attr-defined]
    assert lines == [3, 4]


@pytest.mark.parametrize(
    "text", ["a\u2028b", "a\u0085b", "out of memory", "memory allocation of 1", "File too large"]
)
def test_no_text_of_an_author_hides_what_the_compiler_says_of_it(
    builder: Builder, text: str
) -> None:
    with pytest.raises(Rejected) as refused:
        builder.build(node(f'"{text}"'))
    assert refused.value.code == "E_COMPILE"
    assert "line 3" in refused.value.message


def test_an_error_is_told_before_any_number_of_warnings(builder: Builder) -> None:
    warnings = "".join(f"let a{number} = 1;\n" for number in range(120))
    with pytest.raises(Rejected) as refused:
        builder.build(node(f"const A: u32 = 1 / 0;\n{warnings}A"))
    assert refused.value.code == "E_COMPILE"
    told = refused.value.data["diagnostics"]
    assert (len(told), told[0]["line"]) == (100, 3)  # type: ignore[arg-type,index]


def test_warnings_come_back_with_the_module(builder: Builder) -> None:
    [warning] = builder.build(node("let unused = 1;\nnumber")).diagnostics
    assert warning.level is Level.WARNING
    assert (warning.code, warning.line) == ("unused_variables", 3)


def behind_the_screen(builder: Builder, source: bytes) -> str:
    """What the sandbox alone says of a source that the screen refuses."""
    with pytest.raises(Rejected) as screened:
        builder.build(source)
    assert screened.value.code.startswith("E_SOURCE_")
    with pytest.raises(Rejected) as refused:
        builder.build_tests(source)
    assert refused.value.code == "E_COMPILE"
    return refused.value.message.replace("`", "")


def test_the_machines_files_cannot_be_read(builder: Builder) -> None:
    for path in ("/etc/passwd", "/proc/self/environ", "/proc/version", "/dev/null", __file__):
        source = f"const FOUND: &[u8] = include_bytes!({path!r});".replace("'", '"').encode()
        assert f"couldn't read {path}" in behind_the_screen(builder, source)


def test_the_environment_is_empty(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGOS_TEST_SECRET", "42")
    said = behind_the_screen(builder, b'const SECRET: &str = env!("LOGOS_TEST_SECRET");')
    assert "LOGOS_TEST_SECRET" in said


def test_unstable_features_are_refused(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTC_BOOTSTRAP", "1")
    assert "E0554" in behind_the_screen(builder, b"#![feature(box_patterns)]\n")


def test_a_source_that_is_too_long_is_not_built(builder: Builder) -> None:
    with pytest.raises(InvalidInput) as refused:
        builder.build(b"/" * (MAX_SOURCE + 1))
    assert refused.value.code == "E_SOURCE_SIZE"


def test_a_source_that_is_not_utf8_names_the_byte(builder: Builder) -> None:
    with pytest.raises(InvalidInput) as refused:
        builder.build(b"// \xff")
    assert (refused.value.code, refused.value.data["offset"]) == ("E_SOURCE_UTF8", 3)


def test_a_machine_without_the_compiler_is_told_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as fault:
        Builder(tmp_path, rustc=tmp_path / "rustc").build(DOUBLE)
    assert fault.value.code == "E_TOOLCHAIN"
    assert "apt-get install" in fault.value.hint


def test_a_compiler_that_is_too_old_is_passed_over_with_the_reason(tmp_path: Path) -> None:
    rustc = tmp_path / "bin" / "rustc"
    rustc.parent.mkdir()
    rustc.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = --print ] && echo "{tmp_path}" && exit\n'
        "printf 'rustc 1.62.1\\nrelease: 1.62.1\\nhost: x\\n'\n"
    )
    rustc.chmod(0o755)
    with pytest.raises(EnvironmentFault, match=r"older than 1\.63"):
        Builder(tmp_path / "cache", rustc=rustc).build(DOUBLE)


def test_there_is_no_build_without_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    toolchain = find_toolchain()
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(EnvironmentFault) as fault:
        Sandbox(toolchain, BuildLimits())
    assert fault.value.code == "E_SANDBOX"
    assert "apt-get install" in fault.value.hint


def test_a_cache_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    with pytest.raises(EnvironmentFault) as fault:
        Builder(taken).build(DOUBLE)
    assert fault.value.code == "E_CACHE"


def _place_of_the_sdk(cache: Path) -> Path:
    """Where the SDK is kept, which is not there now."""
    Builder(cache).build(DOUBLE)
    [library] = (cache / "builder" / "sdk").glob("*/*.rlib")
    library.unlink()
    return library


def test_an_sdk_that_cannot_be_kept_is_named(tmp_path: Path) -> None:
    _place_of_the_sdk(tmp_path).mkdir()  # a folder where the library belongs
    with pytest.raises(EnvironmentFault) as fault:
        Builder(tmp_path).build(DOUBLE)
    assert fault.value.code == "E_CACHE"
    parent = tmp_path / "other" / "builder" / "sdk"
    parent.parent.mkdir(parents=True)
    parent.write_text("a file where the folder belongs")
    with pytest.raises(EnvironmentFault) as fault:
        Builder(tmp_path / "other").build(DOUBLE)
    assert fault.value.code == "E_CACHE"
    for cache in (tmp_path, tmp_path / "other"):
        assert not list((cache / "builder").glob("build-*"))


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may grow beyond a few bytes, as if the disk were full.

    For as short as can be: what the tests print may go to a file too.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_source_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    builder = Builder(tmp_path)
    builder.build(DOUBLE)
    with pytest.raises(EnvironmentFault) as fault, full_disk():
        builder.build(DOUBLE)
    assert (fault.value.code, fault.value.data["path"]) == ("E_CACHE", str(tmp_path / "builder"))
    assert not list((tmp_path / "builder").glob("build-*"))


def test_what_is_no_json_among_the_compilers_messages_is_left_out() -> None:
    said = b'{"message":"odd","level":"error","spans":[]}\nthread panicked\n[]\n{"artifact":"x"}\n'
    [only] = parse_diagnostics(said, "node.rs")
    assert (only.message, only.line, only.rendered) == ("odd", None, "odd")
