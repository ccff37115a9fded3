"""What an entry changes in the graph: a pure function from entries to statements and parameters.

The store applies exactly this when an entry is appended, so the ledger alone can rebuild the graph.
Entries about intents, consents and runs go into the append statement itself (one round trip); the
rarer mutations have a statement each, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from logos_graph.canon import ContentId, encode_parsed
from logos_graph.governance import Conducts
from logos_graph.ledger import Entry, EntryKind, escalated, founded, raised
from logos_graph.store.component_rows import flow_statements, imports_of, node_statement
from logos_graph.store.conduct_rows import conduct_row
from logos_graph.store.run_rows import run_row
from logos_graph.store.statements import Row, Statement

__all__ = ["Projection", "project"]


@dataclass(slots=True)
class Projection:
    """Rows for the append statement, and the statements that follow it."""

    loglines: list[Row] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)
    endings: list[Row] = field(default_factory=list)
    progress: list[Row] = field(default_factory=list)
    runs: list[Row] = field(default_factory=list)
    conducts: list[Row] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


def project(
    entries: Sequence[Entry], blobs: Mapping[ContentId, bytes], conducts: Conducts
) -> Projection:
    """Everything these entries change. blobs: modules and sources that nodes among them need.

    conducts: as of the entry before them.
    """
    _, days = conducts.changed(entries)
    out = Projection(conducts=[conduct_row(who, day) for (who, _), day in days.items()])
    for entry in entries:
        match entry.kind:
            case EntryKind.GENESIS:
                _genesis(out, entry)
            case EntryKind.INTENT:
                out.loglines.append({"entry": entry.hash, "line": _logline(entry)})
            case EntryKind.CONSENT | EntryKind.REFUSAL:
                out.answers.append(_answer(entry))
            case EntryKind.RECEIPT:
                out.endings.append(_ending(entry, "COMMITTED"))
                mutations = _body(entry)["mutations"]
                for mutation in mutations:
                    _mutate(out, entry, mutation, blobs)
                out.statements += _stored_values(entry, mutations)
            case EntryKind.EFFECT | EntryKind.OUTCOME | EntryKind.CLAIM | EntryKind.ATTEMPT:
                out.progress.append(_progress(entry))
            case EntryKind.GHOST:
                out.endings.append(_ending(entry, "GHOST"))
            case EntryKind.ESCALATION | EntryKind.EXPIRY:
                out.statements.append(_escalation(entry))
            case EntryKind.ALARM:
                out.statements.append(_alarm(entry))
            case _:
                raise ValueError(f"entries of kind {entry.kind} are not written by this version")
    return out


def _body(entry: Entry) -> Mapping[str, Any]:
    """The body, whose form was checked when the entry was made or read."""
    return entry.body


def _genesis(out: Projection, entry: Entry) -> None:
    body = _body(entry)
    _mutate(out, entry, founded(entry), {})
    for principal in body["principals"]:
        _mutate(out, entry, {"kind": "principal", **principal}, {})
    for verb in body["verbs"]:
        _mutate(out, entry, {"kind": "verb", **verb}, {})
    _mutate(out, entry, {"kind": "policy", **body["policy"]}, {})


def _logline(entry: Entry) -> Row:
    body = _body(entry)
    intent, decision = body["intent"], encode_parsed(body["decision"])
    line = intent["logline"]
    return {
        "cid": body["cid"],
        "who": line["who"],
        "did": line["did"],
        "when": line["when"],
        "if_ok": line["if_ok"],
        "if_doubt": line["if_doubt"],
        "if_not": line["if_not"],
        "nonce": intent["nonce"],
        "text": encode_parsed(intent),
        "signature": body["signature"],
        "key": body.get("key"),
        "status": "PENDING",
        "decision": decision,
        "first_decision": decision,
        "policy_hash": entry.policy_hash,
        "writer": body["writer"],
        "flow": body.get("flow"),
        "decided_index": entry.index,
        "recorded_at": entry.recorded_at,
        "ledger_index": entry.index,
    }


def _answer(entry: Entry) -> Row:
    """Who answered; and, for the consent that settled the matter, the decision it led to."""
    body = _body(entry)
    decision = body.get("decision")
    settles: Row = {}
    if decision is not None:
        settles = {
            "decision": encode_parsed(decision),
            "policy_hash": entry.policy_hash,
            "writer": body["writer"],
            "decided_index": entry.index,
        }
    return {
        "entry": entry.hash,
        "intent": body["intent"],
        "answer": {
            "answer": entry.kind.value,
            "by": body["by"],
            "cid": body["cid"],
            "expires_at": body.get("expires_at"),
            "delegation": body.get("delegation"),
            "ledger_index": entry.index,
        },
        "settles": settles,
    }


def _progress(entry: Entry) -> Row:
    """What became of an intent that goes on: RECORDS, and these properties of its LogLine."""
    body = _body(entry)
    changes: Row = {}
    match entry.kind:
        case EntryKind.CLAIM:
            changes = {"writer": body["writer"], "claimed_index": entry.index}
        case EntryKind.ATTEMPT:
            changes = {
                "writer": body["writer"],
                "attempts": body["number"],
                "attempt_index": entry.index,
                "wake_at": body["next_at"],
            }
        case _:
            pass  # effects and outcomes are counted
    return {"entry": entry.hash, "intent": body["intent"], "changes": changes}


def _ending(entry: Entry, status: str) -> Row:
    body = _body(entry)
    cause, result = body.get("cause"), body.get("result")
    return {
        "entry": entry.hash,
        "intent": body["intent"],
        "ending": {
            "status": status,
            "consequence": body["consequence"],
            "commitment": body["commitment"],
            "cause": None if cause is None else encode_parsed(cause),
            "result": None if result is None else encode_parsed(result),
            "ended_index": entry.index,
            **_as_ghost(entry),
        },
    }


def _as_ghost(entry: Entry) -> Row:
    """What only ghosts have, so that an index of them costs other ends nothing."""
    body = _body(entry)
    if entry.kind is not EntryKind.GHOST or "amount" not in body:
        return {}
    return {"ghost_at": entry.recorded_at, "amount": body["amount"]}


def _escalation(entry: Entry) -> Statement:
    """What an end escalates, or that nobody answered it."""
    base: Row = {"entry": entry.hash, "index": entry.index, "intent": _body(entry)["intent"]}
    if entry.kind is EntryKind.EXPIRY:
        return Statement("graph/expiry", base)
    properties = {name: value for name, value in escalated(entry).items() if name != "kind"}
    return Statement("graph/escalation", base | {"escalation": properties})


_ABSENT: dict[str, Row] = {
    "principal": {"key": None},
    "verb": {"effect": None, "idempotent": None, "amount": None},
}
"""What a mutation may leave out, as its statement has it."""

_PLAIN = {
    "principal": "principal",
    "key": "principal_key",
    "revocation": "principal_revocation",
    "name": "name",
    "deprecation": "deprecation",
    "promotion": "promotion",
    "limit": "limit",
    "resolution": "resolution",
    "lift": "lift",
    "rate": "rate",
    "delegation": "delegation",
}
"""Mutations that their statement takes as they are."""


def _alarm(entry: Entry) -> Statement:
    """What raised it, and of whom; it makes a relationship to each of its intents."""
    properties = {name: value for name, value in raised(entry).items() if name != "kind"}
    intents = _body(entry)["intents"]
    base: Row = {"entry": entry.hash, "index": entry.index, "who": properties["who"]}
    return Statement("graph/alarm", base | {"intents": intents, "alarm": properties}, len(intents))


def _mutate(
    out: Projection, entry: Entry, mutation: Mapping[str, Any], blobs: Mapping[ContentId, bytes]
) -> None:
    kind = mutation["kind"]
    if kind == "run":
        out.runs.append(run_row(entry, mutation))
        if "forked_from" in mutation:
            out.statements.append(_fork(entry, mutation))
        return
    if kind == "cancellation":
        changes = {"cancelled": encode_parsed({**mutation})}
        row = {"entry": entry.hash, "intent": mutation["intent"], "changes": changes}
        out.progress.append(row)
        return
    base: Row = {"entry": entry.hash, "index": entry.index, "intent": _body(entry).get("intent")}
    told = {name: value for name, value in mutation.items() if name != "kind"}
    rest = {**_ABSENT.get(kind, {}), **told}
    match kind:
        case "node":
            out.statements.append(node_statement(base, mutation, blobs))
        case "flow":
            out.statements += flow_statements(base, mutation)
        case "verb":
            rest["schema"] = encode_parsed(mutation["schema"])
            out.statements.append(Statement("graph/verb", base | rest))
        case "policy" | "supervisor":
            rest["ledger"] = entry.ledger
            out.statements.append(Statement(f"graph/{kind}", base | rest))
        case "kv":
            pass  # _stored_values: all of a receipt in one statement
        case "grant":
            out.statements.append(_grant(base, mutation))
        case "draft":
            out.statements.append(_draft(base, entry, mutation, blobs))
        case kind if kind in _PLAIN:
            out.statements.append(Statement(f"graph/{_PLAIN[kind]}", base | rest))
        case _:
            raise ValueError(f"no projection for a mutation of kind {kind!r}")


def _stored_values(entry: Entry, mutations: Sequence[Mapping[str, Any]]) -> list[Statement]:
    values = [
        {name: each[name] for name in ("id", "namespace", "key", "value")}
        for each in mutations
        if each["kind"] == "kv"
    ]
    if not values:
        return []
    parameters: Row = {"entry": entry.hash, "index": entry.index, "values": values}
    return [Statement("graph/stored_values", parameters, len(values))]


def _draft(
    base: Row, entry: Entry, mutation: Mapping[str, Any], blobs: Mapping[ContentId, bytes]
) -> Statement:
    source, failure = mutation["source"], mutation["failure"]
    kept = ("id", "name", "by", "status", "node", "needs", "toolchain", "flags", "sdk")
    properties = {name: mutation[name] for name in kept} | {
        "imports": imports_of(mutation),
        "failure": None if failure is None else encode_parsed(failure),
        "diagnostics": encode_parsed(mutation["diagnostics"]),
        "recorded_at": entry.recorded_at,
        "ledger_index": entry.index,
    }
    return Statement(
        "graph/draft",
        base | {"draft": properties, "source": {"id": source, "text": blobs[source].decode()}},
    )


def _grant(base: Row, mutation: Mapping[str, Any]) -> Statement:
    if mutation["revoked"] is not None:
        return Statement("graph/revocation", base | {"grant": mutation["grant"]})
    properties = {
        "id": mutation["grant"],
        "node": mutation["node"],
        "limits": encode_parsed(mutation["limits"]),
        "ledger_index": base["index"],
    }
    return Statement(
        "graph/grant", base | {"grant": properties, "capability": mutation["capability"]}
    )


def _fork(entry: Entry, mutation: Mapping[str, Any]) -> Statement:
    point = mutation["forked_from"]
    parameters = {
        "run": mutation["id"], "parent": point["run"], "at": point["step"], "index": entry.index,
    }  # fmt: skip
    return Statement("graph/fork", parameters)
