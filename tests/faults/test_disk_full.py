"""The disk that the database lies on fills up while it is written to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from logos_graph.database import DatabaseOptions
from logos_graph.errors import EnvironmentFault
from logos_graph.resources import locate
from logos_graph.settings import Settings
from tests.faults.account import Account
from tests.faults.conftest import QUICK, Ground
from tests.faults.writer import registration

SIZE_MB = 400


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of its own, SIZE_MB large."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "logos", str(folder)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"a full disk takes a filesystem of its own, hence root: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def confined(small_disk: Path, tmp_path: Path, cache: Path) -> Iterator[Ground]:
    """A server whose files lie there, and grow with every commit."""
    deploy = tmp_path / "deploy"
    for name in ("neo4j", "guard"):
        shutil.copytree(locate("deploy") / name, deploy / name)
    with (deploy / "neo4j" / "neo4j.conf").open("a") as conf:
        conf.write("db.tx_log.preallocate=false\n")
    options = DatabaseOptions(jvm_flags=QUICK, free_disk=32 << 20, stop_timeout=2)
    ground = Ground(Settings(small_disk / "home", cache, "supervisor", None), options, deploy)
    try:
        ground.start()
        yield ground
    finally:
        ground.database.stop()


def fill(path: Path) -> None:
    """Takes whatever is free, to the last byte."""
    with path.open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    os.write(file.fileno(), b"\0" * size)
            except OSError:
                continue


def test_a_full_disk_loses_nothing_that_was_acknowledged_and_doubles_nothing(
    confined: Ground, small_disk: Path
) -> None:
    account, filler = Account(), small_disk / "filler"
    with confined.opened() as system:
        operator, supervisor = system.keys.load("supervisor"), system.supervisor
        for number in range(5):
            signed = registration(system, operator, f"before-{number}")
            assert account.submit(supervisor, signed) == "COMMITTED"
        fill(filler)
        error = None
        for number in range(1000):
            signed = registration(system, operator, f"full-{number}")
            try:
                outcome = supervisor.execute(signed)
            except EnvironmentFault as fault:
                error = fault
                account.told[signed.intent.cid].append(fault.code)
                break
            account.told[signed.intent.cid].append(outcome.status)
            if outcome.error is not None:
                assert isinstance(outcome.error, EnvironmentFault)
                error = outcome.error
                break
    assert error is not None
    assert error.code in ("E_UNKNOWN_OUTCOME", "E_DATABASE", "E_NOT_WRITTEN")
    assert error.hint

    assert confined.database.stop()  # killed, if it hangs in its own end
    assert confined.database.status().pid is None
    with pytest.raises(EnvironmentFault) as caught:
        confined.start()
    assert caught.value.code == "E_DISK_FULL"
    filler.unlink()
    confined.start()
    confined.check(account)
    with confined.opened() as system:  # and it goes on
        signed = registration(system, system.keys.load("supervisor"), "after")
        assert account.insist(system.supervisor, signed) == ["COMMITTED"]
    confined.check(account)
    confined.verify()
