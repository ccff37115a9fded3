"""A LogLine as the graph holds it, and how the entries move it.

It is begun, answered, claimed or attempted, cancelled, and ended.

The object has the stored node's properties, by their names there and with JSON where the node keeps
its canonical text; a property that is null is absent, as in the graph. Besides:

    kind           "logline"
    pending        whether it is among those that have not ended
    submitted_by   the principals who submitted it: exactly one
    answers        consents and refusals in the ledger's order, each with `principal`, who gave it
"""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import Json
from logos_graph.errors import NotVerified
from logos_graph.ledger.bodies import EntryKind
from logos_graph.ledger.entry import Entry
from logos_graph.logline import Status, advance

__all__ = [
    "JSON_PROPERTIES",
    "LogLineState",
    "answered",
    "begun",
    "cancelled",
    "ended",
    "escalated",
    "moved_on",
    "raised",
]

LogLineState = dict[str, Json]
"""How an intent stands, as described at the head of this module."""

JSON_PROPERTIES = frozenset({"text", "decision", "first_decision", "cause", "result", "cancelled"})
"""The properties that the graph keeps as canonical JSON texts."""

_SIGNED = ("who", "did", "when", "if_ok", "if_doubt", "if_not")


def begun(entry: Entry) -> LogLineState:
    """What an intent entry makes. Raises NotVerified E_STATE for an intent that is no intent."""
    body = entry.body
    intent = _object(body["intent"], "body.intent")
    line = _object(intent.get("logline"), "body.intent.logline")
    return _present(
        {
            "kind": "logline",
            "cid": body["cid"],
            **{name: line.get(name) for name in _SIGNED},
            "nonce": intent.get("nonce"),
            "text": intent,
            "signature": body["signature"],
            "key": body.get("key"),
            "status": Status.PENDING.value,
            "first_decision": body["decision"],
            **_decided(entry),
            "flow": body.get("flow"),
            "recorded_at": entry.recorded_at,
            "ledger_index": entry.index,
            "pending": True,
            "submitted_by": [line.get("who")],
            "answers": [],
        }
    )


def answered(line: LogLineState, entry: Entry) -> LogLineState:
    """What a consent or refusal entry makes of it; a consent's decision is the one in force."""
    body = entry.body
    answer = {
        "answer": entry.kind.value,
        "by": body["by"],
        "cid": body["cid"],
        "expires_at": body.get("expires_at"),
        "delegation": body.get("delegation"),
        "ledger_index": entry.index,
        "principal": body["by"],
    }
    before = line["answers"]
    assert isinstance(before, list)  # as `begun` made it
    settles = {} if body.get("decision") is None else _decided(entry)
    return _present({**line, **settles, "answers": [*before, _present(answer)]})


def moved_on(line: LogLineState, entry: Entry) -> LogLineState:
    """What a claim, or an attempt that failed, makes of it: who has it now, and when it goes on."""
    body = entry.body
    if entry.kind is EntryKind.CLAIM:
        return {**line, "writer": body["writer"], "claimed_index": entry.index}
    return {
        **line,
        "writer": body["writer"],
        "attempts": body["number"],
        "attempt_index": entry.index,
        "wake_at": body["next_at"],
    }


def cancelled(line: LogLineState, cancellation: Mapping[str, Json]) -> LogLineState:
    """What a cancellation makes of it: whoever has it in hand is to stop."""
    return {**line, "cancelled": {**cancellation}}


def ended(line: LogLineState, entry: Entry, status: Status) -> LogLineState:
    """What a receipt or a ghost makes of it. Raises Rejected E_STATUS from `advance`."""
    body = entry.body
    end = {
        "status": advance(Status(str(line["status"])), status).value,
        "consequence": body["consequence"],
        "commitment": body["commitment"],
        "cause": body.get("cause"),
        "result": body.get("result"),
        "ended_index": entry.index,
        "ghost_at": entry.recorded_at if "amount" in body else None,
        "amount": body.get("amount"),
        "pending": False,
    }
    return _present({**line, **end})


def escalated(entry: Entry) -> dict[str, Json]:
    """What an escalation entry makes: open, until somebody answers it or its time is over."""
    body = entry.body
    told = {name: body[name] for name in ("handler", "target", "consequence", "expires_at")}
    return _present(
        {
            "kind": "escalation",
            "id": body["intent"],
            **told,
            "status": "open",
            "opened_index": entry.index,
            "ledger_index": entry.index,
        }
    )


def raised(entry: Entry) -> dict[str, Json]:
    """What an alarm entry makes: `open` opens a breaker until it is lifted, `noted` opens none."""
    body = entry.body
    fields = (
        "id", "pattern", "severity", "who", "window_s", "threshold", "count", "intents",
        "opened_by",
    )  # fmt: skip
    return {
        "kind": "alarm",
        **{name: body[name] for name in fields},
        "status": "open" if body["severity"] == "high" else "noted",
        "raised_at": entry.recorded_at,
        "raised_index": entry.index,
        "ledger_index": entry.index,
    }


def _decided(entry: Entry) -> LogLineState:
    """The decision in force, the policy that made it, and whose business the intent is now."""
    return {
        "decision": entry.body["decision"],
        "policy_hash": entry.policy_hash,
        "writer": entry.body["writer"],
        "decided_index": entry.index,
    }


def _present(properties: Mapping[str, Json]) -> LogLineState:
    return {name: value for name, value in properties.items() if value is not None}


def _object(value: Json, field: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise NotVerified("E_STATE", f"{field} is not an object", field=field)
    return value
