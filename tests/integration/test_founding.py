"""A database is founded once, however many want to found it at the same time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from logos_graph.canon import Json
from logos_graph.database import DatabaseOptions, ManagedDatabase
from logos_graph.errors import Conflict, NotVerified
from logos_graph.governance import Policy
from logos_graph.identity import Signer
from logos_graph.keystore import SUPERVISOR
from logos_graph.ledger import Entry, EntryKind, make_entry, verify_chain
from logos_graph.settings import Settings
from logos_graph.supervisor import found_ledger
from logos_graph.wiring import System, found_database, open_system

# Says that it is ready, waits for a line, then does what `logos up` does on a running server.
FOUND = """
import sys
from pathlib import Path
from logos_graph.settings import Settings
from logos_graph.wiring import found_database, open_system
with open_system(Settings(Path(sys.argv[1]), Path(sys.argv[2]), "supervisor", None)) as system:
    system.driver.verify_connectivity()
    print("ready", flush=True)
    sys.stdin.readline()
    found_database(system, lambda line: None)
    print(system.ledger, flush=True)
"""
PROCESSES = 2


@pytest.fixture
def unfounded(tmp_path: Path, cache: Path) -> Iterator[Settings]:
    """A home with a running database that holds nothing."""
    home = tmp_path / "home"
    database = ManagedDatabase(
        home, cache, options=DatabaseOptions(jvm_flags=("-XX:TieredStopAtLevel=1",))
    )
    try:
        database.start()
        yield Settings(home, cache, SUPERVISOR, None)
    finally:
        database.stop()


def found_at_once(settings: Settings) -> list[str]:
    """Founds by several processes at once; the ledger that each of them found."""
    command = [sys.executable, "-c", FOUND, str(settings.home), str(settings.cache)]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
    for process in processes:  # all are ready: now they go
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, ended
    return [out.strip() for out, _ in ended]


def test_of_two_who_found_at_once_one_does_and_both_succeed(unfounded: Settings) -> None:
    first, second = found_at_once(unfounded)
    assert first == second
    with open_system(unfounded) as system:
        assert system.ledger == first
        [genesis] = verify_chain(system.store.entries(0), system.keys.load(SUPERVISOR).did)
        assert genesis.body["supervisor"] == system.keys.load(SUPERVISOR).did
        rows, _, _ = system.driver.execute_query(
            "MATCH (head:LedgerHead) RETURN head.ledger, head.lock, head.only"
        )
        assert [row.values() for row in rows] == [[first, 0, True]]
        assert not list((unfounded.home / "keys").glob("*.tmp"))
        assert system.supervisor.view.head.index == 0  # its key is the one that the ledger names


def found_another(system: System) -> None:
    policy = Policy("permit (principal, action, resource);")
    found_ledger(system.store, Signer.from_seed(b"another ledger, another keeper.."), system.clock,
                 [], policy)  # fmt: skip


def test_a_second_ledger_is_refused_where_there_is_one(
    system: System,
) -> None:
    before = system.ledger
    with pytest.raises(Conflict) as refused:
        found_another(system)
    assert refused.value.code == "E_HEAD_MOVED"
    assert [row["ledger"] for row in system.reader.rows("ledger/head")] == [before]
    found_database(system, lambda _line: pytest.fail("it is founded already"))


def test_what_a_writer_of_the_database_appended_is_not_believed(unfounded: Settings) -> None:
    """The guard takes an entry without the supervisor's signature: the next process does not."""
    stranger = Signer.from_seed(b"s" * 32)
    with open_system(unfounded) as system:
        found_database(system, lambda _line: None)
        head, operator = system.reader.head(), system.keys.load(SUPERVISOR)
        assert head is not None
        this: dict[str, Json] = {
            "did": stranger.did, "name": "stranger", "type": "person", "roles": ["operator"],
        }  # fmt: skip
        signed = system.compose(
            operator, "principal.register", this, if_ok="abort", if_doubt="abort", if_not="abort"
        )
        allowed: dict[str, Json] = {"outcome": "ALLOW", "policies": [], "revision": 0}
        intent: dict[str, Json] = {
            "cid": signed.intent.cid, "intent": signed.intent.json, "signature": "0" * 128,
            "decision": allowed, "writer": "w",
        }  # fmt: skip
        receipt: dict[str, Json] = {
            "intent": signed.intent.cid, "outcome": "done", "consequence": "if_ok",
            "commitment": "abort", "mutations": [{"kind": "principal", **this}], "result": {},
        }  # fmt: skip
        forged: list[Entry] = []
        for kind, body in ((EntryKind.INTENT, intent), (EntryKind.RECEIPT, receipt)):
            entry = make_entry(
                forged[-1].head if forged else head, kind, body,
                trace_id=system.clock.fresh_id(), now_ns=system.clock.now_ns(),
                policy_hash=system.supervisor.view.policy.id, signer=stranger, ledger=head.ledger,
            )  # fmt: skip
            forged.append(entry)
        system.store.append(head, forged, {}, system.supervisor.view.tree)
        assert [each["name"] for each in system.reader.principals()][-1] == "stranger"
    with open_system(unfounded) as later, pytest.raises(NotVerified) as refused:
        _ = later.supervisor
    assert (refused.value.code, refused.value.data["index"]) == ("E_CHAIN_SIGNATURE", 2)
