"""What one run does outside: announced, sent and told, try by try.

    1. check     what the grant does not allow is refused, nothing is recorded
    2. announce  an `effect` entry, with every answer since the last one; only while the intent is
                 pending, in these hands, and still allowed
    3. send      once, under the call's idempotency key
    4. tell      an `outcome` entry with the answer
    5. go on     if the grant says that this outcome is worth another try: wait, then 2 again; the
                 node sees one call, and its last answer

A further try is never owed: when the grant has ended, the policy has changed or the run is to stop,
the last answer stands. When the process dies, whoever finishes the run executes it again with the
answers that the ledger tells (told.py), and its last call goes on from its last try. An announced
try without its outcome is not repeated: whether it took place is not known, and the intent ends in
its if_doubt. Only where the grant says that the service knows the key (`unknown`) is it told as
lost, and tried again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Conflict, InvalidInput, Rejected
from logos_graph.execution import NodeFailure
from logos_graph.graph.capabilities import Grant, HttpLimits
from logos_graph.graph.retry import LOST, Retry
from logos_graph.ledger import EntryKind, effect_key
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.hands import in_hand
from logos_graph.supervisor.ports import PendingIntent, Request
from logos_graph.supervisor.stopping import Stops
from logos_graph.supervisor.surroundings import Surroundings
from logos_graph.supervisor.told import Told, Try, effect, outcome
from logos_graph.supervisor.values import RunValues
from logos_graph.supervisor.view import View

__all__ = ["Outward"]

_SLICE_S = 0.2
"""How long a run waits at most before it looks whether it is to stop."""


class Outward:
    """The effects of one execution of one allowed intent.

    values: what the run rests on. fresh: what it was answered since its last effect; the next one
    tells it. effects: how many the ledger tells of. unknown: whether one of them has no outcome.
    """

    def __init__(
        self,
        around: Surroundings,
        pending: PendingIntent,
        run: ContentId,
        values: RunValues,
        stops: Stops,
    ) -> None:
        self._around, self._intent, self._run, self._values = around, pending.cid, run, values
        self._claimed, self._stops = pending.claimed, stops
        self._ordinals = Counter[str]()
        self.fresh: list[Told] = []
        self.effects = pending.effects
        self.unknown = False

    def call(
        self, step: str, grant: Grant, operation: str, arguments: dict[str, Json]
    ) -> dict[str, Json]:
        """The answer to a call that is new. Raises NodeFailure E_HTTP_…, and why it is not made."""
        try:
            request = self._read(grant, arguments)  # 1
        except (Rejected, InvalidInput) as refused:
            raise NodeFailure(refused.code, refused.message) from None
        self._ordinals[step] += 1
        ordinal = self._ordinals[step]
        last = Try(ordinal, 1, effect_key(self._run, step, ordinal), grant.id)
        call = Told(step, operation, arguments, None, last)
        try:
            self._announce(call, grant)  # 2
        except Rejected as refused:
            # The first effect was not announced, so the intent may still end as a ghost.
            if self.effects == 0 or isinstance(refused, Conflict):
                raise
            raise NodeFailure(refused.code, refused.message) from None
        return self._go_on(self._send(request, call), grant, request)

    def _read(self, grant: Grant, arguments: Mapping[str, Json]) -> Request:
        limits, request = grant.limits, arguments["request"]
        assert isinstance(limits, HttpLimits)  # a grant of http has those
        assert isinstance(request, dict)  # as the operation's type says
        return self._around.outside.http(request, limits)

    def resume(self, call: Told, grant: Grant | None, *, is_last: bool) -> dict[str, Json]:
        """The answer to a call that the ledger tells of; what it tells last goes on from there.

        grant: the one in force. Raises NodeFailure E_EFFECT_UNKNOWN.
        """
        self._ordinals[call.step] += 1
        if not is_last or grant is None or not _is_worth_it(call, grant):
            return self._final(call)
        return self._go_on(call, grant, self._read(grant, call.arguments))

    def _go_on(self, call: Told, grant: Grant, request: Request) -> dict[str, Json]:
        """Tries on for as long as it is worth it: what the last try was answered."""  # 5
        while _is_worth_it(call, grant) and self._waited(call, grant):
            assert call.last is not None
            last = replace(call.last, attempt=call.last.attempt + 1)
            again = replace(call, answer=None, last=last)
            try:
                self._announce(again, grant, lost=call.answer is None)
            except Rejected as refused:
                if isinstance(refused, Conflict) and refused.code != "E_KV_CHANGED":
                    raise
                break  # a value that changed is found by the receipt too
            call = self._send(request, again)
        return self._final(call)

    def _final(self, call: Told) -> dict[str, Json]:
        if call.answer is None:
            self.unknown = True
            raise NodeFailure(
                "E_EFFECT_UNKNOWN",
                f"whether {call.operation} took place is not known, and it is not done again",
            )
        return {**call.answer}

    def _waited(self, call: Told, grant: Grant) -> bool:
        """Whether the next try's time has come; not if the run is to stop before.

        The time counts from the recorded outcome, so who goes on after a crash waits for the rest.
        """
        retry, last, around = _retry(grant), call.last, self._around
        assert retry is not None  # or it was not worth it
        assert last is not None
        delay = retry.delay_ns(last.attempt)
        left = min(last.at + delay - around.outside.now_ns(), delay) / 1_000_000_000
        around.watch("waiting", self._intent)
        try:
            self._stops.check()
            while left > 0:
                around.outside.wait(min(left, _SLICE_S))
                left -= _SLICE_S
                self._stops.check()
        except NodeFailure:  # the run is told so when the node is done, or asks for something
            return False
        return True

    def _announce(self, call: Told, grant: Grant, *, lost: bool = False) -> None:
        """The next try. lost: the one before it has no outcome, and is told as lost with it."""
        around, number = self._around, self.effects + 1

        def compose(view: View, now_ns: int) -> list[Draft]:
            self.check_in_hand(view)
            around.check_allowed(view, self._intent, now_ns)
            if view.grant(grant.node, grant.capability) != grant:
                raise NodeFailure("E_GRANT_REVOKED", f"the grant {grant.id} was revoked")
            self._values.check_unchanged()
            before: list[Draft] = []
            if lost:
                self._check_untold()
                given: dict[str, Json] = {"outcome": {**LOST}}
                before = [outcome(self._intent, self.effects, given, view.policy.id)]
            next_ = effect(self._intent, self._run, number, call, self.fresh, view.policy.id)
            return [*before, next_]

        around.watch("announcing", self._intent)
        around.commit(compose, asks_store=lost or self._values.any_read)
        self.effects, self.fresh = number, []
        around.watch("announced", self._intent)

    def _check_untold(self) -> None:
        """Raises Conflict E_TAKEN_OVER if the last effect has its outcome meanwhile."""
        entries = self._around.store.effects(self._intent)
        if not entries or entries[-1].kind is not EntryKind.EFFECT:
            raise _taken_over(self._intent)

    def _send(self, request: Request, call: Told) -> Told:
        """The announced try, done and told."""
        assert call.last is not None
        given: dict[str, Json] = {"outcome": request.send(call.last.key)}  # 3
        self._around.watch("answered", self._intent)
        at = self._tell(given)  # 4
        self._around.watch("told", self._intent)
        return replace(call, answer=given, last=replace(call.last, at=at))

    def _tell(self, given: dict[str, Json]) -> int:
        recorded_at = 0

        def compose(view: View, now_ns: int) -> list[Draft]:
            nonlocal recorded_at
            self.check_in_hand(view)
            recorded_at = now_ns
            return [outcome(self._intent, self.effects, given, view.policy.id)]

        self._around.commit(compose)
        return recorded_at

    def check_in_hand(self, view: View) -> None:
        """Raises Conflict E_SETTLED, or E_TAKEN_OVER if another process carries the intent on."""
        in_hand(view, self._intent, self._claimed)


def _retry(grant: Grant) -> Retry | None:
    assert isinstance(grant.limits, HttpLimits)  # a grant of http has those
    return grant.limits.retry


def _is_worth_it(call: Told, grant: Grant) -> bool:
    """Whether the last try leads to another one; without an outcome, by what it would be told."""
    retry, last = _retry(grant), call.last
    assert last is not None
    if retry is None or grant.id != last.grant:
        return False
    found = {**LOST} if call.answer is None else call.answer["outcome"]
    return retry.goes_on(last.attempt, found)


def _taken_over(intent: ContentId) -> Conflict:
    return Conflict(
        "E_TAKEN_OVER",
        f"another process is carrying out {intent}",
        hint="`logos run list` shows how it ends",
        intent=intent,
    )
