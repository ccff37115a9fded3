"""What was run, by which right, what it gave; and the same once more, on the binaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from logos_graph.canon import ContentId, Json, content_id, encode, parse_content_id, shown
from logos_graph.errors import LogosError, NotVerified
from logos_graph.execution import Plan, RunRecord, RunStatus, encode_inputs
from logos_graph.execution.plan import plan
from logos_graph.execution.replay import replay
from logos_graph.graph import Component, Flow, Node, parse_flow, ports_codec, used_by
from logos_graph.graph.capabilities import OPERATIONS, Capability
from logos_graph.ledger import MAX_ENTRY_BYTES, EntryKind, State
from logos_graph.proof.facts import Facts
from logos_graph.supervisor import LoadableHost, run_id

__all__ = ["Published", "check_modules", "check_receipt", "check_rights", "check_run", "run_again"]


def check_run(facts: Facts, run: ContentId) -> Published:
    """The flow that the intent asked for, as it was published, of the nodes that were published.

    Its record is sound: each value is the one of its id, the steps are those of the flow.
    Raises NotVerified E_PROOF_FLOW, E_PROOF_RUN, E_PROOF_VALUE.
    """
    state, told = facts.before(facts.receipt.index), facts.run
    flow = _asked(facts, state)
    expected = {"id": run_id(facts.intent, flow), "intent": facts.intent, "flow": flow}
    found = {name: told.get(name) for name in expected}
    if found != expected or run != expected["id"]:
        _refuse("E_PROOF_RUN", "the receipt is not of this run of this flow", {**expected}, found)
    components = _Components(state)
    try:
        published = components.open(flow)
    except LogosError as error:
        if error.code == "E_PROOF_FLOW":
            raise
        _refuse(
            "E_PROOF_FLOW", f"the flow is not what was published: {error}", None, None, error.code
        )
    record = _record(facts)
    expected_steps: Json = [[step.name, step.node] for step in published.plan.steps]
    steps: Json = [[step.name, step.node] for step in record.steps]
    if steps != expected_steps:
        _refuse("E_PROOF_RUN", "its steps are not those of the flow", expected_steps, steps)
    return published


def check_rights(facts: Facts) -> int:
    """Each answer from outside was given to a node that held a grant of the capability.

    The grant began before the receipt, and had not ended when the run was allowed: the answers lie
    between the two. Gives how many answers and lines there are. Raises NotVerified E_PROOF_GRANT.
    """
    held, used = _held(facts), 0
    for step in _record(facts).steps:
        asked = [_capability(call.operation) for call in step.calls if call.answer is not None]
        for capability in (*asked, *([Capability.LOG.value] if step.log else [])):
            used += 1
            if (step.node, capability) not in held:
                message = f"the node of the step {shown(step.name)} held no grant of {capability}"
                _refuse("E_PROOF_GRANT", message, capability, None)
    return used


def check_receipt(facts: Facts, published: Published) -> RunRecord:
    """The inputs are the intent's, and the result is the run's, of the flow's types.

    Raises NotVerified E_PROOF_INPUTS, E_PROOF_RESULT.
    """
    record, made = _record(facts), published.plan
    try:
        same = encode_inputs(made, _inputs(facts)) == encode_inputs(made, record.input_values)
    except LogosError as error:
        _refuse("E_PROOF_INPUTS", f"the inputs are not the flow's: {error}", None, None, error.code)
    if not same:
        _refuse("E_PROOF_INPUTS", "the run had other inputs than the intent gives", None, None)
    _check_outputs(published.flow, record)
    body, result = facts.receipt.body, _result(facts, record)
    outcome = "done" if record.status is RunStatus.DONE else "failed"
    if body["outcome"] != outcome or encode(body["result"], max_bytes=MAX_ENTRY_BYTES) != encode(
        result, max_bytes=MAX_ENTRY_BYTES
    ):
        _refuse("E_PROOF_RESULT", "the result is not what the run gave", result, body["result"])
    return record


def check_modules(made: Plan, modules: Mapping[ContentId, bytes]) -> None:
    """Each binary is the node that it stands for, and there is one for every node of the flow.

    Raises NotVerified E_PROOF_MODULE.
    """
    nodes = {step.node for step in made.steps}
    odd = sorted(nodes ^ modules.keys())
    if odd:
        what = "is missing" if odd[0] in nodes else "is of no node of the flow"
        _refuse("E_PROOF_MODULE", f"the module {odd[0]} {what}", [*sorted(nodes)], [*modules])
    for node, module in modules.items():
        found = content_id(module)
        if found != node:
            _refuse("E_PROOF_MODULE", f"the module of {node} is another one", node, found)


def run_again(
    facts: Facts, made: Plan, modules: Mapping[ContentId, bytes], host: LoadableHost
) -> tuple[int, int]:
    """The run, once more, from the recorded inputs and answers; how many (values, steps) agree.

    Raises NotVerified E_PROOF_REPLAY with the first `difference`, and what the host raises for a
    module that must not run.
    """
    for node, module in sorted(modules.items()):
        host.load(node, module)
    report = replay(facts.run, made, host)
    if report.difference is not None:
        difference = report.difference
        raise NotVerified(
            "E_PROOF_REPLAY",
            f"run again, it differs at step {shown(difference.step)}, in {difference.aspect}",
            difference=difference.json,
        )
    return report.values, report.steps


@dataclass(frozen=True, slots=True)
class Published:
    """A flow as it was published, and the plan of it."""

    flow: Flow
    plan: Plan


class _Components:
    """The components that the state holds, each read once, with what it uses."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[ContentId, Component] = {}
        self._opening: set[ContentId] = set()

    def open(self, identity: ContentId) -> Published:
        """The flow, ready to be run."""
        flow = self._component(identity)
        if not isinstance(flow, Flow):
            _refuse("E_PROOF_FLOW", f"{identity} is no flow", None, None)
        return Published(flow, plan(flow, self._known))

    def _component(self, identity: ContentId) -> Component:
        if identity not in self._known:
            self._known[identity] = self._read(identity)
        return self._known[identity]

    def _read(self, identity: ContentId) -> Component:
        node = self._state.get("node", identity)
        if node is not None:
            return Node.from_mutation(node)
        flow = self._state.get("flow", identity)
        if flow is None or identity in self._opening:
            _refuse("E_PROOF_FLOW", f"the proof has no publication of {identity}", identity, None)
        self._opening.add(identity)
        for used in sorted(used_by(flow)):
            self._component(used)
        return parse_flow(flow, self._component)


