"""What an entry of each kind says.

| kind | body |
|---|---|
| genesis | supervisor, principals, policy, verbs: what the ledger starts with |
| intent | cid, intent, signature, decision, writer; key where `who` is no key itself |
| consent | intent (the waiting one), cid (of the consent.give intent), by, expires_at, |
| | decision or null, writer, delegation (id, or null: in nobody's place) |
| refusal | intent, cid (of the consent.refuse intent), by |
| receipt | intent, outcome, consequence, commitment, mutations, result |
| ghost | intent, cause, consequence, commitment, amount |
| effect | intent, run, step, number, ordinal, attempt, key, call, grant, answers: what is |
| | about to be done outside |
| outcome | intent, number, answer: what came of that effect |
| claim | intent, writer: who carries it on from here |
| attempt | intent, number, failure, consequence, next_at, writer: it failed, when the next is |
| escalation | intent, consequence, handler, target, expires_at: who is to look at its end |
| expiry | intent: nobody did |
| alarm | id, pattern, severity, who, window_s, threshold, count, intents, opened_by |
| checkpoint | free |

`check_body` looks at form: the fields that are named above, their types, the closed sets. A body
may have further fields. What the bodies mean together is for invariants.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NoReturn

from logos_graph.canon import Json, shown
from logos_graph.errors import InvalidInput
from logos_graph.ledger.quorums import parse_quorum
from logos_graph.logline import parse_when

__all__ = [
    "CONSEQUENCES",
    "MUTATION_KEYS",
    "Cause",
    "EntryKind",
    "Verdict",
    "check_body",
    "mutation_key",
]


class EntryKind(StrEnum):
    """What an entry records."""

    GENESIS = "genesis"
    INTENT = "intent"
    CONSENT = "consent"
    REFUSAL = "refusal"
    RECEIPT = "receipt"
    GHOST = "ghost"
    EFFECT = "effect"
    OUTCOME = "outcome"
    CLAIM = "claim"
    ATTEMPT = "attempt"
    ESCALATION = "escalation"
    EXPIRY = "expiry"
    CHECKPOINT = "checkpoint"
    ALARM = "alarm"


class Verdict(StrEnum):
    """A decision's outcome."""

    ALLOW = "ALLOW"
    REQUIRE = "REQUIRE"
    DENY = "DENY"


class Cause(StrEnum):
    """Why an intent is a ghost."""

    POLICY_DENY = "PolicyDeny"
    CONSENT_REFUSED = "ConsentRefused"
    CONSENT_TIMEOUT = "ConsentTimeout"
    AGENT_ABORT = "AgentAbort"
    INVALID_VERB = "InvalidVerb"


CONSEQUENCES = ("if_ok", "if_doubt", "if_not")
"""The three commitments of a LogLine; an intent ends in exactly one."""

SEVERITIES = ("medium", "high")
"""Of alarms: a high one opens the breaker of its principal."""

MUTATION_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "principal": "did",
        "verb": "name",
        "policy": "id",
        "name": "name",
        "node": "id",
        "flow": "id",
        "grant": "grant",
        "draft": "id",
        "deprecation": "node",
        "promotion": "node",
        "run": "id",
        "kv": "id",
        "cancellation": "intent",
        "lift": "alarm",
        "limit": "id",
        "rate": "id",
        "resolution": "intent",
        "delegation": "id",
        "supervisor": "did",
        "key": "key",
        "revocation": "id",
    }
)
"""The kinds of things that receipts change, and which field names one of a kind."""

_OUTCOMES = ("done", "failed")
_VERDICTS = tuple(Verdict)
_CAUSES = tuple(Cause)

