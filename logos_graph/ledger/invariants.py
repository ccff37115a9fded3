"""The five invariants of the LogLine Protocol, over the entries of a ledger and the stored state.

I1 integrity        every effect and every end has its intent before it; no intent ends twice, and
                    the end carries out the very commitment that was signed; what a run did outside
                    was announced before, and has its outcome or ends in doubt (effects.py); what
                    was to follow a failure or an end did, and in time (followups.py); a fork
                    shares the past of a run before it (forks.py)
I2 legality         a DENY, and a REQUIRE that was not met, has no effect and ends as a ghost only
                    (consenting.py: who was asked, who answered, in whose place); nobody claims it
                    to carry it out; who cancels an intent may; an allowed run is of the flow that
                    was recorded with its intent; a capability is granted by its own intent, and
                    used under that, what a receipt registers, activates (rights.py) or publishes
                    (publications.py) is what was signed; a decision is by the policy in force, on
                    the entry before it, and none allows at once what others have to consent to
                    (decisions.py); the policy says so: others judge again (`judged_again`); rates
                    and limits of runs left room (bounds.py); nothing is allowed of whose breaker
                    is open, and others lift it (alarms.py)
I3 attribution      every entry is signed by the supervisor's key of its index, every intent by a
                    principal that was registered at that index, by its key of that index and not
                    by a supervisor's key that was rotated out, and every consent rests on its own
                    signed intent, allowed and bound to this question: policy, revision, expiry
I4 reproducibility  the state folded from the entries equals the state that is stored, every
                    LogLine with its answers and every binary with its source included
I5 observability    every intent is counted: committed, ghost (by cause), waiting or unfinished

The entries are taken in order; that they are a chain is `verify_chain`'s part. A check goes on
after its first offender, so that one fault does not hide another check's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from logos_graph.canon import ContentId, Json
from logos_graph.errors import LogosError
from logos_graph.identity import Did
from logos_graph.ledger.acts import Act, Acts, act_of
from logos_graph.ledger.alarms import Alarms
from logos_graph.ledger.attribution import Attribution
from logos_graph.ledger.bodies import Cause, EntryKind, Verdict
from logos_graph.ledger.bounds import Bounds
from logos_graph.ledger.consenting import Consenting
from logos_graph.ledger.decisions import Decisions
from logos_graph.ledger.effects import Effects
from logos_graph.ledger.entry import Entry, mutations_of
from logos_graph.ledger.followups import FollowUps
from logos_graph.ledger.forks import Forks
from logos_graph.ledger.memory import MemoryTable, Table
from logos_graph.ledger.proven import NOTHING, Proven
from logos_graph.ledger.publications import Publications
from logos_graph.ledger.report import Comparison, Counts, InvariantReport, Offender
from logos_graph.ledger.reproduction import compare_stored
from logos_graph.ledger.rights import OPERATOR, Rights
from logos_graph.ledger.state import State
from logos_graph.ledger.tally import Tally

__all__ = ["OPERATOR", "Walk", "check_invariants"]

_GIVE, _REFUSE = "consent.give", "consent.refuse"


def check_invariants(
    entries: Iterable[Entry],
    stored_state: State | None,
    *,
    supervisor: Did | None = None,
    proven: Proven = NOTHING,
) -> InvariantReport:
    """I1 to I5 over the whole ledger.

    stored_state: what the database holds; with None, I4 is "not compared", which is not a pass.
    supervisor: one of the keys by which it must be kept; by default those that it names.
    proven: what was checked of the entries already.
    """
    walk = Walk(supervisor, proven=proven)
    for entry in entries:
        walk.take(entry)
    return walk.report(stored_state)


class Walk:
    """One pass over the ledger; `take` each entry, then `report`.

    aside: where what has ended is put, so that memory does not grow with the ledger; without it
    everything is held. proven: what was checked of the entries already.
    """

    def __init__(
        self, supervisor: Did | None, aside: Table | None = None, proven: Proven = NOTHING
    ) -> None:
        self.integrity, self.legality, self.attributed = Tally(), Tally(), Tally()
        self.reproduction, self.observation = Tally(), Tally()
        self.state = State(aside=aside)
        table = MemoryTable() if aside is None else aside
        self.acts, self.forks = Acts(table), Forks(self.integrity, table)
        self.causes: Counter[str] = Counter()
        self._judged_again = "no decision was made again"
        self.effects = Effects(self.integrity)
        self.rights = Rights(self.legality, self._roles, self.state.get)
        self.alarms = Alarms(self.integrity, self.legality, self.state.get)
        self.publications = Publications(self.legality, self.state.get)
        self.bounds = Bounds(self.legality, self.acts)
        self.decisions = Decisions(self.legality, self.state.get, self.alarms)
        self.attribution = Attribution(supervisor, self.state, self.acts, self.attributed, proven)
        keys = self.attribution.principals
        self.consenting = Consenting(self.legality, self.state, keys, self._roles)
        self.follow_ups = FollowUps(
            self.integrity, self.legality, named=self._named, roles=self._roles
        )

    def take(self, entry: Entry) -> None:
        """Checks one entry against everything before it, then moves the state."""
        self.attribution.check_supervisor(entry)
        self.follow_ups.before(entry)
        self.decisions.reached(entry)
        match entry.kind:
            case EntryKind.INTENT:
                self._intent(entry)
            case EntryKind.CONSENT:
                self._consent(entry)
            case EntryKind.REFUSAL:
                self._refusal(entry)
            case EntryKind.CLAIM:
                self._claim(entry)
            case EntryKind.EFFECT:
                self._effect(entry)
            case EntryKind.OUTCOME:
                self._outcome(entry)
            case EntryKind.RECEIPT:
                self._receipt(entry)
            case EntryKind.GHOST:
                self._ghost(entry)
            case EntryKind.ATTEMPT:
                self._attempt(entry)
            case EntryKind.EXPIRY:
                self.follow_ups.expired(entry)
            case EntryKind.ALARM:
                self.alarms.raised(entry)
            case _:
                pass  # genesis only founds the state; checkpoints effect nothing
        self.attribution.rotate(entry)
        self._fold(entry)

    # --- I1 and I2: what came of it ----------------------------------------------------------

    def _intent(self, entry: Entry) -> None:
        cid = str(entry.body["cid"])
        for tally in (self.integrity, self.legality, self.observation):
            tally.count += 1
        told = self.attribution.check_intent(entry)
        message = f"entry {entry.index} records the intent {cid} a second time"
        new = self.acts.get(cid) is None
        self.integrity.require(new, entry.index, "body.cid", "a new intent", cid, message)
        if new:
            act = act_of(entry, cid, told)
            self.consenting.asked(entry, act)
            self.acts.add(act)
            self.alarms.judged(entry, act)
            self.decisions.first(entry, act)
            if self.decisions.whole:
                self.bounds.begun(entry, act)

    def _open(self, entry: Entry) -> Act | None:
        """The intent that an entry is about: there before it, and not ended."""
        cid, require = str(entry.body["intent"]), self.integrity.require
        act = self.acts.get(cid)
        message = f"the {entry.kind} at entry {entry.index} has no intent before it"
        if not require(act is not None, entry.index, "body.intent", "an intent", cid, message):
            return None
        assert act is not None
        ended = None if act.end is None else f"{act.end[1]} at entry {act.end[0]}"
        message = f"the {entry.kind} at entry {entry.index} comes after the {ended} of its intent"
        require(ended is None, entry.index, "body.intent", "an open intent", ended, message)
        return act

    def _consent(self, entry: Entry) -> None:
        self.attribution.check_answer(entry, _GIVE)
        act = self._open(entry)
        if act is not None:
            self.consenting.given(entry, act)
            self.alarms.judged(entry, act)
            self.decisions.made(entry, act)
            if self.decisions.whole and entry.body["decision"] is not None:
                self.bounds.allowed(entry, act)

    def _refusal(self, entry: Entry) -> None:
        self.attribution.check_answer(entry, _REFUSE)
        act = self._open(entry)
        if act is not None:
            act.refused_at = entry.index

    def _claim(self, entry: Entry) -> None:
        """Whoever carries an intent on finds it open, and allowed."""
        act = self._open(entry)
        if act is not None:
            self._check_allowed(entry, act)
            self.follow_ups.in_time(entry, act)

    def _effect(self, entry: Entry) -> None:
        act = self._open(entry)
        if act is not None:
            self._check_allowed(entry, act)
            self.effects.announced(entry, act, self.rights.used(entry))
            self.follow_ups.in_time(entry, act)

    def _outcome(self, entry: Entry) -> None:
        act = self._open(entry)
        if act is not None:
            self.effects.known(entry, act)

    def _attempt(self, entry: Entry) -> None:
        act = self._open(entry)
        if act is not None:
            self._check_allowed(entry, act)
            self.follow_ups.attempt(entry, act)

    def _receipt(self, entry: Entry) -> None:
        act = self._open(entry)
        if act is None:
            return
        self._check_allowed(entry, act)
        done = entry.body["outcome"] == "done"
        self._check_commitment(entry, act, ("if_ok",) if done else ("if_not", "if_doubt"))
        self.effects.told(entry, act)
        self.forks.receipt(entry, act)
        self.rights.receipt(entry, act)
        self.consenting.receipt(entry, act)
        self._check_cancelled(entry)
        self.follow_ups.answered(entry, act)
        self.alarms.receipt(entry, act)
        self.bounds.receipt(entry)
        self.publications.receipt(entry, act)
        self.follow_ups.ended(entry, act)
        act.effects = []  # they may hold megabytes, and nothing is asked of them any more
        self.acts.end(act, entry.index, entry.kind)

    def _check_cancelled(self, entry: Entry) -> None:
        """A cancellation is of an intent that is open; by whom, see rights.py."""
        for thing in mutations_of(entry):
            if thing.get("kind") == "cancellation":
                cid = str(thing.get("intent"))
                found = self.acts.get(cid)
                is_open = found is not None and found.end is None
                message = f"entry {entry.index} cancels {cid}, which is not open"
                self.integrity.require(
                    is_open, entry.index, "body.mutations", "an open intent", cid, message
                )
                if found is not None:
                    self._check_canceller(entry, found, str(thing.get("by")))

    def _check_canceller(self, entry: Entry, act: Act, by: str) -> None:
        """Who submitted an intent cancels it, or an operator."""
        may = by == act.who or OPERATOR in self._roles(by)
        message = f"entry {entry.index} lets {by} cancel what {act.who} submitted"
        expected: list[Json] = [act.who, OPERATOR]
        self.legality.require(may, entry.index, "body", expected, by, message)

    def _check_allowed(self, entry: Entry, act: Act) -> None:
        verdict, index = act.requirement.verdict, entry.index
        if act.required is not None and verdict is not Verdict.DENY:
            expected = f"consents of {act.required.text}, then ALLOW"
            found = f"{len(act.qualified())} valid consents, then {verdict}"
            holds = verdict is Verdict.ALLOW and act.is_met()
        else:
            expected, found, holds = "ALLOW", str(verdict), verdict is Verdict.ALLOW
        message = f"the {entry.kind} at entry {index} is of an intent that was not allowed"
        self.legality.require(holds, index, "body.intent", expected, found, message)

    def _ghost(self, entry: Entry) -> None:
        cause = entry.body["cause"]
        assert isinstance(cause, dict)
        self.causes[str(cause["type"])] += 1
        act = self._open(entry)
        if act is None:
            return
        self.attribution.check_not_answered(entry, act)
        index, require = entry.index, self.legality.require
        message = f"the ghost at entry {index} is of an intent that had effects"
        began = len(act.effects) + act.past_effects + act.attempts
        require(not began, index, "body.intent", 0, began, message)
        self.follow_ups.ended(entry, act)
        self.alarms.ghost(entry, act)
        self._check_cause(entry, act, Cause(str(cause["type"])))
        self._check_commitment(entry, act, ("if_not", "if_doubt"))
        self.acts.end(act, index, entry.kind)

    def _check_cause(self, entry: Entry, act: Act, cause: Cause) -> None:
        """Refused only if somebody refused, timed out only if there was a time and it is over."""
        expected, found, holds = "", "", True
        told = entry.body["cause"]
        assert isinstance(told, dict)  # the entry's form was checked when it was read
        if cause is Cause.CONSENT_REFUSED:
            expected, found, holds = "a refusal before it", "none", act.refused_at is not None
        elif cause is Cause.AGENT_ABORT and told.get("code") == "E_RUN_CANCELLED":
            self._check_canceller(entry, act, str(told.get("by")))
        elif cause is Cause.CONSENT_TIMEOUT:
            until = 0 if act.required is None else act.required.expires_at
            expected, found = f"recorded from {until} on", str(entry.recorded_at)
            holds = act.required is not None and entry.recorded_at >= until
        message = f"the cause {cause} of the ghost at entry {entry.index} is not what happened"
        self.legality.require(holds, entry.index, "body.cause", expected, found, message)

    def _check_commitment(self, entry: Entry, act: Act, allowed: tuple[str, ...]) -> None:
        """Consequence completeness: the end carries out the commitment signed for that case."""
        body, require = entry.body, self.integrity.require
        consequence = str(body["consequence"])
        message = f"the {entry.kind} at entry {entry.index} ends in {consequence}"
        fits = consequence in allowed
        require(fits, entry.index, "body.consequence", list(allowed), consequence, message)
        if act.commitments:
            signed = act.commitments[consequence]
            found = body["commitment"]
            message = f"entry {entry.index} carries out {found}, signed was {signed}"
            require(signed == found, entry.index, "body.commitment", signed, found, message)

    def _named(self, did: str) -> str | None:
        name = (self.state.get("principal", did) or {}).get("name")
        return None if name is None else str(name)

    def _roles(self, did: str) -> frozenset[str]:
        of = self.attribution
        if of.keys.is_retired(did) or of.principals.current(did) is None:
            return frozenset()
        roles = (self.state.get("principal", did) or {}).get("roles")
        return frozenset(map(str, roles)) if isinstance(roles, list) else frozenset()

    def judged_again(self, note: str, first: Offender | None) -> None:
        """What came of making each decision again (I2): how much, in words; the first offender."""
        self._judged_again = note
        if first is not None:
            self.legality.offends(first)

    # --- I4, I5 and the report ---------------------------------------------------------------

    def _fold(self, entry: Entry) -> None:
        try:
            self.state.apply_entry(entry)
        except LogosError as error:
            self.reproduction.refused(entry.index, "an entry that follows", error)

    def report(self, stored: State | Comparison | None) -> InvariantReport:
        """The five checks after the last entry.

        stored: the state that is stored, or the whole graph beside what the ledger makes of it.
        """
        self.follow_ups.finish()
        for act in self.acts.open:
            denied = act.requirement.verdict is Verdict.DENY
            message = f"the intent at entry {act.index} was denied and is no ghost"
            self.legality.require(not denied, act.index, "body.decision", "a ghost", None, message)
        self.attribution.check_trusted()
        compare_stored(self.reproduction, self.state, stored)
        counts = self._counts()
        unfinished = self._still_open(Verdict.ALLOW)
        note = f"{len(unfinished)} unfinished, {counts.waiting} waiting"
        compared = stored is not None
        return InvariantReport(
            I1=self.integrity.check("I1", "integrity", note if unfinished else ""),
            I2=self.legality.check("I2", "legality", self._judged_again),
            I3=self.attributed.check("I3", "attribution"),
            I4=self.reproduction.check(
                "I4", "reproducibility", "" if compared else "not compared", compared=compared
            ),
            I5=self.observation.check("I5", "observability", f"ghost rate {counts.ghost_rate}"),
            counts=counts,
            unfinished=unfinished,
            state=self.state.digest(),
            waiting=self._still_open(Verdict.REQUIRE),
        )

    def _still_open(self, verdict: Verdict) -> tuple[ContentId, ...]:
        return tuple(
            ContentId(act.cid) for act in self.acts.open if act.requirement.verdict is verdict
        )

    def _counts(self) -> Counts:
        first, ends = self.acts.first, self.acts.ends
        counts = Counts(
            intents=self.observation.count,
            allowed=first[Verdict.ALLOW],
            required=first[Verdict.REQUIRE],
            denied=first[Verdict.DENY],
            committed=ends[EntryKind.RECEIPT],
            ghosts=dict(self.causes),
            waiting=len(self._still_open(Verdict.REQUIRE)),
            unfinished=len(self._still_open(Verdict.ALLOW)),
        )
        told = counts.committed + counts.ghost_total + counts.waiting + counts.unfinished
        message = f"{counts.intents} intents, but {told} are committed, ghosts or open"
        self.observation.require(
            told == counts.intents, None, "counts", counts.intents, told, message
        )
        return counts
