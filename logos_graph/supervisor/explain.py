"""Why an intent was decided as it was, in words, and what would have changed it.

What would have changed it is not guessed: the intent is judged again, by the policy that decided
it and on what that saw, with one thing otherwise each time.

| asked again | when |
|---|---|
| with a rule that decided left out; with all of them | a policy decided |
| with a role more, each that the policy speaks of | it was denied, and no rule forbids it |
| with the consents that were asked for | it was to wait for them |

An intent that no policy decided says what the gate found. The first decision is explained, when
the intent was submitted; what came of it after that is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from logos_graph.canon import Json, encode
from logos_graph.errors import LogosError
from logos_graph.governance import (
    POLICY_REASONS,
    People,
    Person,
    Policy,
    Rule,
    same_decision,
)
from logos_graph.governance.looked import looked_at, roles_named, without
from logos_graph.identity import Did
from logos_graph.ledger import Entry, EntryKind, Voice
from logos_graph.logline import LogLine, format_when, parse_signed_intent
from logos_graph.supervisor.decide import Ground, Question, judge_by_policy, seen_by
from logos_graph.supervisor.past import Past
from logos_graph.supervisor.rejudge import asked_for

__all__ = ["Explained", "Otherwise", "RuleTold", "explain"]

_MAX_ROLES = 50
"""Roles that are tried, of those that a policy speaks of."""


@dataclass(frozen=True, slots=True)
class RuleTold:
    """A rule that decided. looked: the values that its condition names, by path below `context`."""

    rule: Rule
    looked: tuple[tuple[str, Json], ...]

    @property
    def json(self) -> dict[str, Json]:
        """As the command prints it."""
        return {
            "id": self.rule.id,
            "effect": "permit" if self.rule.permits else "forbid",
            "line": self.rule.line,
            "reason": self.rule.reason,
            "text": self.rule.text,
            "looked": dict(self.looked),
        }


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What would have been: under this condition (a clause), this decision (in words)."""

    condition: str
    decision: str

    @property
    def json(self) -> dict[str, Json]:
        """As the command prints it."""
        return {"if": self.condition, "then": self.decision}


@dataclass(slots=True)
class Explained:
    """An intent's decision. outcome: the first one. status: how it stands.

    again: whether the policy says the same when it is asked again now; None if none was asked.
    sentences: what happened, in order. otherwise: what would have changed it.
    """

    intent: str
    index: int
    who: str
    verb: str
    status: str
    decision: Mapping[str, Json]
    policy: str | None
    again: bool | None = None
    rules: list[RuleTold] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    otherwise: list[Otherwise] = field(default_factory=list)

    @property
    def json(self) -> dict[str, Json]:
        """As the command prints it."""
        return {
            "intent": self.intent, "index": self.index, "who": self.who, "did": self.verb,
            "status": self.status, "decision": dict(self.decision), "policy": self.policy,
            "judged_again": None if self.again is None else "same" if self.again else "differs",
            "rules": [each.json for each in self.rules], "sentences": [*self.sentences],
            "otherwise": [each.json for each in self.otherwise],
        }  # fmt: skip


def explain(story: Sequence[Entry], policy: Policy | None, past: Past) -> Explained:
    """The explanation of an intent.

    story: every entry about it, its own first. policy: the one that its entry names, None if it is
    not known. past: as of that entry.
    """
    begun = story[0]
    body: Any = begun.body
    signed = parse_signed_intent({"intent": body["intent"], "signature": body["signature"]})
    line = signed.intent.logline
    decision: dict[str, Json] = body["decision"]
    end = next((e for e in story if e.kind in (EntryKind.RECEIPT, EntryKind.GHOST)), None)
    status = "PENDING" if end is None else "GHOST" if end.kind is EntryKind.GHOST else "COMMITTED"
    told = Explained(
        body["cid"], begun.index, past.name(line.who), line.did, status, decision,
        begun.policy_hash,
    )  # fmt: skip
    told.sentences.append(
        f"{told.who} asked for {line.did} at {format_when(line.when)} (entry {begun.index})."
    )
    cause: Any = {} if end is None else end.body.get("cause") or {}
    if _by_gate(decision, cause):
        _tell_gate(told, cause)
    elif policy is not None:
        _Judging(told, policy, past, begun, line).tell()
    told.sentences += _endings(story[1:], past)
    return told