_FIELDS: Mapping[EntryKind, Mapping[str, tuple[type, ...]]] = MappingProxyType(
    {
        EntryKind.GENESIS: {
            "supervisor": (str,),
            "principals": (list,),
            "policy": (dict,),
            "verbs": (list,),
        },
        EntryKind.INTENT: {
            "cid": (str,),
            "intent": (dict,),
            "signature": (str,),
            "decision": (dict,),
            "writer": (str,),
        },
        EntryKind.CONSENT: {
            "intent": (str,),
            "cid": (str,),
            "by": (str,),
            "expires_at": (str,),
            "decision": (dict, type(None)),
            "writer": (str,),
        },
        EntryKind.REFUSAL: {"intent": (str,), "cid": (str,), "by": (str,)},
        EntryKind.RECEIPT: {
            "intent": (str,),
            "outcome": (str,),
            "consequence": (str,),
            "commitment": (str,),
            "mutations": (list,),
            "result": (dict,),
        },
        EntryKind.GHOST: {
            "intent": (str,),
            "cause": (dict,),
            "consequence": (str,),
            "commitment": (str,),
        },
        EntryKind.EFFECT: {
            "intent": (str,),
            "run": (str,),
            "step": (str,),
            "number": (int,),
            "ordinal": (int,),
            "attempt": (int,),
            "key": (str,),
            "call": (dict,),
            "grant": (str,),
            "answers": (list,),
        },
        EntryKind.OUTCOME: {"intent": (str,), "number": (int,), "answer": (dict,)},
        EntryKind.CLAIM: {"intent": (str,), "writer": (str,)},
        EntryKind.ATTEMPT: {
            "intent": (str,),
            "number": (int,),
            "failure": (dict,),
            "consequence": (str,),
            "next_at": (str,),
            "writer": (str,),
        },
        EntryKind.ESCALATION: {
            "intent": (str,),
            "consequence": (str,),
            "handler": (str,),
            "target": (str, type(None)),
            "expires_at": (str,),
        },
        EntryKind.EXPIRY: {"intent": (str,)},
        EntryKind.CHECKPOINT: {},
        EntryKind.ALARM: {
            "id": (str,),
            "pattern": (str,),
            "severity": (str,),
            "who": (str,),
            "window_s": (int,),
            "threshold": (int,),
            "count": (int,),
            "intents": (list,),
            "opened_by": (str,),
        },
    }
)

_OPTIONAL: Mapping[EntryKind, Mapping[str, tuple[type, ...]]] = MappingProxyType(
    {
        EntryKind.INTENT: {"flow": (str, type(None)), "key": (str,)},
        EntryKind.GHOST: {"amount": (int, type(None))},
        EntryKind.CONSENT: {"delegation": (str, type(None))},
    }
)
"""Fields that entries of earlier versions, or of principals that are keys, do not have."""


def check_body(kind: EntryKind, body: Mapping[str, Json]) -> None:
    """Return if the body has the form of its kind.

    Raises InvalidInput E_ENTRY_BODY, or E_MUTATION for a mutation, with `data["field"]`.
    """
    _check_fields(kind, body)
    match kind:
        case EntryKind.GENESIS:
            _check_mutations("principals", "principal", body["principals"])
            _check_mutations("verbs", "verb", body["verbs"])
            _check_mutations("policy", "policy", [body["policy"]])
        case EntryKind.INTENT | EntryKind.CONSENT:
            if body["decision"] is not None:
                _check_decision(kind, body["decision"])
            if kind is EntryKind.CONSENT:
                _check_moment(kind, "expires_at", body["expires_at"])
        case EntryKind.RECEIPT:
            _check_member(kind, "outcome", body["outcome"], _OUTCOMES)
            _check_member(kind, "consequence", body["consequence"], CONSEQUENCES)
            _check_mutations("mutations", None, body["mutations"])
        case EntryKind.GHOST:
            _check_member(kind, "consequence", body["consequence"], CONSEQUENCES)
            cause = body["cause"]
            assert isinstance(cause, dict)  # by the table above
            _check_member(kind, "cause.type", cause.get("type"), _CAUSES)
        case EntryKind.EFFECT | EntryKind.OUTCOME:
            _check_effect(kind, body)
        case EntryKind.ATTEMPT | EntryKind.ESCALATION:
            _check_follow_up(kind, body)
        case EntryKind.ALARM:
            _check_alarm(kind, body)
        case _:
            pass


def _check_fields(kind: EntryKind, body: Mapping[str, Json]) -> None:
    needed, optional = _FIELDS[kind], _OPTIONAL.get(kind, {})
    for field, types in {**needed, **optional}.items():
        if field not in body:
            if field in needed:
                _refuse(kind, field, "it is missing")
        elif not isinstance(body[field], types):
            _refuse(kind, field, f"a {type(body[field]).__name__} does not belong there")


def mutation_key(mutation: Json, *, kind: str | None = None) -> tuple[str, str]:
    """(kind, key) of the thing that a mutation makes or changes.

    kind: what a mutation without "kind" is of (those of genesis). Raises InvalidInput E_MUTATION.
    """
    if not isinstance(mutation, dict):
        raise InvalidInput("E_MUTATION", "a mutation is a JSON object", field="mutations")
    found = mutation.get("kind", kind)
    if not isinstance(found, str) or found not in MUTATION_KEYS:
        raise InvalidInput(
            "E_MUTATION", f"there is no mutation of kind {shown(found)}", field="kind"
        )
    field = MUTATION_KEYS[found]
    key = mutation.get(field)
    if not isinstance(key, str):
        raise InvalidInput("E_MUTATION", f"the {found} has no text in field {field}", field=field)
    return found, key


