"""A home of its own with the example published: what every benchmark works on."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import platformdirs

from logos_graph.canon import Json
from logos_graph.graph import parse_flow_file
from logos_graph.identity import Signer
from logos_graph.logline import SignedIntent
from logos_graph.settings import Settings
from logos_graph.supervisor import Outcome
from logos_graph.wiring import System, open_system, start_database, stop_database

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "payment-approval"

_PATIENCE_S = 300
"""For a commit: a machine that is busy is slow, not wrong."""


def shared_cache() -> Path:
    """The cache that all homes share, so that jars and the SDK are made once."""
    given = os.environ.get("LOGOS_CACHE")
    return Path(given) if given else platformdirs.user_cache_path("logos", appauthor=False)


class Stage:
    """Starts a database, publishes the example, and stops the database again."""

    def __init__(self, home: Path, rounds: int) -> None:
        self.home, self.rounds, self.warmed = home, rounds, 0
        self.settings = Settings(
            home, shared_cache(), "supervisor", None, commit_timeout=_PATIENCE_S
        )
        self._stack = ExitStack()

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            stack.callback(stop_database, self.settings)
            start_database(self.settings, lambda _line: None)
            self.system: System = stack.enter_context(open_system(self.settings))
            self._set_up()
            self._stack = stack.pop_all()  # only now is leaving the stage's own business
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def sign(self, who: Signer, did: str, this: dict[str, Json]) -> SignedIntent:
        """An intent of this moment."""
        return self.system.compose(
            who, did, this, if_ok="emit:done", if_doubt="escalate:operator", if_not="emit:failed"
        )

    def approve(self) -> Outcome:
        """One whole approval: signed, judged, committed, run, committed."""
        outcome = self.system.supervisor.execute(self.sign(self.agent, "transfer", self.payment))
        if outcome.status != "COMMITTED":
            raise RuntimeError(f"the payment was not approved: {outcome}")
        return outcome

    def publish(self, did: str, this: dict[str, Json]) -> dict[str, Json]:
        """What came of an act of the operator's."""
        outcome = self.system.supervisor.execute(self.sign(self.operator, did, this))
        if outcome.status != "COMMITTED":
            raise RuntimeError(f"{did} did not take effect: {outcome}")
        return dict(outcome.result or {})

    def _set_up(self) -> None:
        self.operator = self.system.keys.load("supervisor")
        self.agent = self._register("agent", ["agent"])
        self._publish(self._register("treasurer", ["treasury", "approver"]))
        self.payment: dict[str, Json] = json.loads((EXAMPLE / "payments" / "ok.json").read_text())

    def _register(self, name: str, roles: list[str]) -> Signer:
        signer = self.system.keys.create(name)
        this: dict[str, Json] = {
            "did": signer.did, "name": name, "type": "person", "roles": [*roles],
        }  # fmt: skip
        self._done(self.sign(self.operator, "principal.register", this))
        return signer

    def _publish(self, treasurer: Signer) -> None:
        for file in sorted((EXAMPLE / "nodes").glob("*.rs")):
            this: dict[str, Json] = {"name": file.stem, "source": file.read_text()}
            self._done(self.sign(self.operator, "node.publish", this))
        for name in ("risk-score", "payment-approval"):
            text = (EXAMPLE / f"{name}.toml").read_text()
            uses: dict[str, Json] = {
                used: self.system.reader.resolve(used, ("Node", "Flow"))
                for _, used in parse_flow_file(text).placements
            }
            self._done(
                self.sign(self.operator, "flow.publish", {"name": name, "text": text, "uses": uses})
            )
        policy = (EXAMPLE / "policy.cedar").read_text()
        waiting = self.system.supervisor.execute(
            self.sign(self.operator, "policy.activate", {"text": policy})
        )
        decision: Any = waiting.decision
        consent: dict[str, Json] = {
            "intent": waiting.intent,
            "policy_hash": self.system.supervisor.view.pending[waiting.intent].policy_hash,
            "revision": decision["revision"],
            "expires_at": decision["expires_at"],
        }
        self._done(self.sign(treasurer, "consent.give", consent))
        verb = json.loads((EXAMPLE / "transfer.verb.json").read_text())
        verb["flow"] = self.system.reader.resolve("payment-approval", ("Flow",))
        self._done(self.sign(self.operator, "verb.register", verb))

    def _done(self, signed: SignedIntent) -> None:
        outcome = self.system.supervisor.execute(signed)
        if outcome.status != "COMMITTED":
            raise RuntimeError(f"{outcome.did} did not take effect: {outcome}")
