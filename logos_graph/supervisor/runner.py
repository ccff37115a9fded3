"""Runs and replays stored flows on the host; plans are made once per flow and kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from logos_graph.canon import ContentId, Json, json_id
from logos_graph.errors import Rejected
from logos_graph.execution import (
    ForkPoint,
    Plan,
    ReplayReport,
    RunRecord,
    World,
    encode_inputs,
    execute,
)
from logos_graph.execution.fork import fork
from logos_graph.execution.plan import plan
from logos_graph.execution.replay import replay
from logos_graph.execution.whatif import WhatIf, check_same_inputs, what_if
from logos_graph.graph import Component, Flow
from logos_graph.supervisor.building_ports import LoadableHost
from logos_graph.supervisor.ports import (
    Mutation,
    Store,
)

__all__ = ["Runner", "run_id"]


def run_id(intent: ContentId, flow: ContentId) -> ContentId:
    """A run's id: one intent starts a flow once, whoever carries it out."""
    return json_id({"flow": flow, "intent": intent})


class Runner:
    """Executes flows of the graph; safe to use from several threads."""

    def __init__(self, store: Store, host: LoadableHost) -> None:
        self._store = store
        self._host = host
        self._plans: dict[ContentId, Plan] = {}
        self._needs: dict[ContentId, Mapping[ContentId, frozenset[str]]] = {}
        self._lock = threading.Lock()

    def check_inputs(self, flow: ContentId, inputs: Mapping[str, Json]) -> None:
        """Raises InvalidInput E_RUN_INPUT_…, E_VALUE_… if these are not the flow's inputs."""
        encode_inputs(self.plan(flow), inputs)

    def needs(self, flow: ContentId) -> Mapping[ContentId, frozenset[str]]:
        """Which capabilities its nodes ask for, nested ones too; but for those of none."""
        self.plan(flow)
        return self._needs[flow]

    def run(self, flow: ContentId, inputs: Mapping[str, Json], world: World) -> RunRecord:
        """Executes a flow from its inputs; a failing node ends the record as failed."""
        return execute(self.plan(flow), inputs, self._host, world)

    def fork(
        self, parent: RunRecord, point: ForkPoint, given: Mapping[str, Json], world: World
    ) -> RunRecord:
        """Executes the parent's flow again, with other values from a step on; see fork.fork."""
        return fork(self.plan(parent.flow), parent, point, given, self._host, world)

    def what_if(self, recorded: Mutation, flow: ContentId) -> WhatIf:
        """What another flow makes of a recorded run's inputs. Raises InvalidInput E_REPLAY_INPUTS,
        and what whatif.what_if raises.
        """
        self.check_alike(ContentId(str(recorded["flow"])), flow)
        return what_if(recorded, self.plan(flow), self._host)

    def check_alike(self, flow: ContentId, other: ContentId) -> None:
        """Raises InvalidInput E_REPLAY_INPUTS unless both flows take the same inputs."""
        known, asked = self._store.component(flow), self._store.component(other)
        if known is not None and asked is not None:
            check_same_inputs(flow, known.inputs, other, asked.inputs)

    def replay(self, recorded: Mutation) -> ReplayReport:
        """Runs a recorded run again and names the first difference."""
        return replay(recorded, self.plan(ContentId(str(recorded["flow"]))), self._host)

    def plan(self, flow: ContentId) -> Plan:
        """The flow's plan, with every node it needs loaded into the host."""
        with self._lock:
            known = self._plans.get(flow)
            if known is None:
                known = self._plans[flow] = self._make(flow)
            return known

    def _make(self, identity: ContentId) -> Plan:
        flow = self._store.component(identity)
        if not isinstance(flow, Flow):
            raise Rejected(
                "E_UNKNOWN_FLOW",
                f"there is no flow {identity}",
                hint="`logos flow list` shows what is published",
                flow=identity,
            )
        components = self._closure(flow)
        made = plan(flow, components)
        for step in made.steps:
            if not self._host.loaded(step.node):
                self._host.load(step.node, self._store.module(step.node))
        asked = {step.node: self._host.needs(step.node) for step in made.steps}
        self._needs[identity] = {node: needs for node, needs in asked.items() if needs}
        return made

    def _closure(self, flow: Flow) -> dict[ContentId, Component]:
        """Everything that a flow uses, nested flows included."""
        found: dict[ContentId, Component] = {}
        todo = [flow]
        while todo:
            for used in {each.uses for each in todo.pop().placements} - found.keys():
                component = self._store.component(used)
                if component is None:
                    raise Rejected("E_UNKNOWN_COMPONENT", f"there is no node or flow {used}")
                found[used] = component
                if isinstance(component, Flow):
                    todo.append(component)
        return found
