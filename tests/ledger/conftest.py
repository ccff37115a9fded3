"""A ledger kept by hand: entries as a supervisor would write them, right or wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from logos_graph.canon import ContentId, Json, Tag, content_id, encode_text, tagged_id
from logos_graph.identity import Did, Signer
from logos_graph.ledger import (
    ESCALATION_NS,
    Entry,
    EntryKind,
    Head,
    State,
    effect_key,
    make_entry,
)
from logos_graph.ledger.alarms import alarm_id
from logos_graph.ledger.entry import entry_fields
from logos_graph.ledger.patterns import PATTERNS, SHOWN_INTENTS
from logos_graph.logline import format_when, parse_intent, sign_intent

SUPERVISOR, AGENT, ALICE, BOB, CAROL, STRANGER = (
    Signer.from_seed(bytes([n]) * 32) for n in range(1, 7)
)
TREASURY = "treasury"
POLICY: dict[str, Any] = {"id": content_id(b"permit;"), "text": "permit;"}
START = 1_790_000_000_000_000_000
HOUR = 3_600_000_000_000
ALLOW: dict[str, Any] = {"outcome": "ALLOW", "policies": ["allow"]}
DENY: dict[str, Any] = {
    "outcome": "DENY",
    "reason": "PolicyViolation",
    "detail": "too much",
    "policies": ["limit"],
}
NODE, OTHER_NODE = content_id(b"node"), content_id(b"other node")
CALL: dict[str, Any] = {"operation": "http.request", "arguments": {"request": {"url": "x"}}}
ANSWER: dict[str, Any] = {"outcome": {"failed": "E_HTTP_CONNECT"}}
DOUBT = {"outcome": "failed", "consequence": "if_doubt", "commitment": "escalate:human"}
FAILED = {"outcome": "failed", "consequence": "if_not", "commitment": "emit:denied"}
Mutation = dict[str, Any]


def principal(signer: Signer, name: str, *roles: str) -> Mutation:
    return {"did": signer.did, "name": name, "type": "person", "roles": list(roles)}


def alarm(*intents: str, pattern: str = "RepeatedDenials", who: Signer = AGENT) -> dict[str, Any]:
    """The body of an alarm on these ghosts."""
    known = PATTERNS[pattern]
    return {
        "id": alarm_id(pattern, who.did, intents[-1]),
        "pattern": pattern,
        "severity": known.severity,
        "who": who.did,
        "window_s": known.window_s,
        "threshold": known.threshold,
        "count": len(intents),
        "intents": [*intents[-SHOWN_INTENTS:]],
        "opened_by": intents[-1],
    }


class Book:
    """Appends entries; each method writes one act, and can be told to write it wrongly."""

    def __init__(self, ledger: str = "main") -> None:
        self.ledger = ledger
        self.entries: list[Entry] = []
        self.now, self.policy = START, ContentId(POLICY["id"])
        self.intents: dict[str, Any] = {}
        genesis: dict[str, Any] = {
            "supervisor": SUPERVISOR.did,
            "principals": [
                principal(SUPERVISOR, "supervisor", "operator"),
                principal(AGENT, "agent"),
                principal(ALICE, "alice", TREASURY),
                principal(BOB, "bob", TREASURY),
                principal(CAROL, "carol"),
            ],
            "policy": POLICY,
            "verbs": [{"name": "transfer", "docs": "", "risk": "L1", "schema": {}, "flow": None}],
        }
        self.add("genesis", genesis)

    @classmethod
    def continued(cls, entries: list[Entry], told: list[Entry]) -> Book:
        """A ledger that goes on after these entries with what others told, each in a new place."""
        book = cls()
        book.entries = list(entries)
        for entry in told:
            body, decision = dict(entry.body), entry.body.get("decision")
            if isinstance(decision, dict):
                body["decision"] = {**decision, "revision": len(book.entries) - 1}
            again = make_entry(
                book.head,
                entry.kind,
                body,
                trace_id=entry.trace_id,
                now_ns=entry.recorded_at,
                policy_hash=entry.policy_hash,
                signer=SUPERVISOR,
                ledger=book.ledger,
            )
            book.entries.append(again)
        return book

    @property
    def head(self) -> Head | None:
        return self.entries[-1].head if self.entries else None

    def add(self, kind: str, body: dict[str, Any], *, signer: Signer = SUPERVISOR) -> Entry:
        """decision, where it is told: on the entry before, unless it says another revision."""
        self.now += 1_000_000
        if isinstance(body.get("decision"), dict):
            body = {**body, "decision": {"revision": len(self.entries) - 1, **body["decision"]}}
        entry = make_entry(
            self.head,
            EntryKind(kind),
            body,
            trace_id=f"{len(self.entries):026d}",
            now_ns=self.now,
            policy_hash=self.policy,
            signer=signer,
            ledger=self.ledger,
        )
        self.entries.append(entry)
        for made in body.get("mutations", ()):
            self.policy = ContentId(made["id"]) if made["kind"] == "policy" else self.policy
        return entry

    def require(self, quorum: int = 2, role: str = TREASURY) -> dict[str, Any]:
        return {
            "outcome": "REQUIRE",
            "role": role,
            "quorum": {"kind": "KOfN", "k": quorum},
            "expires_at": format_when(self.now + HOUR),
            "policies": ["ask"],
        }

    def signed(self, who: Signer, did: str, this: dict[str, Any], **fields: Any) -> dict[str, Any]:
        line = {
            "who": who.did,
            "did": did,
            "this": this,
            "when": format_when(self.now),
            "confirmed_by": None,
            "if_ok": "emit:done",
            "if_doubt": "escalate:human",
            "if_not": "emit:denied",
            "status": "PENDING",
            **fields,
        }
        nonce = f"{len(self.entries):026d}"
        return sign_intent(
            parse_intent({"ledger": self.ledger, "logline": line, "nonce": nonce}), who
        ).json

    def intent(
        self,
        who: Signer = AGENT,
        decision: dict[str, Any] = ALLOW,
        did: str = "transfer",
        this: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        signed = self.signed(who, did, {"amount": 1} if this is None else this)
        cid = parse_intent(signed["intent"]).cid
        self.add("intent", {**signed, "cid": cid, "decision": decision, "writer": "w", **changes})
        return cid

    def receipt(self, cid: str, *mutations: Mutation, **changes: Any) -> Entry:
        body = {
            "intent": cid,
            "outcome": "done",
            "consequence": "if_ok",
            "commitment": "emit:done",
            "mutations": list(mutations),
            "result": {},
        }
        return self._end("receipt", {**body, **changes})

    def ghost(self, cid: str, cause: str = "PolicyDeny", **changes: Any) -> Entry:
        body = {
            "intent": cid,
            "cause": {"type": cause},
            "consequence": "if_not",
            "commitment": "emit:denied",
        }
        return self._end("ghost", {**body, **changes})

    def _end(self, kind: str, body: dict[str, Any]) -> Entry:
        """The end, and what it escalates."""
        end = self.add(kind, body)
        action, _, rest = str(body["commitment"]).partition(":")
        if action == "escalate":
            self.escalation(body["intent"], body["consequence"], rest)
        return end

    def escalation(self, cid: str, consequence: str, handler: str, /, **changes: Any) -> Entry:
        """What follows an end that escalates."""
        name, _, target = handler.partition("@")
        body = {
            "intent": cid,
            "consequence": consequence,
            "handler": name,
            "target": target or None,
            "expires_at": format_when(self.now + 1_000_000 + ESCALATION_NS),
        }
        return self.add("escalation", {**body, **changes})

    def grant(self, capability: str = "http", **limits: Json) -> str:
        """Grants NODE a capability; the grant's id."""
        this = {"node": NODE, "capability": capability, "limits": limits}
        cid = self.intent(did="capability.grant", this=this)
        self.receipt(cid, {"kind": "grant", "grant": cid, **this, "revoked": None})
        return cid

    def revoke(self, grant: str) -> str:
        """Ends a grant; the intent that did."""
        cid = self.intent(did="capability.revoke", this={"grant": grant})
        known = self.state().get("grant", grant)
        assert known is not None
        self.receipt(cid, {**known, "revoked": cid})
        return cid

    def effect(self, cid: str, number: int = 1, **changes: Any) -> Entry:
        """What a run is about to do outside; under no grant, unless one is given."""
        body: dict[str, Any] = {
            "intent": cid,
            "run": content_id(b"run"),
            "step": "pay",
            "number": number,
            "ordinal": number,
            "attempt": 1,
            "call": CALL,
            "grant": content_id(b"grant"),
            "answers": [],
        }
        body |= changes
        key = effect_key(str(body["run"]), str(body["step"]), body["ordinal"])
        return self.add("effect", {"key": key, **body})

    def outcome(self, cid: str, number: int = 1, **changes: Any) -> Entry:
        """What came of it."""
        return self.add("outcome", {"intent": cid, "number": number, "answer": ANSWER, **changes})

    def ran(self, *answers: Json) -> Mutation:
        """The record of a run whose one step asked as often, and was answered so."""
        return self.asked(*({**CALL, "answer": answer} for answer in answers))

    def asked(self, *calls: dict[str, Json]) -> Mutation:
        """The record of a run whose one step made these calls."""
        step = {"name": "pay", "node": NODE, "calls": [*calls]}
        return {"kind": "run", "id": content_id(b"run"), "steps": [step]}

    def put(self, key: str, value: str | None) -> dict[str, Json]:
        """The call that stores a value, or deletes it."""
        if value is None:
            return {"operation": "kv.delete", "arguments": {"key": key}, "answer": {}}
        return {"operation": "kv.put", "arguments": {"key": key, "value": value}, "answer": {}}

    def stored(self, key: str, value: str | None, namespace: str = "n") -> Mutation:
        """What a receipt says of a stored value."""
        identity = f"{namespace}/{key}"
        return {"kind": "kv", "id": identity, "namespace": namespace, "key": key, "value": value}

    def consent(
        self, waiting: str, by: Signer, decision: dict[str, Any] | None = None, /, **changes: Any
    ) -> Entry:
        """A consent, bound as the protocol asks; changes are of the entry's body."""
        this = self.bound(waiting)
        cid = self.intent(by, did="consent.give", this=this)
        entry = self.answer(waiting, cid, by, this["expires_at"], decision, **changes)
        self.receipt(cid)
        return entry

    def bound(self, waiting: str) -> dict[str, Any]:
        """`this` of a consent to what waits."""
        asked = [each for each in self.entries if each.body.get("cid") == waiting]
        decision: Any = asked[0].body["decision"] if asked else {}
        return {
            "intent": waiting,
            "policy_hash": asked[0].policy_hash if asked else self.policy,
            "revision": decision.get("revision"),
            "expires_at": format_when(self.now + 10 * HOUR),
        }

    def answer(
        self,
        waiting: str,
        cid: str,
        by: Signer,
        expires_at: str,
        decision: dict[str, Any] | None = None,
        /,
        **changes: Any,
    ) -> Entry:
        """The consent entry alone, resting on the intent `cid`."""
        body = {"intent": waiting, "cid": cid, "by": by.did, "decision": decision}
        return self.add("consent", {**body, "expires_at": expires_at, "writer": "v", **changes})

    def refuse(self, waiting: str, by: Signer) -> None:
        cid = self.intent(by, did="consent.refuse", this={"intent": waiting, "reason": "no"})
        self.add("refusal", {"intent": waiting, "cid": cid, "by": by.did})
        self.ghost(waiting, "ConsentRefused")
        self.receipt(cid)

    def state(self) -> State:
        return fold(self.entries)


