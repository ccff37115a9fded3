"""Policies as a model has them: a few rules in Python, and the Cedar text that says the same.

Not a test itself. Nothing in here asks the product what a policy means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from logos_graph.governance import Verb, parse_verb

HOUR = 3600 * 10**9
LEVELS = {"eye.look": 0, "pay.out": 1, "pay.big": 3, "all.wipe": 5}
"""The verbs that a policy is drawn for, and how much is at stake."""
ANSWERS = (
    "consent.give", "consent.refuse", "consent.delegate", "consent.undelegate",
    "escalation.resolve",
)  # fmt: skip
ADMIN = ("principal.register", "policy.activate", "rate.limit", "breaker.lift")
_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
    "required": ["amount"], "additionalProperties": False,
    "properties": {"amount": {"type": "integer", "minimum": 0, "maximum": 10**9}},
}  # fmt: skip
Roles = frozenset[str]


def verbs() -> list[Verb]:
    """Those that are only recorded, each with an amount."""
    return [
        parse_verb({
            "name": name, "docs": "Only recorded.", "risk": f"L{level}", "schema": _SCHEMA,
            "flow": None, "amount": "/amount", "effect": "record", "idempotent": False,
        })
        for name, level in LEVELS.items()
    ]  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """Whose consents: of a role, `kind` as the annotation says it, within so many minutes."""

    role: str
    kind: str
    minutes: int = 60


@dataclass(frozen=True)
class Rule:
    """Of one verb. roles: who may. over: consents are asked for above that; most: never above.

    trusting: no more than the trajectory's limit in a day. wary: never while an alarm is open.
    """

    verb: str
    roles: tuple[str, ...]
    over: int | None = None
    ask: Ask = Ask("guard", "1")
    most: int | None = None
    trusting: bool = False
    wary: bool = False


@dataclass(frozen=True)
class Quorum:
    """Asked of those who hold the role: weights as they are then; None: whoever holds it, 1."""

    role: str
    needed: int
    weights: tuple[tuple[str, int], ...] | None = None

    def weight(self, did: str, roles: Roles) -> int:
        if self.role not in roles:
            return 0
        return 1 if self.weights is None else dict(self.weights).get(did, 0)


@dataclass(frozen=True)
class Verdict:
    """What must be decided. expires: ns from now. by_policy: it saw the context."""

    outcome: str
    reason: str = ""
    quorums: tuple[Quorum, ...] = ()
    expires: int = 0
    by_policy: bool = True


DENY = Verdict("DENY", "PolicyViolation")


@dataclass(frozen=True)
class Code:
    """A policy: a rule for each verb. mute: nobody may consent under it. extra: further text."""

    rules: tuple[Rule, ...]
    mute: bool = False
    number: int = 0
    extra: str = ""

    @property
    def text(self) -> str:
        """It in Cedar."""
        answers = [each for each in ANSWERS if not (self.mute and each == "consent.give")]
        parts = [f"// {self.number}", _permit("answers", "principal", *answers)]
        parts.append(_permit("admin", 'principal in Role::"operator"', *ADMIN))
        parts.append(_forbid("lift", "breaker.lift", "", Ask("approver", "2", 72 * 60)))
        for rule in self.rules:
            name = rule.verb
            parts += [_permit(f"{name}-{r}", f'principal in Role::"{r}"', name) for r in rule.roles]
            amount = "context.this.amount"
            if rule.over is not None:
                parts.append(_forbid(f"{name}-ask", name, f"{amount} > {rule.over}", rule.ask))
            if rule.most is not None:
                parts.append(_forbid(f"{name}-most", name, f"{amount} > {rule.most}"))
            if rule.trusting:
                spent = "context.trajectory.spent"
                more = f"{amount} + {spent} > context.trajectory.limit"
                parts.append(_forbid(f"{name}-trust", name, more))
            if rule.wary:
                parts.append(_forbid(f"{name}-wary", name, "context.alarms > 0"))
        return "\n".join([*parts, self.extra])

    def judge(
        self, verb: str, roles: Roles, this: Mapping[str, Any], seen: Mapping[str, Any]
    ) -> Verdict | Ask | None:
        """A denial, whom it asks, or None for what nothing stands against."""
        if verb == "breaker.lift":
            return Ask("approver", "2", 72 * 60) if "operator" in roles else DENY
        if verb in ADMIN:
            return None if "operator" in roles else DENY
        if verb in ANSWERS:
            return DENY if self.mute and verb == "consent.give" else None
        rule = next((each for each in self.rules if each.verb == verb), None)
        if rule is None:
            return DENY
        amount, past = this["amount"], seen["trajectory"]
        if rule.most is not None and amount > rule.most:
            return Verdict("DENY", "ExplicitDeny")
        if rule.trusting and amount + past["spent"] > past["limit"]:
            return Verdict("DENY", "ExplicitDeny")
        if rule.wary and seen["alarms"]:
            return Verdict("DENY", "ExplicitDeny")
        if not roles & {*rule.roles}:
            return DENY
        return rule.ask if rule.over is not None and amount > rule.over else None


def asked(ask: Ask, people: Mapping[str, tuple[str, Roles]], who: str) -> Quorum:
    """Whom it asks for an act of `who`. people: name and roles by DID."""
    others = {did: name for did, (name, held) in people.items() if ask.role in held and did != who}
    if ask.kind == "all":
        return Quorum(ask.role, max(1, len(others)), tuple((did, 1) for did in sorted(others)))
    if ask.kind == "majority":
        return Quorum(ask.role, len(others) // 2 + 1, tuple((did, 1) for did in sorted(others)))
    if ask.kind.startswith("weighted:"):
        threshold, _, told = ask.kind.removeprefix("weighted:").partition(";")
        weights = dict(each.split("=") for each in told.split(","))
        found = ((did, int(weights.get(others[did], 0))) for did in sorted(others))
        return Quorum(ask.role, int(threshold), tuple(each for each in found if each[1]))
    return Quorum(ask.role, int(ask.kind))


def _permit(name: str, who: str, *actions: str) -> str:
    told = ", ".join(f'Action::"{each}"' for each in actions)
    return f'@id("{name}") permit ({who}, action in [{told}], resource);'


def _forbid(name: str, verb: str, when: str, ask: Ask | None = None) -> str:
    head = f'@id("{name}")'
    if ask is not None:
        head += f'@require("{ask.role}")@quorum("{ask.kind}")@expires("{ask.minutes}m")'
    tail = f" when {{ {when} }}" if when else ""
    return f'{head} forbid (principal, action == Action::"{verb}", resource){tail};'
