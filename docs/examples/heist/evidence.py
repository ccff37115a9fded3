"""The answer of `logos audit attempts`, made a second time, from the entries of an export alone.

    python evidence.py EVIDENCE --supervisor DID

    1. verifies the export: signatures, chain, tree, checkpoint, invariants I1, I2, I3 and I5
    2. compares the checkpoint that was kept beside it: the same ledger, as many entries, one root
    3. answers the same question from those entries, and compares every row, each of its values

No database, no key and nothing of LOGOS_HOME is asked. Status 1 for what does not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from logos_graph.archive import Archive, ArchiveReport, verify_archive
from logos_graph.canon import encode_text
from logos_graph.errors import LogosError
from logos_graph.identity import parse_did
from logos_graph.ledger import Entry, parse_checkpoint, parse_note

__all__ = ["ANSWER", "CHECKPOINTS", "LEDGER", "MismatchError", "answer_again", "check"]

ANSWER, LEDGER, CHECKPOINTS = "attempts.json", "ledger", "checkpoints"

Row = dict[str, Any]


class MismatchError(Exception):
    """The answer, or the checkpoint, is not what the entries say."""


def check(folder: Path, supervisor: str) -> tuple[ArchiveReport, int]:
    """What the export shows, and how many rows were compared.

    Raises MismatchError, and NotVerified for an export that does not hold.
    """
    report = verify_archive(folder / LEDGER, parse_did(supervisor))  # 1
    if not report.ok:
        raise MismatchError("the ledger breaks its invariants: `logos verify` names which")
    checkpoints = sorted((folder / CHECKPOINTS).glob("*.checkpoint"))
    if not checkpoints:
        raise MismatchError("there is no checkpoint beside the export")
    for path in checkpoints:  # 2
        kept = parse_checkpoint(parse_note(path.read_bytes()).text)
        if kept != report.checkpoint:
            raise MismatchError(f"{path.name} is not the checkpoint of these entries")
    told = json.loads((folder / ANSWER).read_text())
    asked = told["parameters"]
    entries = Archive(folder / LEDGER).entries()
    again = answer_again(entries, asked["who"], asked["since"], asked["until"])  # 3
    if len(again) != len(told["rows"]):
        raise MismatchError(f"{len(told['rows'])} attempts are told, the entries say {len(again)}")
    for row, found in zip(told["rows"], again, strict=True):
        names = sorted(row.keys() | found.keys())
        other = [name for name in names if row.get(name, row) != found.get(name, found)]
        if other:
            raise MismatchError(f"entry {found['entry']} says otherwise: {', '.join(other)}")
    return report, len(again)


def answer_again(entries: Iterable[Entry], who: str, since: int, until: int) -> list[Row]:
    """What cypher/audit/attempts.cypher answers. who: a DID or a name."""
    ledger = _Ledger()
    for entry in entries:
        ledger.take(entry, who, since, until)
    return list(ledger.rows.values())


class _Ledger:
    """What of the entries so far the answer needs."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self._principals: dict[str, Row] = {}
        self._policies: dict[str, Row] = {}
        self._authors: dict[str, str] = {}
        self._consents: dict[str, list[str]] = {}

    def take(self, entry: Entry, who: str, since: int, until: int) -> None:
        """The next entry."""
        body: Any = entry.body
        match entry.kind.value:
            case "genesis":
                for principal in body["principals"]:
                    self._register(principal, entry, None)
                self._enforce(body["policy"], entry, None)
            case "intent":
                line = body["intent"]["logline"]
                self._authors[body["cid"]] = line["who"]
                known = self._principals[line["who"]]
                if who in (known["did"], known["who"]) and since <= entry.recorded_at < until:
                    self.rows[body["cid"]] = self._attempt(entry, body, known)
            case "consent":
                name = self._principals[body["by"]]["who"]
                self._consents.setdefault(body["intent"], []).append(name)
            case "receipt":
                self._receipt(entry, body)
            case "alarm":
                for cid in set(body["intents"]) & self.rows.keys():
                    self.rows[cid]["alarms"] = sorted([*self.rows[cid]["alarms"], body["pattern"]])
        if entry.kind.value != "intent" and body.get("intent") in self.rows:
            self._follow(self.rows[body["intent"]], entry, body)

    def _follow(self, row: Row, entry: Entry, body: Any) -> None:
        """What came of an attempt."""
        match entry.kind.value:
            case "consent" | "refusal" as answer:
                row["answers"].append(f"{self._principals[body['by']]['who']}: {answer}")
            case "receipt":
                row["receipts"] += 1
                row |= {"ended": "COMMITTED", "ended_entry": entry.index}
            case "ghost":
                cause = encode_text(body["cause"])
                row |= {"ended": "GHOST", "ended_entry": entry.index, "cause": cause}

    def _receipt(self, entry: Entry, body: Any) -> None:
        for mutation in body["mutations"]:
            if mutation["kind"] == "principal":
                self._register(mutation, entry, body["intent"])
            elif mutation["kind"] == "policy":
                self._enforce(mutation, entry, body["intent"])
            elif mutation["kind"] == "run" and mutation["intent"] in self.rows:
                self.rows[mutation["intent"]]["runs"] += 1

    def _register(self, made: Mapping[str, Any], entry: Entry, intent: str | None) -> None:
        self._principals[made["did"]] = {
            "who": made["name"],
            "did": made["did"],
            "roles": list(made["roles"]),
            "registered_by": None if intent is None else self._author(intent),
            "registered_entry": entry.index,
        }

    def _enforce(self, made: Mapping[str, Any], entry: Entry, intent: str | None) -> None:
        self._policies[made["id"]] = {
            "policy_hash": made["id"],
            "policy_entry": entry.index,
            "policy_by": None if intent is None else self._author(intent),
            "policy_consents": [] if intent is None else self._consents.get(intent, []),
        }

    def _author(self, intent: str) -> str:
        return str(self._principals[self._authors[intent]]["who"])

    def _attempt(self, entry: Entry, body: Any, known: Row) -> Row:
        line, decision = body["intent"]["logline"], body["decision"]
        return {
            "entry": entry.index, "recorded_at": entry.recorded_at, "when": line["when"],
            **known,
            "verb": line["did"], "this": encode_text(line["this"]),
            "cid": body["cid"], "signature": body["signature"],
            "decision": decision["outcome"], "rules": encode_text(decision["policies"]),
            **self._policies[str(entry.policy_hash)],
            "answers": [], "ended": "PENDING", "ended_entry": None, "cause": None,
            "alarms": [], "receipts": 0, "runs": 0,
        }  # fmt: skip


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description="Verify the evidence of the heist, offline.")
    parser.add_argument("folder", type=Path, metavar="EVIDENCE")
    parser.add_argument("--supervisor", required=True, metavar="DID", help="whose ledger it is")
    given = parser.parse_args()
    try:
        report, rows = check(given.folder, given.supervisor)
    except (LogosError, MismatchError, OSError, ValueError) as error:
        sys.stderr.write(f"not verified: {error}\n")
        return 1
    sys.stdout.write(
        f"verified: {report.checkpoint.size} entries, and {rows} attempts as they tell them\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
