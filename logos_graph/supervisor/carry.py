"""Step 4 of the gate: an allowed, recorded intent is carried out, and its receipt committed.

| what comes of it | ends as |
|---|---|
| the verb's handler made its effect, and it still holds when it is committed | receipt |
| a run rests on stored values that changed meanwhile | it is executed again |
| a run failed, and its intent says retry:N for that | attempt; in its time it is executed anew |
| the handler refused, or the policy now does | ghost |
| the same, when something was done outside already, or attempted | receipt, failed |
| the environment failed, or another process carries it out | it stays, to be found again |
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from logos_graph.canon import ContentId, Json, recordable
from logos_graph.errors import Conflict, EnvironmentFault, LogosError, NotVerified, Rejected
from logos_graph.graph.flow import OUTPUT
from logos_graph.supervisor import bodies
from logos_graph.supervisor.commitments import (
    attempt,
    check_attempt,
    claim,
    expiry,
    is_free,
    or_again,
    waiting,
    with_escalation,
)
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.decide import decide
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.handlers import handler_of
from logos_graph.supervisor.journal import Journal
from logos_graph.supervisor.outcome import Outcome
from logos_graph.supervisor.ports import (
    Admission,
    Builder,
    Clock,
    Outside,
    PendingIntent,
    Store,
    Writers,
)
from logos_graph.supervisor.runner import Runner
from logos_graph.supervisor.told import read_told
from logos_graph.supervisor.view import View
from logos_graph.supervisor.world import LiveWorld, Surroundings

__all__ = ["Carrier", "still_pending"]

_EXECUTIONS = 20
"""How often a run is executed because the values it read were changed before it was done."""

_LEFT = ("E_BUSY", "E_SETTLED", "E_TAKEN_OVER")
"""Conflicts that say nothing about the intent: it has ended, or it stays and somebody ends it."""


class Carrier:
    """Carries out what is allowed. Safe to use from several threads."""

    def __init__(
        self,
        journal: Journal,
        store: Store,
        runner: Runner,
        *,
        clock: Clock,
        writers: Writers,
        builder: Builder,
        admission: Admission,
        outside: Outside,
        watch: Callable[[str, ContentId], None],
    ) -> None:
        self._journal, self._store, self._runner = journal, store, runner
        self._clock, self._writers = clock, writers
        self._builder, self._admission = builder, admission
        self._watch = watch
        self._hands = set[ContentId]()
        self._let_go = threading.Condition()
        self._around = Surroundings(
            journal.view, store, outside, journal.commit, self._check_still_allowed, watch
        )

    def carry_out(self, cid: ContentId) -> Outcome:
        """Performs an allowed, recorded intent and commits its receipt; a ghost if it cannot be."""
        with self._in_hand(cid):
            pending = self._journal.view.pending.get(cid)
            if pending is None:
                return self.recorded(cid)
            try:
                if (pending.wake_at or 0) > self._clock.now_ns():
                    return self._put_off(pending)
                return self._ended(self._taken_up(pending))
            except Conflict as conflict:
                if conflict.code == "E_SETTLED":
                    return self.recorded(cid)
                return still_pending(pending, conflict)
            except (EnvironmentFault, NotVerified) as fault:  # not the intent's: it is found again
                return still_pending(pending, fault)

    def _taken_up(self, pending: PendingIntent) -> PendingIntent:
        """The intent; in this process's hands if it waited for an attempt, and was in nobody's.

        Raises Conflict E_SETTLED, or E_TAKEN_OVER if another was first.
        """
        if not is_free(pending):
            return pending

        def compose(view: View, _now_ns: int) -> Sequence[Draft]:
            now = _unsettled(view, pending.cid)
            if now.claimed != pending.claimed:
                raise Conflict("E_TAKEN_OVER", f"another process attempts {pending.cid}")
            return [claim(pending, self._writers.own, view.policy.id)]

        self._journal.commit(compose)
        return _unsettled(self._journal.view, pending.cid)

    def has_in_hand(self, cid: ContentId) -> bool:
        """Whether a thread of this process is carrying it out."""
        return cid in self._hands

    @contextmanager
    def _in_hand(self, cid: ContentId) -> Iterator[None]:
        """One thread of this process carries out an intent; the next one finds how it ended."""
        with self._let_go:
            self._let_go.wait_for(lambda: cid not in self._hands)
            self._hands.add(cid)
        try:
            yield
        finally:
            with self._let_go:
                self._hands.remove(cid)
                self._let_go.notify_all()

    def _ended(self, pending: PendingIntent) -> Outcome:
        """Its end. Raises what is not its own: a Conflict of _LEFT, a fault, a broken ledger."""
        try:
            return self._perform(pending)
        except (EnvironmentFault, NotVerified):
            raise
        except LogosError as error:
            if error.code in _LEFT:
                raise
            return self._abort(pending, error)
        except Exception as bug:  # noqa: BLE001 - a bug must not leave an intent that stops the gate
            return self._abort(pending, LogosError("E_INTERNAL", f"{type(bug).__name__}: {bug}"))

    def _perform(self, pending: PendingIntent) -> Outcome:
        try:
            effect = self._effect(pending)
        except Rejected as error:
            if error.code != "E_EXISTS":
                raise
            effect = self._effect(pending)  # another process made the same thing: now it is there
        return self._committed(pending, effect)

    def _committed(self, pending: PendingIntent, effect: Effect) -> Outcome:
        if effect.attempt is not None:
            self._watch("attempted", pending.cid)
            now = self._journal.view.pending.get(pending.cid)
            return self.recorded(pending.cid) if now is None else self._put_off(now)
        self._watch("receipted", pending.cid)
        line = pending.signed.intent.logline
        consequence, commitment = bodies.receipt_consequence(line, effect)
        return Outcome(
            pending.cid, line.did, pending.decision, "COMMITTED",
            consequence, commitment, result=effect.result, settled=self._resume(effect),
        )  # fmt: skip

    def _effect(self, pending: PendingIntent) -> Effect:
        """Makes the effect and commits it; anew, as long as what it rests on has changed."""
        for _ in range(_EXECUTIONS - 1):
            try:
                return self._effect_once(pending)
            except Conflict as conflict:
                if conflict.code != "E_KV_CHANGED" or self._fresh_effects(pending.cid):
                    raise
        return self._effect_once(pending)

    def _effect_once(self, pending: PendingIntent) -> Effect:
        handler = handler_of(self._verb_flow(pending), pending)
        effect = or_again(pending, handler(self._context(), pending))
        self._watch("performed", pending.cid)
        try:
            self._commit(pending, effect)
        except Conflict as conflict:
            if conflict.code != "E_KV_CHANGED" or effect.undone is None:
                raise
            effect = or_again(pending, effect.undone(conflict))
            self._commit(pending, effect)
        return effect

    def _commit(self, pending: PendingIntent, effect: Effect, *, asks: bool = True) -> None:
        """asks: whether it is to be allowed still; not if it only says that it ended."""

        def compose(view: View, now_ns: int) -> Sequence[Draft]:
            now = _unsettled(view, pending.cid)
            _check_same_attempt(now, pending)
            if asks and now.fresh_effects == 0:  # else it was asked before the last one
                self._check_still_allowed(view, pending.cid, now_ns)
            if effect.check is not None:
                effect.check(view)
            further = effect.entries(view, now_ns) if effect.entries is not None else ()
            policy, made = view.policy.id, effect.attempt
            if made is not None:
                return [attempt(pending, made, now_ns, self._writers.own, policy)]
            receipt = bodies.receipt(pending.signed, effect, policy)
            return [*further, *with_escalation(receipt, now_ns)]

        self._journal.commit(compose, effect.blobs, asks_store=effect.asks_store)

    def _fresh_effects(self, cid: ContentId) -> int:
        pending = self._journal.view.pending.get(cid)
        return 0 if pending is None else pending.fresh_effects

    def _put_off(self, pending: PendingIntent) -> Outcome:
        """It waits for its next attempt. Raises NotVerified if the ledger does not say so."""
        entry = self._store.entry(pending.attempt_index)
        last = check_attempt(entry, pending, self._journal.view.keys)
        line = pending.signed.intent.logline
        told = waiting(line, last)
        return Outcome(pending.cid, line.did, pending.decision, "PENDING", waiting=told)

    def expire(self, intent: ContentId) -> bool:
        """Ends an escalation that nobody answered in time; False if another was first."""
        expired: list[bool] = []

        def compose(view: View, now_ns: int) -> Sequence[Draft]:
            found = view.escalations.get(intent)
            expired[:] = [found is not None and found.expires_at <= now_ns]
            return [expiry(intent, view.policy.id)] if expired[0] else []

        self._journal.commit(compose)
        return expired[0]

    def _check_still_allowed(self, view: View, cid: ContentId, now_ns: int) -> None:
        """It has not ended meanwhile, and the policy in force, if it is another, allows it too."""
        now = _unsettled(view, cid)
        if now.policy_hash == view.policy.id:
            return
        consents = [each.by for each in now.consents if each.expires_at > now_ns]
        if decide(view, now.signed, now_ns, self._runner.check_inputs, consents).outcome != "ALLOW":
            raise Rejected(
                "E_POLICY_CHANGED",
                "the policy has changed since it was decided, and no longer allows it",
                hint="submit it again, to be judged by the policy in force",
                judged=now.policy_hash,
                now=view.policy.id,
            )

    def _abort(self, pending: PendingIntent, error: LogosError) -> Outcome:
        """It could not be done: nothing of it took hold, and the intent stays as a ghost."""
        now = self._journal.view.pending.get(pending.cid)
        if now is not None and (now.effects or now.attempts):
            return self._end_begun(now, error)
        cause: dict[str, Json] = {
            "type": "AgentAbort", "code": error.code, "detail": error.message,
        }  # fmt: skip
        self.end_as_ghost(pending, lambda _now: cause)
        line = pending.signed.intent.logline
        consequence, commitment = bodies.consequence(line, cause)
        return Outcome(
            pending.cid, line.did, pending.decision, "GHOST",
            consequence, commitment, cause=cause, error=error,
        )  # fmt: skip

    def _end_begun(self, pending: PendingIntent, error: LogosError) -> Outcome:
        """It could not be done to its end, and had begun: a receipt that says so.

        In doubt if this attempt did something outside.
        """
        failure: dict[str, Json] = {
            "step": OUTPUT, "code": error.code, "reason": recordable(error.message),
        }  # fmt: skip
        result: dict[str, Json] = {"status": "failed", "failure": failure}
        doubt = pending.fresh_effects > 0
        effect = or_again(pending, Effect(result=result, failed=True, doubt=doubt))
        self._commit(pending, effect, asks=False)
        return replace(self._committed(pending, effect), error=error)

    def end_as_ghost(
        self, pending: PendingIntent, cause: Callable[[PendingIntent], Mapping[str, Json]]
    ) -> None:
        """Nothing of it takes hold.

        Raises Conflict: E_SETTLED if it has ended otherwise meanwhile, E_TAKEN_OVER if another
        process has done something outside for it, E_BUSY.
        """

        def compose(view: View, now_ns: int) -> Sequence[Draft]:
            now = _unsettled(view, pending.cid)
            if now.effects or now.attempts:
                raise Conflict("E_TAKEN_OVER", f"another process is carrying out {now.cid}")
            return with_escalation(bodies.ghost(now.signed, cause(now), view.policy.id), now_ns)

        self._journal.commit(compose)

    def _resume(self, effect: Effect) -> tuple[Outcome, ...]:
        if effect.resumes is None:
            return ()
        waiting = self._journal.view.pending.get(effect.resumes)
        if waiting is None:
            return (self.recorded(effect.resumes),)
        if waiting.decision["outcome"] != "ALLOW":
            return ()
        return (self.carry_out(effect.resumes),)

    def recorded(self, cid: ContentId) -> Outcome:
        """How a recorded intent stands; Rejected E_UNKNOWN_INTENT if it is not recorded."""
        record = self._store.intent(cid)
        if record is None:
            raise Rejected("E_UNKNOWN_INTENT", f"no intent {cid} is recorded", intent=cid)
        return Outcome(
            record.cid, record.did, record.decision, record.status, record.consequence,
            record.commitment, result=record.result, cause=record.cause,
        )  # fmt: skip

    def _verb_flow(self, pending: PendingIntent) -> ContentId | None:
        flow = self._journal.view.verbs[pending.signed.intent.logline.did].flow
        return None if flow is None else ContentId(flow)

    def _context(self) -> Context:
        return Context(
            self._journal.view, self._store, self._builder, self._admission, self._runner,
            self._clock.now_ns(), self._writers.own, self._world,
        )  # fmt: skip

    def _world(self, pending: PendingIntent, run: ContentId) -> LiveWorld:
        """Around this run; with what the ledger tells of it, if it did something outside before."""
        effects = self._store.effects(pending.cid) if pending.fresh_effects else ()
        entries = [each for each in effects if each.index > pending.attempt_index]
        told = read_told(entries, pending, run, self._journal.view.keys)
        return LiveWorld(self._around, pending, run, told)


def still_pending(pending: PendingIntent, error: LogosError) -> Outcome:
    """It stays as it is, and why."""
    did = pending.signed.intent.logline.did
    return Outcome(pending.cid, did, pending.decision, "PENDING", error=error)


def _check_same_attempt(now: PendingIntent, pending: PendingIntent) -> None:
    if now.attempts != pending.attempts:
        raise Conflict("E_TAKEN_OVER", f"another process has attempted {pending.cid}")


def _unsettled(view: View, cid: ContentId) -> PendingIntent:
    pending = view.pending.get(cid)
    if pending is None:
        raise Conflict("E_SETTLED", f"{cid} has ended already")
    return pending
