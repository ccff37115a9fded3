"""I2 for what a decision says of itself, as far as the entries before it tell.

| what | is |
|---|---|
| `revision` | the entry right before the one that holds the decision |
| the entry's `policy_hash` | the policy in force there |
| `context.breaker`, where it is told | whether the breaker of the intent's `who` is open |
| `context.alarms`, where it is told | how many alarms about `who` are open |
| an intent's first decision, if its verb is of risk L3 or more | not ALLOW: others consent first |

All but the first and the last are asked of a ledger, not of the part of one that a proof holds:
what it leaves out may have changed the policy, or raised an alarm.

Whether the policy says what the decision says is not asked here: that takes judging again
(supervisor/decided_again.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from logos_graph.canon import Json
from logos_graph.ledger.acts import Act
from logos_graph.ledger.alarms import Alarms
from logos_graph.ledger.bodies import Verdict
from logos_graph.ledger.entry import Entry
from logos_graph.ledger.state import ACTIVE, Known
from logos_graph.ledger.tally import Tally

__all__ = ["Decisions"]

_BY_CONSENT: Final = frozenset({"L3", "L4", "L5"})
"""The levels of risk at which no policy allows an act before others have consented."""


class Decisions:
    """Looks at each entry that holds a decision. alarms: what the entries so far tell of them.

    whole: whether no entry was left out so far.
    """

    def __init__(self, tally: Tally, known: Known, alarms: Alarms) -> None:
        self._tally, self._known, self._alarms = tally, known, alarms
        self._next, self.whole = 0, True

    def reached(self, entry: Entry) -> None:
        """The next entry, whatever it holds: one that does not follow leaves others out."""
        self.whole = self.whole and entry.index == self._next
        self._next = entry.index + 1

    def first(self, entry: Entry, act: Act) -> None:
        """That with which an intent is recorded: nobody can have consented to it yet."""
        self.made(entry, act)
        risk = str((self._known("verb", act.verb) or {}).get("risk"))
        holds = risk not in _BY_CONSENT or act.requirement.verdict is not Verdict.ALLOW
        message = f"entry {entry.index} allows {act.verb}, of risk {risk}, before anybody consented"
        found = act.requirement.verdict.value
        self._require(holds, entry, "body.decision", Verdict.REQUIRE.value, found, message)

    def made(self, entry: Entry, act: Act) -> None:
        """Any, of this intent: what it rests on is what there is right before it."""
        decision = entry.body["decision"]
        if not isinstance(decision, dict):
            return  # a consent that settles nothing
        revision, before = decision.get("revision"), entry.index - 1
        message = f"the decision at entry {entry.index} does not rest on the entry before it"
        holds = revision == before and not isinstance(revision, bool)
        self._require(holds, entry, "body.decision.revision", before, revision, message)
        if self.whole:
            self._as_it_was(entry, act, decision)

    def _as_it_was(self, entry: Entry, act: Act, decision: Mapping[str, Json]) -> None:
        policy = (self._known("policy", ACTIVE) or {}).get("id")
        message = f"the decision at entry {entry.index} is not by the policy in force"
        told = entry.policy_hash
        self._require(told == policy, entry, "policy_hash", policy, told, message)
        context = decision.get("context")
        if not isinstance(context, dict):
            return
        there: dict[str, Json] = {
            "alarms": self._alarms.open_count(act.who, entry.recorded_at),
            "breaker": self._alarms.is_broken(act.who),
        }
        for name, expected in there.items():
            if name in context:
                seen = context[name]
                message = f"the decision at entry {entry.index} saw {name} as they were not"
                holds = seen == expected and type(seen) is type(expected)
                self._require(
                    holds, entry, f"body.decision.context.{name}", expected, seen, message
                )

    def _require(
        self, holds: bool, entry: Entry, field: str, expected: Json, found: Json, message: str
    ) -> None:
        self._tally.require(holds, entry.index, field, expected, found, message)
