"""A flow that is not sound is refused with the reason, stays as a ghost, and changes nothing."""

from __future__ import annotations

from typing import Any

PAYMENT = (
    "record payment { from-account: string, to-account: string, amount: decimal<2>, "
    "currency: string, "
    "history: list<record past-payment { amount: decimal<2>, minutes-ago: u32 }> }"
)
HEAD = f"""
[flow]
name = "broken"
[inputs]
payment = "{PAYMENT}"
"""


def refused(example: Any, body: str) -> Any:
    outcome = example.publish_flow(HEAD + body, "broken")
    assert outcome.status == "GHOST"
    assert outcome.cause["type"] == "AgentAbort"
    assert example.system.reader.rows("read/names", name="broken") == []
    return outcome.error


def test_an_ill_typed_edge_names_both_ports_and_both_types(example: Any) -> None:
    error = refused(
        example,
        """
[placements]
velocity = "velocity-score"
approve = "approve"
[[edges]]
from = "input.payment"
to = "velocity.payment"
[[edges]]
from = "input.payment"
to = "approve.payment"
[[edges]]
from = "input.payment"
to = "approve.score"
[[edges]]
from = "velocity.score"
to = "approve.reasons"
[outputs]
decision = "approve.decision"
""",
    )
    assert error.code == "E_FLOW_TYPE"
    for part in ("input.payment", "approve.score", PAYMENT[:24], "u32"):
        assert part in error.message


def test_a_cycle_names_its_nodes(example: Any, cast: Any) -> None:
    assert cast.publish_node(ECHO, "echo").status == "COMMITTED"
    error = refused(
        example,
        """
[placements]
first = "echo"
second = "echo"
[[edges]]
from = "first.out"
to = "second.value"
[[edges]]
from = "second.out"
to = "first.value"
[outputs]
out = "first.out"
""",
    )
    assert error.code == "E_FLOW_CYCLE"
    assert "first" in error.message
    assert "second" in error.message


def test_a_threshold_gap_names_the_uncovered_interval(example: Any) -> None:
    error = refused(
        example,
        """
[placements]
velocity = "velocity-score"
low = "echo"
high = "echo"
[[edges]]
from = "input.payment"
to = "velocity.payment"
[[edges]]
from = "velocity.score"
to = "low.value"
when = { below = 30 }
[[edges]]
from = "velocity.score"
to = "high.value"
when = { at_least = 70 }
[outputs]
out = ["low.out", "high.out"]
""",
    )
    assert error.code == "E_THRESHOLD_GAP"
    assert "30" in error.message
    assert "70" in error.message


def test_an_unknown_placement_is_named(example: Any) -> None:
    outcome = example.submit(
        example.operator,
        "flow.publish",
        {
            "name": "broken",
            "text": HEAD + '[placements]\nx = "no-such-node"\n[outputs]\nout = "x.out"\n',
            "uses": {"no-such-node": "b3:" + "0" * 64},
        },
    )
    assert outcome.error.code == "E_UNKNOWN_COMPONENT"
    assert "no-such-node" in outcome.error.message


ECHO = """
use logos_sdk::prelude::*;

node! {
    /// Gives back what it was given.
    fn echo(value: u32) -> out: u32 { value }
}
"""
