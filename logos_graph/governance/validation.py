"""Whether a policy speaks of what there is: Cedar's own validator, by the schema of the verbs.

A rule about `Action::"tranfer"` would never apply, and one that reads `context.this.amont` would
deny every act that it is asked about. Both are found here, with the line of their rule, before the
policy judges anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cedarpy

from logos_graph.canon import Json
from logos_graph.errors import Rejected
from logos_graph.governance.cedar_schema import cedar_schema, compile_schema
from logos_graph.governance.policy import Policy
from logos_graph.governance.verbs import Verb

__all__ = ["Misfit", "misfits", "refuse_misfits"]

_PREFIX: Final = re.compile(r"^for policy `policy[0-9]+`, ")
_UNKNOWN_ACTION: Final = "unrecognized action"
_NO_ACTION: Final = "unable to find an applicable action"
_MAX_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong with one rule: its id, the line where it begins (from 1), the engine's words.

    rule is "" and line 1 where the engine does not say which rule it is.
    """

    rule: str
    line: int
    message: str

    @property
    def json(self) -> dict[str, Json]:
        """As commands print it."""
        return {"rule": self.rule, "line": self.line, "message": self.message}


def misfits(policy: Policy, verbs: Iterable[Verb]) -> tuple[Misfit, ...]:
    """What the policy says that these verbs and the context do not have; by line."""
    schema = compile_schema(cedar_schema(verbs))
    result = cedarpy.validate_policies(policy.text, schema)
    found = {_misfit(policy, error.policy_id, error.error) for error in result.errors}
    if not found and not result.validation_passed:
        found.add(Misfit("", 1, "the engine does not take it"))
    # That a rule applies to nothing follows from an action that there is not: said once.
    unknown = {each.rule for each in found if _UNKNOWN_ACTION in each.message}
    told = {each for each in found if each.rule not in unknown or _NO_ACTION not in each.message}
    return tuple(sorted(told, key=lambda each: (each.line, each.message)))


def refuse_misfits(policy: Policy, verbs: Iterable[Verb]) -> None:
    """Raises Rejected E_POLICY_SCHEMA, with `line`, `rule` and all `errors`, unless it fits."""
    found = misfits(policy, verbs)
    if not found:
        return
    first = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    raise Rejected(
        "E_POLICY_SCHEMA",
        f"the rule {first.rule} at line {first.line} does not fit: {first.message}{more}",
        hint="`logos policy schema` prints what a policy may speak of; a verb is registered before"
        " the policy that names it, and what may be absent is asked for with `has` first",
        line=first.line,
        rule=first.rule,
        errors=[each.json for each in found[:_MAX_SHOWN]],
    )


def _misfit(policy: Policy, engine_name: str, message: str) -> Misfit:
    rule = policy.rule_named(engine_name)
    text = _PREFIX.sub("", message)
    return Misfit("", 1, text) if rule is None else Misfit(rule.id, rule.line, text)
