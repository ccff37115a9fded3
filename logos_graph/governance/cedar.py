"""Cedar policy text, read strictly: what a policy of this product may say beyond Cedar's syntax.

Annotations (Cedar ignores them; here they carry meaning):

    @id("over-limit")       the policy's name in decisions; `policyN` (N from 0) when there is none
    @reason("…")            shown to the actor when the policy denies
    @deny("InsufficientTrajectory")
                            on a forbid with a @reason: what is denied for is what the actor has
                            done so far; the ghost tells the reason as `required`, and `actual`
    @require("treasury")    on a forbid: instead of denying, ask for the consent of this role
    @quorum("2")              … of so many distinct principals that hold it (default 1)
    @quorum("all")            … of everybody else who holds it
    @quorum("majority")       … of more than half of them
    @quorum("weighted:10;ann=6,ben=5,role:cfo=5")
                              … of such of them as weigh 10 together: by DID, by name, or by a
                              further role that they hold (`quorum.Weighted`)
    @expires("72h")           … within this time: a whole number of s, m, h or d (default 1h)

Unknown annotations, templates and entity types that no request contains are refused: `@requires` or
`Roles::"agent"` in a forbid would otherwise be a rule that silently never applies.

The text reaches the engine only after `nesting` has bounded it: see there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Never

import cedarpy

from logos_graph.errors import LogosError, Rejected
from logos_graph.governance.decision import DenyReason
from logos_graph.governance.nesting import Statement, refuse_at, statements
from logos_graph.governance.quorum import KOfN, QuorumRule, parse_rule

__all__ = ["DEFAULT_REQUIREMENT", "MAX_POLICY_BYTES", "PolicyText", "Requirement", "Rule", "read"]

MAX_POLICY_BYTES: Final = 65_536
"""Bytes of one policy text."""
MAX_RULES: Final = 256
"""Rules in one policy text."""
_MAX_EXPIRY_NS: Final = 90 * 86_400 * 10**9
_UNITS: Final = {"s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9, "d": 86_400 * 10**9}
_EXPIRES: Final = re.compile(r"([1-9][0-9]{0,6})([smhd])", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}", re.ASCII)
_ROLE: Final = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)
_EXPIRES_HINT: Final = 'as in @expires("72h"); 90d at most'
_ANNOTATIONS: Final = frozenset({"id", "reason", "deny", "require", "quorum", "expires"})
_ENTITY_TYPES: Final = frozenset({"Principal", "Role", "Action", "Ledger"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """Whose consent lifts a forbid, and how long it is waited for (ns)."""

    quorum: QuorumRule
    expiry_ns: int


DEFAULT_REQUIREMENT: Final = Requirement(KOfN("approver", 1), _UNITS["h"])
"""What acts of risk L3 and above need when no policy asks for a consent of its own."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One `permit` or `forbid`: its name, what its annotations say, and the text of it.

    denial: for what it denies. line: where it begins, from 1.
    """

    id: str
    permits: bool
    reason: str
    requirement: Requirement | None
    line: int = 1
    text: str = ""
    denial: DenyReason = DenyReason.EXPLICIT_DENY


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A parsed policy text.

    rules: by the engine's own names (`policy0`, …), which its diagnostics use, in the text's order.
    everything, permits: the engine's compiled sets: all rules, and the permits alone.
    """

    rules: dict[str, Rule]
    everything: cedarpy.PolicySet
    permits: cedarpy.PolicySet


