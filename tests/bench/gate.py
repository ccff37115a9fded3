"""The gate alone: one signed intent, from its bytes to its decision; no database, one thread.

Each figure is CPU time of the thread, so other work on the machine counts as little as can be: the
quickest of many short passes that take turns. The parts are the gate's own functions, on the same
intents.

| figure | what is done |
|---|---|
| parsing | bytes to a SignedIntent: strict JSON, the nine fields, canonical text, content id |
| signature | of `who`, over the tagged text |
| schema | `this` against the verb's JSON Schema |
| policy | Cedar, asked as the gate asks it: request, entities, answer, decision |
| context | what policy sees of the ledger beside the intent: trajectory and the like |
| bare_cedarpy, bare_ed25519 | the same question and the same signature without anything of ours |
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cedarpy
from nacl.bindings import crypto_sign_open

from logos_graph.canon import Json, Tag, content_id, encode, parse, tagged
from logos_graph.governance import Policy, Request, check_this, parse_verb
from logos_graph.governance.request import cedar_entities, cedar_request
from logos_graph.identity import Signer, public_key
from logos_graph.ledger import Head, SupervisorKeys
from logos_graph.ledger.merkle import Frontier
from logos_graph.logline import (
    Intent,
    LogLine,
    SignedIntent,
    Status,
    parse_commitment,
    parse_signed_intent,
    sign_intent,
    verify_intent,
)
from logos_graph.supervisor.admit import admit
from logos_graph.supervisor.answerable import check_commitments
from logos_graph.supervisor.context import context_of
from logos_graph.supervisor.decide import decide, flow_of
from logos_graph.supervisor.limits import within_limits
from logos_graph.supervisor.ports import Snapshot
from logos_graph.supervisor.view import View
from tests.bench.noflows import NoFlows
from tests.bench.timing import Figures

__all__ = ["gate"]

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "payment-approval"
START = 1_790_000_000_000_000_000
PARTS = ("parsing", "signature", "schema", "policy", "context")
INTENTS = 25
"""Of a pass: few, so that some pass has a quiet moment to itself."""
AGENT, OPERATOR, TREASURY = (Signer.from_seed(bytes([number]) * 32) for number in (1, 2, 3))


def gate(rounds: int) -> Figures:
    """rounds: how many passes there are; each has intents with a nonce and an amount of their own.

    Of the whole, of the parts together and of the bare ones the quickest pass counts, so that the
    sum of the parts is that of one pass, and not of each part's luckiest.
    """
    view, texts = _view(), [encode(_intent(number).json) for number in range(INTENTS)]
    best: dict[str, dict[str, int]] = {}
    for _ in range(rounds):
        for work in (_whole, _parts, _bare):
            spent, name = work(view, texts), work.__name__
            if name not in best or sum(spent.values()) < sum(best[name].values()):
                best[name] = spent
    spent = {part: ns for each in best.values() for part, ns in each.items()}
    return _figures({part: ns / INTENTS / 1e3 for part, ns in spent.items()})


class _Laps:
    """CPU time of this thread, by what it was spent on."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self._from = time.thread_time_ns()

    def skip(self) -> None:
        """What was done since the last lap counts for nothing."""
        self._from = time.thread_time_ns()

    def lap(self, name: str) -> None:
        """What was done since the last lap was this."""
        now = time.thread_time_ns()
        self.spent[name] = self.spent.get(name, 0) + now - self._from
        self._from = time.thread_time_ns()


def _whole(view: View, texts: Sequence[bytes]) -> dict[str, int]:
    laps = _Laps()
    for text in texts:
        laps.skip()
        _decision(view, text)
        laps.lap("decision")
    return laps.spent


def _parts(view: View, texts: Sequence[bytes]) -> dict[str, int]:
    """Each intent's parts in turn, so that each finds the caches as it does in a decision."""
    laps, verb = _Laps(), view.verbs["transfer"]
    for text in texts:
        laps.skip()
        signed = parse_signed_intent(parse(text))
        laps.lap("parsing")
        verify_intent(signed)
        laps.lap("signature")
        line = signed.intent.logline
        check_this(verb, line.this)
        laps.lap("schema")
        context = context_of(view, line, START, judged=signed.intent.cid)
        laps.lap("context")
        request = _request(view, line, context)
        laps.skip()
        view.policy.judge(request)
        laps.lap("policy")
    return laps.spent


