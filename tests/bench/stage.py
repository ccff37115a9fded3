"""A home of its own with the workload's flow published: what every benchmark works on."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

import platformdirs

from logos_graph.canon import ContentId, Json
from logos_graph.graph import parse_flow_file
from logos_graph.identity import Signer
from logos_graph.logline import SignedIntent
from logos_graph.settings import Settings
from logos_graph.supervisor import Outcome, usual_doubt
from logos_graph.wiring import System, open_system, start_database, stop_database
from tests.bench.workload import LONG_STEPS, approved, payment

SOURCES = Path(__file__).resolve().parent / "approval"

_RULES = ("validate-amount", "validate-currency", "validate-account")
_SCORES = ("velocity-score", "amount-score", "combine-score", "threshold-decision")

_PATIENCE_S = 300
"""For a commit: a machine that is busy is slow, not wrong."""


def shared_cache() -> Path:
    """The cache that all homes share, so that jars and the SDK are made once."""
    given = os.environ.get("LOGOS_CACHE")
    return Path(given) if given else platformdirs.user_cache_path("logos", appauthor=False)


class Stage:
    """Starts a database, publishes the workload, and stops the database again."""

    def __init__(self, home: Path, rounds: int) -> None:
        self.home, self.rounds, self.warmed = home, rounds, 0
        self._numbers, self._long = count(), False
        self._flows: dict[str, ContentId] = {}
        self._opened = ExitStack()
        self.system: System
        self.settings = Settings(
            home, shared_cache(), "supervisor", None, commit_timeout=_PATIENCE_S
        )
        self._stack = ExitStack()

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            stack.callback(stop_database, self.settings)
            start_database(self.settings, lambda _line: None)
            stack.callback(self.let_go)
            self.reopen()
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
        doubt = usual_doubt(self.system.supervisor.view, who.did, did)
        return self.system.compose(
            who, did, this, if_ok="emit:done", if_doubt=doubt, if_not="emit:failed"
        )

    def approve(self) -> Outcome:
        """One whole approval of a payment of its own: signed, judged, committed, run, committed."""
        given = payment(next(self._numbers))
        outcome = self._done(self.sign(self.agent, "pay", {"payment": given}))
        self._expect(outcome, {"approved": approved(given)})
        return outcome

    def long(self) -> Outcome:
        """One run of the long flow."""
        outcome = self._done(self.sign_run("long", {"count": 0}))
        self._expect(outcome, {"count": LONG_STEPS})
        return outcome

    def sign_run(self, name: str, inputs: dict[str, Json]) -> SignedIntent:
        """The agent's intent to run a published flow."""
        this: dict[str, Json] = {"flow": self.flow(name), "inputs": inputs}
        return self.sign(self.agent, "flow.run", this)

    def flow(self, name: str) -> ContentId:
        """A published flow's id."""
        if name not in self._flows:
            self._flows[name] = self.system.reader.resolve(name, ("Flow",))
        return self._flows[name]

    def publish_long(self) -> None:
        """The flow of so many placements of one trivial node; once."""
        if not self._long:
            self._long = True
            self._node("next")
            self._flow("long", long_flow(LONG_STEPS))

    def publish_tell(self, url: str) -> None:
        """The flow with one request to this service, and the grant for it."""
        source = (SOURCES / "nodes" / "tells.rs").read_text().replace("URL", url)
        this: dict[str, Json] = {"name": "tells", "source": source}
        drafted: Any = self._done(self.sign(self.operator, "node.draft", this)).result
        limits: dict[str, Json] = {"allow": [f"POST {url}"], "private": True}
        grant: dict[str, Json] = {
            "node": drafted["node"], "capability": "http", "limits": limits,
        }  # fmt: skip
        self._done(self.sign(self.operator, "capability.grant", grant))
        self._done(self.sign(self.operator, "node.publish", this))
        self._flow("tell", (SOURCES / "tell.toml").read_text())

    def tell(self) -> None:
        """One run with one request to the service."""
        outcome = self._done(self.sign_run("tell", {"number": 7}))
        self._expect(outcome, {"status": 200})

    def attach(self, system: System) -> None:
        """To a home that is set up already, without a server of its own."""
        self.system, self.agent = system, system.keys.load("agent")

    def let_go(self) -> None:
        """Closes the system; the database is somebody else's to stop and start until `reopen`."""
        self._opened.close()

    def reopen(self) -> None:
        """Opens the system again."""
        self._flows = {}
        self.system = self._opened.enter_context(open_system(self.settings))

    def _expect(self, outcome: Outcome, outputs: dict[str, Json]) -> None:
        if (outcome.result or {}).get("outputs") != outputs:
            raise RuntimeError(f"expected {outputs}: {outcome}")

    def publish(self, did: str, this: dict[str, Json]) -> dict[str, Json]:
        """What came of an act of the operator's."""
        return dict(self._done(self.sign(self.operator, did, this)).result or {})

    def _set_up(self) -> None:
        self.operator = self.system.keys.load("supervisor")
        self.agent = self._register("agent", ["agent"])
        treasurer = self._register("treasurer", ["treasury", "approver"])
        for name in (*_RULES, *_SCORES):
            self._node(name)
        self._flow("approval", (SOURCES / "approval.toml").read_text())
        verb = json.loads((SOURCES / "pay.verb.json").read_text())
        verb["flow"] = self.flow("approval")
        self._done(self.sign(self.operator, "verb.register", verb))
        self._activate((SOURCES / "policy.cedar").read_text(), treasurer)

    def _register(self, name: str, roles: list[str]) -> Signer:
        signer = self.system.keys.create(name)
        this: dict[str, Json] = {
            "did": signer.did, "name": name, "type": "person", "roles": [*roles],
        }  # fmt: skip
        self._done(self.sign(self.operator, "principal.register", this))
        return signer

    def _node(self, name: str) -> None:
        source = (SOURCES / "nodes" / f"{name}.rs").read_text()
        this: dict[str, Json] = {"name": name, "source": source}
        self._done(self.sign(self.operator, "node.publish", this))

    def _flow(self, name: str, text: str) -> None:
        uses: dict[str, Json] = {
            used: self.system.reader.resolve(used, ("Node", "Flow"))
            for _, used in parse_flow_file(text).placements
        }
        this: dict[str, Json] = {"name": name, "text": text, "uses": uses}
        self._done(self.sign(self.operator, "flow.publish", this))

    def _activate(self, policy: str, treasurer: Signer) -> None:
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

    def _done(self, signed: SignedIntent) -> Outcome:
        outcome = self.system.supervisor.execute(signed)
        if outcome.status != "COMMITTED":
            raise RuntimeError(f"{outcome.did} did not take effect: {outcome}")
        return outcome


def long_flow(steps: int) -> str:
    """A flow file: so many placements of `next` in a row."""
    names = [f"step-{number}" for number in range(steps)]
    ends = ["input.count", *(f"{name}.count-after" for name in names)]
    placements = "".join(f'{name} = "next"\n' for name in names)
    edges = "".join(
        f'[[edges]]\nfrom = "{source}"\nto = "{name}.count"\n'
        for source, name in zip(ends, names, strict=False)
    )
    return (
        '[flow]\nname = "long"\n[inputs]\ncount = "u64"\n'
        f'[placements]\n{placements}{edges}[outputs]\ncount = "{ends[-1]}"\n'
    )
