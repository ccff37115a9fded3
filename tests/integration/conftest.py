"""A small cast in the shared ledger, and the invariants after every test.

Every test asks for `example`, never for `cast` alone, so that the same policy is in force whichever
tests run, and in whatever order.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from logos_graph.canon import Json, encode
from logos_graph.graph import parse_flow_file
from logos_graph.identity import Signer
from logos_graph.ledger import Entry, verify_chain
from logos_graph.logline import Intent, LogLine, SignedIntent, sign_intent
from logos_graph.resources import statement_names
from logos_graph.settings import Settings
from logos_graph.supervisor import Outcome, usual_doubt
from logos_graph.wiring import System

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "payment-approval"
WORKER = Path(__file__).with_name("worker.py")
FIELDS = ("who", "did", "this", "when", "confirmed_by", "if_ok", "if_doubt", "if_not", "status")
ECHO = """
use logos_sdk::prelude::*;

node! {
    /// Gives back what it was given.
    fn echo(value: u32) -> out: u32 { value }
}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its one JSON document; fails when stdout holds anything else."""
        return json.loads(self.out)


Logos = Callable[..., Ended]
"""`logos(*words, home=…, **environment)`: the installed command, in a process of its own."""


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

    def sign(self, who: Signer, did: str, this: dict[str, Json]) -> SignedIntent:
        """A signed intent of this moment; its doubt is the operators', if there is another one."""
        doubt = usual_doubt(self.system.supervisor.view, who.did, did)
        return self.system.compose(
            who, did, this, if_ok="emit:done", if_doubt=doubt, if_not="emit:failed"
        )

    def sign_at(self, who: Signer, did: str, this: dict[str, Json], offset_s: int) -> SignedIntent:
        """A signed intent of a moment so many seconds from the supervisor's clock."""
        signed = self.sign(who, did, this)
        line = {field: getattr(signed.intent.logline, field) for field in FIELDS}
        moved = LogLine(**line | {"when": line["when"] + offset_s * 1_000_000_000})
        return sign_intent(Intent(signed.intent.ledger, signed.intent.nonce, moved), who)

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

    def bound(self, waiting: Outcome) -> dict[str, Json]:
        """`this` of a consent to what waits, bound as the protocol asks."""
        self.system.supervisor.catch_up()
        pending = self.system.supervisor.view.pending[waiting.intent]
        return {
            "intent": waiting.intent,
            "policy_hash": pending.policy_hash,
            "revision": pending.decision["revision"],
            "expires_at": pending.decision["expires_at"],
        }

    def consent(self, who: Signer, waiting: Outcome) -> Outcome:
        """Consents to what waits."""
        return self.submit(who, "consent.give", self.bound(waiting))

    def close_breakers(self) -> None:
        """Lifts what refusals on purpose have opened, with the consent of both approvers."""
        rows = self.system.reader.rows("read/alarms", id=None, who=None, status="open", limit=100)
        approvers = {each.did for each in self.treasury}
        for who in {row["who"] for row in rows} - approvers:
            this: dict[str, Json] = {"who": who, "note": "it was a test"}
            waiting = self.submit(self.operator, "breaker.lift", this)
            for each in self.treasury:
                self.consent(each, waiting)

    def activate(self, policy: str) -> None:
        """Puts a policy in force, with the consent that this takes."""
        waiting = self.submit(self.operator, "policy.activate", {"text": policy})
        (settled,) = self.consent(self.treasury[0], waiting).settled
        assert settled.status == "COMMITTED", settled

    def entries(self, first: int = 0) -> list[Entry]:
        """The ledger's entries from this index on, as the database has them."""
        return list(self.system.store.entries(first))

    def verified(self) -> list[Entry]:
        """Every entry, once the whole chain is verified."""
        return list(verify_chain(self.entries(), self.operator.did))

    def count(self, label: str, **properties: str) -> int:
        """How many nodes of the graph have this label and these properties."""
        wanted = " AND ".join(["true", *(f"n.{name} = ${name}" for name in properties)])
        rows, _, _ = self.system.driver.execute_query(
            f"MATCH (n:{label}) WHERE {wanted} RETURN count(n) AS found",
            properties,
            database_=self.system.connection.database,
        )
        return int(rows[0]["found"])


def cast_of(system: System) -> Cast:
    """The supervisor as operator, an agent, two treasurers who may also approve."""
    operator = system.keys.load("supervisor")
    bare = Cast(system, operator, operator, (operator, operator))
    treasury = (
        bare.register("treasury-1", ["treasury", "approver"]),
        bare.register("treasury-2", ["treasury", "approver"]),
    )
    return Cast(system, operator, bare.register("agent-1", ["agent"], "agent"), treasury)


