"""The one gate: every change of any kind is a LogLine through `Supervisor.execute`.

    1. admit    parse strictly, signature, known principal, clock window, never seen before
    2. decide   verb schema, then policy and quorum  ->  ALLOW | REQUIRE | DENY
    3. commit   the intent with its decision, as ledger entries, durable before anything happens
    4. effect   only on ALLOW: the verb's handler, and the receipt entry in the same transaction

There is no second way in: the CLI, the executor and the tests all call it. The process may die
between any two of these steps: `recover` finds what was committed and not finished.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from logos_graph.canon import ContentId, Json
from logos_graph.errors import Conflict, InvalidInput, LogosError, Rejected
from logos_graph.identity import Signer
from logos_graph.ledger import Entry, make_entry
from logos_graph.logline import SignedIntent, parse_signed_intent, parse_when
from logos_graph.supervisor import bodies
from logos_graph.supervisor.admit import admit
from logos_graph.supervisor.decide import Judged, decide
from logos_graph.supervisor.effects import Context, Draft, Effect
from logos_graph.supervisor.handlers import handler_of
from logos_graph.supervisor.outcome import Outcome
from logos_graph.supervisor.ports import (
    Admission,
    Builder,
    Clock,
    LoadableHost,
    PendingIntent,
    Store,
    Writers,
)
from logos_graph.supervisor.runner import Runner
from logos_graph.supervisor.view import View

__all__ = ["Supervisor"]

_ATTEMPTS = 100
"""How often a commit is built again because somebody else's took hold first."""


