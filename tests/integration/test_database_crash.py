"""The database's own process is killed: what was acknowledged is there when it comes back."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.database import ManagedDatabase
from logos_graph.errors import EnvironmentFault
from logos_graph.identity import Signer
from logos_graph.ledger import verify_chain
from logos_graph.settings import Settings
from logos_graph.wiring import System, open_system, start_database
from tests.homes import running_home

if TYPE_CHECKING:
    from tests.integration.conftest import Logos

ACKNOWLEDGED = 25


@pytest.fixture
def own(tmp_path: Path, cache: Path) -> Iterator[Settings]:
    """A home of the test's own, with a running database."""
    with running_home(tmp_path / "own", cache) as running:
        yield running


def register(system: System, number: int) -> ContentId:
    """Registers a principal; its intent, once the gate has acknowledged the effect."""
    this: dict[str, Json] = {
        "did": Signer.from_seed(number.to_bytes(32)).did,
        "name": f"service-{number}",
        "type": "service",
        "roles": [],
    }
    signed = system.compose(
        system.keys.load("supervisor"), "principal.register", this,
        if_ok="emit:a", if_doubt="abort", if_not="emit:b",
    )  # fmt: skip
    outcome = system.supervisor.execute(signed)
    assert outcome.status == "COMMITTED"
    return outcome.intent


def test_a_killed_database_comes_back_with_every_acknowledged_entry(
    own: Settings, logos: Logos, broken: Callable[[System], dict[str, Any]]
) -> None:
    database = ManagedDatabase(own.home, own.cache)
    acknowledged: list[ContentId] = []
    enough, ended = threading.Event(), list[BaseException]()

    def submit_until_it_fails() -> None:
        try:
            while True:
                acknowledged.append(register(system, len(acknowledged) + 1))
                if len(acknowledged) == ACKNOWLEDGED:
                    enough.set()
        except BaseException as error:  # noqa: BLE001 - looked at below
            ended.append(error)
            enough.set()

    with open_system(own) as system:
        writer = threading.Thread(target=submit_until_it_fails)
        writer.start()
        enough.wait()
        pid = database.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)  # in the middle of whatever the writer is doing
        writer.join()
    (failure,) = ended
    assert isinstance(failure, EnvironmentFault), failure
    assert len(acknowledged) >= ACKNOWLEDGED

    down = logos("status", "--json", home=own.home)
    assert (down.status, down.document["database"]["state"]) == (3, "crashed")
    down = logos("ledger", "verify", "--json", home=own.home)
    assert (down.status, down.document["error"]["code"]) == (3, "E_DATABASE_DOWN")

    start_database(own, lambda _line: None)
    with open_system(own) as system:
        view = system.supervisor.view  # what was in flight is finished now
        for number, cid in enumerate(acknowledged, 1):
            record = system.store.intent(cid)
            assert record is not None
            assert record.status == "COMMITTED"
            assert Signer.from_seed(number.to_bytes(32)).did in view.principals
        assert not view.pending
        entries = list(system.store.entries(0))
        assert len(list(verify_chain(entries, system.keys.load("supervisor").did))) == len(entries)
        assert [str(entry.kind) for entry in entries].count("intent") - len(acknowledged) in (0, 1)
        assert broken(system) == {}
        register(system, 9999)  # and it goes on
    assert logos("ledger", "verify", "--json", home=own.home).document["verified"]
