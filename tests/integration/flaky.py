"""Flows that fail when they are told to, and a server that tells them; not a test itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from logos_graph.canon import ContentId, Json
from tests.integration.asking import publish

if TYPE_CHECKING:
    from logos_graph.logline import SignedIntent
    from logos_graph.supervisor import Outcome
    from logos_graph.wiring import System
    from tests.integration.conftest import Cast

POSTS = """
use logos_sdk::prelude::*;

node! {
    /// Posts the value; fails unless it is answered 200.
    fn posts(value: u32) -> out: u32 {
        let asked = http::Request::post("URL/post", value.to_string());
        let status = u32::from(http::send(asked)?.status);
        if status != 200 { fail!("it was answered {status}") }
        status
    }
}
"""
REFUSES = """
use logos_sdk::prelude::*;

node! {
    /// Fails, whatever it is given, and asks nobody.
    fn refuses(value: u32) -> out: u32 {
        if value < 1_000_000 { fail!("never") }
        value
    }
}
"""
FLOW = """
[flow]
name = "{name}"
[inputs]
value = "u32"
[placements]
it = "{node}"
[[edges]]
from = "input.value"
to = "it.value"
[outputs]
out = "it.out"
"""


class _Answering(BaseHTTPRequestHandler):
    """Answers every POST with the next status that the test gave; then with 200."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        assert isinstance(self.server, FlakyServer)
        self.send_response(self.server.next_status())
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        pass


class FlakyServer(ThreadingHTTPServer):
    """Counts how often it was really called."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.calls = 0
        self.statuses: list[int] = []
        self._lock = threading.Lock()

    def next_status(self) -> int:
        with self._lock:
            self.calls += 1
            return self.statuses.pop(0) if self.statuses else 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@dataclass
class Flaky:
    """The flows by the name of their node, and short ways to run them."""

    cast: Cast
    server: FlakyServer
    flows: dict[str, ContentId] = field(default_factory=dict)

    def sign(self, node: str = "posts", **commitments: str) -> SignedIntent:
        this: dict[str, Json] = {"flow": self.flows[node], "inputs": {"value": 5}}
        bound = {"if_ok": "emit:ok", "if_doubt": "abort", "if_not": "abort", **commitments}
        return self.cast.system.compose(self.cast.operator, "flow.run", this, **bound)

    def answers(self, *statuses: int) -> None:
        """What the next calls are answered; and from here on they are counted."""
        self.server.statuses, self.server.calls = [*statuses], 0

    def run(self, node: str = "posts", **commitments: str) -> Outcome:
        return self.cast.system.supervisor.execute(self.sign(node, **commitments))


def flow(cast: Cast, name: str, node: str) -> ContentId:
    published = cast.publish_flow(FLOW.format(name=name, node=node), name)
    assert published.status == "COMMITTED", published
    return cast.system.reader.resolve(name, ("Flow",))


@contextmanager
def flaky(cast: Cast) -> Iterator[Flaky]:
    """Everything published, with the grants that it needs, and the server until the end."""
    with FlakyServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            made = Flaky(cast, server)
            http: dict[str, Json] = {"allow": [f"POST {server.url}"], "private": True}
            publish(cast, "posts", POSTS.replace("URL", server.url), {"http": http})
            publish(cast, "refuses", REFUSES, {})
            for node in ("posts", "refuses"):
                made.flows[node] = flow(cast, f"{node}-it", node)
            yield made
        finally:
            server.shutdown()
            thread.join()


def wait(system: System, outcome: Outcome) -> Outcome:
    """How it ended, once everything due of it was done."""
    from logos_graph.cli.output import Printer
    from logos_graph.cli.waiting import wait_for_end

    return wait_for_end(Printer(as_json=True), system, outcome)
