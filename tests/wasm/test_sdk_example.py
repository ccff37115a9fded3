"""The payment approval: its nodes, flows, policy and verb do what its README says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from logos_graph.canon import ContentId, Json, content_id
from logos_graph.execution import RunRecord, RunStatus, execute
from logos_graph.execution.plan import plan
from logos_graph.governance.decision import Allow, Decision, Deny, Require
from logos_graph.governance.policy import Policy
from logos_graph.governance.request import Request
from logos_graph.governance.verbs import Verb, check_registrable, check_this, parse_verb
from logos_graph.graph.check import check_flow
from logos_graph.graph.component import Component, Node
from logos_graph.graph.flow import Flow
from logos_graph.graph.flowfile import parse_flow_file
from logos_graph.identity import Did
from logos_graph.wasm.admission import admit
from logos_graph.wasm.builder import Builder
from logos_graph.wasm.runtime import WasmHost

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "payment-approval"
AGENT = Did("did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp")
NODES = sorted(path.stem for path in (EXAMPLE / "nodes").glob("*.rs"))


@dataclass(frozen=True)
class Example:
    """The example, built: the outer flow, every component by id, and a host that has the nodes."""

    flow: Flow
    components: dict[ContentId, Component]
    host: WasmHost

    def run(self, payment: Json) -> RunRecord:
        return execute(plan(self.flow, self.components), {"payment": payment}, self.host)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    cache = tmp_path_factory.mktemp("cache")
    builder, host = Builder(cache), WasmHost(cache, bytes(range(32)))
    named: dict[str, Component] = {}
    for name in NODES:
        built = builder.build((EXAMPLE / "nodes" / f"{name}.rs").read_bytes())
        assert built.diagnostics == (), name
        admitted = admit(built.module)
        assert admitted.descriptor.name == name
        node = Node(
            content_id(built.module), admitted.descriptor.inputs, admitted.descriptor.outputs
        )
        host.load(node.id, built.module)
        named[name] = node
    flow = None
    for name in ("risk-score", "payment-approval"):
        draft = parse_flow_file((EXAMPLE / f"{name}.toml").read_text())
        assert draft.name == name
        flow = named[name] = check_flow(draft, named.__getitem__)
    assert flow is not None
    return Example(flow, {component.id: component for component in named.values()}, host)


def payment(name: str) -> dict[str, Json]:
    request: dict[str, dict[str, Json]] = json.loads(
        (EXAMPLE / "payments" / f"{name}.json").read_text()
    )
    return request["payment"]


def decision(run: RunRecord) -> tuple[str, int]:
    assert run.status is RunStatus.DONE, run.failure
    value = run.values[run.outputs["decision"]]
    assert isinstance(value, dict)
    return str(value["outcome"]), int(str(value["score"]))


@pytest.mark.parametrize(
    ("name", "outcome", "score"),
    [
        ("ok", "approved", 17),
        ("large", "approved", 17),
        ("hand-over", "handed-over", 50),
        ("reject", "rejected", 100),
        ("invalid", "rejected", 100),
    ],
)
def test_each_payment_ends_as_the_readme_says(
    example: Example, name: str, outcome: str, score: int
) -> None:
    assert decision(example.run(payment(name))) == (outcome, score)


@pytest.mark.parametrize(
    "broken",
    [
        {"amount": "0.00"},
        {"amount": "-1.00"},
        {"amount": "100000.01"},
        {"currency": "XXX"},
        {"currency": "JPY", "amount": "10.50"},
        {"to-account": "ACC1234567"},
        {"to-account": "ACC1234567x"},
        {"from-account": "", "to-account": "ACC00000001"},
        {"to-account": "ACC20480001"},
    ],
)
def test_a_payment_that_breaks_a_rule_is_rejected_whatever_its_scores(
    example: Example, broken: dict[str, Json]
) -> None:
    assert decision(example.run({**payment("ok"), **broken})) == ("rejected", 100)


@pytest.mark.parametrize(
    ("amount", "outcome", "score"),
    # One past payment of 100.00 long ago: the amount score is the amount in per cent of 401.00.
    [
        ("200.50", "handed-over", 30),
        ("200.49", "approved", 29),
        ("459.80", "handed-over", 60),
    ],
)
def test_the_thresholds_are_where_the_readme_says(
    example: Example, amount: str, outcome: str, score: int
) -> None:
    past: Json = [{"amount": "100.00", "minutes-ago": 1440}]
    changed = {**payment("ok"), "amount": amount, "history": past}
    assert decision(example.run(changed)) == (outcome, score)


def test_an_account_without_a_history_goes_to_a_person(example: Example) -> None:
    assert decision(example.run({**payment("ok"), "history": []})) == ("handed-over", 65)


def test_only_the_branch_that_was_chosen_is_taken(example: Example) -> None:
    run = example.run(payment("ok"))
    taken = {step.name for step in run.steps if step.status == "done"}
    assert "approve" in taken
    assert not taken & {"reject", "hand-over"}
    assert len(taken) == 7


@pytest.fixture(scope="module")
def transfer() -> Verb:
    verb = parse_verb(json.loads((EXAMPLE / "transfer.verb.json").read_text()))
    check_registrable(verb)
    return verb


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy((EXAMPLE / "policy.cedar").read_text())


def judge(policy: Policy, verb: Verb, this: dict[str, Json], role: str = "agent") -> Decision:
    check_this(verb, this)
    return policy.judge(Request(AGENT, frozenset({role}), verb, this, "ledger", 0, 0))


@pytest.mark.parametrize("name", ["ok", "hand-over", "reject", "invalid"])
def test_an_agent_may_transfer_up_to_its_limit(policy: Policy, transfer: Verb, name: str) -> None:
    decided = judge(policy, transfer, {"payment": payment(name)})
    assert isinstance(decided, Allow)
    assert decided.policies == ("agents-may-transfer",)


@pytest.mark.parametrize(("amount", "waits"), [("5000.00", False), ("5000.01", True)])
def test_over_the_limit_two_of_the_treasury_must_consent(
    policy: Policy, transfer: Verb, amount: str, waits: bool
) -> None:
    decided = judge(policy, transfer, {"payment": {**payment("large"), "amount": amount}})
    assert isinstance(decided, Require) is waits
    if isinstance(decided, Require):
        assert (decided.role, decided.quorum.needed) == ("treasury", 2)
        assert decided.policies == ("over-limit",)


def test_a_blocked_account_is_denied_even_over_the_limit(policy: Policy, transfer: Verb) -> None:
    for amount in ("950.00", "47500.00"):
        decided = judge(policy, transfer, {"payment": {**payment("refused"), "amount": amount}})
        assert isinstance(decided, Deny)
        assert "blocked-account" in decided.policies


def test_who_is_no_agent_may_not_transfer(policy: Policy, transfer: Verb) -> None:
    for role in ("operator", "treasury"):
        assert isinstance(judge(policy, transfer, {"payment": payment("ok")}, role), Deny)
