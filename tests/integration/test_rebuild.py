"""The ledger leaves the database as a folder, and comes back from it as the same world."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from logos_graph.archive import Archive
from logos_graph.canon import Json
from logos_graph.governance import Conducts
from logos_graph.ledger.merkle import Frontier
from logos_graph.settings import Settings
from logos_graph.store import read_state, restore
from logos_graph.wiring import System, open_system, start_database, stop_database
from tests.archive.conftest import exported
from tests.integration.asking import COUNTS, join, publish, revoke
from tests.integration.conftest import EXAMPLE, Cast, Logos
from tests.integration.publishing import draft, published, result
from tests.supervisor.guarded import Guarded

Broken = Callable[[System], dict[str, Any]]
BEGUN = 7
"""Entries that an interrupted rebuild left."""


@pytest.fixture(scope="module")
def world(example: Cast) -> Cast:
    """Everything that can be in a ledger is in this one, whichever tests ran before."""
    tally: dict[str, Json] = {"namespace": "rebuilt", "write": True}
    publish(example, "rebuilt-counts", COUNTS, {"kv": tally})
    flow = join(example, "rebuilt-flow", "rebuilt-counts", "rebuilt-counts")
    for value in (5, 1000):  # the second one fails
        this: dict[str, Json] = {"flow": flow, "inputs": {"value": value}}
        assert example.submit(example.operator, "flow.run", this).status == "COMMITTED"
    node = published(example, "rebuilt-old", "value + 77")
    out: dict[str, Json] = {"node": node, "reason": "it is old"}
    assert result(example.submit(example.operator, "node.deprecate", out))
    locked = published(example, "rebuilt-locked", "value + 78")
    good: dict[str, Json] = {"node": locked, "reason": "it is good"}
    waiting = example.submit(example.operator, "node.promote", good)
    (settled,) = example.consent(example.treasury[0], waiting).settled
    assert settled.status == "COMMITTED", settled
    assert result(draft(example, "this is no Rust", "rebuilt-draft"))["status"] == "unbuilt"
    counts = example.system.reader.resolve("rebuilt-counts", ("Node",))
    grants = example.system.reader.rows("read/grants_in_force", node=None)
    revoke(example, next(row["grant"] for row in grants if row["node"] == counts))
    payments = [
        json.loads((EXAMPLE / "payments" / f"{name}.json").read_text())
        for name in ("ok", "refused", "large", "reject")
    ]
    ends = {example.submit(example.agent, "transfer", each).status for each in payments}
    assert "GHOST" in ends
    example.activate((EXAMPLE / "policy.cedar").read_text())
    return example


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Iterator[Settings]:
    """A home that was never used; its server is stopped afterwards."""
    new = Settings(tmp_path / "another home", settings.cache, "supervisor", None)
    yield new
    stop_database(new)


def test_an_export_rebuilds_the_same_world(
    world: Cast, logos: Logos, home: Settings, tmp_path: Path, broken: Broken, settings: Settings
) -> None:
    folder = tmp_path / "export"
    exported = logos("ledger", "export", folder, "--json")
    assert exported.status == 0, exported
    before = logos("ledger", "verify", "--json").document
    assert exported.document["size"] == before["entries"]
    offline = logos("verify", folder, "--supervisor", world.operator.did, "--json", home=home.home)
    assert (offline.status, offline.document["state"]) == (0, before["state"]), offline
    assert not (home.home / "neo4j").exists()

    start_database(home, lambda _line: None, found=False)
    with open_system(home) as system:
        archive = Archive(folder)
        begun = islice(archive.entries(), BEGUN)
        assert restore(
            system.store, begun, archive.blob, after=None, tree=Frontier(), conducts=Conducts()
        )
    rebuilt = logos("ledger", "rebuild", folder, "--json", home=home.home)
    assert rebuilt.status == 0, rebuilt
    assert (rebuilt.document["already"], rebuilt.document["state"]) == (BEGUN, before["state"])
    again = logos("ledger", "rebuild", folder, "--json", home=home.home)
    assert again.document["already"] == before["entries"], again
    with open_system(home) as system:
        assert read_state(system.reader) == read_state(world.system.reader)
        assert broken(system) == {}
        assert list(system.store.entries(0)) == world.entries()[: before["entries"]]
    after = logos("ledger", "verify", "--json", home=home.home)
    assert after.status == 0, after
    same = ("entries", "head", "state", "invariants", "counts")
    assert {name: after.document[name] for name in same} == {name: before[name] for name in same}

    shutil.copytree(settings.home / "keys", home.home / "keys", dirs_exist_ok=True)
    inputs = tmp_path / "payment.json"
    inputs.write_text(json.dumps({"value": 3}))
    ran = logos("run", "rebuilt-flow", "--input", inputs, "--json", home=home.home)
    assert (ran.status, "E_CAPABILITY_MISSING" in ran.out) == (1, True), ran
    grown = logos("ledger", "verify", "--json", home=home.home)
    assert grown.document["entries"] > before["entries"]
    assert grown.status == 0, grown
    refused = logos("ledger", "rebuild", folder, "--json", home=home.home)
    assert (refused.status, refused.document["error"]["code"]) == (1, "E_NOT_EMPTY")


def test_a_database_with_a_ledger_is_not_rebuilt(world: Cast, logos: Logos, tmp_path: Path) -> None:
    other = Guarded()
    exported(other, other.entries(), tmp_path)
    refused = logos("ledger", "rebuild", tmp_path, "--json")  # whose ledger, this home's key says
    assert refused.status == 1
    assert refused.document["error"]["code"] in ("E_CHAIN_SIGNATURE", "E_CHAIN_SUPERVISOR")
    trusted = str(other.entries()[0].body["supervisor"])
    refused = logos("ledger", "rebuild", tmp_path, "--supervisor", trusted, "--json")
    assert (refused.status, refused.document["error"]["code"]) == (1, "E_NOT_EMPTY")


def test_an_export_without_the_supervisor_s_key_is_refused(
    world: Cast, logos: Logos, tmp_path: Path
) -> None:
    given = world.system.connection
    ended = logos(
        "ledger", "export", tmp_path / "export", "--json", home=tmp_path / "home",
        NEO4J_URI=given.uri, NEO4J_USERNAME=given.username, NEO4J_PASSWORD=given.password,
    )  # fmt: skip
    assert (ended.status, ended.document["error"]["code"]) == (1, "E_NOT_SUPERVISOR"), ended
    assert not (tmp_path / "export" / "checkpoint").exists()


def test_an_export_follows_the_ledger(world: Cast, logos: Logos, tmp_path: Path) -> None:
    first = logos("ledger", "export", tmp_path).out
    assert "entries" in first
    again = logos("ledger", "export", tmp_path, "--json").document
    assert again["already"] == again["size"]
    world.activate((EXAMPLE / "policy.cedar").read_text())
    later = logos("ledger", "export", tmp_path, "--json").document
    assert later["already"] == again["size"] < later["size"]
    shown = logos("verify", tmp_path)
    assert (shown.status, "not compared" in shown.out) == (0, True), shown
