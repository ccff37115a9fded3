"""A small cast in the shared ledger, and the invariants after every test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from logos_graph.canon import ContentId, Json
from logos_graph.graph import parse_flow_file
from logos_graph.identity import Signer
from logos_graph.resources import statement_names
from logos_graph.supervisor import Outcome
from logos_graph.wiring import System

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "payment-approval"


@dataclass(frozen=True)
class Cast:
    """Everybody the tests speak for, and short ways to submit for them."""

    system: System
    operator: Signer
    agent: Signer
    treasury: tuple[Signer, Signer]

    def submit(self, who: Signer, did: str, this: dict[str, Json]) -> Outcome:
        """Signs an intent of this moment and takes it through the gate."""
        return self.system.supervisor.execute(self.sign(who, did, this))

    def sign(self, who: Signer, did: str, this: dict[str, Json]) -> Any:
        """A signed intent of this moment."""
        return self.system.compose(
            who, did, this, if_ok="emit:done", if_doubt="escalate:operator", if_not="emit:failed"
        )

    def register(self, name: str, roles: list[str], kind: str = "person") -> Signer:
        """A new principal with a new key of this home."""
        signer = self.system.keys.create(name)
        this: dict[str, Json] = {"did": signer.did, "name": name, "type": kind, "roles": [*roles]}
        assert self.submit(self.operator, "principal.register", this).status == "COMMITTED"
        return signer

    def publish_node(self, source: str, name: str) -> Outcome:
        """Builds, admits and names a node."""
        return self.submit(self.operator, "node.publish", {"name": name, "source": source})

    def publish_flow(self, text: str, name: str) -> Outcome:
        """Checks and names a flow, with every placement pinned to what its name means now."""
        draft = parse_flow_file(text)
        uses: dict[str, Json] = {
            used: self.system.reader.resolve(used, ("Node", "Flow")) for _, used in draft.placements
        }
        return self.submit(
            self.operator, "flow.publish", {"name": name, "text": text, "uses": uses}
        )

    def consent(self, who: Signer, waiting: Outcome) -> Outcome:
        """Consents to what waits, bound as the protocol asks."""
        pending = self.system.supervisor.view.pending[waiting.intent]
        this: dict[str, Json] = {
            "intent": waiting.intent,
            "policy_hash": pending.policy_hash,
            "revision": pending.decision["revision"],
            "expires_at": pending.decision["expires_at"],
        }
        return self.submit(who, "consent.give", this)


@pytest.fixture(scope="session")
def cast(system: System) -> Cast:
    """The supervisor as operator, an agent, two treasurers who may also approve."""
    operator = system.keys.load("supervisor")
    bare = Cast(system, operator, operator, (operator, operator))
    treasury = (
        bare.register("treasury-1", ["treasury", "approver"]),
        bare.register("treasury-2", ["treasury", "approver"]),
    )
    return Cast(system, operator, bare.register("agent-1", ["agent"], "agent"), treasury)


@pytest.fixture(scope="session")
def example(cast: Cast) -> Cast:
    """The payment approval, published, under its own policy, with its verb."""
    for file in sorted((EXAMPLE / "nodes").glob("*.rs")):
        assert cast.publish_node(file.read_text(), file.stem).status == "COMMITTED"
    for name in ("risk-score", "payment-approval"):
        outcome = cast.publish_flow((EXAMPLE / f"{name}.toml").read_text(), name)
        assert outcome.status == "COMMITTED", outcome
    policy: dict[str, Json] = {"text": (EXAMPLE / "policy.cedar").read_text()}
    waiting = cast.submit(cast.operator, "policy.activate", policy)
    assert cast.consent(cast.treasury[0], waiting).settled[0].status == "COMMITTED"
    verb = json.loads((EXAMPLE / "transfer.verb.json").read_text())
    verb["flow"] = cast.system.reader.resolve("payment-approval", ("Flow",))
    assert cast.submit(cast.operator, "verb.register", verb).status == "COMMITTED"
    return cast


@pytest.fixture
def payment() -> Callable[[str], dict[str, Json]]:
    """The example's payments, as `this` of a transfer."""

    def read(name: str) -> dict[str, Json]:
        this = json.loads((EXAMPLE / "payments" / f"{name}.json").read_text())
        assert isinstance(this, dict)
        return this

    return read


@pytest.fixture(autouse=True)
def invariants(system: System) -> Iterator[None]:
    """Every rule of cypher/invariants holds after every test."""
    yield
    broken = {
        name: rows for name in statement_names("invariants") if (rows := system.reader.rows(name))
    }
    assert broken == {}


@pytest.fixture
def ledger_length(system: System) -> Callable[[], int]:
    """How many entries there are."""

    def length() -> int:
        head = system.reader.head()
        assert head is not None
        return head.index + 1

    return length


def recorded(system: System, cid: ContentId) -> Any:
    """What the graph says of an intent."""
    return system.store.intent(cid)