def fold(entries: list[Entry]) -> State:
    """The state after these entries."""
    state = State()
    for entry in entries:
        state.apply_entry(entry)
    return state


def named_flow(name: str, identity: str) -> list[Mutation]:
    """What a flow.publish of this name makes."""
    return [{"kind": "flow", "id": identity}, {"kind": "name", "name": name, "target": identity}]


def tell_story(book: Book) -> None:
    """One of each: done, failed, consented, denied, refused, timed out, waiting, unfinished."""
    naming = book.intent(did="flow.publish", this={"name": "n"})
    book.receipt(naming, *named_flow("n", content_id(b"1")))
    book.receipt(book.intent(), **FAILED)
    asked = book.intent(decision=book.require(), did="flow.publish", this={"name": "m"})
    book.consent(asked, ALICE)
    book.consent(asked, BOB, ALLOW)
    book.receipt(asked, *named_flow("m", content_id(b"2")))
    book.ghost(book.intent(decision=DENY))
    book.refuse(book.intent(decision=book.require()), ALICE)
    late = book.intent(decision=book.require())
    book.now += 2 * HOUR
    doubt = {"consequence": "if_doubt", "commitment": "escalate:human"}
    book.ghost(late, "ConsentTimeout", **doubt)
    book.ghost(book.intent(decision=DENY, did="invented.verb"), "InvalidVerb")
    book.intent(decision=book.require())
    book.intent()
    http = book.grant()
    book.grant("kv", namespace="n", write=True)
    paid = book.intent()
    book.effect(paid, grant=http)
    book.outcome(paid)
    run = book.asked({**CALL, "answer": ANSWER}, book.put("k", None))
    book.receipt(paid, run, book.stored("k", None))
    unknown = book.intent()
    book.effect(unknown, grant=http)
    book.revoke(http)
    book.receipt(unknown, **DOUBT)


