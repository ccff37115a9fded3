"""I1 and I2 for alarms and circuit breakers.

| what | when |
|---|---|
| alarm | its intents are ghosts of its principal within its window, as its pattern asks |
| a receipt of breaker.lift | it lifts all open alarms of the principal that it names, no others; |
| | neither submitted by that principal nor resting on its consent: one that it signed, or |
| | that was signed in its place |
| an intent of a principal whose breaker is open | it is denied, unless it is `free_of_breaker` |

That an alarm was not raised cannot be told from entries: it is looked for after the ghost's own
commit, by a process that may die in between; the next ghost has it looked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from logos_graph.canon import ContentId, Json, json_id
from logos_graph.ledger.acts import Act
from logos_graph.ledger.bodies import Verdict
from logos_graph.ledger.entry import Entry, mutations_of
from logos_graph.ledger.patterns import (
    MAX_MARKS,
    PATTERNS,
    SHOWN_INTENTS,
    GhostMark,
    ghost_mark,
    marks_within,
)
from logos_graph.ledger.state import Known
from logos_graph.ledger.tally import Tally

__all__ = ["LIFT", "SUPERVISOR_TYPE", "Alarms", "alarm_id", "free_of_breaker"]

LIFT: Final = "breaker.lift"
"""The verb that lifts a breaker."""
SUPERVISOR_TYPE: Final = "supervisor"
"""The type of principal that no breaker holds: its key signs the ledger, so a breaker would protect
nothing from it, and it is the way back in when nobody else is left."""
_ANSWERS: Final = frozenset({"consent.give", "consent.refuse", "escalation.resolve", "run.cancel"})
"""What a principal may do though its breaker is open: answer what others ask, and stop things. It
may also give up a key of its own (`_REVOKE`), but nobody else's."""
_REVOKE: Final = "principal.revoke"


def free_of_breaker(who: str, kind: str, verb: str, risk: str, this: Mapping[str, Json]) -> bool:
    """Whether an open breaker of `who` leaves this act to policy.

    kind: of principal. verb, risk, this: what is done, its level (`L0` changes nothing that counts)
    and its payload.
    """
    if verb == _REVOKE:
        return this.get("principal") == who or kind == SUPERVISOR_TYPE
    return risk == "L0" or verb in _ANSWERS or kind == SUPERVISOR_TYPE


def alarm_id(pattern: str, who: str, opened_by: str) -> ContentId:
    """What names an alarm: the content id of its pattern, its principal and its youngest ghost."""
    return json_id({"opened_by": opened_by, "pattern": pattern, "who": who})


class Alarms:
    """Looks at entries in their order; keeps the youngest ghosts, and the open breakers."""

    def __init__(self, integrity: Tally, legality: Tally, known: Known) -> None:
        self._integrity, self._legality, self._known = integrity, legality, known
        self._ghosts: dict[str, list[GhostMark]] = {}
        self._open: dict[str, dict[str, int]] = {}
        self._noted: dict[str, dict[str, int]] = {}
        self._lifted: dict[str, int] = {}

    def is_broken(self, who: str) -> bool:
        """Whether the breaker of a principal is open."""
        return who in self._open

    def open_count(self, who: str, at_ns: int) -> int:
        """How many alarms about it are open: high ones until lifted, others for their window."""
        noted = {key: end for key, end in self._noted.get(who, {}).items() if at_ns < end}
        self._noted[who] = noted
        return len(self._open.get(who, ())) + len(noted)

    def ghost(self, entry: Entry, act: Act) -> None:
        """One more ghost of a principal."""
        mark = ghost_mark(entry)
        if mark is not None:
            self._ghosts[act.who] = [*self._ghosts.get(act.who, ())[-MAX_MARKS + 1 :], mark]

    def judged(self, entry: Entry, act: Act) -> None:
        """What a principal does while its breaker is open is denied."""
        if act.who not in self._open:
            return
        risk = str((self._known("verb", act.verb) or {}).get("risk"))
        kind = str((self._known("principal", act.who) or {}).get("type"))
        if free_of_breaker(act.who, kind, act.verb, risk, act.this):
            return
        verdict = act.requirement.verdict
        message = f"the breaker of {act.who} is open, and entry {entry.index} does not deny"
        holds = verdict is Verdict.DENY
        self._legality.require(
            holds, entry.index, "body.decision", Verdict.DENY, verdict.value, message
        )

    def raised(self, entry: Entry) -> None:
        """An alarm: of a known pattern, on ghosts that there are."""
        self._integrity.count += 1
        body, who = entry.body, str(entry.body["who"])
        pattern = PATTERNS.get(str(body["pattern"]))
        if not self._is(pattern is not None, entry, "pattern", [*PATTERNS], body["pattern"]):
            return
        assert pattern is not None
        for field, expected in (
            ("severity", pattern.severity), ("window_s", pattern.window_s),
            ("threshold", pattern.threshold),
            ("id", alarm_id(pattern.name, who, str(body["opened_by"]))),
        ):  # fmt: skip
            self._is(body[field] == expected, entry, field, expected, body[field])
        after = self._lifted.get(who, -1)
        marks = marks_within(self._ghosts.get(who, ()), pattern, entry.recorded_at, after)
        found = [each.cid for each in pattern.found(marks)]
        shown: list[Json] = [*found[-SHOWN_INTENTS:]]
        self._is(bool(found), entry, "count", pattern.threshold, len(found))
        self._is(body["count"] == len(found), entry, "count", len(found), body["count"])
        self._is(body["intents"] == shown, entry, "intents", shown, body["intents"])
        self._is(body["opened_by"] == (shown or [None])[-1], entry, "opened_by", None, None)
        if pattern.severity == "high":
            self._open.setdefault(who, {})[str(body["id"])] = entry.index
        else:
            end = entry.recorded_at + pattern.window_ns
            self._noted.setdefault(who, {})[str(body["id"])] = end

    def receipt(self, entry: Entry, act: Act) -> None:
        """One that lifts, by others than the one whose breaker it is."""
        found = [each for each in mutations_of(entry) if each["kind"] == "lift"]
        if act.verb != LIFT or entry.body["outcome"] != "done":
            self._may(not found, entry, "no lifting", len(found), "lifts what it may not")
            return
        who, note = str(act.this.get("who")), act.this.get("note")
        opened = self._open.pop(who, {})
        wanted: list[dict[str, Json]] = [
            {"kind": "lift", "alarm": each, "who": who, "by": act.cid, "note": note}
            for each in sorted(opened)
        ]
        told: list[Json] = [*wanted]
        self._may(found == wanted, entry, told, [*found], "does not lift what its intent names")
        self._may(bool(wanted), entry, "an open breaker", who, "lifts a breaker that is not open")
        self._may(act.who != who, entry, "another", who, "lifts the breaker of its own author")
        own = any(who in voice.people for voice in act.voices())
        self._may(not own, entry, "others", who, "rests on the consent of whom it concerns")
        self._lifted[who] = entry.index

    def _is(self, holds: bool, entry: Entry, field: str, expected: Json, found: Json) -> bool:
        message = f"the alarm at entry {entry.index} is not what the ghosts before it say"
        return self._integrity.require(
            holds, entry.index, f"body.{field}", expected, found, message
        )

    def _may(self, holds: bool, entry: Entry, expected: Json, found: Json, what: str) -> bool:
        message = f"the receipt at entry {entry.index} {what}"
        return self._legality.require(
            holds, entry.index, "body.mutations", expected, found, message
        )
