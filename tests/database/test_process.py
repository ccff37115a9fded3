"""A process is known by number and birth, so that nobody else's is ever touched."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from logos_graph.database.process import Process, spawn

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    process = spawn(["/bin/sh", "-c", "exec sleep 600"], ENVIRONMENT, tmp_path / "output")
    yield process
    process.send(signal.SIGKILL)
    process.wait(10)


def test_a_spawned_process_has_its_own_session_and_output(tmp_path: Path) -> None:
    output = tmp_path / "output"
    script = "echo out; echo err >&2; ps -o sid= -p $$; echo $$"
    process = spawn(["/bin/sh", "-c", script], ENVIRONMENT, output)
    assert process.wait(10)
    out, err, session, number = output.read_text().split()
    assert (out, err) == ("out", "err")
    assert session == number == str(process.pid)


def test_an_ended_process_is_not_alive(sleeper: Process) -> None:
    assert sleeper.is_alive()
    assert not sleeper.wait(0)
    sleeper.send(signal.SIGTERM)
    assert sleeper.wait(10)
    assert not sleeper.is_alive()
    sleeper.send(signal.SIGKILL)  # nothing to send to, and no error


def test_a_recycled_number_is_somebody_elses_process(sleeper: Process) -> None:
    stale = replace(sleeper, born="an earlier process of the same number")
    assert not stale.is_alive()
    stale.send(signal.SIGKILL)
    assert sleeper.is_alive()


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen(["/bin/true"], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.read()  # it has ended, or is about to; nobody has waited for it
        assert Process(child.pid, "unknown").wait(10)
