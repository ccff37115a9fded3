"""Compiled code on disk: restored when it is ours, dropped and made again when it is not."""

from __future__ import annotations

import multiprocessing
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
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


DAY_NS = 24 * 3600 * 1_000_000_000


def used(path: Path, days_ago: float) -> None:
    """Lets a file or folder look as if it had last been used so long ago."""
    then = time.time_ns() - int(days_ago * DAY_NS)
    os.utime(path, ns=(then, then))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def numbered(number: int) -> ContentId:
    return content_id(str(number).encode())


def file_of(number: int) -> str:
    return numbered(number).removeprefix("b3:")


def test_the_least_recently_used_goes_first_when_the_bytes_do_not_fit(tmp_path: Path) -> None:
    cache = CompiledCache(tmp_path, KEY, max_bytes=3 * (100 + 32))
    for number in range(3):
        cache.put(numbered(number), bytes(100))
        used(artefact_file(tmp_path, numbered(number)), days_ago=3 - number)
    assert cache.get(numbered(0)) == bytes(100)  # used now, and so the last to go
    cache.put(numbered(3), bytes(100))
    assert names(tmp_path) == {file_of(0), file_of(2), file_of(3)}
    cache.put(numbered(4), bytes(200))
    assert names(tmp_path) <= {file_of(0), file_of(3), file_of(4)}
    assert file_of(2) not in names(tmp_path)


def test_an_artefact_larger_than_the_whole_cache_is_not_kept(tmp_path: Path) -> None:
    cache = CompiledCache(tmp_path, KEY, max_bytes=100)
    cache.put(NODE, bytes(100))
    assert cache.get(NODE) is None
    assert names(tmp_path) == set()


def test_what_writers_and_builds_that_are_gone_left_over_is_cleared(tmp_path: Path) -> None:
    cache = CompiledCache(tmp_path, KEY)
    cache.put(NODE, b"kept")
    ours = artefact_file(tmp_path).parent
    of_another = tmp_path / f"0.0.1-{'0' * 16}-1"
    of_another.mkdir()
    old = [
        ours / f"{file_of(1)}.{'a' * 16}.tmp",
        of_another / file_of(1),
        of_another / f"{file_of(1)}.{'a' * 16}.tmp",
    ]
    for path in old:
        path.write_bytes(b"left over")
        used(path, days_ago=2)
    used(of_another, days_ago=2)
    being_written = ours / f"{file_of(2)}.{'b' * 16}.tmp"
    being_written.write_bytes(b"in the middle")
    cache.put(numbered(3), b"new")
    assert names(tmp_path) == {artefact_file(tmp_path).name, file_of(3), being_written.name}
    assert not of_another.exists()


def test_a_build_that_is_still_in_use_and_foreign_files_are_left_alone(tmp_path: Path) -> None:
    in_use = tmp_path / f"0.0.1-{'0' * 16}-1" / file_of(1)
    foreign = tmp_path / "notes" / "diary.txt"
    for path in (in_use, foreign):
        path.parent.mkdir()
        path.write_bytes(b"something")
    used(foreign, days_ago=400)
    CompiledCache(tmp_path, KEY).put(NODE, b"new")
    assert in_use.exists()
    assert foreign.exists()


def test_all_builds_together_stay_within_the_bytes(tmp_path: Path) -> None:
    theirs = tmp_path / f"0.0.1-{'0' * 16}-1" / file_of(1)
    theirs.parent.mkdir()
    theirs.write_bytes(bytes(500))
    used(theirs, days_ago=0.5)
    CompiledCache(tmp_path, KEY, max_bytes=400).put(NODE, b"new")
    assert names(tmp_path) == {artefact_file(tmp_path).name}


def rummage(folder: str, seed: int, results: object) -> None:
    """Puts and gets under a bound that makes artefacts go all the time; tells what was wrong."""
    cache = CompiledCache(Path(folder), KEY, max_bytes=10 * 1_032)
    wrong = 0
    for turn in range(150):
        number = (turn * 7 + seed) % 25
        if turn % 2:
            cache.put(numbered(number), bytes([number]) * 1_000)
        else:
            wrong += cache.get(numbered(number)) not in {None, bytes([number]) * 1_000}
    results.put(wrong)  # type: ignore[attr-defined]


def test_several_processes_and_threads_share_a_cache_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [
        context.Process(target=rummage, args=(str(tmp_path), seed, results)) for seed in range(3)
    ]
    for process in processes:
        process.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda seed: rummage(str(tmp_path), seed, results), range(4)))
    assert [results.get(timeout=60) for _ in range(7)] == [0] * 7
    for process in processes:
        process.join()
        assert process.exitcode == 0
    CompiledCache(tmp_path, KEY, max_bytes=10 * 1_032).put(NODE, b"last")
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 10 * 1_032
    assert not [name for name in names(tmp_path) if name.endswith(".tmp")]


def load_and_call(folder: str, results: object) -> None:
    results.put(call(Path(folder)))  # type: ignore[attr-defined]


def test_processes_that_compile_one_node_at_once_all_can_call_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [
        context.Process(target=load_and_call, args=(str(tmp_path), results)) for _ in range(3)
    ]
    for process in processes:
        process.start()
    assert [results.get(timeout=120) for _ in processes] == [b"one"] * 3
    for process in processes:
        process.join()
    assert names(tmp_path) == {artefact_file(tmp_path).name}
