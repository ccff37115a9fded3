"""Past intents judged by another policy: which decisions would have been others.

Of each part of the ledger (parts.py), an intent that a policy decided is signed by its actor, and
is judged again: by the new policy, on the roles and verbs as of that index, with the context that
its decision records.

An intent that no policy decided (an unknown verb, a payload that does not fit, a limit or a breaker
of the gate's) is counted as such: another policy would not have been asked either. Such a denial is
known by its ghost, which follows it. What is compared is the first decision on each intent, when it
was submitted: consents came later and to that question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from logos_graph.canon import ContentId, Json
from logos_graph.errors import LogosError, NotVerified, Rejected
from logos_graph.governance import (
    POLICY_REASONS,
    Decision,
    Deny,
    Policy,
    asked_in_order,
    parse_decision,
)
from logos_graph.ledger import Entry, EntryKind
from logos_graph.ledger.quorums import parse_quorum
from logos_graph.logline import Intent, parse_signed_intent, verify_intent
from logos_graph.supervisor.decide import Question, judge_by_policy
from logos_graph.supervisor.parts import Part, seen_in
from logos_graph.supervisor.past import Past

__all__ = [
    "Changed", "Found", "Tally", "asked_for", "by_policy", "decision_at", "in_words",
    "judge_part", "policy_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changed:
    """An intent of which the new policy says something else. was, would: decisions (JSON)."""

    intent: ContentId
    index: int
    recorded_at: int
    who: str
    name: str
    verb: str
    was: dict[str, Json]
    would: dict[str, Json]

    @property
    def json(self) -> dict[str, Json]:
        """As the command prints it."""
        return {
            "intent": self.intent, "index": self.index, "recorded_at": self.recorded_at,
            "who": self.who, "name": self.name, "did": self.verb,
            "was": self.was, "would": self.would,
        }  # fmt: skip


@dataclass(slots=True)
class Found:
    """What a part comes to. undecided: intents that no policy decided.

    other_rules: the same decision, by other rules.
    """

    entries: int = 0
    judged: int = 0
    undecided: int = 0
    other_rules: int = 0
    changed: list[Changed] = field(default_factory=list)


class Tally:
    """All parts together; of the changed intents only the youngest are kept, so that it stays flat.

    limit: how many.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.entries = self.judged = self.undecided = self.other_rules = self.changed = 0
        self.kinds = Counter[tuple[str, str, str]]()
        self.rows: list[Changed] = []

    def take(self, found: Found) -> None:
        """The next part's."""
        self.entries += found.entries
        self.judged += found.judged
        self.undecided += found.undecided
        self.other_rules += found.other_rules
        self.changed += len(found.changed)
        for each in found.changed:
            self.kinds[each.verb, in_words(each.was), in_words(each.would)] += 1
        self.rows = [*self.rows, *found.changed][-self._limit :]


def in_words(decision: Mapping[str, Json]) -> str:
    """A decision's outcome, with what is asked for: `REQUIRE 2 of role treasury`."""
    if decision["outcome"] != "REQUIRE":
        return str(decision["outcome"])
    return f"REQUIRE {asked_for(decision)}"


def asked_for(decision: Mapping[str, Json]) -> str:
    """Whose consents a REQUIRE waits for: `2 of role treasury`."""
    told = [decision, *cast(Any, decision.get("also") or [])]
    texts = (parse_quorum(each["quorum"], each["role"]).text for each in told)
    return ", and ".join(dict.fromkeys(texts))


def judge_part(part: Part, policy: str, since: int) -> Found:
    """What another policy, of this text, says to the intents of a part.

    since: intents recorded earlier (ns) are not judged. Raises NotVerified E_ENTRY_FORM, E_CHAIN_…,
    E_STATE for what is no entry of the ledger's.
    """
    found = Found(entries=len(part.rows))
    for past, entry, after in seen_in(part):
        if entry.kind is EntryKind.INTENT and entry.recorded_at >= since:
            _judge(found, policy_of(policy), past, entry, after)
    return found


@lru_cache(maxsize=8)
def policy_of(text: str) -> Policy:
    """The policy of a text; it is not parsed anew for each part of the ledger."""
    return Policy(text)


def _judge(found: Found, policy: Policy, past: Past, entry: Entry, after: Entry | None) -> None:
    body: Any = entry.body
    told = decision_at(entry)
    if not by_policy(told, body["cid"], after):
        found.undecided += 1
        return
    intent = _signed(past, entry)
    line = intent.logline
    verb = past.verb(line.did)
    if verb is None:
        raise NotVerified(
            "E_STATE",
            f"entry {entry.index} was judged by a policy, and there was no verb {line.did}",
            index=entry.index,
        )
    question = Question(line, verb, entry.ledger, told.revision, entry.recorded_at, told.context)
    was = told.to_json()
    try:
        would = judge_by_policy(policy, past, question).to_json()
    except Rejected as error:
        would = {
            "outcome": "DENY", "policies": [], "reason": "PolicyViolation", "detail": error.message,
        }  # fmt: skip
    found.judged += 1
    other = was["outcome"] != would["outcome"]
    if other or asked_in_order(was) != asked_in_order(would):
        change = Changed(
            intent.cid, entry.index, entry.recorded_at, line.who, past.name(line.who), line.did,
            _shown(was), _shown(would),
        )  # fmt: skip
        found.changed.append(change)
    elif was["policies"] != would["policies"]:
        found.other_rules += 1


def decision_at(entry: Entry) -> Decision:
    """The decision that an entry tells. Raises NotVerified E_DECISION if it is none."""
    try:
        if entry.policy_hash is not None:
            return parse_decision(entry.body["decision"], entry.policy_hash)
        reason = "it names no policy"
    except LogosError as error:
        reason = error.message
    raise NotVerified(
        "E_DECISION",
        f"entry {entry.index} tells a decision that is none: {reason}",
        hint="`logos ledger verify` says what is wrong with the ledger",
        index=entry.index,
    )


def by_policy(was: Decision, cid: str, after: Entry | None) -> bool:
    """Whether a policy made this decision, and not the gate before it.

    cid: of the intent. after: the next entry: a denial's ghost, if it is one.
    """
    if not isinstance(was, Deny):
        return True
    if was.reason not in POLICY_REASONS:
        return False
    if after is None or after.kind is not EntryKind.GHOST or after.body["intent"] != cid:
        return True
    cause: Any = after.body["cause"]
    return cause["type"] == "PolicyDeny" and "code" not in cause


def _signed(past: Past, entry: Entry) -> Intent:
    """The intent, signed by the key that its actor had then; NotVerified E_CHAIN_INTENT."""
    body = entry.body
    try:
        signed = parse_signed_intent({"intent": body["intent"], "signature": body["signature"]})
        key = past.keys.at(signed.intent.logline.who, entry.index)
        if key is not None:
            verify_intent(signed, key)
        if key and signed.intent.cid == body["cid"] and signed.intent.ledger == entry.ledger:
            return signed.intent
        reason = "it is recorded under another id" if key else "it had no key then"
    except LogosError as error:
        reason = error.message
    raise NotVerified(
        "E_CHAIN_INTENT",
        f"the intent in entry {entry.index} is not its actor's: {reason}",
        hint="`logos ledger verify` says what is wrong with the ledger",
        index=entry.index,
    )


def _shown(decision: Mapping[str, Json]) -> dict[str, Json]:
    names = ("outcome", "policies", "role", "quorum", "also", "reason", "detail")
    return {name: decision[name] for name in names if name in decision}
