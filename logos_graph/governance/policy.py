"""A policy: Cedar text, named by its content, that judges intents.

How a request is judged:

    1. every rule is evaluated; one that fails to evaluate denies the act, whatever the others say
    2. some permit holds and no forbid does: the act is allowed, but from risk L3 up it still needs
       the consent of DEFAULT_REQUIREMENT
    3. a forbid without @require holds: denied, whatever the others say, and for what these say (by
       @deny; for ExplicitDeny if they do not agree)
    4. only forbids with @require hold: the permits are asked alone; when none holds, consent would
       not help, and the act is denied
    5. the requirements of these forbids are joined: one role, of counts the largest, of quorums of
       other kinds each, the shortest time. Two different roles are denied
    6. enough consents are at hand: allowed; else: required. Which principals are asked is settled
       by who holds the role at this revision

Consents change nothing but step 6, so no consent can turn a denial into anything else, and consents
of people without the role change nothing at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import cedarpy

from logos_graph.canon import ContentId, content_id, encode
from logos_graph.governance.cedar import DEFAULT_REQUIREMENT, PolicyText, Rule, read
from logos_graph.governance.decision import Allow, Basis, Decision, Deny, DenyReason, Require
from logos_graph.governance.quorum import Consents, QuorumRule, joined
from logos_graph.governance.request import Request, cedar_entities, cedar_request

__all__ = ["Policy"]

NO_CONSENTS: Final[Consents] = MappingProxyType({})
_ENGINE_NAME: Final = re.compile(r"`(policy[0-9]+)`")
_MAX_DETAIL: Final = 500


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the engine said, in the policy's own names.

    rules: in the order of the text; the engine names them in another each time.
    """

    allowed: bool
    rules: tuple[Rule, ...]
    errors: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(sorted(rule.id for rule in self.rules))


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy text, parsed and checked once.

    text: Cedar, with the annotations of `logos_graph.governance.cedar`.
    id: content id of the text's UTF-8 bytes; every decision names it.

    Raises (when made): Rejected E_POLICY_SIZE, E_POLICY_SYNTAX, E_POLICY_EMPTY, E_POLICY_TEMPLATE,
    E_POLICY_ANNOTATION, E_POLICY_ID, E_POLICY_ENTITY.
    """

    text: str
    id: ContentId = field(init=False)
    _parsed: PolicyText = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parsed", read(self.text))
        object.__setattr__(self, "id", content_id(self.text.encode()))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules in the order of the text."""
        return tuple(self._parsed.rules.values())

    def rule_named(self, engine_name: str) -> Rule | None:
        """The rule that the engine calls so (`policy0`, …), as its diagnostics do."""
        return self._parsed.rules.get(engine_name)

    def judge(self, request: Request, consents: Consents = NO_CONSENTS) -> Decision:
        """The decision on a request, with the consents at hand (see the head of this file).

        consents: from `resolve_signers`; empty when the act is first submitted.

        Raises:
            Rejected: E_POLICY_VALUE, the payload holds a value that Cedar cannot.
        """
        question = cedar_request(request)
        entities = cedar_entities(request.who, request.roles)
        answer = self._ask(self._parsed.everything, question, entities)
        if answer.errors:
            detail = "policy could not be evaluated: " + "; ".join(answer.errors)
            return self._deny(request, answer, DenyReason.POLICY_VIOLATION, detail)
        if answer.allowed:
            if not request.verb.risk.needs_consent:
                return self._allow(request, answer.ids)
            asked = DEFAULT_REQUIREMENT
            return self._settle(request, answer.ids, (asked.quorum,), asked.expiry_ns, consents)
        if not answer.rules:
            detail = f"no policy permits {request.verb.name}"
            return self._deny(request, answer, DenyReason.POLICY_VIOLATION, detail)
        denying = [rule for rule in answer.rules if rule.requirement is None]
        if denying:
            reasons = {rule.denial for rule in denying}
            reason = reasons.pop() if len(reasons) == 1 else DenyReason.EXPLICIT_DENY
            return self._deny(request, answer, reason, _told(denying))
        if not self._ask(self._parsed.permits, question, entities).allowed:
            detail = f"no policy permits {request.verb.name}, with or without consent"
            return self._deny(request, answer, DenyReason.POLICY_VIOLATION, detail)
        return self._by_consent(request, answer, consents)

    def _by_consent(self, request: Request, answer: _Answer, consents: Consents) -> Decision:
        asked = [rule.requirement for rule in answer.rules if rule.requirement is not None]
        roles = sorted({requirement.quorum.role for requirement in asked})
        if len(roles) > 1:
            detail = (
                f"the policies {', '.join(answer.ids)} ask for consents of different roles"
                f" ({', '.join(roles)}); one rule asks for one role"
            )
            return self._deny(request, answer, DenyReason.POLICY_VIOLATION, detail)
        rules = joined([requirement.quorum for requirement in asked])
        expiry_ns = min(requirement.expiry_ns for requirement in asked)
        return self._settle(request, answer.ids, rules, expiry_ns, consents)

    def _settle(
        self,
        request: Request,
        policies: tuple[str, ...],
        rules: tuple[QuorumRule, ...],
        expiry_ns: int,
        consents: Consents,
    ) -> Decision:
        quorum, *also = (rule.ask(request.people, request.who) for rule in rules)
        required = Require(
            policies=policies,
            policy_hash=self.id,
            revision=request.revision,
            context=request.context,
            quorum=quorum,
            also=tuple(also),
            basis=_basis(request),
            expires_at=request.now_ns + expiry_ns,
        )
        if required.is_met(consents, request.who):
            return self._allow(request, policies)
        return required

    def _allow(self, request: Request, policies: tuple[str, ...]) -> Allow:
        return Allow(
            policies=policies,
            policy_hash=self.id,
            revision=request.revision,
            context=request.context,
        )

    def _deny(self, request: Request, answer: _Answer, reason: DenyReason, detail: str) -> Deny:
        return Deny(
            policies=answer.ids,
            policy_hash=self.id,
            revision=request.revision,
            context=request.context,
            reason=reason,
            detail=_plain(detail),
        )

    def _ask(
        self, policies: cedarpy.PolicySet, question: dict[str, Any], entities: cedarpy.Entities
    ) -> _Answer:
        result = cedarpy.is_authorized(question, policies, entities)
        rules, named = self._parsed.rules, frozenset(result.diagnostics.reasons)
        errors = tuple(_named(error, rules) for error in result.diagnostics.errors)
        if result.decision is cedarpy.Decision.NoDecision and not errors:
            errors = ("the engine gave no decision",)
        found = tuple(rule for name, rule in rules.items() if name in named)
        return _Answer(result.allowed, found, errors)


def _basis(request: Request) -> Basis:
    """But for the flow of the verb: what an intent runs is recorded with it, and stays."""
    verb = content_id(encode({**request.verb.to_json(), "flow": None}))
    return Basis(tuple(sorted(request.roles)), verb)


def _told(rules: Iterable[Rule]) -> str:
    told = [f"{rule.id} ({rule.reason})" if rule.reason else rule.id for rule in rules]
    return "forbidden by " + ", ".join(sorted(told))


def _plain(detail: str) -> str:
    """The detail as the ledger can hold it (NFC) and a terminal can show it (no control codes).

    Escapes in a policy's own texts, such as `@reason("e\\u{301}")`, can spell both.
    """
    text = unicodedata.normalize("NFC", detail)
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= _MAX_DETAIL else text[: _MAX_DETAIL - 1] + "…"


def _named(error: str, rules: Mapping[str, Rule]) -> str:
    return _ENGINE_NAME.sub(
        lambda found: rules[found[1]].id if found[1] in rules else found[0], error
    )
