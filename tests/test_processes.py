"""Who is at work is what the kernel says: a lock held by a real process, let go by its end."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from logos_graph.processes import LockedWriters

# Holds the lock of one writer until its standard input ends; then closes it as a command does.
WRITER = """
import subprocess, sys
from pathlib import Path
from logos_graph.processes import LockedWriters
writers = LockedWriters(Path(sys.argv[1]), sys.argv[2])
{then}
print("ready", flush=True)
sys.stdin.read()
writers.close()
"""
OUTLIVED = (
    "subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'], close_fds=False)"
)

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the locks are; not there yet."""
    return tmp_path / "home" / "writers"


@pytest.fixture
def writers(folder: Path) -> Iterator[LockedWriters]:
    """This process as the writer `own`."""
    with closing(LockedWriters(folder, "own")) as held:
        yield held


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts another process as a writer and returns once it holds its lock."""
    started: list[subprocess.Popen[str]] = []

    def run(writer: str, then: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER.format(then=then), str(folder), writer]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_this_process_is_alive(writers: LockedWriters) -> None:
    assert writers.own == "own"
    assert writers.alive("own")


def test_a_writer_nobody_heard_of_is_dead(writers: LockedWriters) -> None:
    assert not writers.alive("stranger")


def test_a_writer_in_another_process_is_alive_however_often_one_asks(
    writers: LockedWriters, start: Start
) -> None:
    start("other")
    assert [writers.alive("other") for _ in range(3)] == [True] * 3


def test_each_of_two_processes_knows_the_other_by_its_own_id_only(
    writers: LockedWriters, start: Start
) -> None:
    first, second = start("first"), start("second")
    first.kill()
    first.wait()
    assert not writers.alive("first")
    assert writers.alive("second")
    second.kill()
    second.wait()
    assert not writers.alive("second")


def test_a_killed_writer_is_dead_and_its_file_swept_away(
    writers: LockedWriters, start: Start, folder: Path
) -> None:
    process = start("other")
    process.kill()
    process.wait()
    assert (folder / "other.lock").exists()
    assert not writers.alive("other")
    assert not (folder / "other.lock").exists()
    assert not writers.alive("other")


def test_a_writer_that_ended_leaves_no_file(
    writers: LockedWriters, start: Start, folder: Path
) -> None:
    process = start("other")
    process.communicate("")
    assert process.returncode == 0
    assert not (folder / "other.lock").exists()
    assert not writers.alive("other")


def test_what_a_writer_started_does_not_keep_it_alive(writers: LockedWriters, start: Start) -> None:
    process = start("other", then=OUTLIVED)
    process.kill()
    process.wait()
    assert not writers.alive("other")


def test_another_process_sees_this_one_until_it_closes(folder: Path) -> None:
    ask = (
        "import sys; from pathlib import Path; from logos_graph.processes import LockedWriters\n"
        "print(LockedWriters(Path(sys.argv[1]), 'asker').alive('own'))"
    )

    def answer() -> str:
        command = [sys.executable, "-c", ask, str(folder)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    held = LockedWriters(folder, "own")
    assert answer() == "True\n"
    held.close()
    assert answer() == "False\n"


@pytest.mark.parametrize("writer", ["../outside", "/../../outside", "a/../../outside"])
def test_no_writers_id_reaches_beyond_the_folder(
    writers: LockedWriters, folder: Path, writer: str
) -> None:
    outside = folder.parent / "outside.lock"
    outside.touch()
    assert not writers.alive(writer)
    assert outside.exists()


def test_locks_are_for_their_owner_only(writers: LockedWriters, folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "own.lock").stat().st_mode & 0o777 == 0o600


def test_what_killed_writers_left_is_swept_away_by_the_next_one(start: Start, folder: Path) -> None:
    alive = start("alive")
    for writer in ("first", "second"):
        process = start(writer)
        process.kill()
        process.wait()
    (folder / "unfinished.new").touch()  # killed before it had its name
    (folder / "notes.txt").touch()
    with closing(LockedWriters(folder, "own")) as own:
        found = {path.name for path in folder.iterdir()}
        assert found == {"own.lock", "alive.lock", "notes.txt"}
        assert own.alive("alive")
    assert alive.poll() is None


def test_no_sweep_takes_the_lock_of_a_writer_that_just_begins(folder: Path) -> None:
    """Every descriptor has a lock of its own, so threads meet here as processes do."""
    each, wrong = 300, list[str]()

    def come_and_go(name: int) -> None:
        for time in range(each):
            writer = f"{name}-{time}"
            with closing(LockedWriters(folder, writer)), closing(_asker(folder, name)) as asker:
                if not asker.alive(writer):
                    wrong.append(writer)

    threads = [threading.Thread(target=come_and_go, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert list(folder.iterdir()) == []


def _asker(folder: Path, name: int) -> LockedWriters:
    return LockedWriters(folder, f"asker-{name}-{uuid4().hex}")


def test_two_who_ask_about_a_dead_writer_at_once_both_learn_that_it_is_dead(
    writers: LockedWriters, folder: Path
) -> None:
    with (folder / "dead.lock").open("w") as asked:
        fcntl.flock(asked, fcntl.LOCK_SH)  # as another one that asks holds it
        assert not writers.alive("dead")


def test_however_many_files_were_left_a_start_looks_at_a_bounded_number(folder: Path) -> None:
    folder.mkdir(parents=True)
    for index in range(1500):
        (folder / f"{index}.lock").touch()
    LockedWriters(folder, "first").close()
    assert 0 < len(list(folder.iterdir())) <= 501
    LockedWriters(folder, "second").close()
    assert list(folder.iterdir()) == []
