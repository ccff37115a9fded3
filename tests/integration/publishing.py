"""What the tests of nodes and drafts share: sources, and short ways to draft and publish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logos_graph.canon import Json
from logos_graph.ledger import check_invariants
from logos_graph.store import read_state

if TYPE_CHECKING:
    from logos_graph.identity import Signer
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast

NODE = """
use logos_sdk::prelude::*;

node! {{
    /// {docs}
    fn {name}(value: u32) -> out: u32 {{ {body} }}
}}
"""
CLOCK = """
use logos_sdk::prelude::*;

node! {
    /// Tells the time.
    fn tells_time(value: u32) -> out: u64 {
        clock::now() + u64::from(value)
    }
}
"""
TOO_LARGE = """
use logos_sdk::prelude::*;

static TABLE: [u8; 2 << 20] = [7; 2 << 20];

node! {
    fn too_large(value: u32) -> out: u8 { TABLE[value as usize] }
}
"""
FLOW = """
[flow]
name = "{name}"
[inputs]
value = "u32"
[placements]
only = "{used}"
[[edges]]
from = "input.value"
to = "only.value"
[outputs]
out = "only.out"
"""


def code_of(name: str, body: str, docs: str = "Does what its name says.") -> str:
    return NODE.format(name=name.replace("-", "_"), body=body, docs=docs)


def draft(example: Cast, source: str, name: str, who: Signer | None = None) -> Outcome:
    this: dict[str, Json] = {"name": name, "source": source}
    return example.submit(who or example.operator, "node.draft", this)


def result(outcome: Outcome) -> dict[str, Any]:
    assert outcome.status == "COMMITTED", outcome
    assert outcome.result is not None
    return dict(outcome.result)


def code(outcome: Outcome) -> str:
    assert outcome.status == "GHOST", outcome
    assert outcome.error is not None
    return outcome.error.code


def published(example: Cast, name: str, body: str) -> str:
    node = result(example.publish_node(code_of(name, body), name))["node"]
    assert isinstance(node, str)
    return node


def check_ledger(example: Cast) -> None:
    """I1 to I5 hold, the stored state included."""
    report = check_invariants(example.verified(), read_state(example.system.reader))
    assert report.ok, report
