"""The world outside of the nodes of one run: grants, clock, randomness, stored values, HTTP.

Every call is checked by the node that makes it, against the grant in force at that moment; where
the node stands in a flow, and what else is in it, adds nothing. What a call changes:

    clock, random   nothing; the answer is recorded
    kv              nothing before the run's receipt (values.py)
    http            something outside, so the ledger comes first (outward.py)
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Iterable

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Conflict
from logos_graph.execution import NodeFailure
from logos_graph.graph.capabilities import (
    EXTERNAL,
    OPERATIONS,
    Capability,
    Grant,
    KvLimits,
)
from logos_graph.supervisor.outward import Outward
from logos_graph.supervisor.ports import Mutation, PendingIntent
from logos_graph.supervisor.stopping import Stops
from logos_graph.supervisor.surroundings import Surroundings
from logos_graph.supervisor.told import Told
from logos_graph.supervisor.values import RunValues, value_id
from logos_graph.supervisor.view import View

__all__ = ["LiveWorld"]


class LiveWorld:
    """Implements execution.World for one execution of one allowed intent.

    told: what earlier executions were answered; it is answered so again.
    """

    def __init__(
        self,
        around: Surroundings,
        pending: PendingIntent,
        run: ContentId,
        told: Iterable[Told],
        stops: Stops,
    ) -> None:
        self._around, self._told, self._stops = around, deque(told), stops
        self._values = RunValues(around.store)
        self._outward = Outward(around, pending, run, self._values, stops)
        self._writers: set[tuple[ContentId, str]] = set()
        self._past = pending.past_effects

    # stops --------------------------------------------------------------------------------------

    def begin(self, _step: str, _node: ContentId) -> None:
        """See World.begin; what stopping.Stops raises."""
        self._stops.begin()

    def end(self, _step: str, _node: ContentId) -> None:
        """See World.end; what stopping.Stops raises."""
        self._stops.end()

    # what nodes ask -----------------------------------------------------------------------------

    def answer(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        """See World.answer. Raises NodeFailure E_GRANT_REVOKED, E_KV_READ_ONLY, E_HTTP_…,
        E_RUN_DIVERGED, E_EFFECT_UNKNOWN; what stopping.Stops raises; and what the ledger or the
        database cannot do.
        """
        self._stops.check()  # before it is answered: what the ledger tells of it stays whole
        capability = OPERATIONS[operation].capability
        if capability is Capability.KV:
            return self._kv(step, node, operation, arguments)
        if operation in EXTERNAL:
            return self._reach(step, node, operation, arguments)
        if self._told:
            return self._recall(step, operation, arguments)
        self._grant(node, capability)
        if operation == "clock.now":
            given: dict[str, Json] = {"time": self._around.outside.now_ns()}
        else:
            count = arguments["count"]
            assert isinstance(count, int)  # as the type of random.bytes says
            data = self._around.outside.random(count)
            given = {"bytes": base64.b64encode(data).decode("ascii")}
        return self._answered(step, operation, arguments, given)

    def check_log(self, _step: str, node: ContentId) -> None:
        """See World.check_log: E_GRANT_REVOKED."""
        self._grant(node, Capability.LOG)

    def _grant(self, node: ContentId, capability: Capability) -> Grant:
        grant = self._around.view.grant(node, capability)
        if grant is None:
            raise NodeFailure(
                "E_GRANT_REVOKED", f"the node {node} holds no grant of {capability} any more"
            )
        return grant

    def _recall(self, step: str, operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
        """What the ledger tells of this call."""
        told = self._next_told(step, operation, arguments)
        assert told.answer is not None  # only of an effect it may be unknown
        return {**told.answer}

    def _next_told(self, step: str, operation: str, arguments: dict[str, Json]) -> Told:
        told = self._told[0]
        if not told.is_call(step, operation, arguments):
            raise NodeFailure(
                "E_RUN_DIVERGED",
                f"the run asked {operation} at {step}; the ledger tells that it asked"
                f" {told.operation} at {told.step}, or with other arguments",
            )
        return self._told.popleft()

    def _answered(
        self, step: str, operation: str, arguments: dict[str, Json], given: dict[str, Json]
    ) -> dict[str, Json]:
        self._outward.fresh.append(Told(step, operation, arguments, given))
        return given

    def _kv(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        limits = self._grant(node, Capability.KV).limits
        assert isinstance(limits, KvLimits)  # a grant of kv has those
        key = str(arguments["key"])
        if operation == "kv.get":
            return self._get(step, value_id(limits.namespace, key), arguments)
        if not limits.write:
            raise NodeFailure(
                "E_KV_READ_ONLY", f"the grant lets the node read {limits.namespace}, not write"
            )
        value = arguments.get("value")
        self._values.write(limits.namespace, key, None if value is None else str(value))
        self._writers.add((node, limits.namespace))
        return {}

    def _get(self, step: str, identity: str, arguments: dict[str, Json]) -> dict[str, Json]:
        """Asked of the store once in a run; what the ledger tells of it counts as asked."""
        if self._values.knows(identity):
            return {"value": self._values.known(identity)}
        if self._told:
            given = self._recall(step, "kv.get", arguments)
            self._values.saw(identity, given["value"])
            return given
        given = {"value": self._values.read(identity)}
        return self._answered(step, "kv.get", arguments, given)

    def assume(self, node: ContentId, key: str, value: Json, *, written: bool = False) -> None:
        """The value that a fork takes from its parent, as that found it or wrote it.

        Where the node holds no grant any more, there is nobody to ask for it.
        """
        grant = self._around.view.grant(node, Capability.KV)
        if grant is None or not isinstance(grant.limits, KvLimits):
            return
        if written:
            text = None if value is None else str(value)
            self._values.write(grant.limits.namespace, key, text)
        else:
            self._values.saw(value_id(grant.limits.namespace, key), value)

    def _reach(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        capability = OPERATIONS[operation].capability
        if self._told:
            told = self._next_told(step, operation, arguments)
            grant = self._around.view.grant(node, capability)
            return self._outward.resume(told, grant, is_last=not self._told)
        return self._outward.call(step, self._grant(node, capability), operation, arguments)

    # what becomes of the run --------------------------------------------------------------------

    @property
    def effects(self) -> int:
        """How many effects the ledger tells of this attempt."""
        return self._outward.effects - self._past

    @property
    def diverged(self) -> bool:
        """Whether the ledger tells of calls that this execution did not make."""
        return bool(self._told)

    @property
    def doubt(self) -> bool:
        """Whether what happened outside is not what this execution knows of it."""
        return self._outward.unknown or self.diverged

    @property
    def rests_on_values(self) -> bool:
        """Whether asking if it is current asks the store."""
        return self._values.any_read

    @property
    def mutations(self) -> tuple[Mutation, ...]:
        """The stored values that the run changes, if it is done."""
        return self._values.mutations()

    def check_in_hand(self, view: View) -> None:
        """Raises Conflict E_SETTLED, or E_TAKEN_OVER if another process carries the intent on."""
        self._outward.check_in_hand(view)

    def check_current(self, view: View) -> None:
        """Raises Conflict E_KV_CHANGED if the run rests on values, or grants, that have changed."""
        for node, namespace in self._writers:
            grant = view.grant(node, Capability.KV)
            limits = None if grant is None else grant.limits
            if limits != KvLimits(namespace, write=True):
                raise Conflict("E_KV_CHANGED", f"the grant to write {namespace} has changed")
        self._values.check_unchanged()