class Supervisor:
    """The trusted root: judges intents, keeps the ledger, carries out what is allowed.

    Safe to use from several threads; several processes are kept apart by the ledger's head alone.
    watch: told the name of each step just completed, with the intent (for tests and metrics).
    """

    def __init__(
        self,
        *,
        store: Store,
        signer: Signer,
        clock: Clock,
        writers: Writers,
        builder: Builder,
        admission: Admission,
        host: LoadableHost,
        watch: Callable[[str, ContentId], None] | None = None,
    ) -> None:
        snapshot = store.snapshot()
        if snapshot is None:
            raise InvalidInput(
                "E_NO_LEDGER", "this database has no ledger yet", hint="run `logos up`"
            )
        if snapshot.supervisor != signer.did:
            raise Rejected(
                "E_NOT_SUPERVISOR",
                f"this ledger is kept by {snapshot.supervisor}, this home's key is {signer.did}",
                hint="use the LOGOS_HOME that founded the ledger, or another database",
            )
        self._store, self._signer, self._clock, self._writers = store, signer, clock, writers
        self._builder, self._admission = builder, admission
        self._watch = watch or (lambda _step, _intent: None)
        self._view = View(snapshot)
        self._lock = threading.RLock()
        self.runner = Runner(store, host)

    @property
    def view(self) -> View:
        """What decisions rest on now; to be read, not changed."""
        return self._view

    # the four steps ---------------------------------------------------------------------------

    def execute(self, submitted: SignedIntent | Json) -> Outcome:
        """Takes one signed intent through the gate.

        Returns how it stands: COMMITTED, GHOST, or PENDING when consent is required. Raises
        InvalidInput or Rejected for what cannot be admitted (nothing is recorded then), and
        EnvironmentFault when the database cannot be reached.
        """
        signed = (
            submitted if isinstance(submitted, SignedIntent) else parse_signed_intent(submitted)
        )
        cid = signed.intent.cid
        judged: list[Judged] = []

        def record(view: View) -> Sequence[Draft]:
            now_ns = self._clock.now_ns()
            admit(signed, view, now_ns)  # 1
            judged[:] = [decide(view, signed, now_ns, self.runner.check_inputs)]  # 2
            drafts = [bodies.intent(signed, judged[0], self._writers.own)]
            if judged[0].cause is not None:
                drafts.append(bodies.ghost(signed, judged[0].cause, view.policy.id))
            self._watch("admitted", cid)
            return drafts

        self._commit(record)  # 3
        self._watch("committed", cid)
        if judged[0].outcome == "ALLOW":
            return self._carry_out(cid)  # 4
        return self._refused_or_waiting(signed, judged[0])

    def _refused_or_waiting(self, signed: SignedIntent, judged: Judged) -> Outcome:
        line = signed.intent.logline
        if judged.cause is None:
            return Outcome(signed.intent.cid, line.did, judged.decision, "PENDING")
        consequence, commitment = bodies.consequence(line, judged.cause)
        return Outcome(
            signed.intent.cid, line.did, judged.decision, "GHOST",
            consequence, commitment, cause=judged.cause, error=judged.error,
        )  # fmt: skip

    def _carry_out(self, cid: ContentId) -> Outcome:
        """Performs an allowed, recorded intent and commits its receipt; a ghost if it cannot be."""
        pending = self._view.pending.get(cid)
        if pending is None:
            return self.recorded(cid)
        try:
            effect = handler_of(self._verb_flow(pending), pending)(self._context(), pending)
            self._watch("performed", cid)
            self._commit(lambda view: self._receipt(view, pending, effect), effect.blobs)
        except LogosError as error:
            return self._abort(pending, error)
        self._watch("receipted", cid)
        line = pending.signed.intent.logline
        consequence, commitment = bodies.receipt_consequence(line, effect.failed)
        return Outcome(
            cid, line.did, pending.decision, "COMMITTED",
            consequence, commitment, result=effect.result, settled=self._resume(effect),
        )  # fmt: skip

    def _receipt(self, view: View, pending: PendingIntent, effect: Effect) -> Sequence[Draft]:
        if pending.cid not in view.pending:
            raise Conflict("E_SETTLED", f"{pending.cid} has ended already")
        further = effect.entries(view) if effect.entries is not None else ()
        return [*further, bodies.receipt(pending.signed, effect, view.policy.id)]

    def _abort(self, pending: PendingIntent, error: LogosError) -> Outcome:
        """The effect could not be: nothing of it took hold, and the intent stays as a ghost."""
        cause: dict[str, Json] = {
            "type": "AgentAbort", "code": error.code, "detail": error.message,
        }  # fmt: skip
        try:
            self._end_as_ghost(pending, cause)
        except Conflict as conflict:
            if conflict.code != "E_SETTLED":
                raise
            return self.recorded(pending.cid)
        line = pending.signed.intent.logline
        consequence, commitment = bodies.consequence(line, cause)
        return Outcome(
            pending.cid, line.did, pending.decision, "GHOST",
            consequence, commitment, cause=cause, error=error,
        )  # fmt: skip

    def _resume(self, effect: Effect) -> tuple[Outcome, ...]:
        if effect.resumes is None:
            return ()
        waiting = self._view.pending.get(effect.resumes)
        if waiting is None:
            return (self.recorded(effect.resumes),)
        if waiting.decision["outcome"] != "ALLOW":
            return ()
        return (self._carry_out(effect.resumes),)

    # what was left behind ---------------------------------------------------------------------

    def recover(self) -> tuple[Outcome, ...]:
        """Finishes what a dead process left allowed, and ends what waited too long for consent."""
        ended: list[Outcome] = []
        for pending in list(self._view.pending.values()):
            if pending.decision["outcome"] == "ALLOW":
                if not self._writers.alive(pending.writer):
                    ended.append(self._carry_out(pending.cid))
            elif self._expired(pending):
                ended.append(self._time_out(pending))
        return tuple(ended)

    def _expired(self, pending: PendingIntent) -> bool:
        return parse_when(str(pending.decision["expires_at"])) <= self._clock.now_ns()

    def _time_out(self, pending: PendingIntent) -> Outcome:
        cause: dict[str, Json] = {
            "type": "ConsentTimeout",
            "requested": pending.decision["quorum"],
            "received": len(pending.consents),
        }
        try:
            self._end_as_ghost(pending, cause)
        except Conflict as conflict:
            if conflict.code != "E_SETTLED":
                raise
        return self.recorded(pending.cid)

    def _end_as_ghost(self, pending: PendingIntent, cause: Mapping[str, Json]) -> None:
        def compose(view: View) -> Sequence[Draft]:
            if pending.cid not in view.pending:
                raise Conflict("E_SETTLED", f"{pending.cid} has ended already")
            return [bodies.ghost(pending.signed, cause, view.policy.id)]

        self._commit(compose)

    # the ledger -------------------------------------------------------------------------------

    def _commit(
        self,
        compose: Callable[[View], Sequence[Draft]],
        blobs: Mapping[ContentId, bytes] | None = None,
    ) -> None:
        """Composes entries on the view, appends them to its head, and moves the view along.

        Whatever was composed on a view that turns out to be old is composed again on the new one.
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                try:
                    entries = self._chain(compose(self._view))
                    self._store.append(self._view.head, entries, blobs or {})
                except LogosError as error:
                    # a refusal may rest on an old view: believe it only when nothing has changed
                    if not self.catch_up() and not _head_moved(error):
                        raise
                    continue
                self._view.apply(entries)
                return
        raise Conflict(
            "E_BUSY",
            f"other writers were first {_ATTEMPTS} times in a row",
            hint="try again",
        )

    def _chain(self, drafts: Sequence[Draft]) -> list[Entry]:
        trace_id, now_ns = self._clock.fresh_id(), self._clock.now_ns()
        head, entries = self._view.head, list[Entry]()
        for draft in drafts:
            entry = make_entry(
                head, draft.kind, draft.body, trace_id=trace_id, now_ns=now_ns,
                policy_hash=draft.policy_hash, signer=self._signer, ledger=head.ledger,
            )  # fmt: skip
            entries.append(entry)
            head = entry.head
        return entries

    def catch_up(self) -> bool:
        """Reads the entries that others have committed; whether there were any."""
        with self._lock:
            before = self._view.head.index
            self._view.apply(self._store.entries(before + 1))
            return self._view.head.index > before

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
        flow = self._view.verbs[pending.signed.intent.logline.did].flow
        return None if flow is None else ContentId(flow)

    def _context(self) -> Context:
        return Context(
            self._view, self._store, self._builder, self._admission, self.runner,
            self.runner.check_inputs, self._clock.now_ns(),
        )  # fmt: skip


def _head_moved(error: LogosError) -> bool:
    return isinstance(error, Conflict) and error.code == "E_HEAD_MOVED"
