"""A flow that is not sound is refused with the reason, stays as a ghost, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from logos_graph.errors import LogosError

if TYPE_CHECKING:
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast

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

Refused = Callable[["Outcome"], LogosError]


@pytest.fixture
def refused(example: Cast, ledger_length: Callable[[], int]) -> Refused:
    """The error of a publication that left its intent and its ghost, and nothing in the graph."""
    before, flows = ledger_length(), example.count("Flow")

    def check(outcome: Outcome) -> LogosError:
        assert outcome.status == "GHOST"
        assert outcome.error is not None
        assert outcome.cause == {
            "type": "AgentAbort",
            "code": outcome.error.code,
            "detail": outcome.error.message,
        }
        recorded = example.system.store.intent(outcome.intent)
        assert recorded is not None
        assert (recorded.status, recorded.cause) == ("GHOST", outcome.cause)
        assert [str(entry.kind) for entry in example.entries(before)] == ["intent", "ghost"]
        assert example.system.reader.rows("read/names", name="broken") == []
        assert example.count("Flow", name="broken") == 0
        assert example.count("Flow") == flows
        return outcome.error

    return check


def test_an_ill_typed_edge_names_both_ports_and_both_types(example: Cast, refused: Refused) -> None:
    body = """
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
"""
    error = refused(example.publish_flow(HEAD + body, "broken"))
    assert error.code == "E_FLOW_TYPE"
    assert error.message == (f"input.payment has type {PAYMENT}, but approve.score has type u32")
    assert error.data == {
        "source": "input.payment",
        "source_type": PAYMENT,
        "target": "approve.score",
        "target_type": "u32",
    }


def test_a_cycle_names_its_nodes(example: Cast, echo: str, refused: Refused) -> None:
    body = """
[placements]
outside = "echo"
first = "echo"
second = "echo"
[[edges]]
from = "first.out"
to = "second.value"
[[edges]]
from = "second.out"
to = "first.value"
[[edges]]
from = "first.out"
to = "outside.value"
[outputs]
out = "outside.out"
"""
    error = refused(example.publish_flow(HEAD + body, "broken"))
    assert error.code == "E_FLOW_CYCLE"
    assert error.data["nodes"] == ["first", "second"]
    assert "first -> second -> first" in error.message


def split(below: int, at_least: int) -> str:
    """A score that goes one way below a number, and another from a number up."""
    return f"""
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
when = {{ below = {below} }}
[[edges]]
from = "velocity.score"
to = "high.value"
when = {{ at_least = {at_least} }}
[outputs]
out = ["low.out", "high.out"]
"""


def test_a_threshold_gap_names_the_uncovered_interval(
    example: Cast, echo: str, refused: Refused
) -> None:
    error = refused(example.publish_flow(HEAD + split(below=30, at_least=70), "broken"))
    assert error.code == "E_THRESHOLD_GAP"
    assert error.data["port"] == "velocity.score"
    assert error.data["uncovered"] == [{"at_least": 30, "below": 70}]


def test_thresholds_that_overlap_name_the_shared_interval(
    example: Cast, echo: str, refused: Refused
) -> None:
    error = refused(example.publish_flow(HEAD + split(below=70, at_least=30), "broken"))
    assert error.code == "E_THRESHOLD_OVERLAP"
    assert error.data["overlap"] == {"at_least": 30, "below": 70}


def test_an_input_that_nothing_feeds_is_named(example: Cast, refused: Refused) -> None:
    body = """
[placements]
velocity = "velocity-score"
[outputs]
score = "velocity.score"
"""
    error = refused(example.publish_flow(HEAD + body, "broken"))
    assert error.code == "E_FLOW_UNFED"
    assert "velocity.payment" in error.message


def test_an_unknown_placement_is_named(example: Cast, refused: Refused) -> None:
    outcome = example.submit(
        example.operator,
        "flow.publish",
        {
            "name": "broken",
            "text": HEAD + '[placements]\nx = "no-such-node"\n[outputs]\nout = "x.out"\n',
            "uses": {"no-such-node": "b3:" + "0" * 64},
        },
    )
    error = refused(outcome)
    assert error.code == "E_UNKNOWN_COMPONENT"
    assert "no-such-node" in error.message
