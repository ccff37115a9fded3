"""Clients of the gate in a process of their own, for the tests of faults; not a test itself.

writer.py URI LOG THREADS COUNT NAME        (home, cache and password come from the environment)

Says `ready` and waits for a line. Then every thread registers COUNT services, one after the other,
and writes to LOG what it signed and what it was told, each line durable before it goes on. A thread
whose submission the environment fails waits for the next line (once for all threads) and submits
the same intent again, and so on until it is told how it stands. Says `done` at the end.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

from logos_graph.canon import Json
from logos_graph.errors import EnvironmentFault, LogosError
from logos_graph.identity import Signer
from logos_graph.logline import SignedIntent
from logos_graph.settings import ExternalServer, Settings
from logos_graph.wiring import System, open_system

TRIES = 20
"""How often one intent is submitted; a test ends its fault long before."""


class Log:
    """What the clients know, whatever happens to the ledger or to this process."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def write(self, *words: str) -> None:
        with self._lock:
            os.write(self._descriptor, (json.dumps(words) + "\n").encode())
            os.fsync(self._descriptor)


def main() -> None:
    uri, log, threads, count, name = sys.argv[1:]
    password = os.environ.pop("NEO4J_PASSWORD")
    settings = replace(
        Settings.from_environment(), external=ExternalServer(uri, "neo4j", password, None)
    )
    with open_system(settings) as system:
        gate = threading.Event()
        clients = Clients(system, Log(Path(log)), gate, name)
        system.supervisor.catch_up()
        say("ready")
        sys.stdin.readline()
        workers = [
            threading.Thread(target=clients.run, args=(number, int(count)))
            for number in range(int(threads))
        ]
        for worker in workers:
            worker.start()
        threading.Thread(target=open_at_next_line, args=(gate,), daemon=True).start()
        for worker in workers:
            worker.join()
    say("done")


class Clients:
    """Threads that submit."""

    def __init__(self, system: System, log: Log, gate: threading.Event, name: str) -> None:
        self._system, self._log, self._gate, self._name = system, log, gate, name
        self._signer = system.keys.load("supervisor")
        self._ledger = system.ledger  # known before anything fails

    def run(self, thread: int, count: int) -> None:
        for number in range(count):
            signed = registration(self._system, self._signer, f"{self._name}-{thread}-{number}")
            self._log.write("signed", signed.intent.cid)
            for _ in range(TRIES):
                if self._told(signed):
                    break
                self._gate.wait()

    def _told(self, signed: SignedIntent) -> bool:
        """Whether the gate said how it stands; what it said is in the log."""
        cid = signed.intent.cid
        try:
            outcome = self._system.supervisor.execute(signed)
        except LogosError as error:
            self._log.write("error", cid, error.code, error.message)
            return not isinstance(error, EnvironmentFault)
        self._log.write("outcome", cid, outcome.status, outcome.error.code if outcome.error else "")
        return True


def registration(system: System, signer: Signer, name: str) -> SignedIntent:
    """A signed intent that registers a service; a key of its own follows from its name."""
    this: dict[str, Json] = {
        "did": Signer.from_seed(name.encode().ljust(32)[-32:]).did,
        "name": name,
        "type": "service",
        "roles": [],
    }
    return system.compose(
        signer, "principal.register", this, if_ok="emit:a", if_doubt="abort", if_not="emit:b"
    )


def open_at_next_line(gate: threading.Event) -> None:
    if sys.stdin.readline():
        gate.set()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
