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

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Conflict, EnvironmentFault, LogosError, NotVerified, Rejected
from logos_graph.supervisor import bodies
from logos_graph.supervisor.breakers import check_breaker
from logos_graph.supervisor.building_ports import Admission, Builder
from logos_graph.supervisor.claims import Claims, waits
from logos_graph.supervisor.commitments import (
    attempt,
    check_attempt,
    expiry,
    or_again,
    waiting,
    with_escalation,
)
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.decide import decide, seen_by
from logos_graph.supervisor.effects import Context, Effect
from logos_graph.supervisor.ghosts import ghost_entries
from logos_graph.supervisor.handlers import handler_of
from logos_graph.supervisor.hands import check_not_cancelled, in_hand, unsettled
from logos_graph.supervisor.journal import Journal
from logos_graph.supervisor.outcome import Outcome
from logos_graph.supervisor.ports import (
    Clock,
    Outside,
    PendingIntent,
    Store,
    Writers,
)
from logos_graph.supervisor.recollection import is_escalated
from logos_graph.supervisor.runner import Runner
from logos_graph.supervisor.stopping import Stops
from logos_graph.supervisor.surroundings import Surroundings
from logos_graph.supervisor.told import read_told
from logos_graph.supervisor.view import View
from logos_graph.supervisor.world import LiveWorld

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
        self.claims = Claims(journal, writers, self.has_in_hand)
        self._let_go = threading.Condition()
        self._around = Surroundings(
            journal.view, store, outside, journal.commit, self._check_still_open, watch
        )

    def carry_out(self, cid: ContentId) -> Outcome:
        """Performs an allowed, recorded intent and commits its receipt; a ghost if it cannot be."""
        with self.in_hand(cid):
            return self.carry_on(cid)

    def carry_on(self, cid: ContentId) -> Outcome:
        """The same of what is in this thread's hand already (`in_hand`).

        One that another process holds is left to it, and one whose next attempt is not due waits.
        """
        pending = self._journal.view.pending.get(cid)
        if (
            pending is None
            or pending.writer != self._writers.own
            or waits(pending, self._clock.now_ns())
        ):
            return self.standing(cid)
        try:
            return self._ended(pending)
        except Conflict as conflict:
            if conflict.code in ("E_SETTLED", "E_TAKEN_OVER"):
                stands = self.standing(cid)
                return replace(stands, error=conflict) if stands.status == "PENDING" else stands
            return still_pending(pending, conflict)
        except (EnvironmentFault, NotVerified) as fault:  # not the intent's: it is found again
            return still_pending(pending, fault)

    def standing(self, cid: ContentId) -> Outcome:
        """How an intent stands now, which this process does not carry out.

        Rejected E_UNKNOWN_INTENT if it is not recorded; NotVerified if the ledger does not say what
        the graph does.
        """
        pending = self._journal.view.pending.get(cid)
        if pending is None:
            return self.recorded(cid)
        line = pending.signed.intent.logline
        stands = Outcome(cid, line.did, pending.decision, "PENDING")
        if not waits(pending, self._clock.now_ns()):
            return stands
        entry = self._store.entry(pending.attempt_index)
        last = check_attempt(entry, pending, self._journal.view.keys)
        return replace(stands, waiting=waiting(line, last))

    def held(self, view: View, pending: PendingIntent, now_ns: int) -> bool:
        """See Claims.held."""
        return self.claims.held(view, pending, now_ns)

    def has_in_hand(self, cid: ContentId) -> bool:
        """Whether a thread of this process is carrying it out."""
        return cid in self._hands

    @contextmanager
    def in_hand(self, cid: ContentId) -> Iterator[None]:
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
        check_not_cancelled(pending)
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
            return self.standing(pending.cid)
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
        effect = or_again(pending, handler_of(pending)(self._context(), pending))
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
            now = in_hand(view, pending.cid, pending.claimed)
            if asks and now.fresh_effects == 0:  # else it was asked before the last one
                self._check_still_allowed(view, pending.cid, now_ns)
                if not effect.failed:
                    check_not_cancelled(now)
            if effect.check is not None:
                effect.check(view)
            further = effect.entries(view, now_ns) if effect.entries is not None else ()
            policy, made = view.policy.id, effect
            if effect.attempt is not None:
                check_not_cancelled(now)
                return [attempt(pending, effect.attempt, now_ns, self._writers.own, policy)]
            if effect.composed is not None:
                more = effect.composed(view, now_ns)
                made = replace(effect, mutations=(*effect.mutations, *more))
            receipt = bodies.receipt(pending.signed, made, policy)
            return [*further, *with_escalation(receipt, now_ns)]

        self._journal.commit(compose, effect.blobs, asks_store=effect.asks_store)

    def _fresh_effects(self, cid: ContentId) -> int:
        pending = self._journal.view.pending.get(cid)
        return 0 if pending is None else pending.fresh_effects

    def expire(self, intent: ContentId) -> bool:
        """Ends an escalation that nobody answered in time; False if another was first.

        One that the ledger does not tell of is left to `logos ledger verify`.
        """
        expired: list[bool] = []

        def compose(view: View, now_ns: int) -> Sequence[Draft]:
            found = view.escalations.get(intent)
            expired[:] = [
                found is not None
                and found.expires_at <= now_ns
                and is_escalated(self._store, view.keys, found)
            ]
            return [expiry(intent, view.policy.id)] if expired[0] else []

        self._journal.commit(compose, asks_store=True)
        return expired[0]

    def _check_still_open(self, view: View, cid: ContentId, now_ns: int) -> None:
        """Before something is done outside: it is still allowed, and nobody has cancelled it."""
        self._check_still_allowed(view, cid, now_ns)
        check_not_cancelled(unsettled(view, cid))

    def _check_still_allowed(self, view: View, cid: ContentId, now_ns: int) -> None:
        """It has not ended meanwhile, and the policy in force, if it is another, allows it too.

        The other policy is asked about the act as it was decided: it sees the context that the
        decision in force records. What is asked here is recorded nowhere, and so it can be
        repeated from the entries alone (proof/judged.py).
        """
        now = unsettled(view, cid)
        check_breaker(view, now)
        if now.policy_hash == view.policy.id:
            return
        consents = view.voices(now.consents, now_ns)
        judged = decide(
            view, now.signed, now_ns, self._runner, consents,
            flow=now.flow, context=seen_by(now.decision),
        )  # fmt: skip
        if judged.outcome != "ALLOW":
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
            return self._end_begun(pending, error, doubt=now.fresh_effects > 0)
        cause = bodies.aborted(error)
        self.end_as_ghost(pending, lambda _now: cause)
        line = pending.signed.intent.logline
        consequence, commitment = bodies.consequence(line, cause)
        return Outcome(
            pending.cid, line.did, pending.decision, "GHOST",
            consequence, commitment, cause=cause, error=error,
        )  # fmt: skip

    def _end_begun(self, pending: PendingIntent, error: LogosError, *, doubt: bool) -> Outcome:
        """It could not be done to its end, and had begun: a receipt that says so.

        doubt: whether this attempt did something outside.
        """
        effect = or_again(pending, bodies.undone(error.code, error.message, doubt=doubt))
        self._commit(pending, effect, asks=False)
        return replace(self._committed(pending, effect), error=error)

    def end_as_ghost(
        self, pending: PendingIntent, cause: Callable[[PendingIntent], Mapping[str, Json]]
    ) -> None:
        """Nothing of it takes hold.

        Raises Conflict: E_SETTLED if it has ended otherwise meanwhile, E_TAKEN_OVER if it was given
        to somebody else, E_BUSY.
        """

        def compose(view: View, now_ns: int) -> Sequence[Draft]:
            now = in_hand(view, pending.cid, pending.claimed)
            return ghost_entries(view, now.signed, cause(now), now_ns)

        self._journal.commit(compose)

    def _resume(self, effect: Effect) -> tuple[Outcome, ...]:
        if effect.resumes is None:
            return ()
        waiting = self._journal.view.pending.get(effect.resumes)
        if waiting is None:
            return (self.recorded(effect.resumes),)
        if waiting.decision["outcome"] != "ALLOW" or waiting.cancelled is not None:
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

    def _context(self) -> Context:
        return Context(
            self._journal.view, self._store, self._builder, self._admission, self._runner,
            self._clock.now_ns(), self._writers.own, self._world, self.held,
        )  # fmt: skip

    def _world(self, pending: PendingIntent, run: ContentId) -> LiveWorld:
        """Around this run; with what the ledger tells of it, if it did something outside before."""
        effects = self._store.effects(pending.cid) if pending.fresh_effects else ()
        entries = [each for each in effects if each.index > pending.attempt_index]
        told = read_told(entries, pending, run, self._journal.view.keys)
        stops = Stops(self._journal.view, pending, self._clock.now_ns, self._journal.catch_up)
        return LiveWorld(self._around, pending, run, told, stops)


def still_pending(pending: PendingIntent, error: LogosError) -> Outcome:
    """It stays as it is, and why."""
    did = pending.signed.intent.logline.did
    return Outcome(pending.cid, did, pending.decision, "PENDING", error=error)
