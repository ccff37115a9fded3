"""The database's files are put back from an older copy while a writer lives that has seen more.

tests/integration/test_checkpoints.py shows how `ledger verify --against` finds it out later on.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from logos_graph.errors import NotVerified
from logos_graph.wiring import System
from tests.faults.account import Account
from tests.faults.conftest import Ground
from tests.faults.proxy import Proxy
from tests.faults.writer import registration

pytestmark = pytest.mark.usefixtures("verified")


def refused(ground: Ground, live: System, name: str) -> NotVerified:
    """What the live writer is told; that nothing of it was written."""
    signed = registration(live, live.keys.load("supervisor"), name)
    with ground.opened() as other:
        before = other.reader.head()
        with pytest.raises(NotVerified) as caught:
            live.supervisor.execute(signed)
        assert other.reader.head() == before
        assert other.store.intent(signed.intent.cid) is None
    return caught.value


def grow(ground: Ground, name: str, acts: int) -> None:
    """Another process writes to the restored ledger, which is all that it knows."""
    with ground.opened() as other:
        operator = other.keys.load("supervisor")
        for number in range(acts):
            signed = registration(other, operator, f"{name}-{number}")
            assert other.supervisor.execute(signed).status == "COMMITTED"


def test_a_writer_that_has_seen_more_does_not_go_on(
    ground: Ground, proxy: Proxy, tmp_path: Path
) -> None:
    ground.database.stop()
    shutil.copytree(ground.data, tmp_path / "older")
    ground.start()
    proxy.upstream = ground.port
    with ground.opened(proxy) as live:
        operator = live.keys.load("supervisor")
        for number in range(2):
            signed = registration(live, operator, f"lost with the newer files {number}")
            assert live.supervisor.execute(signed).status == "COMMITTED"
        seen = live.supervisor.view.head

        ground.database.stop()
        shutil.rmtree(ground.data)
        shutil.copytree(tmp_path / "older", ground.data)
        ground.start()
        proxy.upstream = ground.port

        error = refused(ground, live, "behind")
        assert error.code == "E_CHAIN_ROLLBACK"
        assert (error.data["index"], error.data["expected"]) == (seen.index, seen.hash)
        assert error.data["found"] is None

        grow(ground, "to the same length", 2)
        error = refused(ground, live, "same length")
        assert (error.code, error.data["index"]) == ("E_CHAIN_ROLLBACK", seen.index)
        assert error.data["found"] not in (None, seen.hash)

        grow(ground, "beyond", 1)
        assert refused(ground, live, "beyond").code.startswith("E_CHAIN_")
        assert live.supervisor.view.head == seen
    ground.check(Account())