def read(text: str) -> PolicyText:
    """Parses and checks a policy text.

    Raises:
        Rejected: E_POLICY_SIZE, E_POLICY_SYNTAX (`data["line"]` where known), E_POLICY_EMPTY,
            E_POLICY_TEMPLATE, E_POLICY_ANNOTATION, E_POLICY_ID, E_POLICY_ENTITY.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_POLICY_BYTES:
        _refuse("E_POLICY_SIZE", f"the policy is {size} bytes; at most {MAX_POLICY_BYTES}")
    rule_texts = list(islice(statements(text), MAX_RULES + 1))
    if len(rule_texts) > MAX_RULES:
        _refuse("E_POLICY_SIZE", f"the policy has more than {MAX_RULES} rules")
    try:
        everything = cedarpy.PolicySet.from_str(text)
        form: dict[str, Any] = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        _refuse_syntax(rule_texts, str(error))
    if form["templates"]:
        _refuse("E_POLICY_TEMPLATE", "the policy holds a template (?principal or ?resource)")
    # One statement is one rule, and the engine numbers them in the order of the text.
    names = [f"policy{number}" for number in range(len(rule_texts))]
    rules = {
        name: _rule(name, form["staticPolicies"][name], statement)
        for name, statement in zip(names, rule_texts, strict=True)
    }
    _check_names(rules)
    if not any(rule.permits for rule in rules.values()):
        _refuse(
            "E_POLICY_EMPTY",
            "the policy permits nothing at all",
            hint="without one permit rule every act would be denied, this policy's repair included",
        )
    permits = "\n".join(
        statement.text
        for statement, rule in zip(rule_texts, rules.values(), strict=True)
        if rule.permits
    )
    return PolicyText(rules, everything, cedarpy.PolicySet.from_str(permits))


def _refuse_syntax(rule_texts: list[Statement], message: str) -> Never:
    # The engine names no place; the first rule that does not parse on its own is the place.
    for statement in rule_texts:
        try:
            cedarpy.PolicySet.from_str(statement.text)
        except ValueError as error:
            refuse_at(statement.line, str(error))
    _refuse("E_POLICY_SYNTAX", f"the policy cannot be parsed: {message}")


def _rule(name: str, body: dict[str, Any], statement: Statement) -> Rule:
    annotations: dict[str, str | None] = body.get("annotations", {})
    permits = body["effect"] == "permit"
    unknown = sorted(set(annotations) - _ANNOTATIONS)
    label = annotations.get("id") or name
    if unknown:
        _refuse(
            "E_POLICY_ANNOTATION",
            f"the rule {label} has the unknown annotation @{unknown[0]}",
            hint="known: " + ", ".join(f"@{known}" for known in sorted(_ANNOTATIONS)),
        )
    if "id" in annotations and not _ID.fullmatch(annotations["id"] or ""):
        _refuse("E_POLICY_ID", f"{annotations['id']!r} is not a rule's id", hint=_ID.pattern)
    _check_entities(label, body)
    requirement = _requirement(label, permits, annotations)
    reason = annotations.get("reason") or ""
    denial = _denial(label, permits, annotations)
    return Rule(label, permits, reason, requirement, statement.line, statement.text, denial)


def _denial(label: str, permits: bool, annotations: dict[str, str | None]) -> DenyReason:
    if "deny" not in annotations:
        return DenyReason.EXPLICIT_DENY
    if permits or "require" in annotations or not annotations.get("reason"):
        _refuse(
            "E_POLICY_ANNOTATION",
            f"the rule {label} uses @deny out of place",
            hint="it belongs on a forbid that asks nobody, beside a @reason",
        )
    if annotations["deny"] != DenyReason.INSUFFICIENT_TRAJECTORY:
        _refuse(
            "E_POLICY_ANNOTATION",
            f"@deny of the rule {label} is no reason that a rule can give",
            hint=f'@deny("{DenyReason.INSUFFICIENT_TRAJECTORY}")',
        )
    return DenyReason.INSUFFICIENT_TRAJECTORY


def _requirement(
    label: str, permits: bool, annotations: dict[str, str | None]
) -> Requirement | None:
    said = {"require", "quorum", "expires"} & set(annotations)
    if not said:
        return None
    if permits or "require" not in said:
        _refuse(
            "E_POLICY_ANNOTATION",
            f"the rule {label} uses @{min(said)} out of place",
            hint='@require("ROLE") belongs on a forbid; @quorum and @expires stand beside it',
        )
    role = annotations["require"] or ""
    quorum = annotations.get("quorum", "1") or ""
    if not _ROLE.fullmatch(role):
        _refuse(
            "E_POLICY_ANNOTATION",
            f"@require of the rule {label} names no role: {role!r}",
            hint='as in @require("treasury")',
        )
    expiry_ns = _expiry(label, annotations)
    try:
        return Requirement(parse_rule(role, quorum), expiry_ns)
    except LogosError as error:
        _refuse(
            "E_POLICY_ANNOTATION",
            f"@quorum of the rule {label}: {error.message}",
            hint='@quorum("2"), "all", "majority" or "weighted:10;ann=6,role:cfo=5"',
        )


def _expiry(label: str, annotations: dict[str, str | None]) -> int:
    """How long it is waited for (ns)."""
    expires = _EXPIRES.fullmatch(annotations.get("expires", "1h") or "")
    if expires is None:
        _refuse(
            "E_POLICY_ANNOTATION",
            f"@expires of the rule {label} is no time such as 72h",
            hint=_EXPIRES_HINT,
        )
    expiry_ns = int(expires[1]) * _UNITS[expires[2]]
    if expiry_ns > _MAX_EXPIRY_NS:
        _refuse(
            "E_POLICY_ANNOTATION",
            f"@expires of the rule {label} is longer than 90d",
            hint=_EXPIRES_HINT,
        )
    return expiry_ns


def _check_entities(label: str, form: dict[str, Any]) -> None:
    """Every entity type that the rule names must be one that requests contain."""
    for kind in _entity_types(form):
        if kind not in _ENTITY_TYPES:
            _refuse(
                "E_POLICY_ENTITY",
                f"the rule {label} names the entity type {kind}, which no request contains",
                hint="known: " + ", ".join(sorted(_ENTITY_TYPES)),
            )


def _entity_types(form: dict[str, Any]) -> Iterator[str]:
    """The types named in the engine's JSON form of a rule, by scope (`entity`) and expression."""
    unread: list[Any] = [form]
    while unread:
        part = unread.pop()
        if isinstance(part, list):
            unread.extend(part)
        if not isinstance(part, dict):
            continue
        for key, value in part.items():
            if key == "entity_type":
                yield str(value)
            elif key in ("entity", "__entity"):
                yield str(value["type"])
            elif key == "entities":
                yield from (str(entity["type"]) for entity in value)
            elif key == "Record":
                # The keys in here are the author's own words, not the form's.
                unread.extend(value.values())
                continue
            unread.append(value)


def _check_names(rules: dict[str, Rule]) -> None:
    seen: set[str] = set()
    for rule in rules.values():
        if rule.id in seen:
            _refuse("E_POLICY_ID", f"two rules of the policy have the id {rule.id}")
        seen.add(rule.id)


def _refuse(code: str, message: str, *, hint: str = "") -> Never:
    raise Rejected(code, message, hint=hint)
