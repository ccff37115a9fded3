"""The bank of the story: its clock, its people, its accounts; every change goes through the gate.

The clock is simulated, and belongs to the example: no command of `logos` has one. It stands still
until it is put forward, so an attempt a minute takes no minute. All else is the product's: the
database, the gate, the nodes, the keys.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

from logos_graph.canon import Json
from logos_graph.graph import parse_flow_file
from logos_graph.identity import Signer
from logos_graph.logline import parse_when
from logos_graph.supervisor import Outcome
from logos_graph.wiring import System, SystemClock, found_database

__all__ = ["MINUTE_NS", "Bank", "SimulatedClock", "UnexpectedError"]

HERE: Final = Path(__file__).resolve().parent
MINUTE_NS: Final = 60 * 10**9
ACCOUNTS: Final = "accounts"
"""The namespace of the stored values that hold the balances."""


class UnexpectedError(Exception):
    """Something came otherwise than the story tells it."""


class SimulatedClock(SystemClock):
    """Stands at a moment until it is put to another; ids are made as ever."""

    def __init__(self, moment: str) -> None:
        """moment: as a LogLine has it, in UTC with nine digits of fraction."""
        self._now = parse_when(moment)

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return self._now

    def put(self, now_ns: int) -> None:
        """To a moment that is not before the one at which it stands."""
        self._now = max(self._now, now_ns)


class Bank:
    """Everything that is done at the bank, by whoever does it."""

    def __init__(self, system: System, clock: SimulatedClock) -> None:
        """Founds the ledger of an empty database, at the moment of the clock."""
        self.system, self.clock = system, clock
        system.clock = clock
        found_database(system, lambda _line: None)
        self._operator = system.keys.load("supervisor")

    def submit(self, who: Signer, did: str, this: dict[str, Json]) -> Outcome:
        """Signs an intent of this moment and takes it through the gate."""
        treasury = "escalate:treasury" if did == "transfer" else f"emit:{did}.doubted"
        signed = self.system.compose(
            who, did, this,
            if_ok=f"emit:{did}.completed", if_doubt=treasury, if_not=f"emit:{did}.denied",
        )  # fmt: skip
        return self.system.supervisor.execute(signed)

    def done(self, did: str, this: dict[str, Json], who: Signer | None = None) -> Outcome:
        """The same, for what must be done at once. who: the operator, if nobody is named."""
        outcome = self.submit(who or self._operator, did, this)
        if outcome.status != "COMMITTED" or outcome.failed:
            raise UnexpectedError(f"{did} ended otherwise: {json.dumps(outcome.to_json())}")
        return outcome

    def register(self, name: str, kind: str, *roles: str) -> Signer:
        """A principal with a new key of this home."""
        signer = self.system.keys.create(name)
        roles_held: list[Json] = [*roles]
        this: dict[str, Json] = {
            "did": signer.did, "name": name, "type": kind, "roles": roles_held,
        }  # fmt: skip
        self.done("principal.register", this)
        return signer

    def build(self, name: str) -> None:
        """Drafts a node, grants it the accounts, publishes it, and the flow of its name."""
        source = (HERE / "nodes" / f"{name}.rs").read_text()
        drafted: Any = self.done("node.draft", {"name": name, "source": source}).result
        limits: dict[str, Json] = {"namespace": ACCOUNTS, "write": True}
        grant: dict[str, Json] = {"node": drafted["node"], "capability": "kv", "limits": limits}
        self.done("capability.grant", grant)
        self.done("node.publish", {"name": name, "source": source})
        text = (HERE / f"{name}.toml").read_text()
        used = {each for _, each in parse_flow_file(text).placements}
        uses: dict[str, Json] = {each: self._id(each, "Node") for each in used}
        self.done("flow.publish", {"name": name, "text": text, "uses": uses})

    def open_account(self, account: str, balance: int) -> None:
        """An account with what it holds."""
        inputs: dict[str, Json] = {"account": account, "balance": balance}
        self.done("flow.run", {"flow": self._id("open-account", "Flow"), "inputs": inputs})

    def govern(self, approver: Signer) -> None:
        """Registers the verb, bound to its flow, and puts the policy in force."""
        verb = json.loads((HERE / "transfer.verb.json").read_text())
        self.done("verb.register", {**verb, "flow": self._id("move-money", "Flow")})
        text = (HERE / "policy.cedar").read_text()
        waiting = self.submit(self._operator, "policy.activate", {"text": text})
        pending = self.system.supervisor.view.pending[waiting.intent]
        bound: dict[str, Json] = {
            "intent": waiting.intent,
            "policy_hash": pending.policy_hash,
            "revision": pending.decision["revision"],
            "expires_at": pending.decision["expires_at"],
        }
        self.done("consent.give", bound, approver)
        if self.system.supervisor.view.policy.text != text:
            raise UnexpectedError("the policy is not in force")

    def balances(self) -> dict[str, int]:
        """What each account holds, as the graph has it."""
        rows = self.system.reader.rows(
            "read/stored_value_page", prefix=f"{ACCOUNTS}/", after="", limit=1000
        )
        return {str(row["key"]): int(base64.b64decode(row["value"])) for row in rows}

    def trust(self, who: Signer) -> dict[str, Any]:
        """A principal's trajectory now, as policy sees it."""
        conducts = self.system.supervisor.view.conducts
        return dict(conducts.trajectory(who.did, self.clock.now_ns()).to_json())

    def alarms(self, who: Signer) -> list[dict[str, Any]]:
        """About a principal, the oldest first, as the graph has them."""
        rows = self.system.reader.rows("read/alarms", id=None, who=who.did, status=None, limit=100)
        return [dict(row) for row in reversed(rows)]

    def runs(self) -> int:
        """How many runs there are in the graph."""
        return int(self.system.reader.rows("read/counts")[0]["runs"])

    def _id(self, name: str, kind: str) -> str:
        return self.system.reader.resolve(name, (kind,))
