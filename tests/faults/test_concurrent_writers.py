"""16 clients write at once while a connection is cut, a writer killed, the database killed.

Each fault strikes before an append took hold and after it did, before the answer came. What every
client was told is written down by the client itself.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.account import read_log
from tests.faults.conftest import ended, say
from tests.faults.points import POINTS, fault_at
from tests.faults.proxy import Proxy

if TYPE_CHECKING:
    from tests.faults.conftest import Ground, Writers

pytestmark = pytest.mark.usefixtures("verified")

COUNT = 4
"""Acts of each client."""


@pytest.mark.parametrize("point", POINTS)
def test_a_cut_connection_loses_and_doubles_nothing(
    ground: Ground, proxy: Proxy, writers: Writers, tmp_path: Path, point: str
) -> None:
    log = tmp_path / "log"
    writer = writers(proxy, log, f"cut {point}", threads=16, count=COUNT)
    fault = proxy.inject(fault_at(point))
    say(writer, "go")
    say(writer, "again")  # whoever was cut off submits again at once
    ended(writer)
    assert fault.reached.is_set()
    account = read_log(log)
    assert len(account.told) == 16 * COUNT
    ground.check(account)


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_writer_loses_and_doubles_nothing(
    ground: Ground, proxy: Proxy, writers: Writers, tmp_path: Path, point: str
) -> None:
    """Two processes of 8 clients each; the other one goes on."""
    logs = [tmp_path / name for name in ("killed", "other")]
    with Proxy(ground.port) as beside:
        killed, other = (
            writers(way, log, f"{log.name} {point}", threads=8, count=COUNT)
            for way, log in zip((proxy, beside), logs, strict=True)
        )
        fault = proxy.inject(fault_at(point, held=True))
        for writer in (killed, other):
            say(writer, "go")
        assert fault.reached.wait(60)
        killed.kill()
        assert killed.wait() == -signal.SIGKILL
        fault.release()
        ended(other)
    finished = read_log(logs[1])
    assert len(finished.with_status("COMMITTED")) == 8 * COUNT
    account = read_log(*logs)
    assert len(account.told) < 16 * COUNT
    ground.check(account)


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_database_loses_and_doubles_nothing(
    ground: Ground, proxy: Proxy, writers: Writers, tmp_path: Path, point: str
) -> None:
    """The writers live on, and submit again what was not acknowledged."""
    log = tmp_path / "log"
    writer = writers(proxy, log, f"down {point}", threads=16, count=COUNT)
    fault = proxy.inject(fault_at(point, held=True))
    say(writer, "go")
    assert fault.reached.wait(60)
    ground.kill()
    fault.release()
    ground.start()
    proxy.upstream = ground.port
    say(writer, "again")
    ended(writer)
    account = read_log(log)
    assert len(account.told) == 16 * COUNT
    ground.check(account)