def _record(facts: Facts) -> RunRecord:
    try:
        return RunRecord.from_mutation(facts.run)
    except LogosError as error:
        code = "E_PROOF_VALUE" if error.code == "E_RUN_VALUE" else "E_PROOF_RUN"
        _refuse(code, error.message, None, None, error.code)


def _asked(facts: Facts, state: State) -> ContentId:
    """The flow that the intent starts."""
    verb, begun = state.get("verb", facts.line.did) or {}, facts.begun.body
    flow = facts.line.this.get("flow") if facts.line.did == "flow.run" else verb.get("flow")
    if flow is not None and "flow" in begun:  # a verb may be bound to another flow since
        flow = begun["flow"]
    try:
        return parse_content_id(flow)
    except LogosError:
        _refuse("E_PROOF_FLOW", f"the verb {facts.line.did} starts no flow", None, None)


def _inputs(facts: Facts) -> dict[str, Json]:
    this = facts.line.this
    inputs = this.get("inputs") if facts.line.did == "flow.run" else this
    return inputs if isinstance(inputs, dict) else {}


def _check_outputs(flow: Flow, record: RunRecord) -> None:
    ports = {port.name: port for port in flow.outputs}
    for name, value in record.output_values.items():
        if name not in ports:
            _refuse("E_PROOF_RESULT", f"the flow has no output {shown(name)}", [*ports], name)
        try:
            ports_codec((ports[name],)).write({name: value})
        except LogosError as error:
            _refuse("E_PROOF_RESULT", error.message, ports[name].type.text, None, error.code)


def _result(facts: Facts, record: RunRecord) -> dict[str, Any]:
    """The result that the receipt of such a run has."""
    result: dict[str, Any] = {
        "run": facts.run["id"],
        "flow": record.flow,
        "status": record.status.value,
        "outputs": record.output_values,
    }
    if record.failure is not None:
        result["failure"] = record.failure.json
    if (attempts := sum(1 for _ in facts.about(EntryKind.ATTEMPT))) > 0:
        result["attempts"] = attempts + 1
    return result


def _capability(operation: str) -> str:
    known = OPERATIONS.get(operation)
    return operation if known is None else known.capability.value


def _held(facts: Facts) -> set[tuple[Json, Json]]:
    """The node and the capability of each grant that was in force at some time of the run."""
    state, allowed = facts.before(facts.receipt.index), facts.deciding.index
    return {
        (grant.get("node"), grant.get("capability"))
        for key, grant in state.objects.get("grant", {}).items()
        if grant.get("revoked") is None or state.written_at["grant", key] > allowed
    }


def _refuse(code: str, message: str, expected: Json, found: Json, cause: str = "") -> NoReturn:
    more = {"cause": cause} if cause else {}
    raise NotVerified(code, message, hint="", expected=expected, found=found, **more)
