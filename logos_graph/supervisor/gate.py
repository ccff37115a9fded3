"""The one gate: every change of any kind is a LogLine through `Supervisor.execute`.

    1. admit    parse strictly, signature, known principal, clock window, never seen before
    2. decide   verb schema, then policy and quorum  ->  ALLOW | REQUIRE | DENY
    3. commit   the intent with its decision, as ledger entries, durable before anything happens
    4. effect   only on ALLOW: the verb's handler, and the receipt entry in the same transaction

There is no second way in: the CLI, the executor and the tests all call it. The process may die
between any two of these steps: `recover` finds what was committed and not finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from logos_graph.canon import ContentId, Json
from logos_graph.errors import (
    Conflict,
    InvalidInput,
    LogosError,
    NotVerified,
)
from logos_graph.ledger import EntryKind
from logos_graph.logline import SignedIntent, parse_signed_intent, verify_intent
from logos_graph.supervisor import bodies
from logos_graph.supervisor.admit import admit
from logos_graph.supervisor.carry import Carrier, still_pending
from logos_graph.supervisor.commitments import Due, due, is_free, with_escalation
from logos_graph.supervisor.compose import Draft
from logos_graph.supervisor.decide import Judged, decide
from logos_graph.supervisor.journal import Journal
from logos_graph.supervisor.outcome import Outcome
from logos_graph.supervisor.ports import (
    Admission,
    Builder,
    Clock,
    LoadableHost,
    Outside,
    PendingIntent,
    Signers,
    Snapshot,
    Store,
    Writers,
)
from logos_graph.supervisor.runner import Runner
from logos_graph.supervisor.view import View, check_entry

__all__ = ["Supervisor"]


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
        self._watch = watch or (lambda _step, _intent: None)
        self._journal = Journal(
            store, snapshot, signers, clock, limit=queue, seconds=commit_seconds
        )
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
        environment failed it: then `error` says how, and `recover` finishes it). Raises
        InvalidInput or Rejected for what cannot be admitted (nothing is recorded then), and
        EnvironmentFault when the database cannot be reached.
        """
        signed = (
            submitted if isinstance(submitted, SignedIntent) else parse_signed_intent(submitted)
        )
        cid = signed.intent.cid
        ready = self._make_ready(signed)
        judged: list[Judged] = []

        def record(view: View, now_ns: int) -> Sequence[Draft]:
            admit(signed, view, self._clock.now_ns())  # 1: by the clock, not by the ledger
            judged[:] = [decide(view, signed, now_ns, self.runner.check_inputs)]  # 2
            drafts = [bodies.intent(signed, judged[0], self._writers.own)]
            if judged[0].cause is not None:
                ghost = bodies.ghost(signed, judged[0].cause, view.policy.id)
                drafts += with_escalation(ghost, now_ns)
            self._watch("admitted", cid)
            return drafts

        self._journal.commit(record, asks_store=not ready, begins=True)  # 3
        self._watch("committed", cid)
        if judged[0].outcome == "ALLOW":
            return self._carrier.carry_out(cid)  # 4
        return self._refused_or_waiting(signed, judged[0])

    def _make_ready(self, signed: SignedIntent) -> bool:
        """Compiles what a flow needs before the journal is asked; errors are told there.

        Whether judging it then asks nothing of the store.
        """
        line, view = signed.intent.logline, self.view
        verb = view.verbs.get(line.did)
        flow = line.this.get("flow") if line.did == "flow.run" else verb and verb.flow
        if flow is None:
            return True
        if line.who in view.principals:
            with suppress(LogosError):
                self.runner.plan(ContentId(str(flow)))
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

    def recover(self) -> tuple[Outcome, ...]:
        """Finishes what is allowed and nobody carries out, ends what waited too long for consent.

        That is what a dead process left, and what this one had to leave (`error` said why).

        One that cannot be finished now does not keep the others, or new intents, from their turn.
        What waits for its next attempt has its turn when that is due; escalations that nobody
        answered in time are over.
        """
        ended: list[Outcome] = []
        now = self.due()
        for pending in sorted(self.view.pending.values(), key=lambda each: each.index):
            try:
                if pending.decision["outcome"] != "ALLOW":
                    if pending.cid in now.consents:
                        ended.append(self._time_out(pending))
                elif pending.cid not in now.asleep and not self._in_hand(pending):
                    self._check_recorded(pending)
                    ended.append(self._carrier.carry_out(pending.cid))
            except LogosError as error:
                ended.append(still_pending(pending, error))
        with suppress(LogosError):  # whoever looks next tries it again
            self.expire()
        return tuple(ended)

    def due(self) -> Due:
        """What is due now by the timers of the ledger, as far as this process has read it."""
        return due(self.view, self._clock.now_ns())

    def expire(self) -> tuple[ContentId, ...]:
        """Ends the escalations whose time is over; of which intents they were.

        Raises what the ledger does not take: EnvironmentFault, Conflict E_BUSY.
        """
        return tuple(cid for cid in self.due().escalations if self._carrier.expire(cid))

    def carry_on(self, cid: ContentId) -> Outcome:
        """How an intent stands, once what was due of it has been done."""
        self.catch_up()
        pending = self.view.pending.get(cid)
        if pending is None or pending.decision["outcome"] != "ALLOW":
            return self.recorded(cid)
        if self._in_hand(pending) and pending.writer != self._writers.own:
            return self.recorded(cid)  # another process carries it out, and lives
        self._check_recorded(pending)
        return self._carrier.carry_out(cid)

    def _in_hand(self, pending: PendingIntent) -> bool:
        """Whether somebody carries it out: another process that lives, or a thread of this one.

        What is to be attempted again is in nobody's hands until somebody takes it up.
        """
        if is_free(pending):
            return self._carrier.has_in_hand(pending.cid)
        if pending.writer == self._writers.own:
            return self._carrier.has_in_hand(pending.cid)
        return self._writers.alive(pending.writer)

    def _check_recorded(self, pending: PendingIntent) -> None:
        """That an ALLOW read from the graph is one that this supervisor signed into the ledger."""
        verify_intent(pending.signed)
        entry = self._store.entry(pending.index)
        if entry is not None and entry.index == pending.index:
            check_entry(entry, self.view.keys)
            about = entry.body.get("cid" if entry.kind is EntryKind.INTENT else "intent")
            if about == pending.cid and entry.body.get("decision") == pending.decision:
                return
        raise NotVerified(
            "E_NOT_RECORDED",
            f"the ledger has no decision that allows {pending.cid}",
            hint="somebody wrote to the database beside the gate: `logos ledger verify`",
            intent=pending.cid,
        )

    def _time_out(self, pending: PendingIntent) -> Outcome:
        def cause(now: PendingIntent) -> dict[str, Json]:
            if now.decision["outcome"] != "REQUIRE":
                raise Conflict("E_SETTLED", f"{now.cid} no longer waits")
            return {
                "type": "ConsentTimeout",
                "requested": now.decision["quorum"],
                "received": len(now.consents),
            }

        try:
            self._carrier.end_as_ghost(pending, cause)
        except Conflict as conflict:
            if conflict.code != "E_SETTLED":
                raise
        return self.recorded(pending.cid)

    def catch_up(self) -> bool:
        """Reads the entries that other processes have committed; whether there were any."""
        return self._journal.catch_up()

    def recorded(self, cid: ContentId) -> Outcome:
        """How a recorded intent stands; Rejected E_UNKNOWN_INTENT if it is not recorded."""
        return self._carrier.recorded(cid)


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
