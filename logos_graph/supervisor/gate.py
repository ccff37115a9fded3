"""The one gate: every change of any kind is a LogLine through `Supervisor.execute`.

    1. admit    parse strictly, signature, known principal, clock window, never seen before,
                commitments that somebody could answer
    2. decide   verb schema, then policy and quorum  ->  ALLOW | REQUIRE | DENY
    3. commit   the intent with its decision, as ledger entries, durable before anything happens
    4. effect   only on ALLOW: the verb's handler, and the receipt entry in the same transaction

There is no second way in: the CLI, the executor and the tests all call it. The process may die
between any two of these steps: `recover` finds what was committed and not finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from logos_graph.canon import ContentId, Json
from logos_graph.errors import (
    Conflict,
    InvalidInput,
    LogosError,
    NotVerified,
    Rejected,
)
from logos_graph.governance import Require, parse_decision
from logos_graph.logline import SignedIntent, parse_signed_intent
from logos_graph.supervisor import bodies
from logos_graph.supervisor.admit import admit
from logos_graph.supervisor.answerable import check_commitments
from logos_graph.supervisor.building_ports import Admission, Builder, LoadableHost
from logos_graph.supervisor.carry import Carrier, still_pending
from logos_graph.supervisor.claims import CLAIMED_AT_ONCE
from logos_graph.supervisor.commitments import Due, due
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.decide import Judged, decide, flow_of
from logos_graph.supervisor.entries import check_entry
from logos_graph.supervisor.ghosts import ghost_entries
from logos_graph.supervisor.journal import Journal
from logos_graph.supervisor.limits import within_limits
from logos_graph.supervisor.lookout import Lookout
from logos_graph.supervisor.outcome import Outcome
from logos_graph.supervisor.ports import (
    Clock,
    Outside,
    PendingIntent,
    Signers,
    Snapshot,
    Store,
    Writers,
)
from logos_graph.supervisor.rates import within_rates
from logos_graph.supervisor.recollection import Recollection
from logos_graph.supervisor.runner import Runner
from logos_graph.supervisor.view import View

__all__ = ["Supervisor"]

_PERHAPS_REPEATED = ("E_NONCE_USED", "E_CLOCK", "E_COMMITMENT_NOBODY", "E_COMMITMENT_TARGET")
"""What an intent meets that was recorded before: its nonce is used, it is an old one, or whom it
names is there no more."""


class Supervisor:
    """The trusted root: judges intents, keeps the ledger, carries out what is allowed.

    Safe to use from several threads; several processes are kept apart by the ledger's head alone.
    signers: this home's keys, of which one signs: that which the ledger names at that index.
    watch: told the name of each step just completed, with the intent (for tests and metrics).
    queue, commit_seconds: how many submissions may wait for the ledger, and each for how long.
    Raises InvalidInput E_NO_LEDGER, NotVerified E_CHAIN_…, and what signers raises.
    """

    def __init__(
        self,
        *,
        store: Store,
        signers: Signers,
        clock: Clock,
        writers: Writers,
        builder: Builder,
        admission: Admission,
        host: LoadableHost,
        outside: Outside,
        watch: Callable[[str, ContentId], None] | None = None,
        queue: int = 1024,
        commit_seconds: float = 30.0,
    ) -> None:
        snapshot = store.snapshot()
        if snapshot is None:
            raise InvalidInput(
                "E_NO_LEDGER", "this database has no ledger yet", hint="run `logos up`"
            )
        signers(snapshot.keys.current)
        self._store, self._clock, self._writers = store, clock, writers
        _check_head(store, snapshot)
        self._recollection = Recollection(store, snapshot.pending)
        self._watch = watch or (lambda _step, _intent: None)
        self._journal = Journal(
            store, snapshot, signers, clock, limit=queue, seconds=commit_seconds
        )
        self._lookout = Lookout(self._journal, store, clock)
        self.runner = Runner(store, host)
        self._carrier = Carrier(
            self._journal, store, self.runner,
            clock=clock, writers=writers, builder=builder, admission=admission,
            outside=outside, watch=self._watch,
        )  # fmt: skip

    @property
    def view(self) -> View:
        """What decisions rest on now; to be read, not changed."""
        return self._journal.view

    @property
    def waiting(self) -> int:
        """How many submissions wait for the one that is being written to the ledger."""
        return self._journal.waiting

    # the four steps ---------------------------------------------------------------------------

    def execute(self, submitted: SignedIntent | Json) -> Outcome:
        """Takes one signed intent through the gate.

        Returns how it stands: COMMITTED, GHOST, or PENDING when consent is required (or when the
        environment failed it: then `error` says how, and `recover` finishes it). The very same
        intent again is not recorded again: how it stands now is returned, `repeated`, and what was
        left of it is carried on. Raises InvalidInput or Rejected for what cannot be admitted
        (nothing is recorded then), and EnvironmentFault when the database cannot be reached.
        """
        signed = (
            submitted if isinstance(submitted, SignedIntent) else parse_signed_intent(submitted)
        )
        cid = signed.intent.cid
        ready = self._make_ready(signed)
        try:
            return self._execute(signed, cid, ready)
        finally:
            self._look_out()

    def _look_out(self) -> None:
        """Raises the alarms that are due; what keeps it from that keeps nobody from his outcome."""
        with suppress(LogosError):
            self._lookout.look()

    def _execute(self, signed: SignedIntent, cid: ContentId, ready: bool) -> Outcome:
        with self._carrier.in_hand(cid):
            try:
                judged = self._record(signed, ready)
            except Rejected as error:
                if error.code not in _PERHAPS_REPEATED or self._store.intent(cid) is None:
                    raise
                judged = None
            if judged is not None:
                self._watch("committed", cid)
                if judged.outcome == "ALLOW":
                    return self._carrier.carry_on(cid)  # 4
                return self._refused_or_waiting(signed, judged)
        return replace(self.resume(cid), repeated=True)

    def _record(self, signed: SignedIntent, ready: bool) -> Judged:
        """Steps 1 to 3; E_NONCE_USED if it is recorded already, this one or another of its nonce.

        ready: judging it asks nothing of the store.
        """
        cid, line, judged = signed.intent.cid, signed.intent.logline, list[Judged]()

        def record(view: View, now_ns: int) -> Sequence[Draft]:
            admit(signed, view, self._clock.now_ns())  # 1: by the clock, not by the ledger
            if cid in view.pending:
                raise Rejected("E_NONCE_USED", f"{cid} was recorded before", intent=cid)
            check_commitments(line, view)
            flow = flow_of(view, line)
            found = decide(view, signed, now_ns, self.runner, flow=flow)  # 2
            found = within_limits(view, line.who, flow, found)
            judged[:] = [within_rates(view, line, now_ns, found)]
            pinned = flow if judged[0].cause is None else None
            key = view.principal_keys.current(line.who)
            drafts = [bodies.intent(signed, judged[0], self._writers.own, pinned, key)]
            if judged[0].cause is not None:
                drafts += ghost_entries(view, signed, judged[0].cause, now_ns)
            self._watch("admitted", cid)
            return drafts

        self._journal.commit(record, asks_store=not ready, begins=True)  # 3
        return judged[0]

    def _make_ready(self, signed: SignedIntent) -> bool:
        """Compiles what a flow needs before the journal is asked; errors are told there.

        Whether judging it then asks nothing of the store.
        """
        line, view = signed.intent.logline, self.view
        flow = flow_of(view, line)
        if flow is None:
            return True
        if line.who in view.principals:
            with suppress(LogosError):
                self.runner.plan(flow)
                return True
        return False

    def _refused_or_waiting(self, signed: SignedIntent, judged: Judged) -> Outcome:
        line = signed.intent.logline
        if judged.cause is None:
            return Outcome(signed.intent.cid, line.did, judged.decision, "PENDING")
        consequence, commitment = bodies.consequence(line, judged.cause)
        return Outcome(
            signed.intent.cid, line.did, judged.decision, "GHOST",
            consequence, commitment, cause=judged.cause, error=judged.error,
        )  # fmt: skip

    # what was left behind ---------------------------------------------------------------------

    def recover(self, spared: ContentId | None = None) -> tuple[Outcome, ...]:
        """Finishes what is allowed and nobody carries out, ends what waited too long for consent.

        That is what a dead process left, and what this one had to leave (`error` said why).

        One that cannot be finished now does not keep the others, or new intents, from their turn.
        What waits for its next attempt has its turn when that is due; escalations that nobody
        answered in time are over.
        spared: one that is left as it is: somebody is about to say what becomes of it.
        """
        ended: list[Outcome] = []
        left: list[PendingIntent] = []
        view, now_ns = self.view, self._clock.now_ns()
        timers = due(view, now_ns)
        for pending in sorted(view.pending.values(), key=lambda each: each.index):
            if pending.cid == spared:
                continue
            try:
                if pending.decision["outcome"] != "ALLOW":
                    if pending.cid in timers.consents:
                        ended.append(self._time_out(pending))
                    continue
                free = self._carrier.claims.free(view, pending, now_ns)
                if free or pending.wake_at is not None:  # nobody waits for what nobody promised
                    self._recollection.check(view, pending.cid)
                if free:
                    left.append(pending)
            except Exception as error:  # noqa: BLE001 - the others have their turn all the same
                ended.append(still_pending(pending, _told(error)))
        with suppress(LogosError):  # whoever looks next tries it again
            self.expire()
        ended += self._carry_on(left)
        self._look_out()
        return tuple(ended)

    def _carry_on(self, left: Sequence[PendingIntent]) -> list[Outcome]:
        """Claims what was left, a part at a time, and carries it out."""
        ended: list[Outcome] = []
        for first in range(0, len(left), CLAIMED_AT_ONCE):
            part = {each.cid: each for each in left[first : first + CLAIMED_AT_ONCE]}
            try:
                taken = self._carrier.claims.take([*part])
            except LogosError as error:
                ended += [still_pending(each, error) for each in part.values()]
                continue
            ended += [self._carry_out(part[cid]) for cid in taken]
        return ended

    def _carry_out(self, pending: PendingIntent) -> Outcome:
        """Whatever keeps it from its end does not keep the others from theirs."""
        try:
            return self._carrier.carry_out(pending.cid)
        except Exception as error:  # noqa: BLE001 - it is found again
            return still_pending(pending, _told(error))

    def resume(self, cid: ContentId) -> Outcome:
        """Carries on what is left of one intent now, if nobody does; how it stands then.

        Rejected E_UNKNOWN_INTENT if it is not recorded.
        """
        self.catch_up()
        pending = self.view.pending.get(cid)
        if pending is not None and self._carrier.claims.free(
            self.view, pending, self._clock.now_ns()
        ):
            self._recollection.check(self.view, pending.cid)
            for outcome in self._carry_on([pending]):
                return outcome
        return self._carrier.standing(cid)

    def due(self) -> Due:
        """What is due now by the timers of the ledger, as far as this process has read it."""
        return due(self.view, self._clock.now_ns())

    def expire(self) -> tuple[ContentId, ...]:
        """Ends the escalations whose time is over; of which intents they were.

        Raises what the ledger does not take: EnvironmentFault, Conflict E_BUSY.
        """
        return tuple(cid for cid in self.due().escalations if self._carrier.expire(cid))

    def _time_out(self, pending: PendingIntent) -> Outcome:
        def cause(now: PendingIntent) -> dict[str, Json]:
            asked = parse_decision({**now.decision}, now.policy_hash)
            assert isinstance(asked, Require)  # as whatever has a time for its consents
            return {
                "type": "ConsentTimeout",
                "requested": asked.quorum.needed,
                "received": len(now.consents),
            }

        try:
            self._carrier.end_as_ghost(pending, cause)
        except Conflict as conflict:
            if conflict.code not in ("E_SETTLED", "E_TAKEN_OVER"):  # it no longer waits
                raise
        return self._carrier.standing(pending.cid)

    def catch_up(self) -> bool:
        """Reads the entries that other processes have committed; whether there were any."""
        return self._journal.catch_up()

    def recorded(self, cid: ContentId) -> Outcome:
        """How a recorded intent stands; Rejected E_UNKNOWN_INTENT if it is not recorded."""
        return self._carrier.recorded(cid)


def _told(error: Exception) -> LogosError:
    """An error as an outcome has it; what is none of ours is a bug."""
    if isinstance(error, LogosError):
        return error
    return LogosError("E_INTERNAL", f"{type(error).__name__}: {error}")


def _check_head(store: Store, snapshot: Snapshot) -> None:
    """That what decisions will rest on was told by the supervisor; NotVerified E_CHAIN_….

    Whoever may write to the database can append what the guard takes for an entry: only its
    signature is not theirs to make. The head's is asked here, and every later one's when it comes.
    """
    head = store.entry(snapshot.head.index)
    if head is None or head.head != snapshot.head:
        raise NotVerified(
            "E_CHAIN_HEAD",
            f"entry {snapshot.head.index} is not the one that the ledger's head names",
            hint="`logos ledger verify` says what is wrong with the ledger",
            index=snapshot.head.index,
        )
    check_entry(head, snapshot.keys)