def _check_mutations(field: str, kind: str | None, mutations: Json) -> None:
    assert isinstance(mutations, list)  # by the table above
    for position, mutation in enumerate(mutations):
        try:
            mutation_key(mutation, kind=kind)
        except InvalidInput as error:
            error.data["field"] = f"{field}[{position}].{error.data['field']}"
            raise


def _check_effect(kind: EntryKind, body: Mapping[str, Json]) -> None:
    for field in ("number",) if kind is EntryKind.OUTCOME else ("number", "ordinal", "attempt"):
        _check_counted(kind, field, body[field])
    if kind is EntryKind.OUTCOME:
        return
    _check_call(kind, "call", body["call"])
    answers = body["answers"]
    assert isinstance(answers, list)  # by the table above
    for position, answer in enumerate(answers):
        field = f"answers[{position}]"
        _check_call(kind, field, answer)
        assert isinstance(answer, dict)  # as was just checked
        if not isinstance(answer.get("step"), str) or not isinstance(answer.get("answer"), dict):
            _refuse(kind, field, "an answer names its step and is an object")


def _check_follow_up(kind: EntryKind, body: Mapping[str, Json]) -> None:
    """What is to follow: another attempt, or that somebody looks at it."""
    _check_member(kind, "consequence", body["consequence"], CONSEQUENCES)
    if kind is EntryKind.ESCALATION:
        _check_moment(kind, "expires_at", body["expires_at"])
        return
    _check_counted(kind, "number", body["number"])
    _check_moment(kind, "next_at", body["next_at"])


def _check_alarm(kind: EntryKind, body: Mapping[str, Json]) -> None:
    _check_member(kind, "severity", body["severity"], SEVERITIES)
    for field in ("window_s", "threshold", "count"):
        _check_counted(kind, field, body[field])
    intents = body["intents"]
    assert isinstance(intents, list)  # by the table above
    if not intents or not all(isinstance(each, str) for each in intents):
        _refuse(kind, "intents", "an alarm names the intents that it is about")


def _check_counted(kind: EntryKind, field: str, number: Json) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        _refuse(kind, field, "what is counted is counted from 1")


def _check_call(kind: EntryKind, field: str, call: Json) -> None:
    if not isinstance(call, dict) or not isinstance(call.get("operation"), str):
        _refuse(kind, field, "a call names its operation")
    if not isinstance(call.get("arguments"), dict):
        _refuse(kind, field, "a call has its arguments, by port")


def _check_decision(kind: EntryKind, decision: Json) -> None:
    assert isinstance(decision, dict)  # by the table above
    _check_member(kind, "decision.outcome", decision.get("outcome"), _VERDICTS)
    if decision["outcome"] != Verdict.REQUIRE:
        return
    if not isinstance(decision.get("role"), str):
        _refuse(kind, "decision.role", "a REQUIRE names the role of those who may consent")
    also, revision = decision.get("also", []), decision.get("revision")
    if not isinstance(also, list):
        _refuse(kind, "decision.also", "further quorums are a list")
    for field, asked in (("", decision), *((f"also[{n}].", each) for n, each in enumerate(also))):
        if not isinstance(asked, dict):
            _refuse(kind, f"decision.{field.rstrip('.')}", "a quorum is an object")
        try:
            parse_quorum(asked.get("quorum"), asked.get("role"))
        except InvalidInput as error:
            _refuse(kind, f"decision.{field}quorum", error.message)
    if not isinstance(revision, int) or isinstance(revision, bool) or revision < 0:
        _refuse(
            kind, "decision.revision", "a REQUIRE names the revision that consents are bound to"
        )
    _check_moment(kind, "decision.expires_at", decision.get("expires_at"))


def _check_moment(kind: EntryKind, field: str, found: Json) -> None:
    try:
        parse_when(found)
    except InvalidInput as error:
        _refuse(kind, field, error.message)


def _check_member(kind: EntryKind, field: str, found: Json, members: tuple[str, ...]) -> None:
    if not isinstance(found, str) or found not in members:
        _refuse(kind, field, f"{shown(found)} is none of {', '.join(members)}")


def _refuse(kind: EntryKind, field: str, reason: str) -> NoReturn:
    raise InvalidInput(
        "E_ENTRY_BODY", f"the body of the {kind} entry is wrong in {field}: {reason}", field=field
    )