def forge(entry: Entry, signer: Signer = SUPERVISOR, **changes: Any) -> Entry:
    """The entry with changed fields, and text, hash and signature made anew to fit."""
    changed = replace(entry, **changes)
    text = encode_text(entry_fields(changed))
    hash_ = tagged_id(Tag.ENTRY_HASH, text.encode())
    signature = signer.sign(Tag.ENTRY_SIGNATURE, text.encode())
    return replace(changed, text=text, hash=hash_, signature=signature)


@pytest.fixture
def book() -> Book:
    """A ledger with genesis."""
    return Book()


@pytest.fixture(scope="session")
def story() -> Book:
    """A ledger with one of each; not to be changed."""
    book = Book()
    tell_story(book)
    return book


@pytest.fixture(scope="session")
def folded() -> Callable[[list[Entry]], State]:
    return fold


@pytest.fixture(scope="session")
def forged() -> Callable[..., Entry]:
    return forge


@pytest.fixture(scope="session")
def people() -> dict[str, Signer]:
    names = ("supervisor", "agent", "alice", "bob", "carol", "stranger")
    signers = (SUPERVISOR, AGENT, ALICE, BOB, CAROL, STRANGER)
    return dict(zip(names, signers, strict=True))


@pytest.fixture(scope="session")
def supervisor() -> Did:
    return SUPERVISOR.did


@pytest.fixture(scope="session")
def decisions() -> dict[str, dict[str, Any]]:
    return {"ALLOW": ALLOW, "DENY": DENY}
