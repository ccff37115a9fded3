"""Nodes that do not build, and nodes that misbehave: the run fails and says why, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

NODE = """
use logos_sdk::prelude::*;

node! {{
    /// Does what its name says.
    fn {name}(value: u32) -> out: u32 {{ {body} }}
}}
"""
FLOW = """
[flow]
name = "{name}"
[inputs]
value = "u32"
[placements]
bad = "{name}"
[[edges]]
from = "input.value"
to = "bad.value"
[outputs]
out = "bad.out"
"""


def test_a_rust_error_shows_the_compilers_own_message_and_line(example: Any) -> None:
    outcome = example.publish_node(
        NODE.format(name="broken_node", body="value + missing"), "broken-node"
    )
    assert (outcome.status, outcome.error.code) == ("GHOST", "E_COMPILE")
    first = outcome.error.data["diagnostics"][0]
    assert first["line"] == 6
    assert example.count("Node", name="broken-node") == 0
    assert "cannot find value `missing`" in first["message"]
    assert "node.rs:6" in first["rendered"]
    assert example.system.reader.rows("read/names", name="broken-node") == []


@pytest.mark.parametrize(
    ("name", "body", "code", "reason"),
    [
        ("panics", 'if value < 9 { panic!("the value is {}", value) } value', "E_NODE_PANIC",
         "the value is 7"),
        ("divides", "100 / (value - 7)", "E_NODE_PANIC", "divide by zero"),
        ("loops", "let mut n = value; loop { n = n.wrapping_mul(3); if n == 2 { break n } }",
         "E_NODE_GAS", "gas"),
        ("hoards", "let mut all = Vec::new(); loop { all.push(vec![value; 1 << 20]); "
         "if all.len() == 1 << 30 { break 1 } }", "E_NODE_MEMORY", "memory"),
        ("recurses", "fn deep(n: u32) -> u32 { if n == u32::MAX { 0 } else { 1 + deep(n + 1) } } "
         "deep(value % 2)", "E_NODE_STACK",
         "calls are nested too deeply"),
        ("fails", 'if value < 9 { fail!("{} is too small", value) } value', "E_NODE_FAILED",
         "7 is too small"),
    ],
)  # fmt: skip
def test_a_misbehaving_node_ends_its_run_as_failed_with_step_and_reason(
    example: Any, ledger_length: Callable[[], int], name: str, body: str, code: str, reason: str
) -> None:
    assert example.publish_node(NODE.format(name=name, body=body), name).status == "COMMITTED"
    assert example.publish_flow(FLOW.format(name=name), f"{name}-flow").status == "COMMITTED"
    flow = example.system.reader.resolve(f"{name}-flow", ("Flow",))
    outcome = example.submit(example.operator, "flow.run", {"flow": flow, "inputs": {"value": 7}})
    assert outcome.failed
    assert (outcome.status, outcome.consequence) == ("COMMITTED", "if_not")
    failure = outcome.result["failure"]
    assert (failure["step"], failure["code"]) == ("bad", code)
    assert reason in failure["reason"]
    assert example.count("Run", intent=outcome.intent, status="failed") == 1

    run = example.system.reader.run(outcome.result["run"])
    assert (run["status"], run["failure"]) == ("failed", failure)
    receipt = next(iter(example.system.store.entries(ledger_length() - 1)))
    assert receipt.body["outcome"] == "failed"
    assert receipt.body["mutations"][0]["failure"] == failure
    assert example.system.supervisor.runner.replay(run).same