@pytest.fixture(scope="session")
def cast(system: System) -> Cast:
    """The cast in the shared ledger."""
    return cast_of(system)


def example_of(cast: Cast) -> Cast:
    """The payment approval, published, under its own policy, with its verb."""
    for file in sorted((EXAMPLE / "nodes").glob("*.rs")):
        assert cast.publish_node(file.read_text(), file.stem).status == "COMMITTED"
    for name in ("risk-score", "payment-approval"):
        outcome = cast.publish_flow((EXAMPLE / f"{name}.toml").read_text(), name)
        assert outcome.status == "COMMITTED", outcome
    verb = json.loads((EXAMPLE / "transfer.verb.json").read_text())
    verb["flow"] = cast.system.reader.resolve("payment-approval", ("Flow",))
    assert cast.submit(cast.operator, "verb.register", verb).status == "COMMITTED"
    cast.activate((EXAMPLE / "policy.cedar").read_text())
    return cast


@pytest.fixture(scope="session")
def example(cast: Cast) -> Cast:
    """The example in the shared ledger."""
    return example_of(cast)


@pytest.fixture
def payment() -> Callable[[str], dict[str, Json]]:
    """The example's payments, as `this` of a transfer."""

    def read(name: str) -> dict[str, Json]:
        this = json.loads((EXAMPLE / "payments" / f"{name}.json").read_text())
        assert isinstance(this, dict)
        return this

    return read


@pytest.fixture(scope="session")
def echo(example: Cast) -> str:
    """The id of a published node `echo` that gives back a u32."""
    assert example.publish_node(ECHO, "echo").status == "COMMITTED"
    return example.system.reader.resolve("echo", ("Node",))


@pytest.fixture(scope="session")
def broken() -> Callable[[System], dict[str, Any]]:
    """The rules of cypher/invariants that a system breaks, with what breaks them."""
    names = sorted(statement_names("invariants"))
    assert len(names) >= 10

    def ask(system: System) -> dict[str, Any]:
        return {name: rows for name in names if (rows := system.reader.rows(name))}

    return ask


@pytest.fixture(autouse=True)
def invariants(system: System, broken: Callable[[System], dict[str, Any]]) -> Iterator[None]:
    """Every rule of cypher/invariants holds after every test."""
    yield
    assert broken(system) == {}


@pytest.fixture(autouse=True)
def closed_breakers(request: pytest.FixtureRequest) -> Iterator[None]:
    """The cast is refused on purpose, and often: no test is stopped by what those before it did."""
    yield
    if "cast" in request.fixturenames:
        request.getfixturevalue("cast").close_breakers()


@pytest.fixture
def ledger_length(system: System) -> Callable[[], int]:
    """How many entries there are."""

    def length() -> int:
        head = system.reader.head()
        assert head is not None
        return head.index + 1

    return length


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts worker.py on the shared home; a signed intent is handed over in a file."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str | SignedIntent) -> subprocess.Popen[str]:
        words = [str(settings.home), str(settings.cache)]
        for argument in arguments:
            if isinstance(argument, SignedIntent):
                file = tmp_path / f"{argument.intent.nonce}.json"
                file.write_bytes(encode(argument.json))
                argument = str(file)
            words.append(argument)
        pipe = subprocess.PIPE
        worker = subprocess.Popen(
            [sys.executable, str(WORKER), *words], stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )
        started.append(worker)
        return worker

    yield run
    for worker in started:
        with worker:  # closes its pipes
            worker.kill()


@pytest.fixture(scope="session")
def logos(settings: Settings) -> Logos:
    """Runs `logos …`, on the shared home unless another is given."""
    return logos_of(settings)


def logos_of(settings: Settings) -> Logos:
    """Runs `logos …`, on this home unless another is given."""
    program = Path(sys.executable).parent / "logos"
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LOGOS_", "NEO4J_"))
    }

    def run(*words: str | Path, home: Path = settings.home, **environment: str) -> Ended:
        places = {"LOGOS_HOME": str(home), "LOGOS_CACHE": str(settings.cache)}
        places["LOGOS_UNENCRYPTED_KEYS"] = "1"  # there is nobody to ask for a passphrase
        done = subprocess.run(
            [program, *words],
            env=clean | places | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@contextmanager
def running(settings: Settings, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`logos …` on this home, in a process of its own; killed at the end if it still runs."""
    places = {"LOGOS_HOME": str(settings.home), "LOGOS_CACHE": str(settings.cache)}
    with subprocess.Popen(
        [Path(sys.executable).parent / "logos", *words],
        env=os.environ | places,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
