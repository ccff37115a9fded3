"""What clients were told, held against what the ledger says: nothing lost, nothing doubled."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from logos_graph.canon import ContentId
from logos_graph.errors import LogosError
from logos_graph.ledger import Entry, verify_chain
from logos_graph.logline import SignedIntent
from logos_graph.resources import statement_names
from logos_graph.supervisor import Supervisor
from logos_graph.wiring import System

__all__ = ["Account", "check_ledger", "read_log"]

NOT_WRITTEN = frozenset(
    {"E_DATABASE", "E_NOT_WRITTEN", "E_QUEUE_FULL", "E_QUEUE_TIMEOUT", "E_BUSY"}
)
"""What a client is told when its intent is certainly not recorded."""

_TRIES = 20
"""How often one intent is submitted; a test ends its fault long before."""


@dataclass
class Account:
    """Of every intent that was submitted: what its client was told, in order."""

    told: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def submit(self, supervisor: Supervisor, signed: SignedIntent) -> str:
        """Submits an intent; its status, or the code of the error."""
        try:
            word = supervisor.execute(signed).status
        except LogosError as error:
            word = error.code
        self.told[signed.intent.cid].append(word)
        return word

    def insist(self, supervisor: Supervisor, signed: SignedIntent) -> list[str]:
        """Submits it until it is told how it stands; all that it was told."""
        for _ in range(_TRIES):
            if _settled(self.submit(supervisor, signed)):
                return self.told[signed.intent.cid]
        raise AssertionError(self.told[signed.intent.cid])

    def with_status(self, *statuses: str) -> set[str]:
        """The intents whose last word is one of these."""
        return {cid for cid, words in self.told.items() if words and words[-1] in statuses}


def _settled(word: str) -> bool:
    return word in ("COMMITTED", "GHOST", "PENDING")


def read_log(*paths: Path) -> Account:
    """What writer.py wrote; a last line that a killed process did not finish is none."""
    account = Account()
    for path in paths:
        text = path.read_text()
        for line in text[: text.rfind("\n") + 1].splitlines():
            match json.loads(line):
                case ["signed", cid]:
                    account.told[cid] = []
                case ["error" | "outcome", cid, word, _]:
                    account.told[cid].append(word)
    return account


def check_ledger(system: System, account: Account) -> None:
    """Everything that must hold once the fault is over and every writer has ended.

    1. The chain is whole, and every intent is in it at most once, and ends at most once.
    2. What was left unfinished is finished by the opening of `system`.
    3. Each client was told the truth, whatever it was told first and last.
    4. The graph is what the ledger says (cypher/invariants).
    """
    supervisor = system.supervisor
    assert not supervisor.view.pending, "what was left behind is finished"
    entries = list(verify_chain(system.store.entries(0), system.keys.load("supervisor").did))
    intents = _counted(entries, "intent", "cid")
    endings = _counted(entries, "receipt", "intent")
    nonces = Counter(_body(entry)["intent"]["nonce"] for entry in entries if entry.kind == "intent")
    assert not [cid for cid, count in intents.items() if count != 1]
    assert not [nonce for nonce, count in nonces.items() if count != 1]
    assert not _counted(entries, "ghost", "intent")
    assert endings == intents
    for cid, words in account.told.items():
        _check_told(words, recorded=cid in intents)
        if cid in intents:
            record = system.store.intent(ContentId(cid))
            assert record is not None
            assert record.status == "COMMITTED"
    assert {name: rows for name in _rules() if (rows := system.reader.rows(name))} == {}


def _check_told(words: list[str], *, recorded: bool) -> None:
    """Told that it is there, it is; told that it is not, it was not at that moment."""
    if not words:  # its writer was killed
        return
    last = words[-1]
    if _settled(last):
        assert recorded, words
    elif last in NOT_WRITTEN:
        assert not recorded, words
    assert all(not _settled(word) for word in words[:-1]), words


def _counted(entries: Iterable[Entry], kind: str, name: str) -> Counter[str]:
    return Counter(str(entry.body[name]) for entry in entries if entry.kind == kind)


def _body(entry: Entry) -> Any:
    return entry.body


def _rules() -> list[str]:
    names = sorted(statement_names("invariants"))
    assert len(names) >= 10
    return names
