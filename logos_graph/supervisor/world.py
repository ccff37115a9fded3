"""The world outside of the nodes of one run: grants, clock, randomness, stored values, HTTP.

Every call is checked by the node that makes it, against the grant in force at that moment; where
the node stands in a flow, and what else is in it, adds nothing. What a call changes:

    clock, random   nothing; the answer is recorded
    kv              nothing before the run's receipt (values.py)
    http            something outside, so the ledger comes first:
                      1. check     what the grant does not allow is refused, nothing is recorded
                      2. announce  an `effect` entry, with every answer since the last one; only
                                   while the intent is pending, in these hands, and still allowed
                      3. send      once
                      4. tell      an `outcome` entry with the answer

When the process dies after 2, whoever finishes the run executes it again with the answers that the
ledger tells (told.py). An announced effect without its outcome is never sent a second time: whether
it took place is not known, and the intent ends in its if_doubt.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Conflict, InvalidInput, Rejected
from logos_graph.execution import NodeFailure
from logos_graph.graph.capabilities import (
    OPERATIONS,
    Capability,
    Grant,
    HttpLimits,
    KvLimits,
)
from logos_graph.supervisor.compose import Compose, Draft
from logos_graph.supervisor.ports import Mutation, Outside, PendingIntent, Store
from logos_graph.supervisor.told import Told, effect, outcome
from logos_graph.supervisor.values import RunValues, value_id
from logos_graph.supervisor.view import View

__all__ = ["LiveWorld", "Surroundings"]

CheckAllowed = Callable[[View, ContentId, int], None]
"""Raises unless this intent is pending, and the policy in force (at this instant) allows it."""


class Commit(Protocol):
    """Composes entries and appends them; see Journal.commit."""

    def __call__(self, compose: Compose, *, asks_store: bool = False) -> None:
        """Returns when they are durable."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every run of a process has around it.

    view: what is committed. watch: see Supervisor.
    """

    view: View
    store: Store
    outside: Outside
    commit: Commit
    check_allowed: CheckAllowed
    watch: Callable[[str, ContentId], None]


class LiveWorld:
    """Implements execution.World for one execution of one allowed intent.

    told: what earlier executions were answered; it is answered so again.
    """

    def __init__(
        self, around: Surroundings, pending: PendingIntent, run: ContentId, told: Iterable[Told]
    ) -> None:
        self._around, self._intent, self._run = around, pending.cid, run
        self._told = deque(told)
        self._fresh: list[Told] = []
        self._values = RunValues(around.store)
        self._writers: set[tuple[ContentId, str]] = set()
        self._effects, self._past = pending.effects, pending.past_effects
        self._attempts = pending.attempts
        self._unknown = False

    # what nodes ask -----------------------------------------------------------------------------

    def answer(
        self, step: str, node: ContentId, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        """See World.answer. Raises NodeFailure E_GRANT_REVOKED, E_KV_READ_ONLY, E_HTTP_…,
        E_RUN_DIVERGED, E_EFFECT_UNKNOWN; and what the ledger or the database cannot do.
        """
        capability = OPERATIONS[operation].capability
        if capability is Capability.KV:
            return self._kv(step, node, operation, arguments)
        if self._told:
            return self._recall(step, operation, arguments)
        grant = self._grant(node, capability)
        match operation:
            case "clock.now":
                given: dict[str, Json] = {"time": self._around.outside.now_ns()}
            case "random.bytes":
                count = arguments["count"]
                assert isinstance(count, int)  # as the operation's type says
                data = self._around.outside.random(count)
                given = {"bytes": base64.b64encode(data).decode("ascii")}
            case _:
                return self._http(step, grant, arguments)
        return self._answered(step, operation, arguments, given)

    def check_log(self, _step: str, node: ContentId) -> None:
        """See World.check_log: E_GRANT_REVOKED."""
        self._grant(node, Capability.LOG)

    def _grant(self, node: ContentId, capability: Capability) -> Grant:
        return self._granted(self._around.view, node, capability)

    def _granted(self, view: View, node: ContentId, capability: Capability) -> Grant:
        grant = view.grant(node, capability)
        if grant is None:
            raise NodeFailure(
                "E_GRANT_REVOKED", f"the node {node} holds no grant of {capability} any more"
            )
        return grant

    def _recall(self, step: str, operation: str, arguments: dict[str, Json]) -> dict[str, Json]:
        """What the ledger tells of this call."""
        told = self._told[0]
        if not told.is_call(step, operation, arguments):
            raise NodeFailure(
                "E_RUN_DIVERGED",
                f"the run asked {operation} at {step}; the ledger tells that it asked"
                f" {told.operation} at {told.step}, or with other arguments",
            )
        self._told.popleft()
        if told.answer is None:
            self._unknown = True
            raise NodeFailure(
                "E_EFFECT_UNKNOWN",
                f"whether {operation} took place is not known, and it is not done again",
            )
        return {**told.answer}

    def _answered(
        self, step: str, operation: str, arguments: dict[str, Json], given: dict[str, Json]
    ) -> dict[str, Json]:
        self._fresh.append(Told(step, operation, arguments, given))
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

    # what goes outside --------------------------------------------------------------------------

    def _http(self, step: str, grant: Grant, arguments: dict[str, Json]) -> dict[str, Json]:
        limits, request = grant.limits, arguments["request"]
        assert isinstance(limits, HttpLimits)  # a grant of http has those
        assert isinstance(request, dict)  # as the operation's type says
        outside, watch = self._around.outside, self._around.watch
        try:
            outside.check_http(request, limits)  # 1
        except (Rejected, InvalidInput) as refused:
            raise NodeFailure(refused.code, refused.message) from None
        watch("announcing", self._intent)
        self._announce(step, grant, arguments)  # 2
        watch("announced", self._intent)
        given: dict[str, Json] = {"outcome": outside.http(request, limits)}  # 3
        watch("answered", self._intent)
        self._tell(given)  # 4
        watch("told", self._intent)
        return given

    def _announce(self, step: str, grant: Grant, arguments: dict[str, Json]) -> None:
        call = Told(step, "http.request", arguments, None)

        def compose(view: View, now_ns: int) -> list[Draft]:
            self.check_in_hand(view)
            self._around.check_allowed(view, self._intent, now_ns)
            if self._granted(view, grant.node, grant.capability).id != grant.id:
                raise NodeFailure("E_GRANT_REVOKED", f"the grant {grant.id} was revoked")
            self._values.check_unchanged()
            number = self._effects + 1
            return [
                effect(self._intent, self._run, number, call, grant.id, self._fresh, view.policy.id)
            ]

        try:
            self._around.commit(compose, asks_store=self.rests_on_values)
        except Rejected as refused:
            # The first effect was not announced, so the intent may still end as a ghost.
            if self._effects == 0 or isinstance(refused, Conflict):
                raise
            raise NodeFailure(refused.code, refused.message) from None
        self._effects += 1
        self._fresh = []

    def _tell(self, given: dict[str, Json]) -> None:
        def compose(view: View, _now_ns: int) -> list[Draft]:
            self.check_in_hand(view)
            return [outcome(self._intent, self._effects, given, view.policy.id)]

        self._around.commit(compose)

    # what becomes of the run --------------------------------------------------------------------

    @property
    def effects(self) -> int:
        """How many effects the ledger tells of this attempt."""
        return self._effects - self._past

    @property
    def diverged(self) -> bool:
        """Whether the ledger tells of calls that this execution did not make."""
        return bool(self._told)

    @property
    def doubt(self) -> bool:
        """Whether what happened outside is not what this execution knows of it."""
        return self._unknown or self.diverged

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
        pending = view.pending.get(self._intent)
        if pending is None:
            raise Conflict("E_SETTLED", f"{self._intent} has ended already")
        if (pending.effects, pending.attempts) != (self._effects, self._attempts):
            raise Conflict(
                "E_TAKEN_OVER",
                f"another process is carrying out {self._intent}",
                hint="`logos run list` shows how it ends",
                intent=self._intent,
            )

    def check_current(self, view: View) -> None:
        """Raises Conflict E_KV_CHANGED if the run rests on values, or grants, that have changed."""
        for node, namespace in self._writers:
            grant = view.grant(node, Capability.KV)
            limits = None if grant is None else grant.limits
            if limits != KvLimits(namespace, write=True):
                raise Conflict("E_KV_CHANGED", f"the grant to write {namespace} has changed")
        self._values.check_unchanged()
