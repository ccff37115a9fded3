"""I1 and I2 for what follows a failure or an end: attempts, escalations, and their answers.

| entry | when |
|---|---|
| attempt | a run failed in a case for which its intent says retry:N; at most N, then the end |
| escalation | at once after an end whose commitment is escalate:ROLE, and only there; but |
| | not after a ghost of whom already has 20 open, which says so: `escalates` is false |
| expiry | an escalation was open until its time |
| a receipt of escalation.resolve | somebody who may has answered it before its time |

When the next attempt is follows from the number of the one that failed, and until when an
escalation is open from its end, so that whoever has the ledger can say both again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput
from logos_graph.ledger.acts import Act
from logos_graph.ledger.bodies import EntryKind
from logos_graph.ledger.entry import Entry
from logos_graph.ledger.patterns import MOST_OPEN_ESCALATIONS
from logos_graph.ledger.tally import Tally
from logos_graph.logline import Action, Commitment, format_when, parse_commitment, parse_when

__all__ = [
    "ESCALATION_NS",
    "RESOLVE",
    "RETRY_CEILING_NS",
    "RETRY_FACTOR",
    "RETRY_FIRST_NS",
    "FollowUps",
    "retry_delay_ns",
]

RETRY_FIRST_NS = 1_000_000_000
"""From the first failure to the next attempt."""
RETRY_FACTOR = 2
"""By which each further delay is longer than the one before."""
RETRY_CEILING_NS = 60_000_000_000
"""No delay is longer."""
ESCALATION_NS = 72 * 3_600_000_000_000
"""For so long an escalation is open: a long weekend."""
RESOLVE = "escalation.resolve"
"""The verb that answers one."""

_DOUBLINGS = 64
"""After which any delay has reached its ceiling: no larger power is ever made."""
_ONE_MOMENT_NS = 1000
"""Entries of one moment are apart by some nanoseconds, and are told one time."""
_ANSWER = ("intent", "answer", "note", "by_intent")


def retry_delay_ns(number: int) -> int:
    """How long after the attempt of this number (from 1) failed the next one is due."""
    grown: int = RETRY_FIRST_NS * RETRY_FACTOR ** min(number - 1, _DOUBLINGS)
    return min(grown, RETRY_CEILING_NS)


@dataclass(frozen=True, slots=True)
class Escalated:
    """An open escalation: of whose intent, who may answer it, until when (ns)."""

    who: str
    handler: str
    target: str | None
    expires_at: int


@dataclass(frozen=True, slots=True)
class _Due:
    """What the next entry is to be: the escalation of this end."""

    end: Entry
    who: str
    commitment: Commitment


class FollowUps:
    """Looks at entries in their order; keeps the escalations that are open.

    named: a principal's name by its DID. roles: what one holds at this index.
    """

    def __init__(
        self,
        integrity: Tally,
        legality: Tally,
        *,
        named: Callable[[str], str | None],
        roles: Callable[[str], frozenset[str]],
    ) -> None:
        self._integrity, self._legality = integrity, legality
        self._named, self._roles = named, roles
        self._open: dict[str, Escalated] = {}
        self._due: _Due | None = None
        self._opened_by = Counter[str]()

    # attempts -----------------------------------------------------------------------------------

    def attempt(self, entry: Entry, act: Act) -> None:
        """The next of its intent, as often as was signed; what it did outside is told."""
        self._integrity.count += 1
        body, index = entry.body, entry.index
        consequence = str(body["consequence"])
        number, expected = body["number"], act.attempts + 1
        message = f"the attempt at entry {index} is not the next of its intent"
        self._is(number == expected, entry, "body.number", expected, number, message)
        signed = _parsed(act.commitments.get(consequence))
        text = None if signed is None else signed.text
        times = _retries(signed) if consequence != "if_ok" else 0
        message = f"the intent of the attempt at entry {index} says {text} for {consequence}"
        allowed = act.commitments == {} or act.attempts < times
        self._is(allowed, entry, "body.consequence", f"at most {times} attempts", number, message)
        next_at = format_when(entry.recorded_at + retry_delay_ns(act.attempts + 1))
        message = f"the attempt after entry {index} is not due when it says"
        found = body["next_at"]
        self._is(found == next_at, entry, "body.next_at", next_at, found, message)
        self.in_time(entry, act)
        known = consequence == "if_doubt" or all(each.outcome is not None for each in act.effects)
        message = f"the attempt at entry {index} hides that an outcome is not known"
        self._is(known, entry, "body.consequence", "if_doubt", consequence, message)
        act.attempts += 1
        act.wake_at = parse_when(found)
        act.past_effects += len(act.effects)
        act.effects = []

    def in_time(self, entry: Entry, act: Act) -> None:
        """Nothing is done again before the time that the last attempt names."""
        wake_at = act.wake_at
        message = f"the {entry.kind} at entry {entry.index} comes before the attempt was due"
        holds = wake_at is None or entry.recorded_at >= wake_at
        wanted = None if wake_at is None else format_when(wake_at)
        found = format_when(entry.recorded_at)
        self._is(holds, entry, "recorded_at", wanted, found, message)

    # escalations --------------------------------------------------------------------------------

    def before(self, entry: Entry) -> None:
        """Asked of every entry first: it is an escalation exactly when one is due."""
        due, self._due = self._due, None
        is_one = entry.kind is EntryKind.ESCALATION
        self._integrity.count += is_one
        if due is None:
            message = f"the escalation at entry {entry.index} follows no end that says so"
            self._is(not is_one, entry, "kind", "another entry", entry.kind.value, message)
        elif is_one:
            self._opened(entry, due)
        else:
            self._missing(due, entry.kind.value)

    def finish(self) -> None:
        """After the last entry. More may follow, and then another `finish`."""
        if self._due is not None:
            self._missing(self._due, None)

    def ended(self, entry: Entry, act: Act) -> None:
        """A receipt or a ghost; what its commitment leads to is the next entry."""
        commitment = _parsed(entry.body["commitment"])
        if commitment is not None and commitment.action is Action.ESCALATE:
            if self._is_held_back(entry, act):
                return
            self._due = _Due(entry, act.who, commitment)

    def _is_held_back(self, entry: Entry, act: Act) -> bool:
        """A ghost that does not escalate, since too many of its author's escalations are open."""
        cause = entry.body.get("cause")
        if not isinstance(cause, dict) or cause.get("escalates") is not False:
            return False
        found = self._opened_by[act.who]
        message = f"the ghost at entry {entry.index} does not escalate, and {found} are open"
        fits = found >= MOST_OPEN_ESCALATIONS
        self._is(fits, entry, "body.cause.escalates", MOST_OPEN_ESCALATIONS, found, message)
        return True

    def _close(self, intent: str) -> Escalated | None:
        found = self._open.pop(intent, None)
        if found is not None:
            self._opened_by[found.who] -= 1
        return found

    def _missing(self, due: _Due, found: str | None) -> None:
        message = f"the end at entry {due.end.index} escalates, and no escalation follows it"
        self._is(False, due.end, "body.commitment", "an escalation", found, message)

    def _opened(self, entry: Entry, due: _Due) -> None:
        body, end = entry.body, due.end.body
        handler, target = due.commitment.argument, due.commitment.target
        expires_at = parse_when(body["expires_at"])
        late = entry.recorded_at + ESCALATION_NS - expires_at
        expected: dict[str, Json] = {
            "intent": end["intent"], "consequence": end["consequence"],
            "handler": handler, "target": target,
        }  # fmt: skip
        for field, wanted in expected.items():
            message = f"the escalation at entry {entry.index} is not the one that was signed"
            fits = body[field] == wanted
            self._is(fits, entry, f"body.{field}", wanted, body[field], message)
        message = f"the escalation at entry {entry.index} is open for another time"
        until = format_when(entry.recorded_at + ESCALATION_NS)
        fits = 0 <= late < _ONE_MOMENT_NS
        self._is(fits, entry, "body.expires_at", until, body["expires_at"], message)
        self._open[str(body["intent"])] = Escalated(due.who, str(handler), target, expires_at)
        self._opened_by[due.who] += 1

    def expired(self, entry: Entry) -> None:
        """Nobody has answered an open one until its time."""
        self._integrity.count += 1
        found = self._close(str(entry.body["intent"]))
        message = f"the expiry at entry {entry.index} is of no open escalation"
        self._is(found is not None, entry, "body.intent", "an open escalation", None, message)
        if found is not None:
            message = f"the escalation that entry {entry.index} ends was open still"
            until, at = format_when(found.expires_at), format_when(entry.recorded_at)
            over = entry.recorded_at >= found.expires_at
            self._is(over, entry, "recorded_at", until, at, message)

    def answered(self, entry: Entry, act: Act) -> None:
        """A receipt: one that answers an escalation, by whoever may, and as the intent says."""
        mutations = entry.body["mutations"]
        assert isinstance(mutations, list)  # the entry's form was checked when it was read
        found = [each for each in mutations if _kind(each) == "resolution"]
        wanted: list[Json] = []
        if act.verb == RESOLVE and entry.body["outcome"] == "done":
            answer = {name: act.this.get(name) for name in _ANSWER}
            wanted = [{"kind": "resolution", "by": act.cid, **answer, "note": answer["note"] or ""}]
        message = f"entry {entry.index} does not answer the escalation as its intent says"
        if self._may(found == wanted, entry, "body.mutations", wanted, found, message) and wanted:
            self._resolved(entry, act)

    def _resolved(self, entry: Entry, act: Act) -> None:
        asked = self._close(str(act.this.get("intent")))
        message = f"entry {entry.index} answers no open escalation"
        expected = "an open escalation"
        if not self._may(asked is not None, entry, "body.mutations", expected, None, message):
            return
        assert asked is not None
        who = act.who
        called = asked.target is not None and asked.target in (who, self._named(who))
        message = f"{who} may not answer the escalation at entry {entry.index}"
        holds = called or asked.handler in self._roles(who)
        self._may(holds, entry, "body.mutations", asked.handler, who, message)
        message = f"{who} answers at entry {entry.index} for what it did itself"
        self._may(who != asked.who, entry, "body.mutations", "another", who, message)
        message = f"the escalation that entry {entry.index} answers was over"
        until, at = format_when(asked.expires_at), format_when(entry.recorded_at)
        self._may(entry.recorded_at < asked.expires_at, entry, "recorded_at", until, at, message)

    def _is(
        self, holds: bool, entry: Entry, field: str, expected: Json, found: Json, message: str
    ) -> bool:
        return self._integrity.require(holds, entry.index, field, expected, found, message)

    def _may(
        self, holds: bool, entry: Entry, field: str, expected: Json, found: Json, message: str
    ) -> bool:
        return self._legality.require(holds, entry.index, field, expected, found, message)


def _parsed(text: Json) -> Commitment | None:
    """What a commitment says; None for a text that is none, which another check names."""
    try:
        return parse_commitment(text)
    except InvalidInput:
        return None


def _retries(commitment: Commitment | None) -> int:
    """How often an act is done again by it."""
    if commitment is None or commitment.action is not Action.RETRY:
        return 0
    return int(str(commitment.argument))


def _kind(mutation: Json) -> Json:
    return mutation.get("kind") if isinstance(mutation, dict) else None
