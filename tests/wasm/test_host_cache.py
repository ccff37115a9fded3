"""Compiled code on disk: restored when it is ours, dropped and made again when it is not."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logos_wasm_host import assemble

from logos_graph.canon import ContentId, content_id
from logos_graph.errors import EnvironmentFault, InvalidInput
from logos_graph.wasm.compiled_cache import CompiledCache
from logos_graph.wasm.runtime import WasmHost

KEY = b"a key of this test only"


def node(status: str) -> bytes:
    return assemble(
        f"""(module
          (memory (export "memory") 1)
          (data (i32.const 1) "{status}")
          (func (export "logos_alloc") (param i32) (result i32) i32.const 4096)
          (func (export "logos_call") (param i32 i32) (result i64) (i64.const 4))
          (@custom "logos.descriptor" "{{}}"))"""
    )


WASM = node("one")
NODE = content_id(WASM)


def call(folder: Path, wasm: bytes = WASM, key: bytes = KEY) -> bytes:
    """By a host that has nothing in memory, as in a new process."""
    host = WasmHost(folder, key)
    host.load(content_id(wasm), wasm)
    return host.call(content_id(wasm), b"").output


def artefact_file(folder: Path, of: ContentId = NODE) -> Path:
    (found,) = folder.glob(f"*/{of.removeprefix('b3:')}")
    return found


def test_a_second_process_restores_what_the_first_compiled(tmp_path: Path) -> None:
    assert call(tmp_path) == b"one"
    file = artefact_file(tmp_path)
    before = file.stat()
    assert call(tmp_path) == b"one"
    after = file.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_the_same_module_compiles_to_the_same_bytes(tmp_path: Path) -> None:
    call(tmp_path / "a")
    call(tmp_path / "b")
    assert artefact_file(tmp_path / "a").read_bytes() == artefact_file(tmp_path / "b").read_bytes()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("kept")
    call(folder)
    return folder, artefact_file(folder).read_bytes()


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_never_run(kept: tuple[Path, bytes], data: st.DataObject) -> None:
    folder, sound = kept
    at = data.draw(st.integers(0, len(sound) - 1))
    flipped = bytearray(sound)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    cache = CompiledCache(folder, KEY)
    file = next(folder.iterdir()) / NODE.removeprefix("b3:")
    file.write_bytes(flipped)
    assert cache.get(NODE) is None
    assert not file.exists()


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 1_000])
def test_a_cut_file_is_dropped_and_built_again(tmp_path: Path, length: int) -> None:
    call(tmp_path)
    file = artefact_file(tmp_path)
    sound = file.read_bytes()
    file.write_bytes(sound[:length])
    assert call(tmp_path) == b"one"
    assert file.read_bytes() == sound


def test_a_file_written_under_another_key_is_dropped_and_built_again(tmp_path: Path) -> None:
    call(tmp_path, key=b"somebody else's secret")
    theirs = artefact_file(tmp_path).read_bytes()
    assert CompiledCache(tmp_path, KEY).get(NODE) is None
    assert call(tmp_path) == b"one"
    assert artefact_file(tmp_path).read_bytes() != theirs


def test_one_nodes_file_does_not_pass_for_another(tmp_path: Path) -> None:
    other = node("two")
    call(tmp_path)
    call(tmp_path, other)
    artefact_file(tmp_path).write_bytes(artefact_file(tmp_path, content_id(other)).read_bytes())
    assert call(tmp_path) == b"one"


def test_another_builds_file_does_not_pass_for_this_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(tmp_path)
    ours = artefact_file(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("logos_wasm_host.BUILD_ID", "another-build")
        call(tmp_path)
    (theirs,) = tmp_path.glob("another-build-*/*")
    assert theirs.read_bytes() != ours.read_bytes()
    theirs.replace(ours)
    assert CompiledCache(tmp_path, KEY).get(NODE) is None
    assert not ours.exists()


def test_an_authentic_file_that_is_no_artefact_is_built_again(tmp_path: Path) -> None:
    CompiledCache(tmp_path, KEY).put(NODE, b"authentic nonsense")
    assert call(tmp_path) == b"one"


def test_files_are_their_owners_alone_and_no_staged_one_stays(tmp_path: Path) -> None:
    call(tmp_path)
    file = artefact_file(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        WasmHost(tmp_path, b"short")
    assert caught.value.code == "E_CACHE_KEY"


def test_a_cache_that_cannot_be_written_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(EnvironmentFault) as caught:
        call(blocked)
    assert caught.value.code == "E_CACHE"
    assert str(blocked) in caught.value.message


def test_an_id_that_is_none_never_becomes_a_path(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        CompiledCache(tmp_path, KEY).get(ContentId("b3:../../etc/passwd"))
