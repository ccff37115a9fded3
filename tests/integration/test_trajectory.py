"""Trust on the real thing: kept with each append, read by a new process, seen by policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from logos_graph.governance import Conducts
from logos_graph.wiring import open_system

if TYPE_CHECKING:
    from logos_graph.identity import Signer
    from logos_graph.settings import Settings
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast, Logos

LIMITED = """
@id("within-the-trajectory")
permit (principal in Role::"payer", action == Action::"VERB", resource)
when { context.trajectory.spent + context.this.amount <= context.trajectory.limit };
"""


@pytest.fixture
def fresh() -> str:
    """Nobody has this name yet."""
    return "t" + uuid4().hex[:12]


@pytest.fixture
def limited(example: Cast, fresh: str) -> Iterator[str]:
    """A verb with an amount, which policy allows within the limit of the trajectory; its name."""
    schema = {
        "type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer"}},
        "additionalProperties": False,
    }  # fmt: skip
    verb: dict[str, Any] = {
        "name": f"{fresh}.pay", "docs": "Pay.", "risk": "L1", "schema": schema,
        "flow": None, "amount": "/amount",
    }  # fmt: skip
    made = example.submit(example.operator, "verb.register", verb)
    assert made.status == "COMMITTED", made
    own = example.system.supervisor.view.policy.text
    example.activate(own + LIMITED.replace("VERB", f"{fresh}.pay"))
    yield f"{fresh}.pay"
    example.activate(own)


def folded(cast: Cast) -> Conducts:
    """From all entries, as an auditor does."""
    conducts = Conducts()
    for entry in cast.system.store.entries(0):
        conducts = conducts.after(entry)
    return conducts


def seen(outcome: Outcome) -> dict[str, Any]:
    context: Any = outcome.decision["context"]
    found: dict[str, Any] = context["trajectory"]
    return found


def test_what_each_decision_saw_is_what_the_entries_before_it_come_to(
    example: Cast, fresh: str, limited: str
) -> None:
    payer = example.register(fresh, ["payer"])
    for _ in range(3):
        pay(example, payer, limited, 10_091)
    conducts, told = Conducts(), list[Any]()
    for entry in example.system.store.entries(0):
        body: Any = entry.body
        if entry.kind == "intent" and body["intent"]["logline"]["who"] == payer.did:
            saw = body["decision"]["context"]["trajectory"]
            assert saw == conducts.trajectory(payer.did, entry.recorded_at).to_json()
            told.append(saw["score"])
        conducts = conducts.after(entry)
    assert told == [1000, 111, 40]


def test_a_new_process_reads_it_from_the_graph(
    example: Cast, settings: Settings, fresh: str, limited: str
) -> None:
    payer = example.register(fresh, ["payer"])
    for amount in (5, 10**9, 70):
        example.submit(payer, limited, {"amount": amount})
    now_ns = example.system.clock.now_ns()
    told = folded(example)
    with open_system(settings) as another:
        view = another.supervisor.view
        read = [view.conducts.trajectory(each, now_ns) for each in view.principals]
        assert read == [told.trajectory(each, now_ns) for each in view.principals]
    mine = example.system.supervisor.view.conducts.trajectory(payer.did, now_ns)
    assert mine == told.trajectory(payer.did, now_ns)


def test_policy_refuses_what_is_beyond_the_limit_and_each_attempt_lowers_it(
    example: Cast, fresh: str, limited: str
) -> None:
    payer = example.register(fresh, ["payer"])
    assert seen(pay(example, payer, limited, 10_091))["limit"] == 10_090
    refused = pay(example, payer, limited, 10_091)
    assert refused.status == "GHOST"
    assert (seen(refused)["limit"], seen(refused)["ghosts"]) == (1208, 1)


def pay(cast: Cast, who: Signer, verb: str, amount: int) -> Outcome:
    return cast.submit(who, verb, {"amount": amount})


def test_an_act_without_its_amount_is_a_ghost(example: Cast, fresh: str, limited: str) -> None:
    payer = example.register(fresh, ["payer"])
    outcome = pay(example, payer, limited, -1)
    assert outcome.status == "GHOST"
    assert outcome.cause is not None
    assert outcome.cause["code"] == "E_THIS_AMOUNT"


def test_the_command_shows_the_sum_as_of_any_entry(
    example: Cast, logos: Logos, fresh: str, limited: str
) -> None:
    payer = example.register(fresh, ["payer"])
    pay(example, payer, limited, 10_091)
    one = logos("trajectory", fresh, "--json").document
    assert (one["score"], one["ghosts"], one["bad"]) == (111, 1, 2)
    assert one["counted"] == [
        {"risk": "L1", "weight": 1, "kind": "denied", "count": 1, "counts": "bad"}
    ]
    assert one["sums"]["score"].endswith(" = 111")
    index = one["at"]["index"]
    pay(example, payer, limited, 10_091)
    assert logos("trajectory", payer.did, "--json").document["ghosts"] == 2
    then = logos("trajectory", fresh, "--at", str(index), "--json").document
    assert then == one
    assert "denied" in logos("trajectory", fresh).out
    assert logos("trajectory", "nobody-at-all").status == 1
    assert logos("trajectory", fresh, "--at", "99999999").status == 2


def test_the_graph_keeps_one_node_for_a_day_and_verification_counts_it_again(
    example: Cast, fresh: str, limited: str, logos: Logos
) -> None:
    payer = example.register(fresh, ["payer"])
    for _ in range(2):
        pay(example, payer, limited, 10_091)
    rows = example.system.reader.rows("read/conducts", since="2000-01-01")
    mine = [each["conduct"] for each in rows if each["conduct"]["who"] == payer.did]
    assert sum(each["denied"][1] for each in mine) == 2
    assert len(mine) <= 2  # midnight may be between them
    verified = logos("ledger", "verify", "--json")
    assert verified.status == 0, verified