def _by_gate(decision: Mapping[str, Json], cause: Mapping[str, Json]) -> bool:
    """Whether the gate denied it before a policy was asked."""
    if decision["outcome"] != "DENY":
        return False
    asked = decision["reason"] in POLICY_REASONS
    return not asked or cause.get("type") == "InvalidVerb" or "code" in cause


def _tell_gate(told: Explained, cause: Mapping[str, Json]) -> None:
    detail = told.decision["detail"]
    reason = told.decision["reason"]
    asked = "whatever policy says" if reason == "RateLimitExceeded" else "and no policy was asked"
    told.sentences.append(f"The gate denied it, {asked}: {detail}.")
    if cause.get("type") == "InvalidVerb":
        told.otherwise.append(
            Otherwise(f"the verb {told.verb} were registered", "a policy would be asked")
        )
    elif reason == "CircuitBreakerOpen":
        told.otherwise.append(Otherwise("no breaker were open", "a policy would be asked"))
    elif reason == "RateLimitExceeded":
        told.otherwise.append(Otherwise("the window had room", "the policy's answer would stand"))
    elif reason == "CapabilityMissing":
        told.otherwise.append(Otherwise("the node held the grant", "a policy would be asked"))
    elif "code" in cause:
        told.otherwise.append(
            Otherwise(f"the payload fitted the verb ({cause['code']})", "a policy would be asked")
        )
    else:
        told.otherwise.append(Otherwise(f"{reason} did not hold", "a policy would be asked"))


class _Judging:
    """One intent, judged again and again."""

    def __init__(
        self, told: Explained, policy: Policy, past: Past, begun: Entry, line: LogLine
    ) -> None:
        self.told, self.policy, self.past, self.line = told, policy, past, line
        self.begun, self.was = begun, told.decision
        self.seen = seen_by(self.was)

    def tell(self) -> None:
        """The decision, its rules, whether it is repeated, and what would have changed it."""
        told, verb = self.told, self.past.verb(self.line.did)
        seen: dict[str, Json] = {**self.seen, "this": self.line.this}
        if verb is not None:
            seen["risk"] = verb.risk.level
        names = self.was["policies"]
        decided = set(map(str, names)) if isinstance(names, list) else set[str]()
        told.rules = [
            RuleTold(rule, tuple(looked_at(rule, seen)))
            for rule in self.policy.rules
            if rule.id in decided
        ]
        told.sentences += [self._decision(), *map(_rule_in_words, told.rules)]
        now = self._judge(self.policy)
        told.again = now is not None and same_decision(self.was, now)
        if not told.again:
            told.sentences.append("Judged again now, that policy does not say the same.")
        told.otherwise += [*self._without_rules(), *self._with_roles(), *self._with_consents()]

    def _decision(self) -> str:
        was, by = self.was, f"the policy {self.policy.id}"
        rules = ", ".join(each.rule.id for each in self.told.rules) or "none of its rules"
        if was["outcome"] == "ALLOW":
            return f"It was allowed by {by}, by {rules}."
        if was["outcome"] == "REQUIRE":
            asked = f"{asked_for(was)} until {was['expires_at']}"
            return f"It was to wait for the consent of {asked}, said {by}, by {rules}."
        return f"It was denied by {by}: {was['detail']}."

    def _without_rules(self) -> Iterator[Otherwise]:
        ids = [each.rule.id for each in self.told.rules]
        for left_out in [frozenset({each}) for each in ids] + (
            [frozenset(ids)] if len(ids) > 1 else []
        ):
            other = without(self.policy, left_out)
            named = " and ".join(sorted(left_out))
            condition = f"there were no rule {named}"
            if other is None:
                yield Otherwise(condition, "DENY: nothing would be permitted")
                continue
            yield from self._if_other(condition, self._judge(other))

    def _with_roles(self) -> Iterator[Otherwise]:
        if self.was["outcome"] != "DENY" or any(not r.rule.permits for r in self.told.rules):
            return
        held = self.past.roles(self.line.who)
        for role in roles_named(self.policy)[:_MAX_ROLES]:
            if role not in held:
                ground = _More(self.past, self.line.who, frozenset({*held, role}))
                made = self._judge(self.policy, ground)
                yield from self._if_other(f"{self.told.who} held the role {role}", made)

    def _with_consents(self) -> Iterator[Otherwise]:
        if self.was["outcome"] != "REQUIRE":
            return
        roles = {str(self.was["role"]), *(str(each["role"]) for each in _also(self.was))}
        able = sorted(
            did
            for did, person in self.past.people.items()
            if did != self.line.who and roles & person.roles
        )
        made = self._judge(self.policy, consents=[Voice(did, did) for did in able])
        names = ", ".join(sorted(map(self.past.name, able)))
        condition = f"{asked_for(self.was)} consented in time ({names})"
        yield from self._if_other(condition, made)

    def _if_other(self, condition: str, made: Mapping[str, Json] | None) -> Iterator[Otherwise]:
        if made is not None and not same_decision(self.was, made):
            yield Otherwise(condition, _in_words(made))

    def _judge(
        self, policy: Policy, ground: Ground | None = None, consents: Iterable[Voice] = ()
    ) -> Mapping[str, Json] | None:
        """What a policy says; None if it cannot be asked any more."""
        verb, revision = self.past.verb(self.line.did), self.was["revision"]
        if verb is None or not isinstance(revision, int):
            return None
        question = Question(
            self.line, verb, self.begun.ledger, revision, self.begun.recorded_at, self.seen
        )
        try:
            return judge_by_policy(policy, ground or self.past, question, consents).to_json()
        except LogosError:
            return None


