"""Nodes that reach outside, each with its grants, and a server for them; not a test itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from logos_graph.canon import ContentId, Json
from logos_graph.execution import ReplayReport
from logos_graph.graph.capabilities import Capability
from logos_graph.ledger import check_invariants
from logos_graph.store import read_state
from logos_graph.supervisor import Mutation, Outcome, Runner
from logos_graph.wiring import System

if TYPE_CHECKING:
    from tests.integration.conftest import Cast

Grants = dict[str, dict[str, Json]]

TICKS = """
use logos_sdk::prelude::*;

node! {
    /// Adds a little of the time, and a little of chance.
    fn ticks(value: u32) -> out: u32 {
        log::info("asks what time it is");
        value + (clock::now() % 10) as u32 + u32::from(random::bytes(1)[0] % 10)
    }
}
"""
COUNTS = """
use logos_sdk::prelude::*;

node! {
    /// Counts its calls in the stored value `n`; gives the count.
    fn counts(value: u32) -> out: u32 {
        let before = kv::get("n").map_or(Ok(0), |text| String::from_utf8(text).unwrap().parse())?;
        kv::put("n", (before + 1_u32).to_string());
        if value == 1000 { fail!("not today") }
        before + 1
    }
}
"""
FORGETS = """
use logos_sdk::prelude::*;

node! {
    /// Deletes the stored value `n`; gives whether it was there.
    fn forgets(value: u32) -> out: u32 {
        let there = kv::get("n").is_some();
        kv::delete("n");
        value * 0 + u32::from(there)
    }
}
"""
PAYS = """
use logos_sdk::prelude::*;

node! {
    /// Posts the value and the time; gives the answer's status.
    fn pays(value: u32) -> out: u32 {
        let body = format!("{} at {}", value, clock::now());
        u32::from(http::send(http::Request::post("URL/pay", body))?.status)
    }
}
"""
FLOW = """
[flow]
name = "{name}"
[inputs]
value = "u32"
[placements]
first = "{first}"
second = "{second}"
[[edges]]
from = "input.value"
to = "first.value"
[[edges]]
from = "first.out"
to = "second.value"
[outputs]
out = "second.out"
"""


class _Counting(BaseHTTPRequestHandler):
    """Says `ok` to every POST, and keeps what it was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        assert isinstance(self.server, CountingServer)
        self.server.bodies.append(body.decode())
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_words: Any) -> None:
        pass


class CountingServer(ThreadingHTTPServer):
    """A server on a port of its own of the loopback address."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Counting)
        self.bodies: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving() -> Iterator[CountingServer]:
    """The server, until the end of the block."""
    with CountingServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def grant(example: Cast, node: str, capability: str, **limits: Json) -> ContentId:
    """Grants a capability to a node; the grant's id."""
    this: dict[str, Json] = {"node": node, "capability": capability, "limits": limits}
    granted = example.submit(example.operator, "capability.grant", this)
    assert granted.status == "COMMITTED", granted
    return granted.intent


def revoke(example: Cast, identity: str) -> None:
    revoked = example.submit(example.operator, "capability.revoke", {"grant": identity})
    assert revoked.status == "COMMITTED", revoked


def publish(example: Cast, name: str, source: str, grants: Grants) -> ContentId:
    """Drafts a source, grants what its node needs, and publishes it."""
    this: dict[str, Json] = {"name": name, "source": source}
    drafted = example.submit(example.operator, "node.draft", this)
    assert drafted.result is not None, drafted
    assert drafted.result["status"] == "built", drafted
    node = ContentId(str(drafted.result["node"]))
    for capability, limits in grants.items():
        if example.system.supervisor.view.grant(node, Capability(capability)) is None:
            grant(example, node, capability, **limits)
    assert (published := example.publish_node(source, name)).status == "COMMITTED", published
    return node


def join(example: Cast, name: str, first: str, second: str) -> ContentId:
    """A flow of two nodes, the one after the other."""
    text = FLOW.format(name=name, first=first, second=second)
    assert (published := example.publish_flow(text, name)).status == "COMMITTED", published
    return example.system.reader.resolve(name, ("Flow",))


@dataclass(frozen=True)
class Asking:
    """What asks: the nodes by name, the server, and the flows that are made of them."""

    example: Cast
    server: CountingServer
    nodes: dict[str, ContentId]
    flows: dict[str, ContentId]

    def sign(self, flow: str, value: int = 5) -> Any:
        this: dict[str, Json] = {"flow": self.flows[flow], "inputs": {"value": value}}
        return self.example.system.compose(
            self.example.operator, "flow.run", this,
            if_ok="emit:done", if_doubt="escalate:approver", if_not="emit:failed",
        )  # fmt: skip

    def run(self, flow: str, value: int = 5) -> Outcome:
        return self.example.system.supervisor.execute(self.sign(flow, value))

    def record(self, outcome: Outcome) -> Mutation:
        assert outcome.result is not None, outcome
        return self.example.system.reader.run(str(outcome.result["run"]))

    def replay(self, recorded: Mutation) -> ReplayReport:
        system = self.example.system
        return Runner(system.store, system.host).replay(recorded)

    def stored(self, identity: str) -> str | None:
        return self.example.system.store.values([identity]).get(identity)

    def held(self, node: str, capability: str) -> str:
        """The id of the grant in force."""
        (found,) = (
            str(identity)
            for identity, each in self.example.system.supervisor.view.grants.items()
            if (each["node"], each["capability"]) == (self.nodes[node], capability)
        )
        return found


def calls(recorded: Mutation) -> list[tuple[str, str]]:
    """(step, operation) of every call, in order."""
    steps: Any = recorded["steps"]
    return [(step["name"], call["operation"]) for step in steps for call in step.get("calls", [])]


def check_ledger(system: System) -> None:
    """Every invariant holds, I4 against what the database holds."""
    report = check_invariants(system.store.entries(0), read_state(system.reader))
    assert report.ok, report.json


def set_up(example: Cast, server: CountingServer) -> Asking:
    """Everything published, with the grants that it needs."""
    tally: dict[str, Json] = {"namespace": "tally", "write": True}
    url, nodes = server.url, dict[str, ContentId]()
    http: dict[str, Json] = {"allow": [f"POST {url}"], "private": True}
    made: tuple[tuple[str, str, Grants], ...] = (
        ("ticks", TICKS, {"clock": {}, "random": {}, "log": {}}),
        ("counts", COUNTS, {"kv": tally}),
        ("forgets", FORGETS, {"kv": tally}),
        ("pays", PAYS.replace("URL", url), {"clock": {}, "http": http}),
        ("strays", PAYS.replace("URL", url).replace("/pay", "/stray"), {"clock": {}, "http": http}),
    )
    for name, source, grants in made:
        nodes[name] = publish(example, name, source, grants)
    flows = {
        f"{first}-{second}": join(example, f"{first}-{second}", first, second)
        for first, second in (
            ("ticks", "counts"), ("counts", "pays"), ("pays", "strays"), ("pays", "counts"),
            ("counts", "forgets"),
        )
    }  # fmt: skip
    return Asking(example, server, nodes, flows)
