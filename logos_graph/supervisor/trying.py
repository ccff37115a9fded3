"""A policy is tried before it is in force: on a table of cases, and on a ground that is no View.

Judged by the same function as at the gate (`decide.judge_by_policy`), with the principals, verbs
and context that are given instead of a ledger's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from logos_graph.canon import Json
from logos_graph.errors import InvalidInput
from logos_graph.governance import People, Person, Policy, Verb, check_this
from logos_graph.governance.cases import Case, CaseTable
from logos_graph.identity import Did
from logos_graph.ledger import Voice
from logos_graph.logline import LogLine, Status, parse_commitment
from logos_graph.supervisor.decide import Question, judge_by_policy

__all__ = ["Held", "Tried", "try_cases", "undecided_rules"]

_NOW_NS = 1_800_000_000 * 10**9
"""When cases are judged: nothing but a REQUIRE's expiry depends on it, which no case names."""

_ABORT = parse_commitment("abort")


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds which roles: all that a judgement asks of a ledger. Implements decide.Ground."""

    by: Mapping[Did, frozenset[str]]

    def roles(self, did: Did) -> frozenset[str]:
        """See Ground.roles."""
        return self.by.get(did, frozenset())

    @property
    def people(self) -> People:
        """See Ground.people."""
        return {did: Person(did, roles) for did, roles in self.by.items()}

    def lent(self, voice: Voice, verb: str, now_ns: int) -> frozenset[str]:  # noqa: ARG002
        """See Ground.lent: a table of cases has no delegations."""
        return frozenset()


@dataclass(frozen=True, slots=True)
class Tried:
    """A case and what the policy decides. differences: from what is expected; none: it holds."""

    case: Case
    decision: Mapping[str, Json]
    differences: tuple[str, ...]

    @property
    def rules(self) -> list[str]:
        """The rules that decided it."""
        rules = self.decision["policies"]
        return [str(rule) for rule in rules] if isinstance(rules, list) else []

    @property
    def json(self) -> dict[str, Json]:
        """As the command prints it."""
        return {
            "name": self.case.name,
            "holds": not self.differences,
            "outcome": self.decision["outcome"],
            "rules": self.decision["policies"],
            "detail": self.decision.get("detail"),
            "differences": [*self.differences],
        }


def try_cases(table: CaseTable, policy: Policy, verbs: Mapping[str, Verb]) -> Iterator[Tried]:
    """Each case, judged by the policy.

    Raises InvalidInput E_CASES: a case's verb is unknown, or its payload does not fit the verb;
    Rejected E_THIS_SCHEMA, E_POLICY_VALUE from its parts.
    """
    # A principal's name stands for its key: nothing here is signed.
    held = Held({Did(name): roles for name, roles in table.principals.items()})
    for case in table.cases:
        verb = verbs.get(case.verb)
        if verb is None:
            raise InvalidInput(
                "E_CASES",
                f"the case {case.name!r}: there is no verb {case.verb!r}",
                hint="name the verb's file under `verbs`",
                case=case.name,
            )
        check_this(verb, case.this)
        question = Question(_line(case), verb, "cases", 0, _NOW_NS, case.context)
        consents = [Voice(Did(name), Did(name)) for name in case.consents]
        decision = judge_by_policy(policy, held, question, consents).to_json()
        yield Tried(case, decision, tuple(case.expected.differences(decision)))


def undecided_rules(policy: Policy, tried: list[Tried]) -> list[str]:
    """The rules that decided none of these cases: nothing is known of what they do."""
    decided = {rule for each in tried for rule in each.rules}
    return [rule.id for rule in policy.rules if rule.id not in decided]


def _line(case: Case) -> LogLine:
    return LogLine(
        who=Did(case.who),
        did=case.verb,
        this=case.this,
        when=_NOW_NS,
        confirmed_by=None,
        if_ok=_ABORT,
        if_doubt=_ABORT,
        if_not=_ABORT,
        status=Status.PENDING,
    )