@dataclass(frozen=True, slots=True)
class _More:
    """The same ground, but that somebody holds other roles. Implements decide.Ground."""

    past: Past
    who: Did
    held: frozenset[str]

    def roles(self, did: Did) -> frozenset[str]:
        return self.held if did == self.who else self.past.roles(did)

    @property
    def people(self) -> People:
        return {**self.past.people, self.who: Person(self.past.name(self.who), self.held)}

    def lent(self, voice: Voice, verb: str, now_ns: int) -> frozenset[str]:
        return self.past.lent(voice, verb, now_ns)


def _rule_in_words(told: RuleTold) -> str:
    rule = told.rule
    looked = ", ".join(f"{path} = {_shown(value)}" for path, value in told.looked)
    what = f"{'permits' if rule.permits else 'forbids'} it" + (
        " without consent" if rule.requirement is not None else ""
    )
    reason = f": {rule.reason}" if rule.reason else ""
    seen = f"; it looked at {looked}" if looked else ""
    return f"The rule {rule.id} (line {rule.line}) {what}{reason}{seen}."


def _endings(entries: Sequence[Entry], past: Past) -> Iterator[str]:
    """What came of it afterwards, entry by entry."""
    for entry in entries:
        body: Any = entry.body
        at = f"(entry {entry.index})"
        match entry.kind:
            case EntryKind.CONSENT:
                settled = body["decision"]
                then = "" if settled is None else f", and then it was {settled['outcome']}"
                place = "" if body["delegation"] is None else " in another's place"
                yield f"{past.name(Did(body['by']))} consented{place}{then} {at}."
            case EntryKind.REFUSAL:
                yield f"{past.name(Did(body['by']))} refused {at}."
            case EntryKind.RECEIPT:
                yield f"It took effect: {body['outcome']}, and led to {body['commitment']} {at}."
            case EntryKind.GHOST:
                yield f"It took no effect: {_cause(body['cause'], past)} {at}."
            case _:
                pass


def _cause(cause: Mapping[str, Any], past: Past) -> str:
    match cause["type"]:
        case "ConsentRefused":
            return f"{past.name(Did(cause['by']))} refused to consent ({cause['reason']})"
        case "ConsentTimeout":
            return f"{cause['received']} of {cause['requested']} consents came in time"
        case "AgentAbort":
            return f"it was allowed and could not be done, {cause['code']}: {cause['detail']}"
        case "InvalidVerb":
            return f"there was no verb {cause['verb']}"
    return "it was denied"


def _in_words(decision: Mapping[str, Json]) -> str:
    match decision["outcome"]:
        case "REQUIRE":
            return f"REQUIRE {asked_for(decision)}"
        case "DENY":
            return f"DENY: {decision['detail']}"
    return "ALLOW"


def _also(decision: Mapping[str, Json]) -> list[Any]:
    also = decision.get("also")
    return also if isinstance(also, list) else []


def _shown(value: Json) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else encode(value).decode()
    return text if len(text) <= 80 else text[:79] + "…"