def _bare(view: View, texts: Sequence[bytes]) -> dict[str, int]:
    """The same questions and the same signatures, ready to be asked and checked."""
    laps, rules = _Laps(), cedarpy.PolicySet.from_str(view.policy.text)
    entities = cedar_entities(AGENT.did, view.roles(AGENT.did))
    for text in texts:
        signed = parse_signed_intent(parse(text))
        line = signed.intent.logline
        context = context_of(view, line, START, judged=signed.intent.cid)
        question = cedar_request(_request(view, line, context))
        key = public_key(line.who)
        message = bytes.fromhex(signed.signature) + tagged(Tag.INTENT, signed.intent.text)
        laps.skip()
        crypto_sign_open(message, key)
        laps.lap("bare_ed25519")
        cedarpy.is_authorized(question, rules, entities)
        laps.lap("bare_cedarpy")
    return laps.spent


def _figures(best: dict[str, float]) -> Figures:
    parts = sum(best[part] for part in PARTS)
    whole = best["decision"]
    out = {"gate_decisions_per_s_per_core": 1e6 / whole, "gate_decision_us": whole}
    for part in PARTS:
        out[f"gate_{part}_us"] = best[part]
        out[f"gate_{part}_share_percent"] = best[part] / whole * 100
    floor = parts - best["policy"] - best["signature"] + best["bare_cedarpy"] + best["bare_ed25519"]
    return out | {
        "gate_parts_us": parts,
        "gate_over_parts_percent": (whole / parts - 1) * 100,
        "gate_over_bare_parts_percent": (whole / floor - 1) * 100,
        "gate_bare_cedarpy_us": best["bare_cedarpy"],
        "gate_bare_ed25519_us": best["bare_ed25519"],
    }


def _decision(view: View, text: bytes) -> str:
    """Steps 1 and 2 of the gate, as `Supervisor._record` does them."""
    signed = parse_signed_intent(parse(text))
    line = signed.intent.logline
    admit(signed, view, START)
    check_commitments(line, view)
    flow = flow_of(view, line)
    judged = within_limits(view, line.who, flow, decide(view, signed, START, NoFlows(), flow=flow))
    if judged.outcome != "ALLOW":
        raise RuntimeError(f"the benchmark's intents are allowed, not {judged.decision}")
    return judged.outcome


def _request(view: View, line: LogLine, context: dict[str, Json]) -> Request:
    return Request(
        line.who, view.roles(line.who), view.verbs[line.did], line.this, view.ledger,
        view.head.index, START, context,
    )  # fmt: skip


def _view() -> View:
    """A ledger with the example's policy and its verb, which starts no flow here."""
    verb = parse_verb(json.loads((EXAMPLE / "transfer.verb.json").read_text()))
    people = (
        (OPERATOR, "supervisor", ["operator"]), (TREASURY, "treasury-1", ["treasury"]),
        (AGENT, "agent-1", ["agent"]),
    )  # fmt: skip
    policy = Policy((EXAMPLE / "policy.cedar").read_text())
    tree = Frontier()
    tree.append(bytes(32))
    return View(
        Snapshot(
            head=Head("bench", 0, content_id(b"genesis"), START), peaks=tree.peaks,
            keys=SupervisorKeys((OPERATOR.did,), (0,)),
            principals=[
                {"kind": "principal", "did": who.did, "name": name, "type": "person", "roles": [*r]}
                for who, name, r in people
            ],
            verbs=[{"kind": "verb", **verb.to_json()}], policy=policy.text, pending=[],
        )
    )  # fmt: skip


def _intent(number: int) -> SignedIntent:
    this: Any = json.loads((EXAMPLE / "payments" / "ok.json").read_text())
    this["payment"]["amount"] = f"{1000 + number}.00"
    line = LogLine(
        AGENT.did, "transfer", this, START, None, parse_commitment("emit:transfer.completed"),
        parse_commitment("escalate:treasury"), parse_commitment("emit:transfer.denied"),
        Status.PENDING,
    )  # fmt: skip
    return sign_intent(Intent("bench", f"{number:026d}", line), AGENT)
