"""Whether each decision in a ledger is that of the policy in force there: it is made again.

| recorded | holds if |
|---|---|
| an intent, with what the policy decided | the payload fits the verb, and the policy says the |
| | same: outcome, rules, whose consents are asked for, on what basis, until when at most; |
| | the flow that it runs, if it tells one, is that of its verb, or the one that it names |
| a consent that lets an intent be done | asked without any consent, the policy asks for those for |
| | which it asked in the beginning, by the rules that are told; or for none any more |
| a consent after which the policy denies it | the policy says so |
| a ghost for want of a verb | there was no such verb |

The policy is asked on the roles, verbs and people right before the entry, with the context that the
decision tells, of which no part may be missing. That the context was so, that the consents are
enough, and that the entry names the policy in force, is looked at elsewhere (`logos_graph.ledger`,
`governance.conduct`). A denial that the gate makes before the policy is asked (a limit, a rate, a
breaker, a missing grant, a payload that does not fit) is counted and not made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import starmap
from typing import Any

from logos_graph.canon import Json
from logos_graph.errors import LogosError, NotVerified
from logos_graph.governance import (
    Allow,
    Decision,
    Require,
    check_this,
    same_decision,
)
from logos_graph.governance.seen import SEEN
from logos_graph.ledger import Entry, EntryKind, trusted_entry
from logos_graph.ledger.report import Offender
from logos_graph.logline import LogLine, parse_intent
from logos_graph.supervisor.decide import Question, flow_by, judge_by_policy
from logos_graph.supervisor.parts import Part, seen_in
from logos_graph.supervisor.past import Past
from logos_graph.supervisor.rejudge import by_policy, decision_at, in_words, policy_of

__all__ = ["Again", "decided_again", "look_again"]

_FIELD = "body.decision"


@dataclass(slots=True)
class Again:
    """What making decisions again came to. judged: how many; undecided: denied by the gate itself.

    first: the first that the policy does not make, if any.
    """

    judged: int = 0
    undecided: int = 0
    first: Offender | None = None

    @property
    def note(self) -> str:
        """It in words."""
        gate = f", {self.undecided} denied by the gate alone" if self.undecided else ""
        return f"{self.judged} decisions of the policy made again{gate}"


def decided_again(parts: Iterable[Again]) -> Again:
    """All parts of a ledger together, in order; what is no ledger's is the first offender."""
    total = Again()
    try:
        for part in parts:
            total.judged += part.judged
            total.undecided += part.undecided
            total.first = total.first or part.first
    except NotVerified as error:
        index = error.data.get("index")
        at = index if isinstance(index, int) else None
        found = Offender(at, "body", "entries that can be followed", error.code, error.message)
        total.first = total.first or found
    return total


def look_again(part: Part) -> Again:
    """The decisions of a part, whose entries' signatures were seen before.

    Raises NotVerified as `seen_in`.
    """
    found, asked = Again(), {str(e.body["cid"]): e for e in starmap(trusted_entry, part.asked)}
    for past, entry, after in seen_in(part, proven=True):
        intent = _about(entry, asked)
        if intent is None:
            continue
        try:
            told = decision_at(entry)
            policys = by_policy(told, str(intent.body["cid"]), after)
            found.judged += policys
            found.undecided += not policys
            fault = _fault(past, entry, intent, told) if policys else _no_verb(past, intent, after)
        except LogosError as error:
            fault = _offender(entry, "what a policy can decide", error.code, error.message)
        found.first = found.first or fault
    return found


def _about(entry: Entry, asked: dict[str, Entry]) -> Entry | None:
    """The intent on which an entry tells a decision; None if it tells none.

    asked: those that wait for consent, by content id; it is kept up to date.
    """
    if entry.kind is EntryKind.INTENT:
        decision: Any = entry.body["decision"]
        if decision["outcome"] == "REQUIRE":
            asked[str(entry.body["cid"])] = entry
        return entry
    if entry.kind is EntryKind.CONSENT and entry.body["decision"] is not None:
        return asked.get(str(entry.body["intent"]))
    return None


def _fault(past: Past, entry: Entry, intent: Entry, told: Decision) -> Offender | None:
    """What is wrong with a decision that is said to be the policy's."""
    if told.context.keys() != SEEN.keys():
        why = "it does not tell what a policy sees, and nothing else"
        return _offender(entry, [*sorted(SEEN)], [*sorted(told.context)], why)
    made = _made(past, entry, intent, told)
    holds = same_decision(told.to_json(), made.to_json())
    if isinstance(made, Require):
        if entry is not intent:
            holds = _may_settle(made, decision_at(intent), told)
        holds = holds and not (isinstance(told, Require) and told.expires_at > made.expires_at)
    if holds:
        return _other_flow(past, intent) if entry is intent else None
    return _otherwise(entry, told.to_json(), made.to_json())


def _otherwise(entry: Entry, told: dict[str, Json], made: dict[str, Json]) -> Offender:
    """The members in which the two decisions differ."""
    names = sorted(name for name in told.keys() | made.keys() if told.get(name) != made.get(name))
    expected: dict[str, Json] = {name: made[name] for name in names if name in made}
    found: dict[str, Json] = {name: told[name] for name in names if name in told}
    why = f"the policy in force says {in_words(made)}, and it tells {in_words(told)}"
    return _offender(entry, expected, found, f"{why}, different in {', '.join(names)}")


def _other_flow(past: Past, intent: Entry) -> Offender | None:
    """What is wrong with the flow that an intent runs, where its entry tells one."""
    line, found = _line(intent), intent.body.get("flow")
    expected = flow_by(past.verb(line.did), line)
    if found is None or found == expected:
        return None
    message = f"entry {intent.index} runs another flow than {line.did} did there"
    return Offender(intent.index, "body.flow", expected, found, message)


def _made(past: Past, entry: Entry, intent: Entry, told: Decision) -> Decision:
    """What the policy in force says right before an entry, if nobody has consented."""
    line, text = _line(intent), past.policy
    verb = past.verb(line.did)
    if verb is None or text is None:
        raise NotVerified("E_STATE", f"there was no {'policy' if verb else f'verb {line.did}'}")
    check_this(verb, line.this)
    question = Question(
        line, verb, entry.ledger, told.revision, entry.recorded_at, told.context
    )  # fmt: skip
    return judge_by_policy(policy_of(text), past, question)


def _may_settle(made: Require, asked: Decision, told: Decision) -> bool:
    """Whether a consent may: the same is asked for as in the beginning, by the rules it tells."""
    return (
        isinstance(asked, Require)
        and isinstance(told, Allow)
        and told.policies == made.policies
        and (asked.policy_hash, asked.basis) == (made.policy_hash, made.basis)
        and asked.asks_as(made)
    )


def _no_verb(past: Past, intent: Entry, after: Entry | None) -> Offender | None:
    cause: Any = None if after is None else after.body.get("cause")
    if not isinstance(cause, dict) or cause.get("type") != "InvalidVerb":
        return None
    did = _line(intent).did
    if past.verb(did) is None:
        return None
    return _offender(intent, "a decision of the policy's", "InvalidVerb", f"there was a verb {did}")


def _offender(entry: Entry, expected: Json, found: Json, why: str) -> Offender:
    message = f"the decision at entry {entry.index} does not hold: {why}"
    return Offender(entry.index, _FIELD, expected, found, message)


def _line(intent: Entry) -> LogLine:
    return parse_intent(intent.body["intent"]).logline
